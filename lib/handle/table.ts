/** The calls of one table. Each checks its arguments, makes one request, and sends it the way of its channel. */

import { after } from '../base/after.js'
import type { Fields } from '../base/check-options.js'
import { Call } from '../bridge/call.js'
import { noRow } from '../bridge/encode.js'
import { keep } from '../bridge/frozen-request.js'
import { Insert } from '../bridge/insert.js'
import { modelOptions } from '../bridge/model-options.js'
import type { Plan } from '../bridge/plans.js'
import type { Answer, Request, Row } from '../bridge/request.js'
import { limitsOf } from '../bridge/stopping.js'
import type { ModelMeta } from '../models/metadata.js'
import { AggregateCall, aggregation } from '../query/aggregation.js'
import { type Assigned, writeSet } from '../query/assign.js'
import { claimQuery } from '../query/claim.js'
import { lockWithoutTransaction } from '../query/lock.js'
import { type ModelPlans, modelPlans } from '../query/model-plans.js'
import { pageOptions, paging, type Rows } from '../query/page.js'
import { QueryWriter } from '../query/query-writer.js'
import { isRow } from '../query/row.js'
import { findQuery, getQuery, keyQuery, listQuery, scalarQuery, streamQuery, writeMany } from '../query/select.js'
import { MISSING, type Missing, Target } from '../query/target.js'
import { type Skipping, skipping } from '../query/unreadable.js'
import { deleteManyQuery, deleteQuery, unchangedQuery } from '../query/write.js'
import type { AfterCommitEvent, LockOptions } from '../types/index.js'
import type { Channel } from '../unit/channel.js'
import { BlockingStream, Stream } from '../unit/stream.js'
import { type Batches, type BlockingBatches, batchOf } from '../unit/stream-batches.js'
import { changesEvent, keyOf, rowsEvent, whereOf } from './after-commit-events.js'
import { createMany, hasKey, type Place } from './create-many.js'
import { refusePrismaCalls } from './prisma-calls.js'
import { CREATE, given, updateOf } from './update-row.js'
import { upsertMany, upsertOf } from './upsert-rows.js'

/** Receives the rows of a read. */
type Note = (rows: readonly unknown[]) => void

/** Begins the event of a write when that is sent, and ends it with the result; no event if that is undefined. */
type EventOf<T> = () => (result: T) => AfterCommitEvent | undefined

/** The result of a create. Made inside it, this function would keep what its caller gave until the answer comes. */
const onlyRow = (made: readonly Row[]) => made[0] as Row

/** The calls of one table. Public types are in lib/types/query.ts; here everything is checked at run time. */
export class Table {
  readonly #channel: Channel
  readonly #model: ModelMeta
  readonly #plans: ModelPlans

  constructor(channel: Channel, model: ModelMeta) {
    this.#channel = channel
    this.#model = model
    this.#plans = modelPlans(channel.database.client.plans, model)
  }

  #run<T>(work: () => Promise<T> | T): Promise<T> | T {
    if (this.#channel.blocking) return work()
    try {
      return work()
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Sends a call with the limits among its options, which were checked. */
  #send<T>(request: Request<T>, call: string, given: unknown): Promise<T> | T {
    request.limits = limitsOf(given as Fields | undefined)
    const { repeats } = this.#channel.database
    if (repeats && request instanceof Call && !request.plan.writes) {
      return repeats.send(this.#channel, this.#model, call, request)
    }
    return this.#channel.send(request)
  }

  /** Sends a write, with its event for the hook of the model. */
  #write<T>(request: Request<T>, call: string, given: unknown, event: EventOf<T>) {
    return this.#noted(this.#send(request, call, given), event)
  }

  /** Whether a hook of the model receives its writes. */
  get #reports(): boolean {
    return this.#channel.database.afterCommit?.hooks.has(this.#model.name) === true
  }

