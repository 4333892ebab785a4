import { test } from 'node:test'
import { formatBytes, parseBytes } from './bytes.ts'

test('parses sizes as go-humanize', (t) => {
  const check = (text: string, want: number | null) => t.assert.equal(parseBytes(text), want, text)
  check('42', 42)
  check('42B', 42)
  check('1kb', 1000)
  check('1 KiB', 1024)
  check('1.5MiB', 1_572_864)
  check('1,005.03 MB', 1_005_030_000)
  check('2g', 2_000_000_000)
  check('2Gi', 2_147_483_648)
  check('.5k', 500)
  check('12.5 EB', 12_500_000_000_000_000_000)
  for (const text of ['', 'KB', '1zb', '1.2.3k', '-1k', '1ib', '84 JB', '16 EiB']) check(text, null)
})

test('prints sizes as go-humanize', (t) => {
  const check = (bytes: number, want: string) => t.assert.equal(formatBytes(bytes), want)
  check(0, '0 B')
  check(9, '9 B')
  check(803, '803 B')
  check(999, '999 B')
  check(1024, '1.0 kB')
  check(9999, '10 kB')
  check(20_000, '20 kB')
  check(82_854_982, '83 MB')
  check(2_500_000_000, '2.5 GB')
})
