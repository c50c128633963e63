/** open(), initDb() and resetDb(): from options and configuration to a database. */

import { isSchema } from './builder.js'
import { Client } from './client.js'
import { findConfig, loadConfig, loadSeeds, readConfig, resolveUrl, type Seed } from './config.js'
import { Core } from './core.js'
import { coreOf, databaseOf } from './database.js'
import { ConfigError, PlinthError, rethrown } from './errors.js'
import { metaOf } from './meta.js'
import { native } from './native.js'
import type { Handle } from './native-types.js'
import { plainOptions } from './options.js'
import { runSeeds } from './seeds.js'
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

const OPEN = ['models', 'url', 'env', 'cwd', 'durability']
const INIT = [...OPEN, 'seed', 'db']

/** Which database, with which models, and the seeds that the configuration names. */
interface Source {
  readonly schema: string
  readonly json: SchemaJson
  readonly url: string
  readonly base: string
  readonly shown: string
  seeds(): Seed[]
}

function sourceOf(call: string, options: InitOptions<any>): Source {
  const cwd = options.cwd ?? process.cwd()
  const given = options.models
  const config = given === undefined ? loadConfig(cwd) : undefined
  const models = given ?? config?.models
  const json = jsonOf(call, models)
  const schema = JSON.stringify(json)
  const { url, base } = resolveUrl({ url: options.url, env: options.env, cwd } as Parameters<typeof resolveUrl>[0])
  try {
    native().checkSchema(schema)
    return { schema, json, url, base, shown: native().shownUrl(url, base), seeds: () => seedsOf(options, cwd) }
  } catch (thrown) {
    throw rethrown(thrown)
  }
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
  const { durability = 'full' } = options
  if (durability !== 'full' && durability !== 'normal') {
    throw new PlinthError('QUERY_INVALID', `open(): durability must be 'full' or 'normal', found ${shown(durability)}.`)
  }
  return openSource<S>(sourceOf('open', options), durability)
}

function openSource<S extends AnySchema>(source: Source, durability: string): Db<S> {
  const client = new Client(source.schema, source.url, source.base, durability)
  return databaseOf<S>(new Core(client, metaOf(source.json), source.shown, source))
}

/** The source and handle of a call that may be given an open database. */
function target(call: string, options: InitOptions<any>): { source: Source; handle: Handle | undefined } {
  if (options.db === undefined) {
    const source = sourceOf(call, options)
    if (source.shown === 'sqlite::memory:') {
      throw new PlinthError(
        'QUERY_INVALID',
        `${call}() would make a database in memory that is gone when it returns.`,
        {
          hint: `Open it first, and pass the handle: const db = open({ url: 'sqlite::memory:' }); await ${call}({ db }).`,
        },
      )
    }
    return { source, handle: undefined }
  }
  if (options.models !== undefined || options.url !== undefined) {
    throw new PlinthError('QUERY_INVALID', `${call}() takes either db, or models and url.`)
  }
  const core = coreOf(options.db)
  // From inside a transaction it would wait for its end, and after close() it would make another database.
  core.guard()
  const cwd = options.cwd ?? process.cwd()
  return { source: { ...(core.source as Source), seeds: () => seedsOf(options, cwd) }, handle: core.client.handle }
}

/**
 * Creates what is missing, in one transaction, and runs the seeds that have not run. Safe to run at every start, and by
 * several processes at once; a second run changes nothing and says so.
 *
 * Throws what open() throws, and what the database says: CANNOT_OPEN, NOT_A_DATABASE, READ_ONLY, DISK_FULL, ...
 */
export async function initDb<S extends AnySchema = AnySchema>(options: InitOptions<S> = {}): Promise<InitReport> {
  plainOptions('initDb', options, INIT)
  const { source, handle } = target('initDb', options)
  const start = performance.now()
  const seeds = source.seeds()
  const made = await asked<CoreInit>(() => native().initDatabase(source.schema, source.url, source.base, handle))
  return initReport(source, made, seeds, options.db, start)
}

type CoreInit = Pick<InitReport, 'dialect' | 'created' | 'existing' | 'pending'>

async function initReport(
  source: Source,
  made: CoreInit,
  seeds: Seed[],
  db: Db<any> | undefined,
  start: number,
): Promise<InitReport> {
  const ran = seeds.length > 0 ? await seeded(source, seeds, db) : { seeded: [], alreadySeeded: [] }
  return { url: source.shown, ...made, ...ran, durationMs: since(start) }
}

async function seeded(source: Source, seeds: Seed[], db: Db<any> | undefined) {
  if (db) return runSeeds(db, seeds)
  const own = openSource<any>(source, 'full')
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
 * Refused with RESET_REFUSED in production (`NODE_ENV=production`) without `force`; the error says what it would have destroyed.
 */
export async function resetDb<S extends AnySchema = AnySchema>(options: ResetOptions<S> = {}): Promise<ResetReport> {
  plainOptions('resetDb', options, [...INIT, 'force'])
  const { source, handle } = target('resetDb', options)
  const env = options.env ?? process.env
  if (env.NODE_ENV === 'production' && options.force !== true) throw await refusal(source, handle)
  const start = performance.now()
  // Before anything is dropped: seeds that cannot be loaded must not be found out afterwards.
  const seeds = source.seeds()
  const { init, ...rest } = await asked<Omit<ResetReport, 'init'> & { init: CoreInit }>(() =>
    native().resetDatabase(source.schema, source.url, source.base, handle),
  )
  const report = await initReport(source, init, seeds, options.db, start)
  return { ...rest, url: source.shown, init: report, durationMs: since(start) }
}

async function refusal(source: Source, handle: Handle | undefined): Promise<PlinthError> {
  const survey = await asked<ResetReport['dropped']>(() => native().surveyDatabase(source.url, source.base, handle))
  const lost = destroyed(survey.tables)
  return new PlinthError('RESET_REFUSED', `A reset is refused in production. ${lost}`, {
    expected: 'force',
    found: 'NODE_ENV=production',
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
