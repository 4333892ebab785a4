import { test } from 'node:test'
import { levelOfLine, levelOfNumber, levelOfText } from './detected-level.ts'

test('reads a level from a text, a number and a line', (t) => {
  const text = (value: string, want: string) => t.assert.equal(levelOfText(value), want)
  text('ERR', 'error')
  text('Information', 'info')
  text('warning', 'warn')
  text('critical', 'critical')
  for (const unknown of ['notice', 'CRIT', 'panic', 'misc:error', '']) text(unknown, 'unknown')

  const number = (value: number, want: string | null) => t.assert.equal(levelOfNumber(value), want)
  number(0, null)
  number(1, 'trace')
  number(4, 'trace')
  number(5, 'debug')
  number(9, 'info')
  number(13, 'warn')
  number(20, 'error')
  number(21, 'fatal')
  number(24, 'fatal')
  number(25, null)

  const line = (value: string, want: string) => t.assert.equal(levelOfLine(value), want)
  line('{"msg":"no error","level":"warn"}', 'warn')
  line('{"a":{"severity":"DEBUG"}}', 'debug')
  line('ts=1 level=ERR msg="info"', 'error')
  line('msg=x lvl="fatal"', 'fatal')
  line('a=1 something warning', 'warn')
  line('Error: timeout, info follows', 'error')
  line('terror and information', 'unknown')
  line('', 'unknown')
})
