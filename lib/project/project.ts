/** The project of a call: what options, environment and files say, found when it is needed and once. Opens and changes nothing. */

import { resolve } from 'node:path'
import { ConfigError, PlinthError } from '../base/errors.js'
import { once } from '../base/once.js'
import { shown } from '../base/shown.js'
import type { Handle } from '../bridge/addon-types.js'
import { databaseOf } from '../handle/handles.js'
import type {
  Dialect,
  InitOptions,
  Isolation,
  KeepingOptions,
  KeepOptions,
  OpenOptions,
  ProofOptions,
  SchemaJson,
  TableLockOptions,
} from '../types/index.js'
import { checked, jsonOf } from './check-models.js'
import { type Config, DIALECTS, findConfig, loadSeeds, readConfig, type Seed, withModels } from './config.js'
import { dotenvVariables, type Environment, processVariables, type Variables } from './environment.js'
import { ProjectFiles } from './files.js'
import { type Keeping, keepingOf } from './keep.js'
import { type Located, locate } from './location.js'
import { partsOf } from './migration-settings.js'

/** The options that name a project and its parts. */
export type ProjectOptions = Omit<InitOptions<any>, 'log'> & ProofOptions

/** Where the database of a project is. */
export interface Location {
  readonly database: Located
  /**
   * The database on which init, reset and migrations work: MIGRATION_DATABASE_URL, else the
   * database.
   */
  readonly migration: Located
  /** The open database, if they can work through it. */
  readonly handle: Handle | undefined
}

const YES = ['true', '1', 'yes']
const NO = ['false', '0', 'no']

/** The project that the options of a call lead to; with `db` the one of an open database. */
export function projectOf(call: string, options: ProjectOptions): Project {
  if (options.db === undefined) return new Project(call, options)
  if (options.models !== undefined || options.url !== undefined) {
    throw new PlinthError('QUERY_INVALID', `${call}() takes either db, or models and url.`)
  }
  return new OpenProject(call, options, options.db)
}

/** The location of a project for a call that must leave something behind: not in memory, unless that database is open. */
export function lastingLocation(call: string, { location }: Project): Location {
  if (location.database.shown !== 'sqlite::memory:' || location.handle !== undefined) return location
  throw new PlinthError('QUERY_INVALID', `${call}() would make a database in memory that is gone when it returns.`, {
    hint: `Open it first, and pass the handle: const db = open({ url: 'sqlite::memory:' }); await ${call}({ db }).`,
  })
}

/**
 * A project. It does not change: each part is found when it is first asked for, and kept. Each call makes its own, so that a
 * file that was edited counts at the next call.
 */
export class Project {
  /** The folder where the search for files begins, and where relative paths of options start. */
  readonly dir: string
  readonly #call: string
  readonly #options: Omit<ProjectOptions, 'migrations'> & { readonly migrations?: string | false | undefined }
  readonly #locks: TableLockOptions
  readonly #files: ProjectFiles

  constructor(call: string, options: ProjectOptions, files = new ProjectFiles()) {
    this.#call = call
    this.dir = resolve(options.cwd ?? process.cwd())
    const { folder, locks } = partsOf(options.migrations)
    this.#options = { ...options, migrations: folder }
    this.#locks = locks
    this.#files = files
  }

