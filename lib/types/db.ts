/** The database around its tables: Db, its transactions and sessions, and the options of open, init and reset. */

import type { DriftReport, RepairReport } from './drift-reports.js'
import type { Hooks } from './hooks.js'
import type { LogOptions, StatementEvent } from './log.js'
import type {
  CallOptions,
  ConfirmOptions,
  KeepingOptions,
  MigrationRunOptions,
  OnlineOptions,
  RepairWish,
  ScanOptions,
  WaitOptions,
} from './options.js'
import type { Table } from './query.js'
import type { Health } from './reports.js'
import type { Gives, Mode } from './results.js'
import type { AnySchema, SchemaJson } from './schema.js'
import type { Isolation } from './words.js'

/** The tables of a schema, by their names in schema(). */
export type Tables<S extends AnySchema, A extends Mode = 'async'> = {
  readonly [K in keyof S['models']]: Table<S, K, A>
}

/** SQL, wherever there are tables. */
export interface SqlCall<A extends Mode> {
  /** One statement with bound values: db.sql`SELECT ... ${value}`; gives its rows as the database has them. */
  sql<T = Record<string, unknown>>(text: TemplateStringsArray, ...values: unknown[]): Gives<T[]>[A]
}

/**
 * Options of `transaction`. `signal` and `timeout` are for all of it, attempts included: it is rolled back, and rejects, whatever
 * its function does. Inside another, where it is a savepoint, it takes those two alone.
 */
export interface TransactionOptions extends CallOptions {
  /** How much it sees of others; without it as `open` says, or else as the database does: PostgreSQL `read committed`. */
  isolation?: Isolation | undefined
  /** A snapshot that only reads and never waits for a writer. */
  readOnly?: boolean | undefined
  /**
   * How often the function is run again, from its beginning and in a new transaction, after an error whose `retryable` is
   * true: a serialization failure, a deadlock, a lock that did not come. And after STALE_ROW of a row that it has read. 0 without it.
   */
  retries?: number | undefined
}

/** Options of `session` and `scope`. `signal` and `timeout` are for all of it: it is rolled back and closed. */
export interface SessionOptions extends CallOptions {
  /**
   * How much its transaction sees of others; without it as `open` says, or else as the database does: PostgreSQL `read committed`. At read committed
   * reads stand alone until the first write begins the transaction, at any other isolation the first call begins it.
   */
  isolation?: Isolation | undefined
  /**
   * How many milliseconds its transaction may be open while no call and no stream runs in it; then it is rolled back, and what is
   * called after that is TIMEOUT. No limit without it; 30,000 in scopes of requests.
   */
  idleTimeout?: number | undefined
}

/** Options of `scope`. */
export interface ScopeOptions extends SessionOptions {
  /**
   * How many times the function is run again, in a new session, if it fails for a reason that passes: see `retries` of `transaction`. It is not
   * run again if it has committed a part itself.
   */
  retries?: number | undefined
}

/** The members of a transaction beside its tables. */
export interface TxCalls<S extends AnySchema> extends SqlCall<'async'> {
  /**
   * All of it or nothing. Inside another: a savepoint.
   * @example
   * await db.transaction(async tx => {
   *   await tx.transaction(inner => inner.tasks.create({ ownerId: 1, title: 'Write' }))
   * })
   */
  transaction<T>(work: (tx: Tx<S>) => Promise<T>, options?: TransactionOptions): Promise<T>
  /**
   * The same with limits for every call on it, beside those of the call itself.
   * @example
   * await db.transaction(async tx => {
   *   await tx.with({ timeout: 1_000 }).tasks.list()
   * })
   */
  with(options: CallOptions): Tx<S>
}

