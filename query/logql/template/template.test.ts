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
  check('{{fromJson "{\\"b\\":1,\\"a\\":[true]}"}}', 'map[a:[true] b:1]')
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

test('functions of text', (t) => {
  const check = checker(t)
  check('{{ToLower .foo}} {{ToUpper .foo}} {{lower .foo}} {{upper .foo}}', 'blip BLIP blip BLIP')
  check(
    '{{Replace .bar "b" "x" -1}} {{Replace "aaa" "a" "b" 2}} {{.bar | replace "o" "0"}}',
    'xlop bba bl0p',
  )
  check('{{Replace "ab" "" "-" -1}} {{Replace "abc" "" "-" 2}}', '-a-b- -a-bc')
  check('{{Trim "xxaxx" "x"}} {{TrimLeft "xxax" "x"}} {{TrimRight "xaxx" "x"}}', 'a ax xa')
  check('{{TrimPrefix "ab" "a"}} {{TrimSuffix "ab" "b"}} [{{TrimSpace .spaced}}]', 'b a [x y]')
  check(
    '{{trim .spaced}} {{trimAll "x" "xax"}} {{trimPrefix "a" "ab"}} {{trimSuffix "b" "ab"}}',
    'x y a b a',
  )
  check('{{trunc (add 1 1) .bar}}', 'bl')
  check('{{title "foo bar_baz a.b"}}', 'Foo Bar_baz A.B')
  check(
    '{{trunc 2 .bar}} {{trunc -2 .bar}} {{trunc 9 .bar}} {{trunc 2 "h\u00e9\u00e9"}}',
    'bl op blop h\ufffd',
  )
  check(
    '{{substr 1 3 .bar}} {{substr -1 2 .bar}} {{substr 2 99 .bar}} {{substr 1 -1 .bar}}',
    'lo bl op lop',
  )
  check('{{indent 2 "a\\nb"}}|{{nindent 1 "a"}}|{{repeat 3 "ab"}}', '  a\n  b|\n a|ababab')
  check('{{contains "li" "blip"}}{{hasPrefix "b" "blip"}}{{hasSuffix "b" "blip"}}', 'truetruefalse')
  check('{{default "-" .empty}} {{default "-" .n}} {{.missing | default "none"}}', '- 12 none')
  check(
    '[{{alignLeft 6 .bar}}][{{alignLeft 2 .bar}}][{{alignRight 6 .bar}}][{{alignRight 2 .bar}}]',
    '[blop  ][bl][  blop][op]',
  )
  check('{{urlencode "a b/\u00e9"}} {{urldecode "a+b%2F%C3%A9"}}', 'a+b%2F%C3%A9 a b/\u00e9')
  check(
    '{{b64enc "hi!"}} {{b64dec "aGkh"}} {{b64dec "aGk"}} {{b64dec "a*b="}}',
    'aGkh hi! hi illegal base64 data at input byte 1',
  )
  check(
    '{{regexReplaceAll "(p)(q)?" "pup" "<${1}$2>"}} {{regexReplaceAllLiteral "(p)" "pup" "$1"}}',
    '<p>u<p> $1u$1',
  )
  check(
    '{{regexReplaceAll "a*" "baac" "x"}} {{count "GET" __line__}} {{count "" "ab"}}',
    'xbxcx 2 3',
  )
})

test('functions of numbers', (t) => {
  const check = checker(t)
  check(
    '{{add 1 .n 3}} {{sub .n 2}} {{mul 2 .n}} {{div .n 5}} {{mod .n 5}} {{div -7 2}}',
    '16 10 24 2 2 -3',
  )
  check(
    '{{max 1 5 3}} {{min 4 2 8}} {{int "3.9"}} {{int "abc"}} {{int "0x10"}} {{float64 "1.50"}}',
    '5 2 3 0 16 1.5',
  )
  check(
    '{{addf 0.1 0.2}} {{subf 1 0.9}} {{mulf 1.1 1.1}} {{divf 1 3}} {{maxf 1 2.5}} {{minf 1 2.5}}',
    '0.3 0.1 1.21 0.3333333333333333 2.5 1',
  )
  check(
    '{{ceil 1.2}} {{floor -1.2}} {{round 3.14159 2}} {{round 3.5 0}} {{round 1.26 1 .7}}',
    '2 -2 3.14 4 1.2',
  )
  check(
    '{{bytes "1.5KB"}} {{bytes "2 MiB"}} {{duration "1m30s"}} {{duration_seconds "250ms"}}',
    '1500 2.097152e+06 90 0.25',
  )
  check('{{ "2.5" | float64 | int | add 10}} {{mul 9223372036854775807 2}}', '12 -2')
})

test('functions of time', (t) => {
  const check = checker(t)
  check('{{date "2006-01-02 15:04:05.000" __timestamp__}}', '2021-11-02 01:02:03.456')
  check('{{date "Mon Jan _2 3:04PM MST 06" __timestamp__}}', 'Tue Nov  2 1:02AM UTC 21')
  check(
    '{{date "2006-01-02T15:04:05.999999999Z07:00" __timestamp__}}',
    '2021-11-02T01:02:03.456789012Z',
  )
  check(
    '{{unixEpochMillis __timestamp__}} {{unixEpochNanos __timestamp__}}',
    '1635814923456 1635814923456789012',
  )
  check(
    '{{sub (unixEpoch (toDate "2006-01-02" "2021-11-02")) (unixEpoch (toDate "2006-01-02" "2021-11-01"))}}',
    '86400',
  )
  check(
    '{{unixEpoch (toDateInZone "2006-01-02 15:04" "America/New_York" "2021-07-01 08:00")}}',
    '1625140800',
  )
  check('{{unixEpoch (toDateInZone "2006-01-02" "No/Where" "1970-01-02")}}', '86400')
  check('{{toDate "2006-01-02" "x"}}', '0001-01-01 00:00:00 +0000 UTC')
  check(
    '{{unixEpoch now}} {{unixEpoch (unixToTime "1635814923456")}} {{unixEpoch (unixToTime "18932")}}',
    '1700000000 1635814923 1635724800',
  )
  check(
    '{{date "2006-01-02" (toDate "2006-01-02T15:04:05Z07:00" "2020-02-29T23:00:00-02:00")}}',
    '2020-02-29',
  )
})

