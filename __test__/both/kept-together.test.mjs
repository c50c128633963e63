// Several entries of what is kept come back in one transaction: parents first, tables that point to each other together.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, kept, model, protect, restoreKept, schema } from 'plinth'
import { fails, raw } from '../support/db.mjs'
import { dialect } from '../support/dialect.mjs'
import { workshop } from '../support/migrations.mjs'

const other = schema({ others: model('others', { id: c.id() }) })

/** Teams have a lead and users have a team: neither row can be there without the other. */
const circle = schema({
  ...other.models,
  users: model('users', { id: c.id(), name: c.text(), teamId: c.integer().nullable().references('teams.id') }),
  teams: model('teams', {
    id: c.id(),
    leadId: c.integer().references('users.id'),
    aboveId: c.integer().nullable().references('teams.id'),
  }),
})

const content = db =>
  Promise.all([db.users.list({ orderBy: { id: 'asc' } }), db.teams.list({ orderBy: { id: 'asc' } })])

/** A workshop whose second revision has dropped a circle of tables with their rows; the numbers under which they are kept. */
async function dropped(t) {
  const shop = await workshop(t)
  await shop.write(circle, 'first', { prove: false })
  await shop.upgrade()
  const before = await shop.using(circle, async db => {
    await db.users.createMany([{ name: 'a' }, { name: 'b' }])
    await db.teams.createMany([{ leadId: 1 }, { leadId: 2, aboveId: 1 }])
    await db.users.update(1, { teamId: 2 })
    await db.users.update(2, { teamId: 1 })
    return content(db)
  })
  await shop.write(other, 'second', { prove: false })
  await shop.upgrade('head', { keep: true })
  const { kept: entries } = await kept({ url: shop.url })
  const number = what => entries.find(entry => entry.what === what).number
  return { ...shop, before, users: number('users'), teams: number('teams') }
}

/** How PostgreSQL checks the foreign keys of the database. */
const timing = db =>
  dialect === 'sqlite'
    ? []
    : db.sql`SELECT conname::text, condeferrable, condeferred FROM pg_constraint WHERE contype = 'f' ORDER BY 1`

for (const back of [true, false]) {
  test(`rows of a circle of tables come back together: the tables are ${back ? 'there' : 'gone'}`, async t => {
    const shop = await dropped(t)
    const { url, users, teams } = shop
    const checked = await shop.using(circle, timing)
    if (back) await shop.downgrade('-1', { keep: false })
    // Alone neither can come back; each error names the way.
    for (const number of [users, teams]) {
      await fails(() => restoreKept({ url, number }), {
        code: 'RESTORE_REFUSED',
        message: new RegExp(
          `${back ? 'is gone' : 'does not exist'}.* kept under .*plinth restore ${Math.min(users, teams)} ${Math.max(users, teams)}. brings them back together`,
        ),
      })
    }
    const plan = await restoreKept({ url, number: [users, teams], plan: true })
    assert.deepEqual([plan.plan, plan.rows, plan.same, plan.gone], [true, 4, 0, 0])
    const restored = await restoreKept({ url, number: [teams, users] })
    assert.deepEqual({ ...restored, durationMs: 0 }, { ...restored, durationMs: 0, rows: 4, same: 0, gone: 0 })
    assert.deepEqual(restored.entries.map(({ what, made, rows }) => [what, made, rows]).toSorted(), [
      ['teams', back ? [] : ['the table teams'], 2],
      ['users', back ? [] : ['the table users'], 2],
    ])
    await shop.using(circle, async db => {
      assert.deepEqual(await content(db), shop.before)
      // The foreign keys hold again, each at once.
      await fails(() => db.teams.create({ leadId: 9 }), { code: 'FOREIGN_KEY_VIOLATION' })
      await fails(() => db.users.create({ name: 'c', teamId: 9 }), { code: 'FOREIGN_KEY_VIOLATION' })
      const now = await timing(db)
      assert.ok(now.every(({ condeferrable }) => !condeferrable))
      if (back) assert.ok(dialect === 'sqlite' || now.length >= 3)
      assert.ok((await db.teams.create({ leadId: 1 })).id > 2)
    })
    assert.deepEqual(checked, [])
    assert.equal((await restoreKept({ url, number: [teams, users] })).same, 4)
  })
}

