/** How a call crosses to the core: its values in the shared arrays, in several pieces where it has many rows. */

import type { Handle } from './addon-types.js'
import { Head, ints, pack, takeBytes, takeText } from './memory.js'
import type { Observer } from './observer.js'
import type { Called } from './pending.js'
import type { Plans } from './plans.js'
import type { Request } from './request.js'
import { loneSurrogate } from './value-error.js'

/** The ways in which a call is stopped, in the numbers of the core. The end of a transaction or of a part of it is carried out all the same. */
export const By = { caller: 0, itself: 1, endCaller: 2, endItself: 3 } as const
export type By = (typeof By)[keyof typeof By]

/** The way of a call: handed over; answered at once if it is quick or short, else handed over; or waited for. */
type Way = 'submit' | 'inline' | 'call'

/** The side of an open database that calls cross to. */
interface Side {
  readonly handle: Handle
  readonly plans: Plans
  readonly observer: Observer
}

/** The call that crosses next can be stopped; after so many milliseconds if they are not 0, of which `left` are left. */
export function limitNext(handle: Handle, ms: number, by: By, left = 0): void {
  ints[Head.rows] = ms
  ints[Head.more] = by
  // Else it is of the stream that the call opens.
  if (by === By.endItself) ints[Head.batch] = left
  handle.limit()
}

/**
 * Hands a call over. `ms`: after so many milliseconds it is stopped, with 0 by its caller alone; one without them cannot be stopped.
 * Gives the narrow text of its answer if it was answered. Throws VALUE_INVALID for half of a surrogate pair.
 */
export function cross(
  side: Side,
  call: Called & { readonly request: Request<unknown> },
  ticket: number,
  way: Way,
  ms?: number,
): string | undefined {
  const { handle, observer } = side
  const { request, session, watched } = call
  const { plan, rows, stream } = request
  const number = plan.number || side.plans.again(plan)
  let done = 0
  for (;;) {
    let put: number
    try {
      put = pack(request, done)
    } catch (error) {
      // Rows of this call that have crossed already are discarded.
      if (done > 0) handle.discard()
      throw error
    }
    done += put
    if (watched) observer.packed(watched, plan)
    ints[Head.ticket] = ticket
    ints[Head.plan] = number
    ints[Head.session] = session
    ints[Head.rows] = put
    ints[Head.more] = done < rows ? 1 : 0
    ints[Head.watched] = watched ? 1 : 0
    ints[Head.stream] = stream === undefined ? 0 : stream.number
    if (stream !== undefined) ints[Head.batch] = stream.batch
    const text = takeText()
    const bytes = takeBytes()
    if (ms !== undefined && done >= rows) {
      limitNext(handle, ms, way === 'call' ? By.itself : By.caller)
      ints[Head.rows] = put
      ints[Head.more] = 0
    }
    const result = handle[way](text, bytes) as string | number | undefined
    if (typeof result === 'number') throw loneSurrogate(request, done - put, result)
    if (done >= rows) return result
  }
}
