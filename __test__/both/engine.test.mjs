// The life of a handle: opening, closing, being forgotten, sharing a database with others, and many calls at once.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { initDb, open } from 'plinth'
import { fails } from '../support/db.mjs'
import { newUrl, PLACES, words } from '../support/dialect.mjs'
import { models, opened, program, tables } from '../support/engine.mjs'

test('close waits for what is running', async t => {
  const url = await newUrl(t)
  const db = open({ models, url })
  await initDb({ db })
  const creates = Array.from({ length: 300 }, (_, i) => db.users.create({ email: `${i}` }))
  const slow = db.sql`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT count(*) AS n FROM n`
  const transaction = db.transaction(async tx => {
    await tx.users.create({ email: 'x' })
    await new Promise(resolve => setTimeout(resolve, 20))
    return (await tx.users.create({ email: 'y' })).email
  })
  await db.close()
  assert.equal((await Promise.all(creates)).length, 300)
  assert.equal((await slow)[0].n, 300_000)
  assert.equal(await transaction, 'y')
  assert.equal(await opened(t, url).users.count(), 302)
})

test('every call after close fails with CLOSED; closing again does nothing', async t => {
  for (const place of PLACES) {
    const url = await newUrl(t, place)
    const db = open({ models, url })
    await initDb({ db })
    const session = db.session()
    await session.users.count()
    const closing = db.close({ timeout: 0 })
    await fails(() => db.users.list(), { code: 'CLOSED' })
    await Promise.all([closing, db.close()])
    await db.close()
    const closed = { code: 'CLOSED' }
    await fails(() => db.users.create({ email: 'a' }), closed)
    await fails(() => db.users.get(1), closed)
    await fails(() => db.users.createMany([{ email: 'a' }]), closed)
    await fails(() => db.sql`SELECT 1`, closed)
    await fails(() => db.transaction(async () => {}), closed)
    await fails(async () => db.session(), closed)
    await fails(async () => db.sync.users.count(), closed)
    await fails(async () => db.sync.transaction(() => {}), closed)
    await fails(() => initDb({ db }), closed)
    await fails(() => session.users.count(), { code: 'SESSION_ENDED' })
    const { status, error } = await db.health()
    assert.deepEqual([status, error], ['down', 'The database handle is closed.'])
  }
})

test('two handles of one database see each other, and write in turn', async t => {
  const url = await newUrl(t)
  const [one, two] = [opened(t, url), opened(t, url)]
  await initDb({ db: one })
  await Promise.all(Array.from({ length: 200 }, (_, i) => (i % 2 ? one : two).users.create({ email: `${i}` })))
  assert.deepEqual([await one.users.count(), await two.users.count()], [200, 200])
  const session = one.session()
  await session.users.create({ email: 'held' })
  const waiting = two.users.create({ email: 'waits' })
  await session.commit()
  await waiting
  await session.close()
  assert.equal(await one.users.count(), 202)
})

test('tables that another handle changed are seen by statements that are prepared', async t => {
  const url = await newUrl(t)
  const [one, two] = [opened(t, url), opened(t, url)]
  await initDb({ db: one })
  await one.users.create({ email: 'a' })
  const all = () => one.sql`SELECT * FROM users`
  assert.deepEqual(await all(), [{ id: 1, email: 'a', name: null }])
  await two.sql`ALTER TABLE users ADD COLUMN age INTEGER DEFAULT 7`
  assert.deepEqual(await all(), [{ id: 1, email: 'a', name: null, age: 7 }])
  assert.deepEqual(await one.users.list(), [{ id: 1, email: 'a', name: null }])
  await two.sql`ALTER TABLE users DROP COLUMN name`
  await fails(() => one.users.list(), { code: 'SQL_FAILED', message: words.noColumn })
  await two.sql`ALTER TABLE users ADD COLUMN name TEXT`
  assert.deepEqual(await one.users.list(), [{ id: 1, email: 'a', name: null }])
  await two.sql`DROP TABLE posts`
  await fails(() => one.posts.count(), { code: 'SQL_FAILED', message: words.noTable })
})

test('queries of thousands of shapes are all answered, those that were compiled first as well', async t => {
  const db = await tables(t)
  await db.users.create({ email: 'a' })
  const wait = []
  await db.transaction(async tx => {
    // Calls that wait for their turn hold on to plans while others push them out.
    const inner = tx.transaction(async child => {
      for (let i = 0; i < 2500; i++) {
        const [row] = await child.sql(Object.assign([`SELECT ${i} AS n`], { raw: [`SELECT ${i} AS n`] }))
        assert.equal(row.n, i)
      }
    })
    wait.push(tx.users.get(1), tx.users.create({ email: 'b' }), tx.users.list({ where: { name: null } }))
    await inner
    const [got, made, listed] = await Promise.all(wait)
    assert.deepEqual([got.email, made.email, listed.length], ['a', 'b', 2])
  })
  assert.equal((await db.users.get(1)).email, 'a')
  await db.users.create({ email: 'c' })
  db.sync.users.create({ email: 'd' })
  assert.equal(await db.users.count(), 4)
})

