/** The verbs of what is kept: listing it, bringing it back, dropping it. */

import { count, duration, type Style } from '../base/terminal.js'
import {
  dropKept,
  type KeptEntry,
  type KeptReport,
  kept,
  PlinthError,
  type RestoredEntry,
  type RestoreKeptReport,
  restoreKept,
} from '../index.js'
import { type Options, type Outcome, waits, where } from './commands.js'
import { line, sentence, title } from './report.js'
import { asksForWord } from './word.js'

/** The options of `kept` and `restore`. */
export interface KeptFlags extends Options {
  drop?: string[]
  plan?: boolean
}

/** The number of an entry, as it was typed. Throws QUERY_INVALID for what is not a whole number from 1. */
function numberOf(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new PlinthError('QUERY_INVALID', `${JSON.stringify(text)} is not the number of an entry.`, {
    expected: 'a whole number from 1',
    found: text,
    hint: '`plinth kept` lists the numbers.',
  })
}

/** Lists what is kept, or drops entries. */
export async function keptVerb(options: KeptFlags): Promise<Outcome> {
  if (options.drop === undefined) {
    const report = await kept(where(options))
    return { json: report, text: style => listText(report, style), exitCode: 0 }
  }
  const report = await dropKept({
    ...where(options),
    ...waits(options),
    ...asksForWord(),
    number: options.drop.map(numberOf),
  })
  const lines = report.dropped.map(({ number, what, rows }) =>
    line('dropped', `${number}: ${what}, ${count(rows, 'row')}, for good`),
  )
  if (report.notErased)
    lines.push(sentence('readable', `Dropped rows may still be readable in the file. ${report.notErased}`))
  return { json: report, text: style => [title(style, 'kept', report.url), ...lines].join('\n'), exitCode: 0 }
}

/** Brings back the entries with these numbers. */
export async function restoreNumbers(options: KeptFlags, texts: string[]): Promise<Outcome> {
  const plan = options.plan === true
  const report = await restoreKept({
    ...where(options),
    ...waits(options),
    ...asksForWord(),
    number: texts.map(numberOf),
    plan,
  })
  return { json: report, text: style => restoreText(report, style), exitCode: 0 }
}

function listText({ url, kept }: KeptReport, style: Style): string {
  const lines = [title(style, 'kept', url), ...kept.flatMap(entry => entryLines(entry, style))]
  if (kept.length === 0) lines.push('  Nothing is kept.')
  return lines.join('\n')
}

function entryLines({ number, what, rows, bytes, keptAt, by, why, definition }: KeptEntry, style: Style): string[] {
  const when = keptAt.replace('T', ' ').replace(/(\.\d+)?Z$/, '')
  return [
    line(String(number), `${what}, ${count(rows, 'row')}, ${count(bytes, 'byte')}`),
    line('', style.dim(`${when}, ${by}: ${why}`)),
    ...definition.split('\n').map(text => line('', style.dim(text))),
  ]
}

function restoreText({ url, plan, entries, durationMs }: RestoreKeptReport, style: Style) {
  const lines = [title(style, 'restore', url), ...entries.flatMap(entry => restoredLines(entry, plan))]
  const numbers = entries.map(({ number }) => number).sort((one, other) => one - other)
  const drop = numbers.map(number => `--drop ${number}`).join(' ')
  const made = entries.some(entry => entry.made.length > 0)
  if (made && !plan) lines.push(sentence('next', AFTER))
  const [words, stay] = numbers.length === 1 ? ['entry', 'stays'] : ['entries', 'stay']
  const done = plan
    ? 'Plan only: nothing was changed'
    : `Done; the ${words} ${numbers.join(', ')} ${stay} until plinth kept ${drop}`
  lines.push(`  ${style.green(done)}${style.dim(`, ${duration(durationMs)}`)}`)
  return lines.join('\n')
}

const AFTER =
  'Revert the revision with plinth downgrade, or declare what was made in the models and run plinth revision ' +
  'and plinth upgrade: both run no SQL for what is as they would make it, and name what differs.'

function restoredLines({ what, made, rows, same, gone }: RestoredEntry, plan: boolean): string[] {
  const lines = made.map(text => line(plan ? 'makes' : 'made', text))
  lines.push(line(plan ? 'restores' : 'restored', `${what}, ${count(rows, 'row')}`))
  if (same) lines.push(line('unchanged', `${count(same, 'row')} with the same values`))
  if (gone) lines.push(line('missing', `${count(gone, 'row')}: deleted since`))
  return lines
}
