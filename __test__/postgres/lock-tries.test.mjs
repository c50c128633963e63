// Migrations beside sessions that hold the locks of tables: each lock is waited for briefly, and all of the transaction is tried
// again, so that no other session stands behind it.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { c, dropKept, initDb, kept, model, repair, resetDb, restoreKept, schema } from 'plinth'
import { everything, fails } from '../support/db.mjs'
import { besideAReader, holding, place, wider } from '../support/lock-holders.mjs'
import { byHand, plain, workshop } from '../support/migrations.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'

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

test('no work is done on one table while the lock of another is asked for', async t => {
  const shop = await workshop(t)
  await shop.write(plain('one', 'two'), 'first')
  await shop.init(plain('one', 'two'))
  await query(shop.url, `INSERT INTO one (text) SELECT 'row' FROM generate_series(1, 10)`)
  const more = name => model(name, { id: c.id(), text: c.text().nullable(), more: c.text() })
  const backfill = { 'one.more': `'x' || pg_sleep(0.2)::text`, 'two.more': `'x'` }
  await shop.write(schema({ one: more('one'), two: more('two') }), 'more', { backfill, prove: false })
  const { end } = await holding(t, shop.url, 'SELECT * FROM two')
  const steps = []
  const working = shop.upgrade('head', { onProgress: step => steps.push(step.statement) })
  await sleep(1500)
  assert.deepEqual(steps, [])
  const start = performance.now()
  await query(shop.url, 'SELECT count(*) FROM one')
  assert.ok(performance.now() - start < 500)
  await end()
  assert.ok((await working).applied[0].tries > 3)
  assert.ok(steps.length > 1)
})

test('a session that has ended is not the one in the way', async t => {
  const { url, migrations: folder, upgrade, status } = await place(t, { pending: false })
  await query(url, 'CREATE TABLE other (id integer)')
  byHand(folder, '20990101000000', 'hand', {
    up: `UPDATE one SET text = 'b';\nALTER TABLE other ADD COLUMN more text;\n`,
    after: [(await status()).head],
  })
  const first = await holding(t, url, `UPDATE one SET text = 'a'`)
  const second = await holding(t, url, 'SELECT * FROM other')
  const ended = sleep(2500).then(first.end)
  const error = await fails(() => upgrade('head', { migrations: { folder, lockTries: 1 } }), { code: 'BUSY' })
  await ended
  assert.doesNotMatch(everything(error), new RegExp(`\\b${first.pid}\\b`))
  await second.end()
})

test('rows are kept once, whatever the tries', async t => {
  const { url, upgrade, downgrade } = await place(t)
  await upgrade()
  await query(url, `UPDATE one SET more = 'kept'`)
  const { reverted } = await besideAReader(t, url, () => downgrade('-1', { keep: true }))
  assert.equal(reverted[0].kept.length, 1)
  assert.equal((await kept({ url })).kept.length, 1)
})

test('restoreKept and dropKept wait for locks as long as their option says', async t => {
  const { url, cwd, upgrade, downgrade } = await place(t)
  await upgrade()
  await query(url, `UPDATE one SET more = 'kept'`)
  await downgrade('-1', { keep: true })
  const limited = { url, cwd, number: 1, migrations: { lockWaitMs: 200 } }
  const tables = `SELECT string_agg(format('plinth_kept.%I', tablename), ', ') AS all
    FROM pg_tables WHERE schemaname = 'plinth_kept'`
  const [{ all }] = await query(url, tables)
  const { end } = await holding(t, url, `LOCK TABLE one, ${all} IN ACCESS SHARE MODE`)
  const start = performance.now()
  for (const call of [restoreKept, dropKept])
    await fails(() => call(limited), { code: 'BUSY', found: /^the session \d+ \(holder\)/ })
  assert.ok(performance.now() - start < 10_000)
  await end()
  assert.equal((await restoreKept(limited)).rows, 10)
  assert.equal((await dropKept(limited)).dropped.length, 1)
})

test('a reader that does not end: BUSY names the session, and no literal of its statement', async t => {
  const { url, migrations: folder, upgrade, status } = await place(t)
  const { pid, end } = await holding(t, url)
  for (const [settings, tried, limit] of [
    [{ lockWaitMs: 400 }, /The call was tried \d+ times in \d+ milliseconds: the lock is held by the session /, 3000],
    [{ lockTries: 3, lockTimeoutMs: 20 }, /The call was tried 3 times in \d+ milliseconds: /, 1500],
    [{ lockTries: 1 }, /The call was tried once: the session that holds the lock was not seen\./, 1000],
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
  await fails(() => upgrade('head', { timeout: 300 }), { code: 'BUSY', message: /The call was tried \d+ times in / })
  assert.equal((await status()).pending.length, 1)
  await end()
  assert.equal((await upgrade()).applied.length, 1)
})

test('what the role may not see of the holder is unknown', async t => {
  const { url, migrations: folder, upgrade } = await place(t)
  const role = `limited_${process.pid}`
  await query(
    url,
    `CREATE ROLE ${role} LOGIN; ALTER TABLE one OWNER TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role};
    GRANT ALL ON SCHEMA public TO ${role}`,
  )
  t.after(() => query(url, `REASSIGN OWNED BY ${role} TO CURRENT_USER; DROP OWNED BY ${role}; DROP ROLE ${role}`))
  const { pid, end } = await holding(t, url)
  const limited = Object.assign(new URL(url), { username: role, password: '' }).href
  const error = await fails(() => upgrade('head', { url: limited, migrations: { folder, lockWaitMs: 300 } }), {
    code: 'BUSY',
    found: new RegExp(
      `^the session ${pid} \\(holder\\) of \\w+: state unknown to this role, last statement unknown to this role$`,
    ),
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

test('initDb, resetDb and repair are tried again as well', async t => {
  const { url, migrations, cwd, upgrade } = await place(t)
  const inited = await besideAReader(t, url, () => initDb({ models: wider, url, migrations, cwd }))
  assert.equal(inited.migrated[0].name, 'wider')
  await query(url, 'ALTER TABLE one DROP COLUMN more')
  const repaired = await besideAReader(t, url, () => repair({ models: wider, url, migrations, cwd }))
  assert.equal(repaired.outcome, 'repaired')
  const reset = await besideAReader(t, url, () => resetDb({ models: wider, url, migrations, cwd }))
  assert.equal(reset.init.migrated.length, 2)
  assert.deepEqual((await upgrade()).applied, [])
  await query(url, 'ALTER TABLE one DROP COLUMN more')
  const { end } = await holding(t, url)
  const busy = { code: 'BUSY', found: /^the session \d+ \(holder\)/ }
  const limited = { url, cwd, migrations: { folder: migrations, lockWaitMs: 200 } }
  await fails(() => resetDb({ ...limited, models: wider }), busy)
  await fails(() => repair({ ...limited, models: wider }), busy)
  await end()
})
