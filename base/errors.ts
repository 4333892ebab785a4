/**
 * The errors of the house. An `AppError` has a kind, which says who must act and alone decides the
 * status a client sees (`status.ts`); a code, which people and runbooks use and which never changes;
 * and a message. Each room declares its codes once, in its own `errors.ts`, with `defineError`, from
 * which `docs/errors.md` is generated.
 *
 * Messages: what was attempted, the value, the limit, the setting; lower case, no full stop.
 */

/** Who must act, from user mistakes through overload and dependencies to our own faults. */
export type Kind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'unsupported'
  | 'too-large'
  | 'limited'
  | 'overloaded'
  | 'timeout'
  | 'canceled'
  | 'unavailable'
  | 'corrupt'
  | 'internal'

/** What a room declares about one error code. */
export interface ErrorDeclaration {
  /** Stable, kebab-case, unique in the whole tree; never reused for another meaning. */
  readonly code: string
  readonly kind: Kind
  /** What it means and what to do, as a paragraph for `docs/errors.md`. */
  readonly help: string
  /** The setting that would change the limit, as in the configuration file. */
  readonly setting?: string
}

/** An error with a kind and a code; see the file header. `retryAfterMs` is null where waiting does not help. */
export class AppError extends Error {
  readonly kind: Kind
  readonly code: string
  readonly retryAfterMs: number | null

  constructor(
    declaration: ErrorDeclaration,
    message: string,
    options: { retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.kind = declaration.kind
    this.code = declaration.code
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}

/** A declared code: call `make` to build an error of it. */
export interface DefinedError extends ErrorDeclaration {
  make(message: string, options?: { retryAfterMs?: number; cause?: unknown }): AppError
}

/** Declares one error code of a room. */
export function defineError(declaration: ErrorDeclaration): DefinedError {
  return {
    ...declaration,
    make: (message, options) => new AppError(declaration, message, options),
  }
}

/** True when `error` is an AppError of this code, also after it crossed a thread or a process. */
export function isCode(error: unknown, declaration: ErrorDeclaration): error is AppError {
  return error instanceof AppError && error.code === declaration.code
}

/** An AppError as plain data, to cross a thread or a process without losing kind, code or delay. */
export interface ErrorData {
  readonly kind: Kind
  readonly code: string
  readonly message: string
  readonly retryAfterMs: number | null
}

/** Any thrown value as data. What is not an AppError becomes `internal` with code `unexpected`. */
export function errorToData(error: unknown): ErrorData {
  if (error instanceof AppError) {
    const { kind, code, message, retryAfterMs } = error
    return { kind, code, message, retryAfterMs }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { kind: 'internal', code: 'unexpected', message, retryAfterMs: null }
}

/** The inverse of `errorToData`. */
export function errorFromData(data: ErrorData): AppError {
  const { kind, code, message, retryAfterMs } = data
  return new AppError(
    { kind, code, help: '' },
    message,
    retryAfterMs === null ? {} : { retryAfterMs },
  )
}
