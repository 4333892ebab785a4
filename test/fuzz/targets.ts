/**
 * What is fuzzed and what must hold. Of a language: parse, check, plan and every pass throw nothing but
 * QueryError with a range inside the text; what prints parses again and prints the same. Of regular
 * expressions: only `regex-invalid`; what compiles answers on any text.
 */
import { isCode } from '#base/errors.ts'
import { regexInvalid } from '#base/regex/errors.ts'
import { compile } from '#base/regex/match.ts'
import { languages, type LanguageDoor, type LanguageName } from '#query/languages.ts'
import { optimize } from '#query/plan/passes/all.ts'
import { printPlan } from '#query/plan/print.ts'
import { defaultPlanOptions } from '#query/plan/time.ts'
import { maxQueryBytes } from '#query/text/depth.ts'
import { QueryError } from '#query/text/position.ts'
import { Broken, type Target } from './frame.ts'
import type { Material } from './generate.ts'
import * as seeds from './seeds.ts'

/** Plans of longer texts are not printed: their size is quadratic in the depth by indentation alone. */
const printedLength = 2000

function language(name: LanguageName, material: Material): Target {
  const door = languages[name]
  return {
    name,
    material,
    run: (text) => {
      try {
        const query = door.parse(text)
        query.check()
        const printed = query.print()
        const again = reprint(door, printed)
        if (again !== printed) throw new Broken(`prints as ${printed}, then as ${again}`)
        const plan = optimize(query.plan(defaultPlanOptions))
        if (text.length < printedLength) printPlan(plan)
        return true
      } catch (error) {
        if (!(error instanceof QueryError)) throw error
        checkSpan(error, text)
        return false
      }
    },
  }
}

/**
 * Two printed texts need not parse again: one that grew past the limit on its size, and one with a
 * range below a millisecond, which Prometheus takes and prints as `0s`, which it refuses.
 */
function reprint(door: LanguageDoor, printed: string): string {
  if (Buffer.byteLength(printed) >= maxQueryBytes) return printed
  try {
    return door.parse(printed).print()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (message.endsWith('duration must be greater than 0')) return printed
    throw new Broken(`prints as ${printed}, which is refused: ${message}`)
  }
}

function checkSpan({ span, message }: QueryError, text: string): void {
  const { from, to } = span
  if (message === '') throw new Broken('an error without a message')
  if (!(Number.isInteger(from) && from >= 0 && from <= to && to <= text.length)) {
    throw new Broken(`"${message}" is at ${from}-${to} of ${text.length}`)
  }
}

const regex: Target = {
  name: 'regex',
  material: seeds.regex,
  run: (text) => {
    try {
      compile(text, { anchored: text.length % 2 === 0 }).testText('a text: 1.2.3.4 é error')
      return true
    } catch (error) {
      if (!isCode(error, regexInvalid)) throw error
      return false
    }
  },
}

export const targets: readonly Target[] = [
  language('promql', seeds.promql),
  language('logql', seeds.logql),
  language('traceql', seeds.traceql),
  regex,
]
