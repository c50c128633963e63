/** Calls in a transaction or a savepoint: while a savepoint runs, those beside it wait for their turn. */

import { PlinthError } from '../base/errors.js'
import { keep } from '../bridge/frozen-request.js'
import type { Request } from '../bridge/request.js'
import { type Limits, partOf, type Stopper, unlessStopped, within } from '../bridge/stopping.js'
import type { Isolation, TransactionOptions } from '../types/index.js'
import type { Channel, Work } from './channel.js'
import type { DatabaseState } from './database-state.js'
import type { RowsRead } from './rows-read.js'
import { type AsyncPlace, type Batch, Batches } from './stream-batches.js'
import { Transaction } from './transaction.js'
import { onlyOutside } from './transaction-options.js'

/** A transaction, or a savepoint in one. */
export class TransactionChannel implements Channel {
  readonly blocking = false
  readonly #transaction: Transaction

  get belongsTo(): Transaction {
    return this.#transaction.outermost
  }

  get reads(): RowsRead | undefined {
    return this.#transaction.outermost.reads
  }

  get isolation(): Isolation | undefined {
    return this.#transaction.outermost.isolation
  }

  get unit(): Transaction {
    return this.#transaction
  }

  constructor(
    readonly database: DatabaseState,
    transaction: Transaction,
  ) {
    this.#transaction = transaction
  }

  send<T>(request: Request<T>): Promise<T> {
    this.#guard()
    return within(request.limits, stopper => sendIn(this.database, this.#transaction, request, stopper))
  }

  batches(request: Request<Batch>): Batches {
    return new Batches(
      request,
      placeIn(this.database, this.#transaction, () => this.#guard()),
    )
  }

  #guard(): void {
    if (this.#transaction.ended) throw this.#transaction.over()
    this.database.outside(this.#transaction)
  }

  transaction<T>(work: Work<T>, options?: TransactionOptions, limits?: Limits): Promise<T> {
    this.#guard()
    onlyOutside(options)
    return within(limits, stopper => savepoint(this.database, this.#transaction, work, stopper))
  }
}

/** Runs the function of a transaction and what it began, until it is stopped: then it may hang as it likes. */
export async function during<T>(database: DatabaseState, transaction: Transaction, work: Work<T>): Promise<T> {
  if (transaction.ended) throw transaction.over()
  const all = async () => {
    const result = await work(new TransactionChannel(database, transaction))
    while (transaction.turn) await transaction.turn
    return result
  }
  const result = await unlessStopped(database.running.run(transaction, all), transaction.stoppers)
  if (transaction.ended) throw transaction.over()
  return result
}

/** While a savepoint runs, calls beside it would be part of it: they wait for their turn, and go before what waits behind them. */
export function sendIn<T>(
  database: DatabaseState,
  transaction: Transaction,
  request: Request<T>,
  stopper: Stopper | undefined,
): Promise<T> {
  const stoppers = stopper ? [...transaction.stoppers, stopper] : transaction.stoppers
  if (!transaction.turn) return database.client.send(request, transaction.session, stoppers)
  const kept = keep(request)
  return inTurn(transaction, stoppers, () => database.client.send(kept, transaction.session, stoppers))
}

/** Makes a call when no savepoint runs. */
function inTurn<T>(transaction: Transaction, stoppers: readonly Stopper[], call: () => Promise<T>): Promise<T> {
  if (!transaction.turn) return call()
  const sent = unlessStopped(transaction.turn, stoppers).then(() => {
    if (transaction.ended) throw transaction.over()
    return call()
  })
  return partOf(sent, transaction.stoppers)
}

/** Where a stream of a transaction reads. */
export function placeIn(database: DatabaseState, transaction: Transaction, guard: () => void): AsyncPlace {
  const { session, streams, stoppers } = transaction
  const run = <T>(call: () => Promise<T>) => inTurn(transaction, stoppers, call)
  return { client: database.client, session, own: false, streams, stoppers, guard, run }
}

/** A savepoint could not be undone. If the connection was lost, so is the transaction: its later calls reject with that. */
function lostWith({ outermost }: Transaction, error: unknown): void {
  if (error instanceof PlinthError && error.code === 'CONNECTION_LOST') outermost.end(error)
}

/** Runs `work` in a savepoint, after those that were asked for before it. */
export function savepoint<T>(
  database: DatabaseState,
  transaction: Transaction,
  work: Work<T>,
  stopper: Stopper | undefined,
): Promise<T> {
  const before = transaction.turn
  const inner = new Transaction(transaction.session, transaction, stopper)
  const off = stopper?.on(error => inner.end(error))
  const run = async () => {
    if (before) await unlessStopped(before, inner.stoppers)
    if (inner.ended) throw inner.over()
    const n = database.savepoint()
    const control = (word: string) => database.client.control(transaction.session, word, n, inner.stoppers)
    await control('savepoint')
    try {
      const result = await during(database, inner, work)
      inner.end()
      off?.()
      await control('release')
      inner.commit()
      return result
    } catch (error) {
      inner.end()
      off?.()
      // If its surroundings have ended, it was undone with them.
      if (!transaction.ended) await control('undo').catch(error => lostWith(transaction, error))
      throw error
    }
  }
  // A promise of its own: with a second handler on that of the savepoint V8 would not find the way to the caller. One that
  // was stopped while it waited does not let others pass what it waited for.
  let pass = (_: Promise<unknown> | undefined) => {}
  const turn = new Promise<unknown>(resolve => {
    pass = resolve
  })
  const mine = run().finally(() => pass(before))
  transaction.turn = turn
  turn.then(() => {
    if (transaction.turn === turn) transaction.turn = undefined
  })
  return partOf(mine, transaction.stoppers)
}
