/** How an open database closes: it waits for what is at work, and ends what is not done in time. */

import type { PlinthError } from '../base/errors.js'
import type { Client } from '../bridge/client.js'
import { LONGEST } from '../bridge/stopping.js'
import { closed } from './refusals.js'
import type { Ends } from './stream-batches.js'

/** How long `close()` waits by default, in milliseconds. */
export const CLOSE_TIMEOUT = 10_000
/** How long statements may run on that cannot be stopped, in milliseconds. Then their connections are cut. */
const GRACE = 1000

/** Work that a closing database waits for. */
export interface AtWork {
  /** Settles when it is done; undefined if it is not at work. */
  working(): Promise<unknown> | undefined
}

/** A session that is open, or what counts as one. */
export interface OpenSession extends AtWork {
  /** Ends it if nothing of it is at work. */
  close(): Promise<void>
  /** Ends it whatever it does. */
  drop?(reason: PlinthError): Promise<void>
}

/** A transaction of the database itself. */
export interface OpenTransaction {
  readonly session: number
  end(reason: PlinthError): void
}

/** What is open in a database; the sets change while it closes. */
export interface Opened {
  readonly client: Client
  readonly sessions: ReadonlySet<OpenSession>
  readonly streams: ReadonlySet<Ends & AtWork>
  readonly transactions: ReadonlySet<OpenTransaction>
  /** The calls of `transaction()` that have not settled. */
  readonly running: ReadonlySet<Promise<unknown>>
  /** The events that wait for hooks. */
  readonly afterCommit: (AtWork & { end(): void }) | undefined
}

/** A database that closes. */
export class Closing {
  readonly done: Promise<void>
  readonly #opened: Opened
  readonly #late: Promise<void>
  #isLate = false
  #isDone = false
  #cut: () => void = () => {}
  #timer: NodeJS.Timeout | undefined

  /** `timeout`: after so many milliseconds what is still at work is ended. */
  constructor(opened: Opened, timeout: number) {
    this.#opened = opened
    this.#late = new Promise(resolve => {
      this.#cut = resolve
    })
    this.within(timeout)
    this.done = this.#close().finally(() => {
      this.#isDone = true
      clearTimeout(this.#timer)
    })
  }

  /** Gives what is at work so many milliseconds from now, instead of those that it had. */
  within(timeout: number): void {
    clearTimeout(this.#timer)
    if (this.#isDone) return
    const end = () => {
      this.#isLate = true
      this.#cut()
    }
    if (timeout <= 0) end()
    else if (timeout <= LONGEST) this.#timer = setTimeout(end, timeout)
  }

  async #close(): Promise<void> {
    const { client, afterCommit } = this.#opened
    await this.#whileWorking()
    if (!this.#isLate) await Promise.race([client.idle(), this.#late])
    // Calls that stood alone make events, and the hooks of these may make calls.
    while (!this.#isLate && afterCommit?.working()) {
      await this.#whileWorking()
      if (!this.#isLate) await Promise.race([client.idle(), this.#late])
    }
    if (this.#isLate) await this.#end()
    await client.close()
  }

  async #whileWorking(): Promise<void> {
    while (!this.#isLate) {
      const working = this.#working()
      if (working.length === 0) break
      await Promise.race([Promise.race(working), this.#late])
    }
  }

  /** What is at work; sessions that are not are closed. */
  #working(): Promise<unknown>[] {
    const { sessions, streams, running, afterCommit } = this.#opened
    const working: (Promise<unknown> | undefined)[] = [...running, afterCommit?.working()]
    for (const stream of streams) working.push(stream.working())
    for (const session of [...sessions]) {
      const work = session.working()
      if (work) working.push(work)
      else session.close().catch(() => {})
    }
    return working.filter(work => work !== undefined).map(work => work.catch(() => {}))
  }

  /** Ends all that is at work, and rolls back what is not committed. */
  async #end(): Promise<void> {
    const { client, sessions, streams, transactions, afterCommit } = this.#opened
    afterCommit?.end()
    for (const stream of [...streams]) stream.end(closed())
    for (const transaction of [...transactions]) {
      transaction.end(closed())
      client.control(transaction.session, 'rollback').catch(() => {})
    }
    for (const session of [...sessions]) session.drop?.(closed()).catch(() => {})
    let timer: NodeJS.Timeout | undefined
    const grace = new Promise<boolean>(resolve => {
      timer = setTimeout(resolve, GRACE, false)
    })
    const idle = await Promise.race([client.idle().then(() => true), grace])
    clearTimeout(timer)
    // A transaction that could not be rolled back ends with its connection.
    if (!idle) client.abandon(closed())
  }
}
