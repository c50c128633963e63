/** The objects that a user holds: the database, a transaction, a session; each with its tables as properties. */

import { checkOptions, type Fields } from '../base/check-options.js'
import { markCopy, otherCopy } from '../base/copies.js'
import { PlinthError } from '../base/errors.js'
import { isRunnable } from '../base/functions.js'
import { didYouMean } from '../base/nearest.js'
import type { Kind, OptionTable } from '../base/option-kinds.js'
import { shown } from '../base/shown.js'
import { both, type Limits, limitsOf, NONE, onlyLimits } from '../bridge/stopping.js'
import type { ModelMeta } from '../models/metadata.js'
import type {
  AnySchema,
  CloseOptions,
  Db,
  HealthOptions,
  ScopeOptions,
  Session,
  SessionOptions,
  SyncDb,
  TransactionOptions,
} from '../types/index.js'
import { AfterChannel } from '../unit/after-channel.js'
import { afterScope } from '../unit/after-scope.js'
import { BlockingChannel } from '../unit/blocking-channel.js'
import { type Channel, LimitedChannel } from '../unit/channel.js'
import type { DatabaseState } from '../unit/database-state.js'
import { outsideScope, RequestScope, scoped, scopeOf } from '../unit/request-scope.js'
import { RootChannel } from '../unit/root-channel.js'
import { SessionChannel } from '../unit/session-channel.js'
import { callAfter } from '../unit/settled.js'
import { checkTransactionOptions, type SessionSettings, sessionSettings } from '../unit/transaction-options.js'
import type { CallName, Calls } from './calls.js'
import { driftOf } from './compare.js'
import { repairOf } from './correct.js'
import { health } from './health.js'
import { prismaCallOfDatabase } from './prisma-calls.js'
import { sqlCall } from './sql.js'
import { Table } from './table.js'

const asyncDispose: symbol = (Symbol as { asyncDispose?: symbol }).asyncDispose ?? Symbol.for('Symbol.asyncDispose')

/** The state behind a database handle, for initDb({ db }) and the like. */
const databases = new WeakMap<object, DatabaseState>()

/** The options of `close()`. */
const CLOSE: OptionTable<keyof CloseOptions> = {
  timeout: {
    expected: 'a number of milliseconds from 0',
    accepts: value => typeof value === 'number' && value >= 0,
  },
}

/** The state of a database that open() returned. */
export function databaseOf(db: object): DatabaseState {
  const database = databases.get(db)
  if (database) return database
  const { found = shown(db), hint = 'Pass the handle that open() returned.' } = otherCopy(db) ?? {}
  throw new PlinthError('QUERY_INVALID', `This is not a database handle of open(), but ${found}.`, { found, hint })
}

/** An option whose value is a database handle. */
export const databaseHandle: Kind = {
  expected: 'a database that open() returned',
  accepts: value => databases.has(value as object),
  hint: 'Pass the handle that open() returned.',
}

/** An object with a table for each model, made when first used. */
function withTables(channel: Channel): Record<string, unknown> {
  const object = Object.create(prototypeOf(channel.database))
  object[CHANNEL] = channel
  Object.defineProperty(object, CHANNEL, { enumerable: false })
  return object
}

const CHANNEL = Symbol('channel')
const prototypes = new WeakMap<ReadonlyMap<string, ModelMeta>, object>()

function prototypeOf(database: DatabaseState): object {
  const known = prototypes.get(database.models)
  if (known) return known
  const prototype: object = Object.create(misspelt(database.models))
  markCopy(prototype)
  for (const [name, model] of database.models) {
    Object.defineProperty(prototype, name, {
      enumerable: true,
      get(this: { [CHANNEL]: Channel }) {
        const value = new Table(this[CHANNEL], model)
        Object.defineProperty(this, name, { value, enumerable: true })
        return value
      },
    })
  }
  prototypes.set(database.models, prototype)
  return prototype
}

/**
 * Behind the tables: a name that is nearly one of theirs is an error that names it. Any other is
 * undefined, as on any object: frameworks look for members that may be there (`then`,
 * `onModuleInit`).
 */
function misspelt(models: ReadonlyMap<string, ModelMeta>): object {
  return new Proxy(Object.create(null), {
    get(_, name) {
      const meant = typeof name === 'string' ? didYouMean(name, models.keys()) : ''
      if (meant === '') return prismaCallOfDatabase(name)
      throw new PlinthError('UNKNOWN_MODEL', `There is no model "${String(name)}" in the schema.`, {
        hint: `${meant}The models are: ${[...models.keys()].join(', ')}.`,
      })
    },
  })
}

