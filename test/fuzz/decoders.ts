/**
 * The decoders that are fuzzed: OTLP in protobuf and JSON, blocks, the Log, the catalog. Formats with a
 * checksum are damaged twice: as they are, where the checksum must notice, and behind it, where
 * every decoder has to hold by itself.
 */
import { isDeepStrictEqual } from 'node:util'
import { assert } from '#base/assert.ts'
import { ByteWriter } from '#base/bytes/writer.ts'
import { systemClock } from '#base/clock.ts'
import { zstdCompress, zstdDecompress } from '#base/compress/zstd.ts'
import { AppError } from '#base/errors.ts'
import { createSlabMemory, Slabs } from '#base/threads/slabs.ts'
import { Appender } from '#ingester/append.ts'
import { createIntake, type AnyIntake } from '#schemas/intake.ts'
import { logsRequest } from '#schemas/otlp/logs.ts'
import type { Message } from '#schemas/otlp/message.ts'
import { metricsRequest } from '#schemas/otlp/metrics.ts'
import { tracesRequest } from '#schemas/otlp/traces.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import type { PageTransform } from '#storage/block/header.ts'
import { openBlock } from '#storage/block/open.ts'
import { bytesSource } from '#storage/block/source.ts'
import { createBlockWriter } from '#storage/block/write.ts'
import { nodeCodec } from '#storage/catalog/node-file.ts'
import { decodeNode } from '#storage/catalog/nodes.ts'
import { decodeRoot, emptyRoot } from '#storage/catalog/root.ts'
import { decodeRecords, encodeRecords } from '#storage/log/record.ts'
import {
  decodeFrame,
  decodeSegmentHeader,
  encodeFrameHeader,
  encodeSegmentHeader,
} from '#storage/log/segment.ts'
import { runLayouts } from '#storage/run/columns.ts'
import { decodePayload, encodePayload } from '#storage/run/record.ts'
import { streamView } from '#storage/run/stream-view.ts'
import { goldenCases } from '#test/golden/cases.ts'
import { rowTexts } from '#test/golden/rows.ts'
import { arbitraryMessage, completedRequest, type RequestName } from '#test/otlp/arbitrary.ts'
import { contents } from '#test/otlp/contents.ts'
import { decodeReference, encodeReference, type Plain } from '#test/otlp/reference.ts'
import * as fc from 'fast-check'
import { decodePlain } from '#receiver/otlp/decode.ts'
import { decodeFast, requestWindow } from '#receiver/otlp/kernel.ts'
import { transcode } from '#receiver/otlp/json.ts'
import type { DecoderTarget } from './damage.ts'

const requests: readonly [SignalName, RequestName, Message][] = [
  ['logs', 'ExportLogsServiceRequest', logsRequest],
  ['metrics', 'ExportMetricsServiceRequest', metricsRequest],
  ['traces', 'ExportTraceServiceRequest', tracesRequest],
]

const intakes: Readonly<Record<SignalName, AnyIntake>> = {
  logs: createIntake('logs'),
  metrics: createIntake('metrics'),
  traces: createIntake('traces'),
}

const limits = { maxBodyBytes: 1 << 20, maxRows: 1000, maxAttributes: 10_000 }

/** Random requests of a type that are worth changing: the same ones in every run. */
function messages(name: string): Uint8Array[] {
  const all = fc.sample(arbitraryMessage(name), { numRuns: 300, seed: 5 })
  return all
    .map((message) => encodeReference(name, message))
    .filter((bytes) => bytes.length > 40 && bytes.length < 4000)
}

