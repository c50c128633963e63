// Raw SQL on SQLite: what of it is refused, and what the checks of its columns find in it.
import { test } from 'node:test'
import { setUp } from '../support/bad-input.mjs'

test('statements that would change the connection itself are refused', async t => {
  const { db, refused } = await setUp(t)
  await refused(() => db.sql`PRAGMA foreign_keys = OFF`, { code: 'SQL_REFUSED', message: /PRAGMA/ })
  await refused(() => db.sql`ATTACH ${'x.db'} AS x`, { code: 'SQL_REFUSED', message: /ATTACH/ })
})

test('columns have checks where PostgreSQL has types', async t => {
  const { db, refused } = await setUp(t)
  const fields = { code: 'CHECK_VIOLATION', name: 'CheckViolationError', table: 'users' }
  await refused(() => db.sql`UPDATE users SET active = ${2}`, { ...fields, columns: ['active'] })
  await refused(() => db.sql`UPDATE users SET settings = ${'{oops'}`, { ...fields, columns: ['settings'] })
  await refused(() => db.sql`UPDATE users SET email = ${'x'.repeat(21)}`, { ...fields, columns: ['email'] })
})
