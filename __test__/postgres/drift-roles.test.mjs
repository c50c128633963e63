// Roles that only use what another role made: a service starts without a right to create, and the records stay the other's.
import assert from 'node:assert/strict'
import { drift, initDb } from 'plinth'
import { PLACES } from '../support/dialect.mjs'
import { onServer, serverUrlFor } from '../support/dialect-postgres.mjs'
import { decisions, first, second, workshop } from '../support/migrations.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'

const nameOf = url => decodeURIComponent(new URL(url).pathname.slice(1))

/** A workshop whose database has a second role, which may read and write rows. */
async function shopWithService(t) {
  const shop = await workshop(t, { place: PLACES[0] })
  const role = `service_of_${nameOf(shop.url)}`
  await onServer(`CREATE ROLE ${role} LOGIN`)
  t.after(async () => {
    await query(shop.url, `DROP OWNED BY ${role}`)
    await onServer(`DROP ROLE ${role}`)
  })
  const url = await serverUrlFor({ database: nameOf(shop.url), user: role })
  const allow = (what = 'SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public') =>
    query(shop.url, `GRANT ${what} TO ${role}`)
  return { shop, url, allow, role }
}

const owners = async url =>
  (await query(url, "SELECT DISTINCT tableowner FROM pg_tables WHERE tablename = 'plinth_shape'")).map(
    ({ tableowner }) => tableowner,
  )

for (const [what, change] of [
  ['is gone', 'DROP TABLE plinth_shape'],
  ['is of another major version', 'UPDATE plinth_shape SET server = server - 1'],
  ['may not be read', 'REVOKE ALL ON plinth_shape FROM PUBLIC, '],
]) {
  for (const revisions of [true, false]) {
    const with_ = revisions ? 'with revisions' : 'without revisions'
    test(`a role that may not create starts where what is stored ${what}, ${with_}`, async t => {
      const { shop, url, allow, role } = await shopWithService(t)
      if (revisions) await shop.write(first, 'first')
      const migrations = revisions ? shop.migrations : false
      await initDb({ models: first, url: shop.url, migrations })
      await allow()
      await query(shop.url, change.endsWith(' ') ? change + role : change)
      const report = await initDb({ models: first, url, migrations })
      assert.deepEqual(report.created.tables, [])
      assert.deepEqual(report.existing.tables, ['users', 'tasks'])
      // The owner stores what is missing, and then the service reads it.
      await initDb({ models: first, url: shop.url, migrations })
      await allow()
      assert.deepEqual((await drift({ models: first, url, migrations: shop.migrations })).differences, [])
    })
  }
}

test('a session that only reads starts if nothing is stored', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  await shop.init(first)
  await query(shop.url, 'DROP TABLE plinth_shape')
  await onServer(`ALTER DATABASE "${nameOf(shop.url)}" SET default_transaction_read_only = on`)
  const { drift: grades, existing } = await shop.init(first)
  assert.equal(grades, null)
  assert.deepEqual(existing.tables, ['users', 'tasks'])
  await onServer(`ALTER DATABASE "${nameOf(shop.url)}" RESET default_transaction_read_only`)
})

test('a script that is run by hand leaves the records to their owner, with their grants', async t => {
  const { shop, url, allow } = await shopWithService(t)
  await shop.write(first, 'first')
  await shop.init(first)
  await allow()
  await query(shop.url, 'GRANT CREATE ON SCHEMA public TO PUBLIC')
  const before = await owners(shop.url)
  await shop.write(second, 'second', decisions)
  const { sql } = await shop.upgrade('head', { sql: true })
  await query(shop.url, sql)
  await allow('SELECT, INSERT, UPDATE, DELETE ON labels')
  await initDb({ models: second, url, migrations: shop.migrations })
  assert.deepEqual(await owners(shop.url), before)
  assert.deepEqual((await drift({ models: second, url, migrations: shop.migrations })).differences, [])
  assert.deepEqual((await shop.downgrade()).reverted.length, 1)
})
