// How the database finds the rows of a page: from the index of its order, without reading the rows before.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, index, initDb, model, open, schema } from 'plinth'
import { ids, raw } from '../support/db.mjs'
import { dialect, newUrl } from '../support/dialect.mjs'

const models = schema({
  logs: model(
    'logs',
    { id: c.id(), at: c.timestamp(), level: c.integer(), due: c.integer().nullable(), note: c.text() },
    t => [index(t.at), index(t.level, t.at.desc()), index(t.due)],
  ),
})

test('a page begins in the index of its order', async t => {
  const statements = []
  const to = event => statements.push(event)
  const url = await newUrl(t)
  const db = open({ models, url, log: { statements: true, values: true, to } })
  t.after(() => db.close())
  await initDb({ db })
  const row = i => ({ at: new Date(i * 1000), level: i % 5, due: i % 9 ? i : null, note: 'x'.repeat(100) })
  await db.logs.createMany(Array.from({ length: 4000 }, (_, i) => row(i)))
  await raw(db, 'ANALYZE')
  /** How the database finds the rows of the last page. */
  const plan = async () => {
    const { sql, values } = statements.findLast(event => /^SELECT .* LIMIT /.test(event.sql))
    const places = [...sql.matchAll(/[?$](\d+)/g)].map(([, n]) => values[n - 1])
    const explain = dialect === 'sqlite' ? 'EXPLAIN QUERY PLAN ' : 'EXPLAIN '
    const rows = await raw(db, (explain + sql).split(/[?$]\d+/), ...places)
    return rows.map(line => Object.values(line).join(' ')).join('\n')
  }
  for (const [orderBy, name, range, limit = 20] of [
    [{ id: 'asc' }, 'id', true],
    [{ at: 'asc' }, 'at', true],
    [{ at: 'desc' }, 'at', true],
    [[{ level: 'asc' }, { at: 'desc' }], 'level', true],
    // Behind the rows with NULL, and among them.
    [{ due: 'asc' }, 'due', true, 500],
    [{ due: 'asc' }, 'due', false],
    [{ due: 'desc' }, 'due', false],
  ]) {
    const { rows, next } = await db.logs.page({ orderBy, limit })
    const second = await db.logs.page({ orderBy, limit: 20, after: next })
    assert.equal(new Set(ids([...rows, ...second.rows])).size, limit + 20)
    const lines = await plan()
    const found = `${JSON.stringify(orderBy)}\n${lines}`
    if (dialect === 'sqlite') {
      assert.match(
        lines,
        name === 'id' ? /USING INTEGER PRIMARY KEY \(rowid[<>]/ : /USING (COVERING )?INDEX logs_/,
        found,
      )
      if (range) assert.match(lines, new RegExp(`\\((rowid|${name})[<>]`), found)
      assert.doesNotMatch(lines, /SCAN logs$/m, found)
    } else {
      assert.match(lines, /Index Scan/, found)
      if (range) assert.match(lines, /Index Cond/, found)
      assert.doesNotMatch(lines, /Seq Scan/, found)
    }
  }
})
