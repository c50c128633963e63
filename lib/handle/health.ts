/** The health probe: whether the database answers, within a time, without ever throwing. */

import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { wrongValue } from '../base/check-options.js'
import { errorOf, PlinthError } from '../base/errors.js'
import { numberAboveZero } from '../base/option-kinds.js'
import { mayRead } from '../base/permission.js'
import { version } from '../base/version.js'
import type { Request } from '../bridge/request.js'
import { NONE, Stopper } from '../bridge/stopping.js'
import type { Health, HealthOptions, SqlCall } from '../types/index.js'
import type { Channel } from '../unit/channel.js'
import { type DatabaseState, PROBE } from '../unit/database-state.js'
import { halfDone, type StepsRow } from './half-done.js'
import { sqlCall } from './sql.js'

const DEFAULT_TIMEOUT = 5000

/** Beside any transaction of the caller: a probe asks about the database, not about them. */
class Probe implements Channel {
  readonly blocking = false

  /** `session`: PROBE for a connection beside the pool, 0 for one of the pool; `stopper` fires when the answer is late. */
  constructor(
    readonly database: DatabaseState,
    readonly session: number,
    readonly stopper: Stopper,
  ) {}

  send<T>(request: Request<T>): Promise<T> {
    this.database.alive()
    return this.database.client.send(request, this.session, [this.stopper])
  }

  batches(): never {
    throw new Error('A probe has no streams.')
  }

  transaction(): never {
    throw new Error('A probe has no transactions.')
  }
}

/**
 * Asks the database for its version, which revisions it has, and which one is half done; null if it does not report one.
 */
async function ask(probe: Probe) {
  const { database } = probe
  const sql = sqlCall(probe) as SqlCall<'async'>['sql']
  // The schema is read too: a file that is no database answers the first question alone.
  const [row] =
    database.dialect === 'postgres'
      ? await sql<Answer>`SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
          (to_regclass('__diesel_schema_migrations') IS NOT NULL)::int AS recorded,
          (to_regclass('plinth_steps') IS NOT NULL)::int AS stepped`
      : await sql<Answer>`SELECT sqlite_version() AS version,
          (SELECT count(*) FROM sqlite_schema WHERE name = '__diesel_schema_migrations') AS recorded,
          (SELECT count(*) FROM sqlite_schema WHERE name = 'plinth_steps') AS stepped`
  // A query that fails for want of the table would be a line in the server's log with each probe.
  const serverVersion = row?.version ?? null
  // The role of a service may have no right to these tables: it answers all the same.
  const rows = row?.recorded
    ? await sql<{ version: string }>`SELECT version FROM __diesel_schema_migrations`.catch(() => null)
    : []
  const begun = row?.stepped
    ? await sql<StepsRow>`SELECT revision, checksum, direction, step FROM plinth_steps`.catch(() => [])
    : []
  return { serverVersion, applied: rows?.map(({ version }) => version).sort() ?? null, begun: begun[0] }
}

/**
 * Asks beside the pool, whose connections may all be in use. A server that has no connection left for that is asked on one of
 * the pool. If those are all in use it is well, since it has refused another with words: it is not known what it would say.
 */
async function askBeside(database: DatabaseState, stopper: Stopper) {
  if (database.dialect === 'sqlite') return ask(new Probe(database, 0, stopper))
  try {
    return await ask(new Probe(database, PROBE, stopper))
  } catch (error) {
    if (!(error instanceof PlinthError) || error.code !== 'TOO_MANY_CONNECTIONS') throw error
    const { pool } = database
    if (pool && pool.used >= pool.size) return { serverVersion: null, applied: null, begun: undefined }
    return ask(new Probe(database, 0, stopper))
  }
}

interface Answer {
  version: string
  recorded: number
  stepped: number
}

/** Whether a file exists. Throws CANNOT_OPEN if Node may not look for it (`--permission`). */
function isThere(file: string): boolean {
  if (mayRead(file)) return existsSync(file)
  throw new PlinthError('CANNOT_OPEN', 'Node may not look for the database file.', {
    hint: 'Allow the process to read it: --allow-fs-read=<file>.',
  })
}

/** The folder of the revisions that a database was opened with, as far as it is known. */
function folderOf({ openedFrom }: DatabaseState): string | undefined {
  try {
    return openedFrom.initMigrationsDir
  } catch {
    // What is wrong with the configuration is reported by the calls that need it.
    return undefined
  }
}

/**
 * The names of the revisions in a folder that are not among the applied ones; null if either is not
 * known.
 */
async function pendingOf(folder: string | undefined, applied: readonly string[] | null): Promise<string[] | null> {
  if (folder === undefined || !applied) return null
  const names = await readdir(folder).catch(error => (error.code === 'ENOENT' ? [] : null))
  return names?.filter(name => REVISION.test(name) && !applied.includes(name.slice(0, 14))).sort() ?? null
}

/** The folder of a revision: its version, then its name. */
const REVISION = /^\d{14}_/

/** Whether connections keep statements prepared, as far as that is known. */
function prepares(database: DatabaseState): boolean | null {
  const kept = database.client.handle.prepares()
  return kept === undefined ? null : kept === 1
}

/** The report of db.health(). */
export async function health(database: DatabaseState, options?: HealthOptions): Promise<Health> {
  const start = performance.now()
  const report = (
    status: Health['status'],
    seen: Pick<Health, 'serverVersion' | 'revision' | 'pending' | 'unfinished' | 'error' | 'code'>,
  ): Health => ({
    status,
    version,
    dialect: database.dialect,
    prepare: prepares(database),
    pool: database.pool ?? null,
    latencyMs: Math.round((performance.now() - start) * 100) / 100,
    url: database.url,
    ...seen,
  })
  const timeoutMs = options?.timeoutMs ?? DEFAULT_TIMEOUT
  let stopper: Stopper | undefined
  try {
    if (!numberAboveZero.accepts(timeoutMs)) {
      throw errorOf(wrongValue({ call: 'health()' }, 'timeoutMs', numberAboveZero, timeoutMs))
    }
    database.alive()
    database.client.verify()
    // A probe must not be what creates the database.
    if (database.file !== undefined && !isThere(database.file)) {
      throw new PlinthError('CANNOT_OPEN', 'The database file does not exist: run initDb() or plinth init.')
    }
    const stop = new Stopper({ ...NONE, timeout: timeoutMs })
    stopper = stop
    const late = new Promise<never>((_, reject) => {
      stop.on(() => reject(new PlinthError('TIMEOUT', `No answer within ${timeoutMs} ms.`)))
    })
    const { serverVersion, applied, begun } = await Promise.race([askBeside(database, stop), late])
    const folder = folderOf(database)
    const read = Promise.all([pendingOf(folder, applied), halfDone(begun, folder)])
    const [pending, unfinished] = await Promise.race([read, late])
    return report('ok', { serverVersion, revision: applied?.at(-1) ?? null, pending, unfinished })
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown.message : String(thrown)
    const code = thrown instanceof PlinthError ? thrown.code : 'INTERNAL'
    return report('down', { serverVersion: null, revision: null, pending: null, unfinished: null, error, code })
  } finally {
    stopper?.end()
  }
}
