/** The command `plinth`: its verbs, options and help. What a verb does is in commands.ts. */

import { Command, CommanderError } from 'commander'
import { styleOf } from '../base/terminal.js'
import { version } from '../index.js'
import { backupVerb } from './backup-verbs.js'
import { health, init, type Options, type Outcome, protection, reset, schema, seed } from './commands.js'
import { exitCodeOf, failureOf, failureText, stackText } from './failure.js'
import { several } from './flags.js'
import { keptVerb } from './kept-verbs.js'
import {
  checkVerb,
  downgradeVerb,
  driftVerb,
  historyVerb,
  repairVerb,
  revisionVerb,
  stampVerb,
  statusVerb,
  upgradeVerb,
} from './migrate.js'
import { restoreVerb } from './restore.js'

type Verb = (options: any, words: string[]) => Promise<Outcome>

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

  withKeep(verb(plinth, 'init', 'create what is missing and seed it; safe to run at every start', init)).option(
    '--strict',
    'end with 1 while something differs from what the database should hold',
  )
  withKeep(verb(plinth, 'reset', 'drop all tables, including those of other tools, then init', reset)).option(
    '--force',
    'without asking, and also in production and on another machine',
  )
  verb(plinth, 'protect', 'from now on ask for a word before data is destroyed', protection).option(
    '--off',
    'end that, by the word',
  )
  withTimeout(verb(plinth, 'seed', 'run the seeds that have not run yet', seed))
  migrations(plinth)
  verb(plinth, 'backup', 'copy an SQLite database into a new file, while it is in use', backupVerb)
    .argument('<file>', 'the file to write')
    .option('--quick', 'check pages and rows, and not whether the indexes hold what the rows do')
    .option('--timeout <ms>', 'stop after so many milliseconds')
  withTimeout(
    verb(plinth, 'kept', 'list what was kept of what revisions, repairs and resets destroyed', keptVerb),
  ).option('--drop <number>', 'drop an entry, for good')
  verb(plinth, 'restore', 'bring back what is kept, or put a backup in the place of an SQLite database', restoreVerb)
    .argument('[number...]', 'numbers that plinth kept lists: all come back, or none')
    .option('--plan', 'of what is kept: say what it would do, and change nothing')
    .option('--file <path>', 'the backup')
    .option('--force', 'of a backup: without asking, and also in production')
    .option('--timeout <ms>', 'stop after so many milliseconds')
  verb(plinth, 'health', 'say whether the database answers', health)
  verb(plinth, 'schema', 'print the models as JSON', schema, false)
  return plinth
}

function migrations(plinth: Command): void {
  const revision = verb(plinth, 'revision', 'write the revision that leads to the models', revisionVerb)
  revision
    .argument('<message...>', 'what changes, in a few words')
    .option('--empty', 'one whose SQL is written by hand')
    .option('--rename <old:new>', 'users.phone:users.mobile, or people:users', several)
    .option('--drop <name>', 'users.phone is dropped, not renamed', several)
    .option('--backfill <column=sql>', "what rows get: users.country='XX'", several)
    .option('--map <column:old=new>', 'what a word of an enum becomes: tasks.status:old=new', several)
    .option('--sql', 'print the SQL, write nothing')
    .option('--no-prove', 'write it unproven')
    .option('--yes', 'write it without a question also if it loses data')
  proof(revision)
  withKeep(verb(plinth, 'upgrade', 'apply revisions', upgradeVerb))
    .argument('[target]', 'head, +1, a version or the beginning of one', 'head')
    .option('--sql', 'print the SQL, run nothing')
  withKeep(verb(plinth, 'downgrade', 'revert the revisions applied last', downgradeVerb))
    .argument('[target]', '-1, a version or the beginning of one, base', '-1')
    .option('--sql', 'print the SQL, run nothing')
  verb(plinth, 'history', 'list the revisions, and what was done to the database', historyVerb)
  verb(plinth, 'status', 'say whether an upgrade is pending', statusVerb)
  verb(plinth, 'drift', 'say whether the database was changed by other means', driftVerb)
    .option('--rows', 'read rows, too: which of them keep a difference from being repaired')
    .option('--deep', 'with --rows: let SQLite look for damage')
    .option('--timeout <ms>', 'with --rows: stop after so many milliseconds')
  withKeep(verb(plinth, 'repair', 'correct what was changed by other means', repairVerb))
    .option('--plan', 'print the SQL and what rows forbid, change nothing')
    .option('--destructive', 'also take away what should not be there, with the values in it')
    .option('--rename <old:new>', 'what was renamed by hand: users.full_name:users.name, or people:users', several)
    .option('--recreate <name>', 'users.name is made again, and was not renamed', several)
  proof(verb(plinth, 'check', 'say whether a revision is missing', checkVerb)).option(
    '--prove',
    'prove every revision that is there',
  )
  verb(plinth, 'stamp', 'note revisions as applied, without running them', stampVerb).argument(
    '<target>',
    'head, base, a version or the beginning of one',
  )
}

function withKeep(command: Command): Command {
  return withTimeout(command).option('--no-keep', 'keep nothing of the rows that it destroys')
}

function withTimeout(command: Command): Command {
  return command.option(
    '--timeout <ms>',
    'how long to wait for another process that changes the tables, 600000 without it',
  )
}

function proof(command: Command): Command {
  return command
    .option('--prove-url <url>', 'a PostgreSQL server to prove on, before DATABASE_URL')
    .option('--dialect <name>', 'for this database only: sqlite or postgres', several)
}

const environment = `
The models are found by the "plinth" key of package.json, or plinth.config.{ts,js,mjs,cjs,json}.
The database: --url, else DATABASE_URL, else .env, else the configuration, else sqlite:///./app.db
(not with NODE_ENV=production).
init, seed, reset and migrations go by MIGRATION_DATABASE_URL where there is one and --url is not given.
Exit codes: 0 done; 1 a difference, or refused by a guard; 2 failed or misused.`

function verb(plinth: Command, name: string, description: string, run: Verb, database = true): Command {
  const command = plinth.command(name).description(description).helpOption('-h, --help', 'print this help')
  if (database) command.option('--url <url>', 'the database, before DATABASE_URL and .env')
  command.option('--json', 'print one JSON document').option('--quiet', 'print nothing but errors')
  return command.allowExcessArguments(false).action(async (...given: unknown[]) => {
    // The arguments, the options, the command: as many arguments as were declared.
    const options = given.at(-2) as Options
    print(await run(options, given.slice(0, -2).flat() as string[]), options)
  })
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
