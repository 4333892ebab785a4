/** The parts of plan nodes as text: columns, literals, matchers, conditions, expressions, stages. */
import { formatPromDuration } from '#query/text/durations.ts'
import { join } from '#query/text/print.ts'
import { quoteGo } from '#query/text/strings.ts'
import type { ColumnName, Condition, LineTest, Literal, Matcher, NeededColumns } from './column.ts'
import type { Expression } from './expression.ts'
import type { DropTarget, Stage } from './rows.ts'
import type { SpansetExpression, SpansetScalar, SpansetStage } from './spans.ts'

export function printColumn({ scope, key }: ColumnName): string {
  return `${scope}:${/^[\w.*:-]+$/.test(key) ? key : quoteGo(key)}`
}

export function printLiteral(literal: Literal): string {
  switch (literal.type) {
    case 'string':
      return quoteGo(literal.value)
    case 'duration':
      return `${literal.value}ns`
    case 'bytes':
      return `${literal.value}B`
    case 'array':
      return `[${literal.value.map(printLiteral).join(', ')}]`
    case 'float':
      return printNumber(literal.value)
    default:
      return String(literal.value)
  }
}

export function printNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

/** Milliseconds as `5m`; what is not whole keeps its fraction. */
export function printMs(ms: number): string {
  return Number.isInteger(ms) ? formatPromDuration(ms) : `${ms}ms`
}

export function printMatcher({ label, operator, value }: Matcher): string {
  return `${/^[a-zA-Z_][\w:]*$/.test(label) ? label : quoteGo(label)}${operator}${quoteGo(value)}`
}

export function printMatchers(matchers: readonly Matcher[]): string {
  return `{${join(matchers, ', ', printMatcher)}}`
}

export function printColumns(columns: NeededColumns): string {
  return columns === 'all' ? 'all' : `[${join(columns, ', ', printColumn)}]`
}

export function printLineTest({ test, text }: LineTest): string {
  return `${test} ${quoteGo(text)}`
}

export function printCondition(condition: Condition): string {
  switch (condition.kind) {
    case 'compare': {
      const { column, operator, value } = condition
      return `${printColumn(column)} ${operator} ${printLiteral(value)}`
    }
    case 'present':
      return `${printColumn(condition.column)} present`
    case 'line':
      return `line ${condition.negated ? 'not ' : ''}${printLineTest(condition.test)}`
    case 'and':
    case 'or':
      return `(${join(condition.operands, ` ${condition.kind} `, printCondition)})`
  }
}

export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'literal':
      return printLiteral(expression.literal)
    case 'column':
      return printColumn(expression.column)
    case 'convert':
      return `${expression.to}(${printExpression(expression.operand)})`
    case 'ip':
      return `${printColumn(expression.column)} ${expression.negated ? 'not ' : ''}in ip ${quoteGo(expression.pattern)}`
    case 'exists':
      return `${printExpression(expression.operand)} ${expression.negated ? '=' : '!='} nil`
    case 'not':
      return `!${printExpression(expression.operand)}`
    case 'negative':
      return `-${printExpression(expression.operand)}`
    case 'arithmetic':
    case 'comparison':
    case 'logic':
      return `(${printExpression(expression.left)} ${expression.operator} ${printExpression(expression.right)})`
  }
}

function printTargets(targets: readonly DropTarget[]): string {
  return join(targets, ', ', ({ label, matcher }) =>
    matcher === null ? label : printMatcher(matcher),
  )
}

// One case per stage; splitting the table would only scatter it.
// oxlint-disable-next-line complexity
export function printStage(stage: Stage): string {
  switch (stage.kind) {
    case 'line-filter': {
      const tests = join(stage.alternatives, ' or ', printLineTest)
      return `line-filter ${stage.negated ? 'not ' : ''}${tests}`
    }
    case 'label-filter':
      return `label-filter ${printExpression(stage.condition)}`
    case 'json':
    case 'logfmt': {
      const flags =
        stage.kind === 'logfmt'
          ? `${stage.strict ? ' strict' : ''}${stage.keepEmpty ? ' keep-empty' : ''}`
          : ''
      const list = stage.extractions.map(({ label, path }) => ` ${label}=${quoteGo(path)}`)
      return `${stage.kind}${flags}${list.join(',')}`
    }
    case 'regexp':
    case 'pattern':
      return `${stage.kind} ${quoteGo(stage.pattern)}`
    case 'line-format':
      return `line-format ${quoteGo(stage.template.text)}`
    case 'label-format':
      return `label-format ${join(stage.assignments, ', ', (assignment) =>
        'from' in assignment
          ? `${assignment.label}=${assignment.from}`
          : `${assignment.label}=${quoteGo(assignment.template.text)}`,
      )}`
    case 'drop':
    case 'keep':
      return `${stage.kind} ${printTargets(stage.targets)}`
    case 'unwrap':
      return `unwrap ${stage.convert}(${stage.label})`
    case 'unpack':
    case 'decolorize':
      return stage.kind
  }
}

export function printSpansetStage(stage: SpansetStage): string {
  switch (stage.kind) {
    case 'spansets':
      return printSpansets(stage.expression)
    case 'group':
      return `by ${printExpression(stage.by)}`
    case 'coalesce':
      return 'coalesce'
    case 'project':
      return `select ${join(stage.columns, ', ', printColumn)}`
    case 'having':
      return `${printScalar(stage.left)} ${stage.operator} ${printScalar(stage.right)}`
  }
}

function printSpansets(expression: SpansetExpression): string {
  switch (expression.kind) {
    case 'match':
      return `{ ${printExpression(expression.condition)} }`
    case 'combine':
      return `(${printSpansets(expression.left)} ${expression.operator} ${printSpansets(expression.right)})`
    case 'structural': {
      const form = expression.form === 'plain' ? '' : `${expression.form} `
      return `(${printSpansets(expression.left)} ${form}${expression.relation} of ${printSpansets(expression.right)})`
    }
    case 'nested':
      return `(${join(expression.stages, ' | ', printSpansetStage)})`
  }
}

function printScalar(scalar: SpansetScalar): string {
  switch (scalar.kind) {
    case 'literal':
      return printLiteral(scalar.literal)
    case 'aggregate':
      return `${scalar.function}(${scalar.operand === null ? '' : printExpression(scalar.operand)})`
    case 'arithmetic':
      return `(${printScalar(scalar.left)} ${scalar.operator} ${printScalar(scalar.right)})`
    case 'nested':
      return `(${join(scalar.stages, ' | ', printSpansetStage)} | ${printScalar(scalar.scalar)})`
  }
}
