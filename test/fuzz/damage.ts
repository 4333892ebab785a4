/**
 * The frame of fuzzing decoders: takes good bytes, damages them, and feeds them to a target. A decoder
 * may read what it gets or refuse it with one of the kinds it names; anything else breaks its promise.
 */
import { AppError } from '#base/errors.ts'
import type { Random } from '#base/random.ts'
import { seededRandom } from '#base/random.ts'
import type { FuzzOptions, Report } from './frame.ts'

export interface DecoderTarget {
  readonly name: string
  /** Bytes that are read without an error. */
  readonly samples: readonly Uint8Array[]
  /** The only kind of error that damage may lead to. */
  readonly kind: 'invalid' | 'corrupt'
  /** Decodes everything there is in `bytes`. */
  read(bytes: Uint8Array, random: Random): void | Promise<void>
}

const maxFailures = 10

/** Bytes that lengths, tags and counts turn at. */
const edges = [0, 1, 0x7f, 0x80, 0xfe, 0xff]

/** A sample with up to four changes; one in eight is only cut off. */
export function damage(random: Random, samples: readonly Uint8Array[]): Uint8Array {
  const pick = (): Uint8Array => samples[random.below(samples.length)] ?? new Uint8Array(0)
  let bytes = Buffer.from(pick())
  if (random.below(8) === 0) return bytes.subarray(0, random.below(bytes.length + 1))
  for (let left = 1 + random.below(4); left > 0; left--) bytes = change(random, bytes, pick())
  return bytes
}

function change(random: Random, bytes: Buffer, other: Uint8Array): Buffer<ArrayBuffer> {
  const at = random.below(bytes.length + 1)
  const some = random.below(12)
  switch (random.below(8)) {
    case 0:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + some)])
    case 1:
      return Buffer.concat([bytes.subarray(0, at), random.bytes(some), bytes.subarray(at)])
    case 2: {
      const from = random.below(other.length + 1)
      return Buffer.concat([bytes.subarray(0, at), other.subarray(from)])
    }
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - 40))])
    default: {
      const copy = Buffer.from(bytes)
      const edge = edges[random.below(edges.length)] ?? 0
      if (at < copy.length) copy[at] = random.below(2) === 0 ? edge : random.below(256)
      return copy
    }
  }
}

/** Feeds damaged samples to a target; a failure is printed with its bytes in hex. */
export async function fuzzDecoder(target: DecoderTarget, options: FuzzOptions): Promise<Report> {
  const random = seededRandom(options.seed)
  const failures: string[] = []
  let [accepted, slowestMs, slowest, done] = [0, 0, '', 0]
  for (; done < options.inputs && failures.length < maxFailures; done++) {
    const bytes = damage(random, target.samples)
    const started = process.hrtime.bigint()
    try {
      await target.read(bytes, random)
      accepted++
    } catch (error) {
      if (!(error instanceof AppError && error.kind === target.kind)) {
        failures.push(`${hex(bytes)}\n    ${error instanceof Error ? error.stack : String(error)}`)
      }
    }
    const ms = Number(process.hrtime.bigint() - started) / 1e6
    if (ms > slowestMs) [slowestMs, slowest] = [ms, hex(bytes)]
  }
  return { inputs: done, accepted, slowestMs, slowest, failures }
}

function hex(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, 400)).toString('hex')
  return bytes.length > 400 ? `${shown}… (${bytes.length} bytes)` : shown
}
