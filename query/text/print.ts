/**
 * The kit of canonical printers. One-line forms are plain template strings; this is what the
 * multi-line form of Prometheus and Loki needs: a node that fits the line stays on it, one that does
 * not is split over lines, two spaces per level.
 */

/** The width past which the reference printers split a node, in characters. */
export const maxLineLength = 100

/** Whether a one-line form must be split. Counts code units; the reference counts bytes. */
export function needsSplit(oneLine: string): boolean {
  return oneLine.length > maxLineLength
}

/** The leading space of a line at a level. */
export function indent(level: number): string {
  return '  '.repeat(level)
}

/** `items` printed and put together with `separator`; the items that print as nothing are left out. */
export function join<T>(
  items: readonly T[],
  separator: string,
  print: (item: T) => string = String,
): string {
  let text = ''
  for (const item of items) {
    const part = print(item)
    if (part !== '') text += text === '' ? part : separator + part
  }
  return text
}

/** A bracketed list over lines: the opener, one already indented item per line, the closer at `level`. */
export function block(
  open: string,
  items: readonly string[],
  close: string,
  level: number,
): string {
  return `${open}\n${items.join(',\n')}\n${indent(level)}${close}`
}