  /** Passes the event of a write to the hook of the model, after the commit that holds the write. */
  #noted<T>(written: Promise<T> | T, event: EventOf<T>): Promise<T> | T {
    const channel = this.#channel
    const { afterCommit } = channel.database
    if (!afterCommit || !this.#reports) return written
    // A session may have been committed when the answer is read.
    const { unit } = channel
    const eventOf = event()
    return after(written, result => {
      const noted = eventOf(result)
      if (noted) afterCommit.note(this.#model.name, noted, unit ?? channel.unit)
      return result
    })
  }

  get #place(): Place {
    return { channel: this.#channel, model: this.#model, plans: this.#plans }
  }

  #plan(query: QueryWriter): Plan {
    return this.#channel.database.client.plans.of(query.json)
  }

  get(id: unknown, opts?: unknown) {
    return this.#run(() => {
      if (opts === undefined) {
        const query = keyQuery(this.#model, 'get', id)
        return this.#one(this.#plans.byKey(query), query, 'get', undefined, true)
      }
      const query = getQuery(this.#model, id, opts)
      this.#checkLock('get', opts)
      return this.#one(this.#plan(query), query, 'get', opts)
    })
  }

  find(opts?: unknown) {
    return this.#run(() => {
      const query = findQuery(this.#model, opts)
      this.#checkLock('find', opts)
      return this.#one(this.#plan(query), query, 'find', opts)
    })
  }

  /** Throws QUERY_INVALID for a lock where each call stands alone; the options were checked. */
  #checkLock(call: string, given: unknown): void {
    if ((given as LockOptions | undefined)?.lock === undefined || this.#channel.belongsTo) return
    throw lockWithoutTransaction(this.#model, call)
  }

  /** The rows of an answer; noted, if they are read in a transaction that may be run again. */
  #rows(answer: Answer, plan: Plan, narrow: string, note?: Note, beside?: unknown[]): unknown[] {
    const rows = answer.rows(plan, narrow, beside)
    this.#channel.reads?.add(plan, rows)
    note?.(rows)
    return rows
  }

  /** Gives what receives the rows of a read, if updates of them are watched; those that are locked need not be. */
  #noting(opts: unknown): Note | undefined {
    const { losses } = this.#channel.database
    if (!losses || (opts as Fields | undefined)?.lock !== undefined) return undefined
    return losses.reading(this.#channel, this.#model)
  }

  #one(plan: Plan, { values }: QueryWriter, call: string, given: unknown, point = false) {
    const note = this.#noting(given)
    const read = (answer: Answer, narrow: string) => this.#rows(answer, plan, narrow, note)[0] ?? null
    return this.#send(new Call(plan, values, read, undefined, point), call, given)
  }

  list(opts?: unknown) {
    return this.#run(() => {
      const query = listQuery(this.#model, opts)
      this.#checkLock('list', opts)
      const plan = this.#plan(query)
      const note = this.#noting(opts)
      const read = (answer: Answer, narrow: string) => this.#rows(answer, plan, narrow, note)
      const skips = skipping(this.#model, 'list', opts)
      if (!skips) return this.#send(new Call(plan, query.values, read), 'list', opts)
      const readable = (answer: Answer, narrow: string) => skips.with(answer, () => read(answer, narrow))
      return after(this.#send(new Call(plan, query.values, readable), 'list', opts), skips.settle)
    })
  }

  /** Reports invalid options at once; the rest waits for the rows to be iterated. */
  stream(opts?: unknown) {
    const channel = this.#channel
    const model = this.#model
    const { query, batch } = streamQuery(model, opts)
    const plan = this.#plan(query)
    const skips = skipping(model, 'stream', opts)
    const read = (answer: Answer, narrow: string) => {
      const skipped = skips ? answer.skipped() : []
      const batch = batchOf(this.#rows(answer, plan, narrow))
      return skipped.length > 0 ? { ...batch, tell: () => skips?.tell(skipped) } : batch
    }
    const call = keep(new Call(plan, query.values, read))
    const kept = {
      ...call,
      stream: { number: channel.database.stream(), batch },
      limits: limitsOf(opts as Fields | undefined),
    }
    const batches = () => channel.batches(kept)
    const name = `${model.name}.stream`
    return channel.blocking
      ? new BlockingStream(name, batches as () => BlockingBatches)
      : new Stream(name, batches as () => Batches)
  }

  page(opts: unknown) {
    return this.#run(() => {
      const given = pageOptions(this.#model, opts)
      const skips = skipping(this.#model, 'page', given)
      if (skips) return this.#pageOf(given, skips)
      const asked = paging(this.#model, given)
      const plan = this.#plan(asked.query)
      const note = this.#noting(given)
      const read = (answer: Answer, narrow: string) => {
        const beside: unknown[] = []
        return asked.read(this.#rows(answer, plan, narrow, note, beside) as Row[], beside)
      }
      return this.#send(new Call(plan, asked.query.values, read).refusedAs(asked.refusal), 'page', given)
    })
  }

  /**
   * A page without the rows that cannot be read. A cursor is of a readable row: if the page has
   * none, more rows are read.
   */
  #pageOf(given: Fields, skips: Skipping, rows?: number): Promise<Rows> | Rows {
    const asked = paging(this.#model, given, rows)
    const plan = this.#plan(asked.query)
    const note = this.#noting(given)
    const readable = (answer: Answer, narrow: string) =>
      skips.with(answer, () => {
        const beside: unknown[] = []
        return { rows: this.#rows(answer, plan, narrow, note, beside) as Row[], beside }
      })
    const call = new Call(plan, asked.query.values, readable).refusedAs(asked.refusal)
    return after(this.#send(call, 'page', given), ({ result, skipped }) => {
      const page = asked.read(result.rows, result.beside, skipped.filter(({ node }) => node === 0).length)
      if (page === undefined) return this.#pageOf(given, skips, 2 * asked.rows)
      skips.tell(skipped)
      return page
    })
  }

  count(opts?: unknown) {
    return this.#scalar('count', opts, answer => answer.scalar())
  }

  exists(opts?: unknown) {
    return this.#scalar('exists', opts, answer => answer.scalar() > 0)
  }

  #scalar<T>(op: 'count' | 'exists', opts: unknown, read: (answer: Answer) => T) {
    return this.#run(() => {
      const query = scalarQuery(this.#model, op, opts)
      return this.#send(new Call(this.#plan(query), query.values, read), op, opts)
    })
  }

  aggregate(opts: unknown) {
    return this.#run(() => {
      const asked = aggregation(this.#model, opts)
      const plan = this.#plan(asked.query)
      const read = (answer: Answer, narrow: string) => asked.read(answer.rows(plan, narrow) as Row[])
      return this.#send(new AggregateCall(this.#model, plan, asked.query.values, read), 'aggregate', opts)
    })
  }

  create(values: unknown, opts?: unknown) {
    return this.#run(() => {
      const model = this.#model
      if (!isRow(values)) throw noRow(model, values)
      if (opts !== undefined) modelOptions(model, 'create', CREATE, opts)
      const withKey = hasKey(model, values)
      const insert = new Insert(this.#plans.insert(withKey), model, [values], withKey, onlyRow)
      return given(
        opts,
        this.#write(insert, 'create', opts, () => row => rowsEvent('create', [row])),
      )
    })
  }

  createMany(rows: unknown, opts?: unknown) {
    return this.#run(() => {
      const made = createMany(this.#place, rows, opts)
      return given(
        opts,
        this.#noted(made, () => made => rowsEvent('createMany', made)),
      )
    })
  }

  update(id: unknown, values: unknown, opts?: unknown) {
    return this.#run(() => {
      const { request, target, writes } = updateOf(this.#place, id, values, opts, this.#reports)
      const event = writes ? () => (row: Row) => rowsEvent('update', [row]) : undefined
      return given(opts, this.#ofTarget<Row>(request, target, 'update', opts, event))
    })
  }

  /** Sends a call about one row. Throws NOT_FOUND, STALE_ROW. */
  #ofTarget<T>(
    request: Call<T | Missing>,
    target: Target,
    call: string,
    opts: unknown,
    event: EventOf<T> | undefined,
  ): Promise<T> | T {
    const sent = this.#send(request, call, opts)
    const written = target.isConditional
      ? after(sent, result => (result === MISSING ? this.#fails(target, opts) : result))
      : (sent as Promise<T> | T)
    return event ? this.#noted(written, event) : written
  }

  /** Says why a call changed no row: whether there is none, or one that does not meet the conditions. */
  #fails(target: Target, opts: unknown): Promise<never> | never {
    const query = target.rowQuery()
    const plan = this.#plans.byKey(query)
    const fails = (answer: Answer, narrow: string): never => {
      const row = answer.rows(plan, narrow)[0] as Row | undefined
      throw row ? target.stale(row) : target.notFound()
    }
    const request = new Call<never>(plan, query.values, fails)
    request.limits = limitsOf(opts as Fields | undefined)
    return this.#channel.send(request)
  }

  updateMany(opts: unknown, values: unknown) {
    return this.#run(() => {
      const model = this.#model
      const query = new QueryWriter('update', model)
      const { columns, changes } = writeSet(query, model, 'updateMany', values)
      if (columns.length === 0) return this.#unchanged(opts)
      const returning = writeMany(query, model, 'updateMany', opts)
      return this.#sendMany({ query, returning, columns, changes }, 'updateMany', opts)
    })
  }

  #unchanged(given: unknown) {
    const { query, returning } = unchangedQuery(this.#model, given)
    const plan = this.#plan(query)
    const read = (answer: Answer, narrow: string) => (returning ? answer.rows(plan, narrow) : answer.scalar())
    return this.#send(new Call(plan, query.values, read), 'updateMany', given)
  }

  claim(opts: unknown) {
    return this.#run(() => {
      const { query, changes, set } = claimQuery(this.#model, opts)
      const plan = this.#plan(query)
      const read = (answer: Answer, narrow: string) => {
        const rows = answer.rows(plan, narrow) as Row[]
        // If it took two statements, the first has the order and the second the rows.
        return plan.nodes.length === 1 ? rows : rows.map(({ row }) => row as Row)
      }
      const request = new Call(plan, query.values, read)
      request.set = set
      request.changes = changes
      return this.#write(request, 'claim', opts, () => rows => rowsEvent('claim', rows))
    })
  }

  upsert(values: unknown, opts: unknown) {
    return this.#run(() => {
      const request = upsertOf(this.#place, values, opts, this.#reports)
      return given(
        opts,
        this.#write(request, 'upsert', opts, () => row => rowsEvent('upsert', [row])),
      )
    })
  }

  upsertMany(rows: unknown, opts: unknown): Promise<Row[]> | Row[] {
    return this.#run(() => this.#noted(upsertMany(this.#place, rows, opts), () => put => rowsEvent('upsertMany', put)))
  }

  delete(id: unknown, opts?: unknown) {
    return this.#run(() => {
      const target = new Target(this.#model, 'delete', id, opts)
      const query = deleteQuery(this.#model, target)
      const read = (answer: Answer) => (answer.changes() === 0 ? target.missing() : undefined)
      const call = new Call(this.#plan(query), query.values, read)
      const event = () => {
        const where = keyOf(this.#model, target.key)
        return () => changesEvent('delete', where, 1)
      }
      return this.#ofTarget<void>(call, target, 'delete', opts, event)
    })
  }

  deleteMany(opts: unknown) {
    return this.#run(() => this.#sendMany(deleteManyQuery(this.#model, opts), 'deleteMany', opts))
  }

  /** Sends a write of many rows; gives the rows if it returns them, else how many they were. */
  #sendMany(
    { query, returning, columns, changes }: { query: QueryWriter; returning: boolean } & Partial<Assigned>,
    call: 'updateMany' | 'deleteMany',
    given: unknown,
  ): Promise<Row[] | number> | Row[] | number {
    const plan = this.#plan(query)
    const read = (answer: Answer, narrow: string) =>
      returning ? (answer.rows(plan, narrow) as Row[]) : answer.changes()
    const request = new Call(plan, query.values, read, columns)
    request.changes = changes
    return this.#write(request, call, given, () => {
      const where = whereOf(given)
      return result => changesEvent(call, where, typeof result === 'number' ? result : result.length)
    })
  }
}

refusePrismaCalls(Table.prototype)
