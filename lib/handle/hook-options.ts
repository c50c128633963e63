/** The option `hooks` of open(): which function hears of the writes of which model. */

import { checkOptions } from '../base/check-options.js'
import { aFunction, type OptionTable, optionsIn, required } from '../base/option-kinds.js'
import type { ModelMeta } from '../models/metadata.js'
import type { ModelHooks } from '../types/index.js'
import { AfterCommit, type AfterCommitHook } from '../unit/after-commit.js'

const HOOKS: OptionTable<keyof ModelHooks<any, any>> = { afterCommit: required(aFunction()) }

/** The events of the database for its hooks; undefined if it has no hooks. Throws UNKNOWN_OPTION, QUERY_INVALID. */
export function hooksOf(hooks: object | undefined, models: ReadonlyMap<string, ModelMeta>): AfterCommit | undefined {
  if (hooks === undefined) return undefined
  const table = Object.fromEntries([...models.keys()].map(name => [name, optionsIn(HOOKS)]))
  checkOptions({ call: 'open()', option: 'hooks' }, table, hooks)
  const functions = new Map<string, AfterCommitHook>()
  for (const [name, given] of Object.entries((hooks ?? {}) as Record<string, ModelHooks<any, any> | undefined>))
    if (given) functions.set(name, event => given.afterCommit(event as never))
  return functions.size > 0 ? new AfterCommit(functions) : undefined
}
