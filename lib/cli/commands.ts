/** The verbs of the CLI: each calls the public API once and gives back what to print and the exit code. */

import { type Style, styleOf, waitText } from '../base/terminal.js'
import { ConfigError, initDb, loadConfig, open, PlinthError, protect, resetDb, surveyDb, type Wait } from '../index.js'
import { milliseconds } from './flags.js'
import { askName, canAsk } from './questions.js'
import { healthText, initText, protectText, resetText, seedText, surveyText } from './report.js'
import { asksForWord, readWord } from './word.js'

/** The options of the verbs. */
export interface Options {
  url?: string
  json?: boolean
  quiet?: boolean
  force?: boolean
  strict?: boolean
  off?: boolean
  timeout?: string
  /** False where --no-keep is given. */
  keep?: boolean
  /** True where --online is given, false where --no-online is. */
  online?: boolean
}

/** The result of a verb: the document of --json, the text for a person, and the exit code. */
export interface Outcome {
  json: unknown
  text(style: Style): string
  exitCode: 0 | 1 | 2
}

/** `--url` where it was given: an absent option must not hide DATABASE_URL. */
export const where = ({ url }: Options) => (url === undefined ? {} : { url })

/** The options of a verb that waits for other processes: `--timeout`, and a line on stderr while it waits, except with --json or --quiet. */
export const waits = ({ timeout, json, quiet }: Options) => ({
  ...(timeout !== undefined && { timeout: milliseconds(timeout) }),
  ...(!json && !quiet && { onWait: (wait: Wait) => void process.stderr.write(`${waitText(wait)}\n`) }),
})

/** What is destroyed is kept, except with `--no-keep`. */
export const keeps = ({ keep = true }: Options) => ({ keep })

/** How revisions run: `--online`, `--no-online`, or as the tables demand. */
export const runs = ({ online }: Options) => (online === undefined ? {} : { online })

/** Creates what is missing and runs the seeds that have not run. With --strict 1 while something differs. */
export async function init(options: Options): Promise<Outcome> {
  const given = { ...where(options), ...waits(options), ...keeps(options), ...runs(options), ...asksForWord() }
  const report = await initDb(given)
  const { drift, pending } = report
  // What is not known may differ.
  const differs = pending.length > 0 || drift === null || Object.values(drift).some(number => number > 0)
  return { json: report, text: style => initText(report, style), exitCode: options.strict && differs ? 1 : 0 }
}

/** Drops every table, then init. At a terminal a person types the name of the database first, unless `--force` is given. */
export async function reset(options: Options): Promise<Outcome> {
  const { force = false } = options
  if (!force && canAsk()) await nameTyped(options)
  const given = { ...where(options), ...waits(options), ...keeps(options), ...asksForWord(), force }
  const report = await resetDb(given)
  return { json: report, text: style => resetText(report, style), exitCode: 0 }
}

/** Shows what a reset would destroy, and has its name typed. Throws RESET_REFUSED for another. */
async function nameTyped(options: Options): Promise<void> {
  const survey = await surveyDb(where(options))
  if (survey.tables.length === 0 && survey.views.length === 0) return
  process.stderr.write(`${surveyText(survey, styleOf(process.stderr))}\n`)
  const typed = await askName(survey.name)
  if (typed === survey.name) return
  throw new PlinthError('RESET_REFUSED', 'The reset is refused: the name of the database was not typed.', {
    expected: survey.name,
    found: typed === undefined ? 'no name' : JSON.stringify(typed),
    hint: 'Nothing was changed. In scripts, use --force instead of the name.',
  })
}

/** Has a person protect the database by a word, or end that. */
export async function protection(options: Options): Promise<Outcome> {
  const { off = false } = options
  const word = await readWord(off ? ['Word'] : ['New word', 'Again'])
  if (word === undefined) {
    throw new PlinthError('ABORTED', 'No word was entered: nothing was changed.', {
      hint: 'Type the word at a terminal, or pass it as the first line of standard input. No option and no variable takes it.',
    })
  }
  const report = await protect({ ...where(options), word, off })
  return { json: report, text: style => protectText(report, style), exitCode: 0 }
}

/** The seeds, on existing tables. */
export async function seed(options: Options): Promise<Outcome> {
  const config = loadConfig()
  if (!config.seed) {
    throw new ConfigError('CONFIG_INVALID', 'There are no seeds: the configuration names none.', {
      ...(config.path !== undefined && { found: config.path }),
      hint: 'Name a module under "seed", for example "plinth": { "models": "./models.ts", "seed": "./seed.ts" } in package.json.',
    })
  }
  const report = await initDb({ ...where(options), ...waits(options), ...keeps(options), ...asksForWord() })
  return { json: report, text: style => seedText(report, style), exitCode: 0 }
}

/** Whether the database answers. Down is a failure: a probe reads the exit code. */
export async function health(options: Options): Promise<Outcome> {
  const db = open(where(options))
  try {
    const report = await db.health()
    return { json: report, text: style => healthText(report, style), exitCode: report.status === 'ok' ? 0 : 2 }
  } finally {
    await db.close()
  }
}

/** The models as JSON: the same document with --json and without. */
export async function schema(): Promise<Outcome> {
  const { models } = loadConfig()
  const json = 'toJSON' in models && typeof models.toJSON === 'function' ? models.toJSON() : models
  return { json, text: () => JSON.stringify(json, null, 2), exitCode: 0 }
}
