import * as fc from 'fast-check'
import { test } from 'node:test'
import { checkKey } from '#storage/objects/store.ts'
import { dataKey, dayOf, l0Key, monthOf, parseL0Key, parseRootKey, rootKey } from './names.ts'

test('names', (t) => {
  const chain = { logId: '00112233aabbccdd', partition: 7 }
  const key = l0Key('logs', chain, 1234)
  t.assert.equal(key, 'l0/logs/00112233aabbccdd/00007/00000000000000001234.sbx')
  t.assert.deepEqual(parseL0Key(key), { chain: '00112233aabbccdd/00007', start: 1234 })
  t.assert.equal(parseL0Key(`${key}x`), null)
  t.assert.equal(rootKey('logs', 1), 'catalog/logs/root/9999999999999998')
  t.assert.equal(parseRootKey('catalog/logs/root/9999999999999998'), 1)
  t.assert.equal(parseRootKey('catalog/logs/month/9999999999999998'), null)
  const data = dataKey({ signal: 'logs', tenant: null, timeMs: 0, level: 1, nonce: 'ab' })
  t.assert.equal(data, 'data/logs/shared/1970-01-01/1/ab.sbx')
})

test('newer roots sort first', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 50 }),
      fc.integer({ min: 1, max: 1000 }),
      (seq, more) => {
        const [old, young] = [rootKey('logs', seq), rootKey('logs', seq + more)]
        return young < old && parseRootKey(old) === seq
      },
    ),
  )
})

test('any tenant and time make an allowed name', () => {
  fc.assert(
    fc.property(fc.string(), fc.double({ noNaN: true }), (tenant, timeMs) =>
      checkKey(dataKey({ signal: 'traces', tenant, timeMs, level: 2, nonce: '0f' })),
    ),
  )
})

test('days are those of the calendar', (t) => {
  t.assert.equal(dayOf(951_782_400_000), '2000-02-29')
  t.assert.equal(dayOf(-1), '1969-12-31')
  t.assert.equal(dayOf(9_223_372_036_854), '2262-04-11')
  t.assert.equal(monthOf(1_795_219_200_000), '2026-11')
  fc.assert(
    fc.property(
      fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
      (date) => dayOf(date.getTime()) === date.toISOString().slice(0, 10),
    ),
  )
})
