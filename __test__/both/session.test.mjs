// Sessions: units of work that their user begins by writing, and ends by hand.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { initDb, open } from 'plinth'
import { fails } from '../support/db.mjs'
import { newUrl, PLACES } from '../support/dialect.mjs'
import { unless } from '../support/differences.mjs'
import { emails, gate, models, opened, program, tables } from '../support/engine.mjs'

const asyncDispose = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')

for (const place of PLACES) {
  test(`a session in a ${place} commits, goes on, and rolls back`, async t => {
    const db = await tables(t, place)
    const session = db.session()
    await session.users.create({ email: 'a' })
    await session.users.create({ email: 'b' })
    assert.equal(await session.users.count(), 2)
    await session.commit()
    assert.deepEqual(await emails(db), ['a', 'b'])
    await session.users.create({ email: 'c' })
    await session.rollback()
    assert.deepEqual(await emails(session), ['a', 'b'])
    await session.users.create({ email: 'd' })
    await session.commit()
    await session.close()
    assert.deepEqual(await emails(db), ['a', 'b', 'd'])
  })

  test(`close rolls back what was not committed in a ${place}; again it does nothing`, async t => {
    const db = await tables(t, place)
    const session = db.session()
    await session.users.create({ email: 'a' })
    await Promise.all([session.close(), session.close()])
    await session.close()
    assert.equal(await db.users.count(), 0)
    const ended = { code: 'SESSION_ENDED' }
    await fails(() => session.users.count(), ended)
    await fails(() => session.users.create({ email: 'b' }), ended)
    await fails(() => session.sql`SELECT 1`, ended)
    await fails(() => session.transaction(async () => {}), ended)
    await fails(() => session.commit(), ended)
    await fails(() => session.rollback(), ended)
  })

  test(`a session in a ${place} is disposed of as it is closed`, async t => {
    const db = await tables(t, place)
    const session = db.session()
    await session.users.create({ email: 'a' })
    await session[asyncDispose]()
    await fails(() => session.users.count(), { code: 'SESSION_ENDED' })
    assert.equal(await db.users.count(), 0)
  })

  test(`a session in a ${place} that only reads holds up no other`, async t => {
    const db = await tables(t, place)
    const session = db.session()
    assert.equal(await session.users.count(), 0)
    await db.users.create({ email: 'a' })
    db.sync.users.create({ email: 'b' })
    await db.transaction(async tx => tx.users.create({ email: 'c' }))
    assert.equal(await session.users.count(), 3)
    assert.equal((await session.sql`SELECT count(*) AS n FROM users`)[0].n, 3)
    await session.commit()
    await session.rollback()
    await session.close()
  })

  test(`after an error in the middle a session in a ${place} goes on`, unless('failureLeavesTransaction'), async t => {
    const db = await tables(t, place)
    const session = db.session()
    await session.users.create({ email: 'a' })
    await fails(() => session.users.create({ email: 'a' }), { code: 'UNIQUE_VIOLATION' })
    await fails(() => session.posts.create({ userId: 99, title: 'x' }), { code: 'FOREIGN_KEY_VIOLATION' })
    await fails(() => session.users.update(99, { name: 'x' }), { code: 'NOT_FOUND' })
    await fails(() => session.users.create({ email: 1 }), { code: 'VALUE_INVALID' })
    await session.users.create({ email: 'b' })
    await session.commit()
    await session.close()
    assert.deepEqual(await emails(db), ['a', 'b'])
  })

  test(
    `a first write that fails leaves a session in a ${place} that works`,
    unless('failureLeavesTransaction'),
    async t => {
      const db = await tables(t, place)
      await db.users.create({ email: 'a' })
      const session = db.session()
      await fails(() => session.users.create({ email: 'a' }), { code: 'UNIQUE_VIOLATION' })
      await session.users.create({ email: 'b' })
      await session.commit()
      await session.close()
      assert.deepEqual(await emails(db), ['a', 'b'])
    },
  )

  test(`calls that are not awaited are committed with the session in a ${place}, in their order`, async t => {
    const db = await tables(t, place)
    const session = db.session()
    const calls = [session.users.create({ email: 'a' }), session.users.create({ email: 'b' }), session.users.count()]
    await session.commit()
    assert.equal((await Promise.all(calls))[2], 2)
    const more = [
      session.users.create({ email: 'c' }),
      session.transaction(async tx => tx.users.create({ email: 'd' })),
      session.users.create({ email: 'e' }),
    ]
    await session.commit()
    await Promise.all(more)
    await session.close()
    assert.deepEqual(await emails(db), ['a', 'b', 'c', 'd', 'e'])
  })

  test(`savepoints in a session in a ${place} are undone alone, and its own calls wait beside them`, async t => {
    const db = await tables(t, place)
    const session = db.session()
    const wait = gate()
    const first = session
      .transaction(async tx => {
        await tx.users.create({ email: 'undone' })
        await wait.passed
        throw new Error('no')
      })
      .catch(error => error.message)
    const beside = session.users.create({ email: 'a' })
    const second = session.transaction(async tx => tx.users.create({ email: 'b' }))
    const third = session.users.create({ email: 'c' })
    wait.open()
    assert.equal(await first, 'no')
    await Promise.all([beside, second, third])
    await session.commit()
    await session.close()
    assert.deepEqual(await emails(db), ['a', 'b', 'c'])
  })

  test(`a session inside its own transaction in a ${place} is detected instead of waiting for itself`, async t => {
    const db = await tables(t, place)
    const session = db.session()
    const outer = { code: 'OUTER_DB_IN_TRANSACTION' }
    await session.transaction(async tx => {
      await tx.users.create({ email: 'a' })
      await fails(() => session.users.create({ email: 'b' }), outer)
      await fails(() => session.users.count(), outer)
      await fails(() => session.transaction(async () => {}), outer)
      await fails(() => session.commit(), outer)
      await fails(() => session.rollback(), outer)
      await fails(() => session.close(), outer)
      await fails(() => db.users.count(), outer)
    })
    await fails(() => session.transaction(async () => {}, { readOnly: true }), { code: 'QUERY_INVALID' })
    await session.commit()
    await session.close()
    assert.deepEqual(await emails(db), ['a'])
  })

  test(`sessions in a ${place} wait for each other`, async t => {
    const db = await tables(t, place)
    const one = db.session()
    const two = db.session()
    await one.users.create({ email: 'a' })
    const waiting = two.users.create({ email: 'b' })
    await one.commit()
    await waiting
    const again = one.users.create({ email: 'c' })
    await two.rollback()
    await again
    await one.commit()
    await Promise.all([one.close(), two.close()])
    assert.deepEqual(await emails(db), ['a', 'c'])
  })

  test(`closing the database rolls back the sessions that are open in a ${place}`, async t => {
    const db = await tables(t, place)
    const session = db.session()
    await session.users.create({ email: 'a' })
    await db.close()
    await fails(() => session.users.create({ email: 'b' }), { code: 'SESSION_ENDED' })
    await session.close()
  })
}

