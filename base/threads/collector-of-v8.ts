/**
 * V8's collection of garbage as a function. V8 gives it away only under a flag; it is set here, for a
 * context that is made for it and dropped, so that nothing else can call it. Null where that fails: then
 * memory is collected when V8 thinks so.
 */
import v8 from 'node:v8'
import vm from 'node:vm'

/** `minor` collects what is young, in a millisecond or less; `major` everything, in some of them per 10 MB that live. */
export type Collect = (options: { readonly type: 'minor' | 'major' }) => void

export function collectOfV8(): Collect | null {
  v8.setFlagsFromString('--expose-gc')
  const found: unknown = vm.runInNewContext('typeof gc === "function" ? gc : null')
  v8.setFlagsFromString('--no-expose-gc')
  return typeof found === 'function' ? (found as Collect) : null // takes options since V8 8
}
