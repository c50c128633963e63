/** The calls of one table. Each checks its arguments, makes one request, and sends it the way of its channel. */

import { type Fields, isFields } from '../base/check-options.js'
import { NotFoundError } from '../base/errors.js'
import { aFunction, anything, type OptionTable } from '../base/option-kinds.js'
import { shown } from '../base/shown.js'
import { Call } from '../bridge/call.js'
import { noRow } from '../bridge/encode.js'
import { keep } from '../bridge/frozen-request.js'
import { Insert } from '../bridge/insert.js'
import { modelOptions, queryError } from '../bridge/model-options.js'
import type { Plan } from '../bridge/plans.js'
import type { Answer, Request, Row } from '../bridge/request.js'
import { LIMITS, limitsOf } from '../bridge/stopping.js'
import { Upsert } from '../bridge/upsert.js'
import { errorInRow } from '../bridge/value-error.js'
import type { ColumnMeta, ModelMeta } from '../models/metadata.js'
import { AggregateCall, aggregation } from '../query/aggregation.js'
import { type ModelPlans, modelPlans } from '../query/model-plans.js'
import { pageOptions, paging, type Rows } from '../query/page.js'
import { QueryWriter } from '../query/query-writer.js'
import {
  findQuery,
  getQuery,
  keyQuery,
  listQuery,
  named,
  scalarQuery,
  streamQuery,
  writeKey,
  writeMany,
} from '../query/select.js'
import { type Skipping, skipping } from '../query/unreadable.js'
import { deleteManyQuery, deleteQuery, insertQuery, writeSet } from '../query/write.js'
import type { AfterCommitEvent, CreateManyOptions, UpsertOptions } from '../types/index.js'
import type { Channel } from '../unit/channel.js'
import { BlockingStream, Stream } from '../unit/stream.js'
import { type Batches, type BlockingBatches, batchOf } from '../unit/stream-batches.js'
import { changesEvent, keyOf, rowsEvent, whereOf } from './after-commit-events.js'
import { hasKey, type Job, jobsOf, type Progress, pipelined } from './create-many.js'
import { prismaCallOfTable } from './prisma-calls.js'

