/**
 * The program `signalbox`. Next to nothing is loaded before the compile cache of Node is on: stripping
 * types and compiling some hundred modules is most of what a start costs, and is done once per version.
 * The cache stands in the system's folder for temporary files, or where NODE_COMPILE_CACHE says.
 */
import { enableCompileCache } from 'node:module'
import { beginAgain } from './again.ts'

if (process.argv[2] === 'run') beginAgain()
enableCompileCache()
const { main } = await import('./command.ts')
await main(process.argv.slice(2))
