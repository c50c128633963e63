/** The events of hooks: copies of rows and conditions, since a caller may change those that it has. */

import { isJsonNull } from '../base/json-null.js'
import { keyedBy } from '../bridge/row-key.js'
import type { ModelMeta } from '../models/metadata.js'
import type { AfterCommitEvent } from '../types/index.js'

type RowsEvent = Extract<AfterCommitEvent, { readonly rows: unknown }>
type ChangesEvent = Extract<AfterCommitEvent, { readonly changes: number }>

/** The rows that a call has written; undefined if there are none. */
export function rowsEvent(call: RowsEvent['call'], rows: readonly object[]): AfterCommitEvent | undefined {
  return rows.length === 0 ? undefined : { call, rows: rows.map(copied) }
}

/** How many rows a call has changed, and which; undefined if there are none. */
export function changesEvent(call: ChangesEvent['call'], where: object, changes: number): AfterCommitEvent | undefined {
  return changes === 0 ? undefined : { call, where, changes }
}

/** A copy of the condition of updateMany and deleteMany, whose options were checked. */
export const whereOf = (options: unknown): object => copied({ ...(options as { where?: object }).where })

/** A copy of a key as the columns that it names. */
export function keyOf(model: ModelMeta, id: unknown): object {
  const row = keyedBy(model, id)
  return copied(Object.fromEntries(model.key.map(({ property }) => [property, row[property]])))
}

/** A copy of a value and of all that it holds. What can be no value of a column or of a condition stays as it is. */
function copied<T>(value: T): T {
  if (typeof value !== 'object' || value === null || isJsonNull(value)) return value
  if (value instanceof Date) return new Date(value) as T
  if (value instanceof Uint8Array) return Uint8Array.prototype.slice.call(value) as T
  if (Array.isArray(value)) return value.map(copied) as T
  // A member may be called __proto__: assigning it would set the prototype.
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copied(member)])) as T
}
