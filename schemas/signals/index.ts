/** The three signals, by name and by their number on disk. */
import { logs } from './logs.ts'
import { metrics } from './metrics.ts'
import type { Signal, SignalName } from './signal.ts'
import { traces } from './traces.ts'

export const signals: Readonly<Record<SignalName, Signal>> = { logs, metrics, traces }

export const signalNames = Object.keys(signals) as readonly SignalName[] // the keys of the record above

/** The signal with this number, or null: the number came from a file. */
export function signalById(id: number): Signal | null {
  return Object.values(signals).find((signal) => signal.id === id) ?? null
}

/** True for the name of a signal: the value came from a file or a request. */
export function isSignalName(value: unknown): value is SignalName {
  return typeof value === 'string' && Object.hasOwn(signals, value)
}
