// Tables of very many columns, and columns with the names that kept tables have of their own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, initDb, kept, model, open, repair, restoreKept, schema } from 'plinth'
import { raw } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'

const models = schema({ wide: model('wide', { id: c.id(), name: c.text().nullable() }) })

/** A table with these columns too many, and two rows. */
async function filled(t, extra) {
  const url = await newUrl(t)
  await initDb({ models, url })
  const db = open({ models, url })
  t.after(() => db.close())
  for (const name of extra) await raw(db, `ALTER TABLE wide ADD COLUMN ${name} integer`)
  for (const row of [1, 2])
    await raw(db, `INSERT INTO wide (${extra.join(', ')}) VALUES (${extra.map((_, at) => at * row).join(', ')})`)
  return { url, db, rows: () => raw(db, `SELECT ${extra.join(', ')} FROM wide ORDER BY id`) }
}

test('1,100 columns that a repair takes away are kept in parts, which come back', async t => {
  const extra = Array.from({ length: 1100 }, (_, at) => `c${at}`)
  const { url, db, rows } = await filled(t, extra)
  const before = await rows()
  const { outcome, kept: parts } = await repair({ models, url, destructive: true, keep: true })
  assert.deepEqual([outcome, parts.length], ['repaired', 11])
  assert.deepEqual(new Set((await kept({ url })).kept.flatMap(({ columns }) => columns)), new Set(extra))
  // PostgreSQL counts columns that are gone among the 1,600 that a table may have.
  const back = parts.slice(0, 4)
  for (const { number } of back) assert.equal((await restoreKept({ url, number })).rows, 2)
  const names = (await kept({ url })).kept.slice(0, 4).flatMap(({ columns }) => columns)
  const some = row => names.map(name => row[name])
  assert.deepEqual((await raw(db, 'SELECT * FROM wide ORDER BY id')).map(some), before.map(some))
})

test('a column named like one of a kept table is kept, and comes back', async t => {
  const { url, rows } = await filled(t, ['plinth_left_1', 'plinth_left_2'])
  const before = await rows()
  const { kept: parts } = await repair({ models, url, destructive: true, keep: true })
  assert.equal((await restoreKept({ url, number: parts[0].number })).rows, 2)
  assert.deepEqual(await rows(), before)
})
