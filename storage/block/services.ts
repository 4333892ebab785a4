/** The `service.name` values of a section's streams, for the catalog: each distinct resource is decoded once. */
import { decodeStream } from '#schemas/identity-codec.ts'
import { maxServices } from './footer.ts'

/** Longest name that is listed; a longer one ends the list. */
const maxNameBytes = 128

export class ServiceNames {
  readonly #names = new Set<string>()
  #complete = true

  /** Adds the name of a stream with a resource not seen before, given by its canonical bytes. */
  add(canonical: Uint8Array): void {
    if (!this.#complete) return
    for (const { key, value } of decodeStream(canonical).resource.attributes) {
      if (key === 'service.name' && value.type === 'text') this.#addName(value.value)
    }
  }

  #addName(name: string): void {
    this.#names.add(name)
    const long = Buffer.byteLength(name) > maxNameBytes
    if (long || this.#names.size > maxServices) this.#complete = false
  }

  /** The names in order; null when there are too many to list, or one is too long. */
  list(): string[] | null {
    return this.#complete ? [...this.#names].toSorted() : null
  }
}
