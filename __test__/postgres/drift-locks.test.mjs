// Drift beside others that hold the locks of tables: it gives up after a short time, and blocks no
// other call.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { c, check, drift, healthHandler, initDb, model, open, revision, schema, status } from 'plinth'
import { fails, raw } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'

const models = schema({
  aa: model('aa', { id: c.id(), email: c.text() }),
  // The server opens the table to write the expression of its check.
  zz: model('zz', { id: c.id(), age: c.integer() }, () => [check('age > 0')]),
})

async function place(t) {
  const url = await newUrl(t)
  const migrations = mkdtempSync(join(tmpdir(), 'plinth-locks-'))
  t.after(() => rmSync(migrations, { recursive: true }))
  await revision({ message: 'first', models, migrations })
  await initDb({ models, url, migrations })
  const db = open({ models, url })
  t.after(() => db.close())
  return { db, url, migrations }
}

/** Does work while a transaction has locked a table. */
function whileLocked(db, table, work) {
  return db.transaction(async tx => {
    await raw(tx, `LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)
    await work()
  })
}

/** How long a promise takes, in milliseconds. */
async function took(promise) {
  const start = performance.now()
  await promise
  return performance.now() - start
}

for (const table of ['aa', 'zz']) {
  test(`while the table ${table} is locked, drift is BUSY, and all else says that it is unknown`, async t => {
    const { db, url, migrations } = await place(t)
    await whileLocked(db, table, async () => {
      const busy = fails(() => drift({ models, url, migrations }), {
        code: 'BUSY',
        table,
        found: /^the session \d+ of /,
      })
      // No session waits for the locks of the comparison.
      await query(url, `SET lock_timeout = '1s'; ALTER TABLE ${table === 'aa' ? 'zz' : 'aa'} ADD COLUMN more integer`)
      assert.ok((await took(busy)) < 6000)
      const report = await initDb({ models, url, migrations })
      assert.equal(report.drift, null)
      const { drift: seen, driftUnknown } = await status({ url, migrations })
      assert.equal(seen, null)
      assert.match(driftUnknown, new RegExp(`The table \`${table}\` is locked`))
    })
    assert.equal((await drift({ models, url, migrations })).grades.destructive, 1)
  })
}

test('a probe and close() wait for no lock', async t => {
  const { url, db } = await place(t)
  const probed = open({ models, url })
  const handler = healthHandler(probed, { drift: { everyMs: 1 } })
  await whileLocked(db, 'aa', async () => {
    const answer = await handler(new Request('http://localhost/health'))
    assert.equal((await answer.json()).drift, null)
    assert.ok((await took(probed.close())) < 6000)
  })
})

test('a column without an index is read for its sequence only with the rows', async t => {
  const { db, url, migrations } = await place(t)
  await db.sql`ALTER TABLE aa DROP CONSTRAINT aa_pkey`
  await db.sql`INSERT INTO aa (id, email) VALUES (7, 'a')`
  const sequences = async options =>
    (await drift({ models, url, migrations, ...options })).differences
      .filter(({ object }) => object === 'sequence')
      .map(({ message }) => message)
  assert.deepEqual(await sequences(), [])
  assert.deepEqual(await sequences({ rows: true }), ['aa.id: expected a next number above 7, found 1.'])
})
