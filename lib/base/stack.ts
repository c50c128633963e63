/** Stacks of errors that reach the caller: the caller's line is behind the frames of this package. */

/** At most so many frames of a stack are of this package: a row of createMany in a transaction of a view is 20 deep. */
const OWN_FRAMES = 30

/** Lets the next stack be deeper by the frames of this package; returns the function that undoes that. */
export function deepenStacks(): () => void {
  const limit: unknown = Error.stackTraceLimit
  if (typeof limit !== 'number' || limit <= 0) return () => {}
  // Reflect.set does not throw if the property is frozen: the stack is then as short as ever.
  Reflect.set(Error, 'stackTraceLimit', limit + OWN_FRAMES)
  return () => {
    Reflect.set(Error, 'stackTraceLimit', limit)
  }
}

/**
 * Rejects with the error that `build` makes. Resolve the promise that a caller awaits with this one: V8 adds
 * `at async <caller>` to a stack that is taken in a microtask which leads to the caller's `await`. So the stack costs
 * nothing until a call fails.
 */
export function rejectLate(build: () => unknown): Promise<never> {
  const rejected: Promise<never> = late(build, () => {
    // Marks the rejection as handled. If the caller's promise was settled before, nothing awaits this one, and Node would end the process.
    rejected.catch(() => {})
  })
  return rejected
}

/** `built` is called once the stack is taken: a second subscriber before that would hide the caller from it. */
async function late(build: () => unknown, built: () => void): Promise<never> {
  // A promise that is resolved with this one subscribes to it in a microtask of its own, behind the first of these two.
  await undefined
  await undefined
  const error = build()
  built()
  throw error
}
