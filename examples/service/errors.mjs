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

/** The codes of Plinth that are the caller's doing. */
const STATUS = {
  NOT_FOUND: 404,
  UNIQUE_VIOLATION: 409,
  FOREIGN_KEY_VIOLATION: 409,
  VALUE_INVALID: 422,
  NOT_NULL_VIOLATION: 422,
  CHECK_VIOLATION: 422,
  QUERY_INVALID: 422,
  CURSOR_INVALID: 422,
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
    const { code, message, columns = [] } = error
    // A database's own messages are not for strangers.
    if (UNAVAILABLE.has(code))
      return { status: 503, code, message: 'No database just now: try again later.', columns: [] }
    return STATUS[code] && { status: STATUS[code], code, message, columns }
  }
  // Express's own errors of a request: invalid JSON, a body too large, a path that cannot be
  // decoded.
  if (error.status >= 400 && error.status < 500) {
    return { status: error.status, code: 'BAD_REQUEST', message: error.message, columns: [] }
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
