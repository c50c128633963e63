// Closing a database: new work is refused, what is at work is waited for, and ended when the time is over.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { initDb, open } from 'plinth'
import { fails } from '../support/db.mjs'
import { newUrl, PLACES } from '../support/dialect.mjs'
import { emails, gate, models, opened, program, tables } from '../support/engine.mjs'
import { endless } from '../support/http.mjs'

const CLOSED = { code: 'CLOSED' }

/** A database in a file or on a server, and what tells its emails when it is closed. */
async function created(t) {
  const url = await newUrl(t)
  const db = opened(t, url)
  await initDb({ db })
  return { url, db, after: async () => emails(opened(t, url)) }
}

/** Whether a promise settles within some turns of the loop. */
async function settles(promise, turns = 20) {
  let settled = false
  const done = () => {
    settled = true
  }
  promise.then(done, done)
  for (let i = 0; i < turns && !settled; i++) await turn()
  return settled
}

test('it waits for a session that has a transaction open, which goes on to its commit', async t => {
  const { db, after } = await created(t)
  const session = db.session()
  await session.users.create({ email: 'a' })
  const idle = db.session()
  const closing = db.close()
  assert.equal(await settles(closing), false)
  await fails(() => db.users.count(), CLOSED)
  await fails(async () => db.session(), CLOSED)
  await fails(() => db.scope(async () => {}), CLOSED)
  await fails(() => db.transaction(async () => {}), CLOSED)
  await fails(() => idle.users.create({ email: 'x' }), { code: 'SESSION_ENDED' })
  await session.users.create({ email: 'b' })
  await session.transaction(async tx => tx.users.create({ email: 'c' }))
  const seen = []
  for await (const { email } of session.users.stream()) seen.push(email)
  assert.deepEqual(seen.toSorted(), ['a', 'b', 'c'])
  await session.commit()
  await closing
  await fails(() => session.users.create({ email: 'd' }), { code: 'SESSION_ENDED' })
  assert.deepEqual(await after(), ['a', 'b', 'c'])
})

test('it waits for scopes, transactions and their retries, streams and calls', async t => {
  const { db, after } = await created(t)
  await db.users.createMany(Array.from({ length: 1500 }, (_, i) => ({ email: `${i}` })))
  const go = gate()
  const work = [
    db.scope(async session => {
      await session.users.create({ email: 'of a scope' })
      await go.passed
      await session.users.create({ email: 'of the scope again' })
    }),
  ]
  const stream = db.users.stream({ batch: 10 })[Symbol.asyncIterator]()
  await stream.next()
  const notBegun = db.users.stream()
  const call = db.users.list()
  const closing = db.close()
  assert.equal(await settles(closing), false)
  go.open()
  await Promise.all(work)
  const { length } = await call
  assert.ok(length === 1500 || length === 1502, `${length}: the call runs before or after the commit of the scope`)
  assert.equal(await settles(closing), false, 'the stream is not read to its end')
  let rows = 1
  while (!(await stream.next()).done) rows++
  assert.equal(rows, 1500)
  await closing
  await fails(async () => {
    for await (const _ of notBegun);
  }, CLOSED)
  assert.deepEqual((await after()).slice(-2), ['of a scope', 'of the scope again'])
})

test('it waits for a transaction and what it does', async t => {
  const { db, after } = await created(t)
  const [inside, go] = [gate(), gate()]
  const transaction = db.transaction(async tx => {
    await tx.users.create({ email: 'a' })
    inside.open()
    await go.passed
    await tx.users.create({ email: 'b' })
  })
  await inside.passed
  const closing = db.close()
  assert.equal(await settles(closing), false)
  go.open()
  await transaction
  await closing
  assert.deepEqual(await after(), ['a', 'b'])
})

