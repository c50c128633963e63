/** The settings of a database: its URL, what the options and the environment add to it, and what the core says of it. */

import { resolve } from 'node:path'
import { ConfigError, PlinthError, rethrown } from '../base/errors.js'
import { shown } from '../base/shown.js'
import { native } from '../bridge/addon.js'
import type { Dialect, OpenOptions } from '../types/index.js'
import { environments, type Lookup, type ResolvedUrl, resolveUrl, variable } from './config.js'

/** A database as it is to be opened. */
export interface Located {
  /** What the core opens it with, as JSON: src/engine/settings.rs. A function: what shows objects must not show a password. */
  readonly settings: () => string
  /** How reports name it, without a password. */
  readonly shown: string
  readonly dialect: Dialect
  /** Whether it is on another machine. */
  readonly remote: boolean
}

/** The database to work on, and the way to it for init and reset. */
export interface Databases {
  readonly database: Located
  /** MIGRATION_DATABASE_URL, else the database itself. Read when it is asked for: open() needs none. */
  migration(): Located
}

type Options = Pick<OpenOptions, 'url' | 'env' | 'cwd' | 'durability' | 'pool' | 'prepare'>

/** What a timeout can be at most, and a number of connections. */
const MOST = 2 ** 31 - 1
/** The numbers of a pool, and the least that each can be. */
const POOL = { size: 1, acquireTimeoutMs: 1, idleTimeoutMs: 0 }

/** Finds the database that options, environment and configuration name, and checks its settings. */
export function locate(call: string, options: Options): Databases {
  const checked = checkedOptions(call, options)
  const lookup: Lookup = { env: options.env, cwd: options.cwd }
  const found = resolveUrl({ ...lookup, url: options.url })
  const database = described(found, checked, lookup)
  return { database, migration: () => migration(found, database, checked, lookup) }
}

function checkedOptions(call: string, options: Options): object {
  const { durability = 'full', pool = {}, prepare } = options
  const wrong = (name: string, expected: string, value: unknown) =>
    new PlinthError('QUERY_INVALID', `${call}(): ${name} must be ${expected}, found ${shown(value)}.`)
  if (durability !== 'full' && durability !== 'normal') throw wrong('durability', "'full' or 'normal'", durability)
  if (prepare !== undefined && typeof prepare !== 'boolean') throw wrong('prepare', 'true or false', prepare)
  if (typeof pool !== 'object' || pool === null || Array.isArray(pool)) throw wrong('pool', 'an object', pool)
  for (const [name, value] of Object.entries(pool)) {
    const least = Object.hasOwn(POOL, name) ? POOL[name as keyof typeof POOL] : undefined
    if (least === undefined) {
      throw new PlinthError('UNKNOWN_OPTION', `${call}(): pool has no option "${name}".`, {
        hint: `The options are: ${Object.keys(POOL).join(', ')}.`,
      })
    }
    if (value !== undefined && !(Number.isInteger(value) && value >= least && value <= MOST)) {
      throw wrong(`pool.${name}`, `a whole number from ${least}`, value)
    }
  }
  return { durability, pool, prepare }
}

/** Asks the core what a URL means. What only a server needs is looked up only for one. */
function described({ url, base }: ResolvedUrl, options: object, lookup: Lookup): Located {
  const ask = (settings: string) => JSON.parse(native().describeUrl(settings)) as Omit<Located, 'settings'>
  try {
    const place = ask(JSON.stringify({ url, base, ...options }))
    const tls = place.dialect === 'postgres' ? tlsSettings(lookup) : {}
    const settings = JSON.stringify({ url, base, ...options, ...tls })
    return { ...place, settings: () => settings }
  } catch (thrown) {
    throw rethrown(thrown)
  }
}

/** Which certificates are trusted. */
function tlsSettings(lookup: Lookup): { rootCert?: string; allowSelfSigned?: boolean } {
  let rootCert: string | undefined
  let allowed: string | undefined
  for (const { env, dir } of environments(lookup)) {
    rootCert ??= certificate(variable(env, 'PG_SSL_ROOT_CERT'), dir)
    allowed ??= variable(env, 'PG_SSL_ALLOW_SELF_SIGNED')?.toLowerCase()
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

function migration(found: ResolvedUrl, database: Located, options: object, lookup: Lookup): Located {
  if (found.source === 'option') return database
  for (const { env, dir, source } of environments(lookup)) {
    // A file beside the sources must not lead a deployment, whose database is in the environment, to another one.
    if (source === '.env' && found.source === 'DATABASE_URL') break
    const url = variable(env, 'MIGRATION_DATABASE_URL')
    if (url !== undefined) return sameDatabase(described({ url, base: dir, source }, options, lookup), database)
  }
  return database
}

/** As far as can be told: a pooler may have another host, and other names for its databases. */
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
      hint: 'It is for a PostgreSQL database whose DATABASE_URL goes through a pooler; unset it where there is none.',
    },
  )
}
