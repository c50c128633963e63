/** The columns that every bundled model has: when a row was made and, where rows change, when it last did. */

import { c } from 'plinth'

/** For rows that never change. */
export const created = { createdAt: c.timestamp().defaultNow() }

/** For rows that change. */
export const timestamps = { ...created, updatedAt: c.timestamp().defaultNow().touch() }