test('all numbers come back or none: what one refuses, and a number that keeps nothing, change nothing', async t => {
  const shop = await dropped(t)
  const { url, users, teams } = shop
  await shop.downgrade('-1', { keep: false })
  await fails(() => restoreKept({ url, number: [users, 99, teams] }), { code: 'KEPT_UNKNOWN', message: /99/ })
  await fails(() => restoreKept({ url, number: [] }), { code: 'QUERY_INVALID', message: /number/ })
  await shop.using(circle, async db => {
    await db.sql`INSERT INTO users (id, name) VALUES (2, 'another')`
  })
  await fails(() => restoreKept({ url, number: [teams, users] }), {
    code: 'RESTORE_REFUSED',
    message: /: 1 row of users is there with other values \(id 2\)\.$/,
  })
  await shop.using(circle, async db => {
    assert.deepEqual(
      (await content(db)).map(rows => rows.length),
      [1, 0],
    )
    await db.users.delete(2)
  })
  assert.equal((await restoreKept({ url, number: [teams, users] })).rows, 4)
  await shop.using(circle, async db => assert.deepEqual(await content(db), shop.before))
})

test('a lower-cased column comes back together with the columns that reference it', async t => {
  const people = (email, more = c.text()) => ({
    users: model('users', { id: c.id(), email: email.unique() }),
    orders: model('orders', { id: c.id(), email: more.references('users.email') }),
  })
  const before = schema(people(c.text()))
  const shop = await workshop(t)
  await shop.write(before, 'first', { prove: false })
  await shop.upgrade()
  await shop.using(before, async db => {
    await db.users.createMany([{ email: 'Ada' }, { email: 'bob' }])
    await db.orders.createMany([{ email: 'Ada' }, { email: 'bob' }])
  })
  await shop.write(schema(people(c.text().lowercase(), c.text().lowercase())), 'second', { prove: false })
  await shop.upgrade('head', { keep: true })
  await shop.downgrade('-1', { keep: false })
  const { url } = shop
  const numbers = (await kept({ url })).kept.map(({ number }) => number)
  assert.equal(numbers.length, 2)
  await restoreKept({ url, number: numbers })
  await shop.using(before, async db => {
    const emails = async table => (await db[table].list({ orderBy: { id: 'asc' } })).map(row => row.email)
    assert.deepEqual(
      [await emails('users'), await emails('orders')],
      [
        ['Ada', 'bob'],
        ['Ada', 'bob'],
      ],
    )
    await fails(() => db.orders.create({ email: 'none' }), { code: 'FOREIGN_KEY_VIOLATION' })
  })
})

test('a column that references another column of its own table comes back', async t => {
  const staff = more => schema({ staff: model('staff', { id: c.id(), code: c.text().unique(), ...more }) })
  const before = staff({ boss: c.text().nullable().references('staff.code') })
  const shop = await workshop(t)
  await shop.write(before, 'first', { prove: false })
  await shop.upgrade()
  await shop.using(before, async db => {
    await db.staff.create({ code: 'a' })
    await db.staff.create({ code: 'b', boss: 'a' })
  })
  await shop.write(staff({}), 'second', { prove: false })
  await shop.upgrade('head', { keep: true })
  await shop.downgrade('-1', { keep: false })
  assert.equal((await restoreKept({ url: shop.url, number: 1 })).rows, 1)
  await shop.using(before, async db => assert.equal((await db.staff.get(2)).boss, 'a'))
})

