/** Explicit sessions: a unit of work that its user commits, rolls back and closes. */

import { keep } from '../bridge/frozen-request.js'
import type { Plan } from '../bridge/plans.js'
import type { Request } from '../bridge/request.js'
import { type Limits, type Stopper, within } from '../bridge/stopping.js'
import type { Isolation, TransactionOptions } from '../types/index.js'
import { type Channel, snapshot, type Work } from './channel.js'
import type { DatabaseState } from './database-state.js'
import type { RowsRead } from './rows-read.js'
import { SessionState } from './session-state.js'
import { type Batch, Batches } from './stream-batches.js'
import type { Transaction } from './transaction.js'
import { placeIn, savepoint, sendIn } from './transaction-channel.js'
import { onlyOutside, type SessionSettings } from './transaction-options.js'

/**
 * An explicit unit of work. At read committed its reads stand alone until its first write begins a transaction; on PostgreSQL its
 * first `sql` or stream does so, too. At any other isolation its first call begins it.
 */
export class SessionChannel implements Channel {
  readonly blocking = false
  readonly state: SessionState

  constructor(
    readonly database: DatabaseState,
    settings: SessionSettings,
  ) {
    database.guard()
    this.state = new SessionState(database, settings)
    this.state.closeWithout(this)
  }

  get isolation(): Isolation | undefined {
    return this.state.settings.isolation ?? this.database.isolation
  }

  get reads(): RowsRead | undefined {
    return this.state.settings.reads
  }

  get belongsTo(): object {
    return this.state.transaction ?? this.state
  }

  get unit(): Transaction | undefined {
    return this.state.transaction
  }

  send<T>(request: Request<T>): Promise<T> {
    const { database, state } = this
    state.guard()
    const { plan } = request
    const alone = this.#standsAlone(plan)
    if (alone === false) return within(request.limits, stopper => this.#sendInTransaction(request, stopper))
    database.guard(state)
    return within(request.limits, stopper => {
      state.markBusy()
      return alone ? this.#sendAlone(request, stopper) : this.#sendFirst(keep(request), stopper)
    })
  }

  /** Whether a call needs no transaction; undefined if that is not known yet. */
  #standsAlone({ action, writes }: Plan): boolean | undefined {
    if (this.state.transaction || writes) return false
    // The effect of SQL on PostgreSQL is known to the server alone.
    return this.database.dialect === 'postgres' && action === 'raw' ? false : this.state.readsAlone
  }

  #sendInTransaction<T>(request: Request<T>, stopper: Stopper | undefined): Promise<T> {
    const { database, state } = this
    return state.afterBegin(sendIn(database, state.begin(request.plan.writes), request, stopper))
  }

  #sendAlone<T>(request: Request<T>, stopper: Stopper | undefined): Promise<T> {
    const { database, state } = this
    return database.client.send(request, 0, stopper ? [...state.stoppers, stopper] : state.stoppers)
  }

  /** A read before any connection: the answer comes with one, which tells whether it had to be made in a transaction. */
  async #sendFirst<T>(request: Request<T>, stopper: Stopper | undefined): Promise<T> {
    const result = await this.#sendAlone(request, stopper)
    // A session that was committed or has ended meanwhile has no transaction any more that this would be part of.
    if (this.state.readsAlone || !this.state.busy) return result
    this.state.guard()
    return await this.#sendInTransaction(request, stopper)
  }

  batches(request: Request<Batch>): Batches {
    const { database, state } = this
    const guard = () => state.guard()
    guard()
    if (!state.transaction && database.dialect === 'sqlite' && state.readsAlone) {
      database.guard(state)
      state.markBusy()
      return new Batches(request, snapshot(database, state.streams, state.stoppers, guard))
    }
    const place = placeIn(database, state.begin(false), guard)
    return new Batches(request, { ...place, run: call => state.afterBegin(place.run(call)) })
  }

  transaction<T>(work: Work<T>, options?: TransactionOptions, limits?: Limits): Promise<T> {
    const { database, state } = this
    state.guard()
    onlyOutside(options)
    const run = (stopper?: Stopper) => state.afterBegin(savepoint(database, state.begin(true), work, stopper))
    return database.track(state.untilDropped(within(limits, run)))
  }

  async commit(): Promise<void> {
    this.state.guard()
    await this.state.end('commit')
  }

  async rollback(): Promise<void> {
    this.state.guard()
    await this.state.end('rollback')
  }

  /** Rolls back what was not committed; again: nothing. */
  async close(): Promise<void> {
    await this.state.close()
  }
}