test('closing rolls back in a file, as another handle sees it', async t => {
  const url = await newUrl(t)
  const db = open({ models, url })
  await initDb({ db })
  await db.users.create({ email: 'kept' })
  const session = db.session()
  await session.users.create({ email: 'dropped' })
  await db.close()
  assert.deepEqual(await emails(opened(t, url)), ['kept'])
})

for (const place of PLACES) {
  test(`parts of a session that were taken out of it keep it open in a ${place}`, async t => {
    const { code, stdout, stderr } = await program(
      await newUrl(t, place),
      `(async () => {
      const db = open({ models, url })
      await initDb({ db })
      const { users, commit } = db.session()
      await users.create({ email: 'a' })
      for (let i = 0; i < 20; i++) { gc(); await new Promise(r => setTimeout(r, 5)) }
      await users.create({ email: 'b' })
      await commit()
      console.log(await db.users.count())
    })()`,
      { flags: ['--expose-gc'] },
    )
    assert.deepEqual([code, stdout, stderr], [0, '2\n', ''])
  })
}

test('a session that is forgotten is closed by the garbage collector', async t => {
  const { code, stdout, stderr } = await program(
    await newUrl(t),
    `(async () => {
      const db = open({ models, url })
      await initDb({ db })
      await (async () => { await db.session().users.create({ email: 'lost' }) })()
      const write = db.users.create({ email: 'a' }).then(() => true)
      let done = false
      while (!done) {
        gc()
        done = await Promise.race([write, new Promise(r => setTimeout(r, 10, false))])
      }
      console.log((await db.users.list()).map(u => u.email).join())
    })()`,
    { flags: ['--expose-gc'] },
  )
  assert.deepEqual([code, stdout, stderr], [0, 'a\n', ''])
})

for (const place of PLACES) {
  test(
    `a write behind a session in a ${place} that is never ended fails in time, and works when it is over`,
    unless('oneWriter'),
    async t => {
      const db = await tables(t, place)
      const session = db.session()
      await session.users.create({ email: 'a' })
      const refused = { code: 'BUSY', retryable: true, message: /session of this process/ }
      await Promise.all([
        fails(() => db.users.create({ email: 'b' }), refused),
        fails(() => db.transaction(tx => tx.users.create({ email: 'c' })), refused),
      ])
      await session.users.create({ email: 'd' })
      await session.commit()
      await db.users.create({ email: 'e' })
      assert.deepEqual(await emails(db), ['a', 'd', 'e'])
    },
  )
}
