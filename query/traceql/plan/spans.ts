/** Pipelines, spanset expressions and scalars of the tree as stages of the shared plan. */
import type {
  SpansetExpression as PlanSpansets,
  SpansetScalar,
  SpansetStage,
} from '#query/plan/spans.ts'
import type {
  Aggregate,
  Pipeline,
  Scalar,
  SpansetExpression,
  SpansetOperation,
  SpansetOperator,
  Stage,
} from '../nodes/pipeline.ts'
import { columnOf, expressionOf, literalOf } from './expression.ts'

/** The stages of a pipeline; a last aggregate is no stage but the scalar of `scalarOf`. */
export function stagesOf(pipeline: Pipeline): SpansetStage[] {
  return pipeline.stages.flatMap((stage) => (stage.kind === 'aggregate' ? [] : [stageOf(stage)]))
}

function stageOf(stage: Exclude<Stage, Aggregate>): SpansetStage {
  switch (stage.kind) {
    case 'spansetFilter':
    case 'spansetOperation':
      return { kind: 'spansets', expression: spansetsOf(stage) }
    case 'group':
      return { kind: 'group', by: expressionOf(stage.field) }
    case 'coalesce':
      return { kind: 'coalesce' }
    case 'select':
      return { kind: 'project', columns: stage.fields.map(columnOf) }
    case 'scalarFilter':
      return {
        kind: 'having',
        operator: stage.op,
        left: scalarOf(stage.left),
        right: scalarOf(stage.right),
      }
  }
}

function spansetsOf(spansets: SpansetExpression): PlanSpansets {
  switch (spansets.kind) {
    case 'spansetFilter':
      return { kind: 'match', condition: expressionOf(spansets.field) }
    case 'pipeline':
      return { kind: 'nested', stages: stagesOf(spansets) }
    case 'spansetOperation':
      return operationOf(spansets)
  }
}

type Structural = Extract<PlanSpansets, { kind: 'structural' }>

/** What a span of the left side is to a span of the right side that is kept. */
const relations: { readonly [symbol: string]: Structural['relation'] } = {
  '>': 'parent',
  '>>': 'ancestor',
  '<': 'child',
  '<<': 'descendant',
  '~': 'sibling',
}

function operationOf({ op, left: l, right: r }: SpansetOperation): PlanSpansets {
  const left = spansetsOf(l)
  const right = spansetsOf(r)
  const structural = structureOf(op)
  if (structural !== null) return { kind: 'structural', ...structural, left, right }
  return { kind: 'combine', operator: op === '&&' ? 'and' : 'or', left, right }
}

function structureOf(op: SpansetOperator): Pick<Structural, 'relation' | 'form'> | null {
  const form = op.startsWith('!') ? 'negated' : op.startsWith('&') ? 'union' : 'plain'
  const relation = relations[form === 'plain' ? op : op.slice(1)]
  return relation === undefined ? null : { relation, form }
}

function scalarOf(scalar: Scalar): SpansetScalar {
  switch (scalar.kind) {
    case 'static':
      return { kind: 'literal', literal: literalOf(scalar) }
    case 'aggregate':
      return {
        kind: 'aggregate',
        function: scalar.name,
        operand: scalar.field === null ? null : expressionOf(scalar.field),
      }
    case 'scalarOperation':
      return {
        kind: 'arithmetic',
        operator: scalar.op,
        left: scalarOf(scalar.left),
        right: scalarOf(scalar.right),
      }
    case 'pipeline': {
      const last = scalar.stages.at(-1)
      // The parser makes a pipeline a scalar only when it ends in an aggregate.
      if (last?.kind !== 'aggregate') throw new RangeError('a scalar pipeline has no aggregate')
      return { kind: 'nested', stages: stagesOf(scalar), scalar: scalarOf(last) }
    }
  }
}
