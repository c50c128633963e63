// Backup and restore on PostgreSQL: they say which line runs the server's own programs, and hold no password.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { backup, restore, schema } from 'plinth'
import { everything, fails } from '../support/db.mjs'
import { folder } from '../support/project.mjs'

test('the line to type is in the hint', async t => {
  const cwd = folder(t)
  const options = {
    models: schema({}),
    url: 'postgresql://me:secret@db.example.com:1/app?sslmode=disable',
    cwd,
    env: {},
  }
  const expected = { code: 'QUERY_INVALID', expected: 'a SQLite database', found: 'a PostgreSQL database' }
  const url = "'postgresql://me@db.example.com:1/app'"
  const file = `'${join(cwd, "it'\\''s.dump")}'`
  for (const [call, hint] of [
    [backup, `Run: pg_dump --format=custom --file=${file} ${url}`],
    [restore, `Run: pg_restore --clean --if-exists --single-transaction --dbname=${url} ${file}`],
  ]) {
    const env = { NODE_ENV: 'production' }
    const error = await fails(() => call({ ...options, env, file: "it's.dump" }), { ...expected, hint })
    assert.doesNotMatch(everything(error), /secret/)
  }
})
