/** The option `migrations`, and the key of the configuration: the folder of the revisions, or an object with settings. */

import { firstFault } from '../base/check-options.js'
import { isObject, isPath, type Kind, type OptionTable, wholeNumber } from '../base/option-kinds.js'
import type { MigrationRunOptions, TableLockOptions } from '../types/index.js'

/** The path of a folder. */
export const folder: Kind = { expected: 'the path of a folder', accepts: isPath }

/** The largest number of milliseconds that the server takes. */
const MOST = 2_147_483_647

const LOCKS: OptionTable<keyof TableLockOptions> = {
  lockTimeoutMs: wholeNumber(1, MOST),
  lockTries: wholeNumber(1, MOST),
  lockWaitMs: wholeNumber(1, MOST),
}

/** The settings in an object. */
export const SETTINGS: OptionTable<keyof MigrationRunOptions> = { folder, ...LOCKS }

/** The value of the option. */
export const migrationsKind: Kind = {
  expected: 'the path of a folder, or an object with folder, lockTimeoutMs, lockTries and lockWaitMs',
  accepts: value => isPath(value) || isObject(value),
  options: SETTINGS,
}

/** The value of the option for calls that can do without revisions. */
export const migrationsOrFalse: Kind = {
  ...migrationsKind,
  expected: `${migrationsKind.expected}, or false`,
  accepts: value => value === false || migrationsKind.accepts(value),
}

/** The two parts of a value. */
export interface Parts {
  readonly folder: string | false | undefined
  readonly locks: TableLockOptions
}

/** A value as its parts. */
export function partsOf(value: string | MigrationRunOptions | false | undefined): Parts {
  if (typeof value !== 'object') return { folder: value, locks: {} }
  const { folder, ...locks } = value
  return { folder, locks }
}

/** Whether a value can be the one of the configuration; otherwise the setting that is wrong, or `true` for the value itself. */
export function faultOf(value: unknown): string | true | undefined {
  if (isPath(value)) return undefined
  return isObject(value) ? firstFault(SETTINGS, value as Record<string, unknown>) : true
}
