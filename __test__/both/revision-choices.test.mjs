// Decisions that only a person can take: renames, values for existing rows, words of enums; asked
// for, and never guessed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, model, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { decisions, first, plain, second, workshop } from '../support/migrations.mjs'

const byId = { orderBy: { id: 'asc' } }
const things = columns => schema({ things: model('things', { id: c.id(), ...columns }) })

/** A database at these models, with rows. */
async function begun(t, models, rows, table = 'things') {
  const shop = await workshop(t)
  await shop.write(models, 'first')
  await shop.upgrade()
  await shop.using(models, db => db[table].createMany(rows))
  return shop
}

test('undecided: every question with its answers, and nothing is written', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  const before = shop.folders()
  const { map, rename } = decisions
  const error = await fails(() => shop.write(second, 'second', { map }), { code: 'DECISION_REQUIRED' })
  assert.deepEqual(error.questions, [{ question: 'rename', table: 'users', from: 'phone', to: ['mobile', 'country'] }])
  for (const flag of ['--rename users.phone:users.mobile', '--rename users.phone:users.country', '--drop users.phone'])
    assert.ok(error.hint.includes(flag), `${flag} in ${error.hint}`)
  // The meaning of country depends on the answer: it is asked for next.
  const next = await fails(() => shop.write(second, 'second', { map, rename }), { code: 'DECISION_REQUIRED' })
  assert.deepEqual(next.questions, [{ question: 'backfill', table: 'users', column: 'country', kind: 'text' }])
  assert.ok(next.hint.includes('--backfill "users.country='), next.hint)
  assert.equal(error.problems.length, error.questions.length)
  assert.deepEqual(shop.folders(), before)
})

test('a column that was renamed keeps its values; one that was dropped does not come back with them', async t => {
  const [old, now] = [things({ phone: c.text().nullable() }), things({ mobile: c.text().nullable() })]
  for (const [choice, up, down] of [
    [{ rename: { 'things.phone': 'things.mobile' } }, '+1', '+1'],
    [{ drop: ['things.phone'] }, null, null],
  ]) {
    const shop = await begun(t, old, [{ phone: '+1' }])
    await shop.write(now, 'second', choice)
    await shop.upgrade()
    assert.deepEqual(await shop.using(now, db => db.things.list()), [{ id: 1, mobile: up }])
    await shop.downgrade()
    assert.deepEqual(await shop.using(old, db => db.things.list()), [{ id: 1, phone: down }])
  }
})

test('a name that the models declare as renamedFrom is not a question, for columns and for tables', async t => {
  const old = things({ phone: c.text().nullable() })
  const shop = await begun(t, old, [{ phone: '+1' }])
  const now = schema({
    items: model('items', { id: c.id(), mobile: c.text().nullable().renamedFrom('phone') }).renamedFrom('things'),
  })
  await shop.write(now, 'rename all')
  await shop.upgrade()
  assert.deepEqual(await shop.using(now, db => db.items.list()), [{ id: 1, mobile: '+1' }])
  assert.equal((await shop.write(now, 'again')).outcome, 'nothing', 'renamedFrom stays, and is done')
  await shop.downgrade()
  assert.deepEqual(await shop.using(old, db => db.things.list()), [{ id: 1, phone: '+1' }])
})

test('a table that was renamed keeps its rows, and one that was dropped is reported as lost', async t => {
  const shop = await begun(t, plain('people'), [{ text: 'Ada' }], 'people')
  const error = await fails(() => shop.write(plain('users'), 'second'), { code: 'DECISION_REQUIRED' })
  assert.deepEqual(error.questions, [{ question: 'rename', from: 'people', to: ['users'] }])
  assert.match(error.hint, /--rename people:users, or --drop people/)
  const dropped = await shop.write(plain('users'), 'second', { drop: ['people'], sql: true })
  assert.match(dropped.revisions[0].destructive.join(), /people/)
  await shop.write(plain('users'), 'second', { rename: { people: 'users' } })
  await shop.upgrade()
  assert.deepEqual(await shop.using(plain('users'), db => db.users.list()), [{ id: 1, text: 'Ada' }])
})

test('a column that needs a value gets it from SQL over the row', async t => {
  const [old, now] = [things({ a: c.integer() }), things({ a: c.integer(), b: c.integer() })]
  const shop = await begun(t, old, [{ a: 1 }, { a: 20 }])
  await shop.write(now, 'second', { backfill: { 'things.b': 'a * 2' } })
  await shop.upgrade()
  assert.deepEqual(
    (await shop.using(now, db => db.things.list(byId))).map(row => row.b),
    [2, 40],
  )
})

