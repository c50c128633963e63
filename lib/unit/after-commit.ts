/** `hooks.afterCommit`: the events of writes, after the commit that holds them, one after the other and apart from the callers. */

import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import { shown } from '../base/shown.js'
import { nextTurn } from '../base/turn.js'
import type { AfterCommitEvent, WarningEvent } from '../types/index.js'
import { MOST_EVENTS, type Transaction } from './transaction.js'

const warnings = channel('plinth:warning')

const FAILED =
  'What was written is committed. Work that must be done belongs into a job, enqueued in the same transaction.'
const DROPPED = 'Let afterCommit enqueue what takes long, or write less in one transaction.'

/** The user's function for the writes of one model. */
export type AfterCommitHook = (event: AfterCommitEvent) => unknown

/** An event and its hook. */
interface Waiting {
  readonly model: string
  readonly hook: AfterCommitHook
  readonly event: AfterCommitEvent
}

/** The events of one open database that wait for their hooks. */
export class AfterCommit {
  /** Hooks run where the database was opened: in no transaction and no scope of those who write. */
  readonly #outside = new AsyncResource('PlinthAfterCommit')
  readonly #inside = new AsyncLocalStorage<true>()
  #waiting: Waiting[] = []
  #running: Promise<void> | undefined
  #dropped = 0

  constructor(readonly hooks: ReadonlyMap<string, AfterCommitHook>) {}

  /** Passes an event to the hook of its model, after the commit of `transaction`; at once if the write stood alone. */
  note(model: string, event: AfterCommitEvent, transaction: Transaction | undefined): void {
    const hook = this.hooks.get(model)
    if (!hook) return
    const committed = () => this.#queue({ model, hook, event })
    if (transaction) transaction.afterCommit({ committed, dropped: () => this.#drop() })
    else committed()
  }

  /** Whether a call is made by a hook: while the database closes, these are still answered. */
  get calls(): boolean {
    return this.#inside.getStore() === true
  }

  /** Drops the events that wait. */
  end(): void {
    for (const _ of this.#waiting.splice(0)) this.#drop()
  }

  /** Resolves when no event waits; undefined if none does. */
  working(): Promise<void> | undefined {
    return this.#running
  }

  #queue(waiting: Waiting): void {
    if (this.#waiting.length >= MOST_EVENTS) {
      this.#drop()
      return
    }
    this.#waiting.push(waiting)
    this.#running ??= this.#outside.runInAsyncScope(() => this.#inside.run(true, () => this.#run()))
  }

  async #run(): Promise<void> {
    // The caller goes on first.
    await new Promise<void>(resolve => nextTurn(resolve))
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      try {
        await next.hook(next.event)
      } catch (error) {
        const text = error instanceof Error ? error.message : shown(error)
        warn(`The afterCommit of ${next.model} failed after ${next.event.call}: ${text}`, FAILED, error)
      }
    }
    this.#running = undefined
    if (this.#dropped > 0) warn(`${this.#dropped} events of afterCommit were dropped.`, DROPPED)
    this.#dropped = 0
  }

  #drop(): void {
    this.#dropped++
    if (this.#dropped === 1)
      warn(`${MOST_EVENTS} events wait for afterCommit: those that come now are dropped.`, DROPPED)
  }
}

function warn(message: string, hint: string, error?: unknown): void {
  const event: WarningEvent = { code: 'PLINTH_AFTER_COMMIT', message, hint, ...(error !== undefined && { error }) }
  const detail = error instanceof Error ? `${hint}\n${error.stack}` : hint
  process.emitWarning(message, { type: 'PlinthWarning', code: event.code, detail })
  if (warnings.hasSubscribers) warnings.publish(event)
}
