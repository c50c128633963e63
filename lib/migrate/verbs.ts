/** Migrations: revision, upgrade, downgrade, history, status, check and stamp; from options and configuration to the core's calls. */

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { checkOptions } from '../base/check-options.js'
import { ConfigError, PlinthError } from '../base/errors.js'
import { aFunction, anything, flag, type OptionTable, required, text } from '../base/option-kinds.js'
import type { Question } from '../base/problem.js'
import { whoami } from '../base/user.js'
import { native } from '../bridge/addon.js'
import type { DatabasePlace, Listeners } from '../bridge/addon-types.js'
import { CONFIRM, confirmed } from '../bridge/confirm.js'
import { asked, Listener, since } from '../bridge/core-call.js'
import { checked } from '../project/check-models.js'
import { KEEP } from '../project/keep.js'
import { shownPath } from '../project/load-module.js'
import { lastingLocation, type Project, projectOf } from '../project/project.js'
import { DATABASE, MIGRATIONS, ONLINE, PROOF, WAITS } from '../project/project-options.js'
import type {
  AnySchema,
  CheckOptions,
  CheckReport,
  Choices,
  DatabaseOptions,
  DowngradeReport,
  HistoryReport,
  ProofOptions,
  RevisionOptions,
  RevisionReport,
  RunOptions,
  StampOptions,
  StampReport,
  StatusReport,
  UpgradeReport,
} from '../types/index.js'
import { choicesJson, undecided } from './choices.js'

/** The choices are checked where they are read: an error about one is CHOICE_INVALID. */
const CHOICES: OptionTable<keyof Choices> = { rename: anything, drop: anything, backfill: anything, map: anything }
const REVISION: OptionTable<keyof RevisionOptions> = {
  ...MIGRATIONS,
  ...PROOF,
  prove: flag,
  ...CHOICES,
  message: {
    ...required(text),
    hint: 'Describe the change in a few words: revision({ message: \'add phone\' }), plinth revision "add phone".',
  },
  empty: flag,
  sql: flag,
  askBeforeLoss: flag,
  allowBlocking: text,
  template: text,
}
const RUN: OptionTable<keyof RunOptions> = {
  ...DATABASE,
  ...WAITS,
  ...KEEP,
  ...ONLINE,
  ...CONFIRM,
  to: text,
  sql: flag,
  onProgress: aFunction(),
}
const STAMP: OptionTable<keyof StampOptions> = { ...DATABASE, to: required(text) }
const CHECK: OptionTable<keyof CheckOptions> = { ...MIGRATIONS, ...PROOF, prove: flag, since: text }

/**
 * Writes the revision that leads from the newest one to the models: compares, renders the SQL for each database there and
 * back, proves it, and only then writes the folder. Needs no database.
 *
 * Throws DECISION_REQUIRED if only a person can decide (`questions` has the questions),
 * CHOICE_INVALID, CONVERSION_UNSUPPORTED, PROOF_FAILED, and REVISION_INVALID for existing folders.
 * After an error nothing was written.
 *
 * @example
 * await revision({ message: 'add phone', rename: { 'users.phone': 'users.mobile' } })
 */
export async function revision<S extends AnySchema = AnySchema>(options: RevisionOptions<S>): Promise<RevisionReport> {
  const call = 'revision'
  checkOptions({ call: 'revision()' }, REVISION, options)
  const { empty = false, sql = false, prove = true, askBeforeLoss = false, allowBlocking } = options
  // The message names a folder: a letter and its accent are one character there, whatever the keyboard makes of them.
  const message = options.message.normalize()
  const start = performance.now()
  const project = projectOf(call, options)
  const { dialects } = project
  const schema = checked(project.models, dialects)
  const dir = folder(call, project)
  const template = templateOf(options, project)
  const choices = choicesJson(options)
  const decided = { choices, askBeforeLoss, allowBlocking }
  const request = { dir, message, empty, print: sql, dialects, template, prove, ...decided }
  const proof = prove ? proofSettings(call, options, project) : undefined
  const {
    outcome,
    questions = [],
    revisions = [],
  } = await asked<Revised>(() => native().revise(schema, JSON.stringify(request), proof))
  if (outcome === 'questions') throw undecided(questions)
  const written = revisions.map(made => ({ ...made, folder: join(dir, `${made.version}_${made.name}`) }))
  return { outcome, revisions: written, durationMs: since(start) }
}

