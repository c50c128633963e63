/** How errors show a value that they found. */

import { functionKind } from './functions.js'
import { millisOf } from './instances.js'

/** The kind of a value, without its content: `an array`, `a Date`. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'function') return `a ${functionKind(value)}`
  if (typeof value !== 'object') return value === undefined ? 'undefined' : `a ${typeof value}`
  if (Array.isArray(value)) return 'an array'
  // Of what the value holds nothing is shown: it may be private.
  const prototype = Object.getPrototypeOf(value)
  if (prototype === null || prototype === Object.prototype) return 'an object'
  const maker: unknown = prototype.constructor
  if (typeof maker !== 'function' || maker === Object) return 'an object with a prototype of its own'
  if (maker.name === '') return 'an instance of a class without a name'
  return `${/^[aeio]/i.test(maker.name) ? 'an' : 'a'} ${maker.name}`
}

/** A value as an error shows it. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'string': {
      const text = value.length > 60 ? `${value.slice(0, 60)}…` : value
      return JSON.stringify(text)
    }
    case 'bigint':
      return `${value}n`
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'boolean':
      return String(value)
    case 'object':
      if (value instanceof Date)
        return Number.isNaN(millisOf(value)) ? 'an invalid Date' : `the Date ${value.toISOString()}`
      return kindOf(value)
    default:
      return kindOf(value)
  }
}
