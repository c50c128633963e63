/** The verbs of migrations: each calls the public API and gives back what to print and the exit code. */

import { styleOf } from '../base/terminal.js'
import {
  check,
  type Dialect,
  type DriftReport,
  downgrade,
  drift,
  history,
  PlinthError,
  type Question,
  type RevisionReport,
  repair,
  revision,
  stamp,
  status,
  upgrade,
} from '../index.js'
import { keeps, type Options, type Outcome, runs, waits, where } from './commands.js'
import { driftText } from './drift-report.js'
import { type ChoiceFlags, choicesOf, merged, milliseconds } from './flags.js'
import {
  checkText,
  downgradeText,
  historyText,
  revisionText,
  sqlText,
  stampText,
  statusText,
  upgradeText,
} from './migrate-report.js'
import { progressOn, RUNNING, SCANNING } from './progress.js'
import { type Answers, askAll, canAsk } from './questions.js'
import { repairText } from './repair-report.js'
import { asksForWord } from './word.js'

/** The options of the verbs of migrations. */
export interface MigrateOptions extends Options, ChoiceFlags {
  sql?: boolean
  empty?: boolean
  /** revision: write also what loses data. */
  yes?: boolean
  /** revision: why it may block other sessions. */
  allowBlocking?: string
  /** check: whether to prove. revision: false where --no-prove is given. */
  prove?: boolean
  /** check: the revision of the release that runs. */
  since?: string
  proveUrl?: string
  dialect?: string[]
}

const proof = ({ proveUrl, dialect }: MigrateOptions) => ({
  ...(proveUrl !== undefined && { proveUrl }),
  ...(dialect !== undefined && { dialects: dialect as Dialect[] }),
})

/**
 * Writes the revisions from the newest one to the models; asks if stdin and stderr are terminals.
 */
export async function revisionVerb(options: MigrateOptions, words: string[]): Promise<Outcome> {
  const { empty = false, sql = false, prove = true, yes = false, allowBlocking } = options
  const given = { message: words.join(' '), empty, sql, prove, ...where(options), ...proof(options) }
  const write = ({ choices, loss, blocking }: Answers) =>
    revision({ ...given, ...choices, askBeforeLoss: !loss, allowBlocking: blocking })
  const report = await decided(write, { choices: choicesOf(options), loss: yes, blocking: allowBlocking })
  return { json: report, text: style => (sql ? sqlText(report) : revisionText(report, style)), exitCode: 0 }
}

/** Tries until all is decided. What is decided may raise further questions: a table that was renamed has columns. */
async function decided(
  write: (decisions: Answers) => Promise<RevisionReport>,
  flags: Answers,
): Promise<RevisionReport> {
  for (let decisions = flags; ; ) {
    try {
      return await write(decisions)
    } catch (thrown) {
      const questions = questionsOf(thrown)
      if (questions === undefined || !canAsk()) throw thrown
      const answers = await askAll(questions, styleOf(process.stderr))
      if (answers === undefined) throw thrown
      const { choices, loss, blocking } = decisions
      decisions = {
        choices: merged(choices, answers.choices),
        loss: loss || answers.loss,
        blocking: blocking ?? answers.blocking,
      }
    }
  }
}

function questionsOf(thrown: unknown): readonly Question[] | undefined {
  return thrown instanceof PlinthError && thrown.code === 'DECISION_REQUIRED' ? thrown.questions : undefined
}

/** Applies revisions. */
export async function upgradeVerb(options: MigrateOptions, [to]: string[]): Promise<Outcome> {
  const report = await watched(options, to, upgrade)
  return { json: report, text: style => printed(report) ?? upgradeText(report, style), exitCode: 0 }
}

/** Reverts revisions. */
export async function downgradeVerb(options: MigrateOptions, [to]: string[]): Promise<Outcome> {
  const report = await watched(options, to, downgrade)
  return { json: report, text: style => printed(report) ?? downgradeText(report, style), exitCode: 0 }
}

/** The SQL of --sql, to be handed to another program. */
const printed = ({ sql }: { sql?: string }) => (sql === undefined ? undefined : sql.trim() || '-- Nothing to do.')

async function watched<R>(options: MigrateOptions, to: string | undefined, run: (options: object) => Promise<R>) {
  const progress = progressOn(process.stderr, options, RUNNING)
  try {
    return await run({
      ...where(options),
      ...waits(options),
      ...keeps(options),
      ...runs(options),
      ...asksForWord(),
      ...(to !== undefined && { to }),
      ...(options.sql && { sql: true }),
      ...(progress.hear && { onProgress: progress.hear }),
    })
  } finally {
    progress.end()
  }
}

/** The revisions, and what was done. */
export async function historyVerb(options: Options): Promise<Outcome> {
  const report = await history(where(options))
  return { json: report, text: style => historyText(report, style), exitCode: 0 }
}

/** Whether an upgrade is pending: exits with 1 if one is. */
export async function statusVerb(options: Options): Promise<Outcome> {
  const report = await status(where(options))
  const differs = report.pending.length > 0 || report.problems.length > 0 || report.unfinished !== null
  return { json: report, text: style => statusText(report, style), exitCode: differs ? 1 : 0 }
}

/** The options of `drift`. */
export interface DriftFlags extends Options {
  rows?: boolean
  deep?: boolean
  /** Milliseconds. */
  timeout?: string
}

/** Whether the database is as it should be: 1 if it is not. */
export async function driftVerb(options: DriftFlags): Promise<Outcome> {
  const report = await scanned(options)
  return { json: report, text: style => driftText(report, style), exitCode: report.differences.length > 0 ? 1 : 0 }
}

async function scanned(options: DriftFlags): Promise<DriftReport> {
  const { rows, deep, timeout } = options
  const progress = rows ? progressOn(process.stderr, options, SCANNING) : undefined
  try {
    return await drift({
      ...where(options),
      ...(rows && { rows }),
      ...(deep && { deep }),
      ...(timeout !== undefined && { timeout: milliseconds(timeout) }),
      ...(progress?.hear && { onProgress: progress.hear }),
    })
  } finally {
    progress?.end()
  }
}

/** The options of `repair`. */
export interface RepairFlags extends Options {
  plan?: boolean
  destructive?: boolean
  rename?: string[]
  recreate?: string[]
}

/** Corrects what differs: 1 if something is left. */
export async function repairVerb(options: RepairFlags): Promise<Outcome> {
  const { plan, destructive, rename = [], recreate = [] } = options
  const report = await repair({
    ...where(options),
    ...waits(options),
    ...asksForWord(),
    ...(plan && { plan }),
    ...(destructive && { destructive }),
    ...keeps(options),
    rename: choicesOf({ rename }).rename,
    recreate,
  })
  return { json: report, text: style => repairText(report, style), exitCode: report.remaining.length > 0 ? 1 : 0 }
}

/** Whether a revision is missing: exits with 1 if one is. */
export async function checkVerb(options: MigrateOptions): Promise<Outcome> {
  const { prove, since } = options
  const given = { ...(prove && { prove }), ...(since !== undefined && { since }) }
  const report = await check({ ...where(options), ...proof(options), ...given })
  return { json: report, text: style => checkText(report, style), exitCode: report.upToDate ? 0 : 1 }
}

/** Notes revisions as applied. */
export async function stampVerb(options: Options, [to = '']: string[]): Promise<Outcome> {
  const report = await stamp({ ...where(options), to })
  return { json: report, text: style => stampText(report, style), exitCode: 0 }
}
