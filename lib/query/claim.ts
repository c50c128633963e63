/** The query of a claim: which rows are picked, and what they are changed to. */

import { type Fields, isFields } from '../base/check-options.js'
import { anything, type OptionTable, required, wholeNumber } from '../base/option-kinds.js'
import type { SetValues } from '../bridge/call.js'
import { modelOptions, queryError } from '../bridge/model-options.js'
import { LIMITS } from '../bridge/stopping.js'
import type { ModelMeta } from '../models/metadata.js'
import type { ClaimQuery } from '../types/index.js'
import { type Assigned, writeSet } from './assign.js'
import { orderParts, writeOrder } from './order.js'
import { QueryWriter } from './query-writer.js'
import { writeRange } from './select.js'
import { writeWhere } from './where.js'

/** `where` and `orderBy` are checked where they are written. */
const CLAIM: OptionTable<keyof ClaimQuery<any, any>> = {
  where: required({ expected: 'a filter, {} for all rows', accepts: isFields }),
  orderBy: anything,
  limit: required(wholeNumber(1)),
  set: required({ expected: 'an object of columns', accepts: isFields }),
  ...LIMITS,
}

/** The query of a claim, with what it sets. */
export function claimQuery(model: ModelMeta, asked: unknown): Assigned & { query: QueryWriter; set: SetValues } {
  const given = modelOptions(model, 'claim', CLAIM, asked ?? {})
  const missing = (['where', 'limit', 'set'] as const).find(name => given[name] === undefined)
  if (missing !== undefined) {
    const hint = 'claim({ where: { status: ... }, limit: 10, set: { status: ... } })'
    throw queryError(
      `${model.name}.claim: ${missing} must be ${CLAIM[missing].expected}, found undefined.`,
      model,
      hint,
    )
  }
  const query = new QueryWriter('claim', model)
  writeWhere(query, model, given.where)
  if (given.orderBy !== undefined) writeOrder(query, orderParts(model, 'claim', given.orderBy))
  writeRange(query, { limit: given.limit })
  const assigned = writeSet(query, model, 'claim', given.set)
  // Columns that every change touches are no change by themselves.
  if (Object.values(given.set as Fields).every(value => value === undefined))
    throw queryError(`${model.name}.claim: there is nothing to change.`, model)
  const key = assigned.columns.find(column => model.key.includes(column))
  if (key !== undefined) {
    const hint = 'Change it with update() when the row is claimed.'
    throw queryError(`${model.name}.claim: set cannot change the primary key, found ${key.property}.`, model, hint)
  }
  // They are bound last.
  const values = query.values.slice(-assigned.columns.length)
  return { query, ...assigned, set: { columns: assigned.columns, values } }
}
