import * as fc from 'fast-check'
import { test } from 'node:test'
import { isCode } from '#base/errors.ts'
import { absent, attributeCode, createIntake, type AnyIntake } from '#schemas/intake.ts'
import { tenantInvalid } from '#schemas/errors.ts'
import { authenticate } from './authenticate.ts'
import { distributorConfig } from './config.ts'
import { tenantMissing } from './errors.ts'
import { hash32 } from './hash.ts'
import { chooseWorker } from './home.ts'
import { applyLimits, limitsOf, type TenantLimits } from './limits.ts'
import { measuredBounds } from '#test/otlp/bounds.ts'
import { partitionOf, subsetOf } from './route.ts'

const settings = distributorConfig.parse({})
const limits: TenantLimits = {
  ...limitsOf(settings, { retentionMs: 30 * 86_400_000, maxRequestStreamBytes: Infinity }),
  maxAttributesPerRow: 3,
  maxKeyBytes: 10,
  maxValueBytes: 20,
  maxLogBodyBytes: 30,
  maxNameBytes: 10,
  maxStreamBytes: 50,
  maxStreams: 2,
}

const now = 1_800_000_000_000_000_000n
const day = 86_400_000_000_000n

type Columns = Readonly<Record<string, Uint32Array>>

/** Sets named columns of one row of a table. */
function put(columns: Columns, row: number, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    const column = columns[name]
    if (column === undefined) throw new RangeError(`no column ${name}`)
    column[row] = value
  }
}

function time(ns: bigint): { timeLo: number; timeHi: number } {
  return { timeLo: Number(ns & 0xffffffffn), timeHi: Number(ns >> 32n) }
}

/** An intake with one stream and a row for each entry, at the time `now` unless it says otherwise. */
function intakeOf<I extends AnyIntake>(intake: I, rows: readonly Record<string, number>[]): I {
  intake.groups.rows = 1
  intake.streams.rows = 1
  put(intake.streams.columns, 0, { group: 0, descriptor: absent })
  rows.forEach((row, at) => put(intake.rows.columns, at, { ...time(now), ...row }))
  intake.rows.rows = rows.length
  return intake
}

/** Which rows are kept, and the reasons for the others; the same whether or not the intake's bounds are known. */
function refused(intake: AnyIntake): string[] {
  const [without, within] = [null, measuredBounds(intake)].map((bounds) => {
    intake.bounds = bounds
    const { keep, rejects } = applyLimits(intake, limits, now)
    const kept = keep ?? new Uint8Array(intake.rows.rows).fill(1)
    const dropped = kept.filter((one) => one === 0).length
    if (dropped !== rejects.reduce((sum, { rows }) => sum + rows, 0)) {
      throw new Error('counts differ')
    }
    return [kept.join(''), ...rejects.map(({ code, rows }) => `${code} ${rows}`)]
  })
  if (without?.join() !== within?.join()) throw new Error('bounds change what is refused')
  return within ?? []
}

test('times outside of the bounds are refused, on both sides of each', (t) => {
  const check = (at: bigint, ...want: string[]) =>
    t.assert.deepEqual(refused(intakeOf(createIntake('metrics'), [time(at)])), want)
  check(now, '1')
  check(now + 600_000_000_000n, '1')
  check(now + 600_100_000_000n, '0', 'time-future 1')
  check(2n ** 63n - 1n, '0', 'time-future 1')
  check(2n ** 64n - 1n, '0', 'time-future 1')
  check(now - 30n * day, '1')
  check(now - 30n * day - 100_000_000n, '0', 'time-past 1')
  check(1n, '0', 'time-past 1')
})

test('a row without a time gets its observed time, else that of the request', (t) => {
  const observed = time(now - day)
  const intake = intakeOf(createIntake('logs'), [
    { timeLo: 0, timeHi: 0 },
    { timeLo: 0, timeHi: 0, observedTimeLo: observed.timeLo, observedTimeHi: observed.timeHi },
    { timeLo: 5, timeHi: time(now).timeHi },
  ])
  t.assert.deepEqual(refused(intake), ['111'])
  const { timeLo, timeHi } = intake.rows.columns
  t.assert.deepEqual([...timeLo.subarray(0, 3)], [time(now).timeLo, observed.timeLo, 5])
  t.assert.equal(timeHi[1], observed.timeHi)
})

