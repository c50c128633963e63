/** The options of the calls that look for a project and its database. */

import { statSync } from 'node:fs'
import {
  aFunction,
  anObject,
  anything,
  flag,
  isPath,
  type OptionTable,
  url,
  wholeNumber,
} from '../base/option-kinds.js'
import { databaseHandle } from '../handle/handles.js'
import type {
  DatabaseOptions,
  MigrationOptions,
  OnlineOptions,
  OpenOptions,
  ProofOptions,
  WaitOptions,
} from '../types/index.js'
import { isDialects } from './config.js'
import { isThere } from './load-module.js'
import { migrationsKind } from './migration-settings.js'

/** The sources of models, URL and settings. `models` is checked where it is read. */
export const PROJECT: OptionTable<keyof Pick<OpenOptions, 'models' | 'url' | 'env' | 'cwd'>> = {
  models: anything,
  url,
  env: anObject('an object of variables'),
  // A folder that does not exist would be made for the database, elsewhere than it was meant to be.
  cwd: { expected: 'the path of an existing folder', accepts: value => isPath(value) && isFolder(value) },
}

/** The options that all calls of migrations take. */
export const MIGRATIONS: OptionTable<keyof MigrationOptions> = { ...PROJECT, migrations: migrationsKind }

/** The options of the calls of migrations that work on a database. */
export const DATABASE: OptionTable<keyof DatabaseOptions> = { ...MIGRATIONS, db: databaseHandle }

/** The options of the calls that wait for others which change the tables. */
export const WAITS: OptionTable<keyof WaitOptions> = { timeout: wholeNumber(1), onWait: aFunction() }

/** The option of the calls that run revisions. */
export const ONLINE: OptionTable<keyof OnlineOptions> = { online: flag }

/** The options of a proof. */
export const PROOF: OptionTable<keyof ProofOptions> = {
  dialects: { expected: "a list of one or both of 'sqlite' and 'postgres'", accepts: isDialects },
  proveUrl: url,
}

function isFolder(path: string): boolean {
  return isThere(path) && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
