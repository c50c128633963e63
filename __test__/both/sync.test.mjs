// Blocking calls: the same as the others, except those whose wait would never end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { initDb } from 'plinth'
import { fails } from '../support/db.mjs'
import { newUrl, PLACES } from '../support/dialect.mjs'
import { emails, gate, opened, program, tables } from '../support/engine.mjs'

const thrown = (work, fields) => fails(async () => work(), fields)

for (const place of PLACES) {
  test(`blocking calls in a ${place} do what the others do`, async t => {
    const db = await tables(t, place)
    const { users } = db.sync
    assert.deepEqual(users.create({ email: 'a' }), { id: 1, email: 'a', name: null })
    assert.equal(users.createMany([{ email: 'b' }, { email: 'c' }]).length, 2)
    assert.deepEqual(users.get(1), await db.users.get(1))
    assert.deepEqual(users.list(), await db.users.list())
    assert.equal(users.update(1, { name: 'x' }).name, 'x')
    assert.equal(users.count(), 3)
    assert.equal(db.sync.sql`SELECT name FROM users WHERE id = ${1}`[0].name, 'x')
    await thrown(() => users.create({ email: 'a' }), { code: 'UNIQUE_VIOLATION', columns: ['email'] })
    await thrown(() => users.update(99, { name: 'x' }), { code: 'NOT_FOUND' })
    await thrown(() => db.sync.sql`SELECT nonsense`, { code: 'SQL_FAILED' })
    users.delete(1)
    assert.deepEqual(await emails(db), ['b', 'c'])
  })

  test(`a blocking transaction in a ${place} keeps all or nothing, and so do those inside it`, async t => {
    const db = await tables(t, place)
    const given = db.sync.transaction(tx => {
      tx.users.create({ email: 'a' })
      try {
        tx.transaction(inner => {
          inner.users.create({ email: 'b' })
          assert.equal(inner.users.count(), 2)
          throw new Error('inner')
        })
      } catch (error) {
        assert.equal(error.message, 'inner')
      }
      tx.transaction(inner => inner.transaction(deep => deep.users.create({ email: 'c' })))
      return tx.users.count()
    })
    assert.equal(given, 2)
    assert.throws(
      () =>
        db.sync.transaction(tx => {
          tx.users.create({ email: 'd' })
          throw new RangeError('mine')
        }),
      { name: 'RangeError', message: 'mine' },
    )
    assert.deepEqual(await emails(db), ['a', 'c'])
  })

  test(`a blocking transaction in a ${place} refuses work that gives a promise, and undoes it`, async t => {
    const db = await tables(t, place)
    await thrown(
      () =>
        db.sync.transaction(async tx => {
          tx.users.create({ email: 'a' })
          await null
          // After its end: its failure has no handler, and must not end the process.
          tx.users.create({ email: 'b' })
        }),
      { code: 'QUERY_INVALID', hint: /db\.transaction\(\)/ },
    )
    await sleep(5)
    assert.equal(await db.users.count(), 0)
  })

  test(`the outer database inside a blocking transaction in a ${place} is detected`, async t => {
    const db = await tables(t, place)
    const outer = { code: 'OUTER_DB_IN_TRANSACTION' }
    const late = []
    db.sync.transaction(tx => {
      tx.users.create({ email: 'a' })
      assert.throws(() => db.sync.users.create({ email: 'b' }), outer)
      assert.throws(() => db.sync.users.count(), outer)
      assert.throws(() => db.sync.transaction(() => {}), outer)
      assert.throws(() => db.session(), outer)
      late.push(fails(() => db.users.create({ email: 'c' }), outer))
      late.push(fails(() => db.transaction(async () => {}), outer))
      late.push(fails(() => db.close(), outer))
      tx.transaction(inner => {
        assert.throws(() => tx.users.count(), outer)
        inner.users.create({ email: 'd' })
      })
    })
    await Promise.all(late)
    assert.deepEqual(await emails(db), ['a', 'd'])
  })

  test(`calls after the end of a blocking transaction in a ${place} are refused`, async t => {
    const db = await tables(t, place)
    let kept
    db.sync.transaction(tx => {
      kept = tx
    })
    await thrown(() => kept.users.create({ email: 'a' }), { code: 'SESSION_ENDED' })
    await thrown(() => kept.users.list(), { code: 'SESSION_ENDED' })
    assert.equal(db.sync.users.count(), 0)
  })

  test(`a blocking readOnly transaction in a ${place} refuses to write`, async t => {
    const db = await tables(t, place)
    db.sync.transaction(
      tx => {
        assert.equal(tx.users.count(), 0)
        assert.throws(() => tx.users.create({ email: 'a' }), { code: 'READ_ONLY' })
        assert.throws(() => tx.transaction(inner => inner.sql`DELETE FROM users`), { code: 'READ_ONLY' })
        assert.throws(() => tx.transaction(() => {}, { readOnly: true }), { code: 'QUERY_INVALID' })
      },
      { readOnly: true },
    )
    db.sync.users.create({ email: 'a' })
  })

  test(`a blocking write fails at once while an asynchronous transaction or session is open in a ${place}`, async t => {
    const db = await tables(t, place)
    const blocked = { code: 'SYNC_BLOCKED', retryable: false }
    const wait = gate()
    const running = db.transaction(async tx => {
      await tx.users.create({ email: 'a' })
      await wait.passed
    })
    await thrown(() => db.sync.users.create({ email: 'b' }), blocked)
    await thrown(() => db.sync.transaction(() => {}), blocked)
    wait.open()
    await running
    db.sync.users.create({ email: 'c' })

    const session = db.session()
    await session.users.create({ email: 'd' })
    await thrown(() => db.sync.users.create({ email: 'e' }), blocked)
    const committing = session.commit()
    await thrown(() => db.sync.users.create({ email: 'f' }), blocked)
    await committing
    db.sync.users.create({ email: 'g' })
    await session.close()
    assert.deepEqual(await emails(db), ['a', 'c', 'd', 'g'])
  })

  test(`a blocking write after a transaction in a ${place} that could not commit is not held up`, async t => {
    const db = await tables(t, place)
    await assert.rejects(
      db.transaction(async () => {
        throw new Error('no')
      }),
    )
    db.sync.users.create({ email: 'a' })
    assert.equal(await db.users.count(), 1)
  })

  test(`blocking and other writes at the same moment are all done in a ${place}`, async t => {
    const db = await tables(t, place)
    const others = []
    for (let i = 0; i < 50; i++) {
      others.push(db.users.create({ email: `async ${i}` }))
      db.sync.users.create({ email: `sync ${i}` })
    }
    await Promise.all(others)
    assert.equal(await db.users.count(), 100)
  })
}

