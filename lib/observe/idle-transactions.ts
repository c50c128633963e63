/** Sessions that keep a transaction open while they do something else: each owner is warned of once for its last call, in development. */

import { channel } from 'node:diagnostics_channel'
import type { WarningEvent } from '../types/index.js'

const warnings = channel('plinth:warning')

const HINT =
  'Others wait for its connection, and on SQLite to write: do slow work before the first write, or commit before it. ' +
  'idleTimeout rolls such a session back.'

/** Warns of sessions that idle in a transaction. */
export class IdleTransactions {
  readonly #warned = new Set<string>()

  constructor(
    /** How long one may idle before it is reported, in milliseconds. */
    readonly afterMs: number,
  ) {}

  /** Warns of the session of this owner; `call` is the last one that was made in it. */
  warn(owner: string, call: string | undefined): void {
    const once = `${owner} ${call}`
    if (this.#warned.has(once)) return
    this.#warned.add(once)
    const last = call === undefined ? '' : `, after ${call}`
    const event: WarningEvent = {
      code: 'PLINTH_IDLE_TRANSACTION',
      message: `${owner} has kept a transaction open for ${this.afterMs / 1000} s without a call in it${last}.`,
      owner,
      hint: HINT,
    }
    process.emitWarning(event.message, { type: 'PlinthWarning', code: event.code, detail: event.hint })
    if (warnings.hasSubscribers) warnings.publish(event)
  }
}
