/** What must not compile in the calls around the tables: the database, transactions, sessions, opening, migrations, errors. */

import {
  backup,
  CheckViolationError,
  ConfigError,
  ConstraintError,
  check,
  downgrade,
  drift,
  dropKept,
  expressScope,
  ForeignKeyViolationError,
  fastifyScope,
  fetchScope,
  healthHandler,
  history,
  honoScope,
  initDb,
  kept,
  loadConfig,
  NotFoundError,
  NotNullViolationError,
  open,
  PlinthError,
  protect,
  repair,
  resetDb,
  restore,
  restoreKept,
  revision,
  SchemaError,
  SchemaManager,
  StaleRowError,
  stamp,
  status,
  surveyDb,
  UniqueViolationError,
  upgrade,
  ValidationError,
  validate,
} from 'plinth'
import all, { claimJobs, createTask, enqueue, extendJob, failJob, finishJob, setTaskStatus } from 'plinth/models'
import { db, models, users } from './fixture.js'

export async function handles() {
  // @ts-expect-error a hook is of a model
  open({ models, hooks: { userz: { afterCommit() {} } } })
  // @ts-expect-error a hook has a name
  open({ models, hooks: { users: { afterComit() {} } } })
  // @ts-expect-error rows are those of the model
  open({ models, hooks: { users: { afterCommit: event => 'rows' in event && event.rows[0]?.emial } } })
  // @ts-expect-error only open() takes hooks
  initDb({ models, hooks: {} })
  // @ts-expect-error no such table
  db.userz
  // @ts-expect-error a transaction has no commit of its own
  await db.transaction(tx => tx.commit())
  // @ts-expect-error a transaction does not close the database
  await db.transaction(tx => tx.close())
  // @ts-expect-error a session has no session
  db.session().session()
  // @ts-expect-error blocking calls give no promise
  db.sync.users.get(1).then()
  // @ts-expect-error no such option
  await db.transaction(async () => {}, { readonly: true })
  // @ts-expect-error no such isolation
  await db.transaction(async () => {}, { isolation: 'snapshot' })
  // @ts-expect-error SQL is a template, never a text put together
  await db.sql('SELECT 1')
  // @ts-expect-error no such option
  open({ modles: {} })
  // @ts-expect-error no such option of the pool
  open({ pool: { max: 10 } })
  // @ts-expect-error a schema without tasks
  await createTask(db, { type: 'report' })
  // @ts-expect-error a transaction is a function
  await db.transaction()
  // @ts-expect-error what a transaction does is waited for
  await db.transaction(() => 1)
  // @ts-expect-error a number
  await db.transaction(async () => {}, { retries: true })
  // @ts-expect-error a number
  await db.scope(async () => {}, { retries: '3' })
  // @ts-expect-error a session is not run again
  db.session({ retries: 3 })
  // @ts-expect-error a savepoint is a function
  await db.transaction(tx => tx.transaction())
  // @ts-expect-error a transaction has no sync
  await db.transaction(async tx => tx.sync)
  // @ts-expect-error a transaction does not drift
  await db.transaction(tx => tx.drift())
  // @ts-expect-error rows are read or not
  await db.drift({ rows: 'all' })
  // @ts-expect-error milliseconds are a number
  await db.drift({ rows: true, timeout: '1s' })
  // @ts-expect-error no such option
  await db.drift({ scan: true })
  // @ts-expect-error a database is not passed to its own call
  await db.drift({ db })
  // @ts-expect-error a transaction is not healthy or ill
  await db.transaction(tx => tx.health())
  // @ts-expect-error a session is not opened by a function
  db.session(async () => {})
  // @ts-expect-error it takes nothing
  await db.drift({ rows: 1 })
  // @ts-expect-error no such option
  await db.health({ timeout: 100 })
  // @ts-expect-error milliseconds
  await db.health({ timeoutMs: '1s' })
  // @ts-expect-error no such option
  await db.close({ force: true })
  // @ts-expect-error milliseconds are a number
  await db.close({ timeout: '1s' })
  // @ts-expect-error work for later is a function
  db.afterScope(1)
  // @ts-expect-error a transaction has no scope to come after
  await db.transaction(async tx => tx.afterScope(() => 1))
  // @ts-expect-error a database is not committed
  await db.commit()
}

