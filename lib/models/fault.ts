/**
 * Faults in how the builder is called. A column learns its property only in model(), so a fault is kept until then, with the
 * place where it happened: the error names the property, and its stack shows the user's line.
 */

import { SchemaError } from '../base/errors.js'

/** One wrong argument. */
export interface Fault {
  readonly message: string
  /** Stack frames, from the user's call on. */
  readonly stack: string
  /** The model by its name in schema(), once it is known. */
  readonly model?: string
  /** The property of the column, or the name of the relation, once it is known. */
  readonly column?: string
}

/** A call of the builder. */
export type BuilderCall = (...args: never[]) => unknown

/** Notes a fault at the caller of `builder`. */
export function fault(message: string, builder: BuilderCall): Fault {
  const at: { stack?: string } = {}
  Error.captureStackTrace(at, builder)
  return { message, stack: at.stack ?? '' }
}

/** Faults of a model, and of a column of it where they have one. */
export const placed = (faults: readonly Fault[], model: string, column?: string): Fault[] =>
  faults.map(each => ({ ...each, model, ...(column !== undefined && { column }) }))

/** The error of one or more faults. */
export function schemaError(faults: readonly Fault[]): SchemaError {
  const problems = faults.map(({ stack: _, ...problem }) => problem)
  const lines = problems.map(p => [[p.model, p.column].filter(Boolean).join('.'), p.message].filter(Boolean).join(': '))
  const frames = faults[0]?.stack.split('\n').filter(line => /^\s+at /.test(line)) ?? []
  const model = problems[0]?.model
  const fields = {
    problems,
    ...(model !== undefined && problems.every(p => p.model === model) && { table: model }),
    columns: [...new Set(problems.flatMap(({ column }) => column ?? []))],
  }
  return new SchemaError(lines.join('\n'), fields, frames)
}
