/**
 * A test reporter that prints failures with their causes, the names of skipped tests with their
 * reasons, and the counts as the last line.
 */
import type { TestEvent } from 'node:test/reporters'

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for await (const event of events) {
    if (event.type === 'test:fail') {
      counts.failed++
      const { name, file, line, details } = event.data
      const cause = details.error.cause ?? details.error
      yield `\nFAILED ${name}\n  ${file}:${line}\n  ${cause instanceof Error ? cause.stack : JSON.stringify(cause)}\n`
    } else if (event.type === 'test:pass') {
      const { skip, name } = event.data
      if (skip === undefined || skip === false) counts.passed++
      else {
        counts.skipped++
        yield `skipped: ${name}${typeof skip === 'string' && skip !== '' ? ` (${skip})` : ''}\n`
      }
    }
  }
  yield `\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`
}
