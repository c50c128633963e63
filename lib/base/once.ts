/** A value that is made once, when it is first needed. */

/** A function that gives what `make` gave when it was first called. A `make` that throws is called again. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
