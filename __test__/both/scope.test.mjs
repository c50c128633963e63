// Scopes: a session as long as a function runs, found by all that it calls.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { initDb, open } from 'plinth'
import { fails } from '../support/db.mjs'
import { newUrl, PLACES } from '../support/dialect.mjs'
import { here } from '../support/differences.mjs'
import { emails, gate, models, program, tables } from '../support/engine.mjs'

for (const place of PLACES) {
  test(`a scope in a ${place} commits what resolves, rolls back what rejects, and closes`, async t => {
    const db = await tables(t, place)
    let held
    const given = await db.scope(async session => {
      held = session
      await session.users.create({ email: 'a' })
      assert.equal(await session.users.count(), 1)
      return 'given'
    })
    assert.equal(given, 'given')
    assert.deepEqual(await emails(db), ['a'])
    await fails(() => held.users.count(), { code: 'SESSION_ENDED' })
    const no = new Error('no')
    const rejected = db.scope(async session => {
      held = session
      await session.users.create({ email: 'b' })
      throw no
    })
    await assert.rejects(rejected, error => error === no)
    await assert.rejects(
      db.scope(() => {
        throw no
      }),
      error => error === no,
    )
    await fails(() => held.users.count(), { code: 'SESSION_ENDED' })
    assert.deepEqual(await emails(db), ['a'])
  })

  test(`current() is the session of the scope, however deep in a ${place}`, async t => {
    const db = await tables(t, place)
    const deep = async email => {
      await turn()
      await db.current().users.create({ email })
      return db.current()
    }
    await Promise.all(
      ['a', 'b', 'c', 'd'].map(email =>
        db.scope(async session => {
          assert.equal(await deep(email), session)
          assert.equal(db.current(), session)
          await new Promise(resolve => setTimeout(resolve, 1))
          assert.equal(db.current(), session)
        }),
      ),
    )
    assert.deepEqual((await emails(db)).toSorted(), ['a', 'b', 'c', 'd'])
  })

  test(`outside of a scope in a ${place} there is none, after its end neither`, async t => {
    const db = await tables(t, place)
    const none = { code: 'NO_SCOPE', hint: /db\.scope/ }
    await fails(() => db.current(), none)
    const wait = gate()
    let late
    await db.scope(async session => {
      late = wait.passed.then(() => fails(() => db.current(), none))
      await session.users.create({ email: 'a' })
    })
    wait.open()
    await late
    await fails(() => db.current(), none)
    await db.transaction(async () => fails(() => db.current(), none))
    // What was begun in a scope that has ended is outside of it.
    const after = gate()
    let call
    await db.scope(async () => {
      call = after.passed.then(() => Promise.all([db.users.count(), db.scope(async inner => inner.users.count())]))
    })
    await db.scope(async session => {
      await session.users.create({ email: 'b' })
      after.open()
      await Promise.race([call, turn()])
    })
    assert.equal((await call).length, 2)
  })

  test(`a scope inside another in a ${place} is refused; one of another database is not`, async t => {
    const db = await tables(t, place)
    const other = await tables(t, place)
    const nested = { code: 'SCOPE_NESTED', hint: /db\.current\(\)/ }
    await db.scope(async session => {
      await fails(() => db.scope(async () => {}), nested)
      await session.users.create({ email: 'a' })
      await fails(() => db.scope(async () => {}), nested)
      await other.scope(async inner => {
        assert.equal(db.current(), session)
        assert.equal(other.current(), inner)
        await inner.users.create({ email: 'b' })
      })
    })
    assert.deepEqual([await emails(db), await emails(other)], [['a'], ['b']])
  })

  test(`the outer database is refused in a scope in a ${place} from its first call until its commit`, async t => {
    const db = await tables(t, place)
    const outer = { code: 'OUTER_DB_IN_TRANSACTION', message: /scope/, hint: /db\.current\(\)/ }
    const held = db.session()
    await db.scope(async session => {
      assert.equal(await db.users.count(), 0)
      const refused = async () => {
        await fails(() => db.users.count(), outer)
        await fails(() => db.users.get(1), outer)
        await fails(() => db.users.create({ email: 'x' }), outer)
        await fails(() => db.sql`SELECT 1`, outer)
        await fails(() => db.transaction(async () => {}), outer)
        await fails(() => db.session(), outer)
        await fails(() => held.users.count(), outer)
        await fails(async () => db.sync.users.count(), { code: /OUTER_DB_IN_TRANSACTION|SYNC_BLOCKED/ })
        await fails(() => initDb({ db }), outer)
        // In memory there is one connection.
        if (place !== 'memory') assert.equal((await db.health()).status, 'ok')
      }
      assert.equal(await session.users.count(), 0)
      await refused()
      await session.users.create({ email: 'a' })
      await refused()
      await session.commit()
      assert.equal(await db.users.count(), 1)
      await session.users.count()
      await fails(() => db.users.count(), outer)
      await session.rollback()
      await db.users.create({ email: 'b' })
    })
    await held.close()
    assert.deepEqual(await emails(db), ['a', 'b'])
  })

  test(`transactions in a scope in a ${place} are savepoints`, async t => {
    const db = await tables(t, place)
    await db.scope(async session => {
      await session.users.create({ email: 'a' })
      await assert.rejects(
        session.transaction(async tx => {
          await tx.users.create({ email: 'b' })
          await fails(() => db.current().users.count(), { code: 'OUTER_DB_IN_TRANSACTION' })
          throw new Error('no')
        }),
        /no/,
      )
      await session.transaction(async tx => tx.users.create({ email: 'c' }))
      // The tracking of transactions is switched off with the last of them; the scope is not.
      assert.equal(db.current(), session)
      await turn()
      assert.equal(db.current(), session)
    })
    assert.deepEqual(await emails(db), ['a', 'c'])
    await fails(() => db.transaction(async () => db.scope(async () => {})), { code: 'OUTER_DB_IN_TRANSACTION' })
    assert.deepEqual(await emails(db), ['a', 'c'])
  })

  test(`calls of a scope in a ${place} that are not awaited are committed with it`, async t => {
    const db = await tables(t, place)
    let calls
    await db.scope(async session => {
      calls = [session.users.create({ email: 'a' }), session.transaction(async tx => tx.users.create({ email: 'b' }))]
    })
    await Promise.all(calls)
    assert.deepEqual(await emails(db), ['a', 'b'])
  })

  test(`a session of a scope in a ${place} that was closed in it loses uncommitted changes, and reports that`, async t => {
    const db = await tables(t, place)
    await db.scope(async session => {
      await session.users.create({ email: 'a' })
      await session.commit()
      await session.close()
    })
    const closed = db.scope(async session => {
      await session.users.create({ email: 'b' })
      await session.close()
    })
    await fails(() => closed, { code: 'SESSION_ENDED' })
    await db.scope(async session => session.close())
    assert.deepEqual(await emails(db), ['a'])
  })

  test(`a signal rolls a scope in a ${place} back at once, whatever its function does`, async t => {
    const db = await tables(t, place)
    const stop = new AbortController()
    const wait = gate()
    const reason = new Error('enough')
    const hung = db.scope(
      async session => {
        await session.users.create({ email: 'a' })
        wait.open()
        await new Promise(() => {})
      },
      { signal: stop.signal },
    )
    await wait.passed
    stop.abort(reason)
    const error = await fails(() => hung, { code: 'ABORTED' })
    assert.equal(error.cause, reason)
    assert.deepEqual(await emails(db), [])
    let ran = false
    await fails(() => db.scope(async () => (ran = true), { signal: stop.signal }), { code: 'ABORTED' })
    assert.equal(ran, false)
    await fails(() => db.scope(() => new Promise(() => {}), { timeout: 5 }), { code: 'TIMEOUT' })
    // Also where it hangs in a transaction of its own.
    const again = new AbortController()
    const deep = gate()
    const inner = db.scope(
      session =>
        session.transaction(async tx => {
          await tx.users.create({ email: 'b' })
          deep.open()
          await new Promise(() => {})
        }),
      { signal: again.signal },
    )
    await deep.passed
    again.abort()
    await fails(() => inner, { code: 'ABORTED' })
    assert.deepEqual(await emails(db), [])
    // Too late to stop what is committed.
    const done = new AbortController()
    await db.scope(async session => session.users.create({ email: 'c' }), { signal: done.signal, timeout: 60_000 })
    done.abort()
    assert.deepEqual(await emails(db), ['c'])
  })

  test(`a function that meets its own abort learns of the abort in a ${place}`, async t => {
    const db = await tables(t, place)
    const stop = new AbortController()
    const call = db.scope(
      async session => {
        await session.users.create({ email: 'a' })
        stop.abort()
        await session.users.create({ email: 'b' })
      },
      { signal: stop.signal },
    )
    await fails(() => call, { code: 'ABORTED' })
    assert.deepEqual(await emails(db), [])
  })

  test(`a scope in a ${place} that made no call leaves nothing behind, and one that only read neither`, async t => {
    const db = await tables(t, place)
    for (let i = 0; i < 50; i++) {
      await db.scope(async () => {})
      await db.scope(async session => session.users.count())
    }
    db.sync.users.create({ email: 'a' })
    assert.deepEqual(await emails(db), ['a'])
  })
}

