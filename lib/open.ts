/** open(), initDb() and resetDb(): from options and configuration to a database. */

import { isSchema } from './builder.js'
import { Client } from './client.js'
import { findConfig, loadConfig, loadSeeds, readConfig, type Seed } from './config.js'
import { Core } from './core.js'
import { coreOf, databaseOf } from './database.js'
import { ConfigError, PlinthError, rethrown } from './errors.js'
import { metaOf } from './meta.js'
import { native } from './native.js'
import type { Handle } from './native-types.js'
import { plainOptions } from './options.js'
import { runSeeds } from './seeds.js'
import { type Databases, type Located, locate } from './settings.js'
import type {
  AnySchema,
  Db,
  InitOptions,
  InitReport,
  OpenOptions,
  ResetOptions,
  ResetReport,
  SchemaJson,
} from './types/index.js'
import { shown } from './values.js'

const OPEN = ['models', 'url', 'env', 'cwd', 'durability', 'pool', 'prepare']
const INIT = [...OPEN, 'seed', 'db']

/** Which database, with which models, and the seeds that the configuration names. */
interface Source extends Databases {
  readonly schema: string
  readonly json: SchemaJson
  seeds(): Seed[]
}

function sourceOf(call: string, options: InitOptions<any>): Source {
  const cwd = options.cwd ?? process.cwd()
  const given = options.models
  const config = given === undefined ? loadConfig(cwd) : undefined
  const json = jsonOf(call, given ?? config?.models)
  const schema = JSON.stringify(json)
  try {
    native().checkSchema(schema)
  } catch (thrown) {
    throw rethrown(thrown)
  }
  return { ...locate(call, { ...options, cwd }), schema, json, seeds: () => seedsOf(options, cwd) }
}

function jsonOf(call: string, models: unknown): SchemaJson {
  if (isSchema(models)) return models.toJSON()
  if (typeof models === 'object' && models !== null && Array.isArray((models as SchemaJson).models))
    return models as SchemaJson
  throw new ConfigError(
    'CONFIG_INVALID',
    `${call}() expected models to be what schema() gives, found ${shown(models)}.`,
    {
      hint: 'Pass schema({ ... }), or the JSON that `plinth schema` prints.',
    },
  )
}

function seedsOf(options: InitOptions<any>, cwd: string): Seed[] {
  if (options.seed === false) return []
  if (options.seed !== undefined) return loadSeeds(options.seed as object, cwd)
  // Models given by hand have nothing to do with the seeds of a configuration.
  if (options.models !== undefined || options.db !== undefined) return []
  const path = findConfig(cwd)
  const config = path === undefined ? undefined : readConfig(path)
  return config?.seed === undefined ? [] : loadSeeds(config.seed, config.dir)
}

/**
 * Opens a database. Returns at once: it connects with its first call.
 *
 * Without options the models come from the `plinth` key of package.json or from plinth.config.*, the URL from
 * DATABASE_URL, .env or the configuration; else it is `sqlite:///./app.db`.
 *
 * Throws SCHEMA_INVALID, CONFIG_NOT_FOUND, CONFIG_INVALID, URL_INVALID.
 */
export function open<S extends AnySchema = AnySchema>(options: OpenOptions<S> = {}): Db<S> {
  plainOptions('open', options, OPEN)
  const source = sourceOf('open', options)
  return openSource<S>(source, source.database)
}

function openSource<S extends AnySchema>(source: Source, database: Located): Db<S> {
  const client = new Client(source.schema, database.settings())
  return databaseOf<S>(new Core(client, metaOf(source.json), database, source))
}

/** What init and reset work on: `place`, or the open database of `handle`, which is the same place. */
interface Target {
  readonly source: Source
  readonly place: Located
  readonly handle: Handle | undefined
}

function target(call: string, options: InitOptions<any>): Target {
  if (options.db === undefined) {
    const source = sourceOf(call, options)
    if (source.database.shown === 'sqlite::memory:') {
      throw new PlinthError(
        'QUERY_INVALID',
        `${call}() would make a database in memory that is gone when it returns.`,
        {
          hint: `Open it first, and pass the handle: const db = open({ url: 'sqlite::memory:' }); await ${call}({ db }).`,
        },
      )
    }
    return { source, place: source.migration(), handle: undefined }
  }
  if (options.models !== undefined || options.url !== undefined) {
    throw new PlinthError('QUERY_INVALID', `${call}() takes either db, or models and url.`)
  }
  const core = coreOf(options.db)
  // From inside a transaction it would wait for its end, and after close() it would make another database.
  core.guard()
  const cwd = options.cwd ?? process.cwd()
  const source = { ...(core.source as Source), seeds: () => seedsOf(options, cwd) }
  const place = source.migration()
  return { source, place, handle: place === source.database ? core.client.handle : undefined }
}

