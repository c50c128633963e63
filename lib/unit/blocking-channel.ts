/** Calls that block: db.sync. */

import { PlinthError } from '../base/errors.js'
import type { Request } from '../bridge/request.js'
import { type Limits, LONGEST, noSignal } from '../bridge/stopping.js'
import type { Isolation, TransactionOptions } from '../types/index.js'
import type { Channel, Work } from './channel.js'
import type { DatabaseState } from './database-state.js'
import { Deadline } from './deadline.js'
import { ended, outer as outside } from './refusals.js'
import { attemptsSync } from './retry.js'
import type { RowsRead } from './rows-read.js'
import { type Batch, BlockingBatches } from './stream-batches.js'
import { Transaction } from './transaction.js'
import { isolationOf, onlyOutside } from './transaction-options.js'

/** Calls that block. */
export class BlockingChannel implements Channel {
  readonly blocking = true
  readonly #transaction: Transaction | undefined
  readonly #deadline: Deadline | undefined

  get reads(): RowsRead | undefined {
    return this.#transaction?.outermost.reads
  }

  get isolation(): Isolation | undefined {
    return this.#transaction?.outermost.isolation
  }

  constructor(
    readonly database: DatabaseState,
    transaction?: Transaction,
    deadline?: Deadline,
  ) {
    this.#transaction = transaction
    this.#deadline = deadline
  }

  get belongsTo(): Transaction | undefined {
    return this.#transaction?.outermost
  }

  get unit(): Transaction | undefined {
    return this.#transaction
  }

  send<T>(request: Request<T>): T {
    this.#guard(request.plan.writes)
    const { limits } = request
    const deadline = limits ? deadlineOf(limits, this.#deadline) : this.#deadline
    const session = this.#transaction?.session ?? 0
    if (!deadline) return this.database.client.sendSync(request, session)
    return stoppedAt(deadline, ms => this.database.client.sendSync(request, session, ms))
  }

  batches(request: Request<Batch>): BlockingBatches {
    const { database } = this
    const transaction = this.#transaction
    const guard = () => this.#guard(false)
    guard()
    const { limits } = request
    const deadline = limits ? deadlineOf(limits, this.#deadline) : this.#deadline
    const call = <T>(call: (ms?: number) => T) => (deadline ? stoppedAt(deadline, call) : call())
    const place = transaction
      ? { client: database.client, session: transaction.session, own: false, streams: transaction.streams, guard }
      : database.snapshot(database.streams, () => database.guardBlocking(false))
    return new BlockingBatches(request, { ...place, call, limit: () => deadline?.ofEnd })
  }

  #guard(writes: boolean): void {
    if (this.#transaction?.ended) throw ended('transaction')
    this.database.guardBlocking(writes)
    if (this.database.blocking !== this.#transaction) {
      throw outside('blocking transaction')
    }
  }

  transaction<T>(work: Work<T>, options?: TransactionOptions, limits?: Limits): T {
    if (this.#transaction) onlyOutside(options)
    this.#guard(options?.readOnly !== true)
    const deadline = limits ? deadlineOf(limits, this.#deadline) : this.#deadline
    const retries = options?.retries ?? 0
    const once = (reads?: RowsRead) => this.#runOnce(work, options, deadline, reads)
    return retries > 0 ? attemptsSync({ retries, models: this.database.models }, once, deadline) : once()
  }

  #runOnce<T>(
    work: Work<T>,
    options: TransactionOptions | undefined,
    deadline: Deadline | undefined,
    reads: RowsRead | undefined,
  ): T {
    const { database } = this
    const outer = this.#transaction
    const transaction = new Transaction(outer?.session ?? database.number(false), outer)
    transaction.reads = reads
    transaction.isolation = options?.isolation ?? database.isolation
    const n = outer ? database.savepoint() : isolationOf(options, database.isolation)
    const control = (word: string, ms?: number) => database.client.controlSync(transaction.session, word, n, ms)
    const inTime = (word: string) => (deadline ? stoppedAt(deadline, ms => control(word, ms)) : control(word))
    inTime(outer ? 'savepoint' : options?.readOnly ? 'beginRead' : 'begin')
    database.blocking = transaction
    try {
      const result = work(new BlockingChannel(database, transaction, deadline))
      if (typeof (result as { then?: unknown })?.then === 'function') {
        // Its result is of no interest any more, and must not end the process.
        Promise.resolve(result).catch(() => {})
        throw new PlinthError('QUERY_INVALID', 'The function of a blocking transaction gave a promise.', {
          hint: 'Use db.transaction() for asynchronous work.',
        })
      }
      deadline?.check()
      transaction.end()
      inTime(outer ? 'release' : 'commit')
      transaction.commit()
      return result as T
    } catch (error) {
      transaction.end()
      try {
        database.client.endSync(transaction.session, outer ? 'undo' : 'rollback', n, deadline?.ofEnd)
      } catch {
        // The commit ended the transaction already; the first error is the one that matters.
      }
      throw error
    } finally {
      database.blocking = outer
    }
  }
}

/** The limits of a blocking call. */
function deadlineOf(limits: Limits, outer: Deadline | undefined): Deadline | undefined {
  noSignal(limits)
  return new Deadline(limits.timeout, outer)
}

/** Runs a blocking call that the core stops in time. */
function stoppedAt<T>(deadline: Deadline, call: (ms: number) => T): T {
  deadline.check()
  const left = deadline.left()
  return call(left > LONGEST ? 0 : Math.ceil(left))
}
