/** The errors of Plinth as JavaScript sees them: one class with a stable code, and a subclass where a caller tells them apart. */

import type { ErrorCode } from './error-code.js'
import type { Lost, Problem, Question } from './problem.js'
import { deepenStacks } from './stack.js'

/** The fields of an error beside its code and message: the fields of {@link PlinthError}. */
export type ErrorFields = Partial<Omit<PlinthError, keyof Error | 'code'>> & { readonly cause?: unknown }

/** On the prototype of each class: its name, by which a copy of the package knows the errors of another copy. */
const CLASS = Symbol.for('plinth.error')
type Branded = { readonly [CLASS]?: string }

/** Every error that Plinth throws. */
export class PlinthError extends Error {
  declare readonly message: string
  /**
   * The kind of failure, as a name that never changes: `UNIQUE_VIOLATION`. docs/reference/errors.md
   * lists them all.
   */
  readonly code: ErrorCode
  /** Of VALUE_UNREADABLE: the model it is about, by its name in schema(). */
  declare readonly model?: string
  /** The table it is about, by its name in the database. */
  declare readonly table?: string
  /** The columns it is about, by their names in the database. */
  declare readonly columns?: readonly string[]
  /** Of VALUE_UNREADABLE: the primary key of the row, as get() takes it; not where it is private, or was not selected. */
  declare readonly key?: unknown
  /** The name of the constraint that refused. */
  declare readonly constraint?: string
  /** The value or state that was expected. */
  declare readonly expected?: string
  /** The value or state that was found; never a private value. */
  declare readonly found?: string
  /** What to do about it. */
  declare readonly hint?: string
  /** Of SCHEMA_INVALID and others that find several faults: each of them. */
  declare readonly problems?: readonly Problem[]
  /** Of DECISION_REQUIRED: what has to be decided. */
  declare readonly questions?: readonly Question[]
  /** Of PROTECTED: what the call would destroy. */
  declare readonly lost?: readonly Lost[]
  /** Which of the rows of createMany, from 0. */
  declare readonly row?: number
  /** Whether the same call, or the transaction that it was part of, may succeed when it is made again. */
  readonly retryable: boolean
  /**
   * Of a write whose connection broke, or whose answer cannot be read. `false`: nothing of it is in the database. `true`: it
   * may be committed; look before you make the call again.
   */
  declare readonly mayHaveCommitted?: boolean

  constructor(code: ErrorCode, message: string, fields: ErrorFields = {}) {
    const { cause, retryable = false, ...rest } = fields
    const restore = deepenStacks()
    super(message, cause === undefined ? undefined : { cause })
    restore()
    this.name = new.target.name
    this.code = code
    Object.assign(this, rest)
    this.retryable = retryable
  }

  /**
   * Whether a value is an error of this class: `NotFoundError.is(error)` is `error instanceof NotFoundError`. Both hold for the errors of
   * another copy of the package in the process as well.
   */
  static is<E extends PlinthError>(this: abstract new (...args: any[]) => E, value: unknown): value is E {
    // biome-ignore lint/complexity/noThisInStatic: the class that it is called on, NotFoundError in NotFoundError.is().
    return value instanceof this
  }
}

/** The models contradict themselves. */
export class SchemaError extends PlinthError {
  constructor(message: string, fields?: ErrorFields, frames: readonly string[] = []) {
    super('SCHEMA_INVALID', message, fields)
    // The faults were found where the models are declared, and are reported together, later.
    if (frames.length > 0) this.stack = [`${this.name}: ${message}`, ...frames].join('\n')
  }
}

/** A configuration that is missing or cannot be used: CONFIG_NOT_FOUND, CONFIG_INVALID. */
export class ConfigError extends PlinthError {}

/** A value that its column cannot hold: VALUE_INVALID. */
export class ValidationError extends PlinthError {
  constructor(message: string, fields?: ErrorFields) {
    super('VALUE_INVALID', message, fields)
  }
}

/** No row with this key: NOT_FOUND. */
export class NotFoundError extends PlinthError {
  constructor(message: string, fields?: ErrorFields) {
    super('NOT_FOUND', message, fields)
  }
}

/** A row that a constraint refuses: one of the four classes below. */
export class ConstraintError extends PlinthError {}

/** A second row with the same unique values: UNIQUE_VIOLATION. */
export class UniqueViolationError extends ConstraintError {}

/** A foreign key without its row, or a row that others still point to: FOREIGN_KEY_VIOLATION. */
export class ForeignKeyViolationError extends ConstraintError {}

