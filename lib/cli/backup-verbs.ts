/** The verbs backup and restore: each calls the public API and gives back what to print and the exit code. */

import { count, duration, type Style } from '../base/terminal.js'
import { type BackupReport, backup, PlinthError, type RestoreReport, restore } from '../index.js'
import { type Options, type Outcome, where } from './commands.js'
import { milliseconds } from './flags.js'
import { COPYING, progressOn } from './progress.js'
import { canAsk, isWanted } from './questions.js'
import { line, shownPath, title } from './report.js'
import { asksForWord } from './word.js'

/** The options of `backup`. */
export interface BackupFlags extends Options {
  quick?: boolean
}

/** Copies the database into a new file. */
export async function backupVerb(options: BackupFlags, [file = '']: string[]): Promise<Outcome> {
  const check = options.quick === true ? 'quick' : 'full'
  const report = await watched(options, more => backup({ file, check, ...more }))
  return { json: report, text: style => backupText(report, style), exitCode: 0 }
}

/** The options of `restore --file`. */
export interface RestoreFlags extends Options {
  file?: string
}

/** Puts a backup in the place of what the database holds. */
export async function restoreFile(options: RestoreFlags): Promise<Outcome> {
  const { file = '', force = false } = options
  if (file !== '' && !force) await agree(file)
  const report = await watched(options, more => restore({ file, force, ...more, ...asksForWord() }))
  return { json: report, text: style => restoreText(report, style), exitCode: 0 }
}

/** Has a person say that what the database holds is to be replaced. Throws RESET_REFUSED. */
async function agree(file: string): Promise<void> {
  const asks = canAsk()
  if (asks && (await isWanted(`Replace the content of the database with ${shownPath(file)}?`))) return
  throw new PlinthError(
    'RESET_REFUSED',
    asks ? 'Nothing was restored.' : 'A restore asks at a terminal; without one it needs --force.',
    {
      expected: asks ? 'yes' : '--force',
      hint: 'Run plinth restore --force to replace the content of the database.',
    },
  )
}

/** Runs one of them with progress on stderr. */
async function watched<R>(options: Options, run: (more: object) => Promise<R>): Promise<R> {
  const progress = progressOn(process.stderr, options, COPYING)
  const { timeout } = options
  try {
    return await run({
      ...where(options),
      ...(timeout !== undefined && { timeout: milliseconds(timeout) }),
      ...(progress.hear && { onProgress: progress.hear }),
    })
  } finally {
    progress.end()
  }
}

const size = (bytes: number, pages: number) => `${(bytes / 1e6).toFixed(1)} MB, ${count(pages, 'page')}`

function backupText({ url, path, bytes, pages, durationMs }: BackupReport, style: Style): string {
  return [
    title(style, 'backup', url),
    line('written', `${shownPath(path)} (${size(bytes, pages)})`),
    `  ${style.green('Done')}${style.dim(`, ${duration(durationMs)}`)}`,
  ].join('\n')
}

function restoreText(report: RestoreReport, style: Style): string {
  const { url, path, backup, bytes, pages, revision, pending, durationMs } = report
  const lines = [title(style, 'restore', url), line('restored', `${shownPath(path)} (${size(bytes, pages)})`)]
  if (backup !== null) lines.push(line('kept', `the previous content, in ${shownPath(backup)}`))
  if (revision !== null) lines.push(line('revision', revision))
  if (pending?.length) {
    lines.push(style.yellow(line('pending', count(pending.length, 'revision'), pending)))
    lines.push(line('next', 'plinth upgrade'))
  }
  lines.push(`  ${style.green('Done')}${style.dim(`, ${duration(durationMs)}`)}`)
  return lines.join('\n')
}
