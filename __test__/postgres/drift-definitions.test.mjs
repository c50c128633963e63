// Drift on PostgreSQL: sequences that were changed, what is only tuning, and definitions that hang on the search path.
import assert from 'node:assert/strict'
import { c, check, drift, index, initDb, model, open, schema } from 'plinth'
import { raw } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'

const models = schema({
  users: model('users', { id: c.id(), age: c.integer(), bornAt: c.timestamp() }, t => [
    check('age > 0'),
    index(t.age).where('age > 5'),
  ]),
})

async function place(t, declared = models) {
  const url = await newUrl(t)
  await initDb({ models: declared, url, migrations: false })
  const db = open({ models: declared, url })
  t.after(() => db.close())
  return { db, url }
}

for (const options of ['MAXVALUE 100', 'MINVALUE -5', 'CYCLE', 'INCREMENT BY 2'])
  test(`a sequence that has got ${options} is a difference`, async t => {
    const { db } = await place(t)
    assert.deepEqual((await db.drift()).differences, [])
    await raw(db, `ALTER SEQUENCE users_id_seq ${options}`)
    const [{ object, name, grade, found }] = (await db.drift()).differences
    assert.deepEqual([object, name, grade], ['column', 'id', 'safe'])
    assert.ok(found.includes(`(${options})`), found)
  })

test('storage parameters are not drift, of tables and of indexes', async t => {
  const { db } = await place(t)
  await db.sql`ALTER TABLE users SET (fillfactor = 70)`
  await db.sql`ALTER INDEX users_age_idx SET (fillfactor = 70, deduplicate_items = off)`
  assert.deepEqual((await db.drift()).differences, [])
})

test('a moment with fewer digits would be widened, one with more narrowed', async t => {
  const { db } = await place(t)
  const told = async digits => {
    await raw(db, `ALTER TABLE users ALTER COLUMN born_at TYPE timestamptz(${digits})`)
    return (await db.drift()).differences.map(({ name, grade, why }) => [name, grade, why])
  }
  assert.deepEqual(await told(0), [['born_at', 'safe', 'Every value of the found type fits the expected one.']])
  assert.equal((await told(6))[0][1], 'destructive')
  assert.deepEqual(await told(3), [])
})

test('what was stored under another search path is not compared, and init stores it anew', async t => {
  const url = await newUrl(t)
  await query(
    url,
    `CREATE SCHEMA ext;
     CREATE FUNCTION ext.grown(n bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT n > 17'`,
  )
  const grown = schema({ users: model('users', { id: c.id(), age: c.integer() }, () => [check('ext.grown(age)')]) })
  const under = path => ({ models: grown, url: `${url}${url.includes('?') ? '&' : '?'}search_path=${path}` })
  const init = path => initDb({ ...under(path), migrations: false })
  const none = { safe: 0, missingData: 0, destructive: 0, blocked: 0 }
  await init('public,ext')
  assert.deepEqual((await init('public,ext')).drift, none)
  // The server writes `grown(age)` under the one, `ext.grown(age)` under the other.
  assert.deepEqual((await drift(under('public'))).differences, [])
  assert.deepEqual((await init('public')).drift, none)
  assert.deepEqual((await drift(under('public,ext'))).differences, [])
})