test('where NULL ends, rows that have it get the value', async t => {
  const [old, now] = [things({ a: c.text().nullable() }), things({ a: c.text() })]
  const shop = await begun(t, old, [{ a: null }, { a: 'kept' }])
  await fails(() => shop.write(now, 'second'), { code: 'DECISION_REQUIRED', hint: /--backfill "things\.a=/ })
  await shop.write(now, 'second', { backfill: { 'things.a': "'none'" } })
  await shop.upgrade()
  assert.deepEqual(
    (await shop.using(now, db => db.things.list(byId))).map(row => row.a),
    ['none', 'kept'],
  )
})

test('a word that goes is mapped, or rows that hold it stop the upgrade and are left as they were', async t => {
  const [old, now] = [things({ s: c.enum('s', ['a', 'b', 'old']) }), things({ s: c.enum('s', ['b', 'a', 'new']) })]
  const shop = await begun(t, old, [{ s: 'old' }, { s: 'a' }])
  const mapped = await shop.write(now, 'second', { map: { 'things.s': { old: 'new' } }, sql: true })
  assert.equal(mapped.outcome, 'printed')
  await shop.write(now, 'second')
  const before = await shop.status()
  const error = await fails(() => shop.upgrade(), { code: /ROWS_REFUSED|REVISION_FAILED|CHECK_VIOLATION/ })
  assert.ok(error.hint ?? error.message)
  assert.deepEqual(await shop.status(), before)
  assert.deepEqual(
    (await shop.using(old, db => db.things.list(byId))).map(row => row.s),
    ['old', 'a'],
  )
})

test('a mapped word, up and down', async t => {
  const [old, now] = [things({ s: c.enum('s', ['a', 'old']) }), things({ s: c.enum('s', ['a', 'new']) })]
  const shop = await begun(t, old, [{ s: 'old' }, { s: 'a' }])
  await shop.write(now, 'second', { map: { 'things.s': { old: 'new' } } })
  await shop.upgrade()
  assert.deepEqual(
    (await shop.using(now, db => db.things.list(byId))).map(row => row.s),
    ['new', 'a'],
  )
  await shop.downgrade()
  assert.deepEqual(
    (await shop.using(old, db => db.things.list(byId))).map(row => row.s),
    ['old', 'a'],
  )
})

test('a conversion that cannot be made says what to do instead', async t => {
  const shop = await workshop(t)
  await shop.write(things({ a: c.json() }), 'first')
  const before = shop.folders()
  await fails(() => shop.write(things({ a: c.uuid() }), 'second'), {
    code: 'CONVERSION_UNSUPPORTED',
    table: 'things',
    columns: ['a'],
    hint: /new column/,
  })
  assert.deepEqual(shop.folders(), before)
})

test('choices that have unknown names, contradict, or are none', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  const before = shop.folders()
  for (const [choices, message] of [
    [{ rename: { 'users.nothing': 'users.mobile' } }, /nothing/],
    [{ rename: { 'users.phone': 'users.nothing' } }, /nothing/],
    [{ rename: { nothing: 'users' } }, /nothing/],
    [{ drop: ['users.nothing'] }, /nothing/],
    [{ drop: ['nothing'] }, /nothing/],
    [{ backfill: { ...decisions.backfill, 'users.nothing': '1' } }, /nothing/],
    [{ map: { ...decisions.map, 'tasks.nothing': { a: 'b' } } }, /nothing/],
    [{ map: { 'tasks.status': { paused: 'nothing' } } }, /nothing/],
    [{ rename: { 'users.phone': 'users.mobile' }, drop: ['users.phone'] }, /phone/],
    [{ rename: { 'users.phone': 'tasks.mobile' } }, /stays in its table/],
    [{ rename: { 'users.phone': 'mobile' } }, /not both/],
    [{ rename: { users: 3 } }, /found 3/],
    [{ rename: ['users.phone:users.mobile'] }, /an object/],
    [{ drop: 'users.phone' }, /a list/],
    [{ drop: ['users.'] }, /table\.column/],
    [{ backfill: { country: "'XX'" } }, /table\.column/],
    [{ backfill: { 'users.country': ' ' } }, /SQL expression/],
    [{ map: { 'tasks.status': 'queued' } }, /an object/],
    [{ map: { 'tasks.status': { paused: null } } }, /words/],
  ])
    await fails(() => shop.write(second, 'second', { ...decisions, ...choices }), { code: 'CHOICE_INVALID', message })
  assert.deepEqual(shop.folders(), before)
})

test('options that are none', async t => {
  const shop = await workshop(t)
  for (const [options, code, message] of [
    [{ message: '' }, 'QUERY_INVALID', /message must be a text/],
    [{ message: undefined }, 'QUERY_INVALID', /message must be a text/],
    [{ empty: 1 }, 'QUERY_INVALID', /empty must be true or false/],
    [{ dialects: [] }, 'QUERY_INVALID', /dialects/],
    [{ dialects: ['mysql'] }, 'QUERY_INVALID', /dialects/],
    [{ template: 'nowhere.txt' }, 'CONFIG_INVALID', /nowhere\.txt cannot be read/],
    [{ migrations: '' }, 'QUERY_INVALID', /migrations must be/],
    [{ proveUrl: 'sqlite:///a.db' }, 'QUERY_INVALID', /not a PostgreSQL URL/],
    [{ proveUrl: 'http://x' }, 'URL_INVALID', /./],
    [{ force: true }, 'UNKNOWN_OPTION', /force/],
    [{ models: 5 }, 'CONFIG_INVALID', /models/],
  ])
    await fails(() => shop.write(first, 'first', options), { code, message })
  await fails(() => shop.upgrade('head', { sql: 'yes' }), { code: 'QUERY_INVALID', message: /sql must be/ })
  await fails(() => shop.upgrade('head', { onProgress: 5 }), { code: 'QUERY_INVALID', message: /a function/ })
  await fails(() => shop.upgrade(''), { code: 'QUERY_INVALID', message: /to must be/ })
  await fails(() => shop.stamp(), { code: 'QUERY_INVALID', message: /to must be/ })
  assert.deepEqual(shop.folders(), [])
})

test('an empty revision is written by hand, and a template heads it', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  const { revisions } = await shop.write(first, 'more by hand', { empty: true })
  assert.deepEqual([revisions.length, revisions[0].operations], [1, []])
  assert.equal((await shop.upgrade()).applied.length, 2)
  assert.deepEqual((await shop.downgrade()).reverted.length, 1)
})