export async function limits() {
  // @ts-expect-error limits of what?
  db.with()
  // @ts-expect-error no such limit
  db.with({ timeoutMs: 100 })
  // @ts-expect-error milliseconds
  await db.with({ timeout: '1s' }).users.count()
  // @ts-expect-error no such limit
  await db.transaction(async tx => tx.with({ deadline: 100 }).users.count())
  // @ts-expect-error a session has limits of its own, and no sync
  db.session().with({ timeout: 100 }).sync
  // @ts-expect-error a signal, not what makes one
  await db.users.list({ signal: new AbortController() })
}

export async function scopes() {
  // @ts-expect-error a scope is a function
  await db.scope()
  // @ts-expect-error no such option
  await db.scope(async () => {}, { timeoutMs: 100 })
  // @ts-expect-error milliseconds
  await db.scope(async () => {}, { idleTimeout: '30s' })
  // @ts-expect-error no such isolation
  db.session({ isolation: 'snapshot' })
  // @ts-expect-error a transaction has no idle timeout
  await db.transaction(async () => {}, { idleTimeout: 100 })
  // @ts-expect-error no such table
  await db.scope(session => session.userz.list())
  // @ts-expect-error nothing to say
  db.current(true)
  // @ts-expect-error the session of a scope does not block
  db.current().sync
}

export async function sessions() {
  const session = db.session()
  // @ts-expect-error commit() takes nothing
  await session.commit(true)
  // @ts-expect-error rollback() takes nothing
  await session.rollback('to here')
  // @ts-expect-error close() takes nothing
  await session.close(true)
  // @ts-expect-error a session does not block
  session.sync
  // @ts-expect-error no such table
  await session.userz.list()
  // @ts-expect-error no such column
  await session.users.list({ where: { emial: 'a' } })
}

export function blocking() {
  // @ts-expect-error a blocking transaction waits for no promise of its own
  db.sync.transaction(async tx => tx.users.count()).toFixed()
  // @ts-expect-error no such option
  db.sync.transaction(tx => tx.users.count(), { retry: 1 })
  // @ts-expect-error a blocking database has no session
  db.sync.session()
  // @ts-expect-error a blocking database is closed by its own
  db.sync.close()
  // @ts-expect-error a text is not a template
  db.sync.sql('SELECT 1')
  // @ts-expect-error misspelt column
  db.sync.users.list({ where: { emial: 'a' } })
  // @ts-expect-error not a promise
  db.sync.users.count().catch(() => 0)
}

export async function openings() {
  // @ts-expect-error models are what schema() gives
  open({ models: { users } })
  // @ts-expect-error no such durability
  open({ durability: 'none' })
  // @ts-expect-error true or false
  open({ prepare: 'never' })
  // @ts-expect-error true, a function or options
  open({ log: 'loud' })
  // @ts-expect-error milliseconds
  open({ log: { slowMs: '50' } })
  // @ts-expect-error no such option
  open({ log: { slow: 50 } })
  // @ts-expect-error on or off
  open({ log: { lostUpdates: 3 } })
  // @ts-expect-error an event has no text
  open({ log: event => event.text })
  // @ts-expect-error an event is not to be changed
  open({ log: event => (event.rows = 0) })
  // @ts-expect-error open() takes options
  open('sqlite::memory:')
  // @ts-expect-error no such option
  await initDb({ models, seeds: {} })
  // @ts-expect-error steps or one transaction: true or false
  await initDb({ models, online: 'yes' })
  // @ts-expect-error a reset begins without tables: there is nothing to run beside
  await resetDb({ models, online: true })
  // @ts-expect-error a seed is a function
  await initDb({ models, seed: { one: { name: 'a' } } })
  // @ts-expect-error no such table in a seed
  await initDb({ models, seed: { one: tx => tx.tagz.create({ name: 'a' }) } })
  // @ts-expect-error a folder
  await initDb({ models, migrations: true })
  // @ts-expect-error a number of milliseconds
  await initDb({ models, migrations: { lockTimeoutMs: '40ms' } })
  // @ts-expect-error true or false
  await resetDb({ models, force: 'yes' })
  // @ts-expect-error a word is a text
  await resetDb({ models, confirm: () => 7 })
  // @ts-expect-error it destroys nothing
  await surveyDb({ models, force: true })
  // @ts-expect-error no word
  await protect({ models })
  // @ts-expect-error it opens the database itself
  new SchemaManager({ models, db })
  // @ts-expect-error a folder
  loadConfig({ cwd: '.' })
}

