// Migrations beside sessions that hold the locks of tables: each lock is waited for briefly, and all of the transaction is tried
// again, so that no other session stands behind it.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { c, initDb, kept, model, open, repair, resetDb, schema } from 'plinth'
import { everything, fails } from '../support/db.mjs'
import { byHand, plain, workshop } from '../support/migrations.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'

const models = plain('one')
const wider = schema({
  one: model('one', { id: c.id(), text: c.text().nullable(), more: c.text().nullable() }),
})

/** A database with a table of some rows, and the revision that adds a column to it. */
async function place(t) {
  const shop = await workshop(t)
  await shop.write(models, 'first')
  await shop.upgrade()
  await query(shop.url, `INSERT INTO one (text) SELECT 'row' FROM generate_series(1, 10)`)
  await shop.write(wider, 'wider')
  return shop
}

/** A session of its own, with a transaction that has run SQL. */
async function holding(t, url, sql = `SELECT * FROM one WHERE text = 'secret'`) {
  const client = new pg.Client({ connectionString: url, application_name: 'holder' })
  client.on('error', () => {})
  await client.connect()
  t.after(() => client.end())
  await client.query('BEGIN')
  await client.query(sql)
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
  await client.query(sql)
  return { pid: rows[0].pid, end: () => client.query('ROLLBACK') }
}

/**
 * Does work while a session holds the lock of the table for two seconds, and another one reads the table again and again. No
 * read may stand behind the work for long while the work waits for the lock.
 */
async function besideAReader(t, url, work) {
  const { end } = await holding(t, url)
  const reader = new pg.Client({ connectionString: url })
  await reader.connect()
  t.after(() => reader.end())
  let released = Infinity
  const ended = sleep(2000).then(() => {
    released = performance.now()
    return end()
  })
  const reads = []
  const start = performance.now()
  let working = true
  const done = work().finally(() => {
    working = false
  })
  while (working) {
    const began = performance.now()
    await reader.query('SELECT count(*) FROM one').catch(() => {})
    if (began < released) reads.push(Math.min(performance.now(), released) - began)
    await sleep(2)
  }
  const result = await done
  const ms = performance.now() - start
  await ended
  assert.ok(ms >= 1900 && ms < 10_000, `the work took ${ms} ms`)
  const longest = Math.max(...reads)
  assert.ok(longest < 150 && reads.length > 100, `the longest of ${reads.length} reads took ${longest} ms`)
  t.diagnostic(`the longest of ${reads.length} reads took ${longest} ms`)
  return result
}

test('upgrade and downgrade go through when the reader ends, and a bystander reads meanwhile', async t => {
  const { url, upgrade, downgrade, history } = await place(t)
  const [waits, steps] = [[], []]
  const options = { onWait: wait => waits.push(wait), onProgress: step => steps.push(step.statement) }
  const { applied } = await besideAReader(t, url, () => upgrade('head', options))
  assert.ok(applied.length === 1 && applied[0].tries > 3, JSON.stringify(applied))
  // Each step is reported once, whatever the tries.
  assert.deepEqual(steps, [...new Set(steps)])
  assert.ok(waits.length === 1 && waits[0].tries > 1 && waits[0].waitedMs >= 1000, JSON.stringify(waits))
  assert.match(waits[0].holder, /^the session \d+ \(holder\) of \w+: idle in transaction, /)
  assert.equal((await history()).log.filter(({ name }) => name === 'wider').length, 1)
  const { reverted } = await besideAReader(t, url, () => downgrade('-1'))
  assert.ok(reverted.length === 1 && reverted[0].tries > 3, JSON.stringify(reverted))
  assert.equal((await history()).log.filter(({ name }) => name === 'wider').length, 2)
})

test('rows are kept once, whatever the tries', async t => {
  const { url, upgrade, downgrade } = await place(t)
  await upgrade()
  await query(url, `UPDATE one SET more = 'kept'`)
  const { reverted } = await besideAReader(t, url, () => downgrade('-1', { keep: true }))
  assert.equal(reverted[0].kept.length, 1)
  assert.equal((await kept({ url })).kept.length, 1)
})

