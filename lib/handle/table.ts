/** The calls of one table. Each checks its arguments, makes one request, and sends it the way of its channel. */

import { NotFoundError } from '../base/errors.js'
import { isRunnable } from '../base/functions.js'
import { shown } from '../base/shown.js'
import { Call } from '../bridge/call.js'
import { type Fields, isFields, options, queryError } from '../bridge/check-options.js'
import { encoder, inserted, noRow } from '../bridge/encode.js'
import { keep } from '../bridge/frozen-request.js'
import { Insert } from '../bridge/insert.js'
import { put, type Ready } from '../bridge/memory.js'
import type { Plan } from '../bridge/plans.js'
import type { Answer, Request, Row, Values } from '../bridge/request.js'
import { LIMITS, type Limits, limitsOf } from '../bridge/stopping.js'
import { errorInRow } from '../bridge/value-error.js'
import type { ColumnMeta, ModelMeta, Wire } from '../models/metadata.js'
import { AggregateCall, aggregation } from '../query/aggregation.js'
import { type ModelPlans, modelPlans } from '../query/model-plans.js'
import { paging, type Rows } from '../query/page.js'
import { distinct, get, key, list, many, named, stream } from '../query/select.js'
import { type Skipping, skipping } from '../query/unreadable.js'
import { where } from '../query/where.js'
import { changed, deleteQuery, insertQuery, updateQuery } from '../query/write.js'
import type { Channel } from '../unit/channel.js'
import { BlockingStream, Stream } from '../unit/stream.js'
import { type Batches, type BlockingBatches, batchOf } from '../unit/stream-batches.js'
import { hasKey, type Job, jobsOf, type Progress, pipelined } from './create-many.js'

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

  /** Sends a call with the limits among its options. */
  #send<T>(request: Request<T>, call: string, given: unknown): Promise<T> | T {
    request.limits = this.#limits(call, given)
    const { repeats } = this.#channel.database
    if (repeats && request instanceof Call && !request.plan.writes) {
      return repeats.send(this.#channel, this.#model, call, request)
    }
    return this.#channel.send(request)
  }

  /** The limits among the options of a call, which are known to be options. */
  #limits(call: string, given: unknown): Limits | undefined {
    return given === undefined ? undefined : limitsOf(`${this.#model.name}.${call}`, given as Fields)
  }

  #insert<T>(rows: readonly object[], withKey: boolean, result: (made: Row[]) => T, first = 0): Insert<T> {
    return new Insert(this.#plans.insert(withKey), this.#model, rows, withKey, result, first)
  }

  #plan(query: string): Plan {
    return this.#channel.database.client.plans.of(query)
  }

  get(id: unknown, opts?: unknown) {
    return this.#run(() => {
      const values: Values = []
      if (opts === undefined) {
        const plan = this.#plans.get
        key(this.#model, 'get', id, values)
        return this.#one(plan, values, 'get', undefined, true)
      }
      return this.#one(this.#plan(get(this.#model, id, opts, values)), values, 'get', opts)
    })
  }

  find(query?: unknown) {
    return this.#run(() => {
      const values: Values = []
      return this.#one(this.#plan(list(this.#model, 'find', query, values, true)), values, 'find', query)
    })
  }

  #one(plan: Plan, values: Values, call: string, given: unknown, point = false) {
    const read = (answer: Answer, narrow: string) => answer.rows(plan, narrow)[0] ?? null
    return this.#send(new Call(plan, values, read, undefined, point), call, given)
  }

  list(query?: unknown) {
    return this.#run(() => {
      const values: Values = []
      const plan = this.#plan(list(this.#model, 'list', query, values))
      const read = (answer: Answer, narrow: string) => answer.rows(plan, narrow)
      const skips = skipping(this.#model, 'list', query)
      if (!skips) return this.#send(new Call(plan, values, read), 'list', query)
      const readable = (answer: Answer, narrow: string) => skips.with(answer, () => read(answer, narrow))
      return after(this.#send(new Call(plan, values, readable), 'list', query), skips.settle)
    })
  }

  /** Of what is wrong it says so at once; the rest waits for the rows to be iterated. */
  stream(query?: unknown) {
    const channel = this.#channel
    const model = this.#model
    const values: Values = []
    const { batch, shape } = stream(model, query, values)
    const plan = this.#plan(shape)
    const skips = skipping(model, 'stream', query)
    const read = (answer: Answer, narrow: string) => {
      const skipped = skips ? answer.skipped() : []
      const batch = batchOf(answer.rows(plan, narrow))
      return skipped.length > 0 ? { ...batch, tell: () => skips?.tell(skipped) } : batch
    }
    const call = keep(new Call(plan, values, read))
    const kept = {
      ...call,
      stream: { number: channel.database.stream(), batch },
      limits: this.#limits('stream', query),
    }
    const batches = () => channel.batches(kept)
    const name = `${model.name}.stream`
    return channel.blocking
      ? new BlockingStream(name, batches as () => BlockingBatches)
      : new Stream(name, batches as () => Batches)
  }

  page(query: unknown) {
    return this.#run(() => {
      const skips = skipping(this.#model, 'page', query)
      if (skips) return this.#pageOf(query, skips)
      const values: Values = []
      const asked = paging(this.#model, query, values)
      const plan = this.#plan(asked.query)
      const read = (answer: Answer, narrow: string) => {
        const beside: unknown[] = []
        return asked.read(answer.rows(plan, narrow, beside) as Row[], beside)
      }
      return this.#send(new Call(plan, values, read), 'page', query)
    })
  }

  /** A page without the rows that cannot be read. A cursor is of a row that can: where there is none, more rows are looked at. */
  #pageOf(query: unknown, skips: Skipping, rows?: number): Promise<Rows> | Rows {
    const values: Values = []
    const asked = paging(this.#model, query, values, rows)
    const plan = this.#plan(asked.query)
    const readable = (answer: Answer, narrow: string) =>
      skips.with(answer, () => {
        const beside: unknown[] = []
        return { rows: answer.rows(plan, narrow, beside) as Row[], beside }
      })
    return after(this.#send(new Call(plan, values, readable), 'page', query), ({ result, skipped }) => {
      const page = asked.read(result.rows, result.beside, skipped.filter(({ node }) => node === 0).length)
      if (page === undefined) return this.#pageOf(query, skips, 2 * asked.rows)
      skips.tell(skipped)
      return page
    })
  }

  count(query?: unknown) {
    return this.#scalar('count', query, answer => answer.scalar())
  }

  exists(query?: unknown) {
    return this.#scalar('exists', query, answer => answer.scalar() > 0)
  }

  #scalar<T>(op: string, query: unknown, read: (answer: Answer) => T) {
    return this.#run(() => {
      const model = this.#model
      const values: Values = []
      const given = options(model, op, query, ['where', ...(op === 'count' ? ['distinct'] : []), ...LIMITS])
      const told = distinct(model, op, given.distinct)
      const filter = told + ('where' in given ? `,"where":${where(model, given.where, values)}` : '')
      const plan = this.#plan(`{"op":"${op}","model":${JSON.stringify(model.name)}${filter}}`)
      return this.#send(new Call(plan, values, read), op, query)
    })
  }

  aggregate(query: unknown) {
    return this.#run(() => {
      const values: Values = []
      const asked = aggregation(this.#model, query, values)
      const plan = this.#plan(asked.query)
      const read = (answer: Answer, narrow: string) => asked.read(answer.rows(plan, narrow) as Row[])
      return this.#send(new AggregateCall(this.#model, plan, values, read), 'aggregate', query)
    })
  }

  create(values: unknown, opts?: unknown) {
    return this.#run(() => {
      const model = this.#model
      if (!isRow(values)) throw noRow(model, values)
      if (opts !== undefined) options(model, 'create', opts, LIMITS)
      const insert = this.#insert([values], hasKey(model, values), made => made[0] as Row)
      return this.#send(insert, 'create', opts)
    })
  }

  createMany(rows: unknown, opts?: unknown): Promise<Row[]> | Row[] {
    return this.#run(() => {
      const model = this.#model
      const { onProgress } = options(model, 'createMany', opts, ['onProgress', ...LIMITS]) as { onProgress?: Progress }
      if (onProgress !== undefined && !isRunnable(onProgress)) {
        throw queryError(`${model.name}.createMany: onProgress must be a function, found ${shown(onProgress)}.`, model)
      }
      if (!Array.isArray(rows))
        throw queryError(`${model.name}.createMany: expected an array of rows, found ${shown(rows)}.`, model)
      for (let i = 0; i < rows.length; i++) if (!isRow(rows[i])) throw errorInRow(noRow(model, rows[i]), i)
      if (rows.length === 0) return this.#channel.blocking ? [] : Promise.resolve([])
      const jobs = jobsOf(model, rows)
      const only = jobs.length === 1 ? jobs[0] : undefined
      // What onProgress throws must undo the rows: then it takes a transaction.
      if (only && !onProgress) {
        return this.#send(
          this.#insert(rows, only.withKey, made => made),
          'createMany',
          opts,
        )
      }
      const limits = this.#limits('createMany', opts)
      const send = (channel: Channel, job: Job) =>
        channel.send(this.#insert(rows.slice(job.start, job.end), job.withKey, made => made, job.start))
      return this.#channel.blocking
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
    })
  }

  update(id: unknown, values: unknown, opts?: unknown) {
    return this.#run(() => {
      const model = this.#model
      if (opts !== undefined) options(model, 'update', opts, LIMITS)
      const set: Values = []
      const columns = changed(model, 'update', values, set)
      const filter = key(model, 'update', id, set)
      const found = (row: Row | undefined) => {
        if (row) return row
        throw notFound(model, 'update', id)
      }
      if (columns.length === 0) {
        const plan = this.#plans.get
        const read = (answer: Answer, narrow: string) => found(answer.rows(plan, narrow)[0] as Row | undefined)
        return this.#send(new Call(plan, set, read), 'update', opts)
      }
      const plan = this.#plan(updateQuery(model, columns, filter, true))
      const read = (answer: Answer, narrow: string) => found(answer.rows(plan, narrow)[0] as Row | undefined)
      return this.#send(new Call(plan, set, read, columns), 'update', opts)
    })
  }

  updateMany(query: unknown, values: unknown) {
    return this.#run(() => {
      const model = this.#model
      const set: Values = []
      const columns = changed(model, 'updateMany', values, set)
      if (columns.length === 0) throw queryError(`${model.name}.updateMany: there is nothing to change.`, model)
      const matching: Values = []
      const filter = many(model, 'updateMany', query, matching)
      const plan = this.#plan(updateQuery(model, columns, filter, false))
      const read = (answer: Answer) => answer.changes()
      return this.#send(new Call(plan, [...set, ...matching], read, columns), 'updateMany', query)
    })
  }

  upsert(values: unknown, opts: unknown) {
    return this.#run(() => {
      const model = this.#model
      if (!isRow(values)) throw noRow(model, values)
      const given = options(model, 'upsert', opts, ['on', 'update', ...LIMITS])
      if (!Array.isArray(given.on) || given.on.length === 0) {
        throw queryError(
          `${model.name}.upsert: on must name the columns of a unique key, found ${shown(given.on)}.`,
          model,
        )
      }
      const on = named(model, 'upsert: on', given.on)
      const withKey = hasKey(model, values)
      const columns = inserted(model, withKey)
      const encode = encoderOf(model, withKey)
      const set: Values = []
      const update = given.update === undefined ? without(values, on) : given.update
      const names = changed(model, 'upsert', update, set)
      const tail = `,"on":${JSON.stringify(on.map(c => c.property))},"set":${JSON.stringify(names.map(c => c.property))}`
      const plan = this.#plan(insertQuery('upsert', model, columns, tail))
      const request: Request<Row> = {
        plan,
        rows: 1,
        columns: [...columns, ...names],
        put: () => {
          encode(values, 0, Date.now())
          for (let i = 0; i < set.length; i++) {
            const slot = columns.length + i
            put(slot, plan.params[slot] as Wire, set[i] as Ready)
          }
          return 1
        },
        read: (answer, narrow) => answer.rows(plan, narrow)[0] as Row,
        explain: failure => failure,
      }
      return this.#send(request, 'upsert', opts)
    })
  }

  delete(id: unknown, opts?: unknown) {
    return this.#run(() => {
      const model = this.#model
      if (opts !== undefined) options(model, 'delete', opts, LIMITS)
      const values: Values = []
      const plan = this.#plan(deleteQuery(model, key(model, 'delete', id, values)))
      const read = (answer: Answer) => {
        if (answer.changes() === 0) throw notFound(model, 'delete', id)
      }
      return this.#send(new Call<void>(plan, values, read), 'delete', opts)
    })
  }

  deleteMany(query: unknown) {
    return this.#run(() => {
      const values: Values = []
      const plan = this.#plan(deleteQuery(this.#model, many(this.#model, 'deleteMany', query, values)))
      return this.#send(new Call(plan, values, answer => answer.changes()), 'deleteMany', query)
    })
  }
}

/** What comes of an answer, which is there already where calls block. */
function after<T, R>(answer: Promise<T> | T, then: (answer: T) => Promise<R> | R): Promise<R> | R {
  return answer instanceof Promise ? answer.then(then) : then(answer)
}

const encoders = new WeakMap<ModelMeta, (ReturnType<typeof encoder> | undefined)[]>()

function encoderOf(model: ModelMeta, withKey: boolean): ReturnType<typeof encoder> {
  let both = encoders.get(model)
  if (!both) {
    both = []
    encoders.set(model, both)
  }
  const at = withKey ? 1 : 0
  both[at] ??= encoder(model, withKey)
  return both[at]
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
    hint: 'Use get() or find() where the row may be absent.',
  })
}

const parts = (model: ModelMeta, id: Row) =>
  `{ ${model.key.map(c => `${c.property}: ${shown(id[c.property])}`).join(', ')} }`
