/** Calls of the core that answer with JSON, and the time they took. */

import { nativeError } from '../base/errors.js'

/** What the core answers, from its JSON; its errors as ours. */
export async function asked<T>(work: () => Promise<string>): Promise<T> {
  try {
    return JSON.parse(await work()) as T
  } catch (thrown) {
    throw nativeError(thrown)
  }
}

/** Milliseconds since a `performance.now()`. */
export const since = (start: number) => Math.round((performance.now() - start) * 10) / 10