/** The decoder in JavaScript, and that the kernel reads nothing that it refuses, nor reads it otherwise. */
function protobufTarget(signal: SignalName, name: RequestName): DecoderTarget {
  const intake = intakes[signal]
  const plain = new ByteWriter()
  const exported = fc
    .sample(completedRequest(name), { numRuns: 300, seed: 5 })
    .map((request) => encodeReference(name, request))
    .filter((bytes) => bytes.length > 40 && bytes.length < 4000)
  return {
    name: `otlp-${signal}`,
    kind: 'invalid',
    samples: [...messages(name), ...exported],
    read(bytes) {
      const inKernel = new ByteWriter(requestWindow())
      inKernel.raw(bytes)
      const found = decodeFast(inKernel, intake, limits) ? contents(intake) : null
      plain.reset()
      plain.raw(bytes)
      let refused = true
      try {
        refused = decodePlain(plain, intake, limits).length > 0
      } finally {
        assert(found === null || !refused, 'the kernel reads nothing that the decoder refuses')
      }
      const same = found === null || isDeepStrictEqual(found, contents(intake))
      assert(same, 'the kernel reads what the decoder reads')
    },
  }
}

const ids = new Set(['traceId', 'spanId', 'parentSpanId'])

/** OTLP JSON writes ids in hex where protobuf's writes base64. */
function otlpJson(value: Plain): Uint8Array {
  const text = JSON.stringify(value, (key, inner: unknown) =>
    ids.has(key) ? Buffer.from(String(inner), 'base64').toString('hex') : inner,
  )
  return Buffer.from(text)
}

function jsonTarget(signal: SignalName, name: string, message: Message): DecoderTarget {
  const out = new ByteWriter()
  return {
    name: `json-${signal}`,
    kind: 'invalid',
    samples: messages(name).map((bytes) => otlpJson(decodeReference(name, bytes))),
    read(bytes) {
      out.reset()
      transcode(bytes, message, out, 1 << 20)
    },
  }
}

const open: PageTransform = { keyId: 9, seal: (bytes) => bytes, open: (bytes) => bytes }

/** The golden rows as blocks, small ones of every signal. */
function blocks(transform?: PageTransform): Uint8Array[] {
  const names = ['logs-l1', 'mixed-types', 'traces-l1', 'metrics-l1', 'metrics-l0']
  return goldenCases
    .filter(({ name }) => names.includes(name))
    .map(({ signal, level, sections }) => {
      const place = { logId: '00', partition: 0, startOffset: 0, endOffset: 1, nonce: '00' }
      const options = { pageRows: 30, ...(transform === undefined ? {} : { transform }) }
      const writer = createBlockWriter({ signal, level, ...place, createdNs: 0n }, options)
      for (const { tenant, batches } of sections) {
        const [first] = batches
        if (first === undefined) continue
        writer.beginSection(tenant, first.streams)
        for (const batch of batches) writer.append(batch)
        writer.endSection()
      }
      return writer.finish().bytes
    })
}

async function readBlock(bytes: Uint8Array, transforms: PageTransform[]): Promise<void> {
  const block = await openBlock(bytesSource(bytes), { transforms })
  for (const { tenant } of block.meta.sections) {
    for await (const batch of block.readSection(tenant)) rowTexts(batch)
    await block.columns(tenant)
  }
}

const block: DecoderTarget = {
  name: 'block',
  kind: 'corrupt',
  samples: blocks(),
  read: (bytes) => readBlock(bytes, []),
}

const sealed = blocks(open)

/** One byte of one part changes after its checksum was found right; the input only says which. */
const pages: DecoderTarget = {
  name: 'pages',
  kind: 'corrupt',
  samples: [new Uint8Array(16)],
  async read(_, random) {
    let left = random.below(24)
    const place = random.fraction()
    const byte = random.below(256)
    const change = (bytes: Uint8Array): Uint8Array => {
      if (left-- !== 0) return bytes
      const copy = bytes.slice()
      copy[Math.floor(place * copy.length)] = byte
      return copy
    }
    await readBlock(sealed[random.below(sealed.length)] ?? new Uint8Array(0), [
      { ...open, open: change },
    ])
  },
}

const owner = { logId: '0011223344556677', segment: 7 }

const record = Buffer.concat(
  encodeRecords([
    {
      tenant: 'default',
      signal: 'logs',
      kind: 1,
      receivedNs: 5n,
      requestHash: '0'.repeat(32),
      rows: 1,
      rejects: '[]',
      payload: Buffer.from('a body'),
    },
  ]).parts,
)

