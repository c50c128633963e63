// The database of the service, one for the whole process.
import { type Db, open } from 'plinth'
import models, { type Models } from './models'

/** Next.js bundles this module several times, and `next dev` loads it again after changes; all of them share one handle. */
const shared = globalThis as { database?: Db<Models> }

/** The database, opened by the first call: `next build` loads the routes too, and has none. */
export function database(): Db<Models> {
  shared.database ??= open({ models })
  return shared.database
}
