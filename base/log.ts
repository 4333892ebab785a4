/**
 * Logs about ourselves: pino, JSON lines on stdout, one logger per part. Messages are static and
 * values are fields. error = someone must act; warn = we coped; info = life of the process; debug =
 * per request. Worker threads use the same logger; lines go straight to the file descriptor.
 */
import { pino } from 'pino'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

export interface Logger {
  error(fields: object, message: string): void
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
  debug(fields: object, message: string): void
}

/** A logger whose lines carry the part's name. */
export function createLogger(part: string, level: LogLevel): Logger {
  return pino({
    level,
    base: { part },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  })
}

/** A logger that drops everything, for tests. */
export const silentLogger: Logger = {
  error: () => {},
  warn: () => {},
  info: () => {},
  debug: () => {},
}
