import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Expression } from '#query/plan/expression.ts'
import type { ColumnName, CompareOperator, Literal } from '#query/plan/column.ts'
import { tracesRequest } from '#test/spans.ts'
import { sourceOf } from '#test/source.ts'
import { evaluate } from './evaluate.ts'
import { rowFilter } from './filter.ts'
import { filteredRows } from './read-rows.ts'
import { RowReader } from './row-reader.ts'
import { chosenRows } from './row-time.ts'
import { isTrue } from './value.ts'

const spans = [
  '1 a 0+1 service=web n=1 s=x',
  '2 b 1+20 service=web kind=server n=1.0 s=y',
  '3 a 2+300 service=pay status=error n=x s=1',
  '4 ab 3+0 service=db status=ok kind=client b=true list=["x","y"]',
  '5 b 4+5 service=db n=[1,2] b=false event=e1,e2 m=[1,"x"]',
  '6 a 5+7 n=-9007199254740993 s=x list=[] event=e1',
]

const columns: readonly ColumnName[] = [
  ...['n', 's', 'b', 'list', 'm', 'none'].map((key) => ({ scope: 'span', key }) as const),
  { scope: 'any', key: 's' },
  { scope: 'any', key: 'service.name' },
  { scope: 'resource', key: 'service.name' },
  ...['name', 'duration', 'status', 'kind', 'event:name', 'span:id', 'instrumentation:name'].map(
    (key) => ({ scope: 'intrinsic', key }) as const,
  ),
]

const literals: readonly Literal[] = [
  { type: 'string', value: 'x' },
  { type: 'string', value: 'a' },
  { type: 'string', value: 'web' },
  { type: 'string', value: '' },
  { type: 'int', value: '1' },
  { type: 'int', value: '-9007199254740992' },
  { type: 'float', value: 1 },
  { type: 'float', value: NaN },
  { type: 'duration', value: 5_000_000 },
  { type: 'bool', value: true },
  { type: 'status', value: 'error' },
  { type: 'kind', value: 'server' },
]

const operators: readonly CompareOperator[] = ['=', '!=', '<', '<=', '>', '>=', '=~', '!~']
const column = fc
  .constantFrom(...columns)
  .map((name): Expression => ({ kind: 'column', column: name }))
const literal = fc
  .constantFrom(...literals)
  .map((value): Expression => ({ kind: 'literal', literal: value }))

/** A comparison as the check lets it pass: patterns stand on the right and are texts. */
const comparison = fc
  .tuple(fc.constantFrom(...operators), column, literal, fc.boolean())
  .map(([operator, left, right, turned]): Expression => {
    const pattern = operator === '=~' || operator === '!~'
    const isText = right.kind === 'literal' && right.literal.type === 'string'
    if (pattern && !isText) return { kind: 'comparison', operator: '=', left, right }
    if (turned && !pattern) return { kind: 'comparison', operator, left: right, right: left }
    return { kind: 'comparison', operator, left, right }
  })

const exists = fc
  .tuple(column, fc.boolean())
  .map(([operand, negated]): Expression => ({ kind: 'exists', operand, negated }))

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    comparison,
    exists,
    fc
      .tuple(fc.constantFrom('and' as const, 'or' as const), tie('expression'), tie('expression'))
      .map(([operator, left, right]): Expression => ({ kind: 'logic', operator, left, right })),
    tie('expression').map((operand): Expression => ({ kind: 'not', operand })),
  ),
}))

const range = { from: 0n, to: 2n ** 62n }

for (const where of ['run', 'block'] as const) {
  test(`filters and predicates agree with evaluation row by row, in a ${where}`, async () => {
    const request = tracesRequest([{ trace: '1', spans }])
    const source = await sourceOf({ signal: 'traces' }, [{ request, in: where }])
    const scan = source.scan({
      signal: 'traces',
      ...range,
      predicates: [],
      columns: 'all',
      order: 'any',
    })
    const [batch] = await Array.fromAsync(scan)
    if (batch === undefined) throw new Error('the source is empty')
    const reader = new RowReader(batch)
    const rows = chosenRows(batch)
    const property = fc.asyncProperty(expression, async (tree) => {
      const ids: string[] = []
      for (const row of rows) {
        reader.row = row
        if (isTrue(evaluate(tree, reader.get))) ids.push(reader.id('spanId'))
      }
      const filter = rowFilter(tree)
      const filtered = Array.from(filter(reader, rows), (row) => {
        reader.row = row
        return reader.id('spanId')
      })
      const scanned: string[] = []
      const request = { ...range, expression: tree, filter, columns: 'all' } as const
      for await (const found of filteredRows(source, request)) {
        for (const row of found.rows) {
          found.reader.row = row
          scanned.push(found.reader.id('spanId'))
        }
      }
      return ids.join() === filtered.join() && ids.toSorted().join() === scanned.toSorted().join()
    })
    await fc.assert(property, { numRuns: 200 })
  })
}
