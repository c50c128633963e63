/** The verb `restore`: what is kept under a number, or a backup. */

import { PlinthError } from '../index.js'
import { type RestoreFlags, restoreFile } from './backup-verbs.js'
import type { Outcome } from './commands.js'
import { type KeptFlags, restoreNumber } from './kept-verbs.js'

/** Brings back what is kept under a number, or puts a backup in the place of what the database holds. */
export function restoreVerb(options: KeptFlags & RestoreFlags, [number]: string[]): Promise<Outcome> {
  const { file, plan, force } = options
  if (number !== undefined && file === undefined && force === undefined) return restoreNumber(options, number)
  if (number === undefined && file !== undefined && plan === undefined) return restoreFile(options)
  throw new PlinthError('QUERY_INVALID', 'A restore takes a number of what is kept, or the file of a backup.', {
    expected: '`plinth restore <number> [--plan]` or `plinth restore --file <path> [--force]`',
    hint: '`plinth kept` lists the numbers; `plinth backup <file>` writes a backup.',
  })
}
