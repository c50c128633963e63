/** drift(): the live database against what it should hold; validate() is its other name. */

import { checkOptions } from '../base/check-options.js'
import type { OptionTable } from '../base/option-kinds.js'
import { compare, driftOf, SCAN } from '../handle/compare.js'
import { databaseOf } from '../handle/handles.js'
import type { AnySchema, DriftOptions, DriftReport } from '../types/index.js'
import { checked } from './check-models.js'
import { lastingLocation, projectOf } from './project.js'
import { DATABASE } from './project-options.js'

const DRIFT: OptionTable<keyof DriftOptions> = { ...DATABASE, ...SCAN }

/**
 * Compares the live database with its own revisions, or with the models if it has no revisions, and reports each difference.
 * Reads catalogs, with `rows` also rows, and changes nothing.
 *
 * The expected tables are stored in the database by the calls that create them (init, upgrade, downgrade, stamp). If they are
 * not stored, they are created in a scratch schema of PostgreSQL that is dropped at once: the role then needs CREATE.
 *
 * Throws CANNOT_OPEN if the database does not exist; REVISION_MISSING if the operations of an applied revision are neither
 * stored in the database nor in the folder; REVISION_UNFINISHED if a revision is half done that the folder does not have; and
 * the errors of the models.
 *
 * @example
 * const { differences } = await drift()
 * for (const { message, grade, fix } of differences) console.log(grade, message, fix)
 */
export async function drift<S extends AnySchema = AnySchema>(options: DriftOptions<S> = {}): Promise<DriftReport> {
  checkOptions({ call: 'drift()' }, DRIFT, options)
  const { db, migrations, rows, deep, timeout, onProgress } = options
  const scan = { rows, deep, timeout, onProgress }
  if (db !== undefined && migrations === undefined) return driftOf(databaseOf(db), scan)
  const project = projectOf('drift', options)
  const { migration, handle } = lastingLocation('drift', project)
  const schema = checked(project.models, [migration.dialect])
  const place = { settings: migration.settings(), handle }
  return compare({ url: migration.shown, place, schema, dir: project.initMigrationsDir }, scan)
}

/** The other name of `drift`. */
export const validate = drift
