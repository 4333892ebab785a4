/**
 * The ledger of acknowledged rows: one line `SIGNAL FIRST COUNT` per acknowledged request, written
 * after the answer came. It stands outside the folder that is tried out and is synced as it grows.
 */
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { isSignalName, signalNames } from '#schemas/signals/index.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import type { IdRange } from './rows.ts'

export interface Ledger {
  acknowledged(signal: SignalName, range: IdRange): void
  close(): void
}

/** Lines between two syncs: more than a few lost at a power cut would make the run say less, never fail it. */
const linesPerSync = 16

export function openLedger(path: string): Ledger {
  const fd = openSync(path, 'a')
  let lines = 0
  return {
    acknowledged(signal, { first, count }) {
      writeSync(fd, `${signal} ${first} ${count}\n`)
      if (++lines % linesPerSync === 0) fdatasyncSync(fd)
    },
    close() {
      fdatasyncSync(fd)
      closeSync(fd)
    },
  }
}

/** The acknowledged ids by signal. */
export function readLedger(path: string): Record<SignalName, Set<number>> {
  const ids = { logs: new Set<number>(), metrics: new Set<number>(), traces: new Set<number>() }
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [signal, first, count] = line.split(' ')
    if (!isSignalName(signal)) continue
    for (let i = 0; i < Number(count); i++) ids[signal].add(Number(first) + i)
  }
  return ids
}

/** Ids of a signal of which there is at least one, and how often each was found. */
export type Found = Readonly<Record<SignalName, ReadonlyMap<number, number>>>

export interface Comparison {
  readonly acknowledged: number
  /** Acknowledged and not found: up to twenty of them by name, all by number. */
  readonly missing: number
  readonly examples: readonly string[]
  /** Rows found more than once, counted once each. */
  readonly duplicates: number
  /** Rows found that were never acknowledged: requests whose answer was lost. */
  readonly unacknowledged: number
}

/** What was promised against what is there. */
export function compare(promised: Record<SignalName, Set<number>>, found: Found): Comparison {
  let acknowledged = 0
  let missing = 0
  let duplicates = 0
  let unacknowledged = 0
  const examples: string[] = []
  for (const signal of signalNames) {
    acknowledged += promised[signal].size
    for (const id of promised[signal]) {
      if (found[signal].has(id)) continue
      missing++
      if (examples.length < 20) examples.push(`${signal} ${id}`)
    }
    for (const [id, times] of found[signal]) {
      if (times > 1) duplicates++
      if (!promised[signal].has(id)) unacknowledged++
    }
  }
  return { acknowledged, missing, examples, duplicates, unacknowledged }
}
