/** The errors of Plinth as JavaScript sees them: one class with a stable code, and a subclass where a caller tells them apart. */

/** One fault of a schema. */
export interface Problem {
  /** The model, by its name in schema(). */
  model?: string
  /** The property of the column. */
  column?: string
  /** What is wrong, and how to mend it. */
  message: string
}

/** What an error says beside its message. */
export interface ErrorFields {
  table?: string
  columns?: readonly string[]
  constraint?: string
  expected?: string
  found?: string
  hint?: string
  problems?: readonly Problem[]
  retryable?: boolean
  cause?: unknown
}

/** Every error that Plinth throws. */
export class PlinthError extends Error {
  /** What went wrong, as a name that never changes. */
  readonly code: string
  declare readonly table?: string
  declare readonly columns?: readonly string[]
  declare readonly constraint?: string
  declare readonly expected?: string
  declare readonly found?: string
  declare readonly hint?: string
  declare readonly problems?: readonly Problem[]
  /** Whether the same call may succeed when it is made again. */
  readonly retryable: boolean

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
