/** Work on a result that is available at once if calls block, else by a promise. */
export function after<T, R>(result: Promise<T> | T, then: (result: T) => Promise<R> | R): Promise<R> | R {
  return result instanceof Promise ? result.then(then) : then(result)
}