export async function bundled() {
  const own = open({ models: all })
  // @ts-expect-error a task has a type
  await createTask(own, {})
  // @ts-expect-error no such status
  await setTaskStatus(own, 'x', 'paused')
  // @ts-expect-error which status?
  await setTaskStatus(own, 'x')
}

export async function jobs() {
  const own = open({ models: all })
  // @ts-expect-error the queue is not among these models
  await enqueue(db, {})
  // @ts-expect-error calls that block
  await claimJobs(own.sync)
  // @ts-expect-error a new job has no status
  await enqueue(own, { status: 'done' })
  // @ts-expect-error a Date
  await enqueue(own, { runAt: 'soon' })
  // @ts-expect-error a payload of this type
  await enqueue<{ to: string }>(own, { payload: { to: 5 } })
  // @ts-expect-error a number of milliseconds
  const [job] = await claimJobs(own, { lease: '60s' })
  // @ts-expect-error one queue
  await claimJobs(own, { queue: ['a', 'b'] })
  // @ts-expect-error the name of a worker is a text
  await claimJobs(own, { worker: 7 })
  const found = await own.jobQueue.find()
  // @ts-expect-error a row that was read is not a claimed job: its token may be null
  if (found) await finishJob(own, found)
  if (!job) return
  // @ts-expect-error a claimed job, not its id
  await finishJob(own, job.id)
  // @ts-expect-error a number of milliseconds
  await extendJob(own, job, { lease: new Date() })
  // @ts-expect-error what went wrong
  await failJob(own, job)
  // @ts-expect-error true or false
  await failJob(own, job, 'no', { retry: 3 })
}

export function errors(error: unknown) {
  // @ts-expect-error an error has a message
  new PlinthError('NOT_FOUND')
  // @ts-expect-error no such field
  new PlinthError('NOT_FOUND', 'gone', { rows: 3 })
  // @ts-expect-error a code is a text
  new SchemaError(5)
  // @ts-expect-error the message comes first
  new ValidationError({ table: 'users' })
  // @ts-expect-error the message comes first
  new NotFoundError({ table: 'users' })
  // @ts-expect-error so has this one
  new StaleRowError({ table: 'users' })
  // @ts-expect-error code and message
  new ConfigError('no models')
  // @ts-expect-error code and message
  new ConstraintError('refused')
  // @ts-expect-error code and message
  new UniqueViolationError('refused')
  // @ts-expect-error code and message
  new ForeignKeyViolationError('refused')
  // @ts-expect-error code and message
  new NotNullViolationError('refused')
  // @ts-expect-error code and message
  new CheckViolationError('refused')
  // @ts-expect-error an error says columns, not column
  if (error instanceof PlinthError) error.column
  // @ts-expect-error what an error says is not changed
  if (error instanceof PlinthError) error.code = 'OTHER'
}

