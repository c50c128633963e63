/** Asking at a terminal what only a person can decide: about a revision, about a reset. Without a terminal nothing is asked. */

import type { Style } from '../base/terminal.js'
import type { Choices, Question } from '../index.js'
import { type Ask, atTerminal, say } from './at-terminal.js'

/** Whether there is somebody to ask. */
export const canAsk = () => process.stdin.isTTY === true && process.stderr.isTTY === true

/** The answers of a person: choices, whether a loss of data is meant, and why a table may be blocked. */
export interface Answers {
  choices: Required<Choices>
  loss: boolean
  blocking: string | undefined
}

/**
 * Asks each question on stderr; undefined if the person ends it (Ctrl+C, Ctrl+D), does not mean a
 * loss of data, or has no reason to block a table.
 */
export async function askAll(questions: readonly Question[], style: Style): Promise<Answers | undefined> {
  const choices = { rename: {} as Record<string, string>, drop: [] as string[], backfill: {} as Record<string, string> }
  return atTerminal(async ask => {
    let loss = false
    let blocking: string | undefined
    for (const question of questions) {
      if (question.question === 'rename') await askRename(question, choices, ask, style)
      else if (question.question === 'loss') {
        loss = await askLoss(question, ask, style)
        if (!loss) return undefined
      } else if (question.question === 'blocking') {
        blocking = await askReason(question, ask, style)
        if (blocking === '') return undefined
      } else await askBackfill(question, choices, ask, style)
    }
    return { choices: { ...choices, map: {} }, loss, blocking }
  })
}

/** Has the name of a database typed; undefined if the person ends it. */
export const askName = (name: string): Promise<string | undefined> =>
  atTerminal(async ask => (await ask(`Type the name of the database, ${name}, to destroy this: `)).trim())

/** Asks for a yes; anything else is a no. */
export const isWanted = async (text: string): Promise<boolean> => isYes(await atTerminal(ask => ask(`${text} [y/N] `)))

const isYes = (answer: string | undefined) => /^y(es)?$/i.test(answer?.trim() ?? '')

/** Whether a loss of data is meant: only an answer that begins with y confirms it. */
async function askLoss({ losses }: Question & { question: 'loss' }, ask: Ask, style: Style): Promise<boolean> {
  say(style.yellow('The revision loses data:'))
  for (const loss of losses) say(`  ${loss}`)
  return isYes(await ask('Write it? [y/N] '))
}

/** Why tables may be blocked; empty if they may not. */
async function askReason({ reasons }: Question & { question: 'blocking' }, ask: Ask, style: Style): Promise<string> {
  say(style.yellow('The revision blocks a table that has rows:'))
  for (const reason of reasons) say(`  ${reason}`)
  return (await ask('Why may it? The SQL will show the reason. Nothing: write no revision. ')).trim()
}

/** Which of the new names it has, or none. */
async function askRename(
  { table, from, to }: Question & { question: 'rename' },
  choices: { rename: Record<string, string>; drop: string[] },
  ask: Ask,
  style: Style,
): Promise<void> {
  const named = (name: string) => (table === undefined ? name : `${table}.${name}`)
  const gone = style.bold(named(from))
  // One that a question before has given away cannot be it.
  const free = to.filter(name => !Object.values(choices.rename).includes(named(name)))
  if (free.length === 0) {
    choices.drop.push(named(from))
    return
  }
  say(`${gone} is gone from the models.`)
  for (const [i, name] of free.entries())
    say(`  ${i + 1}  it was renamed to ${style.bold(named(name))} and keeps its content`)
  say(`  ${free.length + 1}  it is dropped, ${style.yellow('with its content')}`)
  const name = free[(await askNumber(free.length + 1, ask)) - 1]
  if (name !== undefined) choices.rename[named(from)] = named(name)
  else choices.drop.push(named(from))
}

/** Asks for a number from 1 on until there is one. */
async function askNumber(most: number, ask: Ask): Promise<number> {
  for (;;) {
    const answer = (await ask(`Which? [1-${most}] `)).trim()
    const number = /^\d+$/.test(answer) ? Number(answer) : 0
    if (number >= 1 && number <= most) return number
  }
}

/** The SQL of what rows get, or the default of the column. */
async function askBackfill(
  asked: Question & { question: 'backfill' | 'restore' },
  choices: { backfill: Record<string, string> },
  ask: Ask,
  style: Style,
): Promise<void> {
  const { table, column, kind } = asked
  const place = `${table}.${column}`
  const given = asked.question === 'backfill' ? asked.default : undefined
  const [what, when] = backfillWords(asked, given)
  say(`${style.bold(place)} (${kind}) ${what}`)
  if (given !== undefined) {
    say(`  1  its default, ${style.bold(given)}`)
    say('  2  the value of a SQL expression')
    if ((await askNumber(2, ask)) === 1) {
      choices.backfill[place] = 'default'
      return
    }
  }
  for (;;) {
    const sql = (await ask(`${when} Enter a SQL expression, such as 'XX' or 0: `)).trim()
    if (sql === '') continue
    choices.backfill[place] = sql
    return
  }
}

function backfillWords(
  { question }: { question: 'backfill' | 'restore' },
  given: string | undefined,
): [string, string] {
  if (question === 'restore') {
    return [
      'is dropped, and a constraint decides about its values.',
      'Which value should its rows get if the revision is reverted?',
    ]
  }
  return given === undefined
    ? ['may not be NULL and has no default.', 'Which value should existing rows get?']
    : ['may not be NULL any more. What do rows with NULL get?', 'Which value should rows with NULL get?']
}
