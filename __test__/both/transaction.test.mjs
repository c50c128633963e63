// Transactions: all or nothing, savepoints in them, and calls that are made where they cannot be meant.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fails, raw } from '../support/db.mjs'
import { PLACES } from '../support/dialect.mjs'
import { unless } from '../support/differences.mjs'
import { emails, gate, tables } from '../support/engine.mjs'

for (const place of PLACES) {
  test(`a transaction in a ${place} keeps all when its function resolves, and gives its result`, async t => {
    const db = await tables(t, place)
    const result = await db.transaction(async tx => {
      const user = await tx.users.create({ email: 'a' })
      await tx.posts.create({ userId: user.id, title: 'one' })
      assert.equal(await tx.posts.count(), 1)
      return user.id
    })
    assert.equal(result, 1)
    assert.deepEqual([await db.users.count(), await db.posts.count()], [1, 1])
  })

  test(`a transaction in a ${place} keeps nothing when its function rejects, and rejects with the same error`, async t => {
    const db = await tables(t, place)
    const reason = new Error('mine')
    const caught = await db
      .transaction(async tx => {
        await tx.users.create({ email: 'a' })
        throw reason
      })
      .catch(error => error)
    assert.equal(caught, reason)
    assert.equal(await db.users.count(), 0)
    await db.users.create({ email: 'after' })
  })

  test(`a function that throws before it gives a promise rolls back in a ${place}`, async t => {
    const db = await tables(t, place)
    await assert.rejects(
      db.transaction(tx => {
        tx.users.create({ email: 'a' })
        throw new TypeError('at once')
      }),
      { name: 'TypeError', message: 'at once' },
    )
    assert.equal(await db.users.count(), 0)
  })

  test(
    `after an error that its function caught a transaction in a ${place} goes on`,
    unless('failureLeavesTransaction'),
    async t => {
      const db = await tables(t, place)
      await db.transaction(async tx => {
        await tx.users.create({ email: 'a' })
        await fails(() => tx.users.create({ email: 'a' }), { code: 'UNIQUE_VIOLATION', columns: ['email'] })
        await fails(() => tx.users.createMany([{ email: 'b' }, { email: 'a' }]), { code: 'UNIQUE_VIOLATION' })
        await tx.users.create({ email: 'c' })
      })
      assert.deepEqual(await emails(db), ['a', 'c'])
    },
  )

  test(`calls that are not awaited are part of a transaction in a ${place}`, async t => {
    const db = await tables(t, place)
    let late
    await db.transaction(async tx => {
      late = [tx.users.create({ email: 'a' }), tx.users.create({ email: 'b' }), tx.users.count()]
    })
    assert.equal((await Promise.all(late))[2], 2)
    assert.deepEqual(await emails(db), ['a', 'b'])
  })

  test(`calls after the end of a transaction in a ${place} are refused`, async t => {
    const db = await tables(t, place)
    let kept
    await db.transaction(async tx => {
      kept = tx
      await tx.users.create({ email: 'a' })
    })
    const ended = { code: 'SESSION_ENDED' }
    await fails(() => kept.users.create({ email: 'b' }), ended)
    await fails(() => kept.users.list(), ended)
    await fails(() => kept.sql`DELETE FROM users`, ended)
    await fails(() => kept.transaction(async () => {}), ended)
    await assert.rejects(
      db.transaction(async tx => {
        kept = tx
        throw new Error('no')
      }),
    )
    await fails(() => kept.users.count(), ended)
    assert.deepEqual(await emails(db), ['a'])
  })

  test(`two transactions in a ${place} run one after the other`, unless('oneWriter'), async t => {
    const db = await tables(t, place)
    const first = gate()
    const seen = []
    const one = db.transaction(async tx => {
      await tx.users.create({ email: 'one' })
      await first.passed
      seen.push('one')
    })
    const two = db.transaction(async tx => {
      seen.push(`two sees ${await tx.users.count()}`)
      await tx.users.create({ email: 'two' })
    })
    const alone = db.users.create({ email: 'three' })
    first.open()
    await Promise.all([one, two, alone])
    assert.deepEqual(seen, ['one', 'two sees 1'])
    assert.equal(await db.users.count(), 3)
  })

  test(`the outer database inside a transaction in a ${place} is detected`, async t => {
    const db = await tables(t, place)
    const outer = { code: 'OUTER_DB_IN_TRANSACTION', hint: /transaction\(async tx/ }
    await db.transaction(async tx => {
      await tx.users.create({ email: 'a' })
      await fails(() => db.users.create({ email: 'b' }), outer)
      await fails(() => db.users.list(), outer)
      await fails(() => db.users.get(1), outer)
      await fails(() => db.sql`SELECT 1`, outer)
      await fails(() => db.transaction(async () => {}), outer)
      await fails(() => db.session(), outer)
      await fails(() => db.close(), { ...outer, hint: /after the transaction/ })
      await fails(() => db.sync.users.create({ email: 'c' }), { code: 'SYNC_BLOCKED' })
      await fails(() => db.sync.users.count(), { code: place === 'memory' ? 'SYNC_BLOCKED' : outer.code })
      await sleep(1)
      await fails(() => helper(), outer)
    })
    async function helper() {
      await Promise.resolve()
      return db.users.exists()
    }
    assert.deepEqual(await emails(db), ['a'])
  })

  test(`work beside a transaction in a ${place}, in another context, is not taken for its own`, async t => {
    const db = await tables(t, place)
    const inside = gate()
    const done = gate()
    const running = db.transaction(async tx => {
      await tx.users.create({ email: 'a' })
      inside.open()
      await done.passed
    })
    await inside.passed
    const beside = db.users.create({ email: 'b' })
    done.open()
    await running
    assert.equal((await beside).email, 'b')
  })

  test(`what a transaction started and left runs freely after its end in a ${place}`, async t => {
    const db = await tables(t, place)
    const end = gate()
    let left
    await db.transaction(async tx => {
      await tx.users.create({ email: 'a' })
      left = end.passed.then(() => db.users.create({ email: 'b' }))
    })
    end.open()
    await left
    assert.deepEqual(await emails(db), ['a', 'b'])
  })

  test(`a readOnly transaction in a ${place} refuses to write, in every form`, async t => {
    const db = await tables(t, place)
    await db.users.create({ email: 'a' })
    const refused = { code: 'READ_ONLY', message: /readOnly transaction/ }
    await db.transaction(
      async tx => {
        await fails(() => tx.users.create({ email: 'b' }), refused)
        await fails(() => tx.users.createMany([{ email: 'b' }, { email: 'c' }]), refused)
        await fails(() => tx.users.update(1, { name: 'x' }), refused)
        await fails(() => tx.users.deleteMany({ all: true }), refused)
        for (const write of [
          'DELETE FROM users',
          "WITH x AS (SELECT 1) INSERT INTO users (email) SELECT 'z' FROM x RETURNING id",
          'CREATE TABLE t (a INTEGER)',
        ])
          await fails(() => tx.transaction(inner => raw(inner, write)), refused)
        assert.equal(await tx.users.count(), 1)
        await tx.transaction(async inner => {
          assert.equal(await inner.users.count(), 1)
          await fails(() => inner.users.create({ email: 'b' }), refused)
        })
      },
      { readOnly: true },
    )
    assert.deepEqual(await emails(db), ['a'])
  })

  test(`health inside a transaction in a ${place} tells of the database and does not hang`, async t => {
    const db = await tables(t, place)
    await db.transaction(async tx => {
      await tx.users.create({ email: 'a' })
      // In memory there is one connection, which the transaction holds.
      const { status, error } = await db.health({ timeoutMs: place === 'memory' ? 50 : 30_000 })
      if (place === 'memory') assert.deepEqual([status, error], ['down', 'No answer within 50 ms.'])
      else assert.deepEqual([status, error], ['ok', undefined])
    })
    assert.equal((await db.health()).status, 'ok')
  })
}

test('a readOnly transaction keeps its moment while others write, and many run at once', async t => {
  const db = await tables(t)
  await db.users.create({ email: 'a' })
  const wait = gate()
  const counted = Array.from({ length: 6 }, gate)
  const readers = counted.map(({ open }) =>
    db.transaction(
      async tx => {
        const before = await tx.users.count()
        open()
        await wait.passed
        return [before, await tx.users.count(), (await tx.users.list()).length]
      },
      { readOnly: true },
    ),
  )
  await Promise.all(counted.map(one => one.passed))
  await db.users.createMany([{ email: 'b' }, { email: 'c' }])
  assert.equal(await db.users.count(), 3)
  wait.open()
  for (const seen of await Promise.all(readers)) assert.deepEqual(seen, [1, 1, 1])
})

test('readOnly snapshots left behind by their function end, and their calls are answered', async t => {
  const db = await tables(t)
  const late = []
  await assert.rejects(
    db.transaction(
      async tx => {
        tx.transaction(async inner => {
          late.push(inner.users.count(), inner.users.count())
          await sleep(5)
          late.push(inner.users.count())
        }).catch(() => {})
        await tx.users.count()
        throw new Error('no')
      },
      { readOnly: true },
    ),
    /no/,
  )
  await sleep(20)
  const settled = await Promise.allSettled(late)
  for (const { reason } of settled.filter(s => s.status === 'rejected')) assert.equal(reason.code, 'SESSION_ENDED')
  assert.equal(await db.users.count(), 0)
})

test('what is no function is refused, and so are unknown options', async t => {
  const db = await tables(t)
  for (const work of [undefined, null, 1, {}]) await fails(() => db.transaction(work), { code: 'QUERY_INVALID' })
  await fails(() => db.transaction(async () => {}, { readonly: true }), { code: 'UNKNOWN_OPTION' })
  assert.equal(await db.transaction(() => 5), 5)
})

test('a deferred foreign key that is still violated fails the commit, and nothing of the transaction stays', async t => {
  const db = await tables(t)
  await db.sql`CREATE TABLE child (a BIGINT REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED)`
  await fails(
    () =>
      db.transaction(async tx => {
        await tx.users.create({ email: 'a' })
        await tx.sql`INSERT INTO child VALUES (99)`
      }),
    { code: 'FOREIGN_KEY_VIOLATION' },
  )
  assert.deepEqual([await db.users.count(), (await db.sql`SELECT * FROM child`).length], [0, 0])
  await db.transaction(async tx => {
    await tx.sql`INSERT INTO child VALUES (1)`
    await tx.users.create({ id: 1, email: 'a' })
  })
  assert.equal((await db.sql`SELECT * FROM child`).length, 1)
})
