/**
 * Valid inputs and words of each language for the generators. The words are the language's tokens with
 * those that open or join something, so that random order still nests.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Material } from './generate.ts'
import { readCases as readLogql } from '#test/logql/cases.ts'
import { readCases as readPromql } from '#test/promql/cases.ts'

function words(text: string): readonly string[] {
  return text.split(' ').filter((word) => word !== '')
}

/** The queries of our TraceQL corpus that are followed by their canonical form. */
function traceqlCases(): readonly string[] {
  const folder = join(import.meta.dirname, '../traceql')
  const queries: string[] = []
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.txt'))) {
    const lines = readFileSync(join(folder, file), 'utf8').split('\n')
    for (const [index, line] of lines.entries()) {
      if (lines[index + 1]?.startsWith('→ ') === true) queries.push(line)
    }
  }
  return queries
}

export const promql: Material = {
  seeds: readPromql('valid.txt').map(({ query }) => query),
  words: [
    ...words(
      `( ) { } [ ] , = != =~ !~ == > < >= <= + - * / % ^ atan2 and or unless bool on( ignoring(`,
    ),
    ...words(`group_left( group_right( by( without( offset @ start() end() sum( rate( topk( abs(`),
    ...words(
      `count_values( label_replace( histogram_quantile( time() metric a_b:c "s" 's' 5m 1h30m 1e3`,
    ),
    ...words(
      `0x1F NaN Inf -1 [5m] [5m:] [5m:1m] {a="b"} fill( anchored smoothed info( range() step() ::`,
    ),
  ],
}

export const logql: Material = {
  seeds: [
    '{app="web"} |= "error" != "timeout" |~ `a+b` | json | level="error" | line_format "{{.msg}}"',
    'sum by (app) (rate({app=~"w.+", env!="dev"} | logfmt --strict | duration > 1.5s or size <= 10KB [5m] offset 1h))',
    'topk(5, sum by (path) (count_over_time({job="nginx"} | pattern `<ip> - <_> "<method> <path>"` [1m])))',
    'quantile_over_time(0.99, {app="web"} | json | unwrap duration(latency) | __error__="" [1m]) by (app)',
    'rate({app="web"}[1m]) / on(app) group_left(team) rate({app="db"}[1m]) > bool 0.5',
    '{app="web"} | json a="b.c[0]", d | label_format x=y, z="{{ ToUpper .a }}" | drop a, b="c" | keep d',
    '{app="web"} |= ip("10.0.0.0/8") | addr != ip("::1") | regexp `(?P<name>\\w+)` | decolorize | unpack',
    'label_replace(vector(1), "a", "$1", "b", "(.*)") or absent_over_time({a="b"}[1h])',
    '{app="web"} |> "a<_>b" or "c<_>" | a="x", b="y" or c="z" and d=~".*" # comment',
    ...readLogql('valid.txt').map(({ query }) => query),
    'sum(bytes_over_time({app="web"} [1d])) ^ 2 unless max_over_time({a="b"} | unwrap x [5m]) without (y)',
  ],
  words: [
    ...words(
      '( ) { } [ ] , = != =~ !~ == > < >= <= + - * / % ^ | |= |~ |> !> and or unless bool on(',
    ),
    ...words('ignoring( group_left( by( without( offset json logfmt regexp pattern unpack unwrap'),
    ...words(
      'line_format label_format decolorize drop keep --strict --keep-empty ip( sum( rate( topk(',
    ),
    ...words(
      'count_over_time( quantile_over_time( label_replace( vector( variants( of bytes( duration(',
    ),
    ...words(
      '{a="b"} [5m] "s" `s` "{{.x}}" "<a>" "(" 5m 10KB 1.5 -1 0x1 name __error__ # // /* */',
    ),
  ],
}

export const traceql: Material = {
  seeds: [
    '{ span.http.status_code >= 500 && resource.service.name = "web" || duration > 1.5s }',
    '{ status = error } >> { kind = server && name =~ "GET.*" } | count() > 2 | by(span.x) | select(.a, .b)',
    '({ .a = 1 } | avg(duration) > 1ms) && { .b != nil } | coalesce()',
    '{ !(.a = "x") && -.b + 2 * 3 ^ 2 % 5 < span."quoted name" } !~ { event:name = "e" } &<< { link:spanID = "1" }',
    '{ resource.service.name = "web" } | quantile_over_time(duration, .5, .9, .99) by(span.route, name)',
    '{ } | rate() by(resource.service.name) | topk(5) > 2 with(exemplars=true, sample=0.1)',
    '{ kind = client } | compare({ status = error }, 10, 1, 2)',
    '({ } | rate()) / ({ status = error } | rate()) * 100',
    '{ rootName = `x` && traceDuration > 1h && nestedSetParent < 0 && true != false && .a = minInt }',
    '{ .a } | min(.b) + max(.c) / sum(.d) >= 3 | { .e =~ "[a-z]+" } // comment',
    ...traceqlCases(),
  ],
  words: [
    ...words(
      '( ) { } , = != =~ !~ > < >= <= + - * / % ^ && || ! >> << ~ !> !< !>> !<< &> &< &>> &<< &~',
    ),
    ...words(
      '| . span. resource. event. link. instrumentation. parent. span: trace: by( select( coalesce()',
    ),
    ...words(
      'count() avg( min( max( sum( rate() count_over_time() quantile_over_time( histogram_over_time(',
    ),
    ...words(
      'compare( topk( bottomk( with( nil true false ok error unset server client minInt maxInt',
    ),
    ...words(
      'duration name status kind rootName nestedSetLeft {.a=1} "s" `s` 1 1.5 5ms 1d // /* */ .a."b"',
    ),
  ],
}

export const regex: Material = {
  seeds: [
    '(?i)error|warn(ing)?',
    '^(?P<ip>\\d{1,3}(?:\\.\\d{1,3}){3}) - (?P<user>\\S+)',
    '[a-zA-Z_][^\\]]*[[:alpha:]]\\pL\\p{Greek}\\P{^Lu}',
    '(a+)+$|.*.*.*x|(x*?y+?z??){2,5}',
    '\\Qliteral.\\E\\x41\\x{1f600}\\123\\a\\f\\t\\n\\r\\v\\z\\A\\b\\B',
    '(?ims-U:a.b^c$)(?<name>d)',
    'a{0,1000}|b{3,}|c{2}',
  ],
  words: [
    ...words(
      '( ) (?: (?i) (?s: (?P<n> (?<n> | * + ? *? ++ {2,3} {1000} {,2} [ ] [^ [a-z] [[:alpha:]] - ^ $ .',
    ),
    ...words(
      '\\d \\W \\pL \\p{Greek} \\P{ \\x41 \\x{ \\Q \\E \\b \\z \\C \\1 \\ a b é \\u (?=a) (?-i) (?U)',
    ),
  ],
}
