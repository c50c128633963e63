/** Checking the options of calls. */

import { statSync } from 'node:fs'
import { PlinthError } from '../base/errors.js'
import { shown } from '../base/shown.js'
import type { ModelMeta } from '../models/metadata.js'

/** An object of options or columns. */
export type Fields = Record<string, unknown>

/** An object with none but these keys, or undefined. Throws QUERY_INVALID, UNKNOWN_OPTION. */
export function plainOptions(call: string, given: unknown, known: readonly string[]): void {
  if (given === undefined) return
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new PlinthError('QUERY_INVALID', `${call}() expected an object of options, found ${shown(given)}.`)
  }
  for (const key in given) {
    if (known.includes(key)) continue
    throw new PlinthError('UNKNOWN_OPTION', `${call}() has no option "${key}".`, {
      hint: `The options are: ${known.join(', ')}.`,
    })
  }
}

/**
 * The options of a call that looks for a project and its database: `url`, `env` and `cwd` are what they must be.
 * Throws QUERY_INVALID, UNKNOWN_OPTION.
 */
export function projectOptions(call: string, given: unknown, known: readonly string[]): void {
  plainOptions(call, given, known)
  const { url, env, cwd } = (given ?? {}) as Fields
  const wrong = (name: string, expected: string, value: unknown) =>
    new PlinthError('QUERY_INVALID', `${call}(): ${name} must be ${expected}, found ${shown(value)}.`)
  // The value of a URL is never repeated: it may hold a password.
  if (url !== undefined && typeof url !== 'string') throw wrong('url', 'a text', url)
  if (url !== undefined && !url.isWellFormed()) {
    throw new PlinthError('QUERY_INVALID', `${call}(): url must be text without half of a surrogate pair.`)
  }
  if (env !== undefined && (typeof env !== 'object' || env === null || Array.isArray(env))) {
    throw wrong('env', 'an object of variables', env)
  }
  // A folder that does not exist would be made for the database, elsewhere than it was meant to be.
  if (cwd !== undefined && !(isPath(cwd) && isFolder(cwd))) throw wrong('cwd', 'the path of an existing folder', cwd)
}

/** Whether a value is text that can leave JavaScript: without NUL and without half of a surrogate pair. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed() && !value.includes('\0')
}

/** Whether a value can be the path of a file or a folder. */
export function isPath(value: unknown): value is string {
  return isText(value) && value.trim() !== ''
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

/** An error about a query. */
export function queryError(message: string, model: ModelMeta, hint?: string): PlinthError {
  return new PlinthError('QUERY_INVALID', message, { table: model.table, ...(hint && { hint }) })
}

/** Whether a value is an object of options or columns. */
export function isFields(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Options of a call: an object with none but these keys. */
export function options(model: ModelMeta, call: string, value: unknown, known: readonly string[]): Fields {
  if (value === undefined) return {}
  if (!isFields(value))
    throw queryError(`${model.name}.${call}: expected an object of options, found ${shown(value)}.`, model)
  for (const key in value) {
    if (!known.includes(key)) {
      throw new PlinthError('UNKNOWN_OPTION', `${model.name}.${call} has no option "${key}".`, {
        table: model.table,
        hint: `The options are: ${known.join(', ')}.`,
      })
    }
  }
  return value
}
