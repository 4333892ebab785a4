/**
 * Matchers of a selection as tests: of a stream before it is read (could any of its series match?), of a
 * series once its point's label is known, and hints by which storage finds streams.
 */
import { compile } from '#base/regex/match.ts'
import type { StreamIdentity } from '#schemas/identity.ts'
import {
  isOnlyText,
  onlyKeyOf,
  prometheusStream,
  targetInfo,
  type SeriesLabels,
  type SeriesPart,
} from '#schemas/names/prometheus.ts'
import type { StreamHint } from '#schemas/predicate.ts'
import type { Matcher } from '../../plan/column.ts'
import type { Tenant } from '#schemas/tenant.ts'
import { labelValue, metricName, withLabel } from '../labels.ts'
import type { Labels } from '../operator.ts'
import type { Source } from '../source.ts'

type Test = (value: string) => boolean

interface LabelTest {
  readonly label: string
  readonly test: Test
}

export class SeriesMatcher {
  readonly hints: readonly StreamHint[]
  readonly #name: readonly Test[]
  readonly #labels: readonly LabelTest[]
  /** Names seen, as names repeat in every stream of a metric. */
  readonly #names = new Map<string, boolean>()

  /** Throws `regex-invalid` on a bad pattern. */
  constructor(matchers: readonly Matcher[]) {
    const tests = matchers.map((matcher) => ({ label: matcher.label, test: testOf(matcher) }))
    this.#name = tests.filter(({ label }) => label === metricName).map(({ test }) => test)
    this.#labels = tests.filter(({ label }) => label !== metricName)
    this.hints = hintsOf(matchers)
  }

  /** The parts of a stream of which some series may match; the point's label is not looked at yet. */
  parts(identity: StreamIdentity): readonly SeriesPart[] {
    const stream = prometheusStream(identity)
    if (stream === null) return none
    const { labels, parts } = stream
    const named = parts.filter(({ name }) => this.#nameFits(name))
    return named.length === 0
      ? none
      : named.filter(({ pointLabel }) => this.#labelsFit(labels, pointLabel))
  }

  /** Whether the stream's `target_info` matches. */
  info(identity: StreamIdentity): boolean {
    if (!this.#nameFits('target_info')) return false
    const labels = targetInfo(identity)
    return labels !== null && this.#labelsFit(labels, null)
  }

  /** Whether the point's label, which `parts` left out, fits. */
  pointLabel(label: string, value: string): boolean {
    return this.#labels.every((one) => one.label !== label || one.test(value))
  }

  #nameFits(name: string): boolean {
    let fits = this.#names.get(name)
    if (fits === undefined) {
      fits = this.#name.every((test) => test(name))
      this.#names.set(name, fits)
    }
    return fits
  }

  #labelsFit(labels: SeriesLabels, except: string | null): boolean {
    for (const { label, test } of this.#labels) {
      if (label !== except && !test(labelValue(labels, label))) return false
    }
    return true
  }
}

/** Whose a series is, where a query is over several tenants; what Mimir calls it. */
const tenantLabel = '__tenant_id__'

/** The tenant that series of `source` are labelled with: none where there is only one. */
export function tenantOf(source: Source, sources: readonly Source[]): Tenant | null {
  return sources.length > 1 ? source.tenant : null
}

/** Selectors as they apply to the series of one tenant of several, which do not have their label yet: those it fits, without it. */
export function selectorsOf(
  selectors: readonly (readonly Matcher[])[],
  tenant: Tenant | null,
): readonly (readonly Matcher[])[] {
  if (tenant === null) return selectors
  return selectors
    .filter((selector) =>
      selector.every((matcher) => matcher.label !== tenantLabel || testOf(matcher)(tenant)),
    )
    .map((selector) => selector.filter(({ label }) => label !== tenantLabel))
}

/** Labels of a series with its tenant, where there are several. */
export function withTenant(labels: Labels, tenant: Tenant | null): Labels {
  return tenant === null ? labels : withLabel(labels, tenantLabel, tenant)
}

const none: readonly SeriesPart[] = []

/** Whether all matchers hold for a label set. Throws `regex-invalid` on a bad pattern. */
export function labelsTest(matchers: readonly Matcher[]): (labels: SeriesLabels) => boolean {
  const tests = matchers.map((matcher) => ({ label: matcher.label, test: testOf(matcher) }))
  return (labels) => tests.every(({ label, test }) => test(labelValue(labels, label)))
}

/** A missing label is the empty text. */
function testOf({ operator, value }: Matcher): Test {
  if (operator === '=') return (text) => text === value
  if (operator === '!=') return (text) => text !== value
  const matcher = compile(value, { anchored: true })
  return operator === '=~' ? (text) => matcher.testText(text) : (text) => !matcher.testText(text)
}

/** Only what is certain: a label that one attribute alone can be, with a value that only text can be. */
function hintsOf(matchers: readonly Matcher[]): StreamHint[] {
  return matchers.flatMap(({ label, operator, value }) => {
    const key = onlyKeyOf(label)
    return operator === '=' && value !== '' && key !== null && isOnlyText(value)
      ? [{ key, value }]
      : []
  })
}
