// What is kept has limits, a kind that repeats has its oldest dropped, and keeping is decided in one place.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, dropKept, kept, model, restoreKept, schema } from 'plinth'
import { fails, raw } from '../support/db.mjs'
import { dialect } from '../support/dialect.mjs'
import { workshop } from '../support/migrations.mjs'

const users = (more = {}) => schema({ users: model('users', { id: c.id(), ...more }) })

/** A database at the first of two revisions, of which the second destroys `phone`. */
async function about(t, before = users({ phone: c.text().nullable() }), after = users()) {
  const shop = await workshop(t)
  await shop.write(before, 'first', { prove: false })
  await shop.write(after, 'second', { prove: false })
  await shop.upgrade('+1')
  await shop.using(before, db => db.users.createMany([{ phone: '0123456789' }, { phone: 'x'.repeat(2000) }]))
  return { ...shop, before, list: async () => (await kept({ url: shop.url })).kept.map(({ number }) => number) }
}

test('a function keeps nothing by itself; in production it does, and keep decides', async t => {
  const shop = await about(t)
  const env = { NODE_ENV: 'production' }
  for (const [more, keeps] of [
    [{}, false],
    [{ env }, true],
    [{ env, keep: false }, false],
    [{ keep: true }, true],
    [{ keep: { maxBytes: 5000 } }, true],
  ]) {
    const { applied } = await shop.upgrade('head', more)
    assert.equal(applied[0].kept !== undefined, keeps, JSON.stringify(more))
    await shop.downgrade('-1', { keep: false })
    await shop.using(shop.before, db => db.sql`UPDATE users SET phone = 'again'`)
  }
})

test('more than maxBytes is refused before anything is done', async t => {
  const shop = await about(t)
  const error = await fails(() => shop.upgrade('head', { keep: { maxBytes: 2000 } }), {
    code: 'KEEP_REFUSED',
    table: 'users',
    hint: /--no-keep.*plinth backup|plinth backup.*--no-keep/,
  })
  assert.match(
    error.message,
    /users\.phone that would be destroyed is more than may be kept: 20\d\d bytes, and keep\.maxBytes is 2000 bytes/,
  )
  assert.equal((await shop.status()).applied, 1)
  await shop.using(shop.before, async db => assert.equal(await db.users.count({ where: { phone: '0123456789' } }), 1))
  assert.deepEqual(await shop.list(), [])
  assert.equal((await shop.upgrade('head', { keep: false })).applied.length, 1)
})

test('of a kind three stay, the oldest is named and dropped; numbers are never given again', async t => {
  const shop = await about(t)
  for (let n = 1; n <= 5; n++) {
    const { applied } = await shop.upgrade('head', { keep: true })
    const [entry] = applied[0].kept
    assert.deepEqual([entry.number, entry.dropped ?? []], [n, n > 3 ? [n - 3] : []])
    await shop.downgrade('-1', { keep: false })
  }
  assert.deepEqual(await shop.list(), [3, 4, 5])
  const { applied } = await shop.upgrade('head', { keep: { count: 1 } })
  assert.deepEqual(applied[0].kept[0].dropped, [3, 4, 5])
})

test('values that a change of kind loses come back, on rows that were not changed since', async t => {
  const moment = new Date('2001-02-03T04:05:06.789Z')
  const before = users({
    at: c.timestamp(),
    made: c.timestamp().defaultNow(),
    word: c.enum('word', ['a', 'b', 'c']),
    mail: c.text(),
  })
  const after = users({ at: c.date(), word: c.enum('word', ['a', 'b']), mail: c.text().lowercase() })
  const shop = await workshop(t)
  await shop.write(before, 'first', { prove: false })
  await shop.upgrade()
  await shop.using(before, db =>
    db.users.createMany(['a', 'b', 'c'].map(word => ({ at: moment, made: moment, word, mail: `Ä${word}@X` }))),
  )
  await shop.write(after, 'second', { prove: false, map: { 'users.word': { c: 'a' } } })
  const { applied } = await shop.upgrade('head', { keep: true })
  assert.equal(applied[0].kept.length, 1)
  await shop.downgrade('-1', { keep: false })
  // One row is changed since: then nothing comes back.
  await shop.using(before, db => db.users.update(1, { mail: 'new' }))
  await fails(() => restoreKept({ url: shop.url, number: 1 }), {
    code: 'RESTORE_REFUSED',
    message: /another mail \(id 1\)/,
  })
  await shop.using(before, db => db.users.update(1, { mail: 'äa@x' }))
  const { rows } = await restoreKept({ url: shop.url, number: 1 })
  assert.equal(rows, 3)
  await shop.using(before, async db => {
    const rows = await db.users.list({ orderBy: { id: 'asc' } })
    assert.deepEqual(
      rows.map(({ at, made, word, mail }) => [at, made, word, mail]),
      ['a', 'b', 'c'].map(word => [moment, moment, word, `Ä${word}@X`]),
    )
  })
})

test('rows that were dropped by hand stand in the way of nothing', async t => {
  const shop = await about(t)
  const again = async () => {
    await shop.downgrade('-1', { keep: false })
    return (await shop.upgrade('head', { keep: { count: 1 } })).applied[0].kept[0]
  }
  await shop.upgrade('head', { keep: true })
  const drop = number =>
    shop.using(users(), db =>
      raw(db, `DROP TABLE ${dialect === 'postgres' ? `plinth_kept."${number}_users"` : `plinth_kept_${number}_users`}`),
    )
  await drop(1)
  assert.deepEqual(await shop.list(), [1])
  await fails(() => restoreKept({ url: shop.url, number: 1 }), { code: 'KEPT_UNKNOWN', hint: /kept --drop 1/ })
  assert.deepEqual((await again()).dropped, [1])
  await drop(2)
  assert.equal((await dropKept({ url: shop.url, number: 2 })).dropped[0].number, 2)
  assert.deepEqual(await shop.list(), [])
})

if (dialect === 'postgres') {
  test('a publication for all tables would publish kept rows: refused; the tables are for their owner alone', async t => {
    const shop = await about(t)
    await shop.using(shop.before, async db => {
      await db.sql`CREATE PUBLICATION everything FOR ALL TABLES`
      await fails(() => shop.upgrade('head', { keep: true }), {
        code: 'KEEP_REFUSED',
        message: /everything/,
        hint: /--no-keep/,
      })
      assert.equal((await shop.status()).applied, 1)
      await db.sql`DROP PUBLICATION everything`
      await db.sql`ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC`
      await db.sql`ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO PUBLIC`
    })
    await shop.upgrade('head', { keep: true })
    await shop.using(users(), async db => {
      const rights = await db.sql`
        SELECT c.relname::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        CROSS JOIN LATERAL aclexplode(c.relacl) a WHERE n.nspname = 'plinth_kept' AND c.relkind = 'r' AND a.grantee <> c.relowner`
      assert.deepEqual(rights, [])
      const [{ n }] = await db.sql`
        SELECT count(*)::int AS n FROM pg_namespace CROSS JOIN LATERAL aclexplode(nspacl) a
        WHERE nspname = 'plinth_kept' AND a.grantee <> nspowner`
      assert.equal(n, 0)
    })
  })
}
