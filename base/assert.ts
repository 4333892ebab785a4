/**
 * Assertions about our own mistakes: what must be true between rooms and around every encode,
 * decode and state change. They stay on in production and are never used on input.
 */

export class AssertionFailed extends Error {
  constructor(message: string) {
    super(`assertion failed: ${message}`)
    this.name = 'AssertionFailed'
  }
}

/** Throws when `condition` is false. The message says what was believed. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFailed(message)
}

/** The value, which the caller knows to be there; throws when it is not. */
export function must<T>(value: T | null | undefined, message: string): T {
  if (value === null || value === undefined) throw new AssertionFailed(message)
  return value
}

/** For the default branch of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new AssertionFailed(`unexpected value ${JSON.stringify(value)}`)
}
