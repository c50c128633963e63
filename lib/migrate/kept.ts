/** Rows that destructive steps have kept in a database: listed, brought back, dropped. */

import { checkOptions } from '../base/check-options.js'
import { flag, type OptionTable, oneOrMore, required, wholeNumber } from '../base/option-kinds.js'
import { native } from '../bridge/addon.js'
import { CONFIRM, confirmed } from '../bridge/confirm.js'
import { asked, Listener, since } from '../bridge/core-call.js'
import { lastingLocation, projectOf } from '../project/project.js'
import { DATABASE, PROJECT, WAITS } from '../project/project-options.js'
import type {
  AnySchema,
  DropKeptOptions,
  DropKeptReport,
  KeptOptions,
  KeptReport,
  RestoreKeptOptions,
  RestoreKeptReport,
  TableLockOptions,
} from '../types/index.js'

const KEPT: OptionTable<keyof KeptOptions> = { ...PROJECT, db: DATABASE.db }
const NUMBER = {
  ...required(wholeNumber(1)),
  hint: 'The numbers are those that kept() and plinth kept list.',
  ...oneOrMore(wholeNumber(1)),
}
const RESTORE: OptionTable<keyof RestoreKeptOptions> = {
  ...DATABASE,
  ...WAITS,
  ...CONFIRM,
  number: NUMBER,
  plan: flag,
}
const DROP: OptionTable<keyof DropKeptOptions> = { ...DATABASE, ...WAITS, ...CONFIRM, number: NUMBER }

/**
 * Lists what destructive steps have kept in the database, the oldest first. Changes nothing, and reads no kept row.
 *
 * @example
 * const { kept: entries } = await kept()
 * for (const { number, what, rows, keptAt } of entries) console.log(number, what, rows, keptAt)
 */
export async function kept<S extends AnySchema = AnySchema>(options: KeptOptions<S> = {}): Promise<KeptReport> {
  checkOptions({ call: 'kept()' }, KEPT, options)
  const { shown, place } = placeOf('kept', options)
  return { url: shown, kept: await asked<KeptReport['kept']>(() => native().listKept('{}', place)) }
}

/**
 * Brings back what is kept under a number or several, by the keys of the rows, in one transaction; makes a table or a column
 * again where it is gone. Rows come after those that they point to, in whatever order the numbers are given; rows of tables
 * that point to each other come back together. With `plan` it is all done and taken back, so that the report says what would
 * be. The entries stay until `dropKept`.
 *
 * Throws KEPT_UNKNOWN; RESTORE_REFUSED where it does not fit any more, with each difference in `problems`; PROTECTED without the
 * word of a protected database, unless it is a plan. After an error nothing has changed.
 *
 * @example
 * const { rows, gone } = await restoreKept({ number: 3, plan: true })
 * await restoreKept({ number: [3, 4] })
 */
export async function restoreKept<S extends AnySchema = AnySchema>(
  options: RestoreKeptOptions<S>,
): Promise<RestoreKeptReport> {
  checkOptions({ call: 'restoreKept()' }, RESTORE, options)
  const { number, plan = false, timeout } = options
  return changed('restoreKept', options, { numbers: [number].flat(), plan, timeout }, (request, place, heard) =>
    native().restoreKept(request, place, heard),
  )
}

/**
 * Drops what is kept under a number or several, for good, in one transaction. A number is never given again.
 *
 * Throws KEPT_UNKNOWN; PROTECTED without the word of a protected database.
 *
 * @example
 * await dropKept({ number: 3 })
 * await dropKept({ number: [4, 5] })
 */
export async function dropKept<S extends AnySchema = AnySchema>(options: DropKeptOptions<S>): Promise<DropKeptReport> {
  checkOptions({ call: 'dropKept()' }, DROP, options)
  const { number, timeout } = options
  return changed('dropKept', options, { numbers: [number].flat(), timeout }, (request, place, heard) =>
    native().dropKept(request, place, heard),
  )
}

type Place = Parameters<ReturnType<typeof native>['listKept']>[1]

async function changed<R extends { url: string; durationMs: number }>(
  call: string,
  options: DropKeptOptions<any> | RestoreKeptOptions<any>,
  request: object,
  work: (request: string, place: Place, heard?: (json: string) => void) => Promise<string>,
): Promise<R> {
  const start = performance.now()
  const { shown, locks, place } = placeOf(call, options)
  const waits = new Listener(options.onWait)
  const asking = confirmed(call, shown, options, word =>
    asked<Omit<R, 'url' | 'durationMs'>>(() => work(JSON.stringify({ ...request, ...locks, word }), place, waits.hear)),
  )
  const report = await asking.finally(() => waits.all())
  waits.check()
  return { url: shown, ...report, durationMs: since(start) } as R
}

/** The database. Models are not looked for: what is kept says itself what it is. */
function placeOf(call: string, options: KeptOptions<any>): { shown: string; locks: TableLockOptions; place: Place } {
  const project = projectOf(call, options)
  const { migration, handle } = lastingLocation(call, project)
  return { shown: migration.shown, locks: project.locks, place: { settings: migration.settings(), handle } }
}
