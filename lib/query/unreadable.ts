/** Rows that cannot be read: how a call handles them, and which function is called for each. */

import type { Fields } from '../base/check-options.js'
import type { PlinthError } from '../base/errors.js'
import { aFunction, type OptionTable, oneOf } from '../base/option-kinds.js'
import { queryError } from '../bridge/model-options.js'
import type { Answer, Skipped } from '../bridge/request.js'
import type { ModelMeta } from '../models/metadata.js'
import type { UnreadableOptions } from '../types/index.js'

/** These options, for the tables of calls that take them. */
export const UNREADABLE: OptionTable<keyof UnreadableOptions> = {
  unreadable: oneOf(['error', 'skip']),
  onUnreadable: aFunction(),
}

/** Receives the error of a row that was left out. */
type OnUnreadable = (error: PlinthError) => void

/** What was read, and what of it could not be. */
export interface Readable<T> {
  readonly result: T
  readonly skipped: readonly Skipped[]
}

/** Tells of the rows that one call leaves out. */
export class Skipping {
  readonly #call: string
  readonly #to: OnUnreadable | undefined
  #warned = false

  constructor(call: string, to: OnUnreadable | undefined) {
    this.#call = call
    this.#to = to
  }

  /** What was read of an answer with `read`, and the rows that were left out of it. */
  readonly with = <T>(answer: Answer, read: () => T): Readable<T> => {
    // Asked first: making rows of the answer may ask for more of it.
    const skipped = answer.skipped()
    return { result: read(), skipped }
  }

  /** Tells of rows; what the caller's function throws fails the call. */
  tell(skipped: readonly Skipped[]): void {
    const [first] = skipped
    if (!first) return
    if (this.#to) for (const { error } of skipped) this.#to(error)
    else if (!this.#warned) {
      this.#warned = true
      const message = `${this.#call}: rows that cannot be read were left out, the first of them: ${first.error.message}`
      process.emitWarning(message, {
        type: 'PlinthWarning',
        code: 'PLINTH_ROWS_SKIPPED',
        detail: 'Pass onUnreadable to learn of each.',
      })
    }
  }

  /** Tells of the rows that were left out of an answer, and gives the rest. */
  readonly settle = <T>({ result, skipped }: Readable<T>): T => {
    this.tell(skipped)
    return result
  }
}

/**
 * How a call, whose options were checked, handles rows that cannot be read; undefined: it fails.
 * Throws QUERY_INVALID if the two options contradict each other.
 */
export function skipping(model: ModelMeta, call: string, given: unknown): Skipping | undefined {
  const { unreadable, onUnreadable } = (given ?? {}) as Fields
  const name = `${model.name}.${call}`
  if (unreadable === 'skip') return new Skipping(name, onUnreadable as OnUnreadable | undefined)
  if (onUnreadable === undefined) return undefined
  throw queryError(
    `${name}: onUnreadable is for unreadable: 'skip'.`,
    model,
    'Without it the call fails with the error.',
  )
}
