/** Receivers for tests: what they accept is decoded at once, as an ingest worker would, and kept. */
import { decodeRequest, type RawRequest } from '#receiver/otlp/decode.ts'
import { createIntake, type AnyIntake } from '#schemas/intake.ts'
import type { Receipt } from '#schemas/receipt.ts'
import type { SignalName } from '#schemas/signals/signal.ts'
import { systemClock } from '#base/clock.ts'
import { silentLogger } from '#base/log.ts'
import type { Metrics } from '#base/metrics.ts'
import type { ReceiverDeps } from '#receiver/admit.ts'
import { parseTenant } from '#schemas/tenant.ts'
import type { Plain } from './reference.ts'
import { unfold } from './unfold.ts'

export interface Taken {
  readonly request: RawRequest
  readonly rows: readonly Plain[]
}

export interface TestDeps extends ReceiverDeps {
  readonly taken: Taken[]
  /** Bytes reserved now, and the most there were. */
  readonly budget: { used: number; most: number }
  /** Counts of what was added to metrics, by name and labels. */
  readonly counts: Map<string, number>
}

const limits = { maxBodyBytes: 1 << 24, maxRows: 100_000, maxAttributes: 1_000_000 }

/** Dependencies whose `accept` decodes; `over` replaces any of them. */
export function testDeps(over: Partial<ReceiverDeps> = {}): TestDeps {
  const taken: Taken[] = []
  const budget = { used: 0, most: 0 }
  const counts = new Map<string, number>()
  const intakes: Record<SignalName, AnyIntake> = {
    logs: createIntake('logs'),
    metrics: createIntake('metrics'),
    traces: createIntake('traces'),
  }
  const accept = (request: RawRequest): Promise<Receipt> => {
    const intake = intakes[request.signal]
    const check = () => ({ keep: new Uint8Array(0), rejects: [] })
    const { rejects } = decodeRequest(request, intake, { ...limits, check })
    taken.push({ request, rows: unfold(intake) })
    return Promise.resolve({ accepted: intake.rows.rows, rejects })
  }
  const reserve = (bytes: number) => {
    budget.used += bytes
    budget.most = Math.max(budget.most, budget.used)
    let held = true
    return Promise.resolve(() => {
      if (held) budget.used -= bytes
      held = false
    })
  }
  const add: Metrics['add'] = (metric, value, labels) => {
    const key = `${metric.name} ${Object.values(labels ?? {}).join(' ')}`
    counts.set(key, (counts.get(key) ?? 0) + value)
  }
  return {
    accept: async (request) => accept(request),
    reserve,
    authenticate: (headers) => ({
      tenants: [parseTenant(headers('x-scope-orgid') ?? 'default')],
      scopes: ['write'],
    }),
    clock: systemClock,
    metrics: {
      add,
      set: () => {},
      observe: () => {},
      onScrape: () => {},
      text: () => Promise.resolve(''),
      contentType: '',
    },
    log: silentLogger,
    ...over,
    taken,
    budget,
    counts,
  }
}
