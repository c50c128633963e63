/** Where models, seeds and the URL come from: the `plinth` key of package.json or plinth.config.*, .env, DATABASE_URL. */

import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ConfigError } from '../base/errors.js'
import { isRunnable } from '../base/functions.js'
import { shown } from '../base/shown.js'
import { isPath, isText } from '../bridge/check-options.js'
import { isSchema } from '../models/schema-builder.js'
import type { AnySchema, Dialect, SchemaJson, SeedRun } from '../types/index.js'
import { readDotenv } from './dotenv.js'
import { defaultExport, loadModule, shownPath } from './load-module.js'

/** A configuration as it is written. Paths are relative to the file that holds it. */
export interface Config {
  /** The file that holds it. */
  readonly path: string
  /** Its folder. */
  readonly dir: string
  /** The path of the models' file, or the schema itself. */
  readonly models?: string | AnySchema | SchemaJson
  /** The path of the seeds' file, or the seeds themselves. */
  readonly seed?: string | object
  /** The database's URL. */
  readonly url?: string
  /** The folder of the revisions. */
  readonly migrations?: string
  /** The databases that revisions are written for. */
  readonly dialects?: readonly Dialect[]
  /** The path of the text that heads the SQL of revisions. */
  readonly template?: string
}

/** A configuration whose models are loaded. */
export interface LoadedConfig extends Config {
  readonly models: AnySchema | SchemaJson
}

/** One seed of the configuration. */
export interface Seed {
  readonly name: string
  readonly run: SeedRun<any>
}

/** A URL, and the folder that its relative path starts from. */
export interface ResolvedUrl {
  readonly url: string
  readonly base: string
  /** Where it came from, for reports. */
  readonly source: 'option' | 'DATABASE_URL' | '.env' | 'config' | 'default'
}

/** The database where nobody names one. */
const DEFAULT_URL = 'sqlite:///./app.db'
const CONFIG_FILES = ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs', 'json'].map(extension => `plinth.config.${extension}`)
const KEYS = ['models', 'seed', 'url', 'migrations', 'dialects', 'template']
const DIALECTS = ['sqlite', 'postgres']
const EXAMPLE = '"plinth": { "models": "./models.ts" }'

/**
 * The nearest configuration from a folder upward: a package.json with the key `plinth`, or plinth.config.*.
 *
 * @returns the path of the file, or undefined where there is none
 */
export function findConfig(cwd: string = process.cwd()): string | undefined {
  for (let dir = resolve(cwd); ; dir = dirname(dir)) {
    const files = CONFIG_FILES.map(name => join(dir, name)).filter(file => existsSync(file))
    const manifest = join(dir, 'package.json')
    if (existsSync(manifest) && readManifest(manifest) !== undefined) files.push(manifest)
    if (files.length > 1) {
      throw new ConfigError('CONFIG_INVALID', `There are two configurations: ${files.map(shownPath).join(' and ')}.`, {
        hint: 'Keep one of them.',
      })
    }
    if (files[0] !== undefined) return files[0]
    if (dirname(dir) === dir) return undefined
  }
}

