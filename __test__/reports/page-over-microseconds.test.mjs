// A cursor that keeps less of a value than the database does: pages over times of microseconds repeat a row, or leave rows out.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, model, open, schema } from 'plinth'
import { raw } from '../support/db.mjs'
import { dialect, newUrl } from '../support/dialect.mjs'

const models = schema({ events: model('events', { id: c.id(), at: c.timestamp() }) })

test('each row is on one page', { skip: dialect !== 'postgres' }, async t => {
  const db = open({ models, url: await newUrl(t) })
  t.after(() => db.close())
  await raw(db, 'CREATE TABLE events (id integer PRIMARY KEY, at timestamptz NOT NULL)')
  await raw(
    db,
    `INSERT INTO events SELECT n, timestamptz '2026-01-01' + n * interval '1 microsecond' FROM generate_series(1, 9) n`,
  )
  const met = []
  let after = null
  do {
    const page = await db.events.page({ orderBy: { at: 'asc' }, limit: 2, ...(after && { after }) })
    met.push(...page.rows.map(({ id }) => id))
    after = page.next
  } while (after && met.length < 20)
  assert.deepEqual(met, [1, 2, 3, 4, 5, 6, 7, 8, 9])
})
