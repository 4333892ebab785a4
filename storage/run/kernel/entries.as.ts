/**
 * Attributes of a part's rows into lanes over all rows, and equal values under one code: the lanes of a part
 * in, per attribute its column and value out. `attribute-kernel.ts` is the only caller; it copies what is
 * read here to `input`. Values are read 16 bytes at a time, up to 31 bytes beyond their end.
 * Build: --initialMemory 160
 */

/** Keys of a part at most; values of one set of codes, their bytes, and bytes of one. */
export const keysMost: i32 = 1024
export const codesMost: i32 = 32768
export const storeMost: i32 = 2097152
const valueMost: u32 = 256
/** Columns that have values coded, rows and attributes of a part, and its bytes and words in `input`, at most. */
export const columnsMost: i32 = 4096
export const rowsMost: i32 = 65536
export const entriesMost: i32 = 131072
export const inputMost: i32 = 4194304

/** Types of attributes; what is known of a key and type of a part takes 32 bytes. */
const types: i32 = 8
const slotsMask: u32 = 65535

/** By key and type: column + 1, base, length mask, plain bytes; then the last value's place, length and code. */
export const keys: usize = 4096
/** Two words a column: values seen, and how many were new. */
const columns: usize = keys + <usize>(keysMost * types * 32)
/** Two words a slot: code + 1, or 0, and the hash. */
const slots: usize = columns + <usize>(columnsMost * 8)
/** Four words a code: hash, length, place in the store, address. */
export const codes: usize = slots + <usize>((slotsMask + 1) * 8)
const store: usize = codes + <usize>(codesMost * 16)
/** Per attribute its column and two words, per row its plain bytes. */
export const columnLane: usize = store + <usize>(storeMost + 512)
export const firstLane: usize = columnLane + <usize>(entriesMost * 4)
export const secondLane: usize = firstLane + <usize>(entriesMost * 4)
export const sizeLane: usize = secondLane + <usize>(entriesMost * 4)
export const input: usize = sizeLane + <usize>(rowsMost * 4)

/** Marks the length of a value whose first word is a code. */
const coded: u32 = 0x40000000

/** 16 bytes of ones, then 16 of zeros. */
const ones: usize = 1024

let codeCount: i32 = 0
let used: usize = store

/** Forgets all codes. */
export function clear(): void {
  codeCount = 0
  used = store
  memory.fill(slots, 0, <usize>((slotsMask + 1) * 8))
  memory.fill(columns, 0, <usize>(columnsMost * 8))
  memory.fill(ones, 0xff, 16)
  memory.fill(ones + 16, 0, 16)
}

let rows: i32 = 0
let endsAt: usize = 0
let endsStep: usize = 0
let keyAt: usize = 0
let keyStep: usize = 0
let typeAt: usize = 0
let typeStep: usize = 0
let firstAt: usize = 0
let firstStep: usize = 0
let secondAt: usize = 0
let secondStep: usize = 0

/** Where the lanes of a part stand; a step is 4, or 0 where all entries are equal. */
export function lanes(rowCount: i32, ends: usize, endStep: usize, key: usize, keyBy: usize, type: usize, typeBy: usize, first: usize, firstBy: usize, second: usize, secondBy: usize): void {
  rows = rowCount
  endsAt = ends
  endsStep = endStep
  keyAt = key
  keyStep = keyBy
  typeAt = type
  typeStep = typeBy
  firstAt = first
  firstStep = firstBy
  secondAt = second
  secondStep = secondBy
  row = 0
  entry = 0
  size = 0
  least = 0xffffffff
  most = 0
}

let row: i32 = 0
let entry: usize = 0
let size: u32 = 0
/** The part's bytes that values lie in. */
export let least: u32 = 0
export let most: u32 = 0

/** Goes on with the part until its end, -1, or a key and type of which nothing is known: their number. */
export function entries(): i32 {
  for (; row < rows; row++) {
    const end = <usize>load<u32>(endsAt + <usize>(row + 1) * endsStep)
    for (; entry < end; entry++) {
      const slot = load<u32>(keyAt + entry * keyStep) * types + load<u32>(typeAt + entry * typeStep)
      const known = keys + (<usize>slot << 5)
      const column = load<u32>(known)
      if (column == 0) return slot
      const mask = load<u32>(known, 8)
      const a = load<u32>(firstAt + entry * firstStep)
      const b = load<u32>(secondAt + entry * secondStep)
      least = min(least, mask == 0 ? 0xffffffff : a)
      most = max(most, mask == 0 ? 0 : a + b)
      size += load<u32>(known, 12) + (b & mask)
      const place = entry << 2
      store32(columnLane + place, column - 1)
      store32(firstLane + place, a + load<u32>(known, 4))
      store32(secondLane + place, b)
    }
    store32(sizeLane + (<usize>row << 2), size)
    size = 0
  }
  return -1
}

