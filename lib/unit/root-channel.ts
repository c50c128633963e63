/** Calls on the database itself: each stands alone. */

import type { Request } from '../bridge/request.js'
import { isStopped, type Limits, type Stopper, within } from '../bridge/stopping.js'
import type { TransactionOptions } from '../types/index.js'
import { AfterChannel, type AsyncChannel } from './after-channel.js'
import { snapshot, type Work } from './channel.js'
import type { DatabaseState } from './database-state.js'
import { Holder } from './holder.js'
import { attempts } from './retry.js'
import type { RowsRead } from './rows-read.js'
import { type AsyncBatches, type Batch, Batches } from './stream-batches.js'
import { Transaction } from './transaction.js'
import { during } from './transaction-channel.js'
import { isolationOf } from './transaction-options.js'

/** The database itself: each call stands alone. */
export class RootChannel implements AsyncChannel {
  readonly blocking = false
  constructor(readonly database: DatabaseState) {}

  send<T>(request: Request<T>): Promise<T> {
    const { database } = this
    const { repeats } = database
    const settled = database.waitsFor()
    if (settled) return new AfterChannel(this, settled).send(request)
    database.guard()
    const call = this.#sent(request)
    return repeats ? repeats.follow(call) : call
  }

  #sent<T>(request: Request<T>): Promise<T> {
    const { client } = this.database
    if (request.limits) return within(request.limits, stopper => client.send(request, 0, stopper && [stopper]))
    return client.sendAlone(request)
  }

  batches(request: Request<Batch>): AsyncBatches {
    const { database } = this
    const settled = database.waitsFor()
    if (settled) return new AfterChannel(this, settled).batches(request)
    database.guard()
    // A stream that is open is read to its end while the database closes.
    const guard = () => {
      if (!database.streams.has(batches)) database.alive()
    }
    const batches = new Batches(request, snapshot(database, database.streams, [], guard))
    return batches
  }

  transaction<T>(work: Work<T>, options?: TransactionOptions, limits?: Limits): Promise<T> {
    const { database } = this
    const settled = database.waitsFor()
    if (settled) return new AfterChannel(this, settled).transaction(work, options, limits)
    database.guard()
    const retries = options?.retries ?? 0
    const run = (stopper?: Stopper) => {
      const once = (reads?: RowsRead) => this.#transaction(work, options, stopper, reads)
      return retries > 0 ? attempts({ retries, models: database.models }, once, stopper) : once()
    }
    return database.track(within(limits, run))
  }

  async #transaction<T>(
    work: Work<T>,
    options: TransactionOptions | undefined,
    stopper: Stopper | undefined,
    reads: RowsRead | undefined,
  ): Promise<T> {
    const { database } = this
    const readOnly = options?.readOnly === true
    const transaction = new Transaction(database.number(readOnly), undefined, stopper)
    transaction.reads = reads
    transaction.isolation = options?.isolation ?? database.isolation
    const off = stopper?.on(error => transaction.end(error))
    const control = (word: string, n = 0) => database.client.control(transaction.session, word, n, transaction.stoppers)
    // The reason for the rollback is what the caller must learn; if it fails too, the connection rolls back on its own.
    const rollBack = () => control('rollback').catch(() => {})
    const holds = !readOnly || database.inMemory
    if (holds) database.writing(1)
    database.transactions.add(transaction)
    const holder = new Holder(database.ownerOf('db.transaction()'))
    database.hold(transaction.session, holder)
    try {
      await control(readOnly ? 'beginRead' : 'begin', isolationOf(options, database.isolation))
      holder.begun()
      let result: T
      try {
        result = await during(database, transaction, work)
      } catch (error) {
        transaction.end()
        await rollBack()
        throw error
      }
      transaction.end()
      try {
        await control('commit')
      } catch (error) {
        // One that was stopped before it was sent has ended nothing.
        if (isStopped(error)) await rollBack()
        throw error
      }
      transaction.commit()
      return result
    } finally {
      transaction.end()
      database.transactions.delete(transaction)
      off?.()
      database.release(transaction.session, holder)
      if (holds) database.writing(-1)
    }
  }
}
