/**
 * The state of an open database, and the rules of its calls: transactions, sessions and blocking
 * calls do not mix unnoticed.
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import { type Failure, PlinthError } from '../base/errors.js'
import type { Client } from '../bridge/client.js'
import type { ModelMeta } from '../models/metadata.js'
import type { IdleTransactions } from '../observe/idle-transactions.js'
import type { LostUpdates } from '../observe/lost-updates.js'
import type { NPlusOne } from '../observe/n-plus-one.js'
import type { Dialect, Isolation, KeepingOptions, PoolUse } from '../types/index.js'
import type { AfterCommit } from './after-commit.js'
import { CLOSE_TIMEOUT, Closing, type OpenSession } from './closing.js'
import { describeCalls, describeHolders, Holder } from './holder.js'
import { closed, closedInside, outer } from './refusals.js'
import type { Ends, Hold, Place } from './stream-batches.js'
import type { Transaction } from './transaction.js'

/** Transactions and sessions of this process that may write, begun or about to begin, by database. */
const writing = new Map<string, number>()

/** What is open of each database in this process, whichever handle it is of. An empty set stays: transactions are short, and many. */
const held = new Map<string, Set<Holder>>()

/** Scopes whose calls are refused, as long as anything runs in them. */
const refusing = new FinalizationRegistry<DatabaseState>(database => database.request(-1))

/** Sessions with this bit read a snapshot, as the core knows them. */
const SNAPSHOT = 1 << 30

/** The session of health probes, as the core knows it: no number of a session. With a pool they have a connection beside it. */
export const PROBE = SNAPSHOT

/** How many calls that run or wait are counted again in each millisecond, at most, for the text that names them. */
const COUNTED = 10
/** How many are counted for each call that asks. */
const FEW = 64

let memories = 0

/** The scope of a request, as calls see it that run in it: request-scope.ts makes them. */
export interface OpenScope {
  readonly ended: boolean
  /** The session that its user holds; made if it was not asked for before. */
  readonly session: object
  /** The state of that session, if it was asked for; `busy`: a call was made in it; `lost`: what it wrote is rolled back. */
  readonly state: { readonly busy: boolean; readonly lost: boolean } | undefined
  /**
   * The promise that a call made here must wait for; `session`: the state of the session that it
   * belongs to. See after-scope.ts.
   */
  waitsFor(session: object | undefined): Promise<void> | undefined
  /** Names it: its route, or the call that began it. */
  readonly owner: () => string
}

/** The place of a database, for reports and locks. */
interface Location {
  /** Its URL, without a password. */
  readonly shown: string
  readonly dialect: Dialect
}

/** The URL and options with which a database was opened. */
export interface OpenedFrom {
  /** The folder of the revisions; undefined for none. Looked for when it is first asked for. */
  readonly initMigrationsDir: string | undefined
  /** The models as JSON. */
  readonly schema: string
  /** Where the database is. */
  readonly location: { readonly database: { settings(): string } }
  /** The isolation of transactions and sessions that do not say their own; undefined for what the database does. */
  readonly isolation: Isolation | undefined
  /** Whether a repair drops extra objects, if the call does not say: AUTO_SCHEMA_DESTRUCTIVE. */
  readonly autoDestructive: boolean
  /** How much a call keeps of the rows that it destroys, as the core takes it. */
  keepingOf(options: KeepingOptions): object
  /** How the locks of tables are asked for, as the core takes it. */
  readonly locks: object
}

/** The watchers of the calls on a database, each if it is asked for. */
interface Watchers {
  /** Counts repeated reads. */
  readonly repeats?: NPlusOne | undefined
  /** Warns of sessions that idle in a transaction. */
  readonly idles?: IdleTransactions | undefined
  /** Warns of updates that may lose the change of somebody else. */
  readonly losses?: LostUpdates | undefined
  /** The events for hooks, if there are hooks. */
  readonly afterCommit?: AfterCommit | undefined
}

/** The state of one open database, shared by its channels. */
export class DatabaseState {
  readonly running = new AsyncLocalStorage<Transaction>()
  /** The scope of the request that is being answered: see request-scope.ts. Apart from `running`, which is switched off in the midst of it. */
  readonly requests = new AsyncLocalStorage<OpenScope>()
  /** The database, without a password. */
  readonly url: string
  readonly dialect: Dialect
  /** Whether there is one connection for all calls. */
  readonly inMemory: boolean
  /** The path of its file, where it is one. */
  readonly file: string | undefined
  /** The blocking transaction that is open. */
  blocking: Transaction | undefined
  /** Explicit sessions that are open, by what ends them. */
  readonly sessions = new Set<OpenSession>()
  /** Streams that are open outside of transactions. */
  readonly streams: Set<Ends> = new Set()
  /** Transactions that are open outside of sessions. */
  readonly transactions = new Set<Transaction>()
  readonly #transactions = new Set<Promise<unknown>>()
  /** Scopes of requests that have not ended. */
  #requests = 0
  /** Its name among those that are written to: every handle of a file is of one database. */
  readonly #name: string
  /** What is open of it. */
  readonly #held: Set<Holder>
  #session = 0
  #savepoint = 0
  #stream = 0
  #closing: Closing | undefined
  #readsCommitted: boolean | undefined
  #inUseText = ''
  /** Until when that text is recent, as performance.now() has it. */
  #inUseUntil = 0