interface Revised {
  outcome: RevisionReport['outcome'] | 'questions'
  questions?: Question[]
  revisions?: RevisionReport['revisions']
}

/**
 * Applies revisions up to `to`, in the order of their versions, one transaction each, or in steps (see `online`); if one
 * fails, those before it stay. One that is half done comes first. Several processes may do so at once: one works, the others wait. A database
 * whose tables were there before the first revision is adopted, as initDb() does.
 *
 * If the database is protected, revisions that destroy data need the word (`confirm`), before any of them runs: PROTECTED.
 *
 * Throws REVISION_UNKNOWN, REVISION_INVALID, REVISION_EDITED, REVISION_MISSING, REVISION_CONFLICT, REVISION_FAILED (with the
 * file, the statement and its line), ROWS_REFUSED, DRIFTED, ADOPTION_REFUSED, KEEP_REFUSED, and what the database says.
 *
 * @example
 * const { applied } = await upgrade({ to: '+1', onProgress: ({ text, rows }) => console.log(text, rows) })
 */
export async function upgrade<S extends AnySchema = AnySchema>(options: RunOptions<S> = {}): Promise<UpgradeReport> {
  return run<UpgradeReport>('upgrade', options, 'head', ({ project, database }, request, listeners) =>
    native().upgrade(givenSchema(options, project), request, database(), listeners),
  )
}

/**
 * Reverts the revisions applied last, by the log of the database, down to `to`; one transaction each, or in steps (see
 * `online`). One that is half done is taken back to where it began.
 *
 * Throws the errors of upgrade(), and REVISION_UNKNOWN if there are not so many to revert.
 *
 * @example
 * await downgrade({ to: '-1' })
 */
export async function downgrade<S extends AnySchema = AnySchema>(
  options: RunOptions<S> = {},
): Promise<DowngradeReport> {
  return run<DowngradeReport>('downgrade', options, '-1', ({ database }, request, listeners) =>
    native().downgrade(request, database(), listeners),
  )
}

/**
 * Notes revisions as applied, or as not applied, without running anything. Afterwards the database is at `to`.
 *
 * Throws REVISION_UNKNOWN, REVISION_INVALID.
 *
 * @example
 * await stamp({ to: 'head' })
 */
export async function stamp<S extends AnySchema = AnySchema>(options: StampOptions<S>): Promise<StampReport> {
  checkOptions({ call: 'stamp()' }, STAMP, options)
  const start = performance.now()
  const to = options.to.trim()
  const { url, database, dir, project } = workplace('stamp', projectOf('stamp', options))
  const request = JSON.stringify({ dir, to, ...project.locks, by: whoami() })
  const report = await asked<Omit<StampReport, 'url'>>(() => native().stamp(request, database()))
  return { url, ...report, durationMs: since(start) }
}

/**
 * The revisions, and what was done to the database. Changes nothing.
 *
 * Throws REVISION_INVALID.
 * @example
 * const { revisions, log } = await history({ models, url, migrations })
 */
export async function history<S extends AnySchema = AnySchema>(
  options: DatabaseOptions<S> = {},
): Promise<HistoryReport> {
  checkOptions({ call: 'history()' }, DATABASE, options)
  const { url, database, dir } = workplace('history', projectOf('history', options))
  const report = await asked<Omit<HistoryReport, 'url'>>(() => native().history(JSON.stringify({ dir }), database()))
  return { url, ...report }
}

/**
 * The newest revision against the database: is an upgrade pending? Changes nothing; what is wrong is in `problems`.
 *
 * Throws REVISION_INVALID.
 * @example
 * const { pending, problems } = await status({ models, url, migrations })
 */
export async function status<S extends AnySchema = AnySchema>(options: DatabaseOptions<S> = {}): Promise<StatusReport> {
  checkOptions({ call: 'status()' }, DATABASE, options)
  const { url, database, dir } = workplace('status', projectOf('status', options))
  const report = await asked<Omit<StatusReport, 'url'>>(() => native().status(JSON.stringify({ dir }), database()))
  return { url, ...report }
}

