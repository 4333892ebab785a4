/**
 * The tree of a template, as Go's text/template defines it. `at` is the offset of a node in the
 * template, for run-time errors.
 */
export interface TextNode {
  readonly kind: 'text'
  readonly text: string
}

/** `{{pipeline}}`: prints the value, or only declares. */
export interface ActionNode {
  readonly kind: 'action'
  readonly at: number
  readonly pipe: Pipe
}

export interface BranchNode {
  readonly kind: 'if' | 'with' | 'range'
  readonly at: number
  readonly pipe: Pipe
  readonly body: readonly TemplateNode[]
  readonly otherwise: readonly TemplateNode[] | null
}

/** `{{template "name" pipeline}}`. */
export interface CallNode {
  readonly kind: 'template'
  readonly at: number
  readonly name: string
  readonly pipe: Pipe | null
}

export interface JumpNode {
  readonly kind: 'break' | 'continue'
  readonly at: number
}

export type TemplateNode = TextNode | ActionNode | BranchNode | CallNode | JumpNode

/** `$a, $b := command | command`. */
export interface Pipe {
  readonly kind: 'pipe'
  readonly at: number
  readonly declared: readonly string[]
  /** `=` instead of `:=`. */
  readonly assigns: boolean
  readonly commands: readonly Command[]
}

/** An operand and its arguments. */
export interface Command {
  readonly at: number
  readonly operands: readonly Operand[]
}

export type Operand =
  | { readonly kind: 'function'; readonly at: number; readonly name: string }
  | { readonly kind: 'field'; readonly at: number; readonly path: readonly string[] }
  | {
      readonly kind: 'variable'
      readonly at: number
      readonly name: string
      readonly path: readonly string[]
    }
  | {
      readonly kind: 'chain'
      readonly at: number
      readonly base: Operand
      readonly path: readonly string[]
    }
  | { readonly kind: 'dot'; readonly at: number }
  | { readonly kind: 'nil'; readonly at: number }
  | { readonly kind: 'bool'; readonly at: number; readonly value: boolean }
  | NumberOperand
  | { readonly kind: 'string'; readonly at: number; readonly value: string; readonly text: string }
  | Pipe

/** A constant; it may be an integer, a float, or both. */
export interface NumberOperand {
  readonly kind: 'number'
  readonly at: number
  readonly text: string
  readonly int: bigint | null
  readonly float: number | null
}

/** A whole template with what `define` and `block` declared in it. */
export interface Template {
  readonly name: string
  readonly text: string
  readonly body: readonly TemplateNode[]
  readonly defined: ReadonlyMap<string, readonly TemplateNode[]>
}