test('a reader that does not end: BUSY names the session, and no literal of its statement', async t => {
  const { url, migrations: folder, upgrade, status } = await place(t)
  const { pid, end } = await holding(t, url)
  for (const [settings, tried, limit] of [
    [{ lockWaitMs: 400 }, /It was tried \d+ times in \d+ milliseconds: the lock is held by the session /, 3000],
    [{ lockTries: 3, lockTimeoutMs: 20 }, /It was tried 3 times in \d+ milliseconds: /, 1500],
    [{ lockTries: 1 }, /It was tried once: the session that holds the lock was not seen\./, 1000],
  ]) {
    const start = performance.now()
    const error = await fails(() => upgrade('head', { migrations: { folder, ...settings } }), {
      code: 'BUSY',
      retryable: true,
      message: tried,
    })
    assert.ok(performance.now() - start < limit, `${performance.now() - start} ms`)
    assert.match(error.message, /^Statement 1 \(line \d+\) of .* failed: /)
    assert.doesNotMatch(everything(error), /secret/)
    if (settings.lockTries === 1) continue
    const found = `the session ${pid} \\(holder\\) of \\w+: idle in transaction, its transaction is \\d+ s old, last statement: SELECT on one`
    assert.match(error.found, new RegExp(`^${found}$`))
    assert.deepEqual([error.table, error.hint.includes(`pg_terminate_backend(${pid})`)], ['one', true])
  }
  // `timeout` ends the wait for locks, too.
  await fails(() => upgrade('head', { timeout: 300 }), { code: 'BUSY', message: /It was tried \d+ times in / })
  assert.equal((await status()).pending.length, 1)
  await end()
  assert.equal((await upgrade()).applied.length, 1)
})

test('what the role may not see of the holder is unknown', async t => {
  const { url, migrations: folder, upgrade } = await place(t)
  const role = `limited_${process.pid}`
  await query(url, `CREATE ROLE ${role} LOGIN; ALTER TABLE one OWNER TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role};
    GRANT ALL ON SCHEMA public TO ${role}`)
  t.after(() => query(url, `REASSIGN OWNED BY ${role} TO CURRENT_USER; DROP OWNED BY ${role}; DROP ROLE ${role}`))
  const { pid, end } = await holding(t, url)
  const limited = Object.assign(new URL(url), { username: role, password: '' }).href
  const error = await fails(() => upgrade('head', { url: limited, migrations: { folder, lockWaitMs: 300 } }), {
    code: 'BUSY',
    found: new RegExp(`^the session ${pid} \\(holder\\) of \\w+: state unknown to this role, last statement unknown to this role$`),
  })
  assert.doesNotMatch(everything(error), /secret/)
  await end()
})

test('two runners beside a reader: one applies the revision, the other finds it applied', async t => {
  const { url, upgrade, history } = await place(t)
  const both = await besideAReader(t, url, () => Promise.all([upgrade(), upgrade()]))
  assert.deepEqual(both.map(({ applied }) => applied.length).sort(), [0, 1])
  assert.equal((await history()).log.filter(({ name }) => name === 'wider').length, 1)
})

test('initDb, resetDb, repair and restoring are tried again as well', async t => {
  const { url, migrations, cwd, upgrade } = await place(t)
  const inited = await besideAReader(t, url, () => initDb({ models: wider, url, migrations, cwd }))
  assert.equal(inited.migrated[0].name, 'wider')
  await query(url, 'ALTER TABLE one DROP COLUMN more')
  const repaired = await besideAReader(t, url, () => repair({ models: wider, url, migrations, cwd }))
  assert.equal(repaired.outcome, 'repaired')
  const reset = await besideAReader(t, url, () => resetDb({ models: wider, url, migrations, cwd }))
  assert.equal(reset.init.migrated.length, 2)
  assert.deepEqual((await upgrade()).applied, [])
  const { end } = await holding(t, url)
  const busy = { code: 'BUSY', found: /^the session \d+ \(holder\)/ }
  const limited = { url, cwd, migrations: { folder: migrations, lockWaitMs: 200 } }
  await fails(() => resetDb({ ...limited, models: wider }), busy)
  await query(url, `DROP INDEX IF EXISTS extra; CREATE INDEX extra ON one (text)`)
  await fails(() => repair({ ...limited, models: wider, destructive: true }), busy)
  await end()
})