test('a commit that the database refuses rejects, and nothing of it is there', async t => {
  const db = await tables(t)
  const { refuse } = await import('../support/http.mjs')
  await refuse(db)
  const refused = db.scope(async session => {
    await session.users.create({ email: 'a' })
    await session.users.create({ email: 'refused at commit' })
  })
  await fails(() => refused, { code: /FOREIGN_KEY_VIOLATION|CHECK_VIOLATION/ })
  assert.deepEqual(await emails(db), [])
  await db.scope(async session => session.users.create({ email: 'b' }))
  assert.deepEqual(await emails(db), ['b'])
})

test('what was swallowed in a scope does not make its commit a lie', async t => {
  const db = await tables(t)
  const scope = db.scope(async session => {
    await session.users.create({ email: 'a' })
    await session.users.create({ email: 'a' }).catch(() => {})
  })
  if (here('failureLeavesTransaction')) {
    await scope
    assert.deepEqual(await emails(db), ['a'])
  } else {
    await fails(() => scope, { code: 'SESSION_FAILED' })
    assert.deepEqual(await emails(db), [])
  }
})

test('closing the database ends its scopes: what they lose they do not commit', async t => {
  const db = open({ models, url: await newUrl(t) })
  await initDb({ db })
  const wait = gate()
  const scope = db.scope(async session => {
    await session.users.create({ email: 'a' })
    wait.open()
    await closing.passed
  })
  const closing = gate()
  await wait.passed
  const refused = fails(() => scope, { code: 'CLOSED' })
  await db.close({ timeout: 0 })
  closing.open()
  await refused
  await fails(() => db.scope(async () => {}), { code: 'CLOSED' })
})

