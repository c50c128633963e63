/** The checks of the arguments of jobs.ts: the database, the options, the claimed job; and the text of an error. */

import { PlinthError, ValidationError } from 'plinth'
import { didYouMean } from '../lib/base/nearest.js'
import { isObject, type Kind, type OptionTable } from '../lib/base/option-kinds.js'
import { kindOf, shown } from '../lib/base/shown.js'

/** The table of the bundled job queue, as errors name it. */
const table = 'job_queue'
/** Columns that only the functions of jobs.ts write. */
const KEPT = ['id', 'status', 'attempts', 'token', 'lockedBy', 'lockedUntil', 'lastError']
const LONGEST_ERROR = 10_000

/** Throws QUERY_INVALID if a value is not a database, transaction or session with the job queue. */
export function checkDb(call: string, db: unknown): void {
  const queue = (db as { jobQueue?: { claim?: unknown } } | null | undefined)?.jobQueue
  if (typeof queue?.claim === 'function') return
  const expected = 'a database, transaction or session whose schema has jobQueue'
  const found = typeof db === 'object' && db !== null ? `${kindOf(db)} without it` : kindOf(db)
  throw new PlinthError('QUERY_INVALID', `${call}(): expected ${expected}, found ${found}.`, {
    table,
    expected,
    found,
    hint: 'Add the jobQueue of plinth/models to your schema, under this name.',
  })
}

/** Throws UNKNOWN_OPTION, QUERY_INVALID: the first fault of the options that a call was passed. */
export function checkJobOptions(call: string, kinds: OptionTable, given: unknown): void {
  if (!isObject(given)) {
    const message = `${call}(): expected an object of options, found ${shown(given)}.`
    throw new PlinthError('QUERY_INVALID', message, { table, expected: 'an object of options', found: shown(given) })
  }
  for (const name in given) {
    if (Object.hasOwn(kinds, name)) continue
    const names = Object.keys(kinds)
    throw new PlinthError('UNKNOWN_OPTION', `${call}() has no option "${name}".`, {
      table,
      hint: `${didYouMean(name, names)}The options are: ${names.join(', ')}.`,
    })
  }
  for (const name in kinds) {
    const { accepts, expected, hint } = kinds[name] as Kind
    const value = (given as Record<string, unknown>)[name]
    if (value === undefined || accepts(value)) continue
    const found = shown(value)
    throw new PlinthError('QUERY_INVALID', `${call}(): ${name} must be ${expected}, found ${found}.`, {
      table,
      expected,
      found,
      ...(hint !== undefined && { hint }),
    })
  }
}

/** Throws VALUE_INVALID if a new job has values that a claim writes, or no attempt. The table checks the rest. */
export function checkNewJob(values: unknown): void {
  const given = values as Record<string, unknown> | null | undefined
  const kept = KEPT.find(name => given?.[name] !== undefined)
  if (kept !== undefined) {
    const hint = `Leave ${kept} out. A new job takes queue, payload, priority, runAt, maxAttempts and uniqueKey.`
    throw wrongColumn('enqueue', kept, { expected: 'no value', found: shown(given?.[kept]), hint })
  }
  const most = given?.maxAttempts
  if (most === undefined || !Number.isSafeInteger(most) || (most as number) >= 1) return
  throw wrongColumn('enqueue', 'maxAttempts', {
    expected: 'a whole number from 1',
    found: shown(most),
    hint: 'With maxAttempts: 1 a job is attempted once.',
  })
}

/** Throws VALUE_INVALID if a value is not a job as claimJobs() gives it; `columns` are those that the call needs. */
export function checkClaimed(call: string, job: unknown, columns: readonly string[] = []): void {
  const given = job as Record<string, unknown> | null | undefined
  const hint = 'Pass the job as claimJobs() returned it.'
  if (typeof given?.token !== 'string') {
    const found = isObject(job) ? shown(given?.token) : kindOf(job)
    throw wrongColumn(call, 'token', { expected: 'the token of a claim', found, hint })
  }
  const wrong = columns.find(name => !Number.isSafeInteger(given[name]))
  if (wrong === undefined) return
  throw wrongColumn(call, wrong, { expected: 'a whole number', found: shown(given[wrong]), hint })
}

function wrongColumn(call: string, column: string, fields: { expected: string; found: string; hint: string }) {
  const message = `${call}(): jobQueue.${column}: expected ${fields.expected}, found ${fields.found}.`
  return new ValidationError(message, { table, columns: [column], ...fields })
}

/** The text of an error, as every database can store it. */
export function textOfError(error: unknown): string {
  let text: string
  try {
    text = String(error)
  } catch {
    text = kindOf(error)
  }
  // Cut before it is made well formed: the cut may divide a pair.
  return text.replaceAll('\0', '').slice(0, LONGEST_ERROR).toWellFormed()
}
