// Drift on PostgreSQL: rules that were never validated, rows that a role may not see, and a scan that is stopped.
import assert from 'node:assert/strict'
import { c, check, drift, index, initDb, model, open, schema } from 'plinth'
import { fails, raw } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'

const models = schema({
  teams: model('teams', { id: c.id() }),
  users: model('users', { id: c.id(), age: c.integer(), teamId: c.integer().nullable().references('teams.id') }, t => [
    check('age > 0'),
    index(t.age).unique().name('one_age'),
  ]),
})

async function place(t) {
  const url = await newUrl(t)
  const db = open({ models, url })
  t.after(() => db.close())
  await initDb({ db })
  return { db, url }
}

test('a constraint that is NOT VALID is reported with its rows', async t => {
  const { db } = await place(t)
  await db.sql`ALTER TABLE users DROP CONSTRAINT users_check, DROP CONSTRAINT users_team_id_fkey`
  await db.sql`INSERT INTO users (id, age, team_id) VALUES (1, 0, NULL), (2, 5, 9), (3, 7, NULL)`
  await db.sql`ALTER TABLE users ADD CONSTRAINT users_check CHECK (age > 0) NOT VALID`
  await db.sql`ALTER TABLE users ADD CONSTRAINT users_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams (id) NOT VALID`
  const rows = async () => {
    const { differences } = await db.drift({ rows: true })
    const rules = differences.filter(({ object }) => object !== 'sequence')
    return rules.map(({ name, grade, rows }) => [name, grade, rows])
  }
  assert.deepEqual(await rows(), [
    ['users_check', 'blocked', { count: 1, keys: [1] }],
    ['users_team_id_fkey', 'blocked', { count: 1, keys: [2] }],
  ])
  await db.sql`DELETE FROM users WHERE id < 3`
  assert.deepEqual(await rows(), [
    ['users_check', 'safe', { count: 0, keys: [] }],
    ['users_team_id_fkey', 'safe', { count: 0, keys: [] }],
  ])
})

test('a scan that waits for a lock is stopped, and nothing runs on', async t => {
  const { db, url } = await place(t)
  await db.sql`ALTER TABLE users DROP CONSTRAINT users_check`
  await db.transaction(async tx => {
    await tx.sql`LOCK TABLE users IN ACCESS EXCLUSIVE MODE`
    const start = performance.now()
    await fails(() => drift({ models, url, rows: true, timeout: 300 }), { code: 'TIMEOUT' })
    assert.ok(performance.now() - start < 10_000)
    const running = await tx.sql`SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()`
    assert.deepEqual(running, [{ n: 0 }])
  })
})

test('rows that a role may not see are not taken for missing rows', async t => {
  const { db, url } = await place(t)
  const [{ role }] = await db.sql`SELECT 'reader_' || pg_backend_pid() AS role`
  await raw(db, `CREATE ROLE ${role} LOGIN PASSWORD 'r'`)
  t.after(() => query(url, `DROP OWNED BY ${role}`).then(() => query(url, `DROP ROLE ${role}`)))
  await raw(db, `GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`)
  await db.sql`ALTER TABLE users DROP CONSTRAINT users_check`
  await db.sql`INSERT INTO users (age) VALUES (0)`
  const theirs = new URL(url)
  theirs.username = role
  theirs.password = 'r'
  const rule = async () => {
    const { differences } = await drift({ models, url: theirs.href, rows: true })
    return differences.find(({ name }) => name === 'users_check')
  }
  assert.deepEqual((await rule()).rows, { count: 1, keys: [1] })
  for (const hide of ['ALTER TABLE users ENABLE ROW LEVEL SECURITY', `REVOKE SELECT ON users FROM ${role}`]) {
    await raw(db, hide)
    const { rows, grade, why } = await rule()
    assert.deepEqual([rows, grade], [null, 'safe'])
    assert.match(why, /Its rows could not be read: The role of the URL may not do this/)
  }
})
