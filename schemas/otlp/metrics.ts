/** opentelemetry.proto.metrics.v1 and its collector request as tables (OTLP 1.10). */
import { keyValue, resource, scope } from './common.ts'
import { message } from './message.ts'

const temporalities = ['UNSPECIFIED', 'DELTA', 'CUMULATIVE'].map(
  (name) => `AGGREGATION_TEMPORALITY_${name}`,
)

export const exemplar = message('Exemplar', [
  [2, 'timeUnixNano', 'fixed64'],
  [3, 'asDouble', 'double'],
  [4, 'spanId', 'id'],
  [5, 'traceId', 'id'],
  [6, 'asInt', 'sfixed64'],
  [7, 'filteredAttributes', () => keyValue, 'repeated'],
])

export const numberDataPoint = message('NumberDataPoint', [
  [2, 'startTimeUnixNano', 'fixed64'],
  [3, 'timeUnixNano', 'fixed64'],
  [4, 'asDouble', 'double'],
  [5, 'exemplars', () => exemplar, 'repeated'],
  [6, 'asInt', 'sfixed64'],
  [7, 'attributes', () => keyValue, 'repeated'],
  [8, 'flags', 'uint32'],
])

export const histogramDataPoint = message('HistogramDataPoint', [
  [2, 'startTimeUnixNano', 'fixed64'],
  [3, 'timeUnixNano', 'fixed64'],
  [4, 'count', 'fixed64'],
  [5, 'sum', 'double'],
  [6, 'bucketCounts', 'fixed64', 'repeated'],
  [7, 'explicitBounds', 'double', 'repeated'],
  [8, 'exemplars', () => exemplar, 'repeated'],
  [9, 'attributes', () => keyValue, 'repeated'],
  [10, 'flags', 'uint32'],
  [11, 'min', 'double'],
  [12, 'max', 'double'],
])

const buckets = message('ExponentialHistogramDataPoint.Buckets', [
  [1, 'offset', 'sint32'],
  [2, 'bucketCounts', 'uint64', 'repeated'],
])

export const exponentialHistogramDataPoint = message('ExponentialHistogramDataPoint', [
  [1, 'attributes', () => keyValue, 'repeated'],
  [2, 'startTimeUnixNano', 'fixed64'],
  [3, 'timeUnixNano', 'fixed64'],
  [4, 'count', 'fixed64'],
  [5, 'sum', 'double'],
  [6, 'scale', 'sint32'],
  [7, 'zeroCount', 'fixed64'],
  [8, 'positive', () => buckets],
  [9, 'negative', () => buckets],
  [10, 'flags', 'uint32'],
  [11, 'exemplars', () => exemplar, 'repeated'],
  [12, 'min', 'double'],
  [13, 'max', 'double'],
  [14, 'zeroThreshold', 'double'],
])

const valueAtQuantile = message('SummaryDataPoint.ValueAtQuantile', [
  [1, 'quantile', 'double'],
  [2, 'value', 'double'],
])

export const summaryDataPoint = message('SummaryDataPoint', [
  [2, 'startTimeUnixNano', 'fixed64'],
  [3, 'timeUnixNano', 'fixed64'],
  [4, 'count', 'fixed64'],
  [5, 'sum', 'double'],
  [6, 'quantileValues', () => valueAtQuantile, 'repeated'],
  [7, 'attributes', () => keyValue, 'repeated'],
  [8, 'flags', 'uint32'],
])

const gauge = message('Gauge', [[1, 'dataPoints', () => numberDataPoint, 'repeated']])

const sum = message('Sum', [
  [1, 'dataPoints', () => numberDataPoint, 'repeated'],
  [2, 'aggregationTemporality', 'enum', temporalities],
  [3, 'isMonotonic', 'bool'],
])

const histogram = message('Histogram', [
  [1, 'dataPoints', () => histogramDataPoint, 'repeated'],
  [2, 'aggregationTemporality', 'enum', temporalities],
])

const exponentialHistogram = message('ExponentialHistogram', [
  [1, 'dataPoints', () => exponentialHistogramDataPoint, 'repeated'],
  [2, 'aggregationTemporality', 'enum', temporalities],
])

const summary = message('Summary', [[1, 'dataPoints', () => summaryDataPoint, 'repeated']])

const metric = message('Metric', [
  [1, 'name', 'text'],
  [2, 'description', 'text'],
  [3, 'unit', 'text'],
  [5, 'gauge', () => gauge],
  [7, 'sum', () => sum],
  [9, 'histogram', () => histogram],
  [10, 'exponentialHistogram', () => exponentialHistogram],
  [11, 'summary', () => summary],
  [12, 'metadata', () => keyValue, 'repeated'],
])

const scopeMetrics = message('ScopeMetrics', [
  [1, 'scope', () => scope],
  [2, 'metrics', () => metric, 'repeated'],
  [3, 'schemaUrl', 'text'],
])

const resourceMetrics = message('ResourceMetrics', [
  [1, 'resource', () => resource],
  [2, 'scopeMetrics', () => scopeMetrics, 'repeated'],
  [3, 'schemaUrl', 'text'],
])

export const metricsRequest = message('ExportMetricsServiceRequest', [
  [1, 'resourceMetrics', () => resourceMetrics, 'repeated'],
])
