/** Loaded before the program, in every thread: the variant whose `fdatasync` is switched off. */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

fs.fdatasyncSync = () => {}
syncBuiltinESMExports()
