/**
 * The common part of the middlewares: their options, which answers are committed, and the parts of
 * an answer that are dropped if its commit fails.
 */

import { checkOptions } from '../base/check-options.js'
import { PlinthError } from '../base/errors.js'
import { aFunction, type OptionTable } from '../base/option-kinds.js'
import type { HttpScopeOptions, NamedScopeOptions } from '../types/index.js'
import { SESSION, type SessionSettings } from '../unit/transaction-options.js'

/** Whether an answer of this status is committed. */
export type Commits = (status: number) => boolean

/** How long the transaction of a request's session may idle, in milliseconds. */
const IDLE_TIMEOUT = 30_000

const { isolation, idleTimeout, timeout } = SESSION

/** The options of a scope without a name. */
export const SCOPE: OptionTable<keyof HttpScopeOptions> = {
  isolation,
  idleTimeout,
  timeout,
  commit: { ...aFunction('a function of the status'), hint: 'Write commit: status => status < 500.' },
}

/** The options of a scope with a name. */
export const NAMED_SCOPE: OptionTable<keyof NamedScopeOptions> = {
  ...SCOPE,
  as: { expected: 'a name', accepts: value => typeof value === 'string' && value !== '' },
}

/** The rules in the options of a middleware. */
export interface ScopeRules {
  readonly commits: Commits
  /** The settings of the session of a request; `owner` names its route. */
  settings(owner: () => string): SessionSettings
}

/** Checks the options of a middleware. Throws UNKNOWN_OPTION, QUERY_INVALID. */
export function scopeRules(call: string, options: HttpScopeOptions | undefined, table: OptionTable): ScopeRules {
  checkOptions({ call: `${call}()` }, table, options)
  const { commit, isolation, idleTimeout = IDLE_TIMEOUT, timeout = Number.POSITIVE_INFINITY } = options ?? {}
  return {
    commits: commit ?? (status => status < 400),
    settings: owner => ({ isolation, idleTimeout, timeout, owner }),
  }
}

/** A route as errors and warnings name it: never with what stands behind `?`, which may be secret. */
export const routeName = (method: unknown, path: unknown) => `${method} ${String(path).split('?', 1)[0]}`

/** An error for a session that would hide something else on the request. */
export function taken(call: string, as: string): PlinthError {
  return new PlinthError('QUERY_INVALID', `${call}(): the request already has a property "${as}".`, {
    hint: `Give the session another name: ${call}(db, { as: 'reports' }).`,
  })
}

/** Why what belongs to a request is given up before its answer. */
export const gone = () => new PlinthError('ABORTED', 'The client disconnected before its answer.')

/** Headers that say something of one answer, and would be wrong on the error that is sent in its place. */
export const OF_THE_ANSWER = [
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'digest',
  'etag',
  'expires',
  'last-modified',
  'link',
  'location',
  'refresh',
  'set-cookie',
  'trailer',
  'transfer-encoding',
]
