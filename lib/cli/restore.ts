/** The verb `restore`: what is kept under numbers, or a backup. */

import { PlinthError } from '../index.js'
import { type RestoreFlags, restoreFile } from './backup-verbs.js'
import type { Outcome } from './commands.js'
import { type KeptFlags, restoreNumbers } from './kept-verbs.js'

/** Brings back what is kept under numbers, or puts a backup in the place of what the database holds. */
export function restoreVerb(options: KeptFlags & RestoreFlags, numbers: string[]): Promise<Outcome> {
  const { file, plan, force } = options
  if (numbers.length > 0 && file === undefined && force === undefined) return restoreNumbers(options, numbers)
  if (numbers.length === 0 && file !== undefined && plan === undefined) return restoreFile(options)
  throw new PlinthError('QUERY_INVALID', 'A restore takes numbers of what is kept, or the file of a backup.', {
    expected: '`plinth restore <number...> [--plan]` or `plinth restore --file <path> [--force]`',
    hint: '`plinth kept` lists the numbers; `plinth backup <file>` writes a backup.',
  })
}
