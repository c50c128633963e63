/** The verbs of the CLI: each calls the public API once and gives back what to print and the exit code. */

import { type Style, waitText } from '../base/terminal.js'
import { ConfigError, initDb, loadConfig, open, resetDb, type Wait } from '../index.js'
import { milliseconds } from './flags.js'
import { healthText, initText, resetText, seedText } from './report.js'

/** The options of the verbs. */
export interface Options {
  url?: string
  json?: boolean
  quiet?: boolean
  force?: boolean
  strict?: boolean
  timeout?: string
  /** False where --no-keep is given. */
  keep?: boolean
}

/** What a verb answers: the document of --json, the text for a person, and the exit code. */
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

/** Creates what is missing and runs the seeds that have not run. With --strict 1 while something differs. */
export async function init(options: Options): Promise<Outcome> {
  const report = await initDb({ ...where(options), ...waits(options), ...keeps(options) })
  const { drift, pending } = report
  // What is not known may differ.
  const differs = pending.length > 0 || drift === null || Object.values(drift).some(number => number > 0)
  return { json: report, text: style => initText(report, style), exitCode: options.strict && differs ? 1 : 0 }
}

/** Drops every table, then init. */
export async function reset(options: Options): Promise<Outcome> {
  const report = await resetDb({
    ...where(options),
    ...waits(options),
    ...keeps(options),
    force: options.force === true,
  })
  return { json: report, text: style => resetText(report, style), exitCode: 0 }
}

/** The seeds, on tables that are there. */
export async function seed(options: Options): Promise<Outcome> {
  const config = loadConfig()
  if (!config.seed) {
    throw new ConfigError('CONFIG_INVALID', 'There are no seeds: the configuration names none.', {
      ...(config.path !== undefined && { found: config.path }),
      hint: 'Name a module under "seed", for example "plinth": { "models": "./models.ts", "seed": "./seed.ts" } in package.json.',
    })
  }
  const report = await initDb({ ...where(options), ...waits(options), ...keeps(options) })
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