const CREATE_MANY: OptionTable<keyof CreateManyOptions> = { onProgress: aFunction(), ...LIMITS }
/** The columns are checked where they are read. */
const UPSERT: OptionTable<keyof UpsertOptions<any, any>> = {
  on: anything,
  update: { expected: 'an object of columns', accepts: isFields },
  ...LIMITS,
}

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

  /** Sends a write; `event` makes the event of its result for the hook of the model, or undefined. */
  #write<T>(request: Request<T>, call: string, given: unknown, event: (result: T) => AfterCommitEvent | undefined) {
    return this.#noted(this.#send(request, call, given), event)
  }

  /** Passes the event of a write to the hook of the model, after the commit that holds the write. */
  #noted<T>(written: Promise<T> | T, event: (result: T) => AfterCommitEvent | undefined): Promise<T> | T {
    const channel = this.#channel
    const { afterCommit } = channel.database
    const { name } = this.#model
    if (!afterCommit?.hooks.has(name)) return written
    // A session may have been committed when the answer is read.
    const { unit } = channel
    return after(written, result => {
      const noted = event(result)
      if (noted) afterCommit.note(name, noted, unit ?? channel.unit)
      return result
    })
  }

  #insert<T>(rows: readonly object[], withKey: boolean, result: (made: Row[]) => T, first = 0): Insert<T> {
    return new Insert(this.#plans.insert(withKey), this.#model, rows, withKey, result, first)
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
      return this.#one(this.#plan(query), query, 'get', opts)
    })
  }

  find(opts?: unknown) {
    return this.#run(() => {
      const query = findQuery(this.#model, opts)
      return this.#one(this.#plan(query), query, 'find', opts)
    })
  }

  #one(plan: Plan, { values }: QueryWriter, call: string, given: unknown, point = false) {
    const read = (answer: Answer, narrow: string) => answer.rows(plan, narrow)[0] ?? null
    return this.#send(new Call(plan, values, read, undefined, point), call, given)
  }

  list(opts?: unknown) {
    return this.#run(() => {
      const query = listQuery(this.#model, opts)
      const plan = this.#plan(query)
      const read = (answer: Answer, narrow: string) => answer.rows(plan, narrow)
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
      const batch = batchOf(answer.rows(plan, narrow))
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
      const read = (answer: Answer, narrow: string) => {
        const beside: unknown[] = []
        return asked.read(answer.rows(plan, narrow, beside) as Row[], beside)
      }
      return this.#send(new Call(plan, asked.query.values, read), 'page', given)
    })
  }

  /**
   * A page without the rows that cannot be read. A cursor is of a readable row: if the page has
   * none, more rows are read.
   */
  #pageOf(given: Fields, skips: Skipping, rows?: number): Promise<Rows> | Rows {
    const asked = paging(this.#model, given, rows)
    const plan = this.#plan(asked.query)
    const readable = (answer: Answer, narrow: string) =>
      skips.with(answer, () => {
        const beside: unknown[] = []
        return { rows: answer.rows(plan, narrow, beside) as Row[], beside }
      })
    return after(this.#send(new Call(plan, asked.query.values, readable), 'page', given), ({ result, skipped }) => {
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
      if (opts !== undefined) modelOptions(model, 'create', LIMITS, opts)
      const insert = this.#insert([values], hasKey(model, values), made => made[0] as Row)
      return this.#write(insert, 'create', opts, row => rowsEvent('create', [row]))
    })
  }

  createMany(rows: unknown, opts?: unknown): Promise<Row[]> | Row[] {
    return this.#run(() => {
      const model = this.#model
      const { onProgress } = modelOptions(model, 'createMany', CREATE_MANY, opts) as { onProgress?: Progress }
      if (!Array.isArray(rows))
        throw queryError(
          `${model.name}.createMany: expected an array of rows, found ${shown(rows)}.`,
          model,
          'Pass the array itself: createMany([{ ... }, { ... }]).',
        )
      for (let i = 0; i < rows.length; i++) if (!isRow(rows[i])) throw errorInRow(noRow(model, rows[i]), i)
      if (rows.length === 0) return this.#channel.blocking ? [] : Promise.resolve([])
      const jobs = jobsOf(model, rows)
      const only = jobs.length === 1 ? jobs[0] : undefined
      // An exception of onProgress must undo the rows: then it takes a transaction.
      if (only && !onProgress) {
        const insert = this.#insert(rows, only.withKey, made => made)
        return this.#write(insert, 'createMany', opts, made => rowsEvent('createMany', made))
      }
      const limits = limitsOf(opts as Fields | undefined)
      const send = (channel: Channel, job: Job) =>
        channel.send(this.#insert(rows.slice(job.start, job.end), job.withKey, made => made, job.start))
      const all = this.#channel.blocking
        ? this.#channel.transaction(
            channel => {
              const made: Row[] = []
              for (const job of jobs) {
                for (const row of send(channel, job) as Row[]) made.push(row)
                onProgress?.(made.length, rows.length)
              }
              return made
            },
            undefined,
            limits,
          )
        : this.#channel.transaction(
            channel => pipelined(jobs, job => send(channel, job) as Promise<Row[]>, rows.length, onProgress),
            undefined,
            limits,
          )
      return this.#noted(all, made => rowsEvent('createMany', made))
    })
  }

  update(id: unknown, values: unknown, opts?: unknown) {
    return this.#run(() => {
      const model = this.#model
      if (opts !== undefined) modelOptions(model, 'update', LIMITS, opts)
      const update = new QueryWriter('update', model)
      const columns = writeSet(update, model, 'update', values)
      const found = (row: Row | undefined) => {
        if (row) return row
        throw notFound(model, 'update', id)
      }
      if (columns.length === 0) {
        const query = keyQuery(model, 'update', id)
        const plan = this.#plans.byKey(query)
        const read = (answer: Answer, narrow: string) => found(answer.rows(plan, narrow)[0] as Row | undefined)
        return this.#send(new Call(plan, query.values, read), 'update', opts)
      }
      update.entry('"returning":true')
      writeKey(update, model, 'update', id)
      const plan = this.#plan(update)
      const read = (answer: Answer, narrow: string) => found(answer.rows(plan, narrow)[0] as Row | undefined)
      const call = new Call(plan, update.values, read, columns)
      return this.#write(call, 'update', opts, row => rowsEvent('update', [row]))
    })
  }

  updateMany(opts: unknown, values: unknown) {
    return this.#run(() => {
      const model = this.#model
      const query = new QueryWriter('update', model)
      const columns = writeSet(query, model, 'updateMany', values)
      if (columns.length === 0) throw queryError(`${model.name}.updateMany: there is nothing to change.`, model)
      query.entry('"returning":false')
      writeMany(query, model, 'updateMany', opts)
      const read = (answer: Answer) => answer.changes()
      const call = new Call(this.#plan(query), query.values, read, columns)
      return this.#write(call, 'updateMany', opts, changes => changesEvent('updateMany', whereOf(opts), changes))
    })
  }

  upsert(values: unknown, opts: unknown) {
    return this.#run(() => {
      const model = this.#model
      if (!isRow(values)) throw noRow(model, values)
      const given = modelOptions(model, 'upsert', UPSERT, opts)
      if (!Array.isArray(given.on) || given.on.length === 0) {
        throw queryError(
          `${model.name}.upsert: on must name the columns of a unique key, found ${shown(given.on)}.`,
          model,
        )
      }
      const on = named(model, 'upsert: on', given.on)
      const withKey = hasKey(model, values)
      const { columns, encode } = this.#plans.encoding(withKey)
      const query = insertQuery('upsert', model, columns)
      query.entry(`"on":${JSON.stringify(on.map(c => c.property))}`)
      const set = writeSet(query, model, 'upsert', given.update === undefined ? without(values, on) : given.update)
      const request = new Upsert({ plan: this.#plan(query), encode, columns }, values, set, query.values)
      return this.#write(request, 'upsert', opts, row => rowsEvent('upsert', [row]))
    })
  }

  delete(id: unknown, opts?: unknown) {
    return this.#run(() => {
      const model = this.#model
      if (opts !== undefined) modelOptions(model, 'delete', LIMITS, opts)
      const query = deleteQuery(model, id)
      const read = (answer: Answer) => {
        if (answer.changes() === 0) throw notFound(model, 'delete', id)
      }
      const call = new Call<void>(this.#plan(query), query.values, read)
      return this.#write(call, 'delete', opts, () => changesEvent('delete', keyOf(model, id), 1))
    })
  }

  deleteMany(opts: unknown) {
    return this.#run(() => {
      const query = deleteManyQuery(this.#model, opts)
      const call = new Call(this.#plan(query), query.values, answer => answer.changes())
      return this.#write(call, 'deleteMany', opts, changes => changesEvent('deleteMany', whereOf(opts), changes))
    })
  }
}

