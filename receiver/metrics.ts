/** What the receiver counts about itself. Tenants are no label: their number has no bound. */
import { counter } from '#base/metrics.ts'

export const requests = counter(
  'signalbox_receiver_requests_total',
  'Write requests by signal, protocol and outcome (ok, partial, or the kind of the error).',
  ['signal', 'protocol', 'outcome'],
)

export const rows = counter(
  'signalbox_receiver_rows_total',
  'Log records, data points and spans by signal and outcome (accepted, refused).',
  ['signal', 'outcome'],
)

export const bodyBytes = counter(
  'signalbox_receiver_body_bytes_total',
  'Bytes of request bodies as received, by signal and protocol.',
  ['signal', 'protocol'],
)

export const repeats = counter(
  'signalbox_receiver_repeats_total',
  'Requests that had been seen before and got the receipt of the first.',
  ['signal'],
)
