/** The request of an upsert, from the arguments of the call. */

import { isFields } from '../base/check-options.js'
import { anything, type OptionTable } from '../base/option-kinds.js'
import { shown } from '../base/shown.js'
import { present } from '../bridge/check-value.js'
import { noRow } from '../bridge/encode.js'
import { modelOptions, queryError } from '../bridge/model-options.js'
import type { Plan } from '../bridge/plans.js'
import { LIMITS } from '../bridge/stopping.js'
import { Upsert } from '../bridge/upsert.js'
import type { ModelMeta } from '../models/metadata.js'
import { writeSet } from '../query/assign.js'
import type { ModelPlans } from '../query/model-plans.js'
import type { QueryWriter } from '../query/query-writer.js'
import { isRow, without } from '../query/row.js'
import { named } from '../query/select.js'
import { staleUpsert, VERSION } from '../query/target.js'
import { insertQuery } from '../query/write.js'
import type { UpsertOptions } from '../types/index.js'
import { hasKey } from './create-many.js'

/** The columns are checked where they are read. */
const UPSERT: OptionTable<Exclude<keyof UpsertOptions<any, any>, 'version'>> = {
  on: anything,
  update: { expected: 'an object of columns', accepts: isFields },
  ...LIMITS,
}
const UPSERT_VERSION: OptionTable<keyof UpsertOptions<any, any>> = { ...UPSERT, version: VERSION }

/** The request of an upsert. Throws QUERY_INVALID, UNKNOWN_OPTION, UNKNOWN_COLUMN, VALUE_INVALID. */
export function upsertRequest(
  model: ModelMeta,
  plans: ModelPlans,
  planOf: (query: QueryWriter) => Plan,
  values: unknown,
  opts: unknown,
): Upsert {
  if (!isRow(values)) throw noRow(model, values)
  const given = modelOptions(model, 'upsert', model.version ? UPSERT_VERSION : UPSERT, opts)
  if (!Array.isArray(given.on) || given.on.length === 0) {
    throw queryError(`${model.name}.upsert: on must name the columns of a unique key, found ${shown(given.on)}.`, model)
  }
  const on = named(model, 'upsert: on', given.on)
  const withKey = hasKey(model, values)
  const { columns, encode } = plans.encoding(withKey)
  const query = insertQuery('upsert', model, columns)
  query.entry(`"on":${JSON.stringify(on.map(c => c.property))}`)
  const set = writeSet(query, model, 'upsert', given.update === undefined ? without(values, on) : given.update)
  if (model.version && given.version !== undefined) {
    query.bind(`"version":${model.version.quoted}`, present(model.version, given.version))
  }
  const insert = { plan: planOf(query), encode, columns }
  const request = new Upsert(insert, values, set.columns, query.values, set.changes)
  request.stale = () => staleUpsert(model, given.version)
  return request
}
