/**
 * Undefined for a part that is left out: allowed by `exactOptionalPropertyTypes` if the call takes
 * it.
 */

import { initDb, open } from 'plinth'
import { db, models } from './fixture.js'

declare const query: { limit?: number | undefined; after: string | undefined; wanted: boolean | undefined }
declare const parsed: { email: string; passwordHash: string; role?: 'admin' | 'member' | undefined }
declare const signal: AbortSignal | undefined

export async function uses() {
  await db.users.create({ ...parsed })
  await db.users.update(1, { role: parsed.role, email: undefined })
  await db.users.list({ limit: query.limit, orderBy: undefined, select: undefined, include: undefined, signal })
  await db.users.page({ limit: query.limit ?? 20, after: query.after })
  await db.users.list({ include: { organization: query.wanted } })
  await db.transaction(async () => {}, { retries: query.limit, timeout: undefined })
  await db.users.aggregate({ count: true, limit: query.limit })
  await initDb({ models, url: process.env.DATABASE_URL, seed: undefined })
  const other = open({ models, url: process.env.DATABASE_URL, log: undefined, pool: { size: query.limit } })
  // @ts-expect-error a filter that is undefined would be all rows
  await other.users.list({ where: { id: undefined } })
}