for (const timeout of [0, 30]) {
  test(`what is at work after ${timeout} ms is rolled back`, async t => {
    const { db, after } = await created(t)
    const never = new Promise(() => {})
    const [begun, hangs] = [gate(), gate()]
    const session = db.session()
    const scope = db.scope(async inner => {
      await inner.users.count()
      await inner.transaction(async () => {
        begun.open()
        await hangs.passed
      })
    })
    await begun.passed
    scope.catch(() => {})
    // On SQLite one writes at a time.
    session.users.create({ email: 'x' }).catch(() => {})
    const stream = db.users.stream({ batch: 1 })[Symbol.asyncIterator]()
    stream.next().catch(() => {})
    await Promise.race([never, db.close({ timeout })])
    hangs.open()
    await fails(() => session.users.create({ email: 'y' }), { code: /CLOSED|SESSION_ENDED/ })
    await fails(() => scope, { code: /CLOSED|SESSION_ENDED/ })
    assert.deepEqual(await after(), [])
  })

  test(`a transaction whose function hangs, or goes on, is rolled back after ${timeout} ms`, async t => {
    const { db, after } = await created(t)
    const [begun, go] = [gate(), gate()]
    const transaction = db.transaction(async tx => {
      await tx.users.create({ email: 'a' })
      begun.open()
      await go.passed
      await tx.users.create({ email: 'b' })
    })
    const rejected = fails(() => transaction, CLOSED)
    await begun.passed
    await db.close({ timeout })
    go.open()
    await rejected
    assert.deepEqual(await after(), [])
  })

  test(`a statement that runs is stopped after ${timeout} ms`, async t => {
    for (const make of [db => endless(db), db => endless(db.session()), db => db.scope(async s => endless(s))]) {
      const { db, after } = await created(t)
      const running = fails(() => make(db), { code: /CLOSED|SESSION_ENDED/ })
      await sleep(20)
      await db.close({ timeout })
      await running
      assert.deepEqual(await after(), [])
    }
  })
}

test('closing again waits for the same, and may give it less time', async t => {
  const { db, after } = await created(t)
  const session = db.session()
  await session.users.create({ email: 'a' })
  const closing = db.close()
  const again = db.close()
  assert.equal(await settles(Promise.race([closing, again])), false)
  await db.close({ timeout: 0 })
  await Promise.all([closing, again, db.close()])
  assert.deepEqual(await after(), [])
})

for (const place of PLACES) {
  test(`inside a scope in a ${place} it is refused, and changes nothing`, async t => {
    const db = await tables(t, place)
    const refused = { code: 'OUTER_DB_IN_TRANSACTION', message: /close\(\).*scope/ }
    await db.scope(async session => {
      await fails(() => db.close(), refused)
      await session.users.create({ email: 'a' })
      await fails(() => db.close({ timeout: 0 }), refused)
      await session.users.create({ email: 'b' })
    })
    assert.deepEqual(await emails(db), ['a', 'b'])
  })

  test(`inside a transaction in a ${place} it is refused, and changes nothing`, async t => {
    const db = await tables(t, place)
    const refused = what => ({
      code: 'OUTER_DB_IN_TRANSACTION',
      message: `close() was called inside a ${what} of the same database.`,
      hint: `Close the database after the ${what}, from outside: it waits for running work.`,
    })
    await db.transaction(async tx => {
      await fails(() => db.close(), refused('transaction'))
      await tx.transaction(() => fails(() => db.close({ timeout: 0 }), refused('transaction')))
      await tx.users.create({ email: 'a' })
    })
    let closing
    db.sync.transaction(tx => {
      closing = fails(() => db.close(), refused('blocking transaction'))
      tx.users.create({ email: 'b' })
    })
    await closing
    assert.deepEqual(await emails(db), ['a', 'b'])
  })

  test(`a database in a ${place} at rest closes at once`, async t => {
    const db = await tables(t, place)
    const session = db.session()
    await session.users.count()
    await session.commit()
    const began = performance.now()
    await db.close()
    assert.ok(performance.now() - began < 5000)
    await fails(() => session.users.count(), { code: 'SESSION_ENDED' })
  })
}

test('what is no option is refused, and closes nothing', async t => {
  const db = await tables(t)
  await fails(() => db.close({ force: true }), { code: 'UNKNOWN_OPTION', hint: /timeout/ })
  for (const timeout of [-1, '1', null, Number.NaN]) await fails(() => db.close({ timeout }), { code: 'QUERY_INVALID' })
  await fails(() => db.close(0), { code: 'QUERY_INVALID' })
  assert.equal(await db.users.count(), 0)
})

test('a process whose database is closed ends by itself', async t => {
  const source = `(async () => {
    const db = open({ models, url })
    await initDb({ db })
    const session = db.session()
    await session.users.create({ email: 'a' })
    db.transaction(() => new Promise(() => {})).catch(() => {})
    await db.close({ timeout: 20 })
    console.log('closed')
  })()`
  const { code, stdout, stderr } = await program(await newUrl(t), source)
  assert.deepEqual([code, stdout, stderr], [0, 'closed\n', ''])
  const again = `(async () => {
    const db = open({ models, url })
    await db.close()
    await db.close({ timeout: 1_000_000 })
    console.log(process.getActiveResourcesInfo().filter(kind => kind === 'Timeout').length)
    process.exit()
  })()`
  assert.equal((await program(await newUrl(t), again)).stdout, '0\n')
  const db = open({ models, url: await newUrl(t) })
  await db.close({ timeout: undefined })
})
