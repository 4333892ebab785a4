import { test } from 'node:test'
import type { Attribute, AttributeValue } from '../attribute.ts'
import { lokiMetadata, lokiName, lokiStream, lokiText, metadataName } from './loki.ts'

test('spells keys as label names', (t) => {
  const check = (key: string, want: string | null) => t.assert.equal(lokiName(key), want)
  check('service.name', 'service_name')
  check('k8s..pod', 'k8s_pod')
  check('ünï', '_n_')
  check('a__b', 'a_b')
  check('1st', 'key_1st')
  check('__x__', '__x__')
  check('___', null)
  check('', null)
  check('..', null)
})

const text = (key: string, value: string): Attribute => ({ key, value: { type: 'text', value } })

test('tells stream labels from metadata', (t) => {
  const check = (attributes: Attribute[], labels: object, metadata: object) => {
    const stream = lokiStream({
      resource: { attributes, droppedAttributesCount: 0, schemaUrl: '' },
      scope: {
        name: 'lib',
        version: '',
        attributes: [text('team', 'scope')],
        droppedAttributesCount: 0,
        schemaUrl: '',
      },
      descriptor: null,
      attributes: [],
    })
    t.assert.deepEqual(Object.fromEntries(stream.labels), labels)
    t.assert.deepEqual(Object.fromEntries(stream.metadata), metadata)
  }
  const scope = { scope_name: 'lib', team: 'scope' }
  check([], { service_name: 'unknown_service' }, scope)
  check(
    [text('service.name', 'shop'), text('cloud.region', 'eu'), text('host.name', 'h')],
    { cloud_region: 'eu', service_name: 'shop' },
    { host_name: 'h', ...scope },
  )
  // Scope attributes are later than those of the resource.
  check([text('team', 'resource')], { service_name: 'unknown_service' }, scope)
  check(
    [text('container.name', 'c'), text('k8s.job.name', 'j'), text('service.name', '')],
    { container_name: 'c', k8s_job_name: 'j', service_name: 'c' },
    scope,
  )
  // The attribute is spelt like the label that another one makes.
  check(
    [text('service.name', 'shop'), text('service-name', 'other')],
    { service_name: 'shop' },
    { service_name_extracted: 'other', ...scope },
  )
})

test('writes values as text', (t) => {
  const check = (value: AttributeValue, want: string) => t.assert.equal(lokiText(value), want)
  check({ type: 'text', value: 'a"b' }, 'a"b')
  check({ type: 'int', value: 9_007_199_254_740_993n }, '9007199254740993')
  check({ type: 'double', value: 0.25 }, '0.25')
  check({ type: 'bool', value: false }, 'false')
  check({ type: 'bytes', value: Uint8Array.of(0, 1, 2) }, 'AAEC')
  check({ type: 'empty' }, '')
  const list: AttributeValue = {
    type: 'array',
    value: [
      { type: 'text', value: 'a"b' },
      { type: 'int', value: 1 },
      { type: 'double', value: Number.NaN },
      { type: 'empty' },
      { type: 'bytes', value: Uint8Array.of(255) },
    ],
  }
  check(list, '["a\\"b",1,"NaN",null,"/w=="]')
  check(
    { type: 'map', value: [text('b', 'x'), { key: 'a', value: list }] },
    `{"a":${lokiText(list)},"b":"x"}`,
  )
})

test('gives the members of a map names of their own', (t) => {
  const inner: AttributeValue = { type: 'map', value: [text('id', '7'), text('full.name', 'x')] }
  const names = lokiMetadata({
    key: 'user',
    value: { type: 'map', value: [{ key: 'a', value: inner }] },
  })
  t.assert.deepEqual(Object.fromEntries(names), { user_a_id: '7', user_a_full_name: 'x' })
})

test('renames metadata beside a label', (t) => {
  const labels = new Map([['app', 'x']])
  t.assert.equal(metadataName(labels, 'app'), 'app_extracted')
  t.assert.equal(metadataName(labels, 'other'), 'other')
})
