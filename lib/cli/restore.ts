/** The verb `restore`: kept entries, or a backup. */

import { PlinthError } from '../index.js'
import { type RestoreFlags, restoreFile } from './backup-verbs.js'
import type { Outcome } from './commands.js'
import { type KeptFlags, restoreNumbers } from './kept-verbs.js'

/** Brings back kept entries, or replaces the content of the database with a backup. */
export function restoreVerb(options: KeptFlags & RestoreFlags, numbers: string[]): Promise<Outcome> {
  const { file, plan, force } = options
  if (numbers.length > 0 && file === undefined && force === undefined) return restoreNumbers(options, numbers)
  if (numbers.length === 0 && file !== undefined && plan === undefined) return restoreFile(options)
  throw new PlinthError(
    'QUERY_INVALID',
    'A restore needs numbers of entries of plinth kept, or the file of a backup.',
    {
      expected: '`plinth restore <number...> [--plan]` or `plinth restore --file <path> [--force]`',
      hint: '`plinth kept` lists the numbers; `plinth backup <file>` writes a backup.',
    },
  )
}
