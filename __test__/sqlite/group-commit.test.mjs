// Writes that share a transaction: what one of them does to it never reaches the others.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fails } from '../support/db.mjs'
import { PLACES } from '../support/dialect.mjs'
import { emails, tables } from '../support/engine.mjs'

/** The result of each call: its email, or the code of its error. */
const outcomes = async calls =>
  (await Promise.allSettled(calls)).map(({ value, reason }) => (reason ? reason.code : (value.email ?? 'done')))

for (const place of PLACES) {
  test(`calls of all kinds at once in a ${place} are each whole or not at all`, async t => {
    const db = await tables(t, place)
    await db.users.createMany([{ email: 'a' }, { email: 'b' }, { email: 'c' }])
    const calls = [
      db.users.createMany([{ email: 'm1' }, { email: 'm2' }, { email: 'a' }]),
      db.users.createMany([{ email: 'm1' }, { email: 'm3' }]),
      db.users.update(1, { email: 'A' }),
      db.users.update(2, { email: 'c' }),
      db.users.delete(3),
      db.users.upsert({ email: 'A', name: 'up' }, { on: ['email'] }),
      db.posts.create({ userId: 99, title: 'of no user' }),
      db.users.updateMany({ all: true }, { name: 'all' }),
      db.sql`INSERT INTO users (email) VALUES ('raw') RETURNING email`,
      db.sql`INSERT INTO users (email) VALUES ('r1'), ('r2'), ('b')`,
      db.sql`INSERT INTO nowhere VALUES (1)`,
    ]
    const codes = (await Promise.allSettled(calls)).map(({ reason }) => reason?.code ?? 'ok')
    assert.deepEqual(codes, [
      'UNIQUE_VIOLATION',
      'ok',
      'ok',
      'UNIQUE_VIOLATION',
      'ok',
      'ok',
      'FOREIGN_KEY_VIOLATION',
      'ok',
      'ok',
      'UNIQUE_VIOLATION',
      'SQL_FAILED',
    ])
    assert.deepEqual((await emails(db)).toSorted(), ['A', 'b', 'm1', 'm3', 'raw'])
  })

  test(`a trigger that rolls back the whole transaction in a ${place} takes only its own call with it`, async t => {
    const db = await tables(t, place)
    await db.sql`CREATE TRIGGER no BEFORE INSERT ON users WHEN NEW.email LIKE 'no%' BEGIN SELECT RAISE(ROLLBACK, 'not this one'); END`
    const names = Array.from({ length: 60 }, (_, i) => (i % 7 === 3 ? `no ${i}` : `yes ${i}`))
    const results = await outcomes(names.map(email => db.users.create({ email })))
    assert.deepEqual(
      results,
      names.map(email => (email.startsWith('no') ? 'CHECK_VIOLATION' : email)),
    )
    assert.deepEqual((await emails(db)).toSorted(), names.filter(email => email.startsWith('yes')).toSorted())
  })

  test(`a trigger that fails and keeps what was done in a ${place} leaves nothing of its call`, async t => {
    const db = await tables(t, place)
    await db.sql`CREATE TRIGGER half AFTER INSERT ON users WHEN NEW.email LIKE 'no%' BEGIN SELECT RAISE(FAIL, 'half'); END`
    const names = ['a', 'no 1', 'b', 'no 2', 'c']
    const results = await outcomes(names.map(email => db.users.create({ email })))
    assert.deepEqual(results, ['a', 'CHECK_VIOLATION', 'b', 'CHECK_VIOLATION', 'c'])
    assert.deepEqual(await emails(db), ['a', 'b', 'c'])
    assert.deepEqual(await outcomes([db.users.create({ email: 'no 3' })]), ['CHECK_VIOLATION'])
    assert.deepEqual(await emails(db), ['a', 'b', 'c'])
    // In a transaction that cannot be undone alone: all of it goes, and the error reports it.
    const transaction = db.transaction(async tx => {
      await tx.users.create({ email: 'd' })
      assert.deepEqual(await outcomes([tx.users.create({ email: 'no 4' })]), ['CHECK_VIOLATION'])
      assert.deepEqual(await outcomes([tx.users.create({ email: 'e' })]), ['SESSION_ENDED'])
    })
    await assert.rejects(transaction, { code: 'SESSION_ENDED', message: /half/ })
    assert.deepEqual(await emails(db), ['a', 'b', 'c'])
  })

  test(`ON CONFLICT ROLLBACK in a ${place} takes only its own call with it`, async t => {
    const db = await tables(t, place)
    await db.sql`CREATE TABLE once (a TEXT UNIQUE ON CONFLICT ROLLBACK)`
    const values = ['a', 'b', 'a', 'c', 'b', 'd']
    const calls = values.map(a => db.sql`INSERT INTO once VALUES (${a})`)
    calls.push(db.users.create({ email: 'x' }))
    assert.deepEqual(await outcomes(calls), [
      'done',
      'done',
      'UNIQUE_VIOLATION',
      'done',
      'UNIQUE_VIOLATION',
      'done',
      'x',
    ])
    const rows = await db.sql`SELECT a FROM once ORDER BY a`
    assert.deepEqual(
      rows.map(row => row.a),
      ['a', 'b', 'c', 'd'],
    )
    assert.deepEqual(await emails(db), ['x'])
  })

  test(`a deferred foreign key that one call violates in a ${place} fails that call alone`, async t => {
    const db = await tables(t, place)
    await db.users.create({ email: 'first' })
    await db.sql`CREATE TABLE child (a REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED)`
    const calls = []
    for (let i = 0; i < 20; i++) {
      calls.push(db.users.create({ email: `${i}` }))
      calls.push(db.sql`INSERT INTO child VALUES (${i % 2 ? 1 : 9999})`)
    }
    const results = await outcomes(calls)
    for (let i = 0; i < 20; i++) {
      assert.equal(results[2 * i], `${i}`)
      assert.equal(results[2 * i + 1], i % 2 ? 'done' : 'FOREIGN_KEY_VIOLATION')
    }
    assert.equal(await db.users.count(), 21)
    assert.equal((await db.sql`SELECT count(*) AS n FROM child`)[0].n, 10)
    assert.deepEqual(await db.sql`SELECT * FROM pragma_foreign_key_check`, [])
  })

  test(`a call that fails when its result is read has changed nothing in a ${place}`, async t => {
    const db = await tables(t, place)
    await db.users.createMany([{ email: 'a' }, { email: 'b' }])
    // A table that is not strict would hold it: bytes where text is declared.
    await db.sql`CREATE TABLE loose (id INTEGER PRIMARY KEY, at TIMESTAMP TEXT, n INTEGER)`
    await db.sql`INSERT INTO loose VALUES (1, 'no moment', 0)`
    const bad = tx => tx.sql`UPDATE loose SET n = n + 1 RETURNING at`
    assert.deepEqual(await outcomes([bad(db)]), ['VALUE_UNREADABLE'])
    assert.deepEqual(await outcomes([bad(db), db.users.create({ email: 'c' }), bad(db)]), [
      'VALUE_UNREADABLE',
      'c',
      'VALUE_UNREADABLE',
    ])
    await db.transaction(async tx => assert.deepEqual(await outcomes([bad(tx)]), ['VALUE_UNREADABLE']))
    await assert.rejects(async () => bad(db.sync), { code: 'VALUE_UNREADABLE' })
    assert.deepEqual(await db.sql`SELECT n FROM loose`, [{ n: 0 }])
  })
}

test('if the database itself rolls a transaction back, its later calls and its commit report it', async t => {
  const db = await tables(t)
  await db.sql`CREATE TRIGGER no BEFORE INSERT ON users WHEN NEW.email = 'no' BEGIN SELECT RAISE(ROLLBACK, 'not this one'); END`
  await fails(
    () =>
      db.transaction(async tx => {
        await tx.users.create({ email: 'a' })
        await fails(() => tx.users.create({ email: 'no' }), { code: 'CHECK_VIOLATION', message: /not this one/ })
        await fails(() => tx.users.create({ email: 'b' }), { code: 'SESSION_ENDED', message: /not this one/ })
      }),
    { code: 'SESSION_ENDED' },
  )
  assert.equal(await db.users.count(), 0)
  await db.users.create({ email: 'after' })
})
