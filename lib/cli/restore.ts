/** The verb `restore`: kept entries, or a backup. */

import { PlinthError } from '../index.js'
import { type RestoreFlags, restoreFile } from './backup-verbs.js'
import type { Outcome } from './commands.js'
import { type KeptFlags, restoreNumbers } from './kept-verbs.js'

/** Brings back kept entries, or replaces the content of the database with a backup. */
export function restoreVerb(options: KeptFlags & RestoreFlags, numbers: string[]): Promise<Outcome> {
  const { file, plan, force } = options
  const some = numbers.length > 0
  const wrong =
    some && file !== undefined
      ? 'A restore takes numbers of entries or the file of a backup, not both.'
      : some && force !== undefined
        ? '--force is of a backup: entries are restored without it.'
        : !some && file !== undefined && plan !== undefined
          ? '--plan is of entries: it does not go with --file.'
          : !some && file === undefined
            ? 'A restore needs numbers of entries of plinth kept, or the file of a backup.'
            : undefined
  if (wrong === undefined) return some ? restoreNumbers(options, numbers) : restoreFile(options)
  throw new PlinthError('QUERY_INVALID', wrong, {
    expected: '`plinth restore <number...> [--plan]` or `plinth restore --file <path> [--force]`',
    hint: '`plinth kept` lists the numbers; `plinth backup <file>` writes a backup.',
  })
}
