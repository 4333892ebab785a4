/**
 * CRC-32C of long ranges without tables for most of it, in AssemblyScript; `crc.ts` is the only caller and lays
 * out the memory.
 *
 * x^209 + x^144 + x^54 + x^39 + x^14 + 1 is a multiple of the polynomial (found by search: no multiple of a lower degree
 * has so few terms), and so is its 128th power, which has the same terms at 128 times the
 * exponents. So 16 bytes may be taken away where they are added 65, 155, 170, 195 and 209 times 16 bytes later: the
 * remainder stays. What is left in the end, 209 times 16 bytes and less than 16 more, goes through
 * tables (slicing by sixteen, as in crc32c.ts). The idea of sparse multiples is that of Chorba (Russell 2024).
 * Build: --initialMemory 2
 */

const vectorBytes: usize = 16

/** Bytes before a window that `fold` looks back at: 209 vectors. */
export const backBytes: usize = 209 * vectorBytes

/** The sixteen tables of crc32c.ts. */
let tables: usize = 0

export function setTables(at: usize): void {
  tables = at
}

// @ts-ignore: decorator
@inline
function shifted(at: usize): v128 {
  return v128.xor(
    v128.xor(v128.load(at - 65 * vectorBytes), v128.load(at - 155 * vectorBytes)),
    v128.xor(v128.load(at - 170 * vectorBytes), v128.xor(v128.load(at - 195 * vectorBytes), v128.load(at - 209 * vectorBytes))),
  )
}

/**
 * Adds to each 16 bytes of [from, to), a multiple of them, what those before it leave: as if all before were
 * zeros then. `backBytes` before `from` hold what this made of them, or zeros where the message begins.
 */
export function fold(from: usize, to: usize): void {
  for (let at = from; at < to; at += vectorBytes) v128.store(at, v128.xor(v128.load(at), shifted(at)))
}

/** Adds [from, from + size) to [from + shift, ...). */
function add(from: usize, shift: usize): void {
  for (let at = from, to = from + shift; at < to; at += vectorBytes) {
    v128.store(at + shift, v128.xor(v128.load(at + shift), v128.load(at)))
  }
}

/** Adds to the `backBytes` from `from` on what those before leave, not they to each other: all before may be left out then. */
export function settle(from: usize): void {
  add(from - 65 * vectorBytes, 65 * vectorBytes)
  add(from - 155 * vectorBytes, 155 * vectorBytes)
  add(from - 170 * vectorBytes, 170 * vectorBytes)
  add(from - 195 * vectorBytes, 195 * vectorBytes)
  add(from - 209 * vectorBytes, 209 * vectorBytes)
}

// @ts-ignore: decorator
@inline
function entry(table: usize, byte: u32): u32 {
  return load<u32>(tables + (table << 10) + (<usize>(byte & 255) << 2))
}

// @ts-ignore: decorator
@inline
function four(table: usize, word: u32): u32 {
  return entry(table + 3, word) ^ entry(table + 2, word >>> 8) ^ entry(table + 1, word >>> 16) ^ entry(table, word >>> 24)
}

/** The register after bytes [from, to). */
export function slice(from: usize, to: usize, before: u32): u32 {
  let crc = before
  let at = from
  for (; at + 16 <= to; at += 16) {
    crc = four(12, load<u32>(at) ^ crc) ^ four(8, load<u32>(at, 4)) ^ four(4, load<u32>(at, 8)) ^ four(0, load<u32>(at, 12))
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ entry(0, crc ^ load<u8>(at))
  return crc
}
