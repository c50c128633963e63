/** The configuration: the `plinth` key of package.json or plinth.config.*, and the models and seeds that it names. */

import { dirname, join, resolve } from 'node:path'
import { type Fields, firstFault, optionFault } from '../base/check-options.js'
import { ConfigError } from '../base/errors.js'
import { isRunnable } from '../base/functions.js'
import { KEEP_LIMITS } from '../base/keep-kind.js'
import { isObject, isPath, isText } from '../base/option-kinds.js'
import { shown } from '../base/shown.js'
import { isSchema } from '../models/schema-builder.js'
import type {
  AnySchema,
  Dialect,
  KeepOptions,
  MigrationRunOptions,
  SchemaJson,
  SeedRun,
  TableLockOptions,
} from '../types/index.js'
import { ProjectFiles } from './files.js'
import { defaultExport, shownPath } from './load-module.js'
import { faultOf, partsOf, SETTINGS } from './migration-settings.js'

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
  /** How migrations ask for the locks of tables. */
  readonly locks?: TableLockOptions
  /** The databases that revisions are written for. */
  readonly dialects?: readonly Dialect[]
  /** The path of the text that heads the SQL of revisions. */
  readonly template?: string
  /** How much is kept of what calls destroy. */
  readonly keep?: KeepOptions
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

/** The database if no URL is specified. */
export const DEFAULT_URL = 'sqlite:///./app.db'
const CONFIG_FILES = ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs', 'json'].map(extension => `plinth.config.${extension}`)
const KEYS = ['models', 'seed', 'url', 'migrations', 'dialects', 'template', 'keep']
/** The databases that revisions can be for. */
export const DIALECTS: readonly Dialect[] = ['sqlite', 'postgres']
const EXAMPLE = '"plinth": { "models": "./models.ts" }'

/**
 * The nearest configuration from a folder upward: a package.json with the key `plinth`, or plinth.config.*.
 *
 * @returns the path of the file, or undefined if there is none
 */
export function findConfig(cwd: string, files: ProjectFiles): string | undefined {
  for (let dir = resolve(cwd); ; dir = dirname(dir)) {
    const found = CONFIG_FILES.filter(name => files.has(dir, name))
    if (files.manifest(dir)?.plinth !== undefined) found.push('package.json')
    const paths = found.map(name => join(dir, name))
    if (paths.length > 1) {
      throw new ConfigError('CONFIG_INVALID', `There are two configurations: ${paths.map(shownPath).join(' and ')}.`, {
        hint: 'Keep one of them.',
      })
    }
    if (paths[0] !== undefined) return paths[0]
    if (dirname(dir) === dir) return undefined
  }
}

/** Reads a configuration; does not load what it names. */
export function readConfig(path: string, files: ProjectFiles): Config {
  const isManifest = /[\\/]package\.json$/.test(path)
  const value = isManifest ? files.manifest(dirname(path))?.plinth : defaultExport(files.load(path))
  const where = isManifest ? `The key "plinth" of ${shownPath(path)}` : shownPath(path)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`${where} is not an object.`, `Write ${EXAMPLE}.`)
  }
  const unknown = Object.keys(value).filter(key => !KEYS.includes(key))
  if (unknown.length > 0)
    throw invalid(`${where} has an unknown key: ${unknown.join(', ')}.`, `It may have ${KEYS.join(', ')}.`)
  const { models, seed, url, migrations, dialects, template, keep } = value as Record<string, unknown>
  if (models !== undefined && typeof models !== 'string' && !isModels(models)) {
    throw invalid(`${where}: models is neither a path nor a schema.`, `Write ${EXAMPLE}.`)
  }
  if (seed !== undefined && typeof seed !== 'string' && (typeof seed !== 'object' || seed === null)) {
    throw invalid(`${where}: seed is neither a path nor an object of functions.`, 'Write "seed": "./seed.ts".')
  }
  if (url !== undefined && !isText(url)) throw invalid(`${where}: url is not a text.`, `Write "url": "${DEFAULT_URL}".`)
  const { folder, locks } = migrationsOf(migrations, where)
  if (dialects !== undefined && !isDialects(dialects)) {
    throw invalid(`${where}: dialects is not a list of databases.`, 'Write "dialects": ["sqlite", "postgres"], or one.')
  }
  if (template !== undefined && !isPath(template))
    throw invalid(`${where}: template is not the path of a file.`, 'Write "template": "./migrations/header.txt".')
  if (keep !== undefined) checkKeep(where, keep)
  return {
    path,
    dir: dirname(path),
    ...(models !== undefined && { models }),
    ...(seed !== undefined && { seed }),
    ...(url !== undefined && { url }),
    ...(folder !== undefined && { migrations: folder }),
    ...(Object.keys(locks).length > 0 && { locks }),
    ...(dialects !== undefined && { dialects }),
    ...(template !== undefined && { template }),
    ...(keep !== undefined && { keep: keep as KeepOptions }),
  }
}

