// From errors to answers: a status by the error's code, and a body that says no more than the caller may know.
import { PlinthError } from 'plinth'

/** A request that this service refuses by itself. */
class Refusal extends Error {
  constructor(status, code, message, columns = []) {
    super(message)
    Object.assign(this, { status, code, columns })
  }
}

export class Invalid extends Refusal {
  constructor(column, message) {
    super(422, 'INVALID', message, column ? [column] : [])
  }
}

export class NotFound extends Refusal {
  constructor(message) {
    super(404, 'NOT_FOUND', message)
  }
}

export class Conflict extends Refusal {
  constructor(message) {
    super(409, 'CONFLICT', message)
  }
}

/** The codes of Plinth that are the caller's doing: the status of the answer, and words for people. Plinth's own are for developers. */
const CALLER = {
  NOT_FOUND: [404, 'There is no such task.'],
  UNIQUE_VIOLATION: [409, 'This exists already.'],
  FOREIGN_KEY_VIOLATION: [409, 'This belongs to something that does not exist.'],
  STALE_ROW: [409, 'Somebody else has changed this at the same time.'],
  VALUE_INVALID: [422, 'This value cannot be used.'],
  NOT_NULL_VIOLATION: [422, 'A value is missing.'],
  CHECK_VIOLATION: [422, 'This value cannot be used.'],
  QUERY_INVALID: [422, 'The list cannot be shown in this way.'],
  CURSOR_INVALID: [422, 'The next tasks cannot be found: load the list again.'],
}

/** Words for people about a field whose value cannot be used. */
const FIELDS = {
  id: 'There is no such task.',
  type: 'Use at most 100 characters.',
  priority: 'Use a whole number of at most 15 digits, such as 5.',
  status: 'Use pending, running, succeeded, failed or cancelled.',
  payload: 'The title has a character that cannot be used.',
}

/** The codes that say the database cannot be used just now, 503. What is left is a fault of this service, 500. */
const UNAVAILABLE = new Set([
  ...['BUSY', 'DEADLOCK', 'SERIALIZATION_FAILURE', 'TIMEOUT', 'CLOSED'],
  ...['CANNOT_OPEN', 'NOT_A_DATABASE', 'CORRUPT', 'READ_ONLY', 'DISK_FULL', 'IO_FAILED'],
  ...['HOST_UNREACHABLE', 'CONNECTION_REFUSED', 'CONNECTION_LOST', 'TLS_FAILED', 'AUTHENTICATION_FAILED'],
  ...['UNKNOWN_DATABASE', 'TOO_MANY_CONNECTIONS', 'SERVER_UNAVAILABLE', 'POOL_TIMEOUT'],
])

/** The status, code and words of an answer; `undefined` if the error is our own fault. */
function told(error) {
  if (error instanceof Refusal) return error
  if (error instanceof PlinthError) {
    const { code, columns = [] } = error
    if (UNAVAILABLE.has(code))
      return { status: 503, code, message: 'The tasks cannot be reached just now: try again later.', columns: [] }
    if (!CALLER[code]) return undefined
    const [status, words] = CALLER[code]
    const field = code === 'VALUE_INVALID' && columns.find(column => FIELDS[column])
    return { status, code, message: field ? FIELDS[field] : words, columns }
  }
  // Express's own errors of a request: invalid JSON, a body too large, a path that cannot be
  // decoded.
  if (error.status >= 400 && error.status < 500) {
    const message = error.status === 413 ? 'This is too long.' : 'The request cannot be read.'
    return { status: error.status, code: 'BAD_REQUEST', message, columns: [] }
  }
}

/** The last handler of the application. Express knows it by its four parameters. */
export function errors(error, _req, res, next) {
  if (res.headersSent) return next(error)
  const answer = told(error)
  if (!answer || answer.status === 503) console.error(error)
  const { status, code, message, columns } = answer ?? {
    status: 500,
    code: 'INTERNAL',
    message: 'Something went wrong.',
    columns: [],
  }
  res.status(status).json({ error: { code, message, columns } })
}