/** The members of a session beside its tables. */
export interface SessionCalls<S extends AnySchema> extends Omit<TxCalls<S>, 'with'> {
  /**
   * The same with limits for every call on it, beside those of the call itself.
   * @example
   * await using session = db.session()
   * await session.with({ timeout: 1_000 }).tasks.list()
   */
  with(options: CallOptions): Session<S>
  /**
   * Keeps what was written since the last commit. The session goes on.
   * @example
   * await using session = db.session()
   * await session.tasks.create({ ownerId: 1, title: 'Write' })
   * await session.commit()
   */
  commit(): Promise<void>
  /**
   * Drops what was written since the last commit. The session goes on.
   * @example
   * await using session = db.session()
   * await session.tasks.deleteMany({ all: true })
   * await session.rollback()
   */
  rollback(): Promise<void>
  /**
   * Ends the session; drops what was not committed. Again: nothing.
   * @example
   * const session = db.session()
   * try {
   *   await session.tasks.create({ ownerId: 1, title: 'Write' })
   *   await session.commit()
   * } finally {
   *   await session.close()
   * }
   */
  close(): Promise<void>
}

/** The members of the database beside its tables. */
export interface DbCalls<S extends AnySchema> extends SqlCall<'async'> {
  /**
   * All of it or nothing: commits when `work` resolves, rolls back when it rejects.
   * @example
   * await db.transaction(
   *   async tx => {
   *     const task = await tx.tasks.find({ where: { done: false } })
   *     if (task) await tx.tasks.update(task.id, { done: true })
   *   },
   *   { isolation: 'serializable', retries: 5 },
   * )
   */
  transaction<T>(work: (tx: Tx<S>) => Promise<T>, options?: TransactionOptions): Promise<T>
  /**
   * An explicit unit of work. Close it in a `finally`, or hold it with `await using`.
   * @example
   * await using session = db.session()
   * await session.tasks.create({ ownerId: 1, title: 'Write' })
   * await session.commit()
   */
  session(options?: SessionOptions): Session<S>
  /**
   * The same database with limits for every call on it, `sql` among them, beside those of the call itself.
   * @example
   * const quick = db.with({ timeout: 1_000 })
   * await quick.tasks.list()
   */
  with(options: CallOptions): Db<S>
  /**
   * A session as long as `work` runs: committed when it resolves, rolled back when it rejects,
   * closed in any case. Functions that it calls find the session by `current()`.
   * @example
   * await db.scope(async session => {
   *   await session.tasks.create({ ownerId: 1, title: 'Write' })
   * })
   */
  scope<T>(work: (session: Session<S>) => Promise<T>, options?: ScopeOptions): Promise<T>
  /**
   * The session of the scope that this is called in, `db.scope` or that of a request. Throws NO_SCOPE outside of one.
   * @example
   * const add = (title: string) => db.current().tasks.create({ ownerId: 1, title })
   * await db.scope(() => add('Write'))
   */
  current(): Session<S>
  /**
   * Runs `work` at once, and gives what it gives. In a scope its calls on the database wait until the scope is settled and its
   * connection is free, and belong to no scope: for a body that is sent after the scope, and for work after an answer. They reject
   * if the commit of the scope fails. Outside of a scope `work` just runs. Do not await it in the scope: it waits for the end of
   * that.
   * @example
   * let log: Promise<unknown> | undefined
   * await db.scope(async session => {
   *   await session.tasks.create({ ownerId: 1, title: 'Write' })
   *   log = db.afterScope(() => db.tasks.create({ ownerId: 1, title: 'Tell' }))
   * })
   * await log
   */
  afterScope<T>(work: () => T): T
  /** The same calls, blocking: for scripts. */
  readonly sync: SyncDb<S>
  /**
   * Whether the database answers; never throws.
   * @example
   * const { status, latencyMs } = await db.health()
   */
  health(options?: HealthOptions): Promise<Health>
  /**
   * The live database against what its revisions or the models say: see the function `drift`. Changes nothing.
   * @example
   * const { differences } = await db.drift()
   */
  drift(options?: ScanOptions): Promise<DriftReport>
  /**
   * Corrects the live database to what its revisions or the models say: see the function `repair`.
   * @example
   * const { outcome, remaining } = await db.repair({ plan: true })
   */
  repair(options?: RepairWish): Promise<RepairReport>
  /**
   * Refuses new calls and sessions, waits for calls and streams that run and for sessions that have a transaction open, and closes the
   * connections. What is not done in time is rolled back. Throws OUTER_DB_IN_TRANSACTION inside a scope or a transaction.
   * @example
   * await db.close({ timeout: 5_000 })
   */
  close(options?: CloseOptions): Promise<void>
}

