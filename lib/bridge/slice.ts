/** The time that reads may take on this thread in one turn of the event loop. */

import { nextTurn } from '../base/turn.js'

/** In milliseconds. */
const LENGTH = 1

/**
 * Reads that run on this thread settle before the event loop turns: a loop of them would keep timers and sockets waiting. So
 * when the time is used up, the read that used it up is answered in the next turn, and others go another way until then.
 */
export class Slice {
  /** When it is used up, as performance.now() has it; 0 if no read has run in this turn. */
  #end = 0
  #isOver = false

  /** Whether another read may run in this turn. */
  get isOpen(): boolean {
    return !this.#isOver
  }

  /** The moment at which a read begins, if it is the first of its turn. */
  begins(): number {
    return this.#end === 0 ? performance.now() : 0
  }

  /** Counts a read that has run, and tells whether the time is used up. `began`: what `begins` gave. */
  ran(began: number): boolean {
    if (this.#end === 0) {
      this.#end = began + LENGTH
      nextTurn(this.#turn)
    }
    this.#isOver = performance.now() >= this.#end
    return this.#isOver
  }

  readonly #turn = () => {
    this.#end = 0
    this.#isOver = false
  }
}

/** That of this thread: every open database shares its event loop. */
export const slice = new Slice()
