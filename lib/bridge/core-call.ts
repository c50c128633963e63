/** Calls of the core that answer with JSON, what they report meanwhile, and the time they took. */

import { nativeError } from '../base/errors.js'
import { nextTurn } from '../base/turn.js'

/** The core's answer, parsed from its JSON; the core's errors become ours. */
export async function asked<T>(work: () => Promise<string>): Promise<T> {
  try {
    return JSON.parse(await work()) as T
  } catch (thrown) {
    throw nativeError(thrown)
  }
}

/** Milliseconds since a `performance.now()`. */
export const since = (start: number) => Math.round((performance.now() - start) * 10) / 10

/**
 * Hands JSON that the core reports on to a function of the user. An exception of the listener is
 * thrown after the work has ended.
 */
export class Listener<T> {
  readonly #to: ((event: T) => void) | undefined
  #failed: { error: unknown } | undefined
  #heard = 0
  /** The function that the core calls; undefined if the user passed none. */
  readonly hear: ((json: string) => void) | undefined

  constructor(to: ((event: T) => void) | undefined) {
    this.#to = to
    this.hear = to && (json => this.#hear(json))
  }

  #hear(json: string): void {
    this.#heard++
    if (this.#failed) return
    try {
      this.#to?.(JSON.parse(json) as T)
    } catch (error) {
      this.#failed = { error }
    }
  }

  /**
   * Events and the end of the work come on ways of their own: the end can overtake events that were
   * sent before it.
   */
  async all(): Promise<void> {
    if (this.#to === undefined) return
    for (let before = -1; before !== this.#heard; ) {
      before = this.#heard
      await new Promise<void>(resolve => nextTurn(resolve))
    }
  }

  /** Throws what the user's function has thrown. */
  check(): void {
    if (this.#failed) throw this.#failed.error
  }
}