/** The folder of the revisions, and how they ask for locks. */
function migrationsOf(value: unknown, where: string) {
  const fault = value === undefined ? undefined : faultOf(value)
  if (fault === undefined)
    return partsOf(value as string | MigrationRunOptions | undefined) as { folder?: string; locks: TableLockOptions }
  const example =
    'Write "migrations": { "folder": "./migrations", "lockTimeoutMs": 40, "lockTries": 200, "lockWaitMs": 300000 }, or some of them.'
  if (fault === true)
    throw invalid(`${where}: migrations is not the path of a folder.`, 'Write "migrations": "./migrations".')
  const { message, hint } = optionFault(
    { call: where, option: 'migrations' },
    SETTINGS,
    fault,
    (value as Fields)[fault],
  )
  throw invalid(message, hint ?? example)
}

function checkKeep(where: string, keep: unknown): void {
  const example = 'Write "keep": { "maxBytes": 268435456, "count": 3 }, or one of them; both are whole numbers from 1.'
  if (!isObject(keep)) throw invalid(`${where}: keep is not an object of limits.`, example)
  const limits = keep as Fields
  const name = firstFault(KEEP_LIMITS, limits)
  if (name === undefined) return
  const { message, hint } = optionFault({ call: where, option: 'keep' }, KEEP_LIMITS, name, limits[name])
  throw invalid(message, hint ?? example)
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
  const files = new ProjectFiles()
  const path = findConfig(cwd, files)
  const config = path === undefined ? undefined : readConfig(path, files)
  return withModels(config, resolve(cwd), files)
}

/**
 * A configuration with its models loaded.
 *
 * @param dir where the search for it began
 */
export function withModels(config: Config | undefined, dir: string, files: ProjectFiles): LoadedConfig {
  if (config === undefined) {
    throw new ConfigError(
      'CONFIG_NOT_FOUND',
      `No models were found: neither ${dir} nor a folder above it has a configuration.`,
      {
        hint: `Name the models in package.json: ${EXAMPLE}; or pass them: open({ models }).`,
      },
    )
  }
  if (config.models === undefined) throw invalid(`${shownPath(config.path)} names no models.`, `Write ${EXAMPLE}.`)
  return { ...config, models: loadModels(config.models, config.dir, files) }
}

/**
 * The schema of a file (its default export, or the export `models` or `schema`; or JSON as `plinth schema` prints it),
 * or the schema itself.
 *
 * @param source a path, relative to `dir`, or a schema
 */
export function loadModels(
  source: string | AnySchema | SchemaJson,
  dir: string,
  files: ProjectFiles,
): AnySchema | SchemaJson {
  if (typeof source !== 'string') return source
  const path = resolve(dir, source)
  const exports = files.load(path)
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
      : 'Its default export, or an export named models or schema, must be the result of schema({...}).',
  )
}

/**
 * Seeds in the order in which they run.
 *
 * @param source a path, relative to `dir`, to a module whose default export is `{ name: async tx => {...} }` or an array
 *   of `{ name, run }`; or such a value itself
 */
export function loadSeeds(source: string | object, dir: string, files: ProjectFiles): Seed[] {
  const path = typeof source === 'string' ? resolve(dir, source) : undefined
  const exports = path === undefined ? source : files.load(path)
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

/** Whether a value is a schema, or the JSON of one. */
function isModels(value: unknown): value is AnySchema | SchemaJson {
  if (isSchema(value)) return true
  const json = value as Partial<SchemaJson> | null | undefined
  return typeof json === 'object' && json !== null && typeof json.format === 'number' && Array.isArray(json.models)
}

function invalid(message: string, hint: string): ConfigError {
  return new ConfigError('CONFIG_INVALID', message, { hint })
}