/** Adds calls beside the tables. */
function withCalls(channel: Channel, calls: Calls): object {
  const object = withTables(channel)
  const sql = sqlCall(channel)
  const transaction = (work: unknown, options?: TransactionOptions) => transact(channel, work, options)
  for (const [name, value] of [...entries({ sql, transaction }), ...entries(calls)]) {
    Object.defineProperty(object, name, { value, enumerable: typeof name === 'string' })
  }
  return object
}

const entries = (calls: Calls) => Reflect.ownKeys(calls).map(key => [key, calls[key as CallName]] as const)

/** The object that a transaction hands to its function. */
const txOf = (channel: Channel): object =>
  withCalls(channel, channel.blocking ? {} : { with: viewsOf(limits => txOf(new LimitedChannel(channel, limits))) })

/** The call with(): a view of the same, with limits for every call. */
function viewsOf(view: (limits: Limits) => object) {
  return (options: unknown) => {
    if (options === undefined) {
      throw new PlinthError('QUERY_INVALID', 'with(): expected an object of options, found undefined.', {
        hint: 'Write db.with({ timeout: 1000 }) or db.with({ signal }).',
      })
    }
    return view(onlyLimits('with', options) ?? NONE)
  }
}

function transact(channel: Channel, work: unknown, options?: TransactionOptions) {
  const run = () => {
    if (!isRunnable(work)) {
      throw new PlinthError('QUERY_INVALID', `transaction() expected a function, found ${shown(work)}.`, {
        hint: 'Write db.transaction(async tx => { ... }).',
      })
    }
    checkTransactionOptions(options)
    const limits = limitsOf(options as Fields | undefined)
    return channel.transaction(inner => work(txOf(inner)), options, limits)
  }
  if (channel.blocking) return run()
  try {
    return run()
  } catch (error) {
    return Promise.reject(error)
  }
}

/** The handle of a database. */
export function dbOf<S extends AnySchema>(database: DatabaseState): Db<S> {
  return dbOver<S>(database, new RootChannel(database))
}

function dbOver<S extends AnySchema>(database: DatabaseState, channel: Channel, limits?: Limits): Db<S> {
  let sync: SyncDb<S> | undefined
  const db = withCalls(channel, {
    session: (options?: SessionOptions) =>
      sessionOf<S>(new SessionChannel(database, sessionSettings('session', options, limits)), database.waitsFor()),
    with: viewsOf(added => dbOver<S>(database, new LimitedChannel(channel, added), both(added, limits))),
    scope: (work: unknown, options?: ScopeOptions) => scoped(database, beginScope, work, options, limits),
    current: () => scopeOf(database).session,
    afterScope: (work: unknown) => afterScope(database, work),
    health: (options?: HealthOptions) => health(database, options),
    drift: (options?: unknown) => driftOf(database, options),
    repair: (options?: unknown) => repairOf(database, options),
    close: async (options?: CloseOptions) => {
      checkOptions({ call: 'close()' }, CLOSE, options)
      await database.close(options?.timeout)
    },
    [asyncDispose]: () => database.close(),
  })
  Object.defineProperty(db, 'sync', {
    enumerable: true,
    get: () => {
      if (!sync) {
        const blocking = new BlockingChannel(database)
        sync = txOf(limits ? new LimitedChannel(blocking, limits) : blocking) as SyncDb<S>
      }
      return sync
    },
  })
  databases.set(db, database)
  return db as unknown as Db<S>
}

/** `settled`: what its calls wait for, if it was begun by work for the time after a scope. */
function sessionOf<S extends AnySchema>(session: SessionChannel, settled?: Promise<void>): Session<S> {
  const close = () => session.close()
  const after = <T>(call: () => Promise<T>) => (settled ? callAfter(settled, undefined, call) : call())
  const over = (channel: Channel): object =>
    withCalls(channel, {
      with: viewsOf(added => over(new LimitedChannel(channel, added))),
      commit: () => after(() => session.commit()),
      rollback: () => after(() => session.rollback()),
      close,
      [asyncDispose]: close,
    })
  return over(settled ? new AfterChannel(session, settled) : session) as unknown as Session<S>
}

/**
 * A scope whose session is made when it is first asked for, as these settings say. Throws SCOPE_NESTED, CLOSED,
 * OUTER_DB_IN_TRANSACTION.
 */
export function beginScope(database: DatabaseState, settings: SessionSettings): RequestScope {
  outsideScope(database)
  database.guard()
  const make = () => {
    const channel = new SessionChannel(database, settings)
    return { channel, session: sessionOf(channel) }
  }
  return new RequestScope(database, make, settings.owner)
}
