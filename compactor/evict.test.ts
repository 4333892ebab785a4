import { test } from 'node:test'
import { furthestOver, oldestBlocks, type Holding } from './evict.ts'
import { block } from '#storage/catalog/world.test.ts'

/** `logs/a:50` is 50 bytes of the logs of a; `logs/*:9` those of many tenants. */
function holding(text: string): Holding {
  const match = /^(logs|metrics|traces)\/(\w+|\*):(\d+)$/.exec(text)
  if (match === null) throw new RangeError(text)
  const [, signal = '', owner = '', bytes] = match
  // The expression lets only names of signals through.
  return {
    signal: signal as Holding['signal'],
    owner: owner === '*' ? null : owner,
    bytes: Number(bytes),
  }
}

test('the one furthest over its share goes first', (t) => {
  const check = (holdings: string, want: string) => {
    const worst = furthestOver(holdings.split(' ').filter(Boolean).map(holding), 100)
    t.assert.equal(worst === null ? '' : `${worst.signal}/${worst.owner ?? '*'}`, want)
  }
  check('', '')
  check('logs/a:0', '')
  check('logs/a:60', 'logs/a')
  // Shares of 100 bytes: logs 50, traces 30, metrics 20.
  check('logs/a:60 traces/a:30 metrics/a:10', 'logs/a')
  check('logs/a:51 traces/a:31 metrics/a:18', 'traces/a')
  check('logs/a:40 traces/a:30 metrics/a:30', 'metrics/a')
  // Equal among the tenants of a signal: 25 each.
  check('logs/a:20 logs/b:30 traces/a:30', 'logs/b')
  check('logs/*:30 logs/b:20 traces/a:30', 'logs/*')
})

test('the oldest blocks that free enough', (t) => {
  const blocks = ['a@0-9', 'a@30-39', 'a@10-19', 'a@20-29'].map(block)
  const check = (bytes: number, want: string) =>
    t.assert.equal(
      oldestBlocks(blocks, bytes)
        .map(({ key }) => /-(\d+)\.sbx$/.exec(key)?.[1])
        .join(' '),
      want,
    )
  check(1, '9')
  check(100, '9')
  check(101, '9 19')
  check(1000, '9 19 29 39')
})
