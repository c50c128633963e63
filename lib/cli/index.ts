/** The command `plinth`: its verbs, options and help. What a verb does is in commands.ts. */

import { Command, CommanderError } from 'commander'
import { version } from '../index.js'
import { health, init, type Options, type Outcome, reset, schema, seed } from './commands.js'
import { exitCodeOf, failureOf, failureText, stackText } from './failure.js'
import { styleOf } from './style.js'

type Verb = (options: Options) => Promise<Outcome>

function program(): Command {
  const plinth = new Command('plinth')
    .description('The database layer for Node services: models, and a database that agrees with them.')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .showHelpAfterError('See plinth --help.')
    .configureOutput({ outputError: (text, write) => write(`plinth: ${usage(text)}`) })
    .addHelpText('after', environment)

  verb(plinth, 'init', 'create what is missing and seed it; safe to run at every start', init)
  verb(plinth, 'reset', 'drop every table, whoever made it, then init', reset).option(
    '--force',
    'also in production, and on another machine',
  )
  verb(plinth, 'seed', 'run the seeds that have not run yet', seed)
  verb(plinth, 'health', 'say whether the database answers', health)
  verb(plinth, 'schema', 'print the models as JSON', schema, false)
  return plinth
}

const environment = `
The models are found by the "plinth" key of package.json, or plinth.config.{ts,js,mjs,cjs,json}.
The database: --url, else DATABASE_URL, else .env, else the configuration, else sqlite:///./app.db.
init, seed and reset go by MIGRATION_DATABASE_URL where there is one and --url is not given.
Exit codes: 0 done; 1 a difference, or refused by a guard; 2 failed or misused.`

function verb(plinth: Command, name: string, description: string, run: Verb, database = true): Command {
  const command = plinth.command(name).description(description).helpOption('-h, --help', 'print this help')
  if (database) command.option('--url <url>', 'the database, before DATABASE_URL and .env')
  command.option('--json', 'print one JSON document').option('--quiet', 'print nothing but errors')
  return command.allowExcessArguments(false).action(async (options: Options) => print(await run(options), options))
}

function print(outcome: Outcome, options: Options): void {
  process.exitCode = outcome.exitCode
  if (options.json) process.stdout.write(`${JSON.stringify(outcome.json, null, 2)}\n`)
  else if (!options.quiet) process.stdout.write(`${outcome.text(styleOf(process.stdout))}\n`)
}

function fail(thrown: unknown, json: boolean): void {
  const failure = failureOf(thrown)
  process.exitCode = exitCodeOf(failure)
  if (json) process.stdout.write(`${JSON.stringify({ error: failure }, null, 2)}\n`)
  process.stderr.write(`${failureText(failure, styleOf(process.stderr))}\n`)
  if (process.env.DEBUG?.split(/[\s,]+/).includes('plinth')) process.stderr.write(`\n${stackText(thrown)}\n`)
}

async function main(argv: string[]): Promise<void> {
  const json = argv.includes('--json')
  try {
    await program().parseAsync(argv, { from: 'user' })
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) return fail(thrown, json)
    if (thrown.exitCode === 0) return
    // Commander has written the sentence to stderr; where no verb was given at all, the help.
    process.exitCode = 2
    if (json)
      process.stdout.write(`${JSON.stringify({ error: { code: 'USAGE', message: usage(thrown.message) } }, null, 2)}\n`)
  }
}

const usage = (text: string) => text.replace(/^error: /, '')

// `plinth schema | head`: the reader has gone, and that is no failure.
process.stdout.on('error', error => {
  if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
})

main(process.argv.slice(2))
