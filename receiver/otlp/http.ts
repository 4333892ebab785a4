/**
 * OTLP over HTTP as a hono app: POST /v1/{logs,metrics,traces}, and all other paths and methods, which
 * are answered as text. Most export requests are answered by `direct.ts` before they come here.
 */
import { Hono } from 'hono'
import { readBody } from '#base/http/body.ts'
import { httpStatus, statusOf } from '#base/status.ts'
import { signalNames } from '#schemas/signals/index.ts'
import { writeError, type Intakes } from '../admit.ts'
import { methodNotAllowed, pathUnknown } from '../errors.ts'
import {
  answerExport,
  retryHeader,
  textAnswer,
  type HttpAnswer,
  type HttpLimits,
} from './export.ts'

/** What node:http gives beside the Request, when there is a socket. */
interface NodeBindings {
  readonly incoming?: AsyncIterable<Uint8Array>
}

export function createOtlpApp(
  intakes: Intakes,
  limits: HttpLimits,
): Hono<{ Bindings: NodeBindings }> {
  const app = new Hono<{ Bindings: NodeBindings }>()
  for (const signal of signalNames) {
    app.post(`/v1/${signal}`, async (c) => {
      // `env` is undefined where the app is called with a Request alone.
      const bindings: NodeBindings | undefined = c.env
      const request = {
        signal,
        header: (name: string) => c.req.header(name) ?? null,
        read: (options: Parameters<typeof readBody>[1]) =>
          readBody(bindings?.incoming ?? c.req.raw.body, options),
      }
      return responseOf(await answerExport(request, intakes, limits))
    })
    app.all(`/v1/${signal}`, () => {
      const error = methodNotAllowed.make('only POST is allowed here')
      return responseOf(textAnswer(httpStatus.methodNotAllowed, error, { allow: 'POST' }))
    })
  }
  app.notFound((c) => {
    const error = pathUnknown.make(`there is nothing at ${c.req.path.slice(0, 200)}`)
    return responseOf(textAnswer(statusOf['not-found'].http, error))
  })
  app.onError((error) => {
    const known = writeError(intakes, error)
    return responseOf(textAnswer(statusOf[known.kind].http, known, retryHeader(known)))
  })
  return app
}

function responseOf({ status, headers, body }: HttpAnswer): Response {
  return new Response(body, { status, headers: { ...headers } })
}
