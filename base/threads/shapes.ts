/**
 * Shapes of objects that a thread needs again. V8 compiles a function for the shapes of the objects that it
 * has seen, and holds a shape only as long as some object has it. Work that comes in jobs leaves no object
 * behind: the next marking of the heap forgets the shapes and with them the code, so that each job begins
 * in the interpreter and has its functions compiled anew. A flush of logs after a marking took 1.2 times the CPU
 * of its thread and 1.6 times that of the process, whose other threads compile. So who does such work keeps
 * objects of its newest job until the next.
 *
 * They keep what they refer to: where memory is short nothing is held (`kept.ts`).
 */
import { keptOf } from '../bytes/kept.ts'

const held = new Map<string, readonly object[]>()

/** Holds objects of a kind of work in place of those of its job before. */
export function holdShapes(work: string, objects: readonly object[]): void {
  if (keptOf(1) === 1) held.set(work, objects)
}
