/**
 * Faults in how the builder is called. A column learns its property only in model(), so a fault is kept until then, with the
 * place where it happened: the error names the property, and its stack shows the user's line.
 */

import { SchemaError } from '../base/errors.js'
import { functionKind } from '../base/functions.js'

/** One wrong argument. */
export interface Fault {
  readonly message: string
  /** Stack frames, from the user's call on. */
  readonly stack: string
}

/** Notes a fault at the caller of `builder`. */
export function fault(message: string, builder: (...args: never[]) => unknown): Fault {
  const at: { stack?: string } = {}
  Error.captureStackTrace(at, builder)
  return { message, stack: at.stack ?? '' }
}

/** The error of one or more faults of a model; `columns[i]` is the property of `faults[i]`, where it has one. */
export function schemaError(
  model: string | undefined,
  faults: readonly Fault[],
  columns: readonly (string | undefined)[],
) {
  const problems = faults.map(({ message }, i) => ({
    ...(model !== undefined && { model }),
    ...(columns[i] !== undefined && { column: columns[i] }),
    message,
  }))
  const lines = problems.map(p => [[p.model, p.column].filter(Boolean).join('.'), p.message].filter(Boolean).join(': '))
  const frames = faults[0]?.stack.split('\n').filter(line => /^\s+at /.test(line)) ?? []
  const fields = {
    problems,
    ...(model !== undefined && { table: model }),
    columns: [...new Set(columns.filter(c => c !== undefined))],
  }
  return new SchemaError(lines.join('\n'), fields, frames)
}

/** Text for a message: what was found instead. */
export function found(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value)
    case 'bigint':
      return `${value}n`
    case 'object':
      return 'an object'
    case 'function':
      return `a ${functionKind(value)}`
    default:
      return `a ${typeof value}`
  }
}
