// Databases whose tables were there before the first revision: adopted by upgrade() as by initDb(), or refused with a way out.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, check, index, model, repair, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { dialect, objects, projectFiles } from '../support/dialect.mjs'
import { decisions, first, plain, second, versions, workshop } from '../support/migrations.mjs'
import { plinth, project } from '../support/project.mjs'

/** A database with the tables of the models and a row, and the revision that makes the same tables. */
async function before(t, { tables = first, models = first } = {}) {
  const shop = await workshop(t)
  await shop.init(tables, { migrations: false })
  const wrote = await shop.write(models, 'first')
  return { shop, version: wrote.revisions.at(-1).version }
}

const directions = async shop => (await shop.history()).log.map(({ direction }) => direction)

test('tables that init made from the models are adopted by upgrade, and keep their rows', async t => {
  const { shop, version } = await before(t)
  await shop.using(first, db => db.users.create({ email: 'a@x' }))
  const report = await shop.upgrade()
  assert.deepEqual(
    [report.adopted, report.applied, report.from, report.alreadyApplied, report.current],
    [true, [], [], 0, version],
  )
  assert.deepEqual(await directions(shop), ['stamp'])
  assert.equal(await shop.using(first, db => db.users.count()), 1)
  const again = await shop.upgrade()
  assert.deepEqual([again.adopted, again.applied, again.alreadyApplied], [false, [], 1])
  await shop.write(second, 'second', decisions)
  const later = await shop.upgrade()
  assert.deepEqual([later.adopted, later.applied.length], [false, 1])
  assert.equal((await shop.downgrade('base')).reverted.length, 2)
})

test('what is missing and can be added is added by upgrade', async t => {
  const { shop } = await before(t, { tables: plain('one'), models: plain('one', 'two') })
  assert.equal((await shop.upgrade()).adopted, true)
  assert.ok((await shop.using(plain('one', 'two'), objects)).includes('two'))
})

test('a target that is the newest revision adopts, another is refused and names the way', async t => {
  const { shop, version } = await before(t, { tables: plain('one'), models: plain('one') })
  const two = await shop.write(plain('one', 'two'), 'second')
  for (const to of ['+1', version]) {
    const error = await fails(() => shop.upgrade(to), { code: 'ADOPTION_REFUSED', table: 'one', message: /`one`/ })
    assert.match(error.hint, /plinth stamp \d{14}.*plinth upgrade. without a target, or .plinth init/)
  }
  assert.deepEqual([(await shop.status()).applied, await directions(shop)], [0, []])
  const report = await shop.upgrade('+2')
  assert.deepEqual([report.adopted, report.current], [true, two.revisions.at(-1).version])
})

test('a revision beside the tables is applied: only one that would create them is in the way', async t => {
  const shop = await workshop(t)
  await shop.init(plain('theirs'), { migrations: false })
  await shop.write(plain('one'), 'first')
  const report = await shop.upgrade('+1')
  assert.deepEqual([report.adopted, versions(report.applied).length], [false, 1])
})

test('a table that a later revision renames is not adopted under its former name', async t => {
  const { shop } = await before(t, { tables: plain('one'), models: plain('one') })
  await shop.write(plain('other'), 'second', { rename: { one: 'other' } })
  await fails(() => shop.upgrade(), { code: 'ADOPTION_REFUSED', table: 'one', hint: /plinth stamp/ })
  assert.deepEqual(await directions(shop), [])
})

test('a script cannot adopt, and reports that', async t => {
  const { shop } = await before(t)
  const refused = { code: 'ADOPTION_REFUSED', message: /script/, hint: /without --sql.*plinth init.*plinth stamp head/ }
  await fails(() => shop.upgrade('head', { sql: true }), refused)
  assert.equal((await shop.upgrade()).adopted, true)
  assert.equal((await shop.upgrade('head', { sql: true })).sql, '')
})

