// A million rows through a stream: all of them, in order, and memory stays where it was.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dialect, newUrl } from '../support/dialect.mjs'
import { program } from '../support/engine.mjs'

const ROWS = 1_000_000

/** A million rows, made by the database itself. */
const FILL = {
  sqlite: `db.sql\`INSERT INTO users (email, name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
    SELECT 'user-' || i || '@example.com', CASE WHEN i % 3 THEN 'name ' || i END FROM n\``,
  postgres: `db.sql\`INSERT INTO users (email, name)
    SELECT 'user-' || i || '@example.com', CASE WHEN i % 3 > 0 THEN 'name ' || i END FROM generate_series(1, ${ROWS}) AS n(i)\``,
}

test('1,000,000 rows by a stream: all of them in order, and less than 50 MB more memory', async t => {
  const { code, stdout, stderr } = await program(
    await newUrl(t),
    `(async () => {
      const db = open({ models, url })
      await initDb({ db })
      await ${FILL[dialect]}
      const options = { orderBy: { id: 'asc' } }
      // Warm: what is compiled once, and the size that V8 gives young objects, are not growth.
      let warm = 0
      for await (const row of db.users.stream(options)) if (++warm === 50_000) break
      const memory = () => { gc(); return process.memoryUsage() }
      const before = memory()
      let [rows, wrong, rss, heap] = [0, 0, 0, 0]
      const began = performance.now()
      for await (const row of db.users.stream(options)) {
        rows++
        if (row.id !== rows || row.email !== 'user-' + rows + '@example.com') wrong++
        if (rows % 100_000 === 50_000) {
          const now = memory()
          rss = Math.max(rss, now.rss - before.rss)
          heap = Math.max(heap, now.heapUsed - before.heapUsed)
        }
      }
      const seconds = (performance.now() - began) / 1000
      await db.close()
      console.log(JSON.stringify({ rows, wrong, rss: rss / 1024 / 1024, heap: heap / 1024 / 1024, seconds }))
    })()`,
    // V8 gives young objects what room it likes, and newer versions more: bounded, it leaves what is ours to be seen.
    { flags: ['--expose-gc', '--max-semi-space-size=8'], timeout: 120_000 },
  )
  assert.deepEqual([code, stderr], [0, ''])
  const { rows, wrong, rss, heap, seconds } = JSON.parse(stdout)
  t.diagnostic(
    `${Math.round(rows / seconds)} rows a second, ${rss.toFixed(1)} MB more, ${heap.toFixed(1)} MB of them objects`,
  )
  assert.deepEqual([rows, wrong], [ROWS, 0])
  // The rows are 100 MB as objects.
  assert.ok(rss < 50 && heap < 10, `memory grew by ${rss} MB, ${heap} MB of them objects`)
})
