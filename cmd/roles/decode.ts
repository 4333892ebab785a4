/** How the workers that take requests, or read them back from the Log, decode them. */
import { applyLimits, limitsOf, type TenantLimits } from '#distributor/limits.ts'
import type { Decode } from '#ingester/request.ts'
import { decodeRequest } from '#receiver/otlp/decode.ts'
import { createIntake } from '#schemas/intake.ts'
import type { WorkerConfig } from './shared.ts'

/** Limits that refuse nothing: what the Log holds was accepted. Times are still filled in. */
const noLimits: TenantLimits = {
  maxFutureMs: Infinity,
  maxPastMs: Infinity,
  maxAttributesPerRow: Infinity,
  maxKeyBytes: Infinity,
  maxValueBytes: Infinity,
  maxLogBodyBytes: Infinity,
  maxNameBytes: Infinity,
  maxStreamBytes: Infinity,
  maxStreams: Infinity,
  maxRequestStreamBytes: Infinity,
}

/** Sizes that refuse nothing: limits may have been lowered since a record was written. */
const noSizes = { maxBodyBytes: 2 ** 31 - 1, maxRows: Infinity, maxAttributes: Infinity }

/** Decodes requests under the limits of the settings; records of the Log under none. */
export function createDecode(config: WorkerConfig): Decode {
  const intakes = {
    logs: createIntake('logs'),
    metrics: createIntake('metrics'),
    traces: createIntake('traces'),
  }
  const limits = {
    logs: limitsOf(config.distributor, config.limits.logs),
    metrics: limitsOf(config.distributor, config.limits.metrics),
    traces: limitsOf(config.distributor, config.limits.traces),
  }
  return (raw, options) => {
    const intake = intakes[raw.signal]
    const { keep, rejects } = decodeRequest(raw, intake, {
      ...(options.replay ? noSizes : config.receiver),
      check: (decoded, request) =>
        applyLimits(decoded, options.replay ? noLimits : limits[raw.signal], request.receivedNs),
    })
    return { intake, keep: rejects.length === 0 ? null : keep, rejects }
  }
}
