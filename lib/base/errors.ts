/** The errors of Plinth as JavaScript sees them: one class with a stable code, and a subclass where a caller tells them apart. */

import type { Problem, Question } from './problem.js'

/** What an error says beside its message: the fields of {@link PlinthError}. */
export interface ErrorFields {
  model?: string
  table?: string
  columns?: readonly string[]
  key?: unknown
  constraint?: string
  expected?: string
  found?: string
  hint?: string
  problems?: readonly Problem[]
  /** What `revision` needs to be told. */
  questions?: readonly Question[]
  /** Which of many rows, from 0. */
  row?: number
  retryable?: boolean
  mayHaveCommitted?: boolean
  cause?: unknown
}

/** Every error that Plinth throws. */
export class PlinthError extends Error {
  /** What went wrong, as a name that never changes: `UNIQUE_VIOLATION`. The README lists them all. */
  readonly code: string
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
  /** What would have been right. */
  declare readonly expected?: string
  /** What was there instead; never a private value. */
  declare readonly found?: string
  /** What to do about it. */
  declare readonly hint?: string
  /** Of SCHEMA_INVALID and others that find several faults: each of them. */
  declare readonly problems?: readonly Problem[]
  /** Of DECISION_REQUIRED: what has to be decided. */
  declare readonly questions?: readonly Question[]
  /** Which of the rows of createMany, from 0. */
  declare readonly row?: number
  /** Whether the same call, or the transaction that it was part of, may succeed when it is made again. */
  readonly retryable: boolean
  /**
   * Of a write whose connection broke, or whose answer cannot be read. `false`: nothing of it is in the database. `true`: it
   * may be committed; look before you make the call again.
   */
  declare readonly mayHaveCommitted?: boolean

  constructor(code: string, message: string, fields: ErrorFields = {}) {
    const { cause, retryable = false, ...rest } = fields
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.code = code
    Object.assign(this, rest)
    this.retryable = retryable
  }
}

/** The models contradict themselves. */
export class SchemaError extends PlinthError {
  constructor(message: string, fields?: ErrorFields) {
    super('SCHEMA_INVALID', message, fields)
  }
}

/** No configuration where one is needed, or one that cannot be used: CONFIG_NOT_FOUND, CONFIG_INVALID. */
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

/** A null where the column forbids it: NOT_NULL_VIOLATION. */
export class NotNullViolationError extends ConstraintError {}

/** A row that a check refuses: CHECK_VIOLATION. */
export class CheckViolationError extends ConstraintError {}

const CLASSES: Record<string, new (code: string, message: string, fields?: ErrorFields) => PlinthError> = {
  UNIQUE_VIOLATION: UniqueViolationError,
  FOREIGN_KEY_VIOLATION: ForeignKeyViolationError,
  NOT_NULL_VIOLATION: NotNullViolationError,
  CHECK_VIOLATION: CheckViolationError,
}

/** One column of a key, as the core gives it. */
interface KeyPart {
  readonly name: string
  readonly kind: 'int' | 'bigint' | 'text'
  readonly text: string
}

/** An error as the core gives it, from its JSON. */
export interface NativeError extends Omit<ErrorFields, 'key'> {
  code: string
  message: string
  key?: readonly KeyPart[]
  /** Which parameter of the call is at fault, from 0, over all its rows. */
  param?: number
}

/** The error that the core gave. */
export function fromNative({ code, message, param, key, ...rest }: NativeError): PlinthError {
  const fields: ErrorFields = key ? { ...rest, key: keyOf(key) } : rest
  if (code === 'SCHEMA_INVALID') return new SchemaError(message, fields)
  if (code === 'VALUE_INVALID') return new ValidationError(message, fields)
  return new (CLASSES[code] ?? PlinthError)(code, message, fields)
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

/** What a call of the core threw, as one of ours. */
export function rethrown(thrown: unknown): unknown {
  const message = thrown instanceof Error ? thrown.message : ''
  return message.startsWith('{"code":') ? fromNative(JSON.parse(message)) : thrown
}
