/** Checking the options of calls against the tables that describe them. */

import { otherCopy } from './copies.js'
import { type ErrorFields, errorOf, type Failure } from './errors.js'
import { didYouMean } from './nearest.js'
import { isObject, type Kind, type OptionTable } from './option-kinds.js'
import { shown } from './shown.js'

/** An object of options or columns. */
export type Fields = Record<string, unknown>

/** A place that takes options: a call, or an option whose value is an object of options. */
export interface Place {
  /** The call as errors name it: `open()`, `users.list`. */
  readonly call: string
  /** The option of the call: `log`. */
  readonly option?: string
  /** The fields of an error beside its message. */
  readonly fields?: Pick<ErrorFields, 'table' | 'columns'>
}

/** Checks the options that a call was passed. Throws UNKNOWN_OPTION, QUERY_INVALID: the first fault. */
export function checkOptions(place: Place, table: OptionTable, given: unknown): void {
  eachFault(place, table, given, refuse)
}

function refuse(failure: Failure): never {
  throw errorOf(failure)
}

/**
 * Reports what is wrong with the names and the values of the options that a call was passed. Each value is read by its name,
 * since an instance of a class has getters that a loop over the instance does not visit.
 */
export function eachFault(place: Place, table: OptionTable, given: unknown, report: (fault: Failure) => void): void {
  if (given !== undefined && !isObject(given)) return report(notOptions(place, given))
  const passed = (given ?? {}) as Fields
  for (const name in passed) {
    if (!Object.hasOwn(table, name)) report(unknownOption(place, name, Object.keys(table)))
  }
  for (const option in table) {
    const kind = table[option] as Kind
    const value = passed[option]
    if (value === undefined ? kind.required : !kind.accepts(value)) report(wrongValue(place, option, kind, value))
    else if (kind.options && isObject(value)) eachFault({ ...place, option }, kind.options, value, report)
  }
}

/** The first option that the table does not have, or whose value is wrong. An undefined value counts as not passed. */
export function firstFault(table: OptionTable, given: Fields): string | undefined {
  for (const name in given) {
    if (!Object.hasOwn(table, name)) return name
    const value = given[name]
    if (value !== undefined && !(table[name] as Kind).accepts(value)) return name
  }
  return undefined
}

/** What is wrong with an option that `firstFault` found, or that is missing. */
export function optionFault(place: Place, table: OptionTable, name: string, value: unknown): Failure {
  const kind = Object.hasOwn(table, name) ? table[name] : undefined
  return kind ? wrongValue(place, name, kind, value) : unknownOption(place, name, Object.keys(table))
}

/** An option that a place does not have. `more` is added to the hint. */
export function unknownOption(place: Place, name: string, known: readonly string[], more = ''): Failure {
  return {
    code: 'UNKNOWN_OPTION',
    message: `${titleOf(place)} has no option "${name}".`,
    ...place.fields,
    hint: `${didYouMean(name, known)}The options are: ${known.join(', ')}.${more}`,
  }
}

/** An option whose value is not of its kind. */
export function wrongValue(place: Place, name: string, kind: Kind, value: unknown): Failure {
  const { call, option, fields } = place
  const { expected, secret, words } = kind
  const path = option === undefined ? name : `${option}.${name}`
  const other = otherCopy(value)
  const found = other
    ? other.found
    : secret && ['string', 'number', 'bigint'].includes(typeof value)
      ? undefined
      : shown(value)
  const end = found === undefined ? '' : `, found ${found}`
  const meant = words && typeof value === 'string' ? didYouMean(value, words).trimEnd() : ''
  const hint = other?.hint ?? kind.hint ?? meant
  return {
    code: 'QUERY_INVALID',
    message: `${call}: ${path} must be ${expected}${end}.`,
    ...fields,
    expected,
    ...(found !== undefined && { found }),
    ...(hint !== '' && { hint }),
  }
}

/** What was passed instead of an object of options. */
export function notOptions(place: Place, given: unknown): Failure {
  const message = `${titleOf(place)}: expected an object of options, found ${shown(given)}.`
  return { code: 'QUERY_INVALID', message, ...place.fields }
}

const titleOf = ({ call, option }: Place) => (option === undefined ? call : `${call}: ${option}`)

/** Whether a value is an object of options or columns. */
export function isFields(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
