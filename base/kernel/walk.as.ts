/**
 * A table automaton over rows, four rows at a time, in AssemblyScript; `walk.ts` is its only caller.
 *
 * One look-up waits for the one before it, so a single row leaves the processor idle: four rows side
 * by side do not wait for each other. The table is only read. A row that meets an entry not yet known
 * is left to the caller.
 * Build: --initialMemory 32
 */

let table: usize = 0
let classes: usize = 0
let startState: u32 = 0
let matched: u32 = 0
let endClass: u32 = 0

/** States are indexes of u32 rows of the table; 0 is unknown, those up to `match` end a row. */
export function setAutomaton(tableAt: usize, classesAt: usize, start: u32, match: u32, end: u32): void {
  table = tableAt
  classes = classesAt
  startState = start
  matched = match
  endClass = end
}

// The rows of the current call.
let text: usize = 0
let ends: usize = 0
let base: u32 = 0
let rows: i32 = 0
let answers: usize = 0
let cursor: i32 = 0

// @ts-ignore: decorator
@inline
function step(state: u32, at: usize): u32 {
  return load<u32>(table + (<usize>(state + load<u8>(classes + load<u8>(at))) << 2))
}

/** The next row that is asked for, or -1. */
function nextRow(): i32 {
  while (cursor < rows) {
    if (load<u8>(answers + cursor) != 0) return cursor++
    cursor++
  }
  return -1
}

// @ts-ignore: decorator
@inline
function startOf(row: i32): usize {
  return row <= 0 ? text : text + <usize>(load<u32>(ends + ((row - 1) << 2)) - base)
}

// @ts-ignore: decorator
@inline
function endOf(row: i32): usize {
  return row < 0 ? text : text + <usize>(load<u32>(ends + (row << 2)) - base)
}

/** Notes what a row came to: 0 no, 1 yes, 2 unknown. A state that ends no row has read all of it. */
function settle(row: i32, state: u32): void {
  let last = state
  if (last > matched) last = load<u32>(table + (<usize>(last + endClass) << 2))
  store<u8>(answers + row, last == matched ? 1 : last == 0 ? 2 : 0)
}

/** Reads the rest of one row. */
function finish(row: i32, from: usize, to: usize, state: u32): void {
  if (row < 0) return
  let at = from
  let now = state
  while (at < to && now > matched) now = step(now, at++)
  settle(row, now)
}

/**
 * Answers the rows whose byte in `answersAt` is not 0, in place. Row i ends at the u32 ends[i] - firstByte of
 * the text.
 */
export function walk(textAt: usize, endsAt: usize, firstByte: u32, count: i32, answersAt: usize): void {
  text = textAt
  ends = endsAt
  base = firstByte
  rows = count
  answers = answersAt
  cursor = 0
  const match = matched
  let rowA = nextRow(), rowB = nextRow(), rowC = nextRow(), rowD = nextRow()
  let a = startState, b = startState, c = startState, d = startState
  let atA = startOf(rowA), toA = endOf(rowA)
  let atB = startOf(rowB), toB = endOf(rowB)
  let atC = startOf(rowC), toC = endOf(rowC)
  let atD = startOf(rowD), toD = endOf(rowD)
  while (rowA >= 0 && rowB >= 0 && rowC >= 0 && rowD >= 0) {
    const steps = min(min(toA - atA, toB - atB), min(toC - atC, toD - atD))
    let done: usize = 0
    while (done < steps) {
      a = step(a, atA + done)
      b = step(b, atB + done)
      c = step(c, atC + done)
      d = step(d, atD + done)
      done++
      if (i32(a <= match) | i32(b <= match) | i32(c <= match) | i32(d <= match)) break
    }
    atA += done
    atB += done
    atC += done
    atD += done
    if (a <= match || atA == toA) {
      settle(rowA, a)
      rowA = nextRow()
      if (rowA >= 0) { atA = startOf(rowA); toA = endOf(rowA); a = startState }
    }
    if (b <= match || atB == toB) {
      settle(rowB, b)
      rowB = nextRow()
      if (rowB >= 0) { atB = startOf(rowB); toB = endOf(rowB); b = startState }
    }
    if (c <= match || atC == toC) {
      settle(rowC, c)
      rowC = nextRow()
      if (rowC >= 0) { atC = startOf(rowC); toC = endOf(rowC); c = startState }
    }
    if (d <= match || atD == toD) {
      settle(rowD, d)
      rowD = nextRow()
      if (rowD >= 0) { atD = startOf(rowD); toD = endOf(rowD); d = startState }
    }
  }
  finish(rowA, atA, toA, a)
  finish(rowB, atB, toB, b)
  finish(rowC, atC, toC, c)
  finish(rowD, atD, toD, d)
}
