/** The settings of the program: those of all rooms, joined. */
import { z } from 'zod'
import { bytes, integer, secret } from '#base/config/declare.ts'
import { compactorConfig } from '#compactor/config.ts'
import { distributorConfig } from '#distributor/config.ts'
import { ingesterConfig } from '#ingester/config.ts'
import { querierConfig } from '#querier/config.ts'
import { receiverConfig } from '#receiver/config.ts'

const port = (what: string, standard: number) =>
  integer(0, 65_535).prefault(standard).describe(`Port of ${what}; 0 takes a free one.`)

const listenConfig = z.strictObject({
  host: z
    .string()
    .prefault('127.0.0.1')
    .describe('Address to listen on. The default serves this machine only.'),
  lokiPort: port('the Loki API', 3100),
  prometheusPort: port('the Prometheus API', 9090),
  tempoPort: port('the Tempo API', 3200),
  adminPort: port('the admin API: /live, /ready, /metrics, /config', 3101),
})

const storageConfig = z.strictObject({
  dir: z
    .string()
    .prefault('./signalbox-data')
    .describe('Folder of the Log and, without `storage.url`, of all data.'),
  url: z.string().optional().describe('Object store for blocks, as s3://bucket/prefix.'),
  endpoint: z.string().optional().describe('Address of the S3 server, where it is not AWS.'),
  region: z.string().prefault('us-east-1').describe('Region of the bucket.'),
  accessKey: z.string().optional().describe('Access key; default: the usual AWS sources.'),
  secretKey: secret.optional().describe('Secret of the access key.'),
  budget: bytes
    .prefault('20GB')
    .describe(
      'Disk space for everything: blocks and the Log. The oldest data goes when it is used up.',
    ),
})

export const programConfig = z.strictObject({
  memory: bytes
    .optional()
    .describe('Memory for the whole process; default a quarter of the machine, at most 2 GiB.'),
  logLevel: z
    .enum(['error', 'warn', 'info', 'debug'])
    .prefault('info')
    .describe('Least level of log lines about the process itself.'),
  listen: listenConfig.prefault({}),
  storage: storageConfig.prefault({}),
  receiver: receiverConfig.prefault({}),
  distributor: distributorConfig.prefault({}),
  ingester: ingesterConfig.prefault({}),
  querier: querierConfig.prefault({}),
  compactor: compactorConfig.prefault({}),
})

export type ProgramConfig = z.output<typeof programConfig>
