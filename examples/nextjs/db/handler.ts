// Route handlers with a session: committed before an answer below 400 goes out, else rolled back.
import { type ErrorCode, fetchScope, PlinthError, type Session } from 'plinth'
import { database } from './database'
import type { Models } from './models'

/** The codes of errors that the caller caused. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  NOT_FOUND: 404,
  FOREIGN_KEY_VIOLATION: 404, // a review of a book that does not exist
  UNIQUE_VIOLATION: 409,
  VALUE_INVALID: 422,
  NOT_NULL_VIOLATION: 422,
  CHECK_VIOLATION: 422,
}

/** Makes a route handler of a function that gets the session and the parameters of the path. */
export function handler<Params>(
  work: (session: Session<Models>, request: Request, params: Params) => Promise<Response>,
) {
  return async (request: Request, context: { params: Promise<Params> }): Promise<Response> => {
    const scoped = fetchScope(database(), async (request: Request, session) =>
      work(session, request, await context.params),
    )
    try {
      return await scoped(request)
    } catch (error) {
      return answerOf(error)
    }
  }
}

/** A request that the service refuses by itself. */
class BadRequest extends Error {}

/** The JSON object that a request carries. */
export async function bodyOf(request: Request): Promise<Record<string, any>> {
  const body: unknown = await request.json().catch(() => undefined)
  if (typeof body !== 'object' || body === null) throw new BadRequest('The body is not a JSON object.')
  return body
}

/** An answer that says no more than the caller may know. */
function answerOf(error: unknown): Response {
  if (error instanceof BadRequest)
    return Response.json({ code: 'BAD_REQUEST', message: error.message }, { status: 400 })
  const status = error instanceof PlinthError && STATUS[error.code]
  if (status) {
    const { code, message, columns } = error
    return Response.json({ code, message, columns }, { status })
  }
  console.error(error)
  return Response.json({ code: 'INTERNAL' }, { status: 500 })
}
