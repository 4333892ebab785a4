import { test, type TestContext } from 'node:test'
import { TemplateError } from './error.ts'
import { renderTemplate } from './evaluate.ts'
import { isTemplateFunction } from './functions.ts'
import { parseTemplate } from './parse.ts'
import { createPatterns } from './patterns.ts'

const labels = new Map([
  ['foo', 'bLIp'],
  ['bar', 'blop'],
  ['n', '12'],
  ['f', '3.9'],
  ['empty', ''],
  ['json', '{"a":[1,"x",null],"b":{"c":true}}'],
  ['list', '[{"q":"one"},{"q":"two"}]'],
  ['spaced', '  x y '],
])

const input = {
  labels,
  line: 'GET /a?b=1 GET',
  timestampNs: 1_635_814_923_456_789_012n,
  nowNs: 1_700_000_000_000_000_000n,
  compilePattern: createPatterns(),
}

function render(text: string): string {
  return renderTemplate(parseTemplate('line', text, isTemplateFunction), input)
}

function checker(t: TestContext): (template: string, want: string) => void {
  return (template, want) => t.assert.equal(render(template), want, template)
}

function failure(text: string): string {
  try {
    return `no error: ${render(text)}`
  } catch (error) {
    if (error instanceof TemplateError) return error.message
    throw error
  }
}

test('copies text, prints fields, trims space', (t) => {
  const check = checker(t)
  check('', '')
  check('plain {x} }}', 'plain {x} }}')
  check('foo{{.foo}}buzz{{  .bar  }}', 'foobLIpbuzzblop')
  check('{{.missing}}|', '|')
  check('a {{- .n -}} b', 'a12b')
  check('a{{/* note */}}b {{- /* x */ -}} c', 'abc')
  check('{{__line__}} {{ __timestamp__ | unixEpoch }}', 'GET /a?b=1 GET 1635814923')
  check(
    '{{.}}',
    `map[${[...labels]
      .sort()
      .map(([k, v]) => `${k}:${v}`)
      .join(' ')}]`,
  )
})

test('branches, loops and variables', (t) => {
  const check = checker(t)
  check('{{if .foo}}y{{else}}n{{end}}{{if .empty}}y{{else}}n{{end}}', 'yn')
  check('{{if .missing}}a{{else if .foo}}b{{else}}c{{end}}', 'b')
  check('{{with .foo}}{{printf "%q" .}}{{end}}{{with .empty}}x{{else}}none{{end}}', '"bLIp"none')
  check('{{with .empty}}a{{else with .n}}{{.}}{{end}}', '12')
  check('{{range $i, $q := fromJson .list}}{{$i}}={{$q.q}};{{end}}', '0=one;1=two;')
  check('{{range fromJson .list}}{{.q}}{{if eq .q "one"}}{{continue}}{{end}}!{{end}}', 'onetwo!')
  check('{{range fromJson .list}}{{.q}}{{break}}{{end}}', 'one')
  check('{{range $k, $v := fromJson .json}}{{$k}}:{{$v}} {{end}}', 'a:[1 x <nil>] b:map[c:true] ')
  check('{{range fromJson "[]"}}x{{else}}none{{end}}', 'none')
  check('{{range 3}}{{.}}{{end}}', '012')
  check('{{$x := 1}}{{if true}}{{$x = 2}}{{$y := 3}}{{$x}}{{$y}}{{end}}{{$x}}', '232')
  check('{{$x := .foo}}{{with .bar}}{{$x}}{{$.n}}{{end}}', 'bLIp12')
  check('{{define "t"}}[{{.}}]{{end}}{{template "t" .foo}}{{template "t" .n}}', '[bLIp][12]')
  check('{{block "b" .n}}<{{.}}>{{end}}', '<12>')
  check('{{(fromJson .json).b.c}} {{index (fromJson .json).a 1}}', 'true x')
})

test('built-in functions', (t) => {
  const check = checker(t)
  check('{{and 1 0 2}} {{or 0 "" 3 4}} {{not .empty}}', '0 3 true')
  check('{{or .foo (div 1 0)}} {{and .empty (div 1 0)}}|', 'bLIp |')
  check(
    '{{eq .n "12"}}{{eq 1 2 1}}{{ne 1 2}}{{lt "a" "b"}}{{le 2 2}}{{gt 1.5 2.5}}{{ge 2 3}}',
    'truetruetruetruetruefalsefalse',
  )
  check('{{len .foo}} {{len (fromJson .list)}}', '4 2')
  check('{{index .foo 0}} {{slice .foo 1 3}} {{slice .foo 2}}', '98 LI Ip')
  check('{{print 1 2 "a" 3 4}}|{{println "a" 1}}', '1 2a3 4|a 1\n')
  check(
    '{{html "<a&\'\\">"}} {{js "a\'b<"}} {{urlquery "a b&c"}}',
    "&lt;a&amp;&#39;&#34;&gt; a\\'b\\u003C a+b%26c",
  )
})
