// Options of open, init, reset and migrations that are of another type: each has a clear error, and nothing is made.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as plinth from 'plinth'
import { fails } from './support/db.mjs'
import { folder } from './support/project.mjs'

const { c, model, schema } = plinth
const models = schema({ notes: model('notes', { id: c.id() }) })
const HALF = 'a\ud800'

/** Every call that looks for a project and its database, with what it needs. */
const CALLS = {
  open: options => plinth.open(options).close(),
  initDb: plinth.initDb,
  resetDb: plinth.resetDb,
  upgrade: options => plinth.upgrade(options),
  downgrade: options => plinth.downgrade(options),
  history: options => plinth.history(options),
  status: options => plinth.status(options),
  stamp: options => plinth.stamp({ to: 'head', ...options }),
  check: options => plinth.check(options),
  revision: options => plinth.revision({ message: 'first', sql: true, ...options }),
}

const WRONG = {
  url: [null, 1, true, {}, [], Symbol('url'), HALF],
  cwd: ['/no/such/folder', null, 1, true, {}, [], '', ' ', 'a\0b', HALF],
  env: [null, 1, true, 'text', []],
}

test('url, cwd and env of another type are refused by every call', async t => {
  const dir = folder(t)
  for (const [call, work] of Object.entries(CALLS)) {
    for (const [name, values] of Object.entries(WRONG)) {
      for (const value of values) {
        const options = { models, cwd: dir, env: {}, url: 'sqlite:///./app.db', [name]: value }
        await fails(async () => work(options), {
          code: 'QUERY_INVALID',
          message: new RegExp(`^${call}\\(\\): ${name} must be`),
        })
      }
    }
  }
  assert.deepEqual(readdirSync(dir), [])
})

test('variables that are not text are refused, without their values', async t => {
  const dir = folder(t)
  const wrong = [1, true, {}, Symbol('secret'), 'secret\ud800', 'secret\0']
  const variables = {
    DATABASE_URL: {},
    MIGRATION_DATABASE_URL: { DATABASE_URL: 'postgresql://localhost:1/app' },
    ENABLE_AUTO_MIGRATION: { DATABASE_URL: 'sqlite:///./app.db' },
    PG_SSL_ROOT_CERT: { DATABASE_URL: 'postgresql://localhost:1/app' },
    PG_SSL_ALLOW_SELF_SIGNED: { DATABASE_URL: 'postgresql://localhost:1/app' },
  }
  for (const [name, others] of Object.entries(variables)) {
    for (const value of wrong) {
      const env = { ...others, [name]: value }
      const error = await fails(() => plinth.initDb({ models, cwd: dir, env }), {
        code: 'CONFIG_INVALID',
        message: new RegExp(name),
      })
      assert.doesNotMatch(JSON.stringify(error) + error.stack, /secret/)
    }
  }
  assert.deepEqual(readdirSync(dir), [])
})

test('the other options of another type', async t => {
  const cwd = folder(t)
  const base = { models, cwd, env: {}, url: 'sqlite:///./app.db' }
  const refused = async (call, options, fields) => fails(async () => CALLS[call]({ ...base, ...options }), fields)
  for (const value of [1, null, true, '', 'a\0b', HALF]) {
    for (const call of ['initDb', 'resetDb', 'upgrade', 'revision', 'check'])
      await refused(
        call,
        { migrations: value },
        { code: 'QUERY_INVALID', message: new RegExp(`^${call}\\(\\): migrations`) },
      )
  }
  for (const value of [1, null, 'yes'])
    await refused('resetDb', { force: value }, { code: 'QUERY_INVALID', message: /force must be true or false/ })
  for (const value of [1, null, {}, HALF, 'a\0b']) {
    await refused('revision', { message: value, migrations: 'm' }, { code: 'QUERY_INVALID', message: /message/ })
    await refused('stamp', { to: value, migrations: 'm' }, { code: 'QUERY_INVALID', message: /to must be/ })
    await refused('revision', { migrations: 'm', drop: [value] }, { code: 'CHOICE_INVALID' })
    await refused('revision', { migrations: 'm', rename: { 'notes.a': value } }, { code: 'CHOICE_INVALID' })
    await refused('revision', { migrations: 'm', backfill: { 'notes.a': value } }, { code: 'CHOICE_INVALID' })
    await refused('revision', { migrations: 'm', map: { 'notes.a': { b: value } } }, { code: 'CHOICE_INVALID' })
    for (const call of ['open', 'initDb']) await refused(call, { models: value ?? 0 }, { code: 'CONFIG_INVALID' })
  }
  for (const value of [null, 1, true, {}, [], '', 'a\0b', HALF]) {
    await fails(() => plinth.loadConfig(value), {
      code: 'CONFIG_INVALID',
      message: /loadConfig\(\) expected the path of a folder/,
    })
  }
  assert.deepEqual(readdirSync(cwd), [])
})

test('models that cannot be written as JSON, or hold half of a surrogate pair', async t => {
  const url = `sqlite:///${join(folder(t), 'app.db')}`
  const circular = { format: 1, models: [] }
  circular.models.push(circular)
  await fails(() => plinth.open({ models: circular, url }), { code: 'CONFIG_INVALID', message: /as JSON/ })
  const nothing = { format: 1, models: [], toJSON() {} }
  await fails(() => plinth.open({ models: nothing, url }), { code: 'CONFIG_INVALID', message: /gives nothing/ })
  const texts = {
    name: schema({ notes: model('notes', { id: c.id(), title: c.text().name(HALF) }) }),
    comment: schema({ notes: model('notes', { id: c.id(), title: c.text().comment(HALF) }) }),
    check: schema({ notes: model('notes', { id: c.id(), title: c.text().check(`title <> '${HALF}'`) }) }),
    default: schema({ notes: model('notes', { id: c.id(), title: c.text().default(HALF) }) }),
  }
  for (const [what, broken] of Object.entries(texts)) {
    const fields = { code: 'SCHEMA_INVALID', message: /^notes(\.title)?: .*surrogate/ }
    await fails(() => plinth.open({ models: broken, url }), what === 'default' ? { code: 'SCHEMA_INVALID' } : fields)
  }
  // An escape in the text itself is not one.
  await plinth
    .open({ models: schema({ notes: model('notes', { id: c.id(), title: c.text().comment('\\ud800') }) }), url })
    .close()
})
