// A database that moves to the next major version of PostgreSQL by a dump: nothing differs, what is stored is made anew, and revisions go on.
import assert from 'node:assert/strict'
import { c, check, drift, expression, index, initDb, model, schema, unique } from 'plinth'
import { workshop } from '../support/migrations.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'
import { twoVersions } from '../support/postgres-upgrade.mjs'

const NO_DRIFT = { safe: 0, missingData: 0, destructive: 0, blocked: 0 }

/** Every kind of column, and SQL of which a server keeps its own words. */
const shop = (more = {}) =>
  schema({
    customers: model(
      'customers',
      {
        id: c.id(),
        email: c.text({ max: 320 }).unique().lowercase(),
        country: c.text({ max: 2 }).default('DE').check("country IN ('DE', 'AT', 'CH')"),
        role: c.enum('customer_role', ['guest', "it's", 'admin']).default('guest'),
        isActive: c.boolean().default(true),
        note: c.text().nullable().comment("what's said"),
        preferences: c.json().default({ a: ["it's"] }),
        since: c.timestamp().defaultNow(),
        ...more,
      },
      t => [
        index(expression('lower(email)')).unique().where("country NOT IN ('CH', 'LI') AND is_active"),
        index(t.role, t.since.desc()),
        check("length(country) = 2 AND (note IS NULL OR trim(note) <> '')").name('Said "well"'),
      ],
    ).comment('Who buys'),
    orders: model(
      'orders',
      {
        id: c.bigId(),
        customerId: c.integer().references('customers.id', { onDelete: 'cascade' }),
        total: c.decimal(10, 2).check('total >= 0 AND total < 1000000.5'),
        day: c.date().defaultNow().check("day > '2020-01-01' AND extract(year FROM day) < 3000"),
        token: c.uuid().defaultRandom(),
        count: c.int32().default(-1),
        size: c.bigint().default(-9007199254740993n),
        weight: c.real().default(0.1),
        raw: c.bytes().default(new Uint8Array([0, 255])),
      },
      t => [unique(t.customerId, t.token), check('CASE WHEN count > 0 THEN total / count > 0 ELSE true END')],
    ),
  })

const first = shop()
const second = shop({ city: c.text({ max: 50 }).nullable().check("city IN ('Bonn', 'Wien', 'Bern')") })

async function fill(at) {
  await at.using(first, async db => {
    const { id } = await db.customers.create({ email: 'ada@x', role: "it's", note: 'hi' })
    await db.orders.createMany(Array.from({ length: 300 }, (_, at) => ({ customerId: id, total: `${at}.50` })))
  })
}

/** All rows are there, and keys go on where they were. */
async function assertKept(at, models) {
  await at.using(models, async db => {
    assert.deepEqual(await db.customers.list({ select: ['email', 'role'] }), [{ email: 'ada@x', role: "it's" }])
    assert.equal(await db.orders.count(), 300)
    const [{ id: last }] = await db.orders.list({ select: ['id'], orderBy: { id: 'desc' }, limit: 1 })
    const { id } = await db.orders.create({ customerId: 1, total: '1' })
    assert.ok(id > last)
    await db.orders.delete(id)
  })
}

const servers = async at =>
  (await query(at.url, 'SELECT DISTINCT server FROM plinth_shape')).map(({ server }) => Number(server))

const seen = ({ differences }) => differences.map(({ table, object, name, grade }) => [table, object, name, grade])

/** A test of two servers of different versions. */
const testOfTwo = (name, work) =>
  test(name, async t => {
    const versions = await twoVersions()
    if (!versions) return t.skip('this machine has one major version of PostgreSQL: two are needed')
    await work(t, versions)
  })

testOfTwo('a database with revisions moves to the next major version', async (t, versions) => {
  const before = await workshop(t, { url: await versions.database('with_revisions') })
  await before.write(first, 'first')
  await before.upgrade()
  await fill(before)
  assert.deepEqual(await servers(before), [versions.majors[0]])
  const moved = await workshop(t, { url: await versions.move('with_revisions'), cwd: before.cwd })
  const { url, migrations, cwd } = moved
  const look = models => drift({ models, url, migrations, cwd })

  for (const time of ['once', 'twice']) {
    const { drift: unknown, driftUnknown, pending, problems } = await moved.status()
    assert.deepEqual([unknown, pending, problems], [null, [], []], time)
    assert.match(driftUnknown, /another major version of the server.*plinth init/)
    const report = await look(first)
    assert.deepEqual([report.against, report.differences], ['revisions', []], time)
    assert.ok(
      report.foreign.every(({ what }) => /Plinth|Diesel/.test(what)),
      time,
    )
  }
  assert.deepEqual(await servers(moved), [versions.majors[0]], 'drift stores nothing')

  const report = await moved.init(first)
  assert.deepEqual([report.drift, report.created], [NO_DRIFT, { tables: [], indexes: [] }])
  assert.deepEqual(await servers(moved), [versions.majors[1]])
  assert.deepEqual((await moved.status()).drift, NO_DRIFT)
  await assertKept(moved, first)

  await moved.write(second, 'second')
  assert.equal((await moved.upgrade()).applied.length, 1)
  assert.deepEqual((await look(second)).differences, [])
  await assertKept(moved, second)
  await moved.downgrade()
  assert.deepEqual((await moved.status()).drift, NO_DRIFT)
  await query(url, 'ALTER TABLE orders DROP COLUMN weight')
  assert.deepEqual(seen(await look(first)), [['orders', 'column', 'weight', 'missing-data']])
})

testOfTwo('a revision can be the first thing that runs on the next major version', async (t, versions) => {
  const before = await workshop(t, { url: await versions.database('revision_first') })
  await before.write(first, 'first')
  await before.upgrade()
  await fill(before)
  const moved = await workshop(t, { url: await versions.move('revision_first'), cwd: before.cwd })
  await moved.write(second, 'second')
  assert.equal((await moved.upgrade()).applied.length, 1)
  await assertKept(moved, second)
  const { url, migrations, cwd } = moved
  assert.deepEqual((await drift({ models: second, url, migrations, cwd })).differences, [])
  assert.deepEqual((await moved.init(second)).drift, NO_DRIFT)
  assert.deepEqual((await moved.status()).drift, NO_DRIFT)
})

testOfTwo('a database without revisions moves to the next major version', async (t, versions) => {
  const before = await workshop(t, { url: await versions.database('without_revisions') })
  await initDb({ models: first, url: before.url })
  await fill(before)
  const moved = await workshop(t, { url: await versions.move('without_revisions') })
  const { url } = moved

  const found = await drift({ models: first, url })
  assert.deepEqual([found.against, found.differences], ['models', []])
  const report = await initDb({ models: first, url })
  assert.deepEqual([report.drift, report.created], [NO_DRIFT, { tables: [], indexes: [] }])
  assert.deepEqual(await servers(moved), [versions.majors[1]])
  await assertKept(moved, first)

  await moved.write(first, 'first')
  assert.equal((await moved.init(first)).adopted, true)
  await moved.write(second, 'second')
  assert.equal((await moved.upgrade()).applied.length, 1)
  await assertKept(moved, second)
  assert.deepEqual((await moved.status()).drift, NO_DRIFT)
})
