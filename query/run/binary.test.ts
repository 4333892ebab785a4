import { test, type TestContext } from 'node:test'
import { contextOf, matrix, show } from '#test/matrix.ts'
import type { NodeOf } from '../plan/nodes.ts'
import type { Matching } from '../plan/vectors.ts'
import { binary } from './binary.ts'
import { constant } from './constant.ts'

type Rows = Readonly<Record<string, string>>

const oneToOne: Matching = {
  mode: 'ignoring',
  labels: [],
  cardinality: 'one-to-one',
  include: [],
  fillLeft: null,
  fillRight: null,
}

function run(left: Rows | number, node: Partial<NodeOf<'binary'>>, right: Rows | number) {
  const context = contextOf(3)
  const operand = (side: Rows | number) =>
    typeof side === 'number'
      ? { operator: constant(side, context), scalar: true }
      : { operator: matrix(side, context), scalar: false }
  const whole: NodeOf<'binary'> = {
    kind: 'binary',
    dialect: 'promql',
    operator: '+',
    left: { kind: 'number', value: 0 },
    right: { kind: 'number', value: 0 },
    matching: typeof left === 'number' || typeof right === 'number' ? null : oneToOne,
    returnBool: false,
    span: { from: 0, to: 0 },
    ...node,
  }
  return show(binary(operand(left), operand(right), whole, context))
}

function checker(t: TestContext) {
  // oxlint-disable-next-line max-params -- left, operator, right, result
  return async (
    left: Rows | number,
    node: Partial<NodeOf<'binary'>>,
    right: Rows | number,
    want: string[],
  ) => t.assert.deepEqual(await run(left, node, right), want)
}

const on = (labels: string[], rest: Partial<Matching> = {}): Matching => ({
  ...oneToOne,
  mode: 'on',
  labels,
  ...rest,
})

test('scalars', async (t) => {
  const check = checker(t)
  await check(1, { operator: '+' }, 2, ['{} 3 3 3'])
  await check(1, { operator: '>', returnBool: true }, 2, ['{} 0 0 0'])
  await check({ '__name__=m a=1': '1 _ 3' }, { operator: '-' }, 1, ['{a="1"} 0 _ 2'])
  await check(1, { operator: '-' }, { 'a=1': '1 _ 3' }, ['{a="1"} 0 _ -2'])
  await check(2, { operator: '<' }, { '__name__=m': '1 _ 3' }, ['m _ _ 3'])
  await check({ '__name__=m': '1 _ 3' }, { operator: '<', returnBool: true }, 2, ['{} 1 _ 0'])
})

test('one to one', async (t) => {
  const check = checker(t)
  await check(
    { '__name__=m a=1': '1 2 3', '__name__=m a=2': '4 4 4' },
    { operator: '*' },
    { '__name__=n a=1': '2 _ 2', 'a=3': '1 1 1' },
    ['{a="1"} 2 _ 6'],
  )
  await check({ 'a=1 b=2': '1 2 3' }, { matching: on(['a']) }, { 'a=1 c=3': '1 1 1' }, [
    '{a="1"} 2 3 4',
  ])
  // Series of one key that take turns are one series of the result.
  await check(
    { 'a=1 b=1': '1 _ 1', 'a=1 b=2': '_ 2 _' },
    { matching: on(['a']) },
    { 'a=1': '1 1 1' },
    ['{a="1"} 2 3 2'],
  )
  await check({ '__name__=m a=1': '1 5 3' }, { operator: '>' }, { 'a=1': '2 2 2' }, [
    'm{a="1"} _ 5 3',
  ])
})

test('many to one', async (t) => {
  const check = checker(t)
  const left = on(['a'], { cardinality: 'many-to-one', include: ['v'] })
  await check(
    { 'a=1 b=1': '1 2 3', 'a=1 b=2': '4 5 6' },
    { operator: '-', matching: left },
    { 'a=1 v=x': '1 _ 1' },
    ['{a="1", b="1", v="x"} 0 _ 2', '{a="1", b="2", v="x"} 3 _ 5'],
  )
  const right = on(['a'], { cardinality: 'one-to-many' })
  await check({ 'a=1': '10 10 10' }, { operator: '-', matching: right }, { 'a=1 b=1': '1 2 3' }, [
    '{a="1", b="1"} 9 8 7',
  ])
})

test('sets', async (t) => {
  const check = checker(t)
  const left = { '__name__=m a=1': '1 2 _', 'a=2': '3 _ 3' }
  const right = { '__name__=n a=1': '9 _ 9', 'a=3': '7 7 7' }
  const matching: Matching = { ...oneToOne, cardinality: 'many-to-many' }
  await check(left, { operator: 'and', matching }, right, ['m{a="1"} 1 _ _'])
  await check(left, { operator: 'unless', matching }, right, ['m{a="1"} _ 2 _', '{a="2"} 3 _ 3'])
  await check(left, { operator: 'or', matching }, right, [
    'm{a="1"} 1 2 _',
    '{a="2"} 3 _ 3',
    'n{a="1"} _ _ 9',
    '{a="3"} 7 7 7',
  ])
})

test('refuses ambiguous matches in the words of Prometheus', async (t) => {
  const check = async (left: Rows, matching: Matching, right: Rows, message: string) =>
    t.assert.rejects(run(left, { matching }, right), { message })
  await check(
    { 'a=1': '1 1 1' },
    on(['a']),
    { 'a=1 b=2': '1 1 1', 'a=1 b=1': '1 1 1' },
    'found duplicate series for the match group {a="1"} on the right hand-side of the operation: ' +
      '[{a="1", b="1"}, {a="1", b="2"}];many-to-many matching not allowed: matching labels must be unique on one side',
  )
  await check(
    { 'a=1 b=2': '1 1 1', 'a=1 b=1': '1 1 1' },
    on(['a']),
    { 'a=1': '1 1 1' },
    'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
  )
})

test('pairs of series are counted before they are made', async (t) => {
  const side = (name: string): Rows =>
    Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`a=${i} b=${name}`, '1 1 1']))
  const matching = on([], { cardinality: 'many-to-one', include: ['b'] })
  const mib = 2 ** 20
  let most = 0
  const hold = (bytes: number): void => {
    most = Math.max(most, bytes)
    if (bytes > 8 * mib) throw new RangeError('too much')
  }
  const context = { ...contextOf(3), control: { check: () => {}, hold } }
  const operand = (rows: Rows) => ({ operator: matrix(rows, context), scalar: false })
  const node: NodeOf<'binary'> = {
    kind: 'binary',
    dialect: 'promql',
    operator: '+',
    left: { kind: 'number', value: 0 },
    right: { kind: 'number', value: 0 },
    matching,
    returnBool: false,
    span: { from: 0, to: 0 },
  }
  const met = binary(operand(side('x')), operand(side('y')), node, context)
  await t.assert.rejects(met.series(), { message: 'too much' })
  // Four bytes a pair.
  t.assert.equal(most, 1500 * 1500 * 4)
})
