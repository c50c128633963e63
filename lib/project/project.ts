/** From options and configuration to models, the database, the folder of the revisions, and the seeds. Opens and changes nothing. */

import { resolve } from 'node:path'
import { ConfigError, PlinthError, rethrown, SchemaError } from '../base/errors.js'
import { shown } from '../base/shown.js'
import { native } from '../bridge/addon.js'
import type { Handle } from '../bridge/addon-types.js'
import { isPath } from '../bridge/check-options.js'
import { RESERVED_NAMES } from '../handle/calls.js'
import { databaseOf } from '../handle/handles.js'
import { isSchema } from '../models/schema-builder.js'
import type { Dialect, InitOptions, OpenOptions, SchemaJson } from '../types/index.js'
import { environments, findConfig, loadConfig, loadSeeds, readConfig, type Seed, variable } from './config.js'
import { type Databases, type Located, locate } from './location.js'

/** Which database, with which models, and what the configuration says of seeds and revisions. */
export interface Project extends Databases {
  readonly schema: string
  readonly json: SchemaJson
  seeds(): Seed[]
  /** The folder of the revisions that init brings the database to; undefined for none. */
  migrations(): string | undefined
}

/** Finds what the options do not give, and has the core check the models. */
export function projectOf(call: string, options: InitOptions<any>): Project {
  const cwd = options.cwd ?? process.cwd()
  const given = options.models
  const config = given === undefined ? loadConfig(cwd) : undefined
  const json = jsonOf(call, given === undefined ? config?.models : given)
  const databases = locate(call, { ...options, cwd })
  return {
    ...databases,
    schema: checked(json, [databases.database.dialect, ...(config?.dialects ?? [])]),
    json,
    seeds: () => seedsOf(options, cwd),
    migrations: () => migrationsOf(call, options, cwd),
  }
}

/** Models as the core takes them, checked for these databases. Throws SCHEMA_INVALID. */
export function checked(json: SchemaJson, dialects: readonly Dialect[]): string {
  const schema = written(json)
  const reserved = JSON.stringify({ models: RESERVED_NAMES, dialects: [...new Set(dialects)] })
  try {
    native().checkSchema(schema, reserved)
  } catch (thrown) {
    throw rethrown(thrown)
  }
  return schema
}

/** JSON.stringify() writes the half of a surrogate pair, and nothing else, as an escape of this form. */
const HALF_PAIR = /(?:^|[^\\])(?:\\\\)*\\ud[89a-f]/

function written(json: SchemaJson): string {
  let schema: string
  try {
    schema = JSON.stringify(json)
  } catch (cause) {
    throw new ConfigError('CONFIG_INVALID', `The models cannot be written as JSON: ${(cause as Error).message}`, {
      cause,
    })
  }
  if (!HALF_PAIR.test(schema)) return schema
  const model = json.models.find(one => HALF_PAIR.test(JSON.stringify(one)))
  const column = model?.columns?.find(one => HALF_PAIR.test(JSON.stringify(one)))
  const place = [model?.model, column?.property].filter(name => name !== undefined).join('.')
  throw new SchemaError(`${place.toWellFormed()}: a name or a text has half of a surrogate pair.`, {
    ...(model && { table: model.table }),
    hint: 'Clean it with String.prototype.toWellFormed().',
  })
}

/** The JSON of models, whichever way they were given. */
export function jsonOf(call: string, models: unknown): SchemaJson {
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

function migrationsOf(call: string, options: InitOptions<any>, cwd: string): string | undefined {
  if (options.migrations === false) return undefined
  // Models by hand on the project's database are the project's; on a database by hand they have nothing to do with it.
  const byHand = options.url !== undefined || options.env !== undefined
  if (options.migrations === undefined && options.models !== undefined && byHand) return undefined
  return migrationsDir(call, options, cwd)
}

/** The folder of the revisions: the option, else what the configuration says; undefined where there is neither. */
export function migrationsDir(call: string, options: { migrations?: unknown }, cwd: string): string | undefined {
  const given = options.migrations
  if (given !== undefined) {
    if (isPath(given)) return resolve(cwd, given)
    throw new PlinthError('QUERY_INVALID', `${call}(): migrations must be the path of a folder, found ${shown(given)}.`)
  }
  const path = findConfig(cwd)
  if (path === undefined) return undefined
  const { dir, migrations = './migrations' } = readConfig(path)
  return resolve(dir, migrations)
}

const YES = ['true', '1', 'yes']
const NO = ['false', '0', 'no']

/** Whether init applies revisions: ENABLE_AUTO_MIGRATION, true without it. */
export function autoMigration(options: Pick<OpenOptions, 'env' | 'cwd'>): boolean {
  for (const { env } of environments({ env: options.env, cwd: options.cwd })) {
    const value = variable(env, 'ENABLE_AUTO_MIGRATION')?.toLowerCase()
    if (value === undefined) continue
    if (YES.includes(value)) return true
    if (NO.includes(value)) return false
    throw new ConfigError('CONFIG_INVALID', `ENABLE_AUTO_MIGRATION is neither true nor false: ${shown(value)}.`, {
      expected: 'true or false (also 1 or 0, yes or no)',
      found: value,
    })
  }
  return true
}

/** A database to work on: `place`, or the open one of `handle`, which is the same place. */
export interface Place {
  readonly place: Located
  readonly handle: Handle | undefined
}

/** What init, reset and migrations work on. */
export interface Target extends Place {
  readonly project: Project
}

/** The database of an open handle, or the one that options and configuration name. */
export function target(call: string, options: InitOptions<any>): Target {
  if (options.db !== undefined) {
    if (options.models !== undefined || options.url !== undefined) throw either(call)
    const cwd = options.cwd ?? process.cwd()
    const opened = openedBy(options.db)
    const project = {
      ...opened.project,
      seeds: () => seedsOf(options, cwd),
      migrations: () =>
        options.migrations === undefined ? opened.project.migrations() : migrationsOf(call, options, cwd),
    }
    return { ...opened, project }
  }
  const project = projectOf(call, options)
  if (project.database.shown === 'sqlite::memory:') throw gone(call)
  return { project, place: project.migration(), handle: undefined }
}

/** The place of an open database, and what it was opened with. */
export function openedBy(db: object): Target {
  const database = databaseOf(db)
  // From inside a transaction it would wait for its end, and after close() it would make another database.
  database.guard()
  const project = database.openedFrom as Project
  const place = project.migration()
  return { project, place, handle: place === project.database ? database.client.handle : undefined }
}

/** An error for a call that is given a database twice. */
export function either(call: string): PlinthError {
  return new PlinthError('QUERY_INVALID', `${call}() takes either db, or models and url.`)
}

/** An error for a call that would work on a database in memory of its own. */
export function gone(call: string): PlinthError {
  return new PlinthError('QUERY_INVALID', `${call}() would make a database in memory that is gone when it returns.`, {
    hint: `Open it first, and pass the handle: const db = open({ url: 'sqlite::memory:' }); await ${call}({ db }).`,
  })
}

/** What the core answers, from its JSON; its errors as ours. */
export async function asked<T>(work: () => Promise<string>): Promise<T> {
  try {
    return JSON.parse(await work()) as T
  } catch (thrown) {
    throw rethrown(thrown)
  }
}

/** Milliseconds since a `performance.now()`. */
export const since = (start: number) => Math.round((performance.now() - start) * 10) / 10