  readonly repeats: NPlusOne | undefined
  readonly idles: IdleTransactions | undefined
  readonly losses: LostUpdates | undefined
  readonly afterCommit: AfterCommit | undefined

  constructor(
    readonly client: Client,
    readonly models: ReadonlyMap<string, ModelMeta>,
    location: Location,
    /** The URL and options with which it was opened. */
    readonly openedFrom: OpenedFrom,
    watchers: Watchers = {},
  ) {
    this.repeats = watchers.repeats
    this.idles = watchers.idles
    this.losses = watchers.losses
    this.afterCommit = watchers.afterCommit
    const url = location.shown
    this.url = url
    this.dialect = location.dialect
    this.inMemory = url === 'sqlite::memory:'
    this.file = url.startsWith('sqlite:///') ? url.slice('sqlite:///'.length) : undefined
    // Locks are per database file; the user name of the URL is dropped from the key.
    this.#name = this.inMemory ? `${url}${++memories}` : url.replace(/\/\/[^/]*@/, '//')
    this.#held = (this.inMemory ? undefined : held.get(this.#name)) ?? new Set()
    if (!this.inMemory) held.set(this.#name, this.#held)
    client.holdings.name = (failure, session) => this.#nameHolders(failure, session)
  }

  /** The isolation of transactions and sessions that do not say their own. */
  get isolation(): Isolation | undefined {
    return this.openedFrom.isolation
  }

  /** A number for a new session. */
  number(readOnly: boolean): number {
    this.#session = (this.#session % (SNAPSHOT - 1)) + 1
    return readOnly ? this.#session | SNAPSHOT : this.#session
  }

  /** A number for a new savepoint. */
  savepoint(): number {
    this.#savepoint = (this.#savepoint + 1) & 0x3fffffff
    return this.#savepoint
  }

  /** A number for a new stream. */
  stream(): number {
    this.#stream = (this.#stream % 0x3fffffff) + 1
    return this.#stream
  }

  /**
   * A place for a stream outside of any transaction: a snapshot of its own; none in memory, since
   * there is only one connection.
   */
  snapshot(streams: Set<Ends>, guard: () => void): Place {
    const session = this.inMemory ? 0 : this.number(true)
    return { client: this.client, session, own: session !== 0, streams, guard }
  }

  /** Throws after close(). */
  alive(): void {
    if (this.#closing && !this.afterCommit?.calls) throw closed()
  }

  /** Throws where a call on the database itself would not do what it says; `session`: where it is one of that session. */
  guard(session?: object): void {
    this.alive()
    if (this.blocking) throw outer('blocking transaction')
    if (this.#transactions.size > 0) this.outside(undefined)
    if (this.#requests > 0) this.#beside(session)
  }

  /** Throws for a call beside the session of the scope that it comes from, which has begun. */
  #beside(session: object | undefined): void {
    const scope = this.requests.getStore()
    if (!scope?.state?.busy || scope.state === session) return
    // Code that goes on in a scope that was given up learns that the scope has ended.
    if (!scope.ended || !scope.state.lost) throw outer('scope')
  }

  /**
   * The promise that a call made now must wait for, since it comes from work for the time after a
   * scope. See after-scope.ts.
   */
  waitsFor(session?: object): Promise<void> | undefined {
    return this.#requests > 0 ? this.requests.getStore()?.waitsFor(session) : undefined
  }

  /** A scope of a request begins, or ends. */
  request(change: 1 | -1): void {
    this.#requests += change
    // As in track(). Code that still runs in a scope that has ended sees that it has.
    if (this.#requests === 0) this.requests.disable()
  }

  /** What was begun in this scope is refused: it counts as a scope until nothing runs in it any more. */
  refuses(scope: OpenScope): void {
    refusing.register(scope, this)
  }

  /** Throws when a call on `transaction` (the database itself: undefined) comes from another that runs in it. */
  outside(transaction: Transaction | undefined): void {
    const running = this.running.getStore()
    if (!running || running === transaction || running.ended) return
    if (transaction && !running.inside(transaction)) return
    throw outer('transaction')
  }

  /** Counts a transaction while it lasts, so that close() waits for it. */
  track<T>(work: Promise<T>): Promise<T> {
    this.#transactions.add(work)
    const done = () => {
      this.#transactions.delete(work)
      // While it is enabled every promise of the process pays for it.
      if (this.#transactions.size === 0) this.running.disable()
    }
    return work.finally(done)
  }

  /** The hold of a stream outside of transactions. */
  holdOf(session: number, call: string): Hold {
    const holder = new Holder(this.ownerOf(call))
    return {
      begin: () => this.hold(session, holder),
      begun: () => holder.begun(),
      end: () => this.release(session, holder),
    }
  }

  /** A transaction or a stream of this session number begins: until release() it is named to those that wait for it in vain. */
  hold(session: number, holder: Holder): void {
    holder.reads = (session & SNAPSHOT) !== 0
    this.client.holdings.set(session, holder)
    this.#held.add(holder)
  }

  /** It has ended. */
  release(session: number, holder: Holder): void {
    holder.end()
    this.client.holdings.delete(session)
    this.#held.delete(holder)
  }

  /** Names a call on the database itself, with the scope that it comes from. */
  ownerOf(call: string): () => string {
    const scope = this.#requests > 0 ? this.requests.getStore() : undefined
    return scope ? () => `${call} in ${scope.owner()}` : () => call
  }

  /**
   * Whether transactions are read committed unless they ask for more, as far as a connection has
   * reported. SQLite runs them one after the other, and its reads outside of them see what was
   * committed.
   */
  get readsCommitted(): boolean | undefined {
    if (this.#readsCommitted === undefined) {
      const committed = this.client.handle.readsCommitted()
      if (committed !== undefined) this.#readsCommitted = committed === 1
    }
    return this.#readsCommitted
  }

  /** How far the pool is in use; undefined if there is none. */
  get pool(): PoolUse | undefined {
    const json = this.client.handle.pool()
    return json === undefined ? undefined : JSON.parse(json)
  }

  /** Adds the holders that a call of this session has waited for in vain. */
  #nameHolders(failure: Failure, session: number): Failure {
    const pool = failure.code === 'POOL_TIMEOUT' ? this.pool : undefined
    const [what, found] = pool ? ['', this.#inUse(pool)] : ['In this process ', this.#lockers(session)]
    if (found === undefined) return failure
    return { ...failure, message: `${failure.message} ${what}${found}.`, found }
  }

  /** What has the connections of the pool. Thousands of calls may ask at once, and each is one of those that are counted. */
  #inUse({ size, used, waiting }: PoolUse): string {
    const now = performance.now()
    if (now >= this.#inUseUntil) {
      const wait = waiting === 1 ? 'call waits' : 'calls wait'
      const holders = [...this.client.holdings.values()] as Holder[]
      const calls = [...this.client.plansAlone()]
      const parts = [describeHolders(holders), describeCalls(calls)].filter(part => part !== undefined)
      const use = `${used} of ${size} connections are in use, ${waiting} more ${wait}`
      this.#inUseText = parts.length > 0 ? `${use}: ${parts.join('; ')}` : use
      // A few are quickly counted.
      this.#inUseUntil = now + Math.max(0, holders.length + calls.length - FEW) / COUNTED
    }
    return this.#inUseText
  }

  /**
   * The holders that may have the lock for which a call of this session has waited: handles of one
   * database have their locks in common.
   */
  #lockers(session: number): string | undefined {
    const mine = this.client.holdings.get(session)
    // A snapshot of an SQLite file does not block writes.
    const locks = (holder: Holder) => this.dialect === 'postgres' || this.inMemory || !holder.reads
    const others = [...this.#held].filter(holder => holder !== mine && locks(holder))
    return describeHolders(others)
  }

  /** A session that holds the writer begins, or ends. */
  writing(change: 1 | -1): void {
    const count = (writing.get(this.#name) ?? 0) + change
    if (count > 0) writing.set(this.#name, count)
    else writing.delete(this.#name)
  }

  /** Throws where a blocking call would wait for an asynchronous transaction, which could not go on meanwhile. */
  guardBlocking(writes: boolean): void {
    this.alive()
    if (writing.has(this.#name) && (writes || this.inMemory)) {
      throw new PlinthError(
        'SYNC_BLOCKED',
        'A blocking call would wait for ever: an asynchronous transaction of this process is open.',
        {
          hint: 'Await the transaction or close the session first, or make the call on it.',
        },
      )
    }
    if (this.waitsFor()) {
      throw new PlinthError(
        'SYNC_BLOCKED',
        'A blocking call would wait for ever: the scope that it comes after is not settled.',
        { hint: 'Make asynchronous calls in afterScope(): they wait until the scope is settled.' },
      )
    }
    if (this.#transactions.size > 0) this.outside(undefined)
    if (this.#requests > 0) this.#beside(undefined)
  }

  /**
   * Refuses new calls and sessions, waits for what is at work, ends it after `timeout`
   * milliseconds, and closes the connections. A second call waits for the same, at most as long as
   * its own timeout.
   */
  async close(timeout?: number): Promise<void> {
    if (!this.#closing) {
      if (this.blocking) throw closedInside('blocking transaction')
      if (this.#transactions.size > 0 && this.running.getStore()?.ended === false) throw closedInside('transaction')
      if (this.#requests > 0 && this.requests.getStore()?.ended === false) throw closedInside('scope')
      const { client, sessions, streams, transactions, afterCommit } = this
      const opened = { client, sessions, streams, transactions, running: this.#transactions, afterCommit }
      this.#closing = new Closing(opened, timeout ?? CLOSE_TIMEOUT)
    } else if (timeout !== undefined) this.#closing.within(timeout)
    await this.#closing.done
  }
}
