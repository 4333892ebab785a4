import { test } from 'node:test'
import { inspect } from 'node:util'
import { z } from 'zod'
import { bytes, duration, onOff, parseDuration, parseSize, secret } from './declare.ts'
import { loadConfig } from './load.ts'
import { printConfig } from './print.ts'
import { settingsOf } from './settings.ts'

const schema = z.strictObject({
  receiver: z
    .strictObject({
      maxBodyBytes: bytes.prefault('64MiB').describe('Largest body.'),
      wait: duration.prefault('5s').describe('Longest wait.'),
      tenancy: onOff.prefault(false).describe('Tenants on or off.'),
    })
    .prefault({}),
  token: secret.optional().describe('A token.'),
})

const empty = { argv: [], environment: {}, file: null }

test('sizes and durations', (t) => {
  const size = (text: string, want: number | null) => t.assert.equal(parseSize(text), want, text)
  size('64MiB', 67108864)
  size('20GB', 20e9)
  size('1.5KiB', 1536)
  size('100', 100)
  size('', null)
  size('12 parsecs', null)
  size('-1', null)
  const span = (text: string, want: number | null) =>
    t.assert.equal(parseDuration(text), want, text)
  span('5m', 300000)
  span('1h30m', 5400000)
  span('500ms', 500)
  span('30', null)
  span('5 minutes', null)
})

test('flags win over the environment, the environment over the file, the file over defaults', (t) => {
  const file = {
    name: 'f.yaml',
    value: { receiver: { maxBodyBytes: '1MiB', wait: '1s', tenancy: true } },
  }
  const environment = { SIGNALBOX_RECEIVER__WAIT: '2s', SIGNALBOX_RECEIVER__TENANCY: 'false' }
  const { config, origins } = loadConfig(schema, {
    argv: ['--receiver.tenancy'],
    environment,
    file,
  })
  t.assert.deepEqual(config.receiver, { maxBodyBytes: 1048576, wait: 2000, tenancy: true })
  t.assert.equal(origins.get('receiver.maxBodyBytes'), 'file f.yaml')
  t.assert.equal(origins.get('receiver.wait'), 'environment SIGNALBOX_RECEIVER__WAIT')
  t.assert.equal(origins.get('receiver.tenancy'), 'flag --receiver.tenancy')
})

test('what is wrong is named with its path', (t) => {
  const check = (sources: Partial<Parameters<typeof loadConfig>[1]>, want: RegExp) =>
    t.assert.throws(() => loadConfig(schema, { ...empty, ...sources }), want)
  check(
    { argv: ['--receiver.max-body-bytes', 'big'] },
    /receiver\.maxBodyBytes: expected a size .* \(flag/,
  )
  check({ argv: ['--receiver.nonsense', '1'] }, /nonsense/)
  check(
    { file: { name: 'f', value: { receiver: { wiat: '1s' } } } },
    /receiver\.wiat: unknown setting/,
  )
  check({ file: { name: 'f', value: [1] } }, /does not hold a mapping/)
})

test('secrets do not print', (t) => {
  const loaded = loadConfig(schema, { ...empty, argv: ['--token', 'hunter2'] })
  t.assert.equal(loaded.config.token?.reveal(), 'hunter2')
  const printed =
    printConfig(settingsOf(schema), loaded) + inspect(loaded.config) + String(loaded.config.token)
  t.assert.equal(!printed.includes('hunter2') && printed.includes('***'), true)
})