/** The models against the newest revision: what users call is in check.ts. */
export async function check<S extends AnySchema = AnySchema>(options: CheckOptions<S> = {}): Promise<CheckReport> {
  const call = 'check'
  checkOptions({ call: 'check()' }, CHECK, options)
  const { prove = false } = options
  const start = performance.now()
  const project = projectOf(call, options)
  const { dialects } = project
  const schema = checked(project.models, dialects)
  const dir = folder(call, project)
  const request = JSON.stringify({ dir, prove, dialects, since: options.since?.trim() })
  const proof = proofSettings(call, options, project)
  const report = await asked<CheckReport>(() => native().check(schema, request, proof))
  return { ...report, durationMs: since(start) }
}

/** Runs upgrade or downgrade. */
async function run<R extends { url: string; durationMs: number }>(
  call: string,
  options: RunOptions<any>,
  usual: string,
  work: (work: Workplace, request: string, listeners: Listeners) => Promise<string>,
): Promise<R> {
  checkOptions({ call: `${call}()` }, RUN, options)
  const { to = usual, sql = false, timeout, online } = options
  const start = performance.now()
  const at = workplace(call, projectOf(call, options))
  const request = {
    dir: at.dir,
    to: to.trim(),
    sql,
    timeout,
    online,
    ...at.project.locks,
    ...at.project.keepingOf(options),
    by: whoami(),
  }
  const progress = new Listener(options.onProgress)
  const waits = new Listener(options.onWait)
  const listeners = { onProgress: progress.hear, onWait: waits.hear }
  const asking = confirmed(call, at.url, options, word =>
    asked<Omit<R, 'url' | 'durationMs'>>(() => work(at, JSON.stringify({ ...request, word }), listeners)),
  )
  const report = await asking.finally(() => Promise.all([progress.all(), waits.all()]))
  progress.check()
  waits.check()
  return { url: at.url, ...report, durationMs: since(start) } as R
}

/** The place in which a verb on a database works. */
interface Workplace {
  readonly project: Project
  /** How reports name the database, without a password. */
  readonly url: string
  /** A function: what shows objects must not show a password. */
  readonly database: () => DatabasePlace
  /** The folder of the revisions. */
  readonly dir: string
}

/** The database of a project and its revisions. Models are not looked for: these verbs need none. */
function workplace(call: string, project: Project): Workplace {
  const { migration, handle } = lastingLocation(call, project)
  const database = () => ({ settings: migration.settings(), handle })
  return { project, url: migration.shown, database, dir: folder(call, project) }
}

/** The models of the options or of the open database, for the words of errors; null without them. */
function givenSchema({ models, db }: DatabaseOptions<any>, project: Project): string | null {
  if (db !== undefined) return project.schema
  return models === undefined ? null : checked(project.models, [project.location.migration.dialect])
}

function folder(call: string, { migrationsDir, dir }: Project): string {
  if (migrationsDir !== undefined) return migrationsDir
  throw new ConfigError(
    'CONFIG_NOT_FOUND',
    `${call}() found no revisions: neither ${dir} nor a folder above it has a configuration.`,
    {
      hint: `Name the models in package.json ("plinth": { "models": "./models.ts" }): their revisions are in ./migrations beside it; or pass the folder: ${call}({ migrations }).`,
    },
  )
}

/** The text that heads the SQL: the option, else what the configuration names. */
function templateOf({ template }: RevisionOptions<any>, project: Project): string | undefined {
  const path = template === undefined ? project.template : resolve(project.dir, template.trim())
  return path === undefined ? undefined : textOf(path)
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new ConfigError(
      'CONFIG_INVALID',
      `The template ${shownPath(path)} cannot be read: ${(cause as Error).message}`,
      {
        hint: 'Name a text file: its lines head the SQL of each revision.',
        cause,
      },
    )
  }
}

/** The server to prove on: proveUrl, else the database if it is PostgreSQL. */
function proofSettings(call: string, { proveUrl }: ProofOptions, project: Project): string | undefined {
  if (proveUrl === undefined && !project.dialects.includes('postgres')) return undefined
  const place = project.location.migration
  if (place.dialect === 'postgres') return place.settings()
  if (proveUrl === undefined) return undefined
  throw new PlinthError('QUERY_INVALID', `${call}(): proveUrl is not a PostgreSQL URL: ${place.shown}.`, {
    hint: 'SQLite is always proven, in memory: proveUrl names a PostgreSQL server.',
  })
}
