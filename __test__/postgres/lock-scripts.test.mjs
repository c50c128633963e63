// The statements of scripts beside sessions that hold locks: each waits as its locks demand, unless the script says otherwise.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { open } from 'plinth'
import { fails } from '../support/db.mjs'
import { besideAReader, holding, models, place } from '../support/lock-holders.mjs'
import { byHand } from '../support/migrations.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'

const NO_TRANSACTION = '-- plinth: no transaction\n'

/** A place with one revision by hand that is pending. */
async function byHandOn(t, up) {
  const shop = await place(t, { pending: false })
  byHand(shop.migrations, '20990101000000', 'hand', { up, after: [(await shop.status()).head] })
  return shop
}

/** How the server stores the texts of the table: `m` for MAIN. */
async function storage(url) {
  const [{ how }] = await query(
    url,
    `SELECT attstorage AS how FROM pg_attribute WHERE attrelid = 'one'::regclass AND attname = 'text'`,
  )
  return how
}

test('a script without a transaction: a statement that changes a table is tried again by itself', async t => {
  const { url, upgrade, history } = await byHandOn(
    t,
    `${NO_TRANSACTION}INSERT INTO one (text) VALUES ('once');\nALTER TABLE one ALTER text SET STORAGE EXTERNAL;\nALTER TABLE one ALTER text SET STORAGE MAIN;\n`,
  )
  await besideAReader(t, url, () => upgrade())
  const [{ count }] = await query(url, `SELECT count(*)::int AS count FROM one WHERE text = 'once'`)
  assert.equal(count, 1)
  assert.equal(await storage(url), 'm')
  assert.equal((await history()).log.filter(({ name }) => name === 'hand').length, 1)
})

test('a script without a transaction that is refused says which statements have run', async t => {
  const {
    url,
    migrations: folder,
    upgrade,
  } = await byHandOn(
    t,
    `${NO_TRANSACTION}CREATE TABLE beside (id integer);\nALTER TABLE one ALTER text SET STORAGE MAIN;\n`,
  )
  const { end, pid } = await holding(t, url)
  await fails(() => upgrade('head', { migrations: { folder, lockWaitMs: 200 } }), {
    code: 'BUSY',
    message: /^Statement 2 \(line 3\) .* failed: .* The statement before it has run/,
    found: new RegExp(`^the session ${pid} `),
  })
  await end()
})

test('CREATE INDEX CONCURRENTLY waits as long as it takes, whatever the limits of the role, and says for whom', async t => {
  const {
    url,
    migrations: folder,
    upgrade,
  } = await byHandOn(t, `${NO_TRANSACTION}CREATE INDEX CONCURRENTLY beside_id ON beside (id);\n`)
  const [{ db, role }] = await query(url, 'SELECT current_database() AS db, current_user AS role')
  await query(url, `ALTER ROLE "${role}" IN DATABASE "${db}" SET statement_timeout = '700ms'`)
  await query(url, `ALTER ROLE "${role}" IN DATABASE "${db}" SET lock_timeout = '300ms'`)
  await query(url, 'CREATE TABLE beside (id integer)')
  const { pid, end } = await holding(t, url, `INSERT INTO beside VALUES (4711)`)
  const waits = []
  const ended = sleep(3000).then(end)
  await upgrade('head', { migrations: { folder, lockWaitMs: 100 }, onWait: wait => waits.push(wait) })
  await ended
  const [{ valid }] = await query(
    url,
    `SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = 'beside_id'::regclass`,
  )
  assert.equal(valid, true)
  assert.ok(waits.length > 0 && waits[0].waitedMs < 3000, JSON.stringify(waits))
  assert.match(waits[0].holder, new RegExp(`^the session ${pid} .*: idle in transaction, .*: INSERT on beside$`))
})

test('VALIDATE CONSTRAINT waits without a limit', async t => {
  const { url, migrations: folder, upgrade } = await byHandOn(t, 'ALTER TABLE beside VALIDATE CONSTRAINT positive;\n')
  await query(
    url,
    'CREATE TABLE beside (id integer); ALTER TABLE beside ADD CONSTRAINT positive CHECK (id > 0) NOT VALID',
  )
  const { end } = await holding(t, url, 'LOCK TABLE beside IN SHARE UPDATE EXCLUSIVE MODE')
  const ended = sleep(1000).then(end)
  const { applied } = await upgrade('head', { migrations: { folder, lockTries: 1 } })
  await ended
  assert.equal(applied[0].tries, undefined)
})

test('a statement that writes rows waits for them for seconds, unless the transaction holds a table', async t => {
  const { url, migrations: folder, upgrade } = await byHandOn(t, `UPDATE one SET text = 'b';\n`)
  const first = await holding(t, url, `UPDATE one SET text = 'a'`)
  const ended = sleep(1000).then(first.end)
  const { applied } = await upgrade('head', { migrations: { folder, lockTries: 1 } })
  await ended
  assert.equal(applied[0].tries, undefined)
  byHand(folder, '20990102000000', 'more', {
    up: `CREATE TABLE beside (id integer);\nUPDATE one SET text = 'c';\n`,
    after: ['20990101000000'],
  })
  const second = await holding(t, url, `UPDATE one SET text = 'a'`)
  const start = performance.now()
  await fails(() => upgrade('head', { migrations: { folder, lockTries: 1 } }), { code: 'BUSY' })
  assert.ok(performance.now() - start < 2000)
  await second.end()
})

test('a lock_timeout of the script is the one that counts', async t => {
  const {
    url,
    migrations: folder,
    upgrade,
  } = await byHandOn(t, `SET LOCAL lock_timeout = '900ms';\nALTER TABLE one ALTER text SET STORAGE MAIN;\n`)
  const { end } = await holding(t, url)
  const start = performance.now()
  await fails(() => upgrade('head', { migrations: { folder, lockTries: 1 } }), { code: 'BUSY' })
  assert.ok(performance.now() - start >= 900)
  const ended = sleep(400).then(end)
  await upgrade('head', { migrations: { folder, lockTries: 1 } })
  await ended
})

test('a deadlock is a try', async t => {
  const { url, upgrade } = await byHandOn(
    t,
    `SET LOCAL lock_timeout = 0; SET LOCAL deadlock_timeout = '100ms';\nALTER TABLE other ADD COLUMN a text;\nALTER TABLE one ALTER text SET STORAGE MAIN;\n`,
  )
  await query(url, 'CREATE TABLE other (id integer)')
  const db = open({ models, url })
  t.after(() => db.close())
  let upgrading
  await db.transaction(async tx => {
    await tx.sql`SET LOCAL deadlock_timeout = '1min'`
    await tx.sql`LOCK TABLE one IN ACCESS SHARE MODE`
    upgrading = upgrade()
    for (;;) {
      const [{ waits }] = await query(
        url,
        `SELECT count(*)::int AS waits FROM pg_locks WHERE NOT granted AND relation = 'one'::regclass`,
      )
      if (waits > 0) break
      await sleep(5)
    }
    await tx.sql`SELECT * FROM other`
  })
  const { applied } = await upgrading
  assert.ok(applied[0].tries > 1, JSON.stringify(applied))
})