/** A null in a column that forbids it: NOT_NULL_VIOLATION. */
export class NotNullViolationError extends ConstraintError {}

/** A row that a check refuses: CHECK_VIOLATION. */
export class CheckViolationError extends ConstraintError {}

/**
 * The test behind `instanceof` for each of these classes, and for a class that a user derives from
 * one and that has no name here.
 */
function isInstance(this: { readonly prototype: Branded }, value: unknown): boolean {
  if (Function.prototype[Symbol.hasInstance].call(this, value)) return true
  const name = Object.hasOwn(this.prototype, CLASS) ? this.prototype[CLASS] : undefined
  if (name === undefined) return false
  for (let at = value; typeof at === 'object' && at !== null; at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at, CLASS) && (at as Branded)[CLASS] === name) return true
  }
  return false
}

Object.defineProperty(PlinthError, Symbol.hasInstance, { value: isInstance })
for (const [name, { prototype }] of Object.entries({
  PlinthError,
  SchemaError,
  ConfigError,
  ValidationError,
  NotFoundError,
  ConstraintError,
  UniqueViolationError,
  ForeignKeyViolationError,
  NotNullViolationError,
  CheckViolationError,
})) {
  Object.defineProperty(prototype, CLASS, { value: name })
}

/** The classes that a code decides; all other codes are of PlinthError itself. */
const CLASSES: Partial<Record<ErrorCode, new (code: ErrorCode, message: string, fields?: ErrorFields) => PlinthError>> =
  {
    CONFIG_NOT_FOUND: ConfigError,
    CONFIG_INVALID: ConfigError,
    UNIQUE_VIOLATION: UniqueViolationError,
    FOREIGN_KEY_VIOLATION: ForeignKeyViolationError,
    NOT_NULL_VIOLATION: NotNullViolationError,
    CHECK_VIOLATION: CheckViolationError,
  }

/** An error before it is built: everything it will say. An error itself is never changed. */
export interface Failure extends ErrorFields {
  readonly code: ErrorCode
  readonly message: string
}

/** Builds the error of a failure, with the stack of this moment. */
export function errorOf({ code, message, ...fields }: Failure): PlinthError {
  if (code === 'SCHEMA_INVALID') return new SchemaError(message, fields)
  if (code === 'VALUE_INVALID') return new ValidationError(message, fields)
  if (code === 'NOT_FOUND') return new NotFoundError(message, fields)
  return new (CLASSES[code] ?? PlinthError)(code, message, fields)
}

/** A new error like another, with the stack of this moment and these changes. */
export function copyError(error: PlinthError, changes: Partial<Failure> = {}): PlinthError {
  const { name: _, ...fields } = error
  const cause = error.cause === undefined ? {} : { cause: error.cause }
  return errorOf({ ...fields, message: error.message, ...cause, ...changes })
}

/** An error of ours as a new one, with the stack of this moment; anything else as it is. */
export const withStackOfNow = (thrown: unknown): unknown => (thrown instanceof PlinthError ? copyError(thrown) : thrown)

/** Throws an error of ours as a new one, whose stack leads to the caller that waits here. */
export function rethrow(thrown: unknown): never {
  throw withStackOfNow(thrown)
}

/** One column of a key, as the core gives it. */
interface KeyPart {
  readonly name: string
  readonly kind: 'int' | 'bigint' | 'text'
  readonly text: string
}

/** A failure as the core gives it, from its JSON. */
export interface NativeFailure extends Omit<Failure, 'key'> {
  readonly key?: readonly KeyPart[]
  /** Which parameter of the call is at fault, from 0, over all its rows. */
  readonly param?: number
}

/** The failure that the core gave. */
export function failureOf({ param, key, ...failure }: NativeFailure): Failure {
  return key ? { ...failure, key: keyOf(key) } : failure
}

/** A key as get() takes it. A number that JavaScript cannot tell from its neighbours is a bigint. */
function keyOf(parts: readonly KeyPart[]): unknown {
  const value = ({ kind, text }: KeyPart) => {
    if (kind === 'text') return text
    return kind === 'int' && Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text)
  }
  const [first] = parts
  return parts.length === 1 ? value(first as KeyPart) : Object.fromEntries(parts.map(part => [part.name, value(part)]))
}

/** The error of what a call of the core threw: the core gives its failures as JSON, Node-API its own as text. */
export function nativeError(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown
  let failure: NativeFailure
  try {
    failure = JSON.parse(thrown.message)
  } catch {
    return thrown
  }
  return errorOf(failureOf(failure))
}
