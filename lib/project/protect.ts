/** protect(): a word, without which nothing destroys data in a database. */

import { checkOptions } from '../base/check-options.js'
import { flag, type OptionTable, required, text } from '../base/option-kinds.js'
import { native } from '../bridge/addon.js'
import { spelled } from '../bridge/confirm.js'
import { asked, since } from '../bridge/core-call.js'
import { databaseHandle } from '../handle/handles.js'
import type { AnySchema, ProtectOptions, ProtectReport } from '../types/index.js'
import { lastingLocation, projectOf } from './project.js'
import { PROJECT } from './project-options.js'

const PROTECT: OptionTable<keyof ProtectOptions> = {
  ...PROJECT,
  db: databaseHandle,
  word: { ...required(text), expected: 'a text that is not empty', secret: true },
  off: flag,
}

/**
 * Protects a database by a word, of which it stores the scrypt hash: what would destroy data asks for the word from then on
 * (`confirm`). With `off` it ends the protection, for which it needs the word.
 *
 * This stops mistakes. A role that may write the table `plinth_settings` can remove the protection.
 *
 * Throws PROTECTED if the database is protected already, or the word is not the one; CANNOT_OPEN if it does not exist.
 *
 * @example
 * await protect({ db, word: await askAPerson() })
 */
export async function protect<S extends AnySchema = AnySchema>(options: ProtectOptions<S>): Promise<ProtectReport> {
  checkOptions({ call: 'protect()' }, PROTECT, options)
  const { word, off = false } = options
  const start = performance.now()
  const { migration, handle } = lastingLocation('protect', projectOf('protect', options))
  const request = JSON.stringify({ word: spelled(word), off })
  const place = { settings: migration.settings(), handle }
  const report = await asked<Omit<ProtectReport, 'url' | 'durationMs'>>(() => native().protect(request, place))
  return { url: migration.shown, ...report, durationMs: since(start) }
}
