/** What the middlewares have in common: their options, which answers are committed, and what of an answer goes where its commit fails. */

import { checkOptions } from '../base/check-options.js'
import { PlinthError } from '../base/errors.js'
import { aFunction, type OptionTable } from '../base/option-kinds.js'
import type { HttpScopeOptions, NamedScopeOptions } from '../types/index.js'

/** Whether an answer of this status is committed. */
export type Commits = (status: number) => boolean

/** The options of a scope without a name. */
export const SCOPE: OptionTable<keyof HttpScopeOptions> = {
  commit: { ...aFunction('a function of the status'), hint: 'Write commit: status => status < 500.' },
}

/** The options of a scope with a name. */
export const NAMED_SCOPE: OptionTable<keyof NamedScopeOptions> = {
  ...SCOPE,
  as: { expected: 'a name', accepts: value => typeof value === 'string' && value !== '' },
}

/** Checks the options of a middleware, and gives the option `commit`. Throws UNKNOWN_OPTION, QUERY_INVALID. */
export function commitsOf(call: string, options: HttpScopeOptions | undefined, table: OptionTable): Commits {
  checkOptions({ call: `${call}()` }, table, options)
  return options?.commit ?? (status => status < 400)
}

/** An error for a session that would hide something else on the request. */
export function taken(call: string, as: string): PlinthError {
  return new PlinthError('QUERY_INVALID', `${call}(): the request has something of the name "${as}" already.`, {
    hint: `Give the session another name: ${call}(db, { as: 'reports' }).`,
  })
}

/** Why what belongs to a request is given up before its answer. */
export const gone = () => new PlinthError('ABORTED', 'The client went away before it was answered.')

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
