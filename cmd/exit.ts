/** How a command that failed ends. */
import { errorToData } from '#base/errors.ts'

/** Prints why a start failed, in one line, and exits. */
export function exitWith(error: unknown): never {
  const { message, code } = errorToData(error)
  console.error(`signalbox: ${message} [${code}]`)
  process.exit(1)
}
