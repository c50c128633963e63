/** open(), initDb() and resetDb(): from options and configuration to a database. */

import { checkOptions } from '../base/check-options.js'
import { PlinthError } from '../base/errors.js'
import { anObject, anything, flag, type OptionTable, oneOf } from '../base/option-kinds.js'
import { waitText } from '../base/terminal.js'
import { whoami } from '../base/user.js'
import { native } from '../bridge/addon.js'
import type { Handle } from '../bridge/addon-types.js'
import { Client } from '../bridge/client.js'
import { CONFIRM, confirmed } from '../bridge/confirm.js'
import { asked, Listener, since } from '../bridge/core-call.js'
import { databaseHandle, dbOf } from '../handle/handles.js'
import { hooksOf } from '../handle/hook-options.js'
import { metaOf } from '../models/metadata.js'
import { IdleTransactions } from '../observe/idle-transactions.js'
import { LOG, type Log, logOf } from '../observe/logger.js'
import { LostUpdates } from '../observe/lost-updates.js'
import { NPlusOne } from '../observe/n-plus-one.js'
import { StatementObserver } from '../observe/statements.js'
import type {
  AnySchema,
  Db,
  InitOptions,
  InitReport,
  OpenOptions,
  ResetOptions,
  ResetReport,
  SurveyOptions,
  SurveyReport,
  Wait,
} from '../types/index.js'
import { DatabaseState } from '../unit/database-state.js'
import { ISOLATION } from '../unit/transaction-options.js'
import type { Seed } from './config.js'
import { type Guard, guardOf } from './guard.js'
import { KEEP } from './keep.js'
import { CONNECTION, type Located } from './location.js'
import { migrationsOrFalse } from './migration-settings.js'
import { lastingLocation, Project, projectOf } from './project.js'
import { ONLINE, PROJECT, WAITS } from './project-options.js'
import { runSeeds, type Seeded } from './seeds.js'

/** The options of `open`. */
export const OPEN: OptionTable<keyof Omit<OpenOptions, 'hooks'>> = { ...PROJECT, ...CONNECTION, ...ISOLATION, log: LOG }
/** The hooks are checked where the models are known. */
const OPEN_WITH_HOOKS: OptionTable<keyof OpenOptions> = { ...OPEN, hooks: anObject('an object of hooks by model') }
/** `seed` is checked where it is read. */
const INIT: OptionTable<keyof InitOptions> = {
  ...OPEN,
  ...WAITS,
  ...KEEP,
  ...ONLINE,
  ...CONFIRM,
  seed: anything,
  db: databaseHandle,
  repair: oneOf(['safe', 'off']),
  migrations: migrationsOrFalse,
}
const { online: _, ...OF_BOTH } = INIT
const RESET: OptionTable<keyof ResetOptions> = { ...OF_BOTH, force: flag }
const SURVEY: OptionTable<keyof SurveyOptions> = { ...PROJECT, db: databaseHandle }

/**
 * Opens a database. Returns at once: it connects with its first call.
 *
 * Without options the models come from the `plinth` key of package.json or from plinth.config.*, the URL from
 * DATABASE_URL, .env or the configuration; else it is `sqlite:///./app.db`, except with NODE_ENV=production.
 *
 * Throws SCHEMA_INVALID, CONFIG_NOT_FOUND, CONFIG_INVALID, URL_INVALID.
 * @example
 * const db = open({ models, url: 'sqlite:///./app.db' })
 */
export function open<S extends AnySchema = AnySchema>(options: OpenOptions<S> = {}): Db<S> {
  checkOptions({ call: 'open()' }, OPEN_WITH_HOOKS, options)
  const log = logOf(options)
  return openProject<S>(new Project('open', options), 'database', log, options.hooks)
}

function openProject<S extends AnySchema>(
  project: Project,
  place: 'database' | 'migration',
  log: Log,
  hooks?: object,
): Db<S> {
  const { schema } = project
  const database = project.location[place]
  const models = metaOf(project.models)
  const afterCommit = hooksOf(hooks, models)
  const client = new Client(schema, database.settings(), new StatementObserver(database.dialect, models, log))
  const repeats = log.nPlusOne === undefined ? undefined : new NPlusOne(log.nPlusOne, project.models)
  const idles = log.idleMs === undefined ? undefined : new IdleTransactions(log.idleMs)
  const losses = log.lostUpdates ? new LostUpdates() : undefined
  const watchers = { repeats, idles, losses, afterCommit }
  return dbOf<S>(new DatabaseState(client, models, database, project, watchers))
}

