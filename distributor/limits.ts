/**
 * The limits of a tenant over a decoded request: an intake in, for each row whether it is kept and
 * the refused ones by reason out. Pure but for one thing: a row without a time gets its observed
 * time, else the time the request was received.
 *
 * Streams are judged once, rows then by flat loops over columns. Text is only made for the first row
 * of each reason.
 */
import type { DefinedError } from '#base/errors.ts'
import { absent, attributeCode, type AnyIntake, type Intake } from '#schemas/intake.ts'
import type { Reject } from '#schemas/receipt.ts'
import type { DistributorConfig } from './config.ts'
import {
  attributeKey,
  attributeValue,
  bodyLength,
  nameLength,
  requestStreamBytes,
  requestStreams,
  rowAttributes,
  streamLength,
  timeFuture,
  timePast,
} from './errors.ts'

/** Limits of one tenant; names and defaults as in `config.ts`. */
export interface TenantLimits {
  readonly maxFutureMs: number
  /** The retention: older rows would be deleted at once. */
  readonly maxPastMs: number
  readonly maxAttributesPerRow: number
  readonly maxKeyBytes: number
  readonly maxValueBytes: number
  readonly maxLogBodyBytes: number
  readonly maxNameBytes: number
  readonly maxStreamBytes: number
  readonly maxStreams: number
  /** Resource, scope, name and attributes of all streams of a request, each with its own: what they take once they are apart. */
  readonly maxRequestStreamBytes: number
}

/** The limits that the settings say, for a tenant whose rows are kept for `retentionMs`, where so many bytes of streams fit into memory. */
export function limitsOf(
  config: DistributorConfig,
  { retentionMs, maxRequestStreamBytes }: { retentionMs: number; maxRequestStreamBytes: number },
): TenantLimits {
  return {
    ...config,
    maxFutureMs: config.maxFuture,
    maxPastMs: retentionMs,
    maxRequestStreamBytes,
  }
}

export interface Limited {
  /** One byte per row of the intake: 1 kept, 0 refused; null when all are kept. */
  readonly keep: Uint8Array | null
  readonly rejects: readonly Reject[]
}

/** Applies `limits` to all rows. `receivedNs` is when the request had arrived and counts as now. */
export function applyLimits(intake: AnyIntake, limits: TenantLimits, receivedNs: bigint): Limited {
  const refusals = new Refusals(intake)
  checkStreams(intake, limits, refusals)
  if (!areTimesGood(intake, limits, Number(receivedNs))) {
    fillTimes(intake, receivedNs)
    checkTimes(intake, limits, refusals, Number(receivedNs))
  }
  if (intake.signal !== 'metrics') checkAttributes(intake, limits, refusals)
  if (intake.signal === 'logs') checkBodies(intake, limits, refusals)
  if (intake.signal === 'traces') checkSpanNames(intake, limits, refusals)
  return { keep: refusals.keep, rejects: refusals.rejects() }
}

/** Which rows are refused, and why the first of each reason was. */
class Refusals {
  keep: Uint8Array | null = null
  readonly #rows: number
  readonly #signal: string
  readonly #found = new Map<string, { code: string; message: string; rows: number }>()

  constructor(intake: AnyIntake) {
    this.#rows = intake.rows.rows
    this.#signal = intake.signal
  }

