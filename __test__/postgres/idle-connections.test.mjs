// Connections that ended while they were idle: the next transaction begins on another, and nothing is done twice.
import assert from 'node:assert/strict'
import { initDb } from 'plinth'
import { fails } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { onServer } from '../support/dialect-postgres.mjs'
import { emails, models, opened } from '../support/engine.mjs'
import { test } from '../support/postgres-test.mjs'
import { relay } from '../support/relay.mjs'

/** A handle with four open connections, one for blocking calls, and a way to end them all. */
async function setUp(t) {
  const url = await newUrl(t)
  await initDb({ models, url })
  const way = await relay(t, url)
  const statements = []
  const db = opened(t, way.url, { pool: { size: 4 }, log: event => statements.push(event) })
  const name = decodeURIComponent(new URL(url).pathname.slice(1))
  const warm = async () => {
    await Promise.all(Array.from({ length: 4 }, () => db.transaction(tx => tx.sql`SELECT pg_sleep(0.1)`)))
    db.sync.users.count()
  }
  await warm()
  return { db, warm, way, name, statements }
}

/** The ends of connections: the server reports one, and a firewall forgets them silently. */
const ENDS = {
  'the server': ({ name }) =>
    onServer('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1', [name]),
  'a firewall': ({ way }) => way.forget(),
}

/** The beginnings by name; each gives the email that it wrote. */
const BEGINNINGS = {
  'a transaction': async (db, email) => db.transaction(async tx => (await tx.users.create({ email })).email),
  'a transaction with statements behind the first': async (db, email) =>
    db.transaction(async tx => {
      const [user, count] = await Promise.all([tx.users.create({ email }), tx.users.count()])
      assert.ok(count >= 1)
      return user.email
    }),
  'a transaction with a savepoint': async (db, email) =>
    db.transaction(tx => tx.transaction(async inner => (await inner.users.create({ email })).email)),
  'a session': async (db, email) => {
    const session = db.session()
    const user = await session.users.create({ email })
    await session.commit()
    await session.close()
    return user.email
  },
  'a stream': async (db, email) => {
    const seen = []
    for await (const user of db.users.stream()) seen.push(user.email)
    await db.transaction(tx => tx.users.create({ email }))
    return seen.length >= 0 && email
  },
  'a transaction with a limit': async (db, email) =>
    db.transaction(async tx => (await tx.users.create({ email })).email, { timeout: 60_000 }),
  'a blocking transaction': async (db, email) => db.sync.transaction(tx => tx.users.create({ email }).email),
  'a blocking stream': async (db, email) => {
    for (const _ of db.sync.users.stream());
    return db.sync.transaction(tx => tx.users.create({ email }).email)
  },
  'four at once': async (db, email) => {
    await Promise.all(
      [1, 2, 3]
        .map(() => db.transaction(tx => tx.users.count()))
        .concat(db.transaction(tx => tx.users.create({ email }))),
    )
    return email
  },
}

for (const [who, end] of Object.entries(ENDS)) {
  for (const [name, begin] of Object.entries(BEGINNINGS)) {
    test(`${name} begins on another connection when ${who} has ended the idle ones`, async t => {
      const context = await setUp(t)
      const made = []
      for (let i = 0; i < 2; i++) {
        await end(context)
        made.push(await begin(context.db, `user-${i}`))
        await context.warm()
      }
      assert.deepEqual(await emails(context.db), made)
    })
  }
}

test('a transaction that has read or written something is not begun again', async t => {
  const { db, way } = await setUp(t)
  let runs = 0
  await fails(
    () =>
      db.transaction(async tx => {
        runs++
        await tx.users.create({ email: 'lost' })
        await way.forget()
        await tx.users.count()
      }),
    { code: 'CONNECTION_LOST', mayHaveCommitted: false, retryable: true },
  )
  assert.equal(runs, 1)
  assert.deepEqual(await emails(db), [])
})

test('a blocking transaction that has lost its connection takes no further calls: none runs outside of it', async t => {
  const { db } = await setUp(t)
  const error = await fails(
    async () =>
      db.sync.transaction(tx => {
        tx.users.create({ email: 'before' })
        try {
          tx.sql`SELECT pg_terminate_backend(pg_backend_pid())`
          assert.fail('the connection is there')
        } catch (lost) {
          assert.equal(lost.code, 'CONNECTION_LOST')
        }
        tx.users.create({ email: 'behind' })
      }),
    { code: 'SESSION_ENDED' },
  )
  assert.notEqual(error.mayHaveCommitted, true)
  assert.deepEqual(await emails(db), [])
})

test('the statements of a transaction that began twice are reported once', async t => {
  const { db, way, statements } = await setUp(t)
  await way.forget()
  statements.length = 0
  await db.transaction(tx => tx.users.create({ email: 'once' }))
  assert.deepEqual(
    statements.map(({ sql }) => sql.split(' ')[0]),
    ['BEGIN', 'INSERT', 'COMMIT'],
  )
})