/**
 * Applies the pending revisions (unless ENABLE_AUTO_MIGRATION is false), creates what is missing, and runs the seeds that have
 * not run. Safe at every start, and in several processes at once: one works, the others wait, see `timeout` and `onWait`. A
 * second run changes nothing and reports that.
 *
 * Then repairs the differences that can be repaired without losing data or reading a large table, unless `repair` or
 * AUTO_SCHEMA_REPAIR is `off`.
 *
 * A database that has tables but no revisions yet is adopted: missing objects are added, and the revisions count as applied. If
 * more than that differs, ADOPTION_REFUSED lists it.
 *
 * A protected database keeps the rows that revisions destroy, and needs no word for that. With `keep: false` it needs the word,
 * from `confirm`.
 *
 * Throws the errors of open() and upgrade(), and those of the database: CANNOT_OPEN, NOT_A_DATABASE, READ_ONLY, ...
 * @example
 * const { migrated, created } = await initDb({ models, url })
 */
export async function initDb<S extends AnySchema = AnySchema>(options: InitOptions<S> = {}): Promise<InitReport> {
  checkOptions({ call: 'initDb()' }, INIT, options)
  const log = logOf(options)
  const project = projectOf('initDb', options)
  const { schema } = project
  const { database, migration: place, handle } = lastingLocation('initDb', project)
  const start = performance.now()
  const { seeds } = project
  const isGuarded = guardOf(options.env ?? process.env, place, database) !== undefined
  const request = requestOf(project, options, isGuarded)
  const init = (word?: string) =>
    waiting(options, heard =>
      asked<CoreInit>(() =>
        native().initDatabase(
          schema,
          { settings: place.settings(), handle },
          JSON.stringify({ ...request, word }),
          heard,
        ),
      ),
    )
  const made = await confirmed('initDb', place.shown, options, init)
  const seeding = await seeded(project, seeds, options.db, log)
  return { url: place.shown, ...withSeeds(made, seeding), durationMs: since(start) }
}

type CoreInit = Pick<
  InitReport,
  | 'dialect'
  | 'migrated'
  | 'adopted'
  | 'ahead'
  | 'repaired'
  | 'kept'
  | 'drift'
  | 'driftUnknown'
  | 'created'
  | 'existing'
  | 'pending'
>

/**
 * Which revisions init and reset apply, in whose name, how long they wait for others, what is kept, and what init repairs.
 * `isGuarded`: in production and on another machine no start takes anything away.
 */
function requestOf(project: Project, options: InitOptions<any>, isGuarded = true): object {
  const { initMigrationsDir: dir, autoMigration: auto } = project
  const repair = options.repair === undefined ? project.autoRepair : options.repair === 'safe'
  const destructive = !isGuarded && project.autoDestructive
  const { timeout, online } = options
  return {
    dir,
    auto,
    repair,
    destructive,
    by: whoami(),
    timeout,
    online,
    ...project.locks,
    ...project.keepingOf(options),
  }
}

/** Does work that may wait for others: `onWait` hears of it, and so do the lines of `log`. */
async function waiting<T>({ log, onWait }: InitOptions<any>, work: (heard?: (json: string) => void) => Promise<T>) {
  const writes = log === true || (typeof log === 'object' && log.to === undefined)
  const heard = (wait: Wait) => {
    if (writes) console.error(waitText(wait))
    onWait?.(wait)
  }
  const listener = new Listener(writes || onWait ? heard : undefined)
  const result = await work(listener.hear).finally(() => listener.all())
  listener.check()
  return result
}

/** A report with what became of the seeds: those that wait are pending, too. */
const withSeeds = (made: CoreInit, { pending, ...ran }: Seeded) => ({
  ...made,
  ...ran,
  pending: [...made.pending, ...pending],
})

async function seeded(project: Project, seeds: readonly Seed[], db: Db<any> | undefined, log: Log): Promise<Seeded> {
  if (seeds.length === 0) return { seeded: [], alreadySeeded: [], pending: [] }
  if (db) return runSeeds(db, seeds)
  const own = openProject<any>(project, 'migration', log)
  try {
    return await runSeeds(own, seeds)
  } finally {
    await own.close()
  }
}

