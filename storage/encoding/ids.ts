/**
 * Numbers of encodings on disk. Every piece of a page is a node: its number as a varint, then what
 * that encoding wrote, which may hold further nodes; so a column is a tree and a new kind of node is
 * one more number here, one file beside this one and a line in docs/format/encodings.md. Numbers are
 * never reused. A reader that meets a number it does not know says `corrupt`: blocks that use newer
 * numbers set an incompatible feature bit and are refused before by name.
 */
export const encodingId = {
  /** Words (u32): one value for all. */
  wordsConstant: 1,
  /** Words: per 128 values a minimum and bits. */
  wordsBits: 2,
  /** Words: values and lengths of runs, each a node of words. */
  wordsRuns: 3,
  /** Words: the first, then zigzag differences as a node of words. */
  wordsDelta: 4,
  /** Words: byte planes with zstd. */
  wordsPlanes: 5,
  /** Offsets (whole doubles in [0, 2^53]): minimum, common factor, rest. */
  offsetsPlain: 10,
  /** Offsets: differences to the row before, with breaks. */
  offsetsDelta: 11,
  /** Offsets: each chunk names a time column of the section's pool. */
  offsetsPool: 12,
  /** 64-bit integers: a base and offsets. */
  longsOffsets: 20,
  /** 64-bit integers: high and low halves as words. */
  longsHalves: 21,
  /** Doubles: chunks, each scaled integers in bits, a constant or XOR. */
  samples: 30,
  /** Byte strings: lengths and bytes. */
  texts: 40,
  /** Byte strings: distinct values and a code per row. */
  dictionary: 41,
  /** Byte strings of one width, as they are. */
  fixed: 50,
  /** Byte strings of one width where neighbours are equal: each once with its count. */
  fixedRuns: 51,
  /** Span ids of parents as distances to the row of the parent. */
  parents: 52,
  /** A presence word per row, then a node for the rows that have a value. */
  optional: 60,
  /** Attributes row by row: keys, types and values of one dictionary. */
  rest: 70,
} as const

/** The name of an encoding for dumps and errors. */
export function encodingName(id: number): string {
  const entry = Object.entries(encodingId).find(([, number]) => number === id)
  return entry === undefined ? `unknown ${id}` : entry[0]
}
