/**
 * The entry of the program. Stripping types and compiling some hundred modules is most of what a start
 * costs; it is done once per version and kept in Node's compile cache. This file alone is no TypeScript, so
 * that the cache is on before the first module that is: where nothing has to be stripped, the stripper
 * itself is not loaded, 40 ms of CPU in every thread.
 *
 * The cache stands in the system's folder for temporary files, or where NODE_COMPILE_CACHE says.
 */
import { enableCompileCache, getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'

enableCompileCache()
const folder = getCompileCacheDir()
// Worker threads have it on from their first module only when their environment says so.
if (folder !== undefined) process.env.NODE_COMPILE_CACHE ??= dirname(folder)
await import('./main.ts')
