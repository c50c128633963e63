/** How calls wait until a scope is settled. */

import { rethrow } from '../base/errors.js'
import { type Limits, type Stopper, unlessStopped, within } from '../bridge/stopping.js'

/** Makes a call when a scope is settled, with what is left of its limits. Rejects with the error of the scope, or when it is stopped. */
export async function callAfter<T>(
  settled: Promise<void>,
  limits: Limits | undefined,
  call: (left: Limits | undefined) => Promise<T>,
): Promise<T> {
  const start = performance.now()
  await within(limits, stopper => untilSettled(settled, stopper ? [stopper] : []))
  // A timer of Node takes at least a millisecond.
  const left = limits && { ...limits, timeout: Math.max(1, limits.timeout - (performance.now() - start)) }
  return call(left).catch(rethrow)
}

/** Waits until a scope is settled, unless the call that waits is stopped. */
export async function untilSettled(settled: Promise<void>, stoppers: readonly Stopper[]): Promise<void> {
  await unlessStopped(settled, stoppers).catch(rethrow)
}
