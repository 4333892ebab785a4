/** The query APIs. */
import type { Api } from '../endpoint.ts'

export const apis: readonly Api[] = []
