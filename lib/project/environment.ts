/** The variables of a project, by the places that hold them: the environment of the process, then the .env files. */

import { dirname, join } from 'node:path'
import { ConfigError } from '../base/errors.js'
import { isText } from '../base/option-kinds.js'
import type { ProjectFiles } from './files.js'
import { shownPath } from './load-module.js'

/** One place that holds variables. */
export interface Variables {
  readonly source: 'environment' | '.env'
  /** Where relative paths in them start. */
  readonly dir: string
  /**
   * The text of a variable, without blanks around it; undefined if it is unset or blank. Throws CONFIG_INVALID, without the
   * value, which may hold a password.
   */
  variable(name: string): string | undefined
  /**
   * The URL in a variable, whose name may be in any case, except in an object that was passed as `env`; undefined if it is
   * unset. Throws CONFIG_INVALID if it is blank, or if two spellings of the name have different values.
   */
  url(name: UrlVariable): string | undefined
}

/** The variables that hold URLs. */
export type UrlVariable = 'DATABASE_URL' | 'MIGRATION_DATABASE_URL'

/** The places of variables, in the order in which they count. */
export type Environment = Iterable<Variables>

/** The variables of the option `env`, else the environment of the process. */
export function processVariables(passed: Readonly<Record<string, unknown>> | undefined, dir: string): Variables {
  const env = passed ?? process.env
  return {
    source: 'environment',
    dir,
    variable: name => textOf(env, name),
    url: name => urlOf(env, passed ? [name] : spellings(env, name), 'the environment'),
  }
}

/**
 * The .env of a folder, then the .env beside the configuration. Each is read if a variable is looked for in it.
 *
 * @param configPath finds the file of the configuration
 */
export function* dotenvVariables(
  dir: string,
  configPath: () => string | undefined,
  files: ProjectFiles,
): Generator<Variables> {
  const inFolder = (dir: string): Variables => ({
    source: '.env',
    dir,
    variable: name => textOf(files.dotenv(dir), name),
    url: name => urlOf(files.dotenv(dir), spellings(files.dotenv(dir), name), shownPath(join(dir, '.env'))),
  })
  yield inFolder(dir)
  const path = configPath()
  if (path !== undefined && dirname(path) !== dir) yield inFolder(dirname(path))
}

/** The names in a place that equal this one in all except case. */
function spellings(env: Readonly<Record<string, unknown>>, name: UrlVariable): string[] {
  return Object.keys(env).filter(key => key.toUpperCase() === name)
}

/** The one URL that variables of these names have. Never repeats it: it may hold a password. */
function urlOf(env: Readonly<Record<string, unknown>>, names: readonly string[], place: string): string | undefined {
  const set = names.filter(name => env[name] !== undefined && env[name] !== null)
  const [url, ...others] = set.map(name => textOf(env, name))
  if (others.some(other => other !== url)) {
    throw new ConfigError('CONFIG_INVALID', `${set.join(' and ')} have different values in ${place}.`, {
      expected: 'one value',
      hint: 'Keep one of them.',
    })
  }
  if (set[0] !== undefined && url === undefined) {
    throw new ConfigError('CONFIG_INVALID', `${set[0]} is empty in ${place}.`, {
      expected: 'the URL of a database',
      found: 'an empty text',
      hint: `Write ${set[0]}=sqlite:///./app.db or the URL of your server, or remove the variable.`,
    })
  }
  return url
}

function textOf(env: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = env[name]
  if (value === undefined || value === null) return undefined
  if (isText(value)) return value.trim() || undefined
  const kind =
    typeof value === 'string' ? 'text with NUL or half of a surrogate pair' : `a value of type ${typeof value}`
  throw new ConfigError('CONFIG_INVALID', `The variable ${name} is ${kind}.`, { expected: 'text' })
}
