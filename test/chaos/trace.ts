/**
 * Reads what `strace -f -xx` wrote: system calls with the lines at which they began and returned, in
 * the order in which the kernel saw them.
 */

export interface Call {
  readonly name: string
  /** Arguments as strace prints them. */
  readonly args: string
  readonly result: number
  /** Lines of the trace: when the call was made, and when it had returned. */
  readonly began: number
  readonly ended: number
}

/** The finished calls of a trace, by the line at which they returned. */
export function parseTrace(text: string): Call[] {
  const calls: Call[] = []
  const unfinished = new Map<string, { began: number; head: string }>()
  for (const [line, content] of text.split('\n').entries()) {
    const [, thread, rest] = /^(\d+) +(.*)$/.exec(content) ?? []
    if (thread === undefined || rest === undefined) continue
    const open = /^(.*) <unfinished \.\.\.>$/.exec(rest)?.[1]
    if (open !== undefined) {
      unfinished.set(thread, { began: line, head: open })
      continue
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)?.[1]
    const { began, head } = unfinished.get(thread) ?? { began: line, head: '' }
    if (resumed !== undefined) unfinished.delete(thread)
    const whole = resumed === undefined ? rest : head + resumed
    const [, name, args, result] = /^(\w+)\((.*)\) += (-?\d+)/.exec(whole) ?? []
    if (name === undefined || args === undefined) continue
    const from = resumed === undefined ? line : began
    calls.push({ name, args, result: Number(result), began: from, ended: line })
  }
  return calls
}

/** The file descriptor that a call names first. */
export function fdOf(call: Call): number {
  return Number.parseInt(call.args, 10)
}

/** All bytes that a call's arguments show, one after the other. */
export function bytesOf(call: Call): Buffer {
  const texts = [...call.args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map((match) => match[1] ?? '')
  return Buffer.from(texts.join('').replaceAll('\\x', ''), 'hex')
}
