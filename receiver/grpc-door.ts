/**
 * The gRPC door as a Part that loads the gRPC library when it starts: the HTTP door is open by then,
 * and a start need not wait for it.
 */
import type { GrpcServer, GrpcServerOptions } from '#base/grpc/server.ts'
import type { Intakes } from './admit.ts'

export function createGrpcDoor(intakes: Intakes, options: GrpcServerOptions): GrpcServer {
  let server: GrpcServer | null = null
  return {
    name: options.name,
    port: () => server?.port() ?? 0,
    async start() {
      const [{ createGrpcServer }, { otlpMethods }] = await Promise.all([
        import('#base/grpc/server.ts'),
        import('./otlp/grpc.ts'),
      ])
      server = createGrpcServer(options, otlpMethods(intakes))
      await server.start()
    },
    drain: async (deadline) => server?.drain(deadline),
    stop: async () => server?.stop(),
    unready: () => (server === null ? 'not listening' : server.unready()),
  }
}