test('a promise is kept although nothing else of the database is', async t => {
  const { code, stdout, stderr } = await program(
    await newUrl(t),
    `(async () => {
      await initDb({ models, url })
      const calls = Array.from({ length: 20 }, (_, i) => open({ models, url }).users.create({ email: String(i) }))
      for (let i = 0; i < 10; i++) { gc(); await new Promise(setImmediate) }
      console.log((await Promise.all(calls)).length)
    })()`,
    { flags: ['--expose-gc'] },
  )
  assert.deepEqual([code, stdout, stderr], [0, '20\n', ''])
})

const usage = `
  const { readdirSync } = require('node:fs')
  const count = () => [readdirSync('/proc/self/task').length, readdirSync('/proc/self/fd').length];
`
const linux = existsSync('/proc/self/task') ? {} : { skip: 'counts threads and files in /proc' }

test('opened and closed 200 times, nothing is left behind', linux, async t => {
  const { code, stdout, stderr } = await program(
    await newUrl(t),
    `${usage}
    (async () => {
      const other = ${JSON.stringify(await newUrl(t, PLACES.at(-1)))}
      await initDb({ models, url })
      const round = async i => {
        const db = open({ models, url: i % 4 === 3 ? other : url })
        if (i % 4 === 3) await initDb({ db })
        await db.transaction(tx => tx.users.create({ email: String(i) }))
        await db.transaction(tx => tx.users.count(), { readOnly: true })
        db.sync.users.count()
        await Promise.all([db.users.list(), db.users.count()])
        await db.close()
      }
      for (let i = 0; i < 4; i++) await round(i)
      const before = count()
      for (let i = 4; i < 200; i++) await round(i)
      const after = count()
      // Node's own pool may have started a thread of its four.
      console.log(after[0] - before[0] <= 4, after[1] - before[1] <= 2)
    })()`,
  )
  assert.deepEqual([code, stdout, stderr], [0, 'true true\n', ''])
})

test('handles that are forgotten are closed by the garbage collector', linux, async t => {
  const { code, stdout, stderr } = await program(
    await newUrl(t),
    `${usage}
    (async () => {
      await initDb({ models, url })
      await open({ models, url }).users.count()
      const before = count()[0]
      for (let i = 0; i < 20; i++) await open({ models, url }).users.create({ email: String(i) })
      const open20 = count()[0]
      for (let i = 0; i < 300 && count()[0] > before + 4; i++) { gc(); await new Promise(r => setTimeout(r, 10)) }
      console.log(open20 > before + 4, count()[0] <= before + 4)
      console.log(await open({ models, url }).users.count())
    })()`,
    { flags: ['--expose-gc'] },
  )
  assert.deepEqual([code, stdout, stderr], [0, 'true true\n20\n', ''])
})

for (const place of PLACES) {
  test(`of many creates at once in a ${place} each promise tells what became of its own`, async t => {
    const db = await tables(t, place)
    const calls = Array.from({ length: 500 }, (_, i) => db.users.create({ email: `${i % 400}` }))
    const settled = await Promise.allSettled(calls)
    const kept = settled.filter(s => s.status === 'fulfilled').map(s => s.value)
    assert.equal(kept.length, 400)
    for (const { reason } of settled.filter(s => s.status === 'rejected')) {
      assert.deepEqual([reason.code, reason.columns, reason.table], ['UNIQUE_VIOLATION', ['email'], 'users'])
    }
    assert.deepEqual(
      await db.users.list({ orderBy: { id: 'asc' } }),
      kept.toSorted((a, b) => a.id - b.id),
    )
  })
}

test('VACUUM runs alone, and at the same time as others', async t => {
  const db = await tables(t)
  await db.sql`VACUUM`
  await db.with({ timeout: 60_000 }).sql`-- Also with a limit, and behind a comment.
    VACUUM`
  const calls = Array.from({ length: 10 }, (_, i) => db.users.create({ email: `${i}` }))
  calls.push(db.sql`VACUUM`)
  calls.push(db.users.create({ email: 'x' }))
  assert.deepEqual(
    await (await Promise.allSettled(calls)).map(({ value, reason }) => reason?.code ?? value.email ?? 'done'),
    [...Array.from({ length: 10 }, (_, i) => `${i}`), 'done', 'x'],
  )
})
