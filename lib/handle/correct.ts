/** The live database corrected to what it should hold, asked of the core. */

import { checkOptions } from '../base/check-options.js'
import { PlinthError } from '../base/errors.js'
import { keepKind } from '../base/keep-kind.js'
import { aFunction, anything, flag, isObject, isText, type OptionTable, wholeNumber } from '../base/option-kinds.js'
import { shown } from '../base/shown.js'
import { whoami } from '../base/user.js'
import { native } from '../bridge/addon.js'
import { CONFIRM, confirmed } from '../bridge/confirm.js'
import { asked, Listener, since } from '../bridge/core-call.js'
import type { RepairReport, RepairWish } from '../types/index.js'
import type { DatabaseState } from '../unit/database-state.js'
import { type Compared, comparedOf, untilClosed } from './compare.js'

/**
 * The permissions of a repair. The decisions are checked where they are read: an error about one is
 * CHOICE_INVALID.
 */
export const WISH: OptionTable<keyof RepairWish> = {
  plan: flag,
  destructive: flag,
  rename: anything,
  recreate: anything,
  timeout: wholeNumber(1),
  onWait: aFunction(),
  keep: keepKind,
  ...CONFIRM,
}

/**
 * Repairs a database, or plans it. `more`: how locks are asked for, and how much is kept, as the core takes it. Throws
 * CHOICE_INVALID, and what `repair` throws.
 */
export async function correct(
  { url, place, schema, dir }: Compared,
  wish: RepairWish,
  more: object,
): Promise<RepairReport> {
  const start = performance.now()
  const { plan = false, destructive = false, timeout } = wish
  const request = { dir, plan, destructive, timeout, ...more, by: whoami(), ...decisionsOf(wish) }
  const waits = new Listener(wish.onWait)
  const asking = confirmed('repair', url, wish, word =>
    asked<Omit<RepairReport, 'url' | 'durationMs'>>(() =>
      native().repair(schema, JSON.stringify({ ...request, word }), place, waits.hear),
    ),
  )
  const report = await asking.finally(() => waits.all())
  waits.check()
  return { url, ...report, durationMs: since(start) }
}

/** The same for an open database, on a connection of its own. */
export async function repairOf(database: DatabaseState, options: unknown): Promise<RepairReport> {
  checkOptions({ call: 'repair()' }, WISH, options)
  await database.waitsFor()
  database.guard()
  const wish = (options ?? {}) as RepairWish
  const { openedFrom } = database
  const { destructive = openedFrom.autoDestructive } = wish
  const repairing = correct(
    comparedOf(database),
    { ...wish, destructive },
    {
      ...openedFrom.locks,
      ...openedFrom.keepingOf(wish),
    },
  )
  return untilClosed(database, repairing)
}

/** The decisions as the core reads them. */
function decisionsOf({ rename = {}, recreate = [] }: RepairWish) {
  if (!isObject(rename)) throw wrong('rename', "an object such as { 'users.full_name': 'users.name' }", rename)
  for (const [from, to] of Object.entries(rename)) {
    if (!isText(from) || !isText(to)) throw wrong('rename', "an object such as { 'users.full_name': 'users.name' }", to)
  }
  if (!Array.isArray(recreate) || !recreate.every(isText))
    throw wrong('recreate', "a list such as ['users.name']", recreate)
  return { rename: Object.entries(rename), recreate }
}

function wrong(option: string, expected: string, found: unknown): PlinthError {
  return new PlinthError('CHOICE_INVALID', `repair(): ${option} must be ${expected}.`, {
    expected,
    found: shown(found),
  })
}
