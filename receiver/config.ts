/** Settings of the receiver: the sizes it takes and the ports it listens on. */
import { z } from 'zod'
import { bytes, duration, integer } from '#base/config/declare.ts'

export const receiverConfig = z.strictObject({
  grpcPort: integer(0, 65_535)
    .default(4317)
    .describe('Port of OTLP over gRPC; 0 takes a free one.'),
  httpPort: integer(0, 65_535)
    .default(4318)
    .describe('Port of OTLP over HTTP; 0 takes a free one.'),
  maxBodyBytes: bytes
    .prefault('64MiB')
    .describe('Largest request body, as sent and after decompression.'),
  maxRows: integer(1, 10_000_000)
    .default(250_000)
    .describe('Log records, data points or spans in one request.'),
  maxAttributes: integer(1, 100_000_000)
    .default(2_000_000)
    .describe('Attributes of all rows of one request together.'),
  bodyTimeout: duration
    .prefault('30s')
    .describe('How long a client may take to send a whole request.'),
  bodyIdle: duration
    .prefault('5s')
    .describe(
      'How long a client may pause in the middle of a request before its place goes to others.',
    ),
  drainRetry: duration
    .prefault('2s')
    .describe('When a sender that was refused for the moment is told to try again.'),
})

export type ReceiverConfig = z.infer<typeof receiverConfig>
