/** The time limit of blocking calls, which no timer can stop. */

import { late } from '../bridge/stopping.js'

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

  /** Throws TIMEOUT when it is late. */
  check(): void {
    this.outer?.check()
    if (this.left() <= 0) throw late(this.timeout)
  }
}