export function migrations() {
  // @ts-expect-error a revision needs a message
  revision({ models })
  // @ts-expect-error a backfill is SQL
  revision({ message: 'a', backfill: { 'users.country': 1 } })
  // @ts-expect-error no such database
  revision({ message: 'a', backfill: { 'users.country': { mysql: 'id' } } })
  // @ts-expect-error a backfill for a database is SQL
  revision({ message: 'a', backfill: { 'users.country': { sqlite: 1 } } })
  // @ts-expect-error no such database
  revision({ message: 'a', dialects: ['mysql'] })
  // @ts-expect-error the reason is a text
  revision({ message: 'a', allowBlocking: true })
  // @ts-expect-error a target is a text
  upgrade({ to: 1 })
  // @ts-expect-error steps or one transaction: true or false
  upgrade({ online: 'yes' })
  // @ts-expect-error a stamp needs a target
  stamp({})
  // @ts-expect-error check() takes SQL or options
  check(5)
  // @ts-expect-error no such setting of migrations
  upgrade({ migrations: { lockTimeout: 40 } })
  // @ts-expect-error a timeout is a number of milliseconds
  upgrade({ timeout: '5s' })
  // @ts-expect-error a wait has no such property
  downgrade({ onWait: wait => wait.pid })
  // @ts-expect-error history() does not wait
  history({ timeout: 5 })
  // @ts-expect-error no such option
  upgrade({ target: 'head' })
  // @ts-expect-error a target is a text
  downgrade({ to: -1 })
  // @ts-expect-error a backup needs a file
  backup({})
  // @ts-expect-error a backup is written over nothing
  backup({ file: 'a.db', force: true })
  // @ts-expect-error a restore needs a file
  restore({ force: true })
  // @ts-expect-error progress has no such property
  restore({ file: 'a.db', onProgress: step => step.rows })
  // @ts-expect-error a backup is checked
  backup({ file: 'a.db', check: 'none' })
  // @ts-expect-error a list is of a database, and of nothing in it
  kept({ table: 'users' })
  // @ts-expect-error what is brought back has a number
  restoreKept({ plan: true })
  // @ts-expect-error numbers are not texts
  restoreKept({ number: [1, '2'] })
  // @ts-expect-error a time is a number
  restoreKept({ number: 1, migrations: { lockWaitMs: '1' } })
  // @ts-expect-error each entry has what was made again
  restoreKept({ number: [1, 2] }).then(report => report.made)
  // @ts-expect-error a number is not a text
  dropKept({ number: '1' })
  // @ts-expect-error a time is a number
  dropKept({ number: 1, migrations: { lockWaitMs: '1' } })
  // @ts-expect-error numbers are not texts
  dropKept({ number: [1, '2'] })
  // @ts-expect-error several entries may be dropped
  dropKept({ number: 1 }).then(report => report.dropped.what)
  // @ts-expect-error names by names
  repair({ rename: ['users.name'] })
  // @ts-expect-error no such option
  db.repair({ rows: true })
  // @ts-expect-error a comparison leads nowhere
  drift({ to: 'head' })
  // @ts-expect-error a comparison leads nowhere
  validate({ to: 'head' })
  // @ts-expect-error history() changes nothing, and goes nowhere
  history({ to: 'head' })
  // @ts-expect-error no such option
  status({ verbose: true })
  // @ts-expect-error true or false
  check({ prove: 'all' })
  // @ts-expect-error one version
  check({ since: ['20261120101500'] })
  // @ts-expect-error no such choice
  revision({ message: 'a', renames: { 'users.a': 'users.b' } })
}

export function services() {
  // @ts-expect-error a middleware is of a database
  expressScope({ db })
  // @ts-expect-error no such option
  expressScope(db, { property: 'db' })
  // @ts-expect-error a name is a text
  honoScope(db, { as: 1 })
  // @ts-expect-error which statuses are committed a function says
  honoScope(db, { commit: 400 })
  // @ts-expect-error a plugin is given its database
  fastifyScope({}, {}, () => {})
  // @ts-expect-error a handler answers with what has a status
  fetchScope(db, async (_request, session) => session.users.list())
  // @ts-expect-error misspelt table of the session
  fetchScope(db, async (_request, session) => Response.json(await session.userz.list()))
  // @ts-expect-error no such option
  fetchScope(db, async () => new Response(), { as: 'db' })
  // @ts-expect-error milliseconds
  expressScope(db, { idleTimeout: true })
  // @ts-expect-error no such isolation
  honoScope(db, { isolation: 'dirty' })
  // @ts-expect-error the signal of a request is its own
  expressScope(db, { signal: new AbortController().signal })
  // @ts-expect-error a request is not answered again
  expressScope(db, { retries: 3 })
  // @ts-expect-error milliseconds are a number
  healthHandler(db, { timeoutMs: '5s' })
  // @ts-expect-error no such option
  healthHandler(db, { pending: false })
  // @ts-expect-error a version is a text
  healthHandler(db, { version: 1 })
}
