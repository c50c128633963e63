/** The reports of migrations as text that a person likes to read. */

import { count, duration, type Style } from '../base/terminal.js'
import type {
  CheckReport,
  DowngradeReport,
  HistoryReport,
  KnownRevision,
  RevisionReport,
  StampReport,
  StatusReport,
  UpgradeReport,
  WrittenRevision,
} from '../index.js'
import { driftSummary } from './drift-summary.js'
import { ADOPTED, halfDone, line, ranLines, sentence, shownPath, title } from './report.js'

const NOTHING = 'Nothing to do'

const end = (style: Style, words: string, more: string) => `  ${style.green(words)}${style.dim(more)}`
const folderOf = ({ version, name }: { version: string; name: string }) => `${version}_${name}`
const at = (current: string | null) => line('current', current ?? 'base: no revision is applied')

/** What was written, and what it does. */
export function revisionText({ outcome, revisions, durationMs }: RevisionReport, style: Style): string {
  const lines = [style.bold('plinth revision')]
  for (const revision of revisions) lines.push(...writtenLines(revision, style))
  const said = outcome === 'nothing' ? `${NOTHING}: the revisions lead to the models` : 'Done'
  return [...lines, end(style, said, `, ${duration(durationMs)}`)].join('\n')
}

function writtenLines(revision: WrittenRevision, style: Style): string[] {
  const { folder, operations, destructive, warnings, files, proven, unseeded = [] } = revision
  const on = Object.entries(proven)
  const names = (done: boolean) => on.filter(([, proven]) => proven === done).map(([name]) => name)
  const lines = [line('wrote', shownPath(folder)), ...Object.keys(files).map(name => line('', name))]
  for (const operation of operations) lines.push(sentence('change', operation))
  for (const loss of destructive) lines.push(style.yellow(sentence('loses', loss)))
  for (const warning of warnings) lines.push(...warningLines(warning.message, warning.hint, style))
  if (names(true).length) lines.push(line('proven', `on ${names(true).join(' and ')}`))
  if (names(false).length) lines.push(style.yellow(line('unproven', `on ${names(false).join(' and ')}`)))
  if (proven.postgres === false && 'sqlite' in proven)
    lines.push(line('', 'if the project is for SQLite alone: "dialects": ["sqlite"] in its configuration'))
  for (const { table, reason } of unseeded) lines.push(style.yellow(sentence('no rows', `in ${table}: ${reason}`)))
  return lines
}

/** A change that the running release cannot live with, and the hint. */
const warningLines = (message: string, hint: string, style: Style) => [
  style.yellow(sentence('warning', message)),
  sentence('', hint),
]

/** The files of --sql, one after the other, each under its name. */
export function sqlText({ revisions }: RevisionReport): string {
  const files = revisions.flatMap(revision =>
    Object.entries(revision.files)
      .filter(([name]) => name.endsWith('.sql'))
      .map(([name, text]) => `-- ${folderOf(revision)}/${name}\n${text.trimEnd()}\n`),
  )
  return files.length ? files.join('\n').trimEnd() : '-- Nothing to do: the revisions lead to the models.'
}

/** What was applied. */
export function upgradeText(report: UpgradeReport, style: Style): string {
  const { url, applied, adopted, current, alreadyApplied, durationMs } = report
  const lines = [
    title(style, 'upgrade', url),
    ...(adopted ? [ADOPTED] : []),
    ...applied.flatMap(revision => ranLines('applied', revision)),
  ]
  if (alreadyApplied) lines.push(line('unchanged', `${count(alreadyApplied, 'revision')}, applied before`))
  const some = applied.length > 0 || adopted
  lines.push(at(current), end(style, some ? 'Done' : NOTHING, `, ${duration(durationMs)}`))
  return lines.join('\n')
}

/** What was reverted. */
export function downgradeText({ url, reverted, current, durationMs }: DowngradeReport, style: Style): string {
  const lines = [title(style, 'downgrade', url), ...reverted.flatMap(revision => ranLines('reverted', revision))]
  lines.push(at(current), end(style, reverted.length ? 'Done' : NOTHING, `, ${duration(durationMs)}`))
  return lines.join('\n')
}

/** The revisions that count as applied now. */
export function stampText({ url, stamped, removed, current, durationMs }: StampReport, style: Style): string {
  const lines = [title(style, 'stamp', url)]
  if (stamped.length) lines.push(line('stamped', count(stamped.length, 'revision'), stamped))
  if (removed.length) lines.push(line('removed', count(removed.length, 'revision'), removed))
  const some = stamped.length + removed.length > 0
  return [...lines, at(current), end(style, some ? 'Done' : NOTHING, `, ${duration(durationMs)}`)].join('\n')
}

/** The revisions one below the other, then the log. */
export function historyText({ url, revisions, log }: HistoryReport, style: Style): string {
  const lines = [title(style, 'history', url)]
  const width = Math.max(0, ...revisions.map(revision => folderOf(revision).length))
  for (const revision of revisions) lines.push(`  ${folderOf(revision).padEnd(width)}  ${standing(revision, style)}`)
  if (revisions.length === 0) lines.push('  There are no revisions.')
  if (log.length) lines.push(`  ${style.dim('log')}`)
  for (const entry of log) {
    const { startedAt, direction, tookMs, by } = entry
    const text = direction === 'repair' ? count(entry.differences.length, 'difference') : folderOf(entry)
    const what = `${direction.padEnd(6)}  ${text.padEnd(width)}`
    const way = 'script' in entry && entry.script !== undefined ? ', in steps' : ''
    lines.push(`  ${moment(startedAt)}  ${what}  ${style.dim(`${duration(tookMs)}, ${by}${way}`)}`)
  }
  return lines.join('\n')
}

