/** What open({ log }) asks for, and the lines it writes on the standard error output. */

import { PlinthError } from '../base/errors.js'
import { isRunnable } from '../base/functions.js'
import { shown } from '../base/shown.js'
import { count, type Style, styleOf } from '../base/terminal.js'
import type { LogOptions, OpenOptions, StatementEvent } from '../types/index.js'

/** What is reported, to whom. */
export interface Log {
  /** Whether every statement is, or only what is slow. */
  readonly statements: boolean
  readonly slowMs: number | undefined
  readonly values: boolean
  /** How often a read may be repeated; undefined: nobody counts. */
  readonly nPlusOne: number | undefined
  readonly to: (event: StatementEvent) => void
}

/** How often a read may be repeated, where that is not said. */
const REPEATED = 10
/** Characters of the SQL in a line, at most. */
const WIDTH = 240
const KNOWN = ['statements', 'slowMs', 'values', 'nPlusOne', 'to']

/** What `log` asks for, checked. Throws QUERY_INVALID, UNKNOWN_OPTION. */
export function logOf(call: string, options: Pick<OpenOptions, 'log' | 'env'>): Log {
  const given = options.log
  const { NODE_ENV } = options.env ?? process.env
  const development = NODE_ENV === 'development' ? REPEATED : undefined
  // The console survives a stream that nobody reads any more.
  const write = (event: StatementEvent) => console.error(lineOf(styleOf(process.stderr), event))
  const plain = { slowMs: undefined, values: false, nPlusOne: development }
  if (given === undefined || typeof given === 'boolean') return { ...plain, statements: given === true, to: write }
  if (isRunnable(given)) return { ...plain, statements: true, to: given }
  const { statements, slowMs, values, nPlusOne, to } = checked(call, given)
  return {
    statements: statements ?? (slowMs === undefined && nPlusOne === undefined),
    slowMs,
    values: values === true,
    nPlusOne: nPlusOne === undefined ? development : often(nPlusOne),
    to: to ?? write,
  }
}

const often = (given: boolean | number) => (typeof given === 'number' ? given : given ? REPEATED : undefined)

function checked(call: string, given: unknown): LogOptions {
  const wrong = (name: string, expected: string, value: unknown) =>
    new PlinthError('QUERY_INVALID', `${call}(): ${name} must be ${expected}, found ${shown(value)}.`)
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw wrong('log', 'true, false, a function or an object', given)
  }
  for (const name in given) {
    if (KNOWN.includes(name)) continue
    throw new PlinthError('UNKNOWN_OPTION', `${call}(): log has no option "${name}".`, {
      hint: `The options are: ${KNOWN.join(', ')}.`,
    })
  }
  const log: LogOptions = given
  const { statements, slowMs, values, nPlusOne, to } = log
  for (const [name, value] of Object.entries({ statements, values })) {
    if (value !== undefined && typeof value !== 'boolean') throw wrong(`log.${name}`, 'true or false', value)
  }
  if (slowMs !== undefined && !(typeof slowMs === 'number' && slowMs >= 0)) {
    throw wrong('log.slowMs', 'a number of milliseconds from 0', slowMs)
  }
  if (nPlusOne !== undefined && typeof nPlusOne !== 'boolean' && !(Number.isSafeInteger(nPlusOne) && nPlusOne > 0)) {
    throw wrong('log.nPlusOne', 'true, false or a whole number from 1', nPlusOne)
  }
  if (to !== undefined && !isRunnable(to)) throw wrong('log.to', 'a function', to)
  return log
}

/** A statement as one line: how long it took, what came of it, its SQL, its values. */
export function lineOf(style: Style, event: StatementEvent): string {
  const { action, error, model, rows, slow, sql, values } = event
  const took = slow ? style.yellow(`${time(event.durationMs)} slow`) : time(event.durationMs)
  const steers = model === undefined && action !== 'sql'
  const came = error ? `, ${style.red(error.code)}` : steers ? '' : `, ${count(rows, 'row')}`
  const bound = values?.length ? style.dim(`  [${values.map(value => shown(value)).join(', ')}]`) : ''
  return `${style.dim('plinth')} ${took}${came}  ${oneLine(sql)}${bound}`
}

const time = (ms: number) =>
  ms < 10 ? `${ms.toFixed(2)} ms` : `${ms.toLocaleString('en-US', { maximumFractionDigits: ms < 100 ? 1 : 0 })} ms`

/** The middle is what can be spared: mostly names of columns. */
function oneLine(sql: string): string {
  const text = sql.replace(/\s+/g, ' ').trim()
  if (text.length <= WIDTH) return text
  return `${text.slice(0, WIDTH / 3)} ... ${text.slice(text.length - (WIDTH * 2) / 3)}`
}
