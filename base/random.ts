/**
 * The only file that makes randomness. Production takes it from the system; tests and the
 * simulation take it from a seed, so that a failure can be replayed.
 */
import { randomFillSync } from 'node:crypto'

export interface Random {
  /** An integer in [0, below). `below` is at most 2^32. */
  below(below: number): number
  /** A double in [0, 1) with 32 random bits. */
  fraction(): number
  /** Fresh random bytes. */
  bytes(length: number): Uint8Array
}

/** Randomness of the system, for ids and nonces. */
export const systemRandom: Random = {
  below: (below) => Math.floor((randomWord() / 2 ** 32) * below),
  fraction: () => randomWord() / 2 ** 32,
  bytes: (length) => randomFillSync(new Uint8Array(length)),
}

/** Words for jitter and choices, made many at a time: each call of the system's generator costs some 15 µs. */
const words = new Uint32Array(256)
let wordsUsed = words.length

function randomWord(): number {
  if (wordsUsed === words.length) {
    randomFillSync(words)
    wordsUsed = 0
  }
  return words[wordsUsed++] ?? 0
}

/** A deterministic generator (sfc32, by Chris Doty-Humphrey): the same seed gives the same sequence everywhere. */
export function seededRandom(seed: number): Random {
  let a = 0x9e3779b9 ^ seed
  let b = 0x243f6a88 + seed
  let c = 0xb7e15162 ^ (seed << 7)
  let counter = 1
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + t) | 0
    return t >>> 0
  }
  for (let i = 0; i < 12; i++) next()
  return {
    below: (below) => Math.floor((next() / 2 ** 32) * below),
    fraction: () => next() / 2 ** 32,
    bytes: (length) => {
      const bytes = new Uint8Array(length)
      for (let i = 0; i < length; i++) bytes[i] = next() & 255
      return bytes
    },
  }
}

/** `length` random bytes as lower-case hex, twice as many characters. */
export function randomHex(random: Random, length: number): string {
  return Buffer.from(random.bytes(length)).toString('hex')
}
