/** backup() and restore(): a database in use copied into a file, and a file put in the place of what a database holds. */

import { resolve } from 'node:path'
import { checkOptions } from '../base/check-options.js'
import { PlinthError } from '../base/errors.js'
import { aFunction, flag, isPath, type Kind, type OptionTable, oneOf, required } from '../base/option-kinds.js'
import { native } from '../bridge/addon.js'
import type { DatabasePlace } from '../bridge/addon-types.js'
import { CONFIRM, confirmed } from '../bridge/confirm.js'
import { asked, Listener, since } from '../bridge/core-call.js'
import { LIMITS } from '../bridge/stopping.js'
import { databaseHandle } from '../handle/handles.js'
import type {
  AnySchema,
  BackupOptions,
  BackupReport,
  CopyProgress,
  RestoreOptions,
  RestoreReport,
  StatusReport,
} from '../types/index.js'
import { guardOf } from './guard.js'
import { lastingLocation, projectOf } from './project.js'
import { DATABASE, PROJECT } from './project-options.js'

const file: Kind = required({ expected: 'the path of a file', accepts: isPath })
const COPY = { timeout: LIMITS.timeout, onProgress: aFunction() }
const BACKUP: OptionTable<keyof BackupOptions> = {
  ...PROJECT,
  ...COPY,
  db: databaseHandle,
  check: oneOf(['full', 'quick']),
  file: { ...file, hint: "Name a new file: backup({ file: 'backup.db' }), plinth backup backup.db." },
}
const RESTORE: OptionTable<keyof RestoreOptions> = {
  ...DATABASE,
  ...COPY,
  ...CONFIRM,
  file: { ...file, hint: "Name a backup: restore({ file: 'backup.db' }), plinth restore --file backup.db." },
  force: flag,
}

/**
 * Copies an SQLite database into a new file, as it is at one moment, while others read and write. The file gets its name when
 * it is whole, checked and on the disk; until then it is `<file>.part`.
 *
 * Throws CANNOT_OPEN where the file exists already, or the database does not; CORRUPT if the database is damaged; DISK_FULL,
 * BUSY, TIMEOUT; QUERY_INVALID on PostgreSQL, with the line that runs `pg_dump`. After an error no file is left.
 *
 * @example
 * await backup({ file: 'backup.db' })
 * await backup({ file: 'hourly.db', check: 'quick' })
 */
export async function backup<S extends AnySchema = AnySchema>(options: BackupOptions<S>): Promise<BackupReport> {
  checkOptions({ call: 'backup()' }, BACKUP, options)
  const start = performance.now()
  const project = projectOf('backup', options)
  const { migration, handle } = lastingLocation('backup', project)
  const { check, timeout } = options
  const request = { file: resolve(project.dir, options.file), url: migration.shown, timeout, check }
  const place = { settings: migration.settings(), handle }
  const { file, bytes, pages } = await copied(options, request, place, native().backupDatabase)
  return { url: migration.shown, path: file, bytes, pages, durationMs: since(start) }
}

/**
 * Puts the content of a file in the place of what an SQLite database holds, as one transaction:
 * others keep the database open, and see what it held before or what it holds now. The previous
 * content is kept in a file beside it, whose path is in the report.
 *
 * Throws RESET_REFUSED in production without `force`; PROTECTED without the word of a protected database, which stays protected by
 * it; CANNOT_OPEN, NOT_A_DATABASE, CORRUPT if the file cannot be restored;
 * QUERY_INVALID if it does not fit into the database, and on PostgreSQL, with the line that runs `pg_restore`; DISK_FULL,
 * BUSY, TIMEOUT. After an error nothing has changed.
 *
 * @example
 * const { backup, pending } = await restore({ file: 'backup.db' })
 */
export async function restore<S extends AnySchema = AnySchema>(options: RestoreOptions<S>): Promise<RestoreReport> {
  checkOptions({ call: 'restore()' }, RESTORE, options)
  const start = performance.now()
  const project = projectOf('restore', options)
  const { migration, handle } = lastingLocation('restore', project)
  // On PostgreSQL the core refuses, with the line to type: `force` would not help.
  const asks = migration.shown.startsWith('sqlite:') && !options.force
  const guard = asks ? guardOf(options.env ?? process.env) : undefined
  if (guard) {
    throw new PlinthError('RESET_REFUSED', `A restore is refused ${guard.where}.`, {
      expected: 'force',
      found: guard.found,
      hint: 'Pass force (restore({ force: true }), plinth restore --force) to replace the content of the database.',
    })
  }
  // Before anything changes: what is wrong with the configuration must not be found out afterwards.
  const dir = project.initMigrationsDir
  const moment = new Date().toISOString().replaceAll(/\D/g, '')
  const path = resolve(project.dir, options.file)
  const request = { file: path, url: migration.shown, timeout: options.timeout, moment }
  const place = { settings: migration.settings(), handle }
  const { before, bytes, pages } = await confirmed('restore', migration.shown, options, word =>
    copied(options, { ...request, word }, place, native().restoreDatabase),
  )
  const stands = await standing(place, dir)
  return { url: migration.shown, path, backup: before, bytes, pages, ...stands, durationMs: since(start) }
}

/** The core's report of a file that it wrote or restored. */
interface Copied {
  file: string
  bytes: number
  pages: number
  before: string | null
}

async function copied(
  { onProgress }: Pick<BackupOptions, 'onProgress'>,
  request: object,
  place: DatabasePlace,
  work: (options: string, place: DatabasePlace, heard?: (json: string) => void) => Promise<string>,
): Promise<Copied> {
  const progress = new Listener<CopyProgress>(onProgress)
  const copying = asked<Copied>(() => work(JSON.stringify(request), place, progress.hear))
  const report = await copying.finally(() => progress.all())
  progress.check()
  return report
}

/**
 * The revisions of a database that was restored; null if they cannot be read: the restore is valid
 * even so.
 */
async function standing(place: DatabasePlace, dir: string | undefined) {
  try {
    const { current, pending } = await asked<StatusReport>(() => native().status(JSON.stringify({ dir }), place))
    const names = pending.map(({ version, name }) => `${version}_${name}`)
    return { revision: current, pending: dir === undefined ? null : names }
  } catch {
    return { revision: null, pending: null }
  }
}
