// The start of the service: Next.js calls register() once, before the first request.
import { initDb } from 'plinth'
import { database } from './db/database'

/** Applies the pending revisions. */
export async function register() {
  await initDb({ db: database() })
}
