// All workloads, in the order of a run: reads come first, since writes change the rows.
import { overHttp } from '../http/load.mjs'
import { many } from '../many/many-models.mjs'
import { noMigration } from '../noop/no-migration.mjs'
import { processes } from './processes.mjs'
import { reads } from './reads.mjs'
import { writes } from './writes.mjs'

export const WORKLOADS = [...reads, ...writes, ...processes, ...overHttp, ...many, noMigration]

/** The workloads that were asked for, or all; those of another database, or that need more rows than the table has, are left out. */
export const chosenWorkloads = (names, rows, database) =>
  WORKLOADS.filter(
    ({ name, rows: needed = 0, on = database }) =>
      (!names.length || names.includes(name)) && needed < rows && on === database,
  )
