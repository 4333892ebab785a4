/**
 * Requests of the simulated process: rows are numbers, each written once, and stand in runs as the
 * time of a log record. Decoding is the simulation's; what follows it, from the decoded intake to the
 * published run and its Log record, is the ingester's.
 */
import type { Slabs } from '#base/threads/slabs.ts'
import type { Decode, RawRequest } from '#ingester/request.ts'
import type { Intake } from '#schemas/intake.ts'
import { runLayouts } from '#storage/run/columns.ts'
import { at, PartView, readable } from '#storage/run/part-view.ts'
import { partsOf, type RunRef } from '#storage/run/run.ts'
import { addServices, logsIntake } from '#test/rows.ts'
import { signal, tenant, type Row } from './rows.ts'

/** Most rows of a request, refused ones included. */
export const maxRows = 4
const refused = 'refused'

/** A request of these rows; with `partial` it has one more row, which is refused. */
export function requestOf(ids: readonly number[], partial: boolean): RawRequest {
  const rows = partial ? [...ids, refused] : ids
  return {
    tenant,
    signal,
    encoding: 'protobuf',
    compression: 'identity',
    body: Buffer.from(rows.join(' ')),
    receivedNs: 0n,
    requestHash: (ids[0] ?? 0).toString(16).padStart(32, '0'),
  }
}

/** Intakes by number of rows, filled once: a request only writes its times. */
const intakes: (Intake<'logs'> | undefined)[] = []

function intakeOf(rows: number): Intake<'logs'> {
  const known = intakes[rows]
  if (known !== undefined) return known
  const made = logsIntake(Array.from({ length: rows }, () => ({ time: 0, body: 'b' })))
  addServices(made, ['s'])
  intakes[rows] = made
  return made
}

/** Decodes what `requestOf` made. */
export const decodeIds: Decode = (raw, { replay }) => {
  const ids = Buffer.from(raw.body).toString().split(' ')
  const intake = intakeOf(ids.length)
  ids.forEach((id, row) => {
    intake.rows.columns.timeLo[row] = id === refused ? 0 : Number(id)
  })
  if (replay || !ids.includes(refused)) return { intake, keep: null, rejects: [] }
  const keep = Uint8Array.from(ids, (id) => (id === refused ? 0 : 1))
  return { intake, keep, rejects: [{ code: 'sim', message: 'refused', rows: 1 }] }
}

/** The published rows of runs: Log offset and id. */
export function rowsOfRuns(slabs: Slabs, runs: readonly RunRef[]): Row[] {
  const rows: Row[] = []
  for (const { slab: index, words } of runs) {
    const slab = slabs.at(index)
    const view = readable(slab)
    for (const place of partsOf(slab, words)) {
      const part = new PartView(view, place, runLayouts[signal])
      const usedAgain = slab.words[place] === 0 || part.rows > maxRows
      if (usedAgain) throw new Error('a run was used again while it was read')
      const time = part.lane(0)
      for (let row = 0; row < part.rows; row++) rows.push([part.offset, at(part.words, time, row)])
    }
  }
  return rows
}
