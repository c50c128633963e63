// Decisions that a proof cannot take are asked, impossible ones are refused with the way out; no
// message shows a name of ours.
import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { c, check, expression, foreignKey, index, model, schema, unique } from 'plinth'
import { fails } from '../support/db.mjs'
import { dialect } from '../support/dialect.mjs'
import { versions, workshop } from '../support/migrations.mjs'

const byId = { orderBy: { id: 'asc' } }

/** Tenants, and tasks that point to them by two columns. */
const tenancy = (columns, extras) =>
  schema({
    tenants: model('tenants', { id: c.id(), code: c.integer() }, t => [unique(t.id, t.code)]),
    tasks: model('tasks', { id: c.id(), ...columns }, extras),
  })
const tenantId = c.integer()
const tenantCode = c.integer()
const whole = tenancy({ tenantId, tenantCode }, t => [
  foreignKey([t.tenantId, t.tenantCode], 'tenants', ['id', 'code']),
])

for (const [what, rest, drop, back] of [
  ['a member', tenancy({ tenantId }), ['tasks.tenant_code'], [70, 80, 70]],
  ['all members', tenancy({}), ['tasks.tenant_id', 'tasks.tenant_code'], [70, 70, 70]],
])
  test(`${what} of a foreign key of several columns that is dropped comes back with the parent's`, async t => {
    const shop = await workshop(t)
    await shop.write(whole, 'first')
    await shop.upgrade()
    await shop.using(whole, async db => {
      await db.tenants.createMany([{ code: 70 }, { code: 80 }])
      await db.tasks.createMany([
        { tenantId: 1, tenantCode: 70 },
        { tenantId: 2, tenantCode: 80 },
        { tenantId: 1, tenantCode: 70 },
      ])
    })
    await shop.write(rest, 'second', { drop })
    await shop.upgrade()
    await shop.downgrade()
    const codes = await shop.using(whole, db => db.tasks.list(byId))
    assert.deepEqual(
      codes.map(task => task.tenantCode),
      back,
    )
  })

test('a dropped column whose values a check decides about: what rows get back is asked, and given', async t => {
  const priced = schema({ things: model('things', { id: c.id(), price: c.integer() }, () => [check('price > 0')]) })
  const bare = schema({ items: model('items', { id: c.id() }).renamedFrom('things') })
  const shop = await workshop(t)
  await shop.write(priced, 'first')
  await shop.upgrade()
  await shop.using(priced, db => db.things.create({ price: 3 }))
  const before = shop.folders()
  const drop = ['items.price']
  const error = await fails(() => shop.write(bare, 'second', { drop }), {
    code: 'DECISION_REQUIRED',
    hint: /--backfill "items\.price=/,
  })
  assert.deepEqual(error.questions, [{ question: 'restore', table: 'items', column: 'price', kind: 'integer' }])
  assert.match(error.problems[0].message, /if the revision is reverted/)
  assert.deepEqual(shop.folders(), before)
  await shop.write(bare, 'second', { drop, backfill: { 'items.price': '7' } })
  await shop.upgrade()
  await shop.downgrade()
  assert.deepEqual(await shop.using(priced, db => db.things.list()), [{ id: 1, price: 7 }])
})

test('a backfill that the proof refuses: the message is about the table that people know', async t => {
  const shop = await workshop(t)
  const courses = columns => schema({ courses: model('courses', { id: c.id(), ...columns }) })
  await shop.write(courses({ name: c.text().nullable() }), 'first')
  const error = await fails(
    () => shop.write(courses({ name: c.text() }), 'second', { backfill: { 'courses.name': 'NULL' } }),
    {
      code: 'PROOF_FAILED',
      table: 'courses',
      hint: /--backfill/,
      columns: ['name'],
      message: /rows that it tries have NULL in courses\.name/,
    },
  )
  assert.ok(!JSON.stringify(error).includes('plinth_') && !error.message.includes('plinth_'), error.message)
})

test('a table of which no row was found says why in the names of the models', async t => {
  const shop = await workshop(t)
  const old = schema({ things: model('things', { id: c.id(), a: c.integer() }) })
  const now = schema({
    things: model('things', { id: c.id(), a: c.integer(), b: c.integer().default(1) }, t => [
      check('a > b AND a < 0'),
      unique(t.b),
    ]),
  })
  await shop.write(old, 'first')
  const { revisions } = await shop.write(now, 'second')
  const { unseeded } = revisions[0]
  assert.deepEqual(
    unseeded?.map(({ table }) => table),
    ['things'],
  )
  assert.ok(!JSON.stringify(unseeded).includes('plinth_'), JSON.stringify(unseeded))
})

const numbers = extras => schema({ numbers: model('numbers', { id: c.id(), n: c.integer() }, extras) })

