/** The options that every call takes. */

/** The platform's AbortSignal; where a project's TypeScript knows none (no DOM, no types of Node), any object, instead of an error in our types. */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer S } } ? S : object

/** What every call takes among its options. With `db.sync` `timeout` alone. */
export interface CallOptions {
  /** Stops the call when it fires: the statement ends, and the error is ABORTED with the signal's reason as its `cause`. */
  signal?: Signal
  /** Milliseconds that the call may take, its waiting included; then it is stopped, and the error is TIMEOUT. */
  timeout?: number
}
