/** The kinds of values that options take: the entries of the tables that describe the options of each call. */

import { isRunnable } from './functions.js'

/** Which values an option takes. */
export interface Kind {
  /** The expected value, in words that follow "must be". */
  readonly expected: string
  accepts(value: unknown): boolean
  readonly hint?: string
  /** Whether the option has to be passed. */
  readonly required?: true
  /** Whether errors must not repeat a text or a number that was passed: a URL may hold a password. */
  readonly secret?: true
  /** The words that it can be, if it is one of some: an error suggests the nearest. */
  readonly words?: readonly string[]
  /** The options in the value, if the value is an object. */
  readonly options?: OptionTable
}

/** The options of one call by their names. */
export type OptionTable<Name extends PropertyKey = string> = Readonly<Record<Name, Kind>>

/** Whether a value is text that can leave JavaScript: without NUL and without half of a surrogate pair. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed() && !value.includes('\0')
}

/** Whether a value can be the path of a file or a folder. */
export function isPath(value: unknown): value is string {
  return isText(value) && value.trim() !== ''
}

/** Whether a value is an object that can hold options by their names: no array, no other collection (a Map), no promise. */
export function isObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Symbol.iterator in value) return false
  return typeof (value as { then?: unknown }).then !== 'function'
}

/** Any value: the code that reads the option checks the value, since only that code knows what it means. */
export const anything: Kind = { expected: 'any value', accepts: () => true }

export const flag: Kind = { expected: 'true or false', accepts: value => typeof value === 'boolean' }

export const text: Kind = {
  expected: 'a text that is not empty',
  accepts: value => isText(value) && value.trim() !== '',
}

/** A URL. A text that is not a URL is reported where the URL is read. */
export const url: Kind = {
  expected: 'text without half of a surrogate pair',
  accepts: value => typeof value === 'string' && value.isWellFormed(),
  secret: true,
}

export const numberAboveZero: Kind = {
  expected: 'a number above 0',
  accepts: value => typeof value === 'number' && value > 0,
}

/** A function. `what` says more about it. */
export const aFunction = (what = 'a function'): Kind => ({ expected: what, accepts: isRunnable })

/** A whole number between two others; without `most` any from `least` that a double counts exactly. */
export const wholeNumber = (least: number, most?: number): Kind => ({
  expected: `a whole number from ${least}${most === undefined ? '' : ` to ${most}`}`,
  accepts: value =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= (most ?? Infinity),
})

/** A value of a kind, or an array of at least one. */
export const oneOrMore = (kind: Kind): Kind => ({
  expected: `${kind.expected}, or an array of at least one`,
  accepts: value => (Array.isArray(value) ? value.length > 0 && value.every(kind.accepts) : kind.accepts(value)),
})

export const oneOf = (words: readonly string[]): Kind => ({
  expected: words.map(word => `'${word}'`).join(' or '),
  accepts: value => words.includes(value as string),
  words,
})

/** An object of any content. `expected` says of what. */
export const anObject = (expected: string): Kind => ({ expected, accepts: isObject })

/** An object of options in an option. */
export const optionsIn = (options: OptionTable): Kind => ({ ...anObject('an object'), options })

export const required = (kind: Kind): Kind => ({ ...kind, required: true })