/** The members of the blocking database beside its tables. */
export interface SyncCalls<S extends AnySchema> extends SqlCall<'sync'> {
  /**
   * All of it or nothing. Inside another: a savepoint.
   * @example
   * db.sync.transaction(tx => {
   *   tx.tasks.create({ ownerId: 1, title: 'Write' })
   * })
   */
  transaction<T>(work: (tx: SyncDb<S>) => T, options?: TransactionOptions): T
}

/**
 * A member of a database: a call, or else the table of that name. The mapped types below ask it for
 * each name, since in an intersection TypeScript finds no table of a name that is a type parameter:
 * `db[name].get(id)` would be an error in a function over all tables. If the names are unknown
 * (`Db` alone), a table is `any`, so that every database is a `Db`.
 */
type Member<S extends AnySchema, K, A extends Mode, Calls> = [K] extends [keyof Calls]
  ? Calls[K & keyof Calls]
  : string extends K
    ? any
    : Table<S, K, A>

/** A database: its tables by name, and the calls beside them. */
export type Db<S extends AnySchema = AnySchema> = {
  readonly [K in keyof (Tables<S> & DbCalls<S>)]: Member<S, K, 'async', DbCalls<S>>
}

/** A database whose calls block. */
export type SyncDb<S extends AnySchema = AnySchema> = {
  readonly [K in keyof (Tables<S> & SyncCalls<S>)]: Member<S, K, 'sync', SyncCalls<S>>
}

/** A transaction: what `db.transaction` hands to its function. */
export type Tx<S extends AnySchema = AnySchema> = {
  readonly [K in keyof (Tables<S> & TxCalls<S>)]: Member<S, K, 'async', TxCalls<S>>
}

/** An explicit unit of work. */
export type Session<S extends AnySchema = AnySchema> = {
  readonly [K in keyof (Tables<S> & SessionCalls<S> & AsyncDispose)]: Member<
    S,
    K,
    'async',
    SessionCalls<S> & AsyncDispose
  >
}

/**
 * `[Symbol.asyncDispose]()`, if the user's TypeScript knows that symbol; none if it does not,
 * instead of an error in our types.
 */
export type AsyncDispose = SymbolConstructor extends { readonly asyncDispose: infer K }
  ? { [P in K & symbol]: () => Promise<void> }
  : {}

/**
 * The sources of models, URL and settings. All optional: the `plinth` key of package.json,
 * DATABASE_URL and .env fill in.
 */
export interface OpenOptions<S extends AnySchema = AnySchema> {
  /** The schema, or its JSON. Without it the one that the configuration names. */
  models?: S | SchemaJson | undefined
  /** `postgresql://user@host/db`, `sqlite:///./app.db`, `sqlite::memory:`, a path. Without it DATABASE_URL, then .env, then the configuration. */
  url?: string | undefined
  /** Environment variables to look in, by their exact names; `process.env` without it. */
  env?: Readonly<Record<string, string | undefined>>
  /** Where the search for the configuration begins; the current directory without it. */
  cwd?: string | undefined
  /** SQLite. `full`: what was confirmed survives a power cut. `normal`: only a crash of the process; faster. */
  durability?: 'full' | 'normal' | undefined
  /** PostgreSQL: its connections. */
  pool?: PoolOptions | undefined
  /**
   * PostgreSQL: whether connections keep their statements prepared. Without it they do, but where a pooler of connections is
   * found before the server.
   */
  prepare?: boolean | undefined
  /**
   * How much transactions, sessions and scopes see of others, if they do not name a level; without it the level of the database:
   * PostgreSQL `read committed`. At a higher one a change that would be lost fails the transaction: SERIALIZATION_FAILURE.
   */
  isolation?: Isolation | undefined
  /** Reports statements: `true` writes a line for each on the standard error output, a function receives each. */
  log?: boolean | ((event: StatementEvent) => void) | LogOptions | undefined
  /** What is called after commits, by model: `{ users: { afterCommit(event) { ... } } }`. */
  hooks?: Hooks<S> | undefined
}

