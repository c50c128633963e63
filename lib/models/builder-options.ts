/** The options of the builder's calls: their tables, and the faults of what was passed instead. */

import { eachFault } from '../base/check-options.js'
import { isObject, type OptionTable, oneOf, required, text, wholeNumber } from '../base/option-kinds.js'
import { shown } from '../base/shown.js'
import type { Action, ForeignKeyOptions } from '../types/index.js'
import { type BuilderCall, type Fault, fault } from './fault.js'

const ACTIONS: Record<Action, true> = {
  cascade: true,
  'set null': true,
  'set default': true,
  restrict: true,
  'no action': true,
}
const ACTION = oneOf(Object.keys(ACTIONS))

/** Of a constraint. */
export const NAMED: OptionTable<'name'> = { name: text }
/** Of a foreign key. */
export const FOREIGN_KEY: OptionTable<keyof ForeignKeyOptions> = { onDelete: ACTION, onUpdate: ACTION, ...NAMED }
/** Of c.text(). The longest text is that of the core (`src/schema/columns.rs`). */
export const TEXT: OptionTable<'max'> = { max: wholeNumber(1, 10_485_760) }
/** The values of c.decimal(), by their names. */
export const DECIMAL: OptionTable<'precision' | 'scale'> = {
  precision: required(wholeNumber(1, 18)),
  scale: wholeNumber(0, 18),
}
/** Of r.many(). */
export const THROUGH: OptionTable<'through'> = { through: required(text) }

/** The faults of the options that a call of the builder was passed. */
export function optionFaults(call: string, builder: BuilderCall, table: OptionTable, given: unknown): Fault[] {
  const faults: Fault[] = []
  eachFault({ call }, table, given, ({ message, hint }) => {
    faults.push(fault(hint === undefined ? message : `${message} ${hint}`, builder))
  })
  return faults
}

/** The faults of what a call was passed behind its values: the options of the table, if it has one, and nothing more. */
export function restFaults(call: string, builder: BuilderCall, rest: readonly unknown[], table?: OptionTable): Fault[] {
  const faults = table ? optionFaults(call, builder, table, rest[0]) : []
  const more = rest.slice(table ? 1 : 0).find(value => value !== undefined)
  if (more === undefined) return faults
  const names = isObject(more) ? Object.keys(more).join(', ') : ''
  const found = names === '' ? shown(more) : `${shown(more)} with ${names}`
  return [...faults, fault(`${call} takes no further argument, found ${found}.`, builder)]
}
