/**
 * The seeded scheduler. Every call that leaves an actor (to a store, a disk, a clock) waits here as a
 * task; each step takes one of them at random, lets it happen, and lets its actor run until it waits
 * again. So one seed is one interleaving, for ever.
 *
 * An actor that dies never gets another answer; of its tasks on the way, some still happen.
 */
import type { Clock } from '#base/clock.ts'
import { seededRandom, type Random } from '#base/random.ts'

/** What a task is about. */
export interface Request {
  /** Whether it changes the world: then it may happen although its actor died. */
  readonly writes: boolean
  /** The object it reads or writes, or nothing. */
  readonly key: string
}

const nothing: Request = { writes: false, key: '' }

interface Task {
  readonly actor: Actor
  readonly effect: () => unknown
  readonly request: Request
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Somebody who waits for answers: a process, or one part of it. */
export interface Actor {
  readonly name: string
  dead: boolean
  waiting: number
  /** It gets no turn before this step. */
  asleepUntil: number
}

/** Turns of the microtask queue after a task; an actor that needs more goes on after the next one. */
const maxTurns = 40

export class Scheduler {
  readonly random: Random
  /** The first thing that was wrong, or null. */
  violation: string | null = null
  steps = 0
  /** Looks at the world after each step. */
  watch: () => Promise<void> = async () => {}
  #tasks: Task[] = []

  constructor(seed: number) {
    this.random = seededRandom(seed)
  }

  actor(name: string): Actor {
    return { name, dead: false, waiting: 0, asleepUntil: 0 }
  }

  /** Waits for its turn, then does `effect`. */
  perform<T>(actor: Actor, effect: () => T, request = nothing): Promise<T> {
    return new Promise((resolve, reject) => {
      if (actor.dead) return
      actor.waiting++
      // The task resolves with what its own effect returned.
      this.#tasks.push({ actor, effect, request, resolve: resolve as Task['resolve'], reject })
    })
  }

  /** Runs an actor's life; what it throws is a violation. */
  run(actor: Actor, life: () => Promise<void>): void {
    life().catch((error: unknown) => {
      if (!actor.dead) this.fail(`${actor.name}: ${describe(error)}`)
    })
  }

  fail(what: string): void {
    this.violation ??= what
  }

  /** Somebody who is about to read or write an object of this prefix, or null. */
  waitingFor(prefix: string): Actor | null {
    const found = this.#tasks.filter(({ request }) => request.key.startsWith(prefix))
    return found[this.random.below(Math.max(1, found.length))]?.actor ?? null
  }

  /** Somebody who is about to create an object of this prefix. */
  writerOf(prefix: string): { readonly actor: Actor; readonly key: string } | null {
    const found = this.#tasks.find(
      ({ request }) => request.writes && request.key.startsWith(prefix),
    )
    return found === undefined ? null : { actor: found.actor, key: found.request.key }
  }

  /** Somebody of a role who is about to read this object. */
  readerOf(key: string, role: string): Actor | null {
    const found = this.#tasks.find(({ actor, request }) => {
      return request.key === key && !request.writes && actor.name.startsWith(role)
    })
    return found?.actor ?? null
  }

  /** Ends an actor for ever. Each of its tasks that would change the world happens or not. */
  kill(actor: Actor): void {
    const own = this.#tasks.filter((task) => task.actor === actor)
    this.#tasks = this.#tasks.filter((task) => task.actor !== actor)
    actor.dead = true
    for (const task of own) {
      if (task.request.writes && this.random.below(2) === 0) attempt(task.effect)
    }
  }

  /** Lets one task happen; false when nobody waits. */
  async step(): Promise<boolean> {
    this.steps++
    const task = this.#take()
    if (task === null) return this.#settle(null)
    task.actor.waiting--
    try {
      task.resolve(task.effect())
    } catch (error) {
      task.reject(error)
    }
    await this.#settle(task.actor)
    await this.watch()
    return true
  }

  #take(): Task | null {
    const count = this.#tasks.length
    if (count === 0) return null
    let at = this.random.below(count)
    for (let tries = 0; tries < count && this.#isAsleep(this.#tasks[at]); tries++) {
      at = (at + 1) % count // when all sleep one goes on all the same
    }
    const task = this.#tasks[at]
    const last = this.#tasks.pop()
    if (task === undefined || last === undefined) return null
    if (task !== last) this.#tasks[at] = last
    return task
  }

  #isAsleep(task: Task | undefined): boolean {
    return task !== undefined && task.actor.asleepUntil > this.steps
  }

  async #settle(actor: Actor | null): Promise<boolean> {
    const waits = () => actor !== null && actor.waiting > 0
    for (let turn = 0; turn < maxTurns && !waits(); turn++) await Promise.resolve()
    return this.#tasks.length > 0
  }

  /** Steps until `done` or nobody waits; at most `limit` steps. */
  async until(done: () => boolean, limit: number): Promise<void> {
    for (let i = 0; i < limit && !done() && this.violation === null; i++) {
      if (!(await this.step()) && !done()) {
        this.fail('everybody waits for ever')
        return
      }
    }
    if (!done()) this.fail(`not done after ${limit} steps`)
  }

  /** The clock of an actor: each step is `stepMs`, and every wait, however long, is one task. */
  clock(actor: Actor, stepMs = 10): Clock {
    const nowMs = () => 1_000_000 + this.steps * stepMs
    return {
      nowMs,
      nowNs: () => BigInt(nowMs()) * 1_000_000n,
      monotonicMs: nowMs,
      sleep: () => this.perform(actor, () => {}),
      turn: () => this.perform(actor, () => {}),
      after: (_, work) => {
        let canceled = false
        const timer = this.perform(actor, () => {
          if (!canceled) work()
        })
        timer.catch((error: unknown) => this.fail(describe(error)))
        return () => {
          canceled = true
        }
      },
    }
  }
}

function attempt(effect: () => unknown): void {
  try {
    effect()
  } catch {
    // The request failed, and nobody is left to be told.
  }
}

export function describe(error: unknown): string {
  return error instanceof Error ? `${error.name} ${error.message}` : String(error)
}