  /** Refuses a row unless it is refused already. `value` and `limit` are for the message of the first. */
  row(error: DefinedError, row: number, value: string | number, limit: string | number): void {
    this.keep ??= new Uint8Array(this.#rows).fill(1)
    if (this.keep[row] === 0) return
    this.keep[row] = 0
    const known = this.#found.get(error.code)
    if (known !== undefined) {
      known.rows++
      return
    }
    // Each signal has a retention of its own.
    const setting = error === timePast ? `compactor.${this.#signal}Retention` : error.setting
    const message = `row ${row + 1} of the request was refused: ${phrases.get(error.code) ?? error.code} ${value}, the limit is ${limit} (${setting ?? ''})`
    this.#found.set(error.code, { code: error.code, message, rows: 1 })
  }

  rejects(): Reject[] {
    return [...this.#found.values()]
  }
}

const phrases = new Map([
  [timeFuture.code, 'its time in ms since the epoch is'],
  [timePast.code, 'its time in ms since the epoch is'],
  [rowAttributes.code, 'its number of attributes is'],
  [attributeKey.code, 'the bytes of an attribute key are'],
  [attributeValue.code, 'the bytes of an attribute value are'],
  [bodyLength.code, 'the bytes of its body are'],
  [nameLength.code, 'the bytes of its name are'],
  [streamLength.code, 'the bytes of its resource, scope and attributes are'],
  [requestStreams.code, 'the streams of the request up to it are'],
  [requestStreamBytes.code, 'the bytes of the streams of the request up to it are'],
])

/** What a stream takes in a table beside its texts: lengths, a unit, a fingerprint. */
const streamSpareBytes = 64

/** Judges each stream once and refuses the rows of those that are over a limit. */
function checkStreams(intake: AnyIntake, limits: TenantLimits, refusals: Refusals): void {
  const { streams, rows } = intake
  if (areStreamsSmall(intake, limits)) return
  const faults = new Map<number, { error: DefinedError; value: number; limit: number }>()
  let all = 0
  for (let stream = 0; stream < streams.rows; stream++) {
    const size = streamBytes(intake, stream)
    const name = metricNameBytes(intake, stream)
    all += size + name + streamSpareBytes
    if (stream >= limits.maxStreams) {
      faults.set(stream, { error: requestStreams, value: stream + 1, limit: limits.maxStreams })
    } else if (size > limits.maxStreamBytes) {
      faults.set(stream, { error: streamLength, value: size, limit: limits.maxStreamBytes })
    } else if (name > limits.maxNameBytes) {
      faults.set(stream, { error: nameLength, value: name, limit: limits.maxNameBytes })
    } else if (all > limits.maxRequestStreamBytes) {
      const limit = limits.maxRequestStreamBytes
      faults.set(stream, { error: requestStreamBytes, value: all, limit })
    }
  }
  if (faults.size === 0) return
  for (let row = 0; row < rows.rows; row++) {
    const fault = faults.get(rows.columns.stream[row] ?? 0)
    if (fault !== undefined) refusals.row(fault.error, row, fault.value, fault.limit)
  }
}

/** Whether the largest parts that any stream may have are no more than a stream may be. */
function areStreamsSmall(intake: AnyIntake, limits: TenantLimits): boolean {
  const { bounds, groups, descriptors, streams } = intake
  if (bounds === null || streams.rows > limits.maxStreams) return false
  const { nameLength } = descriptors.columns
  let name = 0
  for (let at = 0; at < descriptors.rows; at++) name = Math.max(name, nameLength[at] ?? 0)
  let group = 0
  for (let at = 0; at < groups.rows; at++) group = Math.max(group, groupBytes(intake, at))
  const size = group + bounds.streamAttributes
  return (
    name <= limits.maxNameBytes &&
    size <= limits.maxStreamBytes &&
    streams.rows * (size + name + streamSpareBytes) <= limits.maxRequestStreamBytes
  )
}

function groupBytes(intake: AnyIntake, group: number): number {
  const { resourceLength, resourceUrlLength, scopeLength, scopeUrlLength } = intake.groups.columns
  return (
    (resourceLength[group] ?? 0) +
    (resourceUrlLength[group] ?? 0) +
    (scopeLength[group] ?? 0) +
    (scopeUrlLength[group] ?? 0)
  )
}

function streamBytes(intake: AnyIntake, stream: number): number {
  const c = intake.streams.columns
  return groupBytes(intake, c.group[stream] ?? 0) + (c.attributesLength[stream] ?? 0)
}

function metricNameBytes(intake: AnyIntake, stream: number): number {
  const descriptor = intake.streams.columns.descriptor[stream] ?? absent
  return descriptor === absent ? 0 : (intake.descriptors.columns.nameLength[descriptor] ?? 0)
}

/** Whether all rows have a time that is within the limits by some seconds at least. */
function areTimesGood({ bounds }: AnyIntake, limits: TenantLimits, nowNs: number): boolean {
  if (bounds === null || bounds.timeHiLeast === 0) return false
  const newest = nowNs + limits.maxFutureMs * 1e6
  const oldest = nowNs - limits.maxPastMs * 1e6
  return bounds.timeHiLeast * 2 ** 32 >= oldest && (bounds.timeHiMost + 1) * 2 ** 32 <= newest
}

/** Gives rows without a time their observed time (logs), else the time of the request. */
function fillTimes(intake: AnyIntake, receivedNs: bigint): void {
  const { timeLo, timeHi } = intake.rows.columns
  const observed = intake.signal === 'logs' ? intake.rows.columns : null
  const lo = Number(receivedNs & 0xffffffffn)
  const hi = Number((receivedNs >> 32n) & 0xffffffffn)
  for (let row = 0; row < intake.rows.rows; row++) {
    if (timeLo[row] !== 0 || timeHi[row] !== 0) continue
    const observedLo = observed?.observedTimeLo[row] ?? 0
    const observedHi = observed?.observedTimeHi[row] ?? 0
    const seen = observedLo !== 0 || observedHi !== 0
    timeLo[row] = seen ? observedLo : lo
    timeHi[row] = seen ? observedHi : hi
  }
}

/**
 * Times are unsigned 64-bit ns on the wire; from 2^63 on (the year 2262) they are in the future of
 * every clock. A double is exact to 256 ns here, far below what the limits mean.
 */
function checkTimes(
  intake: AnyIntake,
  limits: TenantLimits,
  refusals: Refusals,
  nowNs: number,
): void {
  const { timeLo, timeHi } = intake.rows.columns
  const newest = nowNs + limits.maxFutureMs * 1e6
  const oldest = nowNs - limits.maxPastMs * 1e6
  for (let row = 0; row < intake.rows.rows; row++) {
    const time = (timeHi[row] ?? 0) * 4294967296 + (timeLo[row] ?? 0)
    if (time > newest) {
      refusals.row(timeFuture, row, Math.floor(time / 1e6), Math.floor(newest / 1e6))
    } else if (time < oldest) {
      refusals.row(timePast, row, Math.floor(time / 1e6), Math.floor(oldest / 1e6))
    }
  }
}

/** Attributes of log records and spans: how many, how long. */
function checkAttributes(intake: AnyIntake, limits: TenantLimits, refusals: Refusals): void {
  const { bounds } = intake
  if (
    bounds !== null &&
    bounds.rowAttributes <= limits.maxAttributesPerRow &&
    bounds.key <= limits.maxKeyBytes &&
    bounds.value <= limits.maxValueBytes
  ) {
    return
  }
  const { attrFrom } = intake.rows.columns
  const { keyLength, type, b } = intake.attributes.columns
  for (let row = 0; row < intake.rows.rows; row++) {
    const from = attrFrom[row] ?? 0
    const to = attrFrom[row + 1] ?? 0
    if (to - from > limits.maxAttributesPerRow) {
      refusals.row(rowAttributes, row, to - from, limits.maxAttributesPerRow)
    }
    for (let at = from; at < to; at++) {
      const key = keyLength[at] ?? 0
      if (key > limits.maxKeyBytes) refusals.row(attributeKey, row, key, limits.maxKeyBytes)
      const length = rangeLength(type[at] ?? 0, b[at] ?? 0)
      if (length > limits.maxValueBytes) {
        refusals.row(attributeValue, row, length, limits.maxValueBytes)
      }
    }
  }
}

/** The length of a value that is a range; 0 for numbers. */
function rangeLength(type: number, b: number): number {
  const isRange =
    type === attributeCode.text || type === attributeCode.bytes || type === attributeCode.otlp
  return isRange ? b : 0
}

function checkBodies(intake: Intake<'logs'>, limits: TenantLimits, refusals: Refusals): void {
  if (intake.bounds !== null && intake.bounds.body <= limits.maxLogBodyBytes) return
  const { bodyType, bodyB } = intake.rows.columns
  for (let row = 0; row < intake.rows.rows; row++) {
    const length = rangeLength(bodyType[row] ?? 0, bodyB[row] ?? 0)
    if (length > limits.maxLogBodyBytes) {
      refusals.row(bodyLength, row, length, limits.maxLogBodyBytes)
    }
  }
}

function checkSpanNames(intake: Intake<'traces'>, limits: TenantLimits, refusals: Refusals): void {
  if (intake.bounds !== null && intake.bounds.name <= limits.maxNameBytes) return
  const lengths = intake.rows.columns.nameLength
  for (let row = 0; row < intake.rows.rows; row++) {
    const length = lengths[row] ?? 0
    if (length > limits.maxNameBytes) refusals.row(nameLength, row, length, limits.maxNameBytes)
  }
}
