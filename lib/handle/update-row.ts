/** `update` of one row, and the option `returning` of the calls that write rows. */

import { after } from '../base/after.js'
import type { Fields } from '../base/check-options.js'
import { flag, type OptionTable } from '../base/option-kinds.js'
import { Call } from '../bridge/call.js'
import type { Answer, Row } from '../bridge/request.js'
import { LIMITS } from '../bridge/stopping.js'
import { writeSet } from '../query/assign.js'
import { QueryWriter } from '../query/query-writer.js'
import { type Missing, Target } from '../query/target.js'
import type { Place } from './create-many.js'

/** The options of `create`. */
export const CREATE: OptionTable = { returning: flag, ...LIMITS }

/** Whether the options of a write, which were checked, ask for its row. */
const wantsRow = (opts: unknown) => (opts as Fields | undefined)?.returning !== false

/** The result of a write for its caller: the row or the rows, unless the options do without. */
export function given<T>(opts: unknown, written: Promise<T> | T): Promise<T | undefined> | T | undefined {
  return wantsRow(opts) ? written : after(written, () => undefined)
}

/** An update of one row, and the row it is about. */
interface Update {
  readonly request: Call<Row | Missing>
  readonly target: Target
  /** Whether it sets any column. */
  readonly writes: boolean
}

/**
 * The request of an update. Its limits are not set yet. `reported`: the row is needed even if its caller does not ask for it; else
 * its result is then an empty one. Throws UNKNOWN_OPTION, QUERY_INVALID, VALUE_INVALID, WHERE_REQUIRED.
 */
export function updateOf(place: Place, id: unknown, values: unknown, opts: unknown, reported: boolean): Update {
  const { channel, model, plans } = place
  const target = new Target(model, 'update', id, opts)
  const update = new QueryWriter('update', model)
  const { columns, changes } = writeSet(update, model, 'update', values)
  const writes = columns.length > 0
  const gives = !writes || reported || wantsRow(opts)
  if (writes && gives) update.entry('"returning":true')
  const query = writes ? update : new QueryWriter('list', model)
  target.write(query)
  const plan = writes || target.isConditional ? plans.of(query) : plans.byKey(query)
  const row = (answer: Answer, narrow: string) => answer.rows(plan, narrow)[0] as Row | undefined
  const changed = (answer: Answer) => (answer.changes() > 0 ? {} : undefined)
  const read = (answer: Answer, narrow: string) => (gives ? row(answer, narrow) : changed(answer)) ?? target.missing()
  const request = new Call(plan, query.values, read, writes ? columns : undefined)
  request.changes = changes
  if (!changes && !target.isConditional) {
    channel.database.losses?.updating(channel, model, target.key, columns, query.values)
  }
  return { request, target, writes }
}
