/** Telling functions that run when they are called from classes and generators. */

/**
 * The kind of a function: the body of a class cannot be called, and a generator would wait for an
 * iteration that never comes.
 */
export function functionKind(value: Function): 'function' | 'class' | 'generator function' {
  const tag = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]
  if (tag === 'GeneratorFunction' || tag === 'AsyncGeneratorFunction') return 'generator function'
  const fixed = Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false
  // The prototype of a class is fixed, and so is that of a function that was frozen.
  return fixed && /^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'function'
}

/** Whether a value is a function whose body runs when it is called. */
export function isRunnable(value: unknown): value is (...args: any[]) => unknown {
  return typeof value === 'function' && functionKind(value) === 'function'
}