// Behind the calls: it is asked only for names that no table has.
Object.setPrototypeOf(
  Table.prototype,
  new Proxy({}, { get: (object, name) => prismaCallOfTable(name) ?? Reflect.get(object, name) }),
)

/** The result of an answer, which is available at once if calls block. */
function after<T, R>(answer: Promise<T> | T, then: (answer: T) => Promise<R> | R): Promise<R> | R {
  return answer instanceof Promise ? answer.then(then) : then(answer)
}

function isRow(value: unknown): value is Row {
  return (
    isFields(value) ||
    (typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      !(value instanceof Date) &&
      !ArrayBuffer.isView(value))
  )
}

function without(values: Row, columns: readonly ColumnMeta[]): Row {
  const rest = { ...values }
  for (const column of columns) delete rest[column.property]
  return rest
}

function notFound(model: ModelMeta, call: string, id: unknown): NotFoundError {
  const found = model.key.some(c => c.private)
    ? 'no row with this key'
    : `no row with the key ${model.key.length === 1 ? shown(id) : parts(model, id as Row)}`
  return new NotFoundError(`${model.name}.${call}: there is ${found}.`, {
    table: model.table,
    columns: model.key.map(c => c.property),
    found,
    hint: 'Use get() or find() if the row may be absent.',
  })
}

const parts = (model: ModelMeta, id: Row) =>
  `{ ${model.key.map(c => `${c.property}: ${shown(id[c.property])}`).join(', ')} }`