/** Reads a configuration; does not load what it names. */
export function readConfig(path: string): Config {
  const isManifest = /[\\/]package\.json$/.test(path)
  const value = isManifest ? readManifest(path) : defaultExport(loadModule(path))
  const where = isManifest ? `The key "plinth" of ${shownPath(path)}` : shownPath(path)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`${where} is not an object.`, `Write ${EXAMPLE}.`)
  }
  const unknown = Object.keys(value).filter(key => !KEYS.includes(key))
  if (unknown.length > 0)
    throw invalid(`${where} has an unknown key: ${unknown.join(', ')}.`, `It may have ${KEYS.join(', ')}.`)
  const { models, seed, url, migrations, dialects, template } = value as Record<string, unknown>
  if (models !== undefined && typeof models !== 'string' && !isModels(models)) {
    throw invalid(`${where}: models is neither a path nor a schema.`, `Write ${EXAMPLE}.`)
  }
  if (seed !== undefined && typeof seed !== 'string' && (typeof seed !== 'object' || seed === null)) {
    throw invalid(`${where}: seed is neither a path nor an object of functions.`, 'Write "seed": "./seed.ts".')
  }
  if (url !== undefined && !isText(url)) throw invalid(`${where}: url is not a text.`, `Write "url": "${DEFAULT_URL}".`)
  if (migrations !== undefined && !isPath(migrations))
    throw invalid(`${where}: migrations is not the path of a folder.`, 'Write "migrations": "./migrations".')
  if (dialects !== undefined && !isDialects(dialects)) {
    throw invalid(`${where}: dialects is not a list of databases.`, 'Write "dialects": ["sqlite", "postgres"], or one.')
  }
  if (template !== undefined && !isPath(template))
    throw invalid(`${where}: template is not the path of a file.`, 'Write "template": "./migrations/header.txt".')
  return {
    path,
    dir: dirname(path),
    ...(models !== undefined && { models }),
    ...(seed !== undefined && { seed }),
    ...(url !== undefined && { url }),
    ...(migrations !== undefined && { migrations }),
    ...(dialects !== undefined && { dialects }),
    ...(template !== undefined && { template }),
  }
}

/** Whether a value is a list of databases, each once. */
export function isDialects(value: unknown): value is readonly Dialect[] {
  if (!Array.isArray(value) || value.length === 0) return false
  return value.every(name => DIALECTS.includes(name)) && new Set(value).size === value.length
}

/**
 * The nearest configuration with its models loaded.
 *
 * @param cwd the folder in which the search begins; it goes on in the folders above
 *
 * Throws CONFIG_NOT_FOUND if there is none, CONFIG_INVALID for one that cannot be used or if `cwd` is not a path.
 */
export function loadConfig(cwd: string = process.cwd()): LoadedConfig {
  if (!isPath(cwd)) {
    throw invalid(
      `loadConfig() expected the path of a folder, found ${shown(cwd)}.`,
      'Write loadConfig(import.meta.dirname).',
    )
  }
  const path = findConfig(cwd)
  if (path === undefined) {
    throw new ConfigError(
      'CONFIG_NOT_FOUND',
      `No models were found: neither ${resolve(cwd)} nor a folder above it has a configuration.`,
      {
        hint: `Name the models in package.json: ${EXAMPLE}; or pass them: open({ models }).`,
      },
    )
  }
  const config = readConfig(path)
  if (config.models === undefined) throw invalid(`${shownPath(path)} names no models.`, `Write ${EXAMPLE}.`)
  return { ...config, models: loadModels(config.models, config.dir) }
}

/**
 * The schema of a file (its default export, or the export `models` or `schema`; or JSON as `plinth schema` prints it),
 * or the schema itself.
 *
 * @param source a path, relative to `dir`, or a schema
 */
export function loadModels(
  source: string | AnySchema | SchemaJson,
  dir: string = process.cwd(),
): AnySchema | SchemaJson {
  if (typeof source !== 'string') return source
  const path = resolve(dir, source)
  const exports = loadModule(path)
  const main = defaultExport(exports)
  const named = [exports, main].flatMap(from => {
    const { models, schema } = (typeof from === 'object' && from !== null ? from : {}) as Record<string, unknown>
    return [models, schema]
  })
  const found = [main, ...named].find(isModels)
  if (found !== undefined) return found
  throw invalid(
    `${shownPath(path)} has no schema.`,
    path.endsWith('.json')
      ? 'Write it with: plinth schema > schema.json'
      : 'Its default export, or an export named models or schema, must be what schema({...}) gives.',
  )
}

/**
 * Seeds in the order in which they run.
 *
 * @param source a path, relative to `dir`, to a module whose default export is `{ name: async tx => {...} }` or an array
 *   of `{ name, run }`; or such a value itself
 */
