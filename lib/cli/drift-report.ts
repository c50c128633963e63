/** The report of drift as text that a person likes to read. */

import { count, duration, type Style } from '../base/terminal.js'
import type { DriftDifference, DriftReport } from '../index.js'
import { driftSummary } from './drift-summary.js'
import { line, sentence, title } from './report.js'

/** The differences, table by table, and the ways to correct them. */
export function driftText(report: DriftReport, style: Style): string {
  const { url, ahead, unfinished, differences, foreign, durationMs } = report
  const lines = [title(style, 'drift', url)]
  lines.push(line('against', comparedWith(report)))
  if (ahead.length) lines.push(line('ahead', 'revisions that this release does not know', ahead))
  if (unfinished !== null) lines.push(style.yellow(line('half done', `revision ${unfinished}`)))
  for (const difference of differences) lines.push(...differenceLines(difference, style))
  const others = foreign.filter(({ what }) => !OWN.includes(what))
  const things = others.map(({ what, name, table }) => `${what} ${name}${table === null ? '' : ` of ${table}`}`)
  if (things.length)
    lines.push(style.dim(line('foreign', `${count(things.length, 'thing')} that no model declares`, things)))
  const words = differences.length ? style.yellow(driftSummary(report.grades)) : style.green('No drift')
  return [...lines, `  ${words}${style.dim(`, ${duration(durationMs)}`)}`].join('\n')
}

/** Tables that Plinth keeps for itself, which a person need not know of. */
const OWN = ['a table of Plinth', 'a table of Diesel']

function comparedWith({ against, current }: DriftReport): string {
  if (against === 'models') return 'the models: no revision is applied'
  return current === null ? 'the revisions: all are reverted, no table is expected' : `revision ${current}`
}

const LABELS = { safe: 'safe', 'missing-data': 'gone', destructive: 'loses', blocked: 'blocked' } as const

/** A difference, why it has its grade, and what to do. */
export function differenceLines({ grade, message, why, fix, model }: DriftDifference, style: Style): string[] {
  const colour = grade === 'safe' ? style.yellow : style.red
  const lines = [colour(sentence(LABELS[grade], message)), style.dim(sentence('', why)), sentence('', fix)]
  if (model !== null && !fix.includes(model)) lines.push(sentence('', `In the models: ${model}`))
  return lines
}
