// Messages about kept rows and a reset are true of this database, and their commands can be typed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, check, dropKept, kept, model, protect, resetDb, restoreKept, schema, unique } from 'plinth'
import { fails, raw } from '../support/db.mjs'
import { dialect, newUrl, PLACES, projectFiles } from '../support/dialect.mjs'
import { workshop } from '../support/migrations.mjs'
import { plinth, project, write } from '../support/project.mjs'

const others = { others: model('others', { id: c.id() }) }
const things = (more = {}, extras) =>
  schema({ ...others, things: model('things', { id: c.id(), name: c.text(), ...more }, extras) })

/** Things with a phone: both are dropped, in one revision each. */
async function dropped(t) {
  const shop = await workshop(t)
  const before = things({ phone: c.text().nullable() })
  await shop.write(before, 'first', { prove: false })
  await shop.upgrade()
  await shop.using(before, db => db.things.createMany(['a', 'b', 'c'].map(name => ({ name, phone: `5${name}` }))))
  await shop.write(things(), 'column', { prove: false })
  await shop.write(schema(others), 'table', { prove: false })
  await shop.upgrade('head', { keep: true })
  const sql = text => shop.using(before, db => raw(db, text))
  return { ...shop, before, sql }
}

test('a protected database says of each entry what restoring it does there', async t => {
  const shop = await dropped(t)
  const { url } = shop
  await protect({ url, models: shop.before, word: 'horse battery staple' })
  const losses = async number => {
    const { lost } = await fails(() => restoreKept({ url, number }), { code: 'PROTECTED' })
    return lost.map(({ what }) => what)
  }
  assert.deepEqual(await losses(2), ['creates the table things again, with its kept rows'])
  await shop.downgrade('-1', { keep: false })
  assert.deepEqual(await losses([1, 2]), [
    'adds things.phone again, with the kept values',
    'adds the kept rows of things that are gone',
  ])
  await shop.downgrade('-1', { keep: false })
  assert.deepEqual(await losses(1), ['writes the kept values of things.phone into the existing rows'])
})

test('several entries are dropped in one transaction, or none', async t => {
  const { url, cwd } = await dropped(t)
  await fails(() => dropKept({ url, number: [1, 9] }), { code: 'KEPT_UNKNOWN', found: 'the entries 1, 2' })
  assert.equal((await kept({ url })).kept.length, 2)
  await dropKept({ url, number: 2 })
  await fails(() => restoreKept({ url, number: 9 }), { code: 'KEPT_UNKNOWN', found: 'the entry 1' })
  const shop = await dropped(t)
  const { code, stdout } = plinth(cwd, ['kept', '--url', shop.url, '--drop', '1', '--drop', '2'])
  assert.deepEqual([code, (await kept({ url: shop.url })).kept], [0, []])
  assert.match(stdout, /dropped +1: things\.phone, 3 rows, for good\n +dropped +2: things, 3 rows, for good/)
})

const INTO = {
  unique: [
    things({}, t => [unique(t.name)]),
    db => db.things.create({ id: 9, name: 'b' }),
    /same name as another row \(id 2\)/,
  ],
  check: [
    things({}, () => [check("name <> 'a' AND name <> 'c'").name('no_a_or_c')]),
    () => {},
    /2 rows of things are kept with values that the check no_a_or_c refuses \(id 1, 3\)/,
  ],
}
for (const [what, [models, before, message]] of Object.entries(INTO)) {
  test(`a ${what} that refuses kept rows is named with the number of rows and their keys`, async t => {
    const shop = await dropped(t)
    await shop.write(models, 'again', { prove: false })
    await shop.upgrade()
    await shop.using(models, before)
    const error = await fails(() => restoreKept({ url: shop.url, number: 2 }), { code: 'RESTORE_REFUSED', message })
    assert.equal(error.problems.length, 1)
    assert.equal(await shop.using(models, db => db.things.count()), what === 'unique' ? 1 : 0)
  })
}

