/** The settings of open({ log }), and the lines it writes on the standard error output. */

import { isRunnable } from '../base/functions.js'
import { aFunction, flag, isObject, type Kind, type OptionTable } from '../base/option-kinds.js'
import { shown } from '../base/shown.js'
import { count, type Style, styleOf } from '../base/terminal.js'
import type { LogOptions, OpenOptions, StatementEvent } from '../types/index.js'

/** What is reported, to whom. */
export interface Log {
  /** Whether every statement is, or only what is slow. */
  readonly statements: boolean
  readonly slowMs: number | undefined
  readonly values: boolean
  /** How often a read may be repeated; undefined: reads are not counted. */
  readonly nPlusOne: number | undefined
  /** After how many milliseconds an idle transaction of a session is warned of; undefined: never. */
  readonly idleMs: number | undefined
  readonly to: (event: StatementEvent) => void
}

/** How often a read may be repeated by default. */
const REPEATED = 10
/** How long a session may keep a transaction open without a call in it before it is warned of, in milliseconds. */
const IDLE = 5000
/** Characters of the SQL in a line, at most. */
const WIDTH = 240

const OPTIONS: OptionTable<keyof LogOptions> = {
  statements: flag,
  slowMs: { expected: 'a number of milliseconds from 0', accepts: value => typeof value === 'number' && value >= 0 },
  values: flag,
  nPlusOne: {
    expected: 'true, false or a whole number from 1',
    accepts: value => typeof value === 'boolean' || (Number.isSafeInteger(value) && (value as number) > 0),
  },
  to: aFunction(),
}

/** The option `log`. */
export const LOG: Kind = {
  expected: 'true, false, a function or an object',
  accepts: value => typeof value === 'boolean' || isRunnable(value) || isObject(value),
  options: OPTIONS,
}

/** The settings of `log`, which was checked. */
export function logOf(options: Pick<OpenOptions, 'log' | 'env'>): Log {
  const given = options.log
  const { NODE_ENV } = options.env ?? process.env
  const development = NODE_ENV === 'development' ? REPEATED : undefined
  // The console survives a stream whose reader has gone.
  const write = (event: StatementEvent) => console.error(lineOf(styleOf(process.stderr), event))
  const idleMs = NODE_ENV === 'production' ? undefined : IDLE
  const plain = { slowMs: undefined, values: false, nPlusOne: development, idleMs }
  if (given === undefined || typeof given === 'boolean') return { ...plain, statements: given === true, to: write }
  if (typeof given === 'function') return { ...plain, statements: true, to: given }
  const { statements, slowMs, values, nPlusOne, to } = given
  return {
    statements: statements ?? (slowMs === undefined && nPlusOne === undefined),
    slowMs,
    values: values === true,
    nPlusOne: nPlusOne === undefined ? development : often(nPlusOne),
    idleMs,
    to: to ?? write,
  }
}

const often = (given: boolean | number) => (typeof given === 'number' ? given : given ? REPEATED : undefined)

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
