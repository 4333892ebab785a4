/** The report of a benchmark: figures, with the goal each must meet if it has one. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** At most this. */
  readonly goal?: number
  /** At least this. */
  readonly atLeast?: number
}

/** Prints the figures, with `--json` also as the last line, and sets exit code 1 when a goal is missed. */
export function report(bench: string, figures: readonly Figure[]): void {
  for (const { name, value, unit, goal, atLeast } of figures) {
    const most = goal === undefined ? '' : ` (goal: at most ${goal})`
    const aim = atLeast === undefined ? most : ` (goal: at least ${atLeast})`
    console.log(`${name}: ${Number(value.toPrecision(4))} ${unit}${aim}`)
  }
  const missed = figures.filter(
    ({ value, goal = Infinity, atLeast = -Infinity }) => value > goal || value < atLeast,
  )
  for (const { name } of missed) console.log(`missed: ${name}`)
  if (process.argv.includes('--json')) console.log(JSON.stringify({ bench, figures }))
  process.exitCode = missed.length === 0 ? 0 : 1
}
