/** The options of the calls of a table, and the errors about a query of its model. */

import { type Fields, firstFault, isFields, notOptions, optionFault, type Place } from '../base/check-options.js'
import { errorOf, PlinthError } from '../base/errors.js'
import type { OptionTable } from '../base/option-kinds.js'
import type { ModelMeta } from '../models/metadata.js'

/** Checks the options of a call of a table, and gives them. These calls are many: the place is built only for an error. */
export function modelOptions(model: ModelMeta, call: string, table: OptionTable, given: unknown): Fields {
  if (given === undefined) return {}
  if (!isFields(given)) throw errorOf(notOptions(modelPlace(model, call), given))
  const name = firstFault(table, given)
  if (name !== undefined) throw errorOf(optionFault(modelPlace(model, call), table, name, given[name]))
  return given
}

export const modelPlace = (model: ModelMeta, call: string): Place => ({
  call: `${model.name}.${call}`,
  fields: { table: model.table },
})

/** An error about a query. */
export function queryError(message: string, model: ModelMeta, hint?: string, columns?: readonly string[]): PlinthError {
  return new PlinthError('QUERY_INVALID', message, {
    table: model.table,
    ...(columns && { columns }),
    ...(hint && { hint }),
  })
}