test('a protected database asks for its word once, with all entries', async t => {
  const shop = await dropped(t)
  const { url, users, teams } = shop
  await protect({ url, models: other, word: 'a long word' })
  const asked = []
  const confirm = loss => {
    asked.push(loss.lost.map(({ table }) => table).toSorted())
    return 'a long word'
  }
  assert.equal((await restoreKept({ url, number: [teams, users], confirm })).rows, 4)
  assert.deepEqual(asked, [['teams', 'users']])
})

test('a trigger that changes rows which came back before is refused', async t => {
  const shop = await dropped(t)
  const { url, users, teams } = shop
  await shop.downgrade('-1', { keep: false })
  await shop.using(circle, async db => {
    const body = "UPDATE users SET name = name || '!'"
    if (dialect === 'sqlite') await raw(db, `CREATE TRIGGER shouts AFTER INSERT ON teams BEGIN ${body}; END`)
    else {
      await raw(db, `CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body}; RETURN NEW; END $$`)
      await raw(db, 'CREATE TRIGGER shouts AFTER INSERT ON teams FOR EACH ROW EXECUTE FUNCTION shout()')
    }
  })
  for (const plan of [true, false]) {
    await fails(() => restoreKept({ url, number: [users, teams], plan }), {
      code: 'RESTORE_REFUSED',
      table: 'users',
      message: /2 rows of users are kept that users would not hold as they were \(id 1, 2\): .* a trigger changes them/,
    })
  }
  await shop.using(circle, async db => assert.deepEqual(await content(db), [[], []]))
})

test('a trigger that leaves a row of another table without its parent is refused by the plan too', async t => {
  const shop = await dropped(t)
  const { url, users, teams } = shop
  await shop.downgrade('-1', { keep: false })
  await shop.using(circle, async db => {
    await raw(db, 'CREATE TABLE notes (id INTEGER PRIMARY KEY, team INTEGER REFERENCES teams)')
    await raw(db, 'INSERT INTO notes VALUES (1, NULL)')
    const body = 'UPDATE notes SET team = 99'
    if (dialect === 'sqlite') await raw(db, `CREATE TRIGGER loses AFTER INSERT ON users BEGIN ${body}; END`)
    else {
      await raw(db, `CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body}; RETURN NEW; END $$`)
      await raw(db, 'CREATE TRIGGER loses AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION lose()')
    }
  })
  for (const plan of [true, false]) {
    await fails(() => restoreKept({ url, number: [users, teams], plan }), {
      code: 'RESTORE_REFUSED',
      message: dialect === 'sqlite' ? /1 row of notes would reference a row that does not exist/ : /does not exist/,
    })
  }
  await shop.using(circle, async db => assert.deepEqual(await content(db), [[], []]))
})

test('a table that was dropped twice with different columns comes back as it was last, in any order', async t => {
  const lists = more => schema({ ...other.models, lists: model('lists', { id: c.id(), name: c.text(), ...more }) })
  const [narrow, wide] = [lists({}), lists({ color: c.text().nullable() })]
  const shop = await workshop(t)
  const drop = async models => {
    await shop.write(models, 'make', { prove: false })
    await shop.upgrade()
    await shop.using(models, db =>
      db.lists.create(models === wide ? { id: 7, name: 'b', color: 'red' } : { name: 'a' }),
    )
    await shop.write(other, 'drop', { prove: false })
    await shop.upgrade('head', { keep: true })
  }
  await drop(narrow)
  await drop(wide)
  const plan = await restoreKept({ url: shop.url, number: [2, 1], plan: true })
  const restored = await restoreKept({ url: shop.url, number: [1, 2] })
  assert.deepEqual([plan.rows, restored.rows], [2, 2])
  await shop.using(wide, async db =>
    assert.deepEqual(await db.lists.list({ orderBy: { id: 'asc' } }), [
      { id: 1, name: 'a', color: null },
      { id: 7, name: 'b', color: 'red' },
    ]),
  )
})
