/** The report of a repair as text that a person likes to read. */

import { count, duration, type Style } from '../base/terminal.js'
import type { RepairReport } from '../index.js'
import { differenceLines } from './drift-report.js'
import { driftSummary } from './drift-summary.js'
import { keptLines, sentence, title } from './report.js'

/** What was repaired, or would be, and what is left. */
export function repairText(report: RepairReport, style: Style): string {
  const { url, outcome, steps, repaired, remaining, kept, grades, durationMs } = report
  const lines = [title(style, 'repair', url)]
  for (const { message, why, grade } of repaired) {
    lines.push(sentence(outcome === 'planned' ? 'planned' : 'mended', message))
    if (grade !== 'safe' || outcome === 'planned') lines.push(style.dim(sentence('', why)))
  }
  lines.push(...keptLines(kept))
  if (outcome === 'planned') lines.push(...steps.map(({ sql }) => `${sql};`))
  for (const difference of remaining) lines.push(...differenceLines(difference, style))
  const words = {
    nothing: remaining.length ? 'Nothing was repaired' : 'Nothing to repair',
    planned: `${count(steps.length, 'statement')} planned, nothing was changed`,
    repaired: `${count(repaired.length, 'difference')} repaired`,
  }[outcome]
  const left = remaining.length ? style.yellow(`; left: ${driftSummary(grades)}`) : ''
  return [...lines, `  ${style.green(words)}${left}${style.dim(`, ${duration(durationMs)}`)}`].join('\n')
}
