/** The health probe: whether the database answers, within a time, without ever throwing. */

import { existsSync } from 'node:fs'
import type { Channel } from './channel.js'
import type { Request } from './client.js'
import type { Core } from './core.js'
import { sqlCall } from './sql.js'
import type { Health, HealthOptions } from './types/index.js'
import { shown } from './values.js'
import { version } from './version.js'

const DEFAULT_TIMEOUT = 5000

/** What a timer can wait. */
const LONGEST = 2 ** 31 - 1

/** Beside any transaction of the caller: a probe asks about the database, not about them. */
class Probe implements Channel {
  readonly blocking = false
  constructor(readonly core: Core) {}

  send<T>(request: Request<T>): Promise<T> {
    this.core.alive()
    return this.core.client.send(request, 0)
  }

  transaction(): never {
    throw new Error('A probe has no transactions.')
  }
}

/** Asks the database for its version. */
function ask(core: Core) {
  const sql = sqlCall(new Probe(core))
  if (core.dialect === 'postgres') return sql`SELECT split_part(current_setting('server_version'), ' ', 1) AS version`
  // The schema is read too: a file that is no database answers the first question alone.
  return sql`SELECT sqlite_version() AS version, (SELECT count(*) FROM sqlite_schema) AS objects`
}

/** The report of db.health(). */
export async function health(core: Core, options?: HealthOptions): Promise<Health> {
  const start = performance.now()
  const report = (status: 'ok' | 'down', serverVersion: string | null, error?: string): Health => ({
    status,
    version,
    dialect: core.dialect,
    serverVersion,
    latencyMs: Math.round((performance.now() - start) * 100) / 100,
    url: core.url,
    ...(error !== undefined && { error }),
  })
  const timeoutMs = options?.timeoutMs ?? DEFAULT_TIMEOUT
  let timer: NodeJS.Timeout | undefined
  try {
    if (typeof timeoutMs !== 'number' || !(timeoutMs > 0)) {
      throw new Error(`timeoutMs must be a number above 0, found ${shown(timeoutMs)}.`)
    }
    // A probe must not be what creates the database.
    if (core.file !== undefined && !existsSync(core.file))
      throw new Error('The database file does not exist: run initDb() or plinth init.')
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`No answer within ${timeoutMs} ms.`)), Math.min(timeoutMs, LONGEST))
    })
    const [row] = (await Promise.race([ask(core), late])) as { version: string }[]
    return report('ok', row?.version ?? null)
  } catch (error) {
    return report('down', null, error instanceof Error ? error.message : String(error))
  } finally {
    clearTimeout(timer)
  }
}