/**
 * Creates what is missing, in one transaction, and runs the seeds that have not run. Safe to run at every start, and by
 * several processes at once; a second run changes nothing and says so.
 *
 * Throws what open() throws, and what the database says: CANNOT_OPEN, NOT_A_DATABASE, READ_ONLY, DISK_FULL, ...
 */
export async function initDb<S extends AnySchema = AnySchema>(options: InitOptions<S> = {}): Promise<InitReport> {
  plainOptions('initDb', options, INIT)
  const work = target('initDb', options)
  const start = performance.now()
  const seeds = work.source.seeds()
  const made = await asked<CoreInit>(() =>
    native().initDatabase(work.source.schema, work.place.settings(), work.handle),
  )
  return initReport(work, made, seeds, options.db, start)
}

type CoreInit = Pick<InitReport, 'dialect' | 'created' | 'existing' | 'pending'>

async function initReport(
  work: Target,
  made: CoreInit,
  seeds: Seed[],
  db: Db<any> | undefined,
  start: number,
): Promise<InitReport> {
  const ran = seeds.length > 0 ? await seeded(work, seeds, db) : { seeded: [], alreadySeeded: [] }
  return { url: work.place.shown, ...made, ...ran, durationMs: since(start) }
}

async function seeded({ source, place }: Target, seeds: Seed[], db: Db<any> | undefined) {
  if (db) return runSeeds(db, seeds)
  const own = openSource<any>(source, place)
  try {
    return await runSeeds(own, seeds)
  } finally {
    await own.close()
  }
}

/**
 * Drops every table, view and trigger, whoever made them, and creates the models' tables, in one transaction: when it fails
 * half-way nothing has changed. Then runs the seeds.
 *
 * Refused with RESET_REFUSED without `force` in production (`NODE_ENV=production`) and where the database is on another
 * machine; the error says what it would have destroyed.
 */
export async function resetDb<S extends AnySchema = AnySchema>(options: ResetOptions<S> = {}): Promise<ResetReport> {
  plainOptions('resetDb', options, [...INIT, 'force'])
  const work = target('resetDb', options)
  const env = options.env ?? process.env
  if (options.force !== true) {
    if (env.NODE_ENV === 'production') throw await refusal(work, 'in production', 'NODE_ENV=production')
    if (work.place.remote || work.source.database.remote) {
      throw await refusal(work, `where the database is on another machine (${work.place.shown})`, 'another machine')
    }
  }
  const start = performance.now()
  // Before anything is dropped: seeds that cannot be loaded must not be found out afterwards.
  const seeds = work.source.seeds()
  const { init, ...rest } = await asked<Omit<ResetReport, 'init'> & { init: CoreInit }>(() =>
    native().resetDatabase(work.source.schema, work.place.settings(), work.handle),
  )
  const report = await initReport(work, init, seeds, options.db, start)
  return { ...rest, url: work.place.shown, init: report, durationMs: since(start) }
}

async function refusal({ place, handle }: Target, where: string, found: string): Promise<PlinthError> {
  const survey = await asked<ResetReport['dropped']>(() => native().surveyDatabase(place.settings(), handle))
  const lost = destroyed(survey.tables)
  return new PlinthError('RESET_REFUSED', `A reset is refused ${where}. ${lost}`, {
    expected: 'force',
    found,
    hint: 'Say force (resetDb({ force: true }), plinth reset --force) if this database is to be emptied.',
  })
}

/** Tables with rows by name; those without are only counted, unless there are no others. */
function destroyed(tables: ResetReport['dropped']['tables']): string {
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

async function asked<T>(work: () => Promise<string>): Promise<T> {
  try {
    return JSON.parse(await work()) as T
  } catch (thrown) {
    throw rethrown(thrown)
  }
}

const since = (start: number) => Math.round((performance.now() - start) * 10) / 10
