/** The time that calls may take on this thread in one turn of the event loop. */

import { nextTurn } from '../base/turn.js'

/** In milliseconds: how long calls are answered at once, and for how long others run behind them that are answered in the next turn. */
const PROMPT = 0.5
const LATE = 1
/** How many calls are answered at once, and how many in the next turn: what waits for them may take longer than they have. */
const MOST = 64

/**
 * A call that runs on this thread and is answered at once settles before the event loop turns: a loop of awaited calls would keep
 * timers and sockets waiting. So when the time is used up, calls are answered in the next turn, and then go to another thread.
 */
export class Slice {
  /** When calls are no longer answered at once, on the clock of the core; undefined if none has run in this turn. */
  #end: number | undefined
  #isOver = false
  #count = 0
  /** Functions that settle the calls which are answered in the next turn. */
  #late: (() => void)[] = []

  /** Whether another call may run in this turn. */
  get isOpen(): boolean {
    return !this.#isOver
  }

  /** Counts a call that has run, from when to when, and tells whether it is to be answered later. */
  ran(began: number, ended: number): boolean {
    if (this.#end === undefined) {
      this.#end = began + PROMPT
      nextTurn(this.#turn)
    }
    const over = ended - this.#end
    this.#count++
    this.#isOver = over >= LATE || this.#count >= 2 * MOST
    return over >= 0 || this.#count > MOST
  }

  /** A promise of this result that settles in the next turn. */
  later<T>(result: T): Promise<T> {
    return new Promise(resolve => this.#late.push(() => resolve(result)))
  }

  readonly #turn = () => {
    this.#end = undefined
    this.#isOver = false
    this.#count = 0
    const late = this.#late
    this.#late = []
    for (const settle of late) settle()
  }
}

/** That of this thread: every open database shares its event loop. */
export const slice = new Slice()
