/** check(): a condition of a model where it is given SQL, else the models against their revisions. One name, since both are the words of their trade. */

import { check as constraint } from '../models/schema-builder.js'
import type { AnySchema, CheckOptions, CheckReport, Constraint } from '../types/index.js'
import { check as checkRevisions } from './verbs.js'

/** Declares a SQL condition that every row must meet. The columns in it have their database names. */
export function check(sql: string): Constraint
/**
 * The models against the newest revision: is a revision missing? Needs no database; SQL that was edited by hand is replayed
 * in memory, and with `prove` every revision is proven.
 *
 * Throws REVISION_INVALID, and what the models throw.
 *
 * @example
 * if (!(await check()).upToDate) console.log('npx plinth revision "..." writes what is missing')
 */
export function check<S extends AnySchema = AnySchema>(options?: CheckOptions<S>): Promise<CheckReport>
export function check(...given: unknown[]): Constraint | Promise<CheckReport> {
  const [first, ...rest] = given
  if (given.length === 0 || (typeof first === 'object' && first !== null)) return checkRevisions(first as CheckOptions)
  return constraint(check, first, ...rest)
}