/** After `entries`: how many attributes each row has, where all have those of the same columns in the same order; else 0. */
export function width(): i32 {
  if (rows == 0 || entry % <usize>rows != 0) return 0
  const each = entry / <usize>rows
  for (let i: usize = 1, end = each; i <= <usize>rows; i++, end += each) {
    if (<usize>load<u32>(endsAt + i * endsStep) != end) return 0
  }
  const next = each << 2
  const last = columnLane + (entry << 2) - next
  let at = columnLane
  for (; at + 16 <= last; at += 16) {
    if (v128.any_true(v128.xor(v128.load(at), v128.load(at + next)))) return 0
  }
  for (; at < last; at += 4) if (load<u32>(at) != load<u32>(at + next)) return 0
  return <i32>each
}

// @ts-ignore: decorator
@inline
function store32(at: usize, value: u32): void { i32.store(at, value) }


/** Gives values their codes; `bytes` is where the part's first byte stands or would. */
export function encode(bytes: usize): void {
  for (let i: usize = 0; i < entry; i++) {
    const slot = load<u32>(keyAt + i * keyStep) * types + load<u32>(typeAt + i * typeStep)
    const known = keys + (<usize>slot << 5)
    if (load<u32>(known, 8) == 0) continue
    const a = load<u32>(firstAt + i * firstStep)
    const length = load<u32>(secondAt + i * secondStep)
    let code = load<i32>(known, 24)
    if (a != load<u32>(known, 16) || length != load<u32>(known, 20)) {
      code = codeIn(load<u32>(known) - 1, bytes + <usize>a, length, a + load<u32>(known, 4))
      store32(known + 16, a)
      store32(known + 20, length)
      store32(known + 24, code)
    }
    if (code < 0) continue
    store32(firstLane + (i << 2), code)
    store32(secondLane + (i << 2), length | coded)
  }
}

/** Values of a column after which it is asked whether most were new. */
const trialValues: u32 = 1024

/** The code of a value of a column; -1 where most values of the column are new. */
function codeIn(column: u32, from: usize, length: u32, address: u32): i32 {
  if (length > valueMost || column >= <u32>columnsMost) return -1
  const counts = columns + (<usize>column << 3)
  const seen = load<u32>(counts)
  const fresh = load<u32>(counts, 4)
  if (seen >= trialValues && fresh * 2 > seen) return -1
  const before = codeCount
  const code = codeOf(from, length, address)
  store32(counts, seen + 1)
  store32(counts + 4, fresh + <u32>(codeCount - before))
  return code
}

/** The code of a value; -1 where it is new and there is no room. */
function codeOf(from: usize, length: u32, address: u32): i32 {
  let at = used
  let left = length
  let hash: u64 = <u64>length * 0x9e3779b97f4a7c15
  let next = from
  for (; left > 16; left -= 16, next += 16, at += 16) {
    const low = load<u64>(next)
    const high = load<u64>(next, 8)
    i64.store(at, low)
    i64.store(at, high, 8)
    hash = mixed(hash, low, high)
  }
  const mask = ones + 16 - <usize>left
  const low = load<u64>(next) & load<u64>(mask)
  const high = load<u64>(next, 8) & load<u64>(mask, 8)
  i64.store(at, low)
  i64.store(at, high, 8)
  hash = mixed(hash, low, high)
  const own = <u32>(hash >> 32)
  let slot = <u32>hash & slotsMask
  for (; ; slot = (slot + 1) & slotsMask) {
    const place = slots + (<usize>slot << 3)
    const code = load<i32>(place) - 1
    if (code < 0) break
    if (load<u32>(place, 4) == own && isSame(code, length)) return code
  }
  const end = at + 16
  if (codeCount == codesMost || end > store + <usize>storeMost) return -1
  const place = slots + (<usize>slot << 3)
  const record = codes + (<usize>codeCount << 4)
  store32(record, own)
  store32(record + 4, length)
  store32(record + 8, <u32>used)
  store32(record + 12, address)
  store32(place + 4, own)
  store32(place, ++codeCount)
  used = end
  return codeCount - 1
}

// @ts-ignore: decorator
@inline
function mixed(hash: u64, low: u64, high: u64): u64 {
  const first = (hash ^ low) * 0xff51afd7ed558ccd
  const second = ((first ^ (first >> 32)) + high) * 0xc4ceb9fe1a85ec53
  return second ^ (second >> 29)
}

/** Whether a code's value is the one behind the last. */
// @ts-ignore: decorator
@inline
function isSame(code: i32, length: u32): bool {
  const record = codes + (<usize>code << 4)
  if (load<u32>(record, 4) != length) return false
  const at = <usize>load<u32>(record, 8)
  let i: usize = 0
  do {
    if (v128.any_true(v128.xor(v128.load(at + i), v128.load(used + i)))) return false
    i += 16
  } while (i < <usize>length)
  return true
}