test('printf', (t) => {
  const check = checker(t)
  check('{{printf "%d|%5d|%-5d|%05d|%x|%c" 7 7 7 7 255 65}}', '7|    7|7    |00007|ff|A')
  check(
    '{{printf "%s|%6s|%-6s|%.2s|%q|%x" .bar .bar .bar .bar .bar "hi"}}',
    'blop|  blop|blop  |bl|"blop"|6869',
  )
  check(
    '{{printf "%f|%.2f|%e|%g|%8.3f|%+d" 1.5 1.005 12.5 0.1 3.14159 3}}',
    '1.500000|1.00|1.250000e+01|0.1|   3.142|+3',
  )
  check('{{printf "%t %v %T %%" true .n 1.5}}', 'true 12 float64 %')
  check('{{printf "%d %s" .n}}', '%!d(string=12) %!s(MISSING)')
  check('{{printf "%d" 1 "x"}} {{printf "%!"}}', '1%!(EXTRA string=x) %!(NOVERB)!')
})

test("refuses templates with Go's messages", (t) => {
  const check = (template: string, want: string): void =>
    t.assert.equal(failure(template), `template: line:${want}`, template)
  check('{{', '1: unclosed action')
  check('{{ .a', '1: unclosed action')
  check('{{ "a }}', '1: unterminated quoted string')
  check('{{ `a }}', '1: unterminated raw quoted string')
  check('{{ (1 }}', '1: unclosed left paren')
  check('{{ 1) }}', '1: unexpected right paren')
  check('{{/* a', '1: unclosed comment')
  check('{{/* a */ b}}', '1: comment ends before closing delimiter')
  check('{{ foo }}', '1: function "foo" not defined')
  check('a\n{{ $x }}', '2: undefined variable "$x"')
  check('{{}}', '1: missing value for command')
  check('{{if}}{{end}}', '1: missing value for if')
  check('{{if .a}}', '1: unexpected EOF')
  check('{{end}}', '1: unexpected {{end}}')
  check('{{else}}', '1: unexpected {{else}}')
  check('{{.a | 1}}', '1: non executable command in pipeline stage 2')
  check('{{break}}', '1: {{break}} outside {{range}}')
  check('{{$a, $b := .x}}', '1: too many declarations in command')
  check('{{1.2.3}}', '1: unexpected ".3" in operand')
  check('{{1a}}', '1: bad number syntax: "1a"')
  check('{{.a\u0001}}', "1: bad character U+0001 '\u0001'")
  check('{{"a".b}}', '1: unexpected . after term "\\"a\\""')
  check('{{.a , .b}}', '1: unexpected "," in operand')
})

test("fails with Go's run-time messages", (t) => {
  const check = (template: string, want: string): void =>
    t.assert.equal(failure(template), `template: line:${want}`, template)
  check(
    '{{div .n 0}}',
    '1:2: executing "line" at <div .n 0>: error calling div: runtime error: integer divide by zero',
  )
  check(
    '{{.foo Replace "foo"}}',
    '1:2: executing "line" at <.foo>: foo is not a method but has arguments',
  )
  check(
    '{{replace "a" .foo}}',
    '1:2: executing "line" at <replace>: wrong number of args for replace: want 3 got 2',
  )
  check(
    'a\n {{.foo.bar}}',
    '2:3: executing "line" at <.foo.bar>: can\'t evaluate field bar in type string',
  )
  check('{{trunc "1" .foo}}', '1:8: executing "line" at <"1">: expected integer; found "1"')
  check('{{lower 1}}', '1:8: executing "line" at <1>: expected string; found 1')
  check(
    '{{unixEpoch .n}}',
    '1:12: executing "line" at <.n>: wrong type for value; expected time.Time; got string',
  )
  check(
    '{{eq .n 12}}',
    '1:2: executing "line" at <eq .n 12>: error calling eq: incompatible types for comparison',
  )
  check(
    '{{unixToTime "1"}}',
    '1:2: executing "line" at <unixToTime "1">: error calling unixToTime: unable to parse time \'1\'',
  )
  check(
    '{{count "(" .n}}',
    '1:2: executing "line" at <count "(" .n>: error calling count: error parsing regexp: missing closing ): `(`',
  )
})

test('output, steps and depth are bounded', (t) => {
  t.assert.match(failure('{{repeat 2000000 "a"}}'), /template output is larger than 1048576/)
  t.assert.match(
    failure('{{range 100000}}{{range 100000}}{{end}}{{end}}'),
    /more than 100000 steps/,
  )
  const long = '{{range 100000}}{{$x := repeat 100000 "a"}}{{end}}'
  t.assert.match(failure(long), /^template takes more than 100000 steps$/)
  t.assert.equal(render(`{{.n}}${' '.repeat(100_000)}x{{- .n}}`).length, 100_005)
  t.assert.match(
    failure('{{define "t"}}{{template "t"}}{{end}}{{template "t"}}'),
    /maximum template depth/,
  )
  t.assert.match(failure('{{if .a}}'.repeat(5000)), /nested too deeply/)
  t.assert.match(failure(`{{${'('.repeat(5000)}`), /nested too deeply/)
})
