// All workloads, in the order of a run: reads come first, since writes change the rows.
import { processes } from './processes.mjs'
import { reads } from './reads.mjs'
import { writes } from './writes.mjs'

export const WORKLOADS = [...reads, ...writes, ...processes]

/** The workloads that were asked for, or all; those that need more rows than the table has are left out. */
export const chosenWorkloads = (names, rows) =>
  WORKLOADS.filter(({ name, rows: needed = 0 }) => (!names.length || names.includes(name)) && needed < rows)