test('attributes are counted and measured by row', (t) => {
  const intake = intakeOf(createIntake('logs'), [{}, {}, {}, {}, {}])
  const attributes = [
    [0, 10, attributeCode.text, 20],
    [1, 11, attributeCode.int, 0xffffffff],
    [2, 1, attributeCode.text, 21],
    [3, 1, attributeCode.double, 0xffffffff],
    ...[4, 4, 4, 4].map((row) => [row, 1, attributeCode.bool, 0]),
  ]
  attributes.forEach(([, keyLength = 0, type = 0, b = 0], at) =>
    put(intake.attributes.columns, at, { keyLength, type, b }),
  )
  intake.attributes.rows = attributes.length
  ;[0, 1, 2, 3, 4, 8].forEach((from, row) => put(intake.rows.columns, row, { attrFrom: from }))
  t.assert.deepEqual(refused(intake), [
    '10010',
    'attribute-key 1',
    'attribute-value 1',
    'row-attributes 1',
  ])
})

test('bodies and span names are measured', (t) => {
  const body = (type: number, length: number) => ({ bodyType: type, bodyB: length })
  const logs = [
    body(attributeCode.text, 30),
    body(attributeCode.otlp, 31),
    body(attributeCode.int, 99),
  ]
  t.assert.deepEqual(refused(intakeOf(createIntake('logs'), logs)), ['101', 'log-body 1'])
  const spans = [{ nameLength: 10 }, { nameLength: 11 }, { nameLength: 12 }]
  t.assert.deepEqual(refused(intakeOf(createIntake('traces'), spans)), ['100', 'name-length 2'])
})

test('streams are judged once and refuse their rows', (t) => {
  const rows = [{ stream: 0 }, { stream: 1 }, { stream: 2 }, { stream: 1 }]
  const intake = intakeOf(createIntake('metrics'), rows)
  intake.streams.rows = 3
  put(intake.groups.columns, 0, { resourceLength: 30 })
  put(intake.streams.columns, 0, { attributesLength: 20 })
  put(intake.streams.columns, 1, { group: 0, descriptor: absent, attributesLength: 21 })
  t.assert.deepEqual(refused(intake), ['1000', 'stream-length 2', 'request-streams 1'])
  put(intake.streams.columns, 0, { descriptor: 0 })
  put(intake.descriptors.columns, 0, { nameLength: 11 })
  t.assert.deepEqual(refused(intake), [
    '0000',
    'name-length 1',
    'stream-length 2',
    'request-streams 1',
  ])
})

test('streams of a request are refused from where they take too much together', (t) => {
  const rows = [{ stream: 0 }, { stream: 1 }, { stream: 1 }, { stream: 0 }]
  const intake = intakeOf(createIntake('metrics'), rows)
  intake.streams.rows = 2
  put(intake.groups.columns, 0, { resourceLength: 30 })
  put(intake.streams.columns, 0, { attributesLength: 20 })
  put(intake.streams.columns, 1, { group: 0, descriptor: absent, attributesLength: 20 })
  const check = (maxRequestStreamBytes: number, want: string[]) => {
    const { keep, rejects } = applyLimits(intake, { ...limits, maxRequestStreamBytes }, now)
    const kept = keep === null ? '1111' : keep.join('')
    t.assert.deepEqual([kept, ...rejects.map(({ code, rows: count }) => `${code} ${count}`)], want)
  }
  // Each takes its resource, its attributes and 64 bytes.
  check(228, ['1111'])
  check(227, ['1001', 'request-stream-bytes 2'])
  check(113, ['0000', 'request-stream-bytes 4'])
})

test('a message names row, value, limit and setting', (t) => {
  const { rejects } = applyLimits(
    intakeOf(createIntake('traces'), [{ nameLength: 11 }]),
    limits,
    now,
  )
  t.assert.equal(
    rejects[0]?.message,
    'row 1 of the request was refused: the bytes of its name are 11, the limit is 10 (distributor.maxNameBytes)',
  )
})

