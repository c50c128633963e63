/** Checking the options of calls against the tables that describe them. */

import { type ErrorFields, PlinthError } from '../base/errors.js'
import { shown } from '../base/shown.js'
import type { ModelMeta } from '../models/metadata.js'
import { isObject, type Kind, type OptionTable } from './option-kinds.js'

/** An object of options or columns. */
export type Fields = Record<string, unknown>

/** A place that takes options: a call, or an option whose value is an object of options. */
export interface Place {
  /** The call as errors name it: `open()`, `users.list`. */
  readonly call: string
  /** The option of the call: `log`. */
  readonly option?: string
  /** What errors report beside their message. */
  readonly fields?: Pick<ErrorFields, 'table' | 'columns'>
}

/**
 * Checks the names and the values of the options that a call was passed. Each value is read by its name, since an instance of
 * a class has getters that a loop over the instance does not visit. Throws UNKNOWN_OPTION, QUERY_INVALID.
 */
export function checkOptions(place: Place, table: OptionTable, given: unknown): void {
  if (given !== undefined && !isObject(given)) throw notOptions(place, given)
  const passed = (given ?? {}) as Fields
  for (const name in passed) {
    if (!Object.hasOwn(table, name)) throw unknownOption(place, name, Object.keys(table))
  }
  for (const option in table) {
    const kind = table[option] as Kind
    const value = passed[option]
    if (value === undefined ? kind.required : !kind.accepts(value)) throw wrongValue(place, option, kind, value)
    if (kind.options && isObject(value)) checkOptions({ ...place, option }, kind.options, value)
  }
}

/** Checks the options of a call of a table, and gives them. These calls are many: the place is built only for an error. */
export function modelOptions(model: ModelMeta, call: string, table: OptionTable, given: unknown): Fields {
  if (given === undefined) return {}
  if (!isFields(given)) throw notOptions(modelPlace(model, call), given)
  const name = findFault(table, given)
  if (name !== undefined) throw optionFault(modelPlace(model, call), table, name, given[name])
  return given
}

export const modelPlace = (model: ModelMeta, call: string): Place => ({
  call: `${model.name}.${call}`,
  fields: { table: model.table },
})

/** The first option that the table does not have, or whose value is wrong. An undefined value counts as not passed. */
export function findFault(table: OptionTable, given: Fields): string | undefined {
  for (const name in given) {
    if (!Object.hasOwn(table, name)) return name
    const value = given[name]
    if (value !== undefined && !(table[name] as Kind).accepts(value)) return name
  }
  return undefined
}

/** The error for an option that `findFault` found, or that is missing. */
export function optionFault(place: Place, table: OptionTable, name: string, value: unknown): PlinthError {
  const kind = Object.hasOwn(table, name) ? table[name] : undefined
  return kind ? wrongValue(place, name, kind, value) : unknownOption(place, name, Object.keys(table))
}

/** The error for an option that a place does not have. `more` is added to the hint. */
export function unknownOption(place: Place, name: string, known: readonly string[], more = ''): PlinthError {
  return new PlinthError('UNKNOWN_OPTION', `${titleOf(place)} has no option "${name}".`, {
    ...place.fields,
    hint: `The options are: ${known.join(', ')}.${more}`,
  })
}

/** The error for an option whose value is not of its kind. */
export function wrongValue(place: Place, name: string, { expected, hint, secret }: Kind, value: unknown): PlinthError {
  const { call, option, fields } = place
  const path = option === undefined ? name : `${option}.${name}`
  const found = secret && typeof value === 'string' ? undefined : shown(value)
  const end = found === undefined ? '' : `, found ${found}`
  return new PlinthError('QUERY_INVALID', `${call}: ${path} must be ${expected}${end}.`, {
    ...fields,
    expected,
    ...(found !== undefined && { found }),
    ...(hint !== undefined && { hint }),
  })
}

function notOptions(place: Place, given: unknown): PlinthError {
  const message = `${titleOf(place)}: expected an object of options, found ${shown(given)}.`
  return new PlinthError('QUERY_INVALID', message, place.fields)
}

const titleOf = ({ call, option }: Place) => (option === undefined ? call : `${call}: ${option}`)

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
