/** What the middlewares have in common: their options, which answers are committed, and what of an answer goes where its commit fails. */

import { PlinthError } from '../base/errors.js'
import { isRunnable } from '../base/functions.js'
import { shown } from '../base/shown.js'
import { plainOptions } from '../bridge/check-options.js'
import type { HttpScopeOptions, NamedScopeOptions } from '../types/index.js'

/** Whether an answer of this status is committed. */
export type Commits = (status: number) => boolean

/** The option `commit`, checked. */
export function commitsOf(call: string, options: HttpScopeOptions | undefined, known = ['commit']): Commits {
  plainOptions(call, options, known)
  const commit = options?.commit
  if (commit === undefined) return status => status < 400
  if (isRunnable(commit)) return commit as Commits
  throw new PlinthError(
    'QUERY_INVALID',
    `${call}(): commit must be a function of the status, found ${shown(commit)}.`,
    { hint: 'Write commit: status => status < 500.' },
  )
}

/** The option `as`, checked. */
export function nameOf(call: string, options: NamedScopeOptions | undefined): string {
  const { as = 'db' } = options ?? {}
  if (typeof as === 'string' && as !== '') return as
  throw new PlinthError('QUERY_INVALID', `${call}(): as must be a name, found ${shown(as)}.`)
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
