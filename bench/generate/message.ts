/** Writes protobuf messages of OTLP for generators: nested messages, texts, numbers and attributes. */
import { ByteWriter } from '#base/bytes/writer.ts'

export type Value = string | number

export class Message {
  readonly out = new ByteWriter(1 << 20)
  readonly #header = new ByteWriter(16)

  /** A nested message in field `field`. */
  nested(field: number, write: () => void): void {
    const inner = this.#header
    const outer = this.out
    // The nested message is written behind and moved once its length is known.
    const from = outer.length
    write()
    const length = outer.length - from
    inner.reset()
    inner.varint((field << 3) | 2)
    inner.varint(length)
    outer.reserve(inner.length)
    outer.bytes.copyWithin(from + inner.length, from, outer.length)
    outer.bytes.set(inner.view(), from)
    outer.length += inner.length
  }

  text(field: number, value: string): void {
    this.bytes(field, Buffer.from(value))
  }

  bytes(field: number, value: Uint8Array): void {
    this.out.varint((field << 3) | 2)
    this.out.varint(value.length)
    this.out.raw(value, 0, value.length)
  }

  varint(field: number, value: number): void {
    this.out.varint(field << 3)
    this.out.varint(value)
  }

  fixed64(field: number, value: bigint): void {
    this.out.varint((field << 3) | 1)
    this.out.u64(Number(value & 0xffffffffn), Number(value >> 32n))
  }

  double(field: number, value: number): void {
    this.out.varint((field << 3) | 1)
    this.out.f64(value)
  }

  /** KeyValue: whole numbers become ints. */
  attribute(field: number, key: string, value: Value): void {
    this.nested(field, () => {
      this.text(1, key)
      this.nested(2, () => {
        if (typeof value === 'string') this.text(1, value)
        else if (Number.isInteger(value)) this.varint(3, value)
        else this.double(4, value)
      })
    })
  }

  take(): Buffer {
    const bytes = Buffer.from(this.out.copy())
    this.out.reset()
    return bytes
  }
}

/** The resource of a Kubernetes pod: twelve attributes, as agents send them. */
export function podResource(message: Message, field: number, pod: number): void {
  const app =
    ['checkout', 'catalog', 'payment', 'shipping', 'frontend', 'identity', 'search', 'billing'][
      pod % 8
    ] ?? ''
  const name = `${app}-${(pod * 2654435761).toString(36)}`
  const attributes: [string, Value][] = [
    ['service.name', app],
    ['service.namespace', 'shop'],
    ['service.version', `1.4.${pod % 8}`],
    ['service.instance.id', name],
    ['host.name', `ip-10-0-${pod >> 2}-17.eu-west-1.compute.internal`],
    ['k8s.pod.name', name],
    ['k8s.namespace.name', 'prod'],
    ['k8s.node.name', `node-${pod >> 2}`],
    ['k8s.container.name', app],
    ['deployment.environment.name', 'production'],
    ['telemetry.sdk.language', 'go'],
    ['telemetry.sdk.version', '1.38.0'],
  ]
  message.nested(field, () => {
    for (const [key, value] of attributes) message.attribute(1, key, value)
  })
}
