/**
 * Compressed CSV files (RFC 4180: quoted fields may hold commas, line ends and doubled quotes) to records
 * by column name.
 */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** The table of a gzip file; throws when a row has more or fewer fields than the header. */
export function readCsv(path: string): Table {
  const [columns = [], ...rows] = parseCsv(gunzipSync(readFileSync(path)).toString())
  const bad = rows.findIndex((row) => row.length !== columns.length)
  if (bad >= 0) throw new Error(`${path}: row ${bad + 1} has ${rows[bad]?.length} fields`)
  return { columns, rows }
}

/** All rows of a text with the header; the last line may lack its end. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  // A field, then what ends it: a comma, a line end or the end of the text.
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y
  while (field.lastIndex < text.length) {
    const at = field.lastIndex
    const match = field.exec(text)
    if (match === null) throw new Error(`no field at character ${at}`)
    const [, quoted, plain = '', end] = match
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',' && field.lastIndex < text.length) continue
    if (end === ',') row.push('')
    rows.push(row)
    row = []
  }
  return rows
}

/** The index of a column; throws when the table has none of this name. */
export function column(table: Table, name: string): number {
  const index = table.columns.indexOf(name)
  if (index < 0) throw new Error(`no column ${name} in ${table.columns.join(', ')}`)
  return index
}