/** The connections to a server. They are made as they are needed. */
export interface PoolOptions {
  /** So many at most; 10 without it. */
  size?: number | undefined
  /** How many milliseconds a call waits for one, then it is POOL_TIMEOUT; 10,000 without it, 0 for no limit. */
  acquireTimeoutMs?: number | undefined
  /** After how many milliseconds without work one is closed; 30,000 without it, 0 for never. */
  idleTimeoutMs?: number | undefined
}

/** Options of `initDb`. */
export interface InitOptions<S extends AnySchema = AnySchema>
  extends Omit<OpenOptions<S>, 'hooks'>,
    WaitOptions,
    KeepingOptions,
    OnlineOptions,
    ConfirmOptions {
  /** Seeds to run, each once by name; without it those that the configuration names; `false` for none. */
  seed?: Seeds<S> | false | undefined
  /** A database that is open already, to use instead of opening one. */
  db?: Db<S> | undefined
  /** Whether drift is repaired, as far as that loses nothing and reads no large table; without it AUTO_SCHEMA_REPAIR, then `safe`. */
  repair?: 'safe' | 'off' | undefined
  /**
   * The folder of the revisions that the database is brought to; `false` for none. Without it the
   * one that the configuration names, `./migrations` beside it; none if models and url are both
   * passed. Or an object: the folder, and how locks are asked for.
   */
  migrations?: string | MigrationRunOptions | false | undefined
}

/** Options of `SchemaManager`. */
export interface SchemaManagerOptions<S extends AnySchema = AnySchema>
  extends Omit<OpenOptions<S>, 'hooks'>,
    Pick<InitOptions<S>, 'seed'> {
  /** The folder of the revisions, or an object with settings; without it as `initDb` finds it. */
  migrations?: string | MigrationRunOptions | undefined
}

/** Options of `resetDb`. */
export interface ResetOptions<S extends AnySchema = AnySchema> extends Omit<InitOptions<S>, 'online'> {
  /** Also in production, and on another machine. */
  force?: boolean | undefined
}

/** Options of `surveyDb`. */
export interface SurveyOptions<S extends AnySchema = AnySchema>
  extends Pick<InitOptions<S>, 'models' | 'url' | 'env' | 'cwd' | 'db'> {}

/** Options of `protect`. */
export interface ProtectOptions<S extends AnySchema = AnySchema> extends SurveyOptions<S> {
  /** The word: a new one, or with `off` the one that the database is protected by. */
  word: string
  /** End the protection. */
  off?: boolean | undefined
}

/** One seed: what to insert, in a transaction of its own. */
export type SeedRun<S extends AnySchema = AnySchema> = (tx: Tx<S>) => Promise<unknown>

/** Seeds by name, or in an array. Each runs once in the life of a database. */
export type Seeds<S extends AnySchema = AnySchema> =
  | { readonly [name: string]: SeedRun<S> }
  | readonly { readonly name: string; readonly run: SeedRun<S> }[]

/** Options of `close`. */
export interface CloseOptions {
  /** After so many milliseconds what is still at work is ended; 10,000 without it, 0 for at once. */
  timeout?: number | undefined
}

/** Options of `health`. */
export interface HealthOptions {
  /** After so many milliseconds the database counts as down. */
  timeoutMs?: number | undefined
}
