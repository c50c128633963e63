// Behind pgbouncer in transaction mode, where each transaction may be on another connection of the server: all works, since that it is there
// is found out, or with prepare=false.
import assert from 'node:assert/strict'
import pg from 'pg'
import { c, initDb, model, open, schema } from 'plinth'
import { everything, fails } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { emails, models, opened, program } from '../support/engine.mjs'
import { needed, pooled } from '../support/pgbouncer.mjs'
import { PASSWORD, query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'

test('many callers, transactions, sessions and blocking calls work with prepare=false', needed, async t => {
  const direct = await newUrl(t)
  const url = await pooled(t, direct)
  await initDb({ models, url: direct })
  const handles = [
    opened(t, url({ prepare: 'false' })),
    opened(t, url({ pgbouncer: 'true' })),
    opened(t, url(), { prepare: false }),
  ]
  await Promise.all(
    handles.flatMap((db, h) =>
      Array.from({ length: 60 }, async (_, i) => {
        const { id } = await db.users.create({ email: `${h} ${i}` })
        assert.equal((await db.users.get(id)).email, `${h} ${i}`)
        await db.transaction(async tx => {
          await tx.users.update(id, { name: 'x' })
          await tx.posts.createMany([
            { userId: id, title: 'one' },
            { userId: id, title: 'two' },
          ])
          assert.equal(await tx.posts.count({ where: { userId: id } }), 2)
        })
        assert.equal((await db.users.list({ where: { email: { in: [`${h} ${i}`] } } }))[0].name, 'x')
      }),
    ),
  )
  const [db] = handles
  assert.deepEqual([await db.users.count(), db.sync.posts.count()], [180, 360])
  const session = db.session()
  await session.users.create({ email: 'in a session' })
  await session.rollback()
  await session.users.create({ email: 'kept' })
  await session.commit()
  await session.close()
  await fails(() => db.users.create({ email: 'kept' }), { code: 'UNIQUE_VIOLATION', columns: ['email'] })
  db.sync.transaction(tx => tx.users.create({ email: 'blocking' }))
  assert.equal(await db.users.count(), 182)
})

test('values of every kind come back as they went in', needed, async t => {
  const direct = await newUrl(t)
  const url = await pooled(t, direct)
  const own = schema({
    things: model('things', {
      id: c.id(),
      big: c.bigint(),
      real: c.real(),
      price: c.decimal(12, 2),
      name: c.text().nullable(),
      yes: c.boolean(),
      key: c.uuid(),
      at: c.timestamp(),
      day: c.date(),
      data: c.json(),
      raw: c.bytes(),
    }),
  })
  await initDb({ models: own, url: direct })
  const db = open({ models: own, url: url({ prepare: 'false' }) })
  t.after(() => db.close())
  const row = {
    big: 2n ** 63n - 1n,
    real: -0,
    price: '-12.50',
    name: null,
    yes: true,
    key: '018f3c1e-8d2a-7c3b-9f10-2b6a5d4c3e2f',
    at: new Date('0001-01-01T00:00:00.001Z'),
    day: '9999-12-31',
    data: { a: [1, null] },
    raw: Uint8Array.of(0, 255),
  }
  const { id, ...made } = await db.things.create(row)
  assert.deepStrictEqual(made, row)
  assert.deepStrictEqual(await db.things.get(id), { id, ...row })
  const rows = await db.things.createMany(Array.from({ length: 3000 }, () => row))
  assert.equal(rows.length, 3000)
  for (const [column, value] of Object.entries(row)) {
    if (column !== 'data') assert.equal(await db.things.count({ where: { [column]: value } }), 3001, column)
  }
})

test('init through the pooler works too, and MIGRATION_DATABASE_URL goes around it', needed, async t => {
  const direct = await newUrl(t)
  const url = await pooled(t, direct)
  const through = await initDb({ models, url: url({ prepare: 'false' }) })
  assert.deepEqual(through.created.tables, ['users', 'posts'])
  const env = { DATABASE_URL: url({ prepare: 'false' }), MIGRATION_DATABASE_URL: direct }
  const seed = { first: async tx => tx.users.create({ email: 'seeded' }) }
  const around = await initDb({ models, env, seed })
  assert.deepEqual([around.existing.tables, around.seeded], [['users', 'posts'], ['first']])
  assert.deepEqual(await emails(opened(t, undefined, { env })), ['seeded'])
})

test('a wrong password and an unknown database at the pooler are what they are at the server', needed, async t => {
  const direct = await newUrl(t)
  const url = await pooled(t, direct)
  const wrong = new URL(url({ prepare: 'false' }))
  wrong.password = 'not-the-password'
  const db = opened(t, wrong.href)
  const error = await fails(() => db.users.count(), { code: 'AUTHENTICATION_FAILED' })
  assert.ok(!everything(error).includes('not-the-password'))
  wrong.password = encodeURIComponent(PASSWORD)
  wrong.pathname = '/not_there'
  await fails(() => opened(t, wrong.href).users.count(), { code: 'UNKNOWN_DATABASE' })
})

/**
 * The work of one of several processes: 10,000 calls of every sort, each answer compared with the
 * process's own knowledge.
 */
const MIXED = `
const assert = require('node:assert/strict')
const CALLS = 10000, LANES = 16
const related = schema(
  {
    users: model('users', { id: c.id(), email: c.text().unique(), name: c.text().nullable() }),
    posts: model('posts', { id: c.id(), userId: c.integer().references('users.id', { onDelete: 'cascade' }), title: c.text() }),
  },
  { users: r => ({ posts: r.many('posts', 'userId') }) },
)
const sorted = rows => [...rows].sort((a, b) => a.id - b.id)
async function lane(db, name, count) {
  const known = new Map()
  const ids = () => [...known.keys()]
  const some = i => ids()[(i * 7919) % known.size]
  const prefix = name + '/'
  const create = async (db, i) => {
    const { id, ...row } = await db.users.create({ email: prefix + i })
    assert.deepEqual(row, { email: prefix + i, name: null })
    known.set(id, { id, ...row })
    return id
  }
  const update = async (db, id, i) => {
    const row = await db.users.update(id, { name: prefix + i })
    known.set(id, { ...known.get(id), name: prefix + i })
    assert.deepEqual(row, known.get(id))
  }
  const calls = [
    i => create(db, i),
    async i => assert.deepEqual(await db.users.get(some(i)), known.get(some(i))),
    async i => update(db, some(i), i),
    async i => {
      const rows = await db.users.list({ where: { email: { startsWith: prefix } }, orderBy: { id: 'desc' }, limit: 5 })
      assert.deepEqual(rows, sorted(known.values()).reverse().slice(0, 5))
    },
    async () => assert.equal(await db.users.count({ where: { email: { startsWith: prefix } } }), known.size),
    async i => assert.deepEqual(await db.sql\`SELECT id, email, name FROM users WHERE id = \${some(i)}\`, [known.get(some(i))]),
    async i => assert.deepEqual(await db.sql\`SELECT \${prefix}::text AS a, \${i}::int AS b\`, [{ a: prefix, b: i }]),
    async i => db.transaction(async tx => {
      const id = await create(tx, i)
      await tx.posts.createMany([{ userId: id, title: prefix }, { userId: id, title: String(i) }])
      await update(tx, id, i)
      const { posts, ...user } = await tx.users.get(id, { include: { posts: { orderBy: { id: 'asc' } } } })
      assert.deepEqual([user, posts.map(post => post.title)], [known.get(id), [prefix, String(i)]])
    }),
    async i => {
      const [user] = await db.users.list({ where: { id: some(i) }, include: { posts: true } })
      assert.ok(user.posts.every(post => post.userId === user.id))
    },
    async () => {
      let seen = 0
      for await (const user of db.users.stream({ where: { email: { startsWith: prefix } }, batch: 50 })) {
        assert.deepEqual(user, known.get(user.id))
        seen++
        if (seen === 60) break
      }
    },
    async i => assert.deepEqual(db.sync.users.get(some(i)), known.get(some(i))),
  ]
  await create(db, 'first')
  // Each lane has an order of its own, so that statements are not prepared in one order everywhere.
  for (let i = 0; i < count; i++) await calls[(i * 3 + Math.floor(i / calls.length) + name.length * 5) % calls.length](i)
}
async function mixed(who) {
  const db = open({ models: related, url, pool: { size: 2 } })
  await Promise.all(Array.from({ length: LANES }, (_, n) => lane(db, who + 'x'.repeat(n), CALLS / LANES)))
  console.log('compared', (await db.health()).prepare)
  await db.close()
}
`

test('two processes without any option get their own rows', needed, async t => {
  const direct = await newUrl(t)
  // As many as both need at once, since a blocking call cannot wait for the transactions beside it; which of them is used is up to the pooler.
  const url = await pooled(t, direct, { connections: 6 })
  await initDb({ models, url: direct })
  const runs = ['a', 'b'].map(who => program(url(), `${MIXED}\nmixed(${JSON.stringify(who)})`, { timeout: 280_000 }))
  for (const { code, stdout, stderr } of await Promise.all(runs)) {
    assert.deepEqual([code, stdout, stderr], [0, 'compared false\n', ''])
  }
})

test(
  'that a pooler is there is found out, in any of its modes, unless the URL or an option says otherwise',
  needed,
  async t => {
    const direct = await newUrl(t)
    await initDb({ models, url: direct })
    const prepare = async (url, options) => {
      const db = opened(t, url, options)
      // Whichever connection is the first finds it out.
      if (url.length % 2) db.sync.sql`SELECT 1`
      const { prepare } = await db.health()
      await db.close()
      return prepare
    }
    assert.equal(await prepare(direct), true)
    assert.equal(await prepare(`${direct}?prepare=false`), false)
    for (const mode of ['transaction', 'session']) {
      const url = await pooled(t, direct, { mode })
      assert.equal(await prepare(url()), false, mode)
      assert.equal(await prepare(url({ target_session_attrs: 'read-write' })), false, mode)
      assert.equal(await prepare(url({ prepare: 'true' })), true, mode)
      assert.equal(await prepare(url(), { prepare: true }), true, mode)
    }
  },
)

test('with prepare=true statements that meet those of others fail with the way out', needed, async t => {
  const direct = await newUrl(t)
  const url = await pooled(t, direct)
  await initDb({ models, url: direct })
  const db = opened(t, url({ prepare: 'true' }), { pool: { size: 1 } })
  const { id } = await db.users.create({ email: 'a' })
  await db.users.get(id)
  const client = async () => {
    const client = new pg.Client({ connectionString: url() })
    client.on('error', () => {})
    await client.connect()
    t.after(() => client.end())
    return client
  }
  const [holder, other] = [await client(), await client()]
  // The pooler gives out the connection that was used last: it keeps that one, and everything else goes to another.
  await holder.query('BEGIN')
  const { rows } = await holder.query('SELECT name FROM pg_prepared_statements ORDER BY prepare_time')
  const names = rows.map(row => row.name)
  const last = Number(names.at(-1).slice(1))
  const hinted = async (call, message) => {
    const error = await fails(call, { code: 'SQL_FAILED' })
    assert.match(error.hint, /prepare=false/)
    assert.match(error.message, message)
  }
  await hinted(() => db.transaction(tx => tx.users.get(id)), new RegExp(`"?${names.at(-1)}"?`))
  await other.query(`PREPARE ${names.at(-1)} AS SELECT 1`)
  const again = opened(t, url({ prepare: 'true' }), { pool: { size: 1 } })
  await other.query(`PREPARE s${last + 1} AS SELECT 1; PREPARE s${last + 2} AS SELECT 1`)
  await hinted(() => again.users.count(), /s\d+/)
  await holder.query('COMMIT')
})

test('a write whose answer is of a type that cannot be asked for is not made twice', needed, async t => {
  const direct = await newUrl(t)
  const url = await pooled(t, direct, { connections: 1 })
  await query(direct, `CREATE TYPE mood AS ENUM ('glad'); CREATE TABLE moods (mood mood)`)
  // A statement that another client has left behind: the first name that a process gives.
  await query(url(), 'PREPARE s0 AS SELECT 1')
  const { stdout, stderr } = await program(
    url(),
    `const db = open({ models, url, pool: { size: 1 } })
    const told = error => console.log(error.code, error.retryable, error.mayHaveCommitted, /column::text/.test(error.hint))
    db.sql\`SELECT 'glad'::mood AS mood\`.catch(told)
      .then(() => db.sql\`INSERT INTO moods VALUES ('glad') RETURNING mood::text\`)
      .then(rows => console.log(rows.length, (db.sync.sql\`SELECT 1 AS one\`).length))
      .then(() => db.close())`,
  )
  assert.deepEqual([stdout, stderr], ['SQL_FAILED false true true\n1 1\n', ''])
  const inserting = await program(
    url(),
    `const db = open({ models, url, pool: { size: 1 } })
    db.sql\`INSERT INTO moods VALUES ('glad') RETURNING mood\`.catch(error => console.log(error.code, error.mayHaveCommitted)).then(() => db.close())`,
  )
  assert.deepEqual([inserting.stdout, inserting.stderr], ['SQL_FAILED true\n', ''])
  assert.deepEqual(await query(direct, 'SELECT count(*)::int AS n FROM moods'), [{ n: 2 }])
})