test('tables that differ are refused by upgrade as by init, and left as they were', async t => {
  const other = schema({ users: model('users', { id: c.id(), email: c.integer() }), tasks: first.models.tasks })
  const { shop } = await before(t, { tables: other })
  const [upgraded, inited] = [
    await fails(() => shop.upgrade(), { code: 'ADOPTION_REFUSED', table: 'users', message: /email/ }),
    await fails(() => shop.init(first), { code: 'ADOPTION_REFUSED' }),
  ]
  assert.equal(upgraded.message, inited.message)
  assert.equal((await shop.status()).applied, 0)
})

test('a repair, which the refusal names, leads to adoption', async t => {
  const things = column => schema({ things: model('things', { id: c.id(), a: c.text(), b: c.text() }, column) })
  const declared = things(t => [index(t.a).name('things_idx')])
  const { shop, version } = await before(t, { tables: things(t => [index(t.b).name('things_idx')]), models: declared })
  await shop.using(declared, db => db.things.create({ a: 'one', b: 'two' }))
  await fails(() => shop.upgrade(), { code: 'ADOPTION_REFUSED', table: 'things', hint: /plinth repair/ })
  const options = { models: declared, url: shop.url, cwd: shop.cwd, migrations: shop.migrations }
  assert.deepEqual((await repair(options)).remaining, [])
  const { adopted, current } = await shop.upgrade()
  assert.deepEqual([adopted, current], [true, version])
  assert.deepEqual(await shop.using(declared, db => db.things.list()), [{ id: 1, a: 'one', b: 'two' }])
})

test('init, revision and upgrade on the command line', async t => {
  const models = `import { c, check, index, model, repair, schema } from 'plinth'
    export default schema({ users: model('users', { id: c.id(), email: c.text().unique() }) })`
  const manifest = { name: 'app', private: true, plinth: { models: './models.mjs' } }
  const cwd = project(t, { 'package.json': manifest, 'models.mjs': models, ...(await projectFiles(t)) })
  for (const verb of [['init'], ['revision', 'first']]) assert.equal(plinth(cwd, verb).code, 0, verb)
  const { code, stdout, stderr } = plinth(cwd, ['upgrade'])
  assert.deepEqual([code, stderr], [0, ''], stdout)
  assert.match(stdout, /adopted +a database[\s\S]*current +\d{14}\n +Done, /)
  assert.match(plinth(cwd, ['upgrade']).stdout, /Nothing to do, /)
})

/** Users as the revisions make them, each column with the declaration of this text. */
const users = (more, extras) => schema({ users: model('users', { id: c.id(), ...more }, extras) })

