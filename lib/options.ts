/** Checking the options of calls. */

import { PlinthError } from './errors.js'
import type { ModelMeta } from './meta.js'
import { shown } from './values.js'

/** An object of options or columns. */
export type Fields = Record<string, unknown>

/** An object with none but these keys, or undefined. Throws QUERY_INVALID, UNKNOWN_OPTION. */
export function plainOptions(call: string, given: unknown, known: readonly string[]): void {
  if (given === undefined) return
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new PlinthError('QUERY_INVALID', `${call}() expected an object of options, found ${shown(given)}.`)
  }
  for (const key in given) {
    if (known.includes(key)) continue
    throw new PlinthError('UNKNOWN_OPTION', `${call}() has no option "${key}".`, {
      hint: `The options are: ${known.join(', ')}.`,
    })
  }
}

/** An error about a query. */
export function queryError(message: string, model: ModelMeta, hint?: string): PlinthError {
  return new PlinthError('QUERY_INVALID', message, { table: model.table, ...(hint && { hint }) })
}

/** Whether a value is an object of options or columns. */
export function isFields(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Options of a call: an object with none but these keys. */
export function options(model: ModelMeta, call: string, value: unknown, known: readonly string[]): Fields {
  if (value === undefined) return {}
  if (!isFields(value))
    throw queryError(`${model.name}.${call}: expected an object of options, found ${shown(value)}.`, model)
  for (const key in value) {
    if (!known.includes(key)) {
      throw new PlinthError('UNKNOWN_OPTION', `${model.name}.${call} has no option "${key}".`, {
        table: model.table,
        hint: `The options are: ${known.join(', ')}.`,
      })
    }
  }
  return value
}
