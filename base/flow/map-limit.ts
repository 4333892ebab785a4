/** Bounded parallelism over a pulled source, results in the source's order. */

/** Runs `work` on at most `limit` items at once. When one fails, no more are started, all are awaited and the error is thrown. */
export async function* mapLimit<In, Out>(
  source: Iterable<In> | AsyncIterable<In>,
  limit: number,
  work: (item: In) => Promise<Out>,
): AsyncGenerator<Out> {
  const pending: Promise<Out>[] = []
  try {
    for await (const item of source) {
      const started = work(item)
      started.catch(() => {}) // reported when its turn comes, below
      pending.push(started)
      const first = pending.length >= limit ? pending.shift() : undefined
      if (first !== undefined) yield await first
    }
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) yield await next
  } finally {
    await Promise.allSettled(pending)
  }
}
