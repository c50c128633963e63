/** upsert and upsertMany: the rows and the options checked, and one statement for each shape of row. */

import { isFields } from '../base/check-options.js'
import { ValidationError } from '../base/errors.js'
import { anything, flag, type OptionTable } from '../base/option-kinds.js'
import { shown } from '../base/shown.js'
import { present } from '../bridge/check-value.js'
import { noRow, readyOrDefault } from '../bridge/encode.js'
import { modelOptions, queryError } from '../bridge/model-options.js'
import type { Row } from '../bridge/request.js'
import { LIMITS } from '../bridge/stopping.js'
import { Upsert } from '../bridge/upsert.js'
import { type Upserted, UpsertMany } from '../bridge/upsert-many.js'
import { inRowOf } from '../bridge/value-error.js'
import { type ColumnMeta, columnOf, type ModelMeta } from '../models/metadata.js'
import { type Assigned, writeSet } from '../query/assign.js'
import type { ModelPlans } from '../query/model-plans.js'
import { ownBytes, ownRows } from '../query/own-row.js'
import type { QueryWriter } from '../query/query-writer.js'
import { isRow, without } from '../query/row.js'
import { named } from '../query/select.js'
import { staleUpsert, VERSION } from '../query/target.js'
import { insertQuery } from '../query/write.js'
import type { UpsertOptions } from '../types/index.js'
import { checkRows, hasKey, JOB, type Job, type Place, sendJobs } from './create-many.js'

/** The columns are checked where they are read. */
const OPTIONS: OptionTable<Exclude<keyof UpsertOptions<any, any>, 'version'>> = {
  on: anything,
  update: { expected: 'an object of columns', accepts: isFields },
  ...LIMITS,
}

/** The options of an upsert of one row; those if its model has a version. */
const OF_ONE: OptionTable = { ...OPTIONS, returning: flag }
const WITH_VERSION: OptionTable = { ...OF_ONE, version: VERSION }

/** What is written for a row, with what it sets in an existing one. */
interface Written {
  readonly query: QueryWriter
  readonly set: Assigned
  readonly withKey: boolean
}

/** Rows that follow each other and have one statement. */
interface UpsertJob extends Job {
  readonly request: UpsertMany
}

/**
 * The request of an upsert of one row. Its limits are not set yet. `reported`: the row is needed even if its caller does not ask
 * for it. Throws QUERY_INVALID, UNKNOWN_OPTION, UNKNOWN_COLUMN, VALUE_INVALID.
 */
export function upsertOf({ model, plans }: Place, values: unknown, options: unknown, reported: boolean): Upsert {
  if (!isRow(values)) throw noRow(model, values)
  const { on, update, all } = optionsOf(model, 'upsert', options, model.version ? WITH_VERSION : OF_ONE)
  const { query, set, withKey } = write(model, plans, 'upsert', values, { on, update })
  const gives = reported || all.returning !== false
  if (!gives) query.entry('"returning":false')
  if (model.version && all.version !== undefined) {
    query.bind(`"version":${model.version.quoted}`, present(model.version, all.version))
  }
  const { columns, encode } = plans.encoding(withKey)
  const insert = { plan: plans.of(query), encode, columns }
  const request = new Upsert(insert, values, set.columns, query.values, set.changes)
  request.gives = gives
  request.stale = () => staleUpsert(model, all.version)
  return request
}

/** Inserts rows, or changes those that exist, all or none. Gives the rows in the order given. */
export function upsertMany(place: Place, rows: unknown, options: unknown): Promise<Row[]> | Row[] {
  const { channel, model, plans } = place
  const given = optionsOf(model, 'upsertMany', options)
  checkRows(model, 'upsertMany', rows)
  checkDistinct(model, rows, given.on)
  // Several calls cross one after the other, in a transaction.
  const own = channel.blocking ? rows : ownRows(model, rows)
  const jobs = jobsOf(model, plans, own, given)
  return sendJobs({ channel, jobs, total: rows.length }, (on, job) => on.send(job.request), given.all)
}

