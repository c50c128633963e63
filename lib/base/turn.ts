/** The next turn of the event loop. */

import { setImmediate } from 'node:timers'

/**
 * Calls a function in the next turn of the event loop. The timer of Node: the global one is missing under jest's jsdom, and a test
 * may put another in its place later.
 */
export const nextTurn: typeof setImmediate = setImmediate