export function loadSeeds(source: string | object, dir: string = process.cwd()): Seed[] {
  const path = typeof source === 'string' ? resolve(dir, source) : undefined
  const exports = path === undefined ? source : loadModule(path)
  const value = path === undefined ? source : defaultExport(exports)
  const where = path === undefined ? 'seed' : shownPath(path)
  const hint = 'Seeds are functions by name: export default { tags: async tx => { await tx.tags.create(...) } }.'
  if (typeof value !== 'object' || value === null) throw invalid(`${where} has no seeds.`, hint)
  const seeds = Array.isArray(value)
    ? (value as Partial<Seed>[])
    : Object.entries(value).map(([name, run]) => ({ name, run }))
  const names = new Set<string>()
  for (const [i, seed] of seeds.entries()) {
    const name = (seed as Partial<Seed> | null)?.name
    if (typeof name !== 'string' || name === '') throw invalid(`Seed ${i + 1} of ${where} has no name.`, hint)
    if (!isRunnable(seed.run))
      throw invalid(`The seed ${name} of ${where} is not a function, found ${shown(seed.run)}.`, hint)
    if (names.has(name))
      throw invalid(`${where} has two seeds named ${name}.`, 'Each seed runs once by its name: give each its own.')
    names.add(name)
  }
  return seeds as Seed[]
}

/** Where variables are looked up. */
export interface Lookup {
  /** The environment; process.env without it. */
  env?: Readonly<Record<string, string | undefined>> | undefined
  cwd?: string | undefined
}

/** One place that holds variables. */
export interface Variables {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where relative paths in them start. */
  readonly dir: string
  readonly source: 'DATABASE_URL' | '.env'
}

/** The places of variables, the first that has one wins: the environment, .env in the folder, .env beside the configuration. */
export function* environments(lookup: Lookup): Generator<Variables> {
  const cwd = resolve(lookup.cwd ?? process.cwd())
  yield { env: lookup.env ?? process.env, dir: cwd, source: 'DATABASE_URL' }
  const path = findConfig(cwd)
  for (const dir of new Set([cwd, path === undefined ? cwd : dirname(path)])) {
    yield { env: readDotenv(join(dir, '.env')), dir, source: '.env' }
  }
}

/**
 * The database's URL: the option, DATABASE_URL, .env in the current folder or beside the configuration, the
 * configuration, `sqlite:///./app.db`. A relative path starts from the folder of whoever named it.
 */
export function resolveUrl(options: Lookup & { url?: string | undefined } = {}): ResolvedUrl {
  const cwd = resolve(options.cwd ?? process.cwd())
  if (options.url !== undefined) return { url: options.url, base: cwd, source: 'option' }
  for (const { env, dir, source } of environments(options)) {
    const url = variable(env, 'DATABASE_URL')
    if (url !== undefined) return { url, base: dir, source }
  }
  const path = findConfig(cwd)
  if (path === undefined) return { url: DEFAULT_URL, base: cwd, source: 'default' }
  const { url, dir } = readConfig(path)
  return url === undefined ? { url: DEFAULT_URL, base: dir, source: 'default' } : { url, base: dir, source: 'config' }
}

/**
 * The text of a variable, without blanks around it; undefined if it is unset or blank. Throws CONFIG_INVALID, without its
 * value, which may hold a password.
 */
export function variable(env: Variables['env'], name: string): string | undefined {
  const value: unknown = env[name]
  if (value === undefined || value === null) return undefined
  if (isText(value)) return value.trim() || undefined
  const kind =
    typeof value === 'string' ? 'text with NUL or half of a surrogate pair' : `a value of type ${typeof value}`
  throw new ConfigError('CONFIG_INVALID', `The variable ${name} is ${kind}.`, { expected: 'text' })
}

/** The key `plinth` of a package.json, or undefined. */
function readManifest(path: string): unknown {
  return (loadModule(path) as { plinth?: unknown } | null)?.plinth
}

/** Whether a value is a schema, or the JSON of one. */
function isModels(value: unknown): value is AnySchema | SchemaJson {
  if (isSchema(value)) return true
  const json = value as Partial<SchemaJson> | null | undefined
  return typeof json === 'object' && json !== null && typeof json.format === 'number' && Array.isArray(json.models)
}

function invalid(message: string, hint: string): ConfigError {
  return new ConfigError('CONFIG_INVALID', message, { hint })
}
