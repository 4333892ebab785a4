/**
 * How many bytes each text begins with that the one before begins with too, in AssemblyScript, sixteen
 * bytes at a time; `shared-bytes.ts` is the only caller and lays out the memory. Loads run up to 15 bytes
 * behind the last text.
 * Build: --initialMemory 5
 */

/** Writes that of texts 1 to `count` - 1 to `out`; text i is [starts[i], starts[i + 1]) against `base`, from `text` on. */
export function sharedBytes(text: usize, starts: usize, base: u32, count: u32, out: usize): void {
  let before = text + <usize>(load<u32>(starts) - base)
  let from = text + <usize>(load<u32>(starts + 4) - base)
  for (let i: usize = 1; i < <usize>count; i++) {
    const end = text + <usize>(load<u32>(starts + ((i + 1) << 2)) - base)
    const most = min(from - before, end - from)
    let at: usize = 0
    while (at < most) {
      const differ = i8x16.bitmask(i8x16.ne(v128.load(before + at), v128.load(from + at)))
      if (differ != 0) {
        at += <usize>ctz(differ)
        break
      }
      at += 16
    }
    store<u32>(out + (i << 2), <u32>min(at, most))
    before = from
    from = end
  }
}