/**
 * Drops every table, view and trigger, including those of others, and creates the models' tables,
 * in one transaction: when it fails half-way nothing has changed. Then runs the seeds. With `keep`,
 * in production and on another machine what it destroys is kept before: in tables (see kept()), on
 * SQLite in a copy beside the file.
 *
 * Refused with RESET_REFUSED without `force` in production (`NODE_ENV=production`) and where the database is on another
 * machine; the error says what it would have destroyed. KEEP_REFUSED where that is too much to be kept. Refused with PROTECTED
 * where the database is protected and `confirm` does not give the word, whatever `force` says; a reset keeps the protection.
 * @example
 * const { dropped } = await resetDb({ models, url, keep: false })
 */
export async function resetDb<S extends AnySchema = AnySchema>(options: ResetOptions<S> = {}): Promise<ResetReport> {
  checkOptions({ call: 'resetDb()' }, RESET, options)
  const log = logOf(options)
  const project = projectOf('resetDb', options)
  const { schema } = project
  const { database, migration: place, handle } = lastingLocation('resetDb', project)
  const env = options.env ?? process.env
  const guard = options.force ? undefined : guardOf(env, place, database)
  if (guard) throw await refusal(place, handle, guard)
  const start = performance.now()
  // Before anything is dropped: seeds that cannot be loaded must not be found out afterwards.
  const { seeds } = project
  const request = requestOf(project, options)
  const reset = (word?: string) =>
    waiting(options, heard =>
      asked<Omit<ResetReport, 'init'> & { init: CoreInit }>(() =>
        native().resetDatabase(
          schema,
          { settings: place.settings(), handle },
          JSON.stringify({ ...request, word }),
          heard,
        ),
      ),
    )
  const { init, ...rest } = await confirmed('resetDb', place.shown, options, reset)
  const url = place.shown
  const seeding = await seeded(project, seeds, options.db, log)
  const durationMs = since(start)
  return { ...rest, url, init: { url, ...withSeeds(init, seeding), durationMs }, durationMs }
}

/**
 * The objects that resetDb() would destroy: tables with their rows, views, and how much room they
 * take. Changes nothing.
 * @example
 * const { tables } = await surveyDb({ models, url })
 */
export async function surveyDb<S extends AnySchema = AnySchema>(options: SurveyOptions<S> = {}): Promise<SurveyReport> {
  checkOptions({ call: 'surveyDb()' }, SURVEY, options)
  const { migration: place, handle } = lastingLocation('surveyDb', projectOf('surveyDb', options))
  const { shown: url, name, dialect } = place
  const { others = [], bytes = 0, ...found } = await surveyed(place, handle)
  return { url, name, dialect, ...found, others, bytes }
}

const surveyed = (place: Located, handle: Handle | undefined) =>
  asked<ResetReport['dropped'] & { bytes?: number }>(() =>
    native().surveyDatabase({ settings: place.settings(), handle }),
  )

async function refusal(place: Located, handle: Handle | undefined, { where, found }: Guard): Promise<PlinthError> {
  const survey = await surveyed(place, handle)
  const lost = destroyed(survey.tables)
  return new PlinthError('RESET_REFUSED', `A reset is refused ${where}. ${lost}`, {
    expected: 'force',
    found,
    hint: 'Pass force (resetDb({ force: true }), plinth reset --force) to empty this database.',
  })
}

/** Tables with rows by name; those without are only counted, unless there are no others. Plinth's own are left out. */
function destroyed(found: ResetReport['dropped']['tables']): string {
  const tables = found.filter(({ name }) => !/^(plinth_|__diesel_)/i.test(name))
  if (tables.length === 0) return 'There are no tables to destroy.'
  const full = tables.filter(t => t.rows !== 0)
  const rows = full.map(t => `${t.name} (${t.rows === null ? 'rows unknown' : several(t.rows, 'row')})`)
  const empty = tables.filter(t => t.rows === 0).map(t => t.name)
  if (full.length > 0 && empty.length > 3) rows.push(`and ${empty.length} empty tables`)
  else rows.push(...empty.map(name => `${name} (empty)`))
  const sum = full.reduce((sum, t) => sum + (t.rows ?? 0), 0)
  return `It would have destroyed ${several(tables.length, 'table')} with ${several(sum, 'row')}: ${rows.join(', ')}.`
}

const several = (n: number, one: string) => `${n} ${n === 1 ? one : `${one}s`}`
