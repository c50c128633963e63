/** createMany and its rows: checked, and cut into calls that go one behind the other where they are many. */

import type { Fields } from '../base/check-options.js'
import { rethrow } from '../base/errors.js'
import { aFunction, flag, type Kind, type OptionTable } from '../base/option-kinds.js'
import { shown } from '../base/shown.js'
import { noRow } from '../bridge/encode.js'
import { Insert } from '../bridge/insert.js'
import { InsertNew } from '../bridge/insert-new.js'
import { modelOptions, queryError } from '../bridge/model-options.js'
import type { Row } from '../bridge/request.js'
import { LIMITS, limitsOf } from '../bridge/stopping.js'
import { errorInRow } from '../bridge/value-error.js'
import type { ModelMeta } from '../models/metadata.js'
import type { ModelPlans } from '../query/model-plans.js'
import { ownRows } from '../query/own-row.js'
import { isRow } from '../query/row.js'
import { named } from '../query/select.js'
import { insertNewQuery } from '../query/write.js'
import type { CreateManyOptions } from '../types/index.js'
import { type Channel, LimitedChannel } from '../unit/channel.js'

/** Rows of one call that cross at once; more go in several, in a transaction. */
export const JOB = 2048

const SKIP: Kind = {
  expected: 'true, false or a list of columns',
  accepts: value => typeof value === 'boolean' || (Array.isArray(value) && value.length > 0),
}
const OPTIONS: OptionTable<keyof CreateManyOptions | 'returning'> = {
  onProgress: aFunction(),
  returning: flag,
  skipDuplicates: SKIP,
  ...LIMITS,
}

/** The place of rows to write: the channel of a table, its model, and the plans of that. */
export interface Place {
  readonly channel: Channel
  readonly model: ModelMeta
  readonly plans: ModelPlans
}

/** Called after each of them with the rows done so far and the rows in all. */
export type Progress = (done: number, total: number) => void

/** Rows that cross as one call. */
export interface Job {
  readonly start: number
  readonly end: number
}

/** Those of one insert: all with their generated key, or all without. */
interface InsertJob extends Job {
  readonly withKey: boolean
}

/** Inserts rows, all or none; those that are duplicates are left out if the options ask for it. Gives the rows that were made. */
export function createMany(place: Place, rows: unknown, options: unknown): Promise<Row[]> | Row[] {
  const { channel, model } = place
  const given = modelOptions(model, 'createMany', OPTIONS, options)
  const { onProgress } = given as { onProgress?: Progress }
  const skipped = skippedBy(model, given.skipDuplicates)
  checkRows(model, 'createMany', rows)
  const jobs = jobsOf(model, rows)
  const isLater = !channel.blocking && !isOne(jobs, onProgress)
  const own = isLater ? ownRows(model, rows) : rows
  const send = (on: Channel, job: InsertJob) => on.send(insertOf(place, own, job, skipped))
  return sendJobs({ channel, jobs, total: rows.length, onProgress }, send, given)
}

/** The insert of the rows of a job. */
function insertOf(
  { model, plans }: Place,
  rows: readonly object[],
  { start, end, withKey }: InsertJob,
  skipped: readonly string[] | undefined,
): Insert<Row[]> {
  const part = start === 0 && end === rows.length ? rows : rows.slice(start, end)
  if (skipped === undefined) return new Insert(plans.insert(withKey), model, part, withKey, made => made, start)
  const { columns, encode } = plans.encoding(withKey)
  const plan = plans.of(insertNewQuery(model, columns, skipped))
  return new InsertNew({ plan, encode, columns }, model, part, withKey, start)
}

/** The columns whose values make a row a duplicate, none for those of any unique key; undefined if no row is left out. */
function skippedBy(model: ModelMeta, given: unknown): readonly string[] | undefined {
  if (given === undefined || given === false) return undefined
  return given === true
    ? []
    : named(model, 'createMany: skipDuplicates', given as unknown[]).map(column => column.property)
}