test('what is no function and what is no option is refused, and opens nothing', async t => {
  const db = await tables(t)
  for (const work of [undefined, null, 1, 'SELECT 1', {}, Promise.resolve()])
    await fails(() => db.scope(work), { code: 'QUERY_INVALID', hint: /db\.scope\(async session/ })
  await fails(() => db.scope(async () => {}, { singal: 1 }), { code: 'UNKNOWN_OPTION', hint: /signal, timeout/ })
  for (const options of [1, 'x', [], null])
    await fails(() => db.scope(async () => {}, options), { code: 'QUERY_INVALID' })
  for (const timeout of [0, -1, Number.NaN, '5', null])
    await fails(() => db.scope(async () => {}, { timeout }), { code: 'QUERY_INVALID' })
  for (const signal of [null, {}, 'abort', new AbortController()])
    await fails(() => db.scope(async () => {}, { signal }), { code: 'QUERY_INVALID' })
  await db.scope(async session => session.users.create({ email: 'a' }))
})

test('a database that has had no scope pays for none', async t => {
  const source = `(async () => {
    const { AsyncLocalStorage } = require('node:async_hooks')
    let runs = 0
    const { run } = AsyncLocalStorage.prototype
    AsyncLocalStorage.prototype.run = function (...args) { runs++; return run.apply(this, args) }
    const db = open({ models, url })
    await initDb({ db })
    const session = db.session()
    await session.users.create({ email: 'a' })
    await session.commit()
    await session.close()
    console.log(runs)
    await db.scope(async () => {})
    console.log(runs)
    await db.close()
  })()`
  const { code, stdout, stderr } = await program(await newUrl(t), source)
  assert.deepEqual([code, stdout, stderr], [0, '0\n1\n', ''])
})
