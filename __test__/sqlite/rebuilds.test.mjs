// Tables that SQLite makes anew: only if no ALTER TABLE makes the change; readers go on meanwhile, and a checkpoint follows.
import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { c, check, model, open, schema } from 'plinth'
import { pathOf } from '../support/dialect-sqlite.mjs'
import { workshop } from '../support/migrations.mjs'
import { folder } from '../support/project.mjs'

const people = (columns, extras) =>
  schema({ people: model('people', { id: c.id(), name: c.text(), ...columns }, extras) })
const note = { note: c.text().nullable() }
const age = { age: c.integer() }
const rule = [age, () => [check('age > 0')]]

/** The models before and after, and the decisions. */
const IN_PLACE = {
  'ADD COLUMN without a default': [[{}], [note], {}],
  'ADD COLUMN with a constant': [[{}], [{ age: c.integer().default(7), on: c.boolean().default(true) }], {}],
  'RENAME COLUMN': [[note], [{ remark: c.text().nullable() }], { rename: { 'people.note': 'people.remark' } }],
  'DROP COLUMN': [[note], [{}], {}],
  'SET NOT NULL': [[note], [{ note: c.text() }], { backfill: { 'people.note': "'x'" } }],
  'DROP NOT NULL': [[{ note: c.text() }], [note], {}],
  'ADD CHECK': [[age], rule, {}],
  'DROP CHECK': [rule, [age], {}],
}

for (const [what, [before, after, decisions]] of Object.entries(IN_PLACE)) {
  test(`${what} makes no table anew, and keeps the rows`, async t => {
    const shop = await workshop(t)
    await shop.write(people(...before), 'first')
    await shop.upgrade()
    await shop.using(people(...before), db =>
      db.people.create({ name: 'a', ...('note' in before[0] && { note: 'n' }), ...('age' in before[0] && { age: 1 }) }),
    )
    const { revisions } = await shop.write(people(...after), 'second', decisions)
    assert.doesNotMatch(revisions[0].files['up.sqlite.sql'], /plinth_new_|DROP TABLE/)
    await shop.upgrade()
    assert.equal((await shop.using(people(...after), db => db.people.list())).length, 1)
  })
}

test('readers go on while a table is made anew, and a checkpoint follows', async t => {
  const shop = await workshop(t)
  const [before, after] = [people(age), people({ age: c.real() })]
  await shop.write(before, 'first')
  await shop.upgrade()
  // Enough for several reads on a busy machine too.
  const rows = 600_000
  const reader = shop.open(before)
  await reader.sql`WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ${rows})
    INSERT INTO people (name, age) SELECT 'the name of person ' || n, n FROM i`
  const { revisions } = await shop.write(after, 'ages are real')
  assert.match(revisions[0].files['up.sqlite.sql'], /INSERT INTO "plinth_new_people"/)
  let copied = 0
  let ended = false
  const reads = []
  const estimates = []
  const upgraded = shop
    .upgrade('head', {
      onProgress: ({ rows: done, of, estimatedMs }) => {
        if (done > 0 && done < of) copied = done
        if (estimatedMs !== undefined) estimates.push([estimatedMs, copied])
      },
    })
    .finally(() => {
      ended = true
    })
  // A read at the very end would keep the checkpoint from moving all of the log.
  while (!ended && copied < rows / 2 && reads.filter(([, began]) => began > 0).length < 3) {
    const [row, began] = [await reader.people.get(rows, { select: ['name'] }), copied]
    if (!ended) reads.push([row.name, began])
    await turn()
  }
  await upgraded
  // Before a row was copied, and once.
  assert.equal(estimates.length, 1)
  assert.ok(Number.isSafeInteger(estimates[0][0]) && estimates[0][0] > 0 && estimates[0][1] === 0, `${estimates}`)
  const meanwhile = reads.filter(([, began]) => began > 0)
  assert.ok(meanwhile.length > 0, 'nothing was read while rows were copied')
  assert.ok(reads.every(([name]) => name === `the name of person ${rows}`))

  // The main file alone has the table as it is now: the log is in it.
  const copy = join(folder(t), 'copy.db')
  copyFileSync(pathOf(shop.url), copy)
  const alone = open({ models: after, url: `sqlite:///${copy}` })
  t.after(() => alone.close())
  assert.equal(await alone.people.count(), rows)
  const [column] = await alone.sql`SELECT type FROM pragma_table_info('people') WHERE name = 'age'`
  assert.match(column.type, /REAL/)
})

test('a small table has no estimate, and a sample that rows refuse leaves the error to the script', async t => {
  const shop = await workshop(t)
  const maybe = people({ ...note, age: c.integer() })
  await shop.write(maybe, 'first')
  await shop.upgrade()
  const db = shop.open(maybe)
  await db.people.create({ name: 'a', age: 1, note: '1' })
  const value = "CASE WHEN name LIKE 'name %' THEN NULL ELSE 'x' END"
  await shop.write(people({ note: c.text(), age: c.real() }), 'second', { backfill: { 'people.note': value } })
  const estimates = []
  const onProgress = ({ estimatedMs }) => estimatedMs === undefined || estimates.push(estimatedMs)
  await shop.upgrade('head', { onProgress })
  assert.deepEqual(estimates, [])
  await shop.downgrade()
  await db.sql`WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 30000)
    INSERT INTO people (name, age) SELECT 'name ' || n, n FROM i`
  await assert.rejects(shop.upgrade('head', { onProgress }), { code: 'ROWS_REFUSED' })
  assert.deepEqual(estimates, [])
  const left =
    await db.sql`SELECT name FROM sqlite_schema WHERE name LIKE 'plinth_new_%' UNION SELECT name FROM temp.sqlite_schema`
  assert.deepEqual(left, [])
  assert.equal(await db.people.count(), 30_001)
})