const segment = Buffer.concat([
  encodeSegmentHeader({ ...owner, firstOffset: 9, previousEnd: 9 }),
  encodeFrameHeader(owner, { firstOffset: 9, records: 1 }, [record]),
  record,
])

const log: DecoderTarget = {
  name: 'log',
  kind: 'corrupt',
  samples: [segment],
  read(bytes) {
    decodeSegmentHeader(bytes, 'x.seg')
    const frame = decodeFrame(bytes, 4096, owner)
    if (frame !== null) decodeRecords(frame.payload, frame.records)
  },
}

const records: DecoderTarget = {
  name: 'records',
  kind: 'corrupt',
  samples: [record, Buffer.concat([record, record])],
  read: (bytes) => void decodeRecords(bytes, bytes.length < record.length * 1.5 ? 1 : 2),
}

/** The columns that a record holds of each of these requests, before they are compressed. */
function plainColumns(signal: SignalName, name: string): Uint8Array[] {
  const intake = intakes[signal]
  const plain = new ByteWriter()
  return messages(name).flatMap((bytes) => {
    plain.reset()
    plain.raw(bytes)
    decodePlain(plain, intake, limits)
    if (intake.rows.rows === 0) return []
    const slabs = new Slabs(createSlabMemory(4, 1 << 18))
    const appender = new Appender(slabs, { signal, worker: 0, clock: systemClock })
    const rows = Uint32Array.from({ length: intake.rows.rows }, (_, i) => i)
    const part = appender.append(intake, 'default', rows)
    if (part === null || part === 'split') return []
    const { table } = part.run
    table.publish()
    const payload = encodePayload(
      appender.part,
      streamView(slabs, table.firstSlab, table.generation),
    )
    return zstdDecompress(payload.subarray(4), Buffer.from(payload).readUInt32LE())
  })
}

function columnsTarget(signal: SignalName, name: string): DecoderTarget {
  return {
    name: `columns-${signal}`,
    kind: 'corrupt',
    samples: plainColumns(signal, name),
    read(bytes) {
      const plain = bytes.subarray(0, bytes.length - (bytes.length % 4))
      const head = Buffer.alloc(4)
      head.writeUInt32LE(plain.length)
      decodePayload(Buffer.concat([head, zstdCompress(plain, 1)]), runLayouts[signal])
    },
  }
}

const root = { ...emptyRoot('logs'), seq: 3, floors: { 'a/00000': 7 }, history: ['2 x'] }
const node = { kind: 'bucket', nonce: 'ab', tenants: [] }

function readCatalog(value: unknown): void {
  const reads = [() => void decodeRoot(value), () => void decodeNode(value, 'x')]
  for (const read of reads) {
    try {
      read()
    } catch (error) {
      if (!(error instanceof AppError && error.kind === 'corrupt')) throw error
    }
  }
}

const catalog: DecoderTarget = {
  name: 'catalog',
  kind: 'corrupt',
  samples: [nodeCodec.encode(root), nodeCodec.encode(node)],
  read: (bytes) => readCatalog(nodeCodec.decode(bytes, 'x')),
}

/** JSON of a catalog object, changed before it is put behind a checksum. */
const nodes: DecoderTarget = {
  name: 'nodes',
  kind: 'corrupt',
  samples: [root, node].map((value) => Buffer.from(JSON.stringify(value))),
  read(bytes) {
    let value: unknown
    try {
      value = JSON.parse(Buffer.from(bytes).toString())
    } catch {
      return
    }
    readCatalog(nodeCodec.decode(nodeCodec.encode(value), 'x'))
  },
}

export const decoders: readonly DecoderTarget[] = [
  ...requests.map(([signal, name]) => protobufTarget(signal, name)),
  ...requests.map(([signal, name, message]) => jsonTarget(signal, name, message)),
  block,
  pages,
  log,
  records,
  ...requests.map(([signal, name]) => columnsTarget(signal, name)),
  catalog,
  nodes,
]
