import { test, type TestContext } from 'node:test'
import { contextOf, matrix, show } from '#test/matrix.ts'
import type { NodeOf } from '../../plan/nodes.ts'
import type { Grouping } from '../../plan/vectors.ts'
import { constant } from '../constant.ts'
import { aggregate } from './aggregate.ts'
import { quantileOf } from './quantile.ts'

type Rows = Readonly<Record<string, string>>
type Operator = NodeOf<'aggregate'>['operator']

interface Asked {
  readonly operator: Operator
  readonly by?: Grouping
  readonly parameter?: number
  readonly label?: string
}

function run(rows: Rows, { operator, by, parameter, label }: Asked, steps = 3) {
  const context = contextOf(steps)
  const node: NodeOf<'aggregate'> = {
    kind: 'aggregate',
    dialect: 'promql',
    operator,
    input: { kind: 'number', value: 0 },
    parameter: label === undefined ? null : { kind: 'string', value: label },
    grouping: by ?? null,
    span: { from: 0, to: 0 },
  }
  const scalar = parameter === undefined ? null : constant(parameter, context)
  return show(aggregate(matrix(rows, context), node, scalar, context))
}

function checker(t: TestContext) {
  return async (rows: Rows, asked: Asked, want: string[]) =>
    t.assert.deepEqual(await run(rows, asked), want, asked.operator)
}

const rows = {
  '__name__=m a=1 b=x': '1 _ 3',
  '__name__=m a=1 b=y': '4 _ NaN',
  '__name__=m a=2 b=x': '7 8 _',
}
const byA: Grouping = { mode: 'by', labels: ['a', 'none'] }

test('folds groups', async (t) => {
  const check = checker(t)
  await check(rows, { operator: 'sum' }, ['{} 12 8 NaN'])
  await check(rows, { operator: 'sum', by: byA }, ['{a="1"} 5 _ NaN', '{a="2"} 7 8 _'])
  await check(rows, { operator: 'sum', by: { mode: 'without', labels: ['a'] } }, [
    '{b="x"} 8 8 3',
    '{b="y"} 4 _ NaN',
  ])
  await check(rows, { operator: 'avg', by: byA }, ['{a="1"} 2.5 _ NaN', '{a="2"} 7 8 _'])
  await check(rows, { operator: 'count', by: byA }, ['{a="1"} 2 _ 2', '{a="2"} 1 1 _'])
  await check(rows, { operator: 'min', by: byA }, ['{a="1"} 1 _ 3', '{a="2"} 7 8 _'])
  await check(rows, { operator: 'max', by: byA }, ['{a="1"} 4 _ 3', '{a="2"} 7 8 _'])
  await check(rows, { operator: 'group' }, ['{} 1 1 1'])
  await check(rows, { operator: 'stddev', by: byA }, ['{a="1"} 1.5 _ NaN', '{a="2"} 0 0 _'])
})

test('sums and means are compensated and survive an overflow of the sum', async (t) => {
  const check = checker(t)
  const far = { 'a=1': '1e100 1e308 1', 'a=2': '1 1e308 1', 'a=3': '-1e100 1e308 1' }
  await check(far, { operator: 'sum' }, ['{} 1 Infinity 3'])
  const mean = await run(far, { operator: 'avg' })
  t.assert.equal(mean[0]?.split(' ')[2], '1e+308')
})

test('picks samples', async (t) => {
  const check = checker(t)
  await check(rows, { operator: 'topk', parameter: 1 }, [
    'm{a="1", b="x"} _ _ 3',
    'm{a="2", b="x"} 7 8 _',
  ])
  await check(rows, { operator: 'bottomk', parameter: 1, by: byA }, [
    'm{a="1", b="x"} 1 _ 3',
    'm{a="2", b="x"} 7 8 _',
  ])
  await check(rows, { operator: 'limitk', parameter: 1 }, [
    'm{a="1", b="x"} 1 _ 3',
    'm{a="2", b="x"} _ 8 _',
  ])
  await check(rows, { operator: 'topk', parameter: 0.5 }, [])
  const instant = await run(
    { 'a=1': '1', 'a=2': '3', 'a=3': 'NaN', 'a=4': '2' },
    { operator: 'topk', parameter: 3 },
    1,
  )
  t.assert.deepEqual(instant, ['{a="2"} 3', '{a="4"} 2', '{a="1"} 1'])
})

test('the two sides of a ratio are complements', async (t) => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`a=${i}`, '1 1 1']))
  const kept = await run(many, { operator: 'limit_ratio', parameter: 0.3 })
  const others = await run(many, { operator: 'limit_ratio', parameter: -0.7 })
  t.assert.deepEqual(
    [...kept, ...others].sort(),
    (await run(many, { operator: 'limitk', parameter: 50 })).sort(),
  )
  t.assert.equal(kept.length > 5 && kept.length < 25, true)
})

test('counts values and takes quantiles', async (t) => {
  const check = checker(t)
  await check({ 'a=1': '1 1 2', 'a=2': '1 2 _' }, { operator: 'count_values', label: 'v' }, [
    '{v="1"} 2 1 _',
    '{v="2"} _ 1 1',
  ])
  await check({ 'a=1': '1 1 2', 'a=2': '3 _ 4' }, { operator: 'quantile', parameter: 0.5 }, [
    '{} 2 1 3',
  ])
  const q = (at: number, ...values: number[]) => quantileOf(at, Float64Array.from(values))
  t.assert.equal(q(0.25, 4, 1, 2, 3, 5), 2)
  t.assert.equal(q(0, Number.NaN, 1), Number.NaN)
  t.assert.equal(q(1, Number.NaN, 1), 1)
  t.assert.equal(q(-1, 1), -Infinity)
  t.assert.equal(q(1.5, 1), Infinity)
  t.assert.equal(q(Number.NaN, 1), Number.NaN)
})

test('refuses parameters that count nothing', async (t) => {
  const check = async (parameter: number, message: string) =>
    t.assert.rejects(run(rows, { operator: 'topk', parameter }), { message })
  await check(Number.NaN, 'Parameter value is NaN')
  await check(1e30, 'Scalar value 1e+30 overflows int64')
  await check(-1e30, 'Scalar value -1e+30 underflows int64')
})
