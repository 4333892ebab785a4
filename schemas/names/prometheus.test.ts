import { test } from 'node:test'
import type { AttributeValue } from '../attribute.ts'
import { metricType, temporality, type StreamIdentity } from '../identity.ts'
import { labelName } from './label-name.ts'
import { prometheusName, prometheusUnit } from './metric-name.ts'
import { isOnlyText, onlyKeyOf, prometheusStream, targetInfo } from './prometheus.ts'
import { valueText } from './value-text.ts'

const text = (value: string): AttributeValue => ({ type: 'text', value })

function attributesOf(pairs: Readonly<Record<string, AttributeValue | string>>) {
  return Object.entries(pairs).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? text(value) : value,
  }))
}

interface Made {
  readonly name?: string
  readonly type?: number
  readonly unit?: string
  readonly monotonic?: boolean
  readonly resource?: Readonly<Record<string, string>>
  readonly attributes?: Readonly<Record<string, AttributeValue | string>>
}

function identityOf(made: Made): StreamIdentity {
  const { name = 'm', type = metricType.gauge, unit = '', monotonic = false } = made
  const empty = { attributes: [], droppedAttributesCount: 0, schemaUrl: '' }
  return {
    resource: { ...empty, attributes: attributesOf(made.resource ?? {}) },
    scope: { ...empty, name: 'lib', version: '' },
    descriptor: { name, type, unit, temporality: temporality.cumulative, monotonic },
    attributes: attributesOf(made.attributes ?? {}),
  }
}

test('translates names of metrics', (t) => {
  const check = (
    name: string,
    unit: string,
    kind: 'gauge' | 'counter' | 'histogram',
    want: string | null,
  ) => {
    const type = kind === 'counter' ? metricType.sum : metricType[kind]
    const descriptor = {
      name,
      unit,
      type,
      temporality: temporality.cumulative,
      monotonic: kind === 'counter',
    }
    t.assert.equal(prometheusName(descriptor), want, `${name} ${unit}`)
  }
  check('http.server.duration', 'ms', 'histogram', 'http_server_duration_milliseconds')
  check('system.cpu.time', 's', 'counter', 'system_cpu_time_seconds_total')
  check('disk.io', 'By/s', 'gauge', 'disk_io_bytes_per_second')
  check('cpu.utilization', '1', 'gauge', 'cpu_utilization_ratio')
  check('requests', '{req}', 'counter', 'requests_total')
  check('total.requests_total', '1', 'counter', 'requests_total')
  check('a..b__c-', '', 'gauge', 'a_b_c')
  check('a_bytes_read', 'By', 'gauge', 'a_bytes_read')
  check('2xx', '', 'gauge', '_2xx')
  check('job:rate:5m', '', 'gauge', 'job:rate:5m')
  check('speed', 'm/s', 'gauge', 'speed_meters_per_second')
  check('rate', 'kBy/m', 'gauge', 'rate_kBy_per_minute')
  check('odd', 'foo bar', 'gauge', 'odd_foo_bar')
  check('...', '', 'gauge', null)
  t.assert.equal(prometheusUnit('By/s'), 'bytes_per_second')
  t.assert.equal(prometheusUnit('{req}'), '')
})

test('translates keys of attributes', (t) => {
  const check = (key: string, want: string | null) => t.assert.equal(labelName(key), want, key)
  check('http.route', 'http_route')
  check('a..b', 'a__b')
  check('1st', 'key_1st')
  check('_x', 'key_x')
  check('__x', '__x')
  check('é', null)
  check('aé😀', 'a__')
  check('', null)
})

test('labels of a stream', (t) => {
  const check = (made: Made, want: string) => {
    const labels = prometheusStream(identityOf(made))?.labels ?? []
    t.assert.equal(labels.map((pair) => pair.join('=')).join(' '), want)
  }
  check({ attributes: { 'b.c': 'x', b_c: 'y', a: '' } }, 'b_c=x;y')
  check({ resource: { 'service.name': 'web', 'host.name': 'h' } }, 'job=web')
  check(
    {
      resource: { 'service.name': 'web', 'service.namespace': 'n', 'service.instance.id': 'i' },
      attributes: { job: 'x' },
    },
    'instance=i job=n/web',
  )
  check({ attributes: { job: 'x', __name__: 'y' } }, 'job=x')
  check(
    { attributes: { code: { type: 'int', value: 200 }, ok: { type: 'bool', value: true } } },
    'code=200 ok=true',
  )
})

test('parts, types and target_info', (t) => {
  const parts = (type: number) =>
    prometheusStream(identityOf({ name: 'h', type }))
      ?.parts.map((part) => part.name)
      .join(' ')
  t.assert.equal(parts(metricType.histogram), 'h_bucket h_count h_sum')
  t.assert.equal(parts(metricType.summary), 'h h_count h_sum')
  t.assert.equal(parts(metricType.gauge), 'h')
  t.assert.equal(
    prometheusStream(identityOf({ type: metricType.sum, monotonic: true }))?.type,
    'counter',
  )
  t.assert.equal(prometheusStream(identityOf({ type: metricType.sum }))?.type, 'gauge')
  const info = (resource: Record<string, string>) =>
    targetInfo(identityOf({ resource }))
      ?.map((pair) => pair.join('='))
      .join(' ') ?? null
  t.assert.equal(
    info({ 'service.name': 'web', 'host.name': 'h' }),
    '__name__=target_info host_name=h job=web',
  )
  t.assert.equal(info({ 'service.name': 'web' }), null)
  t.assert.equal(info({ 'host.name': 'h' }), null)
})

test('values as text', (t) => {
  const check = (value: AttributeValue, want: string) => t.assert.equal(valueText(value), want)
  check({ type: 'double', value: 0.1 }, '0.1')
  check({ type: 'double', value: 1e21 }, '1e+21')
  check({ type: 'int', value: 9007199254740993n }, '9007199254740993')
  check({ type: 'bytes', value: Uint8Array.of(0, 1, 2) }, 'AAEC')
  check({ type: 'array', value: [text('a"'), { type: 'int', value: 1 }] }, '["a\\"",1]')
  check(
    {
      type: 'map',
      value: [
        { key: 'b', value: { type: 'empty' } },
        { key: 'a', value: { type: 'bool', value: false } },
      ],
    },
    '{"a":false,"b":null}',
  )
})

test('hints only where a label has one source', (t) => {
  t.assert.equal(onlyKeyOf('mode'), 'mode')
  t.assert.equal(onlyKeyOf('http_route'), null)
  t.assert.equal(onlyKeyOf('job'), null)
  t.assert.equal(isOnlyText('user'), false)
  t.assert.equal(isOnlyText('system'), true)
  t.assert.equal(isOnlyText('12'), false)
  t.assert.equal(isOnlyText('a;b'), false)
})
