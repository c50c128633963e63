// A protected database: what is kept is neither dropped nor brought back without the word, and a repair takes nothing away without it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, dropKept, initDb, kept, model, open, protect, repair, restoreKept, schema } from 'plinth'
import { everything, fails } from '../support/db.mjs'
import { workshop } from '../support/migrations.mjs'
import { cliPath, project, run } from '../support/project.mjs'

const word = 'correct horse'
const confirm = () => word
const hidden = error => assert.doesNotMatch(everything(error), /horse|mule/)
const users = more => schema({ users: model('users', { id: c.id(), email: c.text(), ...more }) })
const [before, after] = [users({ phone: c.text().nullable() }), users()]

/** A protected database in which a column was dropped, and came back empty; its values are kept under the number 1. */
async function shopOf(t) {
  const shop = await workshop(t)
  await shop.write(before, 'first', { prove: false })
  await shop.upgrade()
  await shop.using(before, db => db.users.createMany([{ email: 'a', phone: '1' }, { email: 'b' }]))
  await shop.write(after, 'second', { prove: false })
  await shop.upgrade('head', { keep: true })
  await shop.downgrade()
  await protect({ url: shop.url, models: before, word })
  const phones = () =>
    shop.using(before, async db => (await db.users.list()).filter(({ phone }) => phone !== null).length)
  return { ...shop, phones, numbers: async () => (await kept({ url: shop.url })).kept.map(({ number }) => number) }
}

test('what is kept is brought back and dropped by the word alone; its plan and its list need none', async t => {
  const { url, phones, numbers } = await shopOf(t)
  const entry = { url, number: 1 }
  assert.equal((await restoreKept({ ...entry, plan: true })).rows, 1)
  const back = await fails(() => restoreKept(entry), { code: 'PROTECTED', hint: /The person who has the word/ })
  assert.deepEqual(back.lost, [
    { table: 'users', rows: 2, what: 'writes the kept values of users.phone into the existing rows' },
  ])
  hidden(await fails(() => restoreKept({ ...entry, confirm: () => 'mule' }), { code: 'PROTECTED' }))
  assert.equal(await phones(), 0)
  assert.equal((await restoreKept({ ...entry, confirm })).rows, 1)
  assert.equal(await phones(), 1)

  const gone = await fails(() => dropKept(entry), { code: 'PROTECTED', message: /drops the kept rows of users\.phone/ })
  assert.deepEqual(
    gone.lost.map(({ table, rows }) => [table, rows]),
    [['users', 2]],
  )
  await fails(() => dropKept({ ...entry, confirm: () => undefined }), { code: 'PROTECTED', found: 'no word' })
  assert.deepEqual(await numbers(), [1])
  assert.equal((await dropKept({ ...entry, confirm })).dropped[0].number, 1)
  assert.deepEqual(await numbers(), [])
  await fails(() => dropKept({ ...entry }), { code: 'KEPT_UNKNOWN' })
})

test('on the command line the word for both is the first line of standard input', async t => {
  const { url, phones, numbers } = await shopOf(t)
  const cwd = project(t, { 'package.json': { name: 'app' } })
  const typed = (input, ...args) => run(cwd, process.execPath, [cliPath, ...args, '--url', url], { input })
  for (const args of [
    ['restore', '1'],
    ['kept', '--drop', '1'],
  ]) {
    const refused = typed('', ...args)
    assert.deepEqual([refused.code, /PROTECTED/.test(refused.stderr)], [1, true], refused.stderr)
    assert.deepEqual(await numbers(), [1])
    const done = typed(`${word}\n`, ...args)
    assert.equal(done.code, 0, done.stderr)
  }
  assert.deepEqual([await phones(), await numbers()], [1, []])
})

test('a repair takes nothing away without the word, and does the rest', async t => {
  const { url, cwd, migrations } = await workshop(t)
  const options = { url, cwd, models: after }
  await initDb({ ...options, migrations: false })
  const db = open(options)
  t.after(() => db.close())
  await db.users.create({ email: 'a' })
  await db.sql`ALTER TABLE users ADD COLUMN stray integer`
  await protect({ db, word })
  const wish = { ...options, migrations, destructive: true }
  assert.equal((await repair({ ...wish, plan: true })).outcome, 'planned')
  assert.equal((await repair({ ...wish, destructive: false })).outcome, 'nothing')
  for (const call of [() => repair(wish), () => db.repair({ destructive: true })]) {
    const error = await fails(call, {
      code: 'PROTECTED',
      message: /the repair would destroy data: drops the column users\.stray with all its values \(1 row\)/,
    })
    assert.deepEqual(
      error.lost.map(({ table, rows }) => [table, rows]),
      [['users', 1]],
    )
  }
  hidden(await fails(() => repair({ ...wish, confirm: () => 'mule' }), { code: 'PROTECTED' }))
  assert.equal((await db.drift()).differences.length, 1)
  await db.repair({ destructive: true, confirm })
  assert.deepEqual((await db.drift()).differences, [])
})

test('a start takes nothing away from a protected database, whatever its variables say, and repairs what is safe', async t => {
  const { url, ...shop } = await shopOf(t)
  const env = { AUTO_SCHEMA_DESTRUCTIVE: 'true' }
  const init = () => initDb({ models: before, url, migrations: shop.migrations, env })
  const by = sql => shop.using(before, db => db.sql(Object.assign([sql], { raw: [sql] })))
  await by('ALTER TABLE users ADD COLUMN stray integer')
  await by('CREATE UNIQUE INDEX users_email_once ON users (email)')
  const { drift, repaired } = await init()
  assert.deepEqual([drift.destructive, repaired], [2, []])
  await protect({ url, models: before, word, off: true })
  const report = await init()
  assert.deepEqual([report.drift.destructive, report.repaired.length], [0, 2])
})
