/** A service of the shop in a process of its own: `node service.ts NAME OTLP-URL PEERS-AS-JSON`. Prints its port. */
import { serve } from './http.ts'
import { handlerOf, serviceNames, type Peers } from './services.ts'
import { startTelemetry } from './telemetry.ts'

const [, , asked, url = '', peers = '{}'] = process.argv
const name = serviceNames.find((known) => known === asked)
if (name === undefined) throw new Error(`no service ${String(asked)}`)
const telemetry = startTelemetry(name, url)
const server = await serve(handlerOf(name, JSON.parse(peers) as Peers)) // written by main.ts
console.log(`port ${server.port}`)
process.once('SIGTERM', () => {
  server.close()
  telemetry.end().then(
    () => process.exit(0),
    () => process.exit(1),
  )
})
