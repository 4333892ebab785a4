/** The program `signalbox`. It is started through `main.js`, which sees to it that it starts fast. */
import { main } from './command.ts'

await main(process.argv.slice(2))
