/**
 * Decisions about a revision that only a person can take: choices as they are written, and the
 * questions that ask for them.
 */

import { PlinthError } from '../base/errors.js'
import { isText } from '../base/option-kinds.js'
import type { Problem, Question } from '../base/problem.js'
import { shown } from '../base/shown.js'
import { DIALECTS } from '../project/config.js'
import type { Choices } from '../types/index.js'

/** The choices in the form that the core reads: src/diff/mod.rs. */
export function choicesJson({ rename = {}, drop = [], backfill = {}, map = {} }: Choices): object {
  if (!Array.isArray(drop)) throw wrong('drop', "a list such as ['users.phone']", drop)
  for (const name of drop) place('drop', name)
  return {
    renames: pairs('rename', rename, "an object such as { 'users.phone': 'users.mobile' }").map(renamed),
    drops: drop,
    backfills: pairs('backfill', backfill, `an object such as { 'users.country': "'XX'" }`).map(([name, value]) => ({
      ...column('backfill', name),
      value: rowValue(name, value),
    })),
    maps: pairs('map', map, "an object such as { 'tasks.status': { paused: 'queued' } }").flatMap(([name, words]) =>
      pairs(`map of ${name}`, words, "an object such as { paused: 'queued' }").map(([from, to]) => {
        if (!isText(to)) throw wrong(`map of ${name}`, 'words', to)
        return { ...column('map', name), from, to }
      }),
    ),
  }
}

/** The value of rows in the form that the core reads: src/diff/row_value.rs. No SQL expression is the word DEFAULT. */
function rowValue(name: string, value: unknown): object | string {
  const option = `backfill of ${name}`
  if (typeof value !== 'object' || value === null) {
    const sql = expression(option, "a SQL expression, 'default', or { sqlite, postgres }", value)
    return isDefault(sql) ? { fill: 'default' } : sql
  }
  const each: Record<string, string> = {}
  for (const [database, sql] of pairs(option, value, 'a SQL expression, or { sqlite, postgres }')) {
    if (!(DIALECTS as readonly string[]).includes(database))
      throw wrong(option, `the databases ${DIALECTS.join(' and ')}`, database)
    if (sql === undefined) continue
    each[database] = expression(`${option} on ${database}`, 'a SQL expression', sql)
    if (isDefault(each[database])) {
      throw invalid(`${option}: 'default' is for all databases.`, `Write backfill: { '${name}': 'default' }.`)
    }
  }
  return each
}

function expression(option: string, expected: string, sql: unknown): string {
  if (!isText(sql) || sql.trim() === '') throw wrong(option, expected, sql)
  return sql
}

const isDefault = (sql: string) => sql.trim().toLowerCase() === 'default'

function renamed([old, now]: [string, unknown]) {
  const from = place('rename', old)
  const to = place('rename', now)
  if ((from.column === undefined) !== (to.column === undefined)) {
    throw invalid(`rename: ${old} and ${String(now)} are not both tables, nor both columns.`, RENAMES)
  }
  if (from.column === undefined || to.column === undefined) return { from: from.table, to: to.table }
  if (from.table !== to.table) {
    throw invalid(
      `rename: a column stays in its table, ${old} and ${String(now)} are in two.`,
      'If the table is renamed too, use its new name: rename people:users, rename users.phone:users.mobile.',
    )
  }
  return { table: to.table, from: from.column, to: to.column }
}

const RENAMES = "Write 'users.phone': 'users.mobile', or people: 'users'."

/** The table, or the table and the column, that a text names. */
function place(option: string, name: unknown): { table: string; column?: string } {
  const [table = '', ...rest] = isText(name) ? name.split('.') : []
  const column = rest.join('.')
  if (table === '' || (rest.length > 0 && column === '')) throw wrong(option, 'a table, or table.column', name)
  return rest.length > 0 ? { table, column } : { table }
}

function column(option: string, name: string): { table: string; column: string } {
  const found = place(option, name)
  if (found.column === undefined) throw wrong(option, 'table.column', name)
  return { table: found.table, column: found.column }
}

function pairs(option: string, value: unknown, expected: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(option, expected, value)
  return Object.entries(value)
}

const wrong = (option: string, expected: string, value: unknown) =>
  invalid(`${option}: expected ${expected}, found ${shown(value)}.`)

function invalid(message: string, hint?: string): PlinthError {
  return new PlinthError('CHOICE_INVALID', message, { ...(hint !== undefined && { hint }) })
}

/**
 * The answers that a question has, each as the flags that say it. The parts that a person has to
 * fill in are in angle brackets.
 */
export function answers(question: Question): string[] {
  if (question.question === 'loss') return ['--yes']
  if (question.question === 'blocking') return ['--allow-blocking "<reason>"']
  if (question.question !== 'rename') {
    const flag = (value: string) => `--backfill "${question.table}.${question.column}=${value}"`
    const first = question.question === 'backfill' && question.default !== undefined ? ['default'] : []
    return [...first, '<SQL expression>'].map(flag)
  }
  const { table, from, to } = question
  const named = (name: string) => (table === undefined ? name : `${table}.${name}`)
  return [...to.map(name => `--rename ${named(from)}:${named(name)}`), `--drop ${named(from)}`]
}

/** An error that asks all the questions, each with its answers. */
export function undecided(questions: readonly Question[]): PlinthError {
  const problems = questions.map(problem)
  const many = questions.length === 1 ? 'One decision is needed' : `${questions.length} decisions are needed`
  return new PlinthError('DECISION_REQUIRED', `${many} before the revision can be written.`, {
    problems,
    questions,
    hint: `Decide with ${questions.map(question => answers(question).join(', or ')).join('; and ')}.`,
  })
}

function problem(question: Question): Problem {
  const flags = answers(question).join(', or ')
  if (question.question === 'loss') {
    return { message: `The revision loses data: ${question.losses.join('; ')}. Is that meant? ${flags}` }
  }
  if (question.question === 'blocking') {
    return { message: `The revision blocks a table that has rows: ${question.reasons.join(' ')} Why may it? ${flags}` }
  }
  if (question.question === 'restore') {
    const { table, column, kind } = question
    return {
      model: table,
      column,
      message: `is dropped, and a constraint decides about its values: which ${kind} do rows get if the revision is reverted? ${flags}`,
    }
  }
  if (question.question === 'backfill') {
    const { table, column, kind, default: given } = question
    const message =
      given === undefined
        ? `may not be NULL and has no default: which ${kind} do existing rows get? ${flags}`
        : `may not be NULL any more: which ${kind} do rows with NULL get? Its default is ${given}. ${flags}`
    return { model: table, column, message }
  }
  const { table, from, to } = question
  const what = table === undefined ? 'table' : 'column'
  const others = to.join(' or ')
  const message = `the ${what} was removed and ${others} is new: renamed or dropped? ${flags}`
  return table === undefined ? { model: from, message } : { model: table, column: from, message }
}
