/**
 * The lifecycle of everything that runs: a Part starts, drains and stops. `run` starts parts in
 * order and ends them in reverse; a part that fails to start stops those before it.
 */

export interface Part {
  readonly name: string
  /** Resolves when the part can do its work. */
  start(): Promise<void>
  /** Takes nothing new, finishes what it accepted. Gives up when `deadline` aborts. */
  drain(deadline: AbortSignal): Promise<void>
  /** Lets go of everything. Must not throw. */
  stop(): Promise<void>
  /** Why it cannot serve now, or null; asked by `/ready`. */
  unready(): string | null
}

/** Parts that were started and can be ended again. */
export interface Running {
  /** Each part's reason for not being ready, by name. */
  unready(): { part: string; reason: string }[]
  /** Drains all parts in reverse order, then stops them in reverse order. */
  end(deadline: AbortSignal): Promise<void>
}

/**
 * Starts `parts` in order. They may be made while those before them already work. When one fails, or
 * cannot be made, those before it are stopped in reverse and the error is thrown.
 */
export async function run(parts: Iterable<Part> | AsyncIterable<Part>): Promise<Running> {
  const started: Part[] = []
  let draining = false
  try {
    for await (const part of parts) {
      await part.start()
      started.unshift(part)
    }
  } catch (error) {
    for (const part of started) await part.stop()
    throw error
  }
  return {
    unready: () => [
      ...(draining ? [{ part: 'process', reason: 'draining' }] : []),
      ...started.toReversed().flatMap((part) => {
        const reason = part.unready()
        return reason === null ? [] : [{ part: part.name, reason }]
      }),
    ],
    async end(deadline) {
      draining = true
      for (const part of started) await part.drain(deadline)
      for (const part of started) await part.stop()
    },
  }
}