test('a unique column that refuses kept values is named with the number of rows and their keys', async t => {
  const shop = await dropped(t)
  await shop.downgrade('-2', { keep: false })
  await restoreKept({ url: shop.url, number: 2 })
  await shop.sql("INSERT INTO things (id, name, phone) VALUES (7, 'd', '5b')")
  await shop.sql('CREATE UNIQUE INDEX once ON things (phone)')
  await fails(() => restoreKept({ url: shop.url, number: 1 }), {
    code: 'RESTORE_REFUSED',
    message: /1 row of things is kept with the same phone as another row \(id 2\)/,
  })
})

test('a database that does not exist keeps nothing, and that is an error', async t => {
  const url =
    dialect === 'sqlite'
      ? `${await newUrl(t, PLACES[0])}.none`
      : (await newUrl(t, PLACES[0])).replace(/(\/)[^/?]+(\?|$)/, '$1no_such_database$2')
  const { code, stderr } = plinth(project(t, { 'package.json': { name: 'app' } }), ['kept', '--url', url])
  assert.equal(code, 2)
  assert.match(stderr, dialect === 'sqlite' ? /CANNOT_OPEN/ : /UNKNOWN_DATABASE/)
})

test('a reset counts the tables of the user, and drift lists none of Plinth', async t => {
  const shop = await dropped(t)
  const options = { url: shop.url, models: schema(others), migrations: shop.migrations, cwd: shop.cwd }
  await protect({ url: shop.url, models: options.models, word: 'horse battery staple' })
  const { lost } = await fails(() => resetDb({ ...options, force: true }), { code: 'PROTECTED' })
  assert.deepEqual(
    lost.map(({ table }) => table),
    ['others'],
  )
  const refused = await fails(() => resetDb({ ...options, env: { NODE_ENV: 'production', DATABASE_URL: shop.url } }), {
    code: 'RESET_REFUSED',
  })
  assert.match(refused.message, /would have destroyed 1 table with 0 rows: others \(empty\)/)
})

const models = more => `
import { c, model, schema } from 'plinth'
export default schema({ users: model('users', { id: c.id()${more} })${more && ", extra: model('extra', { id: c.id() })"} })
`

test('the command line names all numbers in one line, and what comes after a restore', async t => {
  const cwd = project(t, {
    'package.json': {
      name: 'app',
      private: true,
      plinth: { models: './models.mjs', dialects: [dialect], seed: './seed.mjs' },
    },
    'models.mjs': models(', phone: c.text().nullable()'),
    'seed.mjs':
      "export default { users: async tx => { await tx.users.create({ phone: 'a' }); await tx.extra.create({}) } }",
    ...(await projectFiles(t)),
  })
  const say = (...words) => {
    const { code, stdout, stderr } = plinth(cwd, words)
    assert.deepEqual([code, stderr], [0, ''], stdout)
    return stdout
  }
  say('revision', 'first', '--no-prove')
  say('init')
  write(cwd, { 'models.mjs': models(''), 'seed.mjs': 'export default {}' })
  say('revision', 'drop', '--no-prove', '--yes')
  const upgraded = say('upgrade')
  assert.match(upgraded, /kept +1: \S+, 1 row\n +kept +2: \S+, 1 row\n +bring them back with plinth restore 1 2\n/)
  const restored = say('restore', '1', '2')
  assert.match(restored, /next +Revert the revision with plinth downgrade, or declare/)
  assert.match(restored, /Done; the entries 1, 2 stay until plinth kept --drop 1 --drop 2, /)
  assert.match(say('downgrade'), /reverted +\d{14}_drop.*\n +adopted +its SQL did not run/)
  const { stdout } = plinth(cwd, ['drift'])
  assert.doesNotMatch(stdout, /foreign|plinth_(history|kept|shape)|__diesel/)
  for (const [words, message] of [
    [['restore', '1', '--file', 'x.db'], /not both/],
    [['restore', '1', '--force'], /--force is of a backup/],
    [['restore', '--file', 'x.db', '--plan'], /--plan is of entries/],
    [['restore'], /needs numbers/],
  ]) {
    const { code, stderr } = plinth(cwd, words)
    assert.deepEqual([code, message.test(stderr)], [2, true], stderr)
  }
})
