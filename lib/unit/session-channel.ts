/** Explicit sessions: a unit of work that its user commits, rolls back and closes. */

import type { Request } from '../bridge/request.js'
import { type Limits, type Stopper, within } from '../bridge/stopping.js'
import type { TransactionOptions } from '../types/index.js'
import { type Channel, snapshot, type Work } from './channel.js'
import type { Core } from './database-state.js'
import { Unit } from './session-state.js'
import { type Batch, Batches } from './stream-batches.js'
import { placeIn, savepoint, sendIn } from './transaction-channel.js'
import { onlyOutside } from './transaction-options.js'

/** An explicit unit of work. On PostgreSQL its first call begins a transaction, on SQLite its first write: until then reads stand alone. */
export class SessionChannel implements Channel {
  readonly blocking = false
  readonly unit: Unit

  /** `stopper`: what limits the session as a whole; it is rolled back and closed when that stops. */
  constructor(
    readonly core: Core,
    stopper?: Stopper,
  ) {
    core.guard()
    this.unit = new Unit(core, stopper)
    forgotten.register(this, this.unit)
  }

  get belongsTo(): object {
    return this.unit.scope ?? this.unit
  }

  send<T>(request: Request<T>): Promise<T> {
    const { core, unit } = this
    unit.guard()
    const { writes } = request.plan
    if (!unit.scope && !writes && core.dialect === 'sqlite') {
      core.guard(unit)
      return within(request.limits, stopper => {
        unit.busy = true
        return core.client.send(request, 0, stopper ? [...unit.stoppers, stopper] : unit.stoppers)
      })
    }
    return within(request.limits, stopper => unit.begun(sendIn(core, unit.begin(writes), request, stopper)))
  }

  batches(request: Request<Batch>): Batches {
    const { core, unit } = this
    const guard = () => unit.guard()
    guard()
    if (!unit.scope && core.dialect === 'sqlite') {
      core.guard(unit)
      unit.busy = true
      return new Batches(request, snapshot(core, unit.streams, unit.stoppers, guard))
    }
    const place = placeIn(core, unit.begin(false), guard)
    return new Batches(request, { ...place, run: call => unit.begun(place.run(call)) })
  }

  transaction<T>(work: Work<T>, options?: TransactionOptions, limits?: Limits): Promise<T> {
    const { core, unit } = this
    unit.guard()
    onlyOutside(options)
    const run = (stopper?: Stopper) => unit.begun(savepoint(core, unit.begin(true), work, stopper))
    return core.track(unit.untilDropped(within(limits, run)))
  }

  async commit(): Promise<void> {
    this.unit.guard()
    await this.unit.end('commit')
  }

  async rollback(): Promise<void> {
    this.unit.guard()
    await this.unit.end('rollback')
  }

  /** Rolls back what was not committed; again: nothing. */
  async close(): Promise<void> {
    await this.unit.close()
  }
}

/** A session that nobody can close any more would hold the writer for ever. */
const forgotten = new FinalizationRegistry<Unit>(unit => {
  unit.close().catch(() => {})
})
