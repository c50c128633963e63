// GET /health: 200 or 503, with the newest revision and the pending ones.
import { healthHandler } from 'plinth'
import { database } from '../../db/database'

export const dynamic = 'force-dynamic' // not answered by `next build`

export const GET = (request: Request) => healthHandler(database())(request)
