/** What can go wrong at an HTTP or gRPC door before a handler sees the request. */
import { defineError } from '../errors.ts'

export const listenFailed = defineError({
  code: 'listen-failed',
  kind: 'unavailable',
  help: 'A port could not be listened on: another process has it, or the address is not of this machine. The message names the port and its setting.',
})

export const bodyLimit = defineError({
  code: 'body-limit',
  kind: 'too-large',
  setting: 'receiver.maxBodyBytes',
  help: 'A request body is larger than the limit. Send smaller batches, or raise the limit.',
})

export const bodySlow = defineError({
  code: 'body-slow',
  kind: 'timeout',
  setting: 'receiver.bodyIdle',
  help: 'A client stopped sending in the middle of a request, or sent it too slowly. Its bytes were given back to others.',
})

export const bodyCut = defineError({
  code: 'body-cut',
  kind: 'invalid',
  help: 'The body ended before as many bytes as its length says, or the connection broke while it was sent.',
})
