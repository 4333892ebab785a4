/**
 * A mistake that shows while a template runs, with the place and the text of the part it is about.
 */
import type { Template } from './nodes.ts'

/** Longer parts are cut. */
const maxShown = 20

export class RunError extends Error {
  readonly at: number
  readonly part: string

  constructor(message: string, at: number, part: string) {
    super(message)
    this.name = 'RunError'
    this.at = at
    this.part = part
  }

  /** Go's wording: `template: NAME:LINE:COL: executing "NAME" at <PART>: …`, columns from 0 in bytes. */
  describe({ name, text }: Template): string {
    const before = text.slice(0, this.at)
    const lines = before.split('\n')
    const column = Buffer.byteLength(lines.at(-1) ?? '')
    const part = this.part.length > maxShown ? `${this.part.slice(0, maxShown)}...` : this.part
    const place = part === '' ? '' : ` at <${part}>`
    return `template: ${name}:${lines.length}:${column}: executing "${name}"${place}: ${this.message}`
  }
}
