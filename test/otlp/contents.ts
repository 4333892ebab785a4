/** An intake as plain data, to compare what two decoders made of a request. */
import type { AnyIntake } from '#schemas/intake.ts'

/** All that an intake says: its bytes and the valid rows of every column. */
export function contents(intake: AnyIntake): unknown {
  const { groups, descriptors, streams, attributes, rows } = intake
  const tables = { groups, descriptors, streams, attributes, rows }
  const columns = Object.entries(tables).map(([name, table]) => [
    name,
    table.rows,
    Object.entries(table.columns).map(([column, words]) => [
      column,
      words.slice(0, column === 'attrFrom' ? table.rows + 1 : table.rows).join(' '),
    ]),
  ])
  return [Buffer.from(intake.bytes).toString('hex'), columns]
}