test('blocking reads go on while an asynchronous transaction is open, and see none of it', async t => {
  const db = await tables(t)
  const inside = gate()
  const wait = gate()
  const running = db.transaction(async tx => {
    await tx.users.create({ email: 'a' })
    inside.open()
    await wait.passed
  })
  await inside.passed
  assert.equal(db.sync.users.count(), 0)
  assert.equal(
    db.sync.transaction(tx => tx.users.count(), { readOnly: true }),
    0,
  )
  wait.open()
  await running
  assert.equal(db.sync.users.count(), 1)
})

test('another handle of the same database does not hide an open transaction from blocking writes', async t => {
  const url = await newUrl(t)
  const db = opened(t, url)
  const other = opened(t, url)
  const elsewhere = await tables(t, PLACES.at(-1))
  await initDb({ db })
  const session = db.session()
  await session.users.create({ email: 'a' })
  await thrown(() => other.sync.users.create({ email: 'b' }), { code: 'SYNC_BLOCKED' })
  elsewhere.sync.users.create({ email: 'elsewhere' })
  await session.close()
  other.sync.users.create({ email: 'c' })
})

test('blocking calls are enough for a script: nothing keeps it from ending', async t => {
  const { code, stdout, stderr } = await program(
    await newUrl(t),
    `initDb({ models, url }).then(() => {
      const db = open({ models, url })
      db.sync.transaction(tx => tx.users.create({ email: 'a' }))
      console.log(db.sync.users.count())
    })`,
  )
  assert.deepEqual([code, stdout, stderr], [0, '1\n', ''])
})