/** Throws QUERY_INVALID if the argument is not an array, VALUE_INVALID if one of its items is not a row. */
export function checkRows(model: ModelMeta, call: string, rows: unknown): asserts rows is readonly Row[] {
  if (!Array.isArray(rows)) {
    const hint = `Pass the array itself: ${call}([{ ... }, { ... }]).`
    throw queryError(`${model.name}.${call}: expected an array of rows, found ${shown(rows)}.`, model, hint)
  }
  for (let i = 0; i < rows.length; i++) if (!isRow(rows[i])) throw errorInRow(noRow(model, rows[i]), i)
}

/** Jobs, and where they are sent. */
interface Sending<J> {
  readonly channel: Channel
  readonly jobs: readonly J[]
  /** Rows of all jobs. */
  readonly total: number
  readonly onProgress?: Progress | undefined
}

/** Sends jobs, all or none: one by itself, several in a transaction. Gives the rows of all. */
export function sendJobs<J extends Job>(
  { channel, jobs, total, onProgress }: Sending<J>,
  send: (on: Channel, job: J) => Promise<Row[]> | Row[],
  options: Fields,
): Promise<Row[]> | Row[] {
  if (jobs.length === 0) return channel.blocking ? [] : Promise.resolve([])
  const limits = limitsOf(options)
  if (isOne(jobs, onProgress)) {
    const on = limits ? new LimitedChannel(channel, limits) : channel
    return send(on, jobs[0] as J)
  }
  const work = channel.blocking
    ? (on: Channel) => inOrder(jobs, job => send(on, job) as Row[], total, onProgress)
    : (on: Channel) => pipelined(jobs, job => send(on, job) as Promise<Row[]>, total, onProgress)
  return channel.transaction(work, undefined, limits)
}

/** Whether jobs are a single call, which crosses at once. An exception of onProgress must undo the rows: that takes a transaction. */
const isOne = (jobs: readonly Job[], onProgress: Progress | undefined) => jobs.length === 1 && !onProgress

/** Cuts rows into calls: rows with and without a key are different statements. */
function jobsOf(model: ModelMeta, rows: readonly object[]): InsertJob[] {
  const jobs: InsertJob[] = []
  for (let start = 0; start < rows.length; ) {
    const withKey = hasKey(model, rows[start] as object)
    let end = start + 1
    while (end < rows.length && end - start < JOB && hasKey(model, rows[end] as object) === withKey) end++
    jobs.push({ start, end, withKey })
    start = end
  }
  return jobs
}

/** Sends each job behind the one before it, where calls block. */
function inOrder<J extends Job>(
  jobs: readonly J[],
  send: (job: J) => Row[],
  total: number,
  onProgress: Progress | undefined,
): Row[] {
  const made: Row[] = []
  for (const job of jobs) {
    for (const row of send(job)) made.push(row)
    onProgress?.(job.end, total)
  }
  return made
}

/** Sends each job while the one before it runs, so that packing and inserting go on side by side. */
async function pipelined<J extends Job>(
  jobs: readonly J[],
  send: (job: J) => Promise<Row[]>,
  total: number,
  onProgress: Progress | undefined,
): Promise<Row[]> {
  const made: Row[] = []
  let running: { rows: Promise<Row[]>; end: number } | undefined
  const settle = async () => {
    if (!running) return
    for (const row of await running.rows.catch(rethrow)) made.push(row)
    onProgress?.(running.end, total)
  }
  for (const job of jobs) {
    const rows = send(job)
    // Its failure is seen when its turn comes; until then it is not unhandled.
    rows.catch(() => {})
    await settle()
    running = { rows, end: job.end }
  }
  await settle()
  return made
}

/** Whether values bring the generated key of their row. */
export function hasKey(model: ModelMeta, values: object): boolean {
  return model.identity === undefined || (values as Row)[model.identity.property] !== undefined
}
