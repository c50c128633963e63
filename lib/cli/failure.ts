/**
 * The CLI's report of a failure: the message, where, what was expected, and the way out; never a
 * stack unless DEBUG=plinth.
 */

import { fileURLToPath } from 'node:url'
import type { Style } from '../base/terminal.js'
import type { Lost, Problem, Question } from '../index.js'
import { shownPath } from './report.js'

/**
 * The fields that an error can have. It is recognized by its fields, not its class: it may come
 * from another copy of Plinth, or from the user's seed.
 */
export interface Failure {
  code: string
  message: string
  table?: string
  columns?: readonly string[]
  constraint?: string
  expected?: string
  found?: string
  hint?: string
  problems?: readonly Problem[]
  questions?: readonly Question[]
  lost?: readonly Lost[]
}

const FIELDS = ['table', 'columns', 'constraint', 'expected', 'found', 'hint', 'problems', 'questions', 'lost'] as const

/** Refused since the database is not as it has to be, or somebody has to say that it is meant. */
const GUARDS = [
  'RESET_REFUSED',
  'PROTECTED',
  'ADOPTION_REFUSED',
  'DRIFTED',
  'REVISION_EDITED',
  'REVISION_MISSING',
  'REVISION_AHEAD',
  'REVISION_UNFINISHED',
  'ONLINE_REFUSED',
]

/** Refused by a guard is 1, everything else that fails is 2. */
export function exitCodeOf(failure: Failure): 1 | 2 {
  return GUARDS.includes(failure.code) ? 1 : 2
}

/** Anything thrown, as what there is to say about it. */
export function failureOf(thrown: unknown): Failure {
  const error = (
    typeof thrown === 'object' && thrown !== null ? thrown : { message: String(thrown) }
  ) as Partial<Failure>
  const fields = Object.fromEntries(FIELDS.filter(name => error[name] !== undefined).map(name => [name, error[name]]))
  const failure: Failure = { code: error.code ?? 'FAILED', message: error.message || String(thrown), ...fields }
  const place = failure.problems || isOurs(thrown) ? undefined : usersLine(thrown)
  return place ? { ...failure, message: `${failure.message} (${place})` } : failure
}

/** The failure as lines for stderr. */
export function failureText(failure: Failure, style: Style): string {
  const { message, table, columns, constraint, expected, found, hint, problems, code } = failure
  const lines = [`${style.red('plinth:')} ${message}`]
  // The messages of all other errors list the problems themselves.
  for (const problem of (code === 'DECISION_REQUIRED' && problems) || []) {
    const where = [problem.model, problem.column].filter(Boolean).join('.')
    lines.push(`  ${where ? `${style.bold(where)}: ${problem.message}` : problem.message}`)
  }
  const add = (label: string, text: string | undefined) => {
    if (text) lines.push(`  ${style.dim(label.padEnd(12))}${text.replaceAll('\n', `\n${' '.repeat(14)}`)}`)
  }
  if (table) add('where', columns?.length ? columns.map(column => `${table}.${column}`).join(', ') : table)
  add('constraint', constraint)
  add('expected', expected)
  add('found', found)
  add('hint', hint)
  add('code', code)
  return lines.join('\n')
}

/** The stacks, innermost cause last: only for DEBUG=plinth. */
export function stackText(thrown: unknown): string {
  const stacks: string[] = []
  for (let error: unknown = thrown; error instanceof Error && stacks.length < 5; error = error.cause) {
    stacks.push(error.stack ?? String(error))
  }
  return stacks.join('\ncaused by ')
}

function isOurs(thrown: unknown): boolean {
  return thrown instanceof Error && 'retryable' in thrown && 'code' in thrown
}

/** The line of the user's own file that threw: the first frame that is neither Node's nor a package's nor ours. */
function usersLine(thrown: unknown): string | undefined {
  const frames = thrown instanceof Error ? (thrown.stack ?? '').split('\n').slice(1) : []
  const frame = frames.find(
    text => !/node:|node_modules|\(?native|<anonymous>\)?$/.test(text) && !text.includes(__dirname),
  )
  const place = frame?.replace(/^\s*at (?:async )?/, '').replace(/^.*\((.*)\)$/, '$1')
  const [, file, line] = /^(.*?):(\d+)(?::\d+)?$/.exec(place ?? '') ?? []
  return file && `${shownPath(file.startsWith('file:') ? fileURLToPath(file) : file)}:${line}`
}
