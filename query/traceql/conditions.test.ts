import { test } from 'node:test'
import { readFilter, type Test } from './conditions.ts'

function valueOf(item: Extract<Test, { kind: 'compare' }>): string {
  const { value } = item.value
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function show(item: Test): string {
  const name = (column: { scope: string; key: string }) => `${column.scope}/${column.key}`
  if (item.kind === 'present') return `${name(item.column)} present`
  return `${name(item.column)} ${item.operator} ${item.value.type}:${valueOf(item)}`
}

test('a filter as groups of tests, what is not understood dropped', (t) => {
  const check = (text: string, ...groups: string[]) => {
    const shown = readFilter(text).map((group) => group.map(show).join(' & '))
    t.assert.deepEqual(shown, groups, text)
  }
  check('{}')
  check('')
  check('{ span.a = "x" }', 'span/a = string:x')
  check('{ span.a = "x" && span.b = }', 'span/a = string:x')
  check('{ span.a = "x" && ', 'span/a = string:x')
  check('{ span.a = "x" && span.b = "un', 'span/a = string:x')
  check('{ && span.a = 1 }', 'span/a = int:1')
  check('{ .a > 1 && .b <= 1.5 }', 'any/a > int:1 & any/b <= float:1.5')
  check('{ 1 < .a && 2 >= .b }', 'any/a > int:1 & any/b <= int:2')
  check('{ "x" =~ .a }')
  check('{ .a =~ "x.*" && .b !~ "[" }', 'any/a =~ string:x.*')
  check('{ name != nil && .a = nil }', 'intrinsic/name present')
  check('{ span:status = error && duration > 1s }', statusAndDuration)
  check('{ .a = 1 || .b = 2 }', 'any/a = int:1', 'any/b = int:2')
  check('{ .a = 1 && .b = 2 || .c = 3 }', 'any/a = int:1 & any/b = int:2', 'any/c = int:3')
  check(
    '{ .a = 1 || .b = 2 && .c = 3 }',
    'any/a = int:1 & any/c = int:3',
    'any/b = int:2 & any/c = int:3',
  )
  check(
    '{ .a = 1 && (.b = 2 || .c = 3) }',
    'any/a = int:1 & any/b = int:2',
    'any/a = int:1 & any/c = int:3',
  )
  check('{ (.a = 1) && ((.b = 2)) }', 'any/a = int:1 & any/b = int:2')
  check('{ .a = 1 || .b }', 'any/a = int:1')
  check('{ !(.a = 1) && .b = 2 }', 'any/b = int:2')
  check('{ (.a) = 1 && (.b = 2', 'any/a = int:1 & any/b = int:2')
  check('{ .a = 1 + 1 && .b = .c }', 'any/a = int:2')
  check('{ parent.a = 1 }')
  check('{ .a = 1 } | { .b = 2 }')
  check('{ .a = 1 } && { .b = 2 }')
  check('count() > 1')
  check('{ .a = 1 && .b = 2 ) && .c = 3 }', 'any/a = int:1 & any/b = int:2')
})

const statusAndDuration =
  'intrinsic/status = status:error & intrinsic/duration > duration:1000000000'

test('too many groups are refused', (t) => {
  const message =
    /: maximum condition groups reached \(limit: 100\)\. Reduce the number of OR conditions in the query$/
  const either = (count: number) =>
    Array.from({ length: count }, (_, i) => `.a = ${i}`).join(' || ')
  t.assert.equal(readFilter(`{ ${either(100)} }`).length, 100)
  t.assert.throws(() => readFilter(`{ ${either(101)} }`), message)
  t.assert.equal(readFilter(`{ (${either(10)}) && (${either(10)}) }`).length, 100)
  t.assert.throws(() => readFilter(`{ (${either(10)}) && (${either(11)}) }`), message)
})

test('long and deep filters take time in proportion', (t) => {
  const before = process.cpuUsage().user
  readFilter(`{ ${'('.repeat(60_000)} .a = 1`)
  readFilter(`{ ${'('.repeat(1000)}.a${') + 1'.repeat(1000)} = 1 }`)
  readFilter(`{ ${'.a = 1 && '.repeat(10_000)} .b = 2 }`)
  const millis = (process.cpuUsage().user - before) / 1000
  t.assert.equal(millis < 2000, true, `${millis} ms`)
})