for (const [what, models, message] of [
  [
    'a check',
    numbers(() => [check('is_even(n)')]),
    /the check `numbers_check` of `numbers` calls the function `is_even`/,
  ],
  [
    'an index',
    numbers(() => [index(expression('half(abs(n))')).name('halves')]),
    /the index `halves` of `numbers` calls the function `half`/,
  ],
  [
    'the condition of an index',
    numbers(t => [index(t.n).name('evens').where('coalesce(is_even(n), n IN (1, 2))')]),
    /the index `evens` of `numbers` calls the function `is_even`/,
  ],
])
  test(`${what} calls a function that the place of the proof does not have: the error names it`, async t => {
    const shop = await workshop(t)
    await shop.write(numbers(), 'first')
    const hint = dialect === 'sqlite' ? /built in.*--dialect postgres/ : /`public\.`.*--prove-url.*--no-prove/
    await fails(() => shop.write(models, 'second'), { code: 'PROOF_FAILED', table: 'numbers', message, hint })
  })

test('a backfill calls a function that does not exist: the error names it and its place', async t => {
  const shop = await workshop(t)
  await shop.write(numbers(), 'first')
  const now = schema({ numbers: model('numbers', { id: c.id(), n: c.integer(), m: c.integer() }) })
  await fails(() => shop.write(now, 'second', { backfill: { 'numbers.m': 'twice(n)' } }), {
    code: 'PROOF_FAILED',
    table: 'numbers',
    message: /failed at `up`: the value for `numbers\.m` calls the function `twice`/,
  })
})

test('a function that the database has is called with its schema, and proven there', {
  skip: dialect === 'sqlite',
}, async t => {
  const shop = await workshop(t)
  await shop.write(numbers(), 'first')
  await shop.upgrade()
  await shop.using(
    numbers(),
    db => db.sql`CREATE FUNCTION is_even(n bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT n % 2 = 0'`,
  )
  const even = numbers(() => [check('public.is_even(n)'), index(expression('public.is_even(n)'))])
  const { revisions } = await shop.write(even, 'second')
  assert.deepEqual(revisions[0].proven, { postgres: true })
  assert.deepEqual(versions((await shop.upgrade()).applied), versions(revisions))
  await shop.using(even, async db => {
    await db.numbers.create({ n: 2 })
    await fails(() => db.numbers.create({ n: 3 }), { code: 'CHECK_VIOLATION' })
  })
  assert.equal((await shop.check(even, { prove: true })).upToDate, true)
})

test('SQL that was edited makes the function that the models call: it is replayed, and applied', {
  skip: dialect === 'sqlite',
}, async t => {
  const shop = await workshop(t)
  await shop.write(numbers(), 'first')
  const even = numbers(() => [check('is_even(n)')])
  const { revisions } = await shop.write(even, 'second', { prove: false })
  const edit = (name, before, after) => {
    const path = join(revisions[0].folder, name)
    writeFileSync(path, before + readFileSync(path, 'utf8') + after)
  }
  edit(
    'up.postgres.sql',
    "CREATE FUNCTION is_even(n bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT n % 2 = 0';\n",
    '',
  )
  edit('down.postgres.sql', '', 'DROP FUNCTION is_even(bigint);\n')
  const stale = await shop.check(even)
  assert.equal(stale.upToDate, false)
  assert.deepEqual(
    stale.edited.map(({ file, ok, stale }) => [file, ok, stale]),
    [
      ['up.postgres.sql', true, undefined],
      ['down.postgres.sql', true, undefined],
      ['up.postgres.online.sql', false, true],
    ],
  )
  assert.match(stale.edited[2].differences[0], /is not used any more: up\.postgres\.sql was edited/)
  rmSync(join(revisions[0].folder, 'up.postgres.online.sql'))
  const { edited, upToDate } = await shop.check(even)
  assert.deepEqual([edited.map(({ ok }) => ok), upToDate], [[true, true], true])
  await shop.upgrade()
  await shop.using(even, db => fails(() => db.numbers.create({ n: 3 }), { code: 'CHECK_VIOLATION' }))
  await shop.downgrade()
  await shop.upgrade()
})

test('an index that hand-written SQL makes is refused by check as by upgrade', async t => {
  for (const sql of ['CREATE UNIQUE INDEX mine ON a (text)', 'CREATE INDEX mine ON a (text)']) {
    const shop = await workshop(t)
    const things = schema({ a: model('a', { id: c.id(), text: c.text() }) })
    await shop.write(things, 'first')
    await shop.upgrade()
    const { revisions } = await shop.write(things, 'by hand', { empty: true })
    const folder = join(shop.migrations, `${revisions[0].version}_by_hand`)
    writeFileSync(join(folder, `up.${dialect}.sql`), `${sql};\n`)
    writeFileSync(join(folder, `down.${dialect}.sql`), 'DROP INDEX mine;\n')
    const report = await shop.check(things, { prove: true })
    assert.equal(report.upToDate, false)
    assert.match(report.edited[0].differences[0], /index `mine` of `a` should not exist/)
    assert.equal(report.proven[1][dialect], false)
    await fails(() => shop.upgrade(), { code: 'REVISION_FAILED', message: /`mine`/ })
  }
})
