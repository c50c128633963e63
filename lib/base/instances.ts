/** Objects of the language's own classes: one that only inherits from `Date.prototype` is not a Date, and its methods throw. */

/** The milliseconds of a Date; NaN for an invalid one and for everything else. */
export function millisOf(value: unknown): number {
  if (!(value instanceof Date)) return Number.NaN
  try {
    return value.getTime()
  } catch {
    return Number.NaN
  }
}

/** Whether a value is a Uint8Array. */
export const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array && ArrayBuffer.isView(value)
