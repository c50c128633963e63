/** The reports of init, reset, seed and health as text that a person likes to read. */

import { relative } from 'node:path'
import { count, duration, type Style, wrap } from '../base/terminal.js'
import type {
  Health,
  InitReport,
  KeptRows,
  ProtectReport,
  RanRevision,
  ResetReport,
  SurveyReport,
  UnfinishedRevision,
} from '../index.js'
import { driftSummary } from './drift-summary.js'

/** Width of the first column: what happened. */
const LABEL = 10
const WIDTH = 100

/** `  created  2 tables: users, tasks`, the names going on below their first. */
export function line(label: string, head: string, names: readonly string[] = []): string {
  const start = `  ${label.padEnd(LABEL)}${head}${names.length ? ': ' : ''}`
  if (names.length === 0) return start
  const rest = ' '.repeat(LABEL + 4)
  const [first = '', ...more] = wrap(names, WIDTH - rest.length)
  return start.length + first.length <= WIDTH
    ? [start + first, ...more.map(text => rest + text)].join('\n')
    : [start.trimEnd(), rest + first, ...more.map(text => rest + text)].join('\n')
}

/** A sentence behind its label, going on below its first word where it is long. */
export function sentence(label: string, text: string): string {
  const rest = ' '.repeat(LABEL + 2)
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && rest.length + last.length + 1 + word.length <= WIDTH)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return `  ${label.padEnd(LABEL)}${lines.join(`\n${rest}`)}`
}

/** `plinth init  sqlite:////var/app.db` */
export const title = (style: Style, verb: string, url: string) => `${style.bold(`plinth ${verb}`)}  ${style.dim(url)}`

/** How far a revision is, and how to go on and back. */
export function halfDone({ version, direction, step, steps }: UnfinishedRevision): string {
  const [on, back] = direction === 'up' ? ['upgrade', 'downgrade'] : ['downgrade', 'upgrade']
  const revision = `${direction} of ${version}`
  return steps === undefined
    ? `${revision}, steps done: ${step}; its script is not here as it began`
    : `${revision}, steps done: ${step} of ${steps}: plinth ${on} goes on, plinth ${back} takes it back`
}

/** A path as a person at the terminal would write it. */
export function shownPath(path: string): string {
  const near = relative(process.cwd(), path)
  return near === '' || near.startsWith('..') ? path : near
}

/** The line of a database that was adopted. */
export const ADOPTED = line('adopted', 'a database that existed before its first revision')

/** The rows that a step has kept, and the command that brings all of it back: one table may need the rows of another. */
export function keptLines(kept: readonly KeptRows[]): string[] {
  const way = `plinth restore ${kept.map(({ number }) => number).join(' ')}`
  const [only] = kept
  if (only !== undefined && kept.length === 1) {
    return [
      sentence('kept', `${only.number}: ${only.what}, ${count(only.rows, 'row')}; bring it back with ${way}`),
      ...olderLines(only),
    ]
  }
  const lines = kept.flatMap(entry => [
    sentence('kept', `${entry.number}: ${entry.what}, ${count(entry.rows, 'row')}`),
    ...olderLines(entry),
  ])
  return kept.length ? [...lines, sentence('', `bring them back with ${way}`)] : []
}

const olderLines = ({ dropped = [] }: KeptRows): string[] =>
  dropped.length
    ? [
        line(
          '',
          `the older ${dropped.length === 1 ? 'entry' : 'entries'} ${dropped.join(', ')} ${dropped.length === 1 ? 'was' : 'were'} dropped for it`,
        ),
      ]
    : []

/** The lines of a revision that ran, or that the database was found to hold. */
export function ranLines(label: string, revision: RanRevision): string[] {
  const { version, name, tookMs, rendered, adopted, online, notOnline, takenBack, steps = 0, kept = [] } = revision
  const more = rendered
    ? ', written anew for this database'
    : online && !takenBack
      ? `, in ${count(steps, 'step')}`
      : ''
  const done = takenBack ? 'undone' : label
  return [
    line(done, `${version}_${name} (${duration(tookMs)}${more})`),
    ...(notOnline ? [sentence('', `As one transaction, not in steps: ${notOnline}`)] : []),
    ...(adopted ? [line('adopted', 'its SQL did not run: the database had what it makes')] : []),
    ...keptLines(kept),
  ]
}

/** The tables and seeds that init created, ran and left unchanged. */
export function initText(report: InitReport, style: Style): string {
  return [title(style, 'init', report.url), ...initLines(report, style), `  ${done(report, style)}`].join('\n')
}

function initLines(report: InitReport, style: Style): string[] {
  const { migrated, adopted, ahead, repaired, drift, created, existing, pending, seeded, alreadySeeded } = report
  const lines: string[] = []
  if (adopted) lines.push(ADOPTED)
  if (ahead.length) lines.push(line('ahead', 'a newer release has applied', ahead))
  for (const revision of migrated) lines.push(...ranLines('applied', revision))
  if (created.tables.length) lines.push(line('created', count(created.tables.length, 'table'), created.tables))
  // Beside new tables their indexes are a matter of course; an index alone is news.
  const names = created.tables.length ? [] : created.indexes
  if (created.indexes.length) lines.push(line('created', count(created.indexes.length, 'index'), names))
  for (const difference of repaired) lines.push(sentence('mended', difference))
  lines.push(...keptLines(report.kept ?? []))
  if (existing.tables.length) lines.push(line('unchanged', count(existing.tables.length, 'table')))
  if (seeded.length) lines.push(line('seeded', seeded.join(', ')))
  if (alreadySeeded.length) lines.push(line('unchanged', count(alreadySeeded.length, 'seed'), alreadySeeded))
  for (const difference of pending) lines.push(style.yellow(line('pending', difference)))
  if (drift && Object.values(drift).some(number => number > 0))
    lines.push(style.yellow(line('drift', `${driftSummary(drift)}: plinth drift lists them`)))
  if (drift === null) lines.push(line('drift', `unknown. ${report.driftUnknown ?? ''}`))
  return lines
}

