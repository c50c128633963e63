/** The settings of a database: its URL, what the options and the environment add to it, and what the core says of it. */

import { resolve } from 'node:path'
import { ConfigError, nativeError } from '../base/errors.js'
import { flag, type OptionTable, oneOf, optionsIn, wholeNumber } from '../base/option-kinds.js'
import { shown } from '../base/shown.js'
import { native } from '../bridge/addon.js'
import type { Dialect, OpenOptions, PoolOptions } from '../types/index.js'
import { type Config, DEFAULT_URL } from './config.js'
import type { Environment } from './environment.js'

/** A database as it is to be opened. */
export interface Located {
  /**
   * The settings with which the core opens it, as JSON: src/engine/settings.rs. A function: what
   * shows objects must not show a password.
   */
  readonly settings: () => string
  /** How reports name it, without a password. */
  readonly shown: string
  /** The name of the database: of a file without folder and ending. */
  readonly name: string
  readonly dialect: Dialect
  /** Whether it is on another machine. */
  readonly remote: boolean
}

/** The database that a URL names, and the way to it for init, reset and migrations. */
export interface Databases {
  readonly database: Located
  /** The database that MIGRATION_DATABASE_URL names, else the database itself. */
  migration(env: Environment): Located
}

/** The places in which a URL is looked for. */
interface Sources {
  /** Where relative paths of options start. */
  readonly dir: string
  readonly env: Environment
  readonly config: Config | undefined
}

/** A URL, and the folder that its relative path starts from. */
interface ResolvedUrl {
  readonly url: string
  readonly base: string
  readonly source: 'option' | 'environment' | '.env' | 'config' | 'default'
}

type Options = Pick<OpenOptions, 'url' | 'durability' | 'pool' | 'prepare'>

/** The greatest timeout, and the greatest number of connections. */
const MOST = 2 ** 31 - 1
const POOL: OptionTable<keyof PoolOptions> = {
  size: wholeNumber(1, MOST),
  acquireTimeoutMs: wholeNumber(0, MOST),
  idleTimeoutMs: wholeNumber(0, MOST),
}

/** The options that say how a database is opened. */
export const CONNECTION: OptionTable<'durability' | 'pool' | 'prepare'> = {
  durability: oneOf(['full', 'normal']),
  pool: optionsIn(POOL),
  prepare: flag,
}

/** Finds the database that options, environment and configuration name, and checks its settings. */
export function locate(options: Options, sources: Sources): Databases {
  const { durability = 'full', pool = {}, prepare } = options
  const settings = { durability, pool, prepare }
  const found = resolveUrl(options.url, sources)
  const database = described(found, settings, sources.env)
  return { database, migration: env => migration(found, database, settings, env) }
}

/**
 * The database's URL: the option, DATABASE_URL, .env in the current folder or beside the configuration, the configuration,
 * `sqlite:///./app.db`, which is not for production. A relative path starts from the folder of what names it.
 */
function resolveUrl(option: string | undefined, sources: Sources): ResolvedUrl {
  if (option !== undefined) return { url: option, base: sources.dir, source: 'option' }
  let isProduction = false
  for (const { source, dir, variable, url: urlIn } of sources.env) {
    const url = urlIn('DATABASE_URL')
    if (url !== undefined) return { url, base: dir, source }
    isProduction ||= source === 'environment' && variable('NODE_ENV') === 'production'
  }
  const { config } = sources
  if (config?.url !== undefined) return { url: config.url, base: config.dir, source: 'config' }
  // A deployment that lost its variable would start on a new, empty file.
  if (isProduction) {
    throw new ConfigError('CONFIG_INVALID', 'No database URL is set, and NODE_ENV is production.', {
      expected: 'DATABASE_URL',
      found: 'NODE_ENV=production',
      hint: `Set the URL of your server; or, for the file app.db in this folder: DATABASE_URL=${DEFAULT_URL}`,
    })
  }
  return { url: DEFAULT_URL, base: config?.dir ?? sources.dir, source: 'default' }
}

/** Asks the core what a URL means. The settings of a server are looked up only for a server. */
function described({ url, base }: ResolvedUrl, options: object, env: Environment): Located {
  const ask = (settings: string) => JSON.parse(native().describeUrl(settings)) as Omit<Located, 'settings'>
  try {
    const place = ask(JSON.stringify({ url, base, ...options }))
    const tls = place.dialect === 'postgres' ? tlsSettings(env) : {}
    const settings = JSON.stringify({ url, base, ...options, ...tls })
    return { ...place, settings: () => settings }
  } catch (thrown) {
    throw nativeError(thrown)
  }
}

/** Which certificates are trusted. */
function tlsSettings(env: Environment): { rootCert?: string; allowSelfSigned?: boolean } {
  let rootCert: string | undefined
  let allowed: string | undefined
  for (const { dir, variable } of env) {
    rootCert ??= certificate(variable('PG_SSL_ROOT_CERT'), dir)
    allowed ??= variable('PG_SSL_ALLOW_SELF_SIGNED')?.toLowerCase()
  }
  if (allowed !== undefined && !['true', '1', 'false', '0'].includes(allowed)) {
    throw new ConfigError('CONFIG_INVALID', `PG_SSL_ALLOW_SELF_SIGNED is neither true nor false: ${shown(allowed)}.`, {
      expected: 'true or false',
      found: allowed,
    })
  }
  return { ...(rootCert && { rootCert }), ...(allowed && { allowSelfSigned: allowed === 'true' || allowed === '1' }) }
}

/** A certificate, its lines restored where the environment could hold only one; or the path of a file with it. */
function certificate(value: string | undefined, dir: string): string | undefined {
  if (value === undefined) return undefined
  return value.includes('-----BEGIN') ? value.replaceAll('\\n', '\n') : resolve(dir, value)
}

function migration(found: ResolvedUrl, database: Located, options: object, env: Environment): Located {
  if (found.source === 'option') return database
  for (const { source, dir, url: urlIn } of env) {
    // A file beside the sources must not lead a deployment, whose database is in the environment, to another one.
    if (source === '.env' && found.source === 'environment') break
    const url = urlIn('MIGRATION_DATABASE_URL')
    if (url !== undefined) return sameDatabase(described({ url, base: dir, source }, options, env), database)
  }
  return database
}

/** A best effort: a pooler may have another host, and other names for its databases. */
function sameDatabase(migration: Located, database: Located): Located {
  if (migration.dialect === database.dialect) {
    if (migration.dialect === 'postgres') return migration
    if (migration.shown === database.shown) return database
  }
  throw new ConfigError(
    'CONFIG_INVALID',
    `MIGRATION_DATABASE_URL is ${migration.shown}, but the database is ${database.shown}.`,
    {
      expected: 'a direct way to the same database',
      found: migration.shown,
      hint: 'Set MIGRATION_DATABASE_URL only if DATABASE_URL goes through a pooler: to the same PostgreSQL database, without the pooler.',
    },
  )
}
