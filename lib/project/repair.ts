/** repair(): the live database corrected to what it should hold; fixSchema() is its other name. */

import { checkOptions } from '../base/check-options.js'
import type { OptionTable } from '../base/option-kinds.js'
import { correct, WISH } from '../handle/correct.js'
import type { AnySchema, RepairOptions, RepairReport } from '../types/index.js'
import { checked } from './check-models.js'
import { lastingLocation, projectOf } from './project.js'
import { DATABASE } from './project-options.js'

const REPAIR: OptionTable<keyof RepairOptions> = { ...DATABASE, ...WISH }

/**
 * Corrects what differs between the live database and its own revisions, or the models if it has
 * none: all that loses nothing, in one transaction, in which the database is compared again before
 * the commit. A correction that loses data needs `destructive`, a possible rename needs a decision,
 * and a correction that rows forbid is left out and named. With `plan` nothing is changed.
 *
 * Throws CHOICE_INVALID for a decision about something that is neither missing nor extra; PROTECTED
 * if it would destroy something in a protected database without its word; DRIFTED if the database
 * refuses a statement, or differs from the plan afterwards; BUSY, DISK_FULL, CONNECTION_LOST;
 * REVISION_UNFINISHED if a revision is half done; CANNOT_OPEN if the database does not exist. After an error nothing has changed.
 *
 * @example
 * const { repaired, remaining } = await repair({ rename: { 'users.full_name': 'users.name' } })
 */
export async function repair<S extends AnySchema = AnySchema>(options: RepairOptions<S> = {}): Promise<RepairReport> {
  checkOptions({ call: 'repair()' }, REPAIR, options)
  const project = projectOf('repair', options)
  const { migration, handle } = lastingLocation('repair', project)
  const schema = checked(project.models, [migration.dialect])
  const place = { settings: migration.settings(), handle }
  const destructive = options.destructive ?? project.autoDestructive
  const compared = { url: migration.shown, place, schema, dir: project.initMigrationsDir }
  return correct(compared, { ...options, destructive }, { ...project.locks, ...project.keepingOf(options) })
}

/** The other name of `repair`. */
export const fixSchema = repair
