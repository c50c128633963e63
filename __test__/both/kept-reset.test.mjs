// The rows that a reset destroys: kept if it is asked for or by default, and nothing else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kept, resetDb, restoreKept } from 'plinth'
import { fails } from '../support/db.mjs'
import { newUrl, objects } from '../support/dialect.mjs'
import { here } from '../support/differences.mjs'
import { emails, models, opened, tables } from '../support/engine.mjs'

test('a reset keeps nothing by itself, but in production; keep decides', async t => {
  const url = await newUrl(t)
  const db = opened(t, url)
  const fill = async () => {
    await db.users.createMany([{ email: 'a' }, { email: 'b' }])
    await db.posts.create({ userId: 1, title: 'one' })
  }
  const reset = more => resetDb({ models, url, ...more })
  await reset()
  const env = { NODE_ENV: 'production' }
  for (const [more, keeps] of [
    [{}, false],
    [{ keep: true }, true],
    [{ env, force: true }, true],
    [{ env, force: true, keep: false }, false],
    [{ keep: { count: 2 } }, true],
  ]) {
    await fill()
    const { kept, keptFile, dropped } = await reset(more)
    assert.ok(dropped.tables.every(({ name }) => !name.includes('kept')))
    if (here('resetKeepsInFile')) assert.deepEqual([kept, keptFile !== undefined], [[], keeps])
    else {
      const expected = keeps
        ? [
            ['users', 2],
            ['posts', 1],
          ]
        : []
      assert.deepEqual([kept.map(({ what, rows }) => [what, rows]), keptFile], [expected, undefined])
    }
    assert.deepEqual(await objects(db), ['plinth_seeds', 'plinth_shape', 'posts', 'users'])
  }
  // Of tables without rows nothing is kept.
  const { kept: none, keptFile } = await reset({ keep: true })
  assert.deepEqual([none, keptFile], [[], undefined])
  assert.deepEqual((await db.drift()).differences, [])
})

if (!here('resetKeepsInFile')) {
  test('each table of a reset comes back by its number', async t => {
    const db = await tables(t)
    await db.users.createMany([{ email: 'a' }, { email: 'b' }])
    await db.posts.create({ userId: 2, title: 'one' })
    await db.sql`CREATE TABLE "of Others" (n numeric(30, 10), at interval, tags text[], x float8, b bytea, g int GENERATED ALWAYS AS (1) STORED, s serial)`
    await db.sql`CREATE INDEX others_n ON "of Others" (n)`
    await db.sql`INSERT INTO "of Others" VALUES (12345678901234567890.0123456789, '1 mon -2 days 03:00', ARRAY['a"', NULL], '-0', '\\x00ff'), (NULL, NULL, '{}', 'NaN', NULL), ('NaN', '0', NULL, '-Infinity', '')`
    const before = await db.sql`SELECT row_to_json(o)::text AS row, x::text AS x FROM "of Others" o ORDER BY s`
    const report = await resetDb({ db, keep: true })
    assert.deepEqual(
      report.kept.map(({ what, rows }) => [what, rows]),
      [
        ['users', 2],
        ['posts', 1],
        ['of Others', 3],
      ],
    )
    const [users, posts, others] = report.kept.map(({ number }) => number)
    await fails(() => restoreKept({ db, number: posts }), {
      code: 'RESTORE_REFUSED',
      message: new RegExp(`whose row of users is gone.*kept under ${users}: .plinth restore ${users} ${posts}. brings`),
    })
    const plan = await restoreKept({ db, number: [others, posts, users, posts], plan: true })
    const turns = plan.entries.map(({ number, rows }) => [number, rows])
    assert.deepEqual(
      [turns, plan.rows],
      [
        [
          [others, 3],
          [users, 2],
          [posts, 1],
        ],
        6,
      ],
    )
    assert.equal((await restoreKept({ db, number: users })).rows, 2)
    assert.equal((await restoreKept({ db, number: posts })).rows, 1)
    assert.deepEqual(await emails(db), ['a', 'b'])
    assert.equal((await db.users.create({ email: 'c' })).id, 3)
    const made = await restoreKept({ db, number: others })
    assert.deepEqual([made.entries[0].made, made.rows], [['the table of Others'], 3])
    assert.deepEqual(
      await db.sql`SELECT row_to_json(o)::text AS row, x::text AS x FROM "of Others" o ORDER BY s`,
      before,
    )
    await db.sql`INSERT INTO "of Others" (n) VALUES (1)`
    const [{ s }] = await db.sql`SELECT max(s) AS s FROM "of Others"`
    assert.equal(s, 4)
    await fails(() => restoreKept({ db, number: others }), { code: 'RESTORE_REFUSED', message: /had no key/ })
    const { kept: list } = await kept({ db })
    assert.match(list.find(({ number }) => number === others).definition, /CREATE INDEX others_n[\s\S]*/)
  })
}
