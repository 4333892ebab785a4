/**
 * Data points of histograms and summaries, read from their OTLP messages (without attributes, times,
 * flags and exemplars, as storage keeps them) into buffers that are reused from point to point.
 * Field numbers: opentelemetry/proto/metrics/v1/metrics.proto.
 */
import { Wire } from '#base/bytes/wire.ts'
import { doubleOf } from '#schemas/value-codec.ts'

/** The last point read. Only the first `bounds` and `buckets` entries mean something. */
export class PointReader {
  count = 0
  sum = 0
  hasSum = false
  /** Upper bounds of the buckets but the last, ascending. */
  bounds: Float64Array = new Float64Array(64)
  boundCount = 0
  /** Counts per bucket, not added up. */
  buckets: Float64Array = new Float64Array(64)
  bucketCount = 0
  /** Of a summary. */
  quantiles: Float64Array = new Float64Array(16)
  quantileValues: Float64Array = new Float64Array(16)
  quantileCount = 0
  readonly #wire = new Wire(new Uint8Array(0))

  /** Throws `wire-invalid` on bytes that are no message. */
  histogram(bytes: Uint8Array, from: number, to: number): void {
    this.#begin(bytes, from)
    const wire = this.#wire
    while (wire.at < to) {
      const tag = wire.tag(to)
      switch (tag) {
        case 33:
          this.count = this.#fixed(to)
          break
        case 41:
          this.sum = this.#double(to)
          this.hasSum = true
          break
        case 49:
        case 50:
          this.#each(tag, to, () => {
            this.buckets = push(this.buckets, this.bucketCount++, this.#fixed(to))
          })
          break
        case 57:
        case 58:
          this.#each(tag, to, () => {
            this.bounds = push(this.bounds, this.boundCount++, this.#double(to))
          })
          break
        default:
          wire.skip(tag, to)
      }
    }
  }

  /** Throws `wire-invalid` on bytes that are no message. */
  summary(bytes: Uint8Array, from: number, to: number): void {
    this.#begin(bytes, from)
    const wire = this.#wire
    while (wire.at < to) {
      const tag = wire.tag(to)
      if (tag === 33) this.count = this.#fixed(to)
      else if (tag === 41) {
        this.sum = this.#double(to)
        this.hasSum = true
      } else if (tag === 50) {
        const length = wire.length(to)
        this.#quantile(wire.at + length)
      } else wire.skip(tag, to)
    }
  }

  #quantile(to: number): void {
    const wire = this.#wire
    let quantile = 0
    let value = 0
    while (wire.at < to) {
      const tag = wire.tag(to)
      if (tag === 9) quantile = this.#double(to)
      else if (tag === 17) value = this.#double(to)
      else wire.skip(tag, to)
    }
    this.quantiles = push(this.quantiles, this.quantileCount, quantile)
    this.quantileValues = push(this.quantileValues, this.quantileCount++, value)
  }

  #begin(bytes: Uint8Array, from: number): void {
    this.#wire.bytes = bytes
    this.#wire.at = from
    this.count = 0
    this.sum = 0
    this.hasSum = false
    this.boundCount = 0
    this.bucketCount = 0
    this.quantileCount = 0
  }

  /** Calls `read` for every number of a repeated field, packed (wire type 2) or not. */
  #each(tag: number, end: number, read: () => void): void {
    if ((tag & 7) !== 2) return read()
    const length = this.#wire.length(end)
    const to = this.#wire.at + length
    while (this.#wire.at < to) read()
  }

  #fixed(end: number): number {
    this.#wire.fixed64(end)
    return (this.#wire.hi >>> 0) * 2 ** 32 + (this.#wire.lo >>> 0)
  }

  #double(end: number): number {
    this.#wire.fixed64(end)
    return doubleOf(this.#wire.lo, this.#wire.hi)
  }
}

function push(values: Float64Array, at: number, value: number): Float64Array {
  let into = values
  if (at === values.length) {
    into = new Float64Array(values.length * 2)
    into.set(values)
  }
  into[at] = value
  return into
}
