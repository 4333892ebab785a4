import { test } from 'node:test'
import { TemplateError } from './error.ts'
import { renderTemplate } from './evaluate.ts'
import { isTemplateFunction } from './functions.ts'
import { parseTemplate } from './parse.ts'
import { createPatterns } from './patterns.ts'

const input = {
  labels: new Map([
    ['x', 'text'],
    ['json', '{"a":[1,2],"b":null}'],
  ]),
  line: '',
  timestampNs: 0n,
  nowNs: 0n,
  compilePattern: createPatterns(),
}

function failure(text: string): string {
  try {
    return `no error: ${renderTemplate(parseTemplate('line', text, isTemplateFunction), input)}`
  } catch (error) {
    if (error instanceof TemplateError) return error.message
    throw error
  }
}

test('messages of the parser', (t) => {
  const check = (template: string, want: string): void =>
    t.assert.equal(failure(template), `template: line:1: ${want}`, template)
  check("{{'a}}", 'unterminated character constant')
  check("{{'ab'}}", "malformed character constant: 'ab'")
  check('{{$x : 1}}', 'expected :=')
  check('{{.x \u0007}}', "unrecognized character in action: U+0007 '\u0007'")
  check('{{| .x}}', 'unexpected "|" in command')
  check('{{$x = 1}}', 'undefined variable "$x"')
  check('{{range $i, 3}}{{end}}', 'range can only initialize variables')
  check('{{range $i, $j, $k := .x}}{{end}}', 'too many declarations in range')
  check('{{99999999999999999999}}', 'integer overflow: "99999999999999999999"')
  check('{{template}}', 'unexpected "}}" in template clause')
  check('{{template 1}}', 'unexpected "1" in template clause')
  check('{{define "a"}}x', 'unexpected EOF')
  check('{{define "a"}}{{else}}{{end}}', 'unexpected {{else}} in define clause')
  check('{{if .x}}{{else}}{{else}}{{end}}', 'expected end; found {{else}}')
  check('{{if .x}}{{end x}}', 'unexpected "x" in end')
  check('{{continue}}', '{{continue}} outside {{range}}')
  check('{{true.x}}', 'unexpected . after term "true"')
})

test('a pipe at the end is allowed, as in Go', (t) => {
  t.assert.equal(failure('{{.x | }}'), 'no error: text')
})

test('messages of running templates', (t) => {
  const check = (template: string, want: string): void => {
    const [, message] =
      /^template: line:1:\d+: executing "line"(?: at <[^>]*>)?: (.*)$/.exec(failure(template)) ?? []
    t.assert.equal(message, want, `${template}: ${failure(template)}`)
  }
  check('{{nil}}', 'nil is not a command')
  check('{{(nil).x}}', 'nil is not a command')
  check('{{1 2}}', "can't give argument to non-function 1")
  check('{{.x 2}}', 'x is not a method but has arguments')
  check('{{$y := 1}}{{$y 2}}', "can't give argument to non-function $y")
  check('{{(fromJson .json).b.c}}', 'nil data; no entry for key "c"')
  check('{{range .x}}{{end}}', "range can't iterate over text")
  check('{{range 1.5}}{{end}}', "range can't iterate over float64 1.5")
  check('{{template "no"}}', 'template "no" not defined')
  check('{{lower nil}}', 'cannot assign nil to string')
  check('{{lower true}}', 'expected string; found true')
  check('{{trunc 1.5 .x}}', 'expected integer; found 1.5')
  check('{{round 1 1 "x"}}', 'expected float; found "x"')
  check('{{lower (fromJson "null")}}', 'invalid value; expected string')
  check('{{max}}', 'wrong number of args for max: want at least 1 got 0')
  check('{{index nil 1}}', 'error calling index: index of untyped nil')
  check('{{index (fromJson .json).a 2}}', 'error calling index: index out of range: 2')
  check(
    '{{index (fromJson .json).a "b"}}',
    'error calling index: cannot index slice/array with type string',
  )
  check(
    '{{index (fromJson .json) 1}}',
    'error calling index: value has type int64; should be string',
  )
  check('{{index 1 1}}', "error calling index: can't index item of type int64")
  check('{{index (fromJson .json) "b" "c"}}', 'error calling index: index of nil pointer')
  check('{{slice nil}}', 'error calling slice: slice of untyped nil')
  check('{{slice 1}}', "error calling slice: can't slice item of type int64")
  check('{{slice .x 3 2}}', 'error calling slice: invalid slice index: 3 > 2')
  check('{{slice .x 9}}', 'error calling slice: index out of range: 9')
  check('{{len nil}}', 'error calling len: len of nil pointer')
  check('{{len 1}}', 'error calling len: len of type int64')
  check('{{eq 1}}', 'error calling eq: missing argument for comparison')
  check('{{eq . 1}}', 'error calling eq: invalid type for comparison')
  check('{{lt true false}}', 'error calling lt: invalid type for comparison')
  check('{{lt 1 "a"}}', 'error calling lt: incompatible types for comparison')
  check('{{call 1}}', 'error calling call: non-function of type int64')
  check('{{mod 1 0}}', 'error calling mod: runtime error: integer divide by zero')
  check('{{divf 1 0}}', 'error calling divf: decimal division by 0')
  check('{{bytes "x"}}', 'error calling bytes: strconv.ParseFloat: parsing "": invalid syntax')
  check('{{bytes "1 xb"}}', 'error calling bytes: unhandled size name: xb')
  check('{{duration "1d"}}', 'error calling duration: time: invalid duration "1d"')
  check('{{urldecode "%zz"}}', 'error calling urldecode: invalid URL escape "%zz"')
  check('{{repeat -1 "x"}}', 'error calling repeat: strings: negative Repeat count')
  check('{{substr 3 1 .x}}', 'error calling substr: runtime error: slice bounds out of range [3:1]')
  check('{{printf "%*d" 99999 1}}', 'error calling printf: width or precision above 10000')
})