/** Runs the SQL that a refusal names, the last of each line. */
async function obey(shop, models, { problems }) {
  for (const { message } of problems) {
    for (const sql of message
      .match(/`[^`]+`\.$/)[0]
      .slice(1, -2)
      .split('; '))
      await shop.using(models, db => db.sql(Object.assign([sql], { raw: [sql] })))
  }
}

test('a column that no revision makes is declared or dropped', async t => {
  const [with_, without] = [users({ mine: c.text({ max: 20 }).nullable() }), users({})]
  const { shop } = await before(t, { tables: with_, models: without })
  const error = await fails(() => shop.upgrade(), {
    code: 'ADOPTION_REFUSED',
    table: 'users',
    hint: /as its line says/,
  })
  const [problem] = error.problems.filter(({ message }) => message.startsWith('the column'))
  assert.match(problem.message, /^the column `users.mine` should not exist/)
  assert.match(
    problem.message,
    /Declare it as it is \(`mine: c\.text\(\{ max: 20 \}\)\.nullable\(\)`\) and write a revision, or drop it/,
  )
  assert.ok(error.message.includes(`\n- ${problem.message}`))
  await shop.write(with_, 'mine')
  assert.equal((await shop.upgrade()).adopted, true)

  const other = await before(t, { tables: users({ mine: c.integer().nullable() }), models: without })
  const refused = await fails(() => other.shop.init(without), { code: 'ADOPTION_REFUSED' })
  await obey(other.shop, without, refused)
  assert.equal((await other.shop.init(without)).adopted, true)
})

test('a column of another type, a missing NOT NULL and another default are declared as they are, then changed', async t => {
  const wanted = users({ email: c.text(), phone: c.text().nullable(), age: c.integer().default(3) })
  const there = users({ email: c.text().nullable(), phone: c.integer().nullable(), age: c.integer().default(4) })
  const { shop } = await before(t, { tables: there, models: wanted })
  await shop.using(there, db => db.users.create({ email: null, phone: 7 }))
  const error = await fails(() => shop.upgrade(), { code: 'ADOPTION_REFUSED' })
  assert.equal(error.problems.length, 3)
  const [age, email, phone] = error.problems.map(({ message }) => message)
  assert.match(
    age,
    /default of `users.age` is `4` instead of `3`. Declare it with `.default\(\)`, write a revision, and/,
  )
  assert.match(email, /Declare it with `.nullable\(\)`, write a revision, and change it in a later one, or/)
  assert.match(
    phone,
    /Declare it as it is \(`phone: c.integer\(\).nullable\(\)`\), write a revision, and change it in a later/,
  )
  await shop.write(there, 'as they are')
  assert.equal((await shop.upgrade()).adopted, true)
  await shop.write(wanted, 'as they should be', { backfill: { 'users.email': "'none'" } })
  await shop.upgrade()
  assert.deepEqual(await shop.using(wanted, db => db.users.list()), [{ id: 1, email: 'none', phone: '7', age: 4 }])
})

test('where the database can change a table, the SQL that a refusal names does it', async t => {
  if (dialect === 'sqlite') return t.skip('SQLite changes no column in its place')
  const wanted = users({ email: c.text(), phone: c.text().nullable(), age: c.integer().default(3) }, () => [
    check('age > 0'),
  ])
  const there = users({ email: c.text().nullable(), phone: c.integer(), age: c.integer() }, () => [check('age > 1')])
  const { shop } = await before(t, { tables: there, models: wanted })
  await shop.using(there, db => db.users.create({ email: 'a', phone: 7, age: 2 }))
  const error = await fails(() => shop.upgrade(), { code: 'ADOPTION_REFUSED' })
  assert.match(error.message, /`SELECT \* FROM "users" WHERE "email" IS NULL`/)
  await obey(shop, there, error)
  assert.equal((await shop.upgrade()).adopted, true)
  assert.deepEqual(await shop.using(wanted, db => db.users.list()), [{ id: 1, email: 'a', phone: '7', age: 2 }])
})

test('a column whose rows need a value, and tables that are exactly those of an earlier revision', async t => {
  const [one, two] = [users({}), users({ country: c.text() })]
  const { shop, version } = await before(t, { tables: one, models: one })
  await shop.using(one, db => db.users.create({}))
  await shop.write(two, 'second', { backfill: { 'users.country': "'XX'" } })
  const stamp = new RegExp(`exactly those of the revision ${version}: .plinth stamp ${version}`)
  const error = await fails(() => shop.upgrade(), { code: 'ADOPTION_REFUSED', hint: stamp })
  assert.match(error.problems[0].message, /`users.country` is missing. Rows need a value for it/)
  await fails(() => shop.upgrade('+1'), { code: 'ADOPTION_REFUSED', hint: stamp })
  await shop.stamp(version)
  assert.equal((await shop.upgrade()).applied.length, 1)
  assert.deepEqual(await shop.using(two, db => db.users.list()), [{ id: 1, country: 'XX' }])
})

test('rows in the way are named, with what to do', async t => {
  const [there, wanted] = [users({ email: c.text() }), users({ email: c.text().unique() })]
  const { shop } = await before(t, { tables: there, models: wanted })
  await shop.using(there, db => db.users.createMany(['a', 'b', 'a'].map(email => ({ email }))))
  await fails(() => shop.init(wanted), {
    code: 'ADOPTION_REFUSED',
    message: /2 rows of users have the same users\.email: id 1, 3\.$/,
    hint: /Change or merge these rows first\. Then run the same again\./,
  })
  await shop.using(there, db => db.users.delete(3))
  assert.equal((await shop.init(wanted)).adopted, true)
})