  /** The configuration; undefined without one. */
  get config(): Config | undefined {
    return this.#config()
  }
  readonly #configPath = once(() => findConfig(this.dir, this.#files))
  readonly #config = once(() => {
    const path = this.#configPath()
    return path === undefined ? undefined : readConfig(path, this.#files)
  })

  /** The models as JSON. */
  get models(): SchemaJson {
    return this.#models()
  }
  readonly #models = once(() => {
    const { models } = this.#options
    return jsonOf(this.#call, models === undefined ? withModels(this.config, this.dir, this.#files).models : models)
  })

  /** The models as the core takes them, checked for the database, and for those that their configuration names. */
  get schema(): string {
    return this.#schema()
  }
  readonly #schema = once(() => {
    const others = this.#options.models === undefined ? this.config?.dialects : undefined
    return checked(this.models, [this.location.database.dialect, ...(others ?? [])])
  })

  /** Where the database is; with `proveUrl` the server to prove on instead. */
  get location(): Location {
    return this.#location()
  }
  readonly #databases = once(() => {
    const { url, proveUrl = url } = this.#options
    return locate({ ...this.#options, ...(proveUrl !== undefined && { url: proveUrl }) }, this)
  })
  readonly #location = once((): Location => {
    const databases = this.#databases()
    const migration = once(() => databases.migration(this.env))
    return {
      database: databases.database,
      get migration() {
        return migration()
      },
      handle: undefined,
    }
  })

  /** The isolation of transactions and sessions that do not say their own. */
  get isolation(): Isolation | undefined {
    return this.#options.isolation
  }

  /** The folder of the revisions: the option, else what the configuration says; undefined with neither. */
  get migrationsDir(): string | undefined {
    return this.#migrationsDir()
  }
  readonly #migrationsDir = once(() => {
    const { migrations } = this.#options
    if (migrations === undefined) {
      return this.config && resolve(this.config.dir, this.config.migrations ?? './migrations')
    }
    return migrations === false ? undefined : resolve(this.dir, migrations)
  })

  /** The folder of the revisions that init brings the database to; undefined for none. */
  get initMigrationsDir(): string | undefined {
    const { migrations } = this.#options
    if (migrations === false) return undefined
    return migrations === undefined && this.#isApart ? undefined : this.migrationsDir
  }

  /** Whether it has nothing to do with the project: models by hand on a database by hand. On the project's database they are the project's. */
  get #isApart(): boolean {
    const { models, url, env } = this.#options
    return models !== undefined && (url !== undefined || env !== undefined)
  }

  /** The seeds of init: the option, else those of the configuration. */
  get seeds(): readonly Seed[] {
    return this.#seeds()
  }
  readonly #seeds = once(() => {
    const { seed } = this.#options
    if (seed === false) return []
    return seed === undefined ? this.configuredSeeds : loadSeeds(seed as object, this.dir, this.#files)
  })

  /** The seeds of the configuration. Models by hand on a database by hand have nothing to do with them. */
  get configuredSeeds(): readonly Seed[] {
    if (this.#isApart || this.config?.seed === undefined) return []
    return loadSeeds(this.config.seed, this.config.dir, this.#files)
  }

  /** The databases that revisions are written for. */
  get dialects(): readonly Dialect[] {
    return this.#options.dialects ?? this.#defaults()?.dialects ?? DIALECTS
  }

  /** The path of the text that heads the SQL of revisions, as the configuration says; undefined for the usual one. */
  get template(): string | undefined {
    const { template, dir } = this.#defaults() ?? {}
    return template === undefined || dir === undefined ? undefined : resolve(dir, template)
  }

  /** How much is kept of what calls destroy, as the configuration says; undefined if it does not. */
  get keep(): KeepOptions | undefined {
    return this.isByHand ? undefined : this.config?.keep
  }

  /** How a call asks for the locks of tables, as the core takes it: the option, else what the configuration says. */
  get locks(): TableLockOptions {
    return { ...(this.isByHand ? undefined : this.config?.locks), ...this.#locks }
  }

  /** How much a call keeps of the rows that it destroys, as the core takes it. */
  keepingOf(options: KeepingOptions & Pick<OpenOptions, 'env'>): Keeping {
    const { migration, database } = this.location
    return keepingOf(this.keep, [migration, database], options)
  }

  /** Where variables are looked up; the first place that has one wins. If `models` and `url` are passed, no file is one. */
  get env(): Environment {
    return this.#variables(this.isByHand)
  }

  /** Whether init applies revisions: ENABLE_AUTO_MIGRATION, true without it. */
  get autoMigration(): boolean {
    return truth('ENABLE_AUTO_MIGRATION', this.#setting('ENABLE_AUTO_MIGRATION')) ?? true
  }

  /** Whether init repairs what is safe: AUTO_SCHEMA_REPAIR, `safe` without it. */
  get autoRepair(): boolean {
    const value = this.#setting('AUTO_SCHEMA_REPAIR')
    if (value === undefined || value === 'safe') return true
    if (value === 'off') return false
    throw new ConfigError('CONFIG_INVALID', `AUTO_SCHEMA_REPAIR is neither safe nor off: ${shown(value)}.`, {
      expected: 'safe or off',
      found: value,
    })
  }

  /** Whether a repair drops extra objects: AUTO_SCHEMA_DESTRUCTIVE, false without it. */
  get autoDestructive(): boolean {
    return truth('AUTO_SCHEMA_DESTRUCTIVE', this.#setting('AUTO_SCHEMA_DESTRUCTIVE')) ?? false
  }

  /** A variable of init, in lower case. If there are revisions, the one in .env counts for a database by hand too. */
  #setting(name: string): string | undefined {
    for (const { variable } of this.#variables(this.isByHand && this.initMigrationsDir === undefined)) {
      const value = variable(name)?.toLowerCase()
      if (value !== undefined) return value
    }
    return undefined
  }

  /** Whether `models` and `url` were both passed. Files of the project are not read for such a call. */
  get isByHand(): boolean {
    return this.#options.models !== undefined && this.#options.url !== undefined
  }

  /** The same options and folder for a later call: what they lead to is found anew. */
  renewed(files: ProjectFiles): Project {
    return new Project(this.#call, { ...this.#options, cwd: this.dir }, files)
  }

  /** The database on which init, reset and migrations work by the variables of a later call. */
  migrationBy(env: Environment): Located {
    return this.#databases().migration(env)
  }

  /** The configuration, for parts that have a default. If models, url and folder are passed, it is not looked for. */
  #defaults(): Config | undefined {
    return this.isByHand && this.#options.migrations !== undefined ? undefined : this.config
  }

  *#variables(processOnly: boolean): Generator<Variables> {
    yield processVariables(this.#options.env, this.dir)
    if (!processOnly) yield* dotenvVariables(this.dir, this.#configPath, this.#files)
  }
}

/** A variable that is true or false. */
function truth(name: string, value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined
  if (YES.includes(value)) return true
  if (NO.includes(value)) return false
  throw new ConfigError('CONFIG_INVALID', `${name} is neither true nor false: ${shown(value)}.`, {
    expected: 'true or false (also 1 or 0, yes or no)',
    found: value,
  })
}

/** The project of a call on an open database: models and database are those that it was opened with, files are read anew. */
class OpenProject extends Project {
  readonly #opened: Project
  readonly #renewed: Project
  readonly #location: () => Location
  readonly #hasFolder: boolean

  constructor(call: string, options: ProjectOptions, db: object) {
    const files = new ProjectFiles()
    super(call, options, files)
    const database = databaseOf(db)
    // From inside a transaction it would wait for its end, and after close() it would make another database.
    database.guard()
    const opened = database.openedFrom as Project
    const renewed = opened.renewed(files)
    this.#opened = opened
    this.#renewed = renewed
    this.#hasFolder = partsOf(options.migrations).folder !== undefined
    this.#location = once(() => {
      const place = opened.location.database
      const migration = opened.migrationBy(renewed.env)
      return { database: place, migration, handle: migration === place ? database.client.handle : undefined }
    })
  }

  override get models(): SchemaJson {
    return this.#opened.models
  }

  override get schema(): string {
    return this.#opened.schema
  }

  override get location(): Location {
    return this.#location()
  }

  override get initMigrationsDir(): string | undefined {
    return this.#hasFolder ? super.initMigrationsDir : this.#renewed.initMigrationsDir
  }

  override get configuredSeeds(): readonly Seed[] {
    return this.#renewed.configuredSeeds
  }

  override get isByHand(): boolean {
    return this.#opened.isByHand
  }
}
