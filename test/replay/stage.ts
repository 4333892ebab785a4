/** A program under replay: started on one folder, killed and started again, its rows moved into blocks. */
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSignalbox, type Started } from '#test/signalbox.ts'

/** The data is from 2022: it is kept. Compaction runs when asked, so that a check knows where rows are. */
const flags = [
  '--compactor.logs-retention=7300d',
  '--compactor.metrics-retention=7300d',
  '--compactor.traces-retention=7300d',
  '--compactor.every=1h',
  '--log-level=warn',
]

export class Stage {
  readonly #dir = mkdtempSync(join(tmpdir(), 'signalbox-replay-'))
  #started: Started | null = null

  /** The running program. */
  get program(): Started {
    if (this.#started === null) throw new Error('the program was not started')
    return this.#started
  }

  async start(): Promise<void> {
    this.#started = await startSignalbox(this.#dir, flags)
  }

  /** Ends the process without a word and starts it again on the same folder. */
  async killAndStart(): Promise<void> {
    await this.program.end('SIGKILL')
    await this.start()
  }

  /** Writes all runs to L0. */
  flush(): Promise<void> {
    return this.#post('/flush')
  }

  /** Moves all L0 to L1. */
  fold(): Promise<void> {
    return this.#post('/fold')
  }

  /** Moves all L0 to L1 and merges what is due: blocks of old rows are. */
  compact(): Promise<void> {
    return this.#post('/compact')
  }

  /** Blocks of a signal by level. */
  blocks(signal: string): { l0: number; l1: number; l2: number } {
    const count = (pattern: string): number => globSync(pattern, { cwd: this.#dir }).length
    return {
      l0: count(`objects/l0/${signal}/**/*.sbx`),
      l1: count(`objects/data/${signal}/*/*/1/*.sbx`),
      l2: count(`objects/data/${signal}/*/*/2/*.sbx`),
    }
  }

  async #post(path: string): Promise<void> {
    const url = `http://127.0.0.1:${this.program.ports.admin}${path}`
    const response = await fetch(url, { method: 'POST' })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  }

  /** Ends the process and removes the folder. */
  async end(): Promise<void> {
    await this.#started?.end('SIGKILL')
    rmSync(this.#dir, { recursive: true })
  }
}