function done(report: InitReport, style: Style): string {
  const { migrated, adopted, repaired, created, seeded, pending, durationMs } = report
  const made = created.tables.length + created.indexes.length + seeded.length + migrated.length + repaired.length
  const nothing = made === 0 && !adopted
  const left = pending.length ? `; ${count(pending.length, 'difference')} unchanged` : ''
  return style.green(nothing ? 'Nothing to do' : 'Done') + style.dim(`${left}, ${duration(durationMs)}`)
}

/** The objects that a reset drops, a line for each kind. */
function droppedLines(label: string, { tables, views, triggers, others = [] }: ResetReport['dropped']): string[] {
  const lines: string[] = []
  if (tables.length) {
    const rows = tables.reduce((sum, table) => sum + (table.rows ?? 0), 0)
    const names = tables.map(({ name, rows }) => (rows ? `${name} (${rows.toLocaleString('en-US')})` : name))
    lines.push(line(label, `${count(tables.length, 'table')} with ${count(rows, 'row')}`, names))
  }
  if (views.length) lines.push(line(label, count(views.length, 'view'), views))
  if (triggers.length) lines.push(line(label, count(triggers.length, 'trigger'), triggers))
  if (others.length) lines.push(line(label, `${others.length} more`, others))
  return lines
}

/** The objects that a reset would destroy. */
export function surveyText(survey: SurveyReport, style: Style): string {
  const size = line('size', bytes(survey.bytes))
  return [title(style, 'reset', survey.url), ...droppedLines('destroys', survey), size].join('\n')
}

/** `4 kB`, `1.2 MB`, as powers of 1000. */
function bytes(n: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  const power = n < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(n) / 3))
  const amount = n / 1000 ** power
  return `${power === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${units[power]}`
}

/** Whether the database is protected now. */
export function protectText({ url, protected: is, changed, durationMs }: ProtectReport, style: Style): string {
  const now = is
    ? line('protected', 'what would destroy data asks for the word')
    : line('open', changed ? 'the protection has ended' : 'the database was not protected')
  const end = style.green(changed ? 'Done' : 'Nothing to do') + style.dim(`, ${duration(durationMs)}`)
  return [title(style, 'protect', url), now, `  ${end}`].join('\n')
}

/** The objects that reset dropped, and the work of init after it. */
export function resetText(report: ResetReport, style: Style): string {
  const { url, dropped, kept, keptFile, droppedFiles = [], notErased, init, durationMs } = report
  const lines = [title(style, 'reset', url), ...droppedLines('dropped', dropped)]
  lines.push(...keptLines(kept))
  if (keptFile) lines.push(line('kept', shownPath(keptFile)))
  if (droppedFiles.length) lines.push(line('', 'deleted for it', droppedFiles.map(shownPath)))
  if (notErased)
    lines.push(style.yellow(sentence('readable', `Dropped rows may still be readable in the file. ${notErased}`)))
  lines.push(...initLines(init, style), `  ${done({ ...init, durationMs }, style)}`)
  return lines.join('\n')
}

/** Which seeds ran, and which had run before. */
export function seedText(report: InitReport, style: Style): string {
  const { url, seeded, alreadySeeded, created, pending, durationMs } = report
  const lines = [title(style, 'seed', url)]
  if (created.tables.length) lines.push(line('created', count(created.tables.length, 'table'), created.tables))
  if (seeded.length) lines.push(line('seeded', seeded.join(', ')))
  if (alreadySeeded.length) lines.push(line('unchanged', count(alreadySeeded.length, 'seed'), alreadySeeded))
  for (const reason of pending) lines.push(style.yellow(line('pending', reason)))
  const done = seeded.length || pending.length ? 'Done' : 'Nothing to do'
  lines.push(`  ${style.green(done)}${style.dim(`, ${duration(durationMs)}`)}`)
  return lines.join('\n')
}

/** Whether the database answers. */
export function healthText(health: Health, style: Style): string {
  const { status, version, dialect, serverVersion, prepare, latencyMs, url, revision, pending, unfinished, error } =
    health
  const lines = [
    title(style, 'health', url),
    line('status', status === 'ok' ? style.green('ok') : style.red('down')),
    line('database', serverVersion ? `${dialect} ${serverVersion}` : dialect),
    line('plinth', version),
  ]
  if (prepare === false) lines.push(line('prepare', 'off: no statement stays prepared'))
  if (revision !== null) lines.push(line('revision', revision))
  if (pending?.length) lines.push(line('pending', count(pending.length, 'revision'), pending))
  if (unfinished) lines.push(style.yellow(line('half done', halfDone(unfinished))))
  lines.push(
    status === 'ok' ? line('answered', `in ${duration(latencyMs)}`) : line('because', error ?? 'it did not answer'),
  )
  return lines.join('\n')
}
