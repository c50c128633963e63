// The settings of a database: options that are checked, and the variables of the environment beside
// DATABASE_URL.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { c, initDb, model, open, resetDb, schema } from 'plinth'
import { fails } from './support/db.mjs'
import { folder, write } from './support/project.mjs'

const models = schema({ users: model('users', { id: c.id() }) })
/** No server listens there, and nothing here connects. */
const server = 'postgresql://app:secret@localhost:1/app'

test('options that are none', async t => {
  const url = `sqlite:///${join(folder(t), 'app.db')}`
  for (const options of [
    { pool: 5 },
    { pool: null },
    { pool: [] },
    { pool: { size: 0 } },
    { pool: { size: 1.5 } },
    { pool: { size: '5' } },
    { pool: { acquireTimeoutMs: -1 } },
    { pool: { acquireTimeoutMs: Number.POSITIVE_INFINITY } },
    { pool: { idleTimeoutMs: -1 } },
    { prepare: 'no' },
    { durability: 'never' },
  ]) {
    const [name] = Object.keys(options)
    const fields = { code: 'QUERY_INVALID', message: new RegExp(`open\\(\\): ${name}`) }
    await fails(async () => open({ models, url, ...options }), fields)
    await fails(async () => open({ models, url: server, ...options }), fields)
    await fails(() => initDb({ models, url, ...options }), { code: 'QUERY_INVALID' })
  }
  await fails(async () => open({ models, url, pool: { max: 5 } }), {
    code: 'UNKNOWN_OPTION',
    message: /"max"/,
    hint: /size, acquireTimeoutMs, idleTimeoutMs/,
  })
})

test('options of the other database are checked, and change nothing', async t => {
  const url = `sqlite:///${join(folder(t), 'app.db')}`
  const db = open({ models, url, pool: { size: 2, acquireTimeoutMs: 1, idleTimeoutMs: 0 }, prepare: false })
  await initDb({ db })
  assert.equal(await db.users.count(), 0)
  await db.close()
  await open({ models, url: server, durability: 'normal' }).close()
})

test('PG_SSL_ALLOW_SELF_SIGNED is true or false, and of no interest to SQLite', async t => {
  const cwd = folder(t)
  const opened = (DATABASE_URL, value) =>
    open({ models, cwd, env: { DATABASE_URL, PG_SSL_ALLOW_SELF_SIGNED: value } }).close()
  for (const value of ['true', 'TRUE', '1', 'false', '0', '', ' ', undefined]) await opened(server, value)
  await fails(async () => opened(server, 'perhaps'), { code: 'CONFIG_INVALID', found: 'perhaps' })
  await opened('sqlite:///app.db', 'perhaps')
})

test('MIGRATION_DATABASE_URL must lead to the same database', async t => {
  const cwd = folder(t)
  const init = env => initDb({ models, cwd, env })
  const fields = { code: 'CONFIG_INVALID', message: /^MIGRATION_DATABASE_URL is / }
  for (const call of [initDb, resetDb]) {
    await fails(
      () => call({ models, cwd, env: { DATABASE_URL: 'sqlite:///a.db', MIGRATION_DATABASE_URL: server } }),
      fields,
    )
  }
  await fails(() => init({ DATABASE_URL: server, MIGRATION_DATABASE_URL: 'sqlite:///a.db' }), fields)
  await fails(() => init({ DATABASE_URL: 'sqlite:///a.db', MIGRATION_DATABASE_URL: 'sqlite:///b.db' }), fields)
  const same = await init({ DATABASE_URL: 'sqlite:///a.db', MIGRATION_DATABASE_URL: 'sqlite:///./a.db' })
  assert.equal(same.url, `sqlite:///${join(cwd, 'a.db')}`)
})

test('MIGRATION_DATABASE_URL is not looked at where a URL is given, nor in a .env beside a DATABASE_URL of the environment', async t => {
  const cwd = folder(t)
  const env = { DATABASE_URL: 'sqlite:///a.db', MIGRATION_DATABASE_URL: server }
  assert.equal((await initDb({ models, cwd, url: 'sqlite:///b.db', env })).url, `sqlite:///${join(cwd, 'b.db')}`)
  write(cwd, { '.env': `MIGRATION_DATABASE_URL=${server}\n` })
  const report = await initDb({ models, cwd, env: { DATABASE_URL: 'sqlite:///c.db' } })
  assert.equal(report.url, `sqlite:///${join(cwd, 'c.db')}`)
  write(cwd, { '.env': `DATABASE_URL=sqlite:///d.db\nMIGRATION_DATABASE_URL=${server}\n` })
  await fails(() => initDb({ models, cwd, env: {} }), { code: 'CONFIG_INVALID' })
  const db = open({ models, cwd, env: {} })
  await db.close()
})
