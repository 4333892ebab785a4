/**
 * Logs about ourselves: pino, JSON lines on stdout, one logger per part. Messages are static and
 * values are fields. error = someone must act; warn = we coped; info = life of the process; debug =
 * per request. Worker threads use the same logger; lines go straight to the file descriptor.
 */
import { createRequire } from 'node:module'
import type * as Pino from 'pino'

export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

export interface Logger {
  error(fields: object, message: string): void
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
  debug(fields: object, message: string): void
}

const levels = ['error', 'warn', 'info', 'debug'] as const

/** A logger whose lines carry the part's name. The library is loaded with the first line: a start has none. */
export function createLogger(part: string, level: LogLevel): Logger {
  let opened: Logger | null = null
  const write = (line: LogLevel) => (fields: object, message: string) => {
    if (levels.indexOf(line) > levels.indexOf(level)) return
    opened ??= openPino(part, level)
    opened[line](fields, message)
  }
  return { error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') }
}

const require = createRequire(import.meta.url)

function openPino(part: string, level: LogLevel): Logger {
  const { pino } = require('pino') as typeof Pino // what the package declares of itself
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