test('tenants come from the header, if they are asked for at all', (t) => {
  const headers = (value: string | null) => (name: string) =>
    name === 'x-scope-orgid' ? value : null
  const check = (value: string | null, purpose: 'read' | 'write', tenants: readonly string[]) =>
    t.assert.deepEqual(
      authenticate(headers(value), { tenancy: 'header' }, purpose).tenants,
      tenants,
    )
  check('a', 'write', ['a'])
  check('b|a|b', 'read', ['a', 'b'])
  t.assert.deepEqual(authenticate(headers('a'), { tenancy: 'off' }, 'write').tenants, ['default'])
  const fails = (value: string | null, code: typeof tenantMissing) =>
    t.assert.throws(
      () => authenticate(headers(value), { tenancy: 'header' }, 'write'),
      (error) => isCode(error, code),
    )
  fails(null, tenantMissing)
  fails('', tenantMissing)
  fails('a|b', tenantInvalid)
  fails('a/b', tenantInvalid)
  fails('x'.repeat(151), tenantInvalid)
})

test('the hash is murmur3', (t) => {
  // Reference values of MurmurHash3_x86_32, as in SMHasher and Guava's tests.
  const check = (text: string, seed: number, want: number) =>
    t.assert.equal(hash32(Buffer.from(text), 0, text.length, seed), want)
  check('', 0, 0)
  check('', 1, 0x514e28b7)
  check('test', 0, 0xba6bd213)
  check('Hello, world!', 0, 0xc0363e43)
  check('The quick brown fox jumps over the lazy dog', 0, 0x2e4ff723)
})

test('a tenant keeps its home and spills in one order', (t) => {
  const check = (queueMs: number[], want: number) =>
    t.assert.equal(chooseWorker({ tenant: 'a', signal: 's' }, queueMs, 100), want)
  const home = chooseWorker({ tenant: 'a', signal: 's' }, [0, 0, 0, 0], 100)
  const late = (...workers: number[]) => [0, 1, 2, 3].map((w) => (workers.includes(w) ? 101 : 100))
  const second = chooseWorker({ tenant: 'a', signal: 's' }, late(home), 100)
  t.assert.notEqual(second, home)
  check(late(second), home)
  check(late(home), second)
  check([500, 400, 300, 200], 3)
  check([150, 400, 300, 200], 0)
  const homes = Array.from({ length: 4000 }, (_, i) =>
    chooseWorker({ tenant: `t${i}`, signal: 's' }, [0, 0, 0, 0], 100),
  )
  for (const worker of [0, 1, 2, 3]) {
    const share = homes.filter((chosen) => chosen === worker).length / homes.length
    t.assert.equal(share > 0.2 && share < 0.3, true, `worker ${worker} has ${share}`)
  }
})

test('partitions are spread evenly and move only as they must', (t) => {
  const keys = Array.from({ length: 20_000 }, (_, i) => Buffer.from(`stream-${i}`))
  const place = (subset: readonly number[]) =>
    keys.map((key) => partitionOf(subset, key, 0, key.length))
  const eight = subsetOf('tenant', 64, 8)
  const nine = subsetOf('tenant', 64, 9)
  t.assert.deepEqual(nine.slice(0, 8), eight)
  const before = place(eight)
  const after = place(nine)
  for (const partition of eight) {
    const share = before.filter((chosen) => chosen === partition).length / keys.length
    t.assert.equal(Math.abs(share - 1 / 8) < 0.02, true, `partition ${partition} has ${share}`)
  }
  t.assert.equal(
    before.every((chosen, i) => after[i] === chosen || after[i] === nine[8]),
    true,
  )
  const moved = before.filter((chosen, i) => after[i] !== chosen).length / keys.length
  t.assert.equal(Math.abs(moved - 1 / 9) < 0.02, true, `${moved} moved`)
  const grown = subsetOf('tenant', 128, 8)
  t.assert.equal(
    grown.every((partition) => partition >= 64 || eight.includes(partition)),
    true,
  )
})

test('tenants use all partitions alike', (t) => {
  const used = new Uint32Array(16)
  for (let tenant = 0; tenant < 4000; tenant++) {
    for (const partition of subsetOf(`tenant-${tenant}`, 16, 4))
      used[partition] = (used[partition] ?? 0) + 1
  }
  for (const count of used) t.assert.equal(Math.abs(count - 1000) < 130, true, `${count}`)
  fc.assert(
    fc.property(
      fc.string(),
      fc.integer({ min: 1, max: 40 }),
      fc.nat(50),
      (tenant, partitions, size) => {
        const subset = subsetOf(tenant, partitions, size)
        return (
          new Set(subset).size === subset.length &&
          subset.length === Math.min(partitions, Math.max(1, size)) &&
          subset.every((partition) => partition < partitions)
        )
      },
    ),
  )
})