/** Whether a revision is applied, and what is odd about it. */
function standing(revision: KnownRevision, style: Style): string {
  const { applied, appliedAt, by, edited, missing, outOfOrder, unfinished } = revision
  const odd = [
    edited && 'edited since',
    missing && 'its folder is gone',
    outOfOrder && 'older than what is applied',
    unfinished && `half done: its ${unfinished.direction}`,
  ].filter(word => typeof word === 'string')
  const when = appliedAt === undefined ? '' : ` ${moment(appliedAt)}${by === undefined ? '' : `, ${by}`}`
  const base = applied ? `applied${style.dim(when)}` : style.yellow('pending')
  return odd.length ? `${base} ${style.red(odd.join(', '))}` : base
}

/** `2026-11-20 10:15:00`, in UTC. */
const moment = (iso: string) => iso.replace('T', ' ').replace(/(\.\d+)?Z?$/, '')

/** Whether an upgrade is pending. */
export function statusText(report: StatusReport, style: Style): string {
  const { url, current, head, pending, applied, problems } = report
  const lines = [title(style, 'status', url), at(current), line('head', head ?? 'there are no revisions')]
  if (applied) lines.push(line('applied', count(applied, 'revision')))
  if (report.unfinished) lines.push(style.yellow(line('half done', halfDone(report.unfinished))))
  for (const revision of pending) {
    const late = revision.outOfOrder ? ', older than what is applied: from another branch' : ''
    lines.push(style.yellow(line('pending', `${folderOf(revision)}${late}`)))
  }
  if (report.protected) lines.push(line('protected', 'what would destroy data asks for the word'))
  lines.push(driftLine(report, style))
  for (const { message, hint } of problems) {
    lines.push(style.red(sentence('problem', message)))
    if (hint) lines.push(sentence('', hint))
  }
  const words = problems.length
    ? style.red(count(problems.length, 'problem'))
    : pending.length
      ? style.yellow(`${count(pending.length, 'revision')} to apply: plinth upgrade`)
      : report.unfinished
        ? style.yellow('A revision is half done')
        : style.green('Up to date')
  return [...lines, `  ${words}`].join('\n')
}

function driftLine({ drift, driftUnknown = '' }: StatusReport, style: Style): string {
  if (drift === null) return sentence('drift', `unknown. ${driftUnknown}`)
  const some = Object.values(drift).some(number => number > 0)
  return some ? style.yellow(line('drift', `${driftSummary(drift)}: plinth drift lists them`)) : line('drift', 'none')
}

/** Whether a revision is missing. */
export function checkText(report: CheckReport, style: Style): string {
  const { upToDate, operations, edited, outOfOrder, conflicts, proven = [], durationMs } = report
  const lines = [style.bold('plinth check')]
  for (const operation of operations) lines.push(style.yellow(sentence('missing', operation)))
  for (const question of report.questions) lines.push(style.yellow(sentence('undecided', asked(question))))
  for (const { version, file, ok, stale, differences = [] } of edited) {
    const text = `${version} ${file}, by hand`
    if (stale) lines.push(style.red(line('stale', `${version} ${file}`)))
    else if (ok === false) lines.push(style.red(line('edited', `${text}; it does not lead where its operations say`)))
    else lines.push(line('edited', ok ? `${text}; it leads where its operations say` : `${text}; not tried: no server`))
    for (const difference of differences) lines.push(sentence('', difference))
  }
  for (const version of outOfOrder) lines.push(line('order', `${version} was written beside later revisions`))
  for (const conflict of conflicts) lines.push(style.red(sentence('conflict', conflict)))
  for (const { version, message, hint } of report.warnings)
    lines.push(...warningLines(version === undefined ? message : `${version}: ${message}`, hint, style))
  for (const { version, sqlite, postgres, message } of proven)
    lines.push(...provenLines(style, version, { sqlite, postgres }, message))
  const missing = operations.length + report.questions.length > 0
  const words = upToDate
    ? style.green('Up to date')
    : missing
      ? style.yellow('A revision is missing: plinth revision "..."')
      : style.red('The revisions do not hold')
  return [...lines, `  ${words}${style.dim(`, ${duration(durationMs)}`)}`].join('\n')
}

function provenLines(
  style: Style,
  version: string,
  on: Record<string, boolean | undefined>,
  message: string | undefined,
): string[] {
  const names = (done: boolean) => Object.keys(on).filter(name => on[name] === done)
  const lines = names(true).length ? [line('proven', `${version} on ${names(true).join(' and ')}`)] : []
  if (names(false).length) lines.push(style.red(line('unproven', `${version} on ${names(false).join(' and ')}`)))
  if (message) lines.push(sentence('', message))
  return lines
}

function asked(question: CheckReport['questions'][number]): string {
  if (question.question === 'restore')
    return `${question.table}.${question.column}: what rows get if the revision is reverted`
  if (question.question === 'backfill') return `${question.table}.${question.column}: value for existing rows`
  if (question.question === 'loss') return question.losses.join('; ')
  if (question.question === 'blocking') return question.reasons.join(' ')
  const named = (name: string) => (question.table === undefined ? name : `${question.table}.${name}`)
  return `${named(question.from)}: renamed to ${question.to.map(named).join(' or ')}, or dropped`
}
