/**
 * Schedules that chance alone finds once in a hundred thousand seeds: a writer sleeps before it
 * creates an L0 object, until that name was created by another, folded and deleted; and somebody who
 * listed the first object sleeps before reading it, until the writer has created the second.
 */
import type { Actor, Scheduler } from './scheduler.ts'
import type { SimStore } from './sim-store.ts'

interface Trap {
  readonly key: string
  readonly zombie: Actor
  /** Who is held before reading the object, once somebody of that role tries. */
  readonly role: 'ingester' | 'reader'
  readonly endStep: number
  victim: Actor | null
}

/** Long enough for two roots; then everybody is let go. */
const longestSteps = 500

export class Ambush {
  readonly #scheduler: Scheduler
  readonly #sim: SimStore
  readonly #deleted = new Set<string>()
  #trap: Trap | null = null

  constructor(scheduler: Scheduler, sim: SimStore) {
    this.#scheduler = scheduler
    this.#sim = sim
    const { onDelete } = sim
    sim.onDelete = (key) => {
      this.#deleted.add(key)
      onDelete(key)
    }
  }

  /** To be called before each step; true when an ingester should crash now, so that it recovers into the trap. */
  step(): boolean {
    const trap = this.#trap
    if (trap === null) return this.#lay()
    const { steps } = this.#scheduler
    const recreated = this.#deleted.has(trap.key) && this.#sim.objects.has(trap.key)
    if (recreated || steps > trap.endStep || trap.zombie.dead || trap.victim?.dead === true) {
      if (trap.victim !== null) trap.victim.asleepUntil = 0
      this.#trap = null
      return false
    }
    if (!this.#deleted.has(trap.key)) trap.zombie.asleepUntil = steps + 2
    trap.victim ??= this.#scheduler.readerOf(trap.key, trap.role)
    if (trap.victim !== null) trap.victim.asleepUntil = steps + 2
    return trap.victim === null && this.#sim.objects.has(trap.key)
  }

  #lay(): boolean {
    const found = this.#scheduler.writerOf('l0/')
    if (found === null) return false
    const role = this.#scheduler.random.below(2) === 0 ? 'ingester' : 'reader'
    const endStep = this.#scheduler.steps + longestSteps
    this.#trap = { key: found.key, zombie: found.actor, role, endStep, victim: null }
    return false
  }

  /** Whether this actor must not crash now. */
  holds(actor: Actor): boolean {
    return actor === this.#trap?.zombie || actor === this.#trap?.victim
  }
}
