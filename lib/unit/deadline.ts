/** The time limit of blocking calls, which no timer can stop. */

import type { TimeLimit } from '../bridge/client.js'
import { LONGEST, late } from '../bridge/stopping.js'

/** Until when a blocking transaction may run. */
export class Deadline {
  readonly #at: number

  constructor(
    readonly timeout: number,
    readonly outer?: Deadline,
  ) {
    this.#at = performance.now() + timeout
  }

  /** Milliseconds that are left; 0 and below: it is late. */
  left(): number {
    return Math.min(this.#at - performance.now(), this.outer?.left() ?? Number.POSITIVE_INFINITY)
  }

  /** The limit of what ends a transaction or a part of it; none if it is longer than any timer. */
  get ofEnd(): TimeLimit | undefined {
    const left = this.left()
    return left > LONGEST ? undefined : { timeout: Math.ceil(Math.min(this.timeout, LONGEST)), left }
  }

  /** Throws TIMEOUT when it is late. */
  check(): void {
    this.outer?.check()
    if (this.left() <= 0) throw late(this.timeout)
  }
}