interface Given {
  readonly on: readonly ColumnMeta[]
  /** The columns that an existing row gets; undefined for those of its own row. */
  readonly update: unknown
}

function optionsOf(model: ModelMeta, call: string, options: unknown, table: OptionTable = OPTIONS) {
  const all = modelOptions(model, call, table, options)
  if (!Array.isArray(all.on) || all.on.length === 0) {
    throw queryError(`${model.name}.${call}: on must name the columns of a unique key, found ${shown(all.on)}.`, model)
  }
  return { on: named(model, `${call}: on`, all.on), update: all.update, all }
}

/** Writes the query of one row. */
function write(model: ModelMeta, plans: ModelPlans, call: string, row: Row, { on, update }: Given): Written {
  const withKey = hasKey(model, row)
  const query = insertQuery('upsert', model, plans.encoding(withKey).columns)
  query.entry(`"on":${JSON.stringify(on.map(c => c.property))}`)
  const set = writeSet(query, model, call, update === undefined ? without(row, on) : update)
  return { query, set, withKey }
}

/** Cuts rows into calls: each has rows that set the same columns. */
function jobsOf(model: ModelMeta, plans: ModelPlans, rows: readonly Row[], given: Given): UpsertJob[] {
  const jobs: UpsertJob[] = []
  let first: Written | undefined
  let json = ''
  let upserted: Upserted[] = []
  let start = 0
  const end = (at: number) => {
    if (!first) return
    const { columns, encode } = plans.encoding(first.withKey)
    const insert = { plan: plans.of(first.query), encode, columns }
    const request = new UpsertMany(insert, upserted, first.set.columns, start, first.set.changes)
    jobs.push({ start, end: at, request })
  }
  for (const [i, row] of rows.entries()) {
    const written = inRowOf(i, () => write(model, plans, 'upsertMany', row, given))
    const ownJson = written.query.json
    if (ownJson !== json || upserted.length === JOB) {
      end(i)
      ;[first, json, upserted, start] = [written, ownJson, [], i]
    }
    upserted.push({ given: row, values: written.query.values.map(ownBytes) })
  }
  end(rows.length)
  return jobs
}

/** Throws VALUE_INVALID if two rows have the same unique values: which of them would stay, nothing says. */
function checkDistinct(model: ModelMeta, rows: readonly Row[], on: readonly ColumnMeta[]): void {
  const seen = new Map<string, number>()
  const now = Date.now()
  for (const [i, row] of rows.entries()) {
    const key = inRowOf(i, () => keyOf(model, on, row, now))
    if (key === undefined) continue
    const other = seen.get(key)
    if (other !== undefined) {
      const columns = on.map(column => column.property)
      throw new ValidationError(
        `${model.name}.upsertMany: rows ${other} and ${i} have the same ${columns.join(', ')}.`,
        {
          table: model.table,
          columns,
          row: i,
          expected: 'rows that differ in the columns of on',
          found: `rows ${other} and ${i}`,
          hint: 'Keep one of the two: nothing says which would be written last.',
        },
      )
    }
    seen.set(key, i)
  }
}

/** The unique values of a row as text; undefined if one of them is null or generated, which is equal to no other. */
function keyOf(model: ModelMeta, on: readonly ColumnMeta[], row: Row, now: number): string | undefined {
  // A misspelt column is named before another is found missing.
  for (const name in row) columnOf(model, name)
  const parts: string[] = []
  for (const column of on) {
    const value = row[column.property]
    if (value === undefined && column.identity) return undefined
    const ready = readyOrDefault(column, value, now)
    if (ready === null) return undefined
    parts.push(ready instanceof Uint8Array ? Buffer.from(ready).toString('hex') : String(ready))
  }
  return parts.length === 1 ? parts[0] : JSON.stringify(parts)
}
