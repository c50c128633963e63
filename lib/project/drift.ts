/** drift(): the live database against what it should hold; validate() is its other name. */

import { checkOptions } from '../bridge/check-options.js'
import type { OptionTable } from '../bridge/option-kinds.js'
import { compare, driftOf, SCAN } from '../handle/compare.js'
import { databaseOf } from '../handle/handles.js'
import type { AnySchema, DriftOptions, DriftReport } from '../types/index.js'
import { checked } from './check-models.js'
import { lastingLocation, projectOf } from './project.js'
import { DATABASE } from './project-options.js'

const DRIFT: OptionTable<keyof DriftOptions> = { ...DATABASE, ...SCAN }

/**
 * The live database against the shape at its own revisions, or against the models if it has no revisions: what was changed
 * in it by other means? Reads catalogs, with `rows` also rows, and changes nothing.
 *
 * What should be there was stored by the call that made the tables (init, upgrade, downgrade, stamp). Only if that is missing
 * are the tables created in a scratch schema that is gone at once, for which the role needs the right to create.
 *
 * Throws CANNOT_OPEN if there is no database, REVISION_MISSING if neither the database nor the folder knows what an applied
 * revision changed, and what the models throw.
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
