/** Functions of one number, sample by sample (promql.md §9); they work in place on the input's batches. */
import type { DateFunction, MathFunction } from '../../plan/functions.ts'
import { pull, type RunContext, type VectorOperator } from '../operator.ts'
import { changed, dropNames } from '../relabel.ts'

const of = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  exp: Math.exp,
  sqrt: Math.sqrt,
  ln: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  sgn: Math.sign,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  deg: (value) => (value * 180) / Math.PI,
  rad: (value) => (value * Math.PI) / 180,
} as const satisfies Partial<Record<MathFunction, (value: number) => number>>

/** `max(min, min(max, x))` with NaN as soon as one is. */
const with2: Partial<Record<MathFunction, (value: number, a: number, b: number) => number>> = {
  round: (value, to) => Math.floor(value * (1 / to) + 0.5) / (1 / to),
  clamp: (value, min, max) => Math.max(min, Math.min(max, value)),
  clamp_min: (value, min) => Math.max(min, value),
  clamp_max: (value, max) => Math.min(max, value),
}

const dates: Readonly<Record<DateFunction, (date: Date) => number>> = {
  minute: (date) => date.getUTCMinutes(),
  hour: (date) => date.getUTCHours(),
  day_of_week: (date) => date.getUTCDay(),
  day_of_month: (date) => date.getUTCDate(),
  day_of_year: (date) =>
    (Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) -
      Date.UTC(date.getUTCFullYear(), 0, 1)) /
      86_400_000 +
    1,
  days_in_month: (date) =>
    new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate(),
  month: (date) => date.getUTCMonth() + 1,
  year: (date) => date.getUTCFullYear(),
}

function simple(name: string): ((value: number) => number) | null {
  if (Object.hasOwn(of, name)) return of[name as keyof typeof of] // a key of the table
  if (!Object.hasOwn(dates, name)) return null
  const read = dates[name as DateFunction] // a key of the table
  return (value) => read(new Date(Math.trunc(value) * 1000))
}

/** The function by its name on a vector and scalars; null when it is none of these. */
// oxlint-disable-next-line max-params -- name, vector, scalars and the context of the run
export function mathFunction(
  name: string,
  input: VectorOperator,
  scalars: readonly VectorOperator[],
  context: RunContext,
): VectorOperator | null {
  const one = simple(name)
  if (one !== null) {
    return changed(dropNames(input, context), ({ values }) => {
      for (let c = 0; c < values.length; c++) values[c] = one(values[c]!)
    })
  }
  const more = with2[name as MathFunction]
  if (more === undefined) return null
  return changed(dropNames(input, context), async ({ steps, values, present }) => {
    const [a, b] = [await nextOf(scalars[0]), await nextOf(scalars[1])]
    for (let c = 0; c < values.length; c++) {
      const first = a === null ? 1 : a[c % steps]!
      const second = b === null ? 1 : b[c % steps]!
      // Clamping between bounds that are the wrong way round leaves nothing.
      if (name === 'clamp' && first > second) present[c] = 0
      values[c] = more(values[c]!, first, second)
    }
  })
}

async function nextOf(scalar: VectorOperator | undefined): Promise<Float64Array | null> {
  return scalar === undefined ? null : (await pull(scalar)).values
}
