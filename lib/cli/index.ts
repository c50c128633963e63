/** The command `plinth`: its verbs, options and help. The verbs are in commands.ts. */

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

  withOnline(verb(plinth, 'init', 'create missing tables and run seeds; safe to run at every start', init)).option(
    '--strict',
    'exit with 1 if the database differs from its expected state',
  )
  withKeep(verb(plinth, 'reset', 'drop all tables, including those of other tools, then init', reset)).option(
    '--force',
    'do not ask, even in production and on another machine',
  )
  verb(plinth, 'protect', 'require a word before data is destroyed, from now on', protection).option(
    '--off',
    'end the protection, with its word',
  )
  withTimeout(verb(plinth, 'seed', 'run the seeds that have not run yet', seed))
  migrations(plinth)
  verb(plinth, 'backup', 'copy an SQLite database into a new file, while it is in use', backupVerb)
    .argument('<file>', 'the file to write')
    .option('--quick', 'check pages and rows, but not the indexes')
    .option('--timeout <ms>', 'stop after this many milliseconds')
  withTimeout(verb(plinth, 'kept', 'list the kept rows that revisions, repairs and resets destroyed', keptVerb)).option(
    '--drop <number>',
    'drop an entry, for good; several together if it is repeated',
    several,
  )
  verb(plinth, 'restore', 'bring back kept rows, or replace an SQLite database with a backup', restoreVerb)
    .argument('[number...]', 'numbers from plinth kept: all come back, or none')
    .option('--plan', 'of kept rows: print the plan, change nothing')
    .option('--file <path>', 'the backup')
    .option('--force', 'of a backup: do not ask, even in production')
    .option('--timeout <ms>', 'stop after this many milliseconds')
  verb(plinth, 'health', 'check whether the database answers', health)
  verb(plinth, 'schema', 'print the models as JSON', schema, false)
  return plinth
}

function migrations(plinth: Command): void {
  const revision = verb(plinth, 'revision', 'write the revision that leads to the models', revisionVerb)
  revision
    .argument('<message...>', 'the change, in a few words')
    .option('--empty', 'a revision whose SQL is written by hand')
    .option('--rename <old:new>', 'a rename: users.phone:users.mobile, or people:users', several)
    .option('--drop <name>', 'a column or table that is dropped, not renamed: users.phone', several)
    .option('--backfill <column=sql>', "the value for existing rows: users.country='XX', users.name=default", several)
    .option('--map <column:old=new>', 'the new word for a word of an enum: tasks.status:old=new', several)
    .option('--sql', 'print the SQL, write nothing')
    .option('--no-prove', 'write the revision without a proof')
    .option('--yes', 'do not ask before a revision that loses data')
    .option('--allow-blocking <reason>', 'why it may block tables of PostgreSQL that have rows')
  proof(revision)
  withOnline(verb(plinth, 'upgrade', 'apply revisions', upgradeVerb))
    .argument('[target]', 'head, +1, a version or its beginning', 'head')
    .option('--sql', 'print the SQL, run nothing')
  withOnline(verb(plinth, 'downgrade', 'revert the revisions applied last', downgradeVerb))
    .argument('[target]', '-1, a version or its beginning, base', '-1')
    .option('--sql', 'print the SQL, run nothing')
  verb(plinth, 'history', 'list the revisions, and the log of the database', historyVerb)
  verb(plinth, 'status', 'check whether an upgrade is pending', statusVerb)
  verb(plinth, 'drift', 'check whether the database was changed by other means', driftVerb)
    .option('--rows', 'also read rows: list those that block the repair of a difference')
    .option('--deep', 'with --rows: let SQLite look for damage')
    .option('--timeout <ms>', 'with --rows: stop after this many milliseconds')
  withKeep(verb(plinth, 'repair', 'correct changes that were made by other means', repairVerb))
    .option('--plan', 'print the SQL and the blocking rows, change nothing')
    .option('--destructive', 'also drop extra objects, with the values in them')
    .option(
      '--rename <old:new>',
      'a rename that was made by hand: users.full_name:users.name, or people:users',
      several,
    )
    .option('--recreate <name>', 'create it again, it was not renamed: users.name', several)
  proof(verb(plinth, 'check', 'check whether a revision is missing', checkVerb))
    .option('--prove', 'prove every existing revision')
    .option('--since <version>', 'the revision of the running release: warn of all later changes')
  verb(plinth, 'stamp', 'note revisions as applied, without running them', stampVerb).argument(
    '<target>',
    'head, base, a version or its beginning',
  )
}

function withKeep(command: Command): Command {
  return withTimeout(command).option('--no-keep', 'do not keep the rows that it destroys')
}

function withOnline(command: Command): Command {
  const given = new Set<string>()
  return withKeep(command)
    .option('--online', 'run revisions in steps that can, beside the sessions that use their tables')
    .option('--no-online', 'run each as one transaction (default: in steps if a table has more than 32 MB)')
    .on('option:online', excludes('--no-online'))
    .on('option:no-online', excludes('--online'))

  /** Commander's own `conflicts` does not tell two options of one value from each other. */
  function excludes(other: string): () => void {
    return () => {
      if (given.has(other)) command.error(`error: options '--online' and '--no-online' exclude each other`)
      given.add(other === '--online' ? '--no-online' : '--online')
    }
  }
}

function withTimeout(command: Command): Command {
  return command.option(
    '--timeout <ms>',
    'how long to wait for another process that changes the tables (default 600000)',
  )
}

function proof(command: Command): Command {
  return command
    .option('--prove-url <url>', 'a PostgreSQL server to prove on; overrides DATABASE_URL')
    .option('--dialect <name>', 'for this database only: sqlite or postgres', several)
}

const environment = `
The models are found by the "plinth" key of package.json, or plinth.config.{ts,js,mjs,cjs,json}.
The database: --url, else DATABASE_URL, else .env, else the configuration, else sqlite:///./app.db
(not with NODE_ENV=production).
init, seed, reset and migrations use MIGRATION_DATABASE_URL if it is set and --url is not.
Exit codes: 0 done; 1 a difference, or refused by a guard; 2 failed or misused.`

function verb(plinth: Command, name: string, description: string, run: Verb, database = true): Command {
  const command = plinth.command(name).description(description).helpOption('-h, --help', 'print this help')
  if (database) command.option('--url <url>', 'the URL of the database; overrides DATABASE_URL and .env')
  command.option('--json', 'print one JSON document').option('--quiet', 'print errors only')
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
    // Commander has written the sentence to stderr, or the help if no verb was passed.
    process.exitCode = 2
    if (json)
      process.stdout.write(`${JSON.stringify({ error: { code: 'USAGE', message: usage(thrown.message) } }, null, 2)}\n`)
  }
}

const usage = (text: string) => text.replace(/^error: /, '')

// `plinth schema | head`: the reader has gone, which is not a failure.
process.stdout.on('error', error => {
  if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
})

main(process.argv.slice(2))
