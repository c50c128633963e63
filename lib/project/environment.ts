/** The variables of a project, by the places that hold them: the environment of the process, then the .env files. */

import { dirname } from 'node:path'
import { ConfigError } from '../base/errors.js'
import { isText } from '../base/option-kinds.js'
import type { ProjectFiles } from './files.js'

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
}

/** The places of variables, in the order in which they count. */
export type Environment = Iterable<Variables>

/** The environment of the process, or what the option `env` has instead. */
export function processVariables(env: Readonly<Record<string, unknown>>, dir: string): Variables {
  return { source: 'environment', dir, variable: name => textOf(env, name) }
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
  })
  yield inFolder(dir)
  const path = configPath()
  if (path !== undefined && dirname(path) !== dir) yield inFolder(dirname(path))
}

function textOf(env: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = env[name]
  if (value === undefined || value === null) return undefined
  if (isText(value)) return value.trim() || undefined
  const kind =
    typeof value === 'string' ? 'text with NUL or half of a surrogate pair' : `a value of type ${typeof value}`
  throw new ConfigError('CONFIG_INVALID', `The variable ${name} is ${kind}.`, { expected: 'text' })
}
