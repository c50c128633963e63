/** Explicit sessions: a unit of work that its user commits, rolls back and closes. */

import type { Request } from '../bridge/request.js'
import { type Limits, type Stopper, within } from '../bridge/stopping.js'
import type { TransactionOptions } from '../types/index.js'
import { type Channel, snapshot, type Work } from './channel.js'
import type { DatabaseState } from './database-state.js'
import { SessionState } from './session-state.js'
import { type Batch, Batches } from './stream-batches.js'
import { placeIn, savepoint, sendIn } from './transaction-channel.js'
import { onlyOutside } from './transaction-options.js'

/** An explicit unit of work. On PostgreSQL its first call begins a transaction, on SQLite its first write: until then reads stand alone. */
export class SessionChannel implements Channel {
  readonly blocking = false
  readonly state: SessionState

  /** `stopper`: what limits the session as a whole; it is rolled back and closed when that stops. */
  constructor(
    readonly database: DatabaseState,
    stopper?: Stopper,
  ) {
    database.guard()
    this.state = new SessionState(database, stopper)
    forgotten.register(this, this.state)
  }

  get belongsTo(): object {
    return this.state.transaction ?? this.state
  }

  send<T>(request: Request<T>): Promise<T> {
    const { database, state } = this
    state.guard()
    const { writes } = request.plan
    if (!state.transaction && !writes && database.dialect === 'sqlite') {
      database.guard(state)
      return within(request.limits, stopper => {
        state.markBusy()
        return database.client.send(request, 0, stopper ? [...state.stoppers, stopper] : state.stoppers)
      })
    }
    return within(request.limits, stopper => state.afterBegin(sendIn(database, state.begin(writes), request, stopper)))
  }

  batches(request: Request<Batch>): Batches {
    const { database, state } = this
    const guard = () => state.guard()
    guard()
    if (!state.transaction && database.dialect === 'sqlite') {
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

/** Closes sessions whose handle was garbage-collected: an open one would keep other writers waiting. */
const forgotten = new FinalizationRegistry<SessionState>(state => {
  state.close().catch(() => {})
})
