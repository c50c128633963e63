// Upgrades that are killed, wait for each other, or run beside each other: the database is at one revision, and its rows are whole.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, model, schema } from 'plinth'
import { checkIntegrity, dialect } from '../support/dialect.mjs'
import { program, start } from '../support/engine.mjs'
import { byHand, plain, versions, workshop } from '../support/migrations.mjs'
import { entryPath } from '../support/project.mjs'

/** How many processes are killed: PLINTH_TEST_KILLS=100 for a long run. */
const KILLS = Number(process.env.PLINTH_TEST_KILLS || 25)

const notes = () =>
  model('notes', { id: c.id(), thingId: c.integer().references('things.id', { onDelete: 'cascade' }) })
const things = (columns, more = {}) =>
  schema({ things: model('things', { id: c.id(), ...columns }), notes: notes(), ...more })

/**
 * The steps of the models, and the decisions between them: columns altered, renamed, added, made
 * NOT NULL; a table.
 */
const STEPS = [
  [things({ text: c.text(), n: c.integer().nullable() }), {}],
  [things({ text: c.text(), n: c.integer() }), { backfill: { 'things.n': 'id * 2' } }],
  [things({ title: c.text(), n: c.integer() }), { rename: { 'things.text': 'things.title' } }],
  [things({ title: c.text({ max: 500 }), n: c.integer().check('n > -5') }), {}],
  [
    things(
      { title: c.text({ max: 500 }), n: c.integer(), state: c.enum('state', ['a', 'b']) },
      { more: model('more', { id: c.id() }) },
    ),
    { backfill: { 'things.state': "'b'" } },
  ],
]

const upgrading = shop => `
const { upgrade } = require(${JSON.stringify(entryPath)})
console.log('begins')
upgrade({ url, migrations: ${JSON.stringify(shop.migrations)} }).then(
  report => console.log(JSON.stringify(report)),
  error => { console.error(error.code, error.message); process.exitCode = 2 },
)`

const ROWS = 300

/** The columns and the rows of a revision, by the number of its step. */
async function look(shop, step) {
  await shop.using(STEPS[step][0], async db => {
    const rows = await db.things.list({ orderBy: { id: 'asc' } })
    assert.equal(rows.length, ROWS)
    for (const [i, row] of rows.entries()) {
      assert.equal(row.title ?? row.text, `row ${i}`)
      assert.equal(row.n, (i + 1) * 2)
    }
    // Nothing of a later step is there, nothing of an earlier one.
    const [raw] = await db.sql`SELECT * FROM things WHERE id = 1`
    assert.deepEqual(Object.keys(raw).toSorted(), Object.keys(STEPS[step][0].models.things.columns).toSorted())
    assert.equal(await db.notes.count(), ROWS)
    await checkIntegrity(db)
  })
}

test(`an upgrade that is killed ${KILLS} times leaves one revision, and every row; the next one finishes`, async t => {
  const shop = await workshop(t)
  const all = []
  for (const [i, [models, choices]] of STEPS.entries())
    all.push(...versions((await shop.write(models, `step ${i}`, { ...choices, prove: false })).revisions))
  assert.equal(all.length, STEPS.length)
  await shop.upgrade('+1')
  await shop.using(STEPS[0][0], async db => {
    await db.things.createMany(Array.from({ length: ROWS }, (_, i) => ({ text: `row ${i}`, n: (i + 1) * 2 })))
    await db.notes.createMany(Array.from({ length: ROWS }, (_, i) => ({ thingId: i + 1 })))
  })
  // The duration of an undisturbed one, from its beginning.
  const whole = start(shop.url, upgrading(shop))
  await whole.printed('begins')
  const began = performance.now()
  assert.equal((await whole.ended).code, 0)
  const took = performance.now() - began
  await look(shop, STEPS.length - 1)

  const seen = new Set()
  for (let kill = 0; kill < KILLS; kill++) {
    await shop.downgrade(all[0])
    const { child, ended, printed } = start(shop.url, upgrading(shop))
    await printed('begins')
    await new Promise(resolve => setTimeout(resolve, Math.random() * took))
    child.kill('SIGKILL')
    await ended
    const { current, problems } = await shop.status()
    assert.deepEqual(problems, [])
    const step = all.indexOf(current)
    assert.ok(step >= 0, `${current} is a revision`)
    seen.add(step)
    await look(shop, step)
    assert.equal((await shop.upgrade()).current, all.at(-1))
    await look(shop, STEPS.length - 1)
  }
  t.diagnostic(`killed at revisions ${[...seen].toSorted()} of ${STEPS.length - 1}`)
})

test('twenty processes upgrade at once: each revision is applied once, and all succeed', async t => {
  const shop = await workshop(t)
  for (const names of [['one'], ['one', 'two'], ['one', 'two', 'three']])
    await shop.write(plain(...names), `add ${names.at(-1)}`, { prove: false })
  const results = await Promise.all(Array.from({ length: 20 }, () => program(shop.url, upgrading(shop))))
  assert.deepEqual(
    results.map(({ code, stderr }) => [code, stderr]),
    Array(20).fill([0, '']),
  )
  const applied = results.flatMap(({ stdout }) => versions(JSON.parse(stdout.split('\n')[1]).applied))
  assert.equal(applied.length, 3)
  assert.equal(new Set(applied).size, 3)
  assert.equal((await shop.history()).log.length, 3)
})

/** SQL that takes about a second. */
const SLOW = {
  sqlite:
    'INSERT INTO slow SELECT max(n) FROM (WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 4000000) SELECT n FROM t);',
  postgres: 'INSERT INTO slow SELECT 1 FROM pg_sleep(1);',
}

test('one that is killed while it holds the lock: the others go on', async t => {
  const shop = await workshop(t)
  await shop.write(plain('one'), 'add one')
  const up = `CREATE TABLE slow (id bigint);\n${SLOW[dialect]}\n`
  byHand(shop.migrations, '29990101000000', 'slow', { up, down: 'DROP TABLE slow;' })
  const holder = start(
    shop.url,
    upgrading(shop).replace('upgrade({ url,', 'upgrade({ url, onProgress: ({ text }) => console.log(text),'),
  )
  await holder.printed('INSERT INTO slow')
  const others = Array.from({ length: 4 }, () => program(shop.url, upgrading(shop)))
  await new Promise(resolve => setTimeout(resolve, 100))
  holder.child.kill('SIGKILL')
  assert.equal((await holder.ended).signal, 'SIGKILL')
  const results = await Promise.all(others)
  assert.deepEqual(
    results.map(({ code, stderr }) => [code, stderr]),
    Array(4).fill([0, '']),
  )
  const applied = results.flatMap(({ stdout }) => JSON.parse(stdout.split('\n')[1]).applied)
  assert.deepEqual(versions(applied), ['29990101000000'])
  assert.equal((await shop.status()).pending.length, 0)
})
