// Unknown parameters of a URL: they are refused with the likely one, and nothing is made.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { c, initDb, model, open, schema } from 'plinth'
import { everything, fails } from './support/db.mjs'
import { folder } from './support/project.mjs'

const models = schema({ notes: model('notes', { id: c.id() }) })

test('an unknown parameter is URL_INVALID, and names the one that was meant', async t => {
  const cwd = folder(t)
  for (const [url, name, hint] of [
    [
      'sqlite:///app.db?craete=false',
      'craete',
      /^Did you mean create\? The parameters of a SQLite URL are: create, immutable\.$/,
    ],
    ['sqlite:///app.db?Create=false', 'Create', /^Did you mean create\?/],
    ['sqlite:///app.db?create=true&imutable=1', 'imutable', /^Did you mean immutable\?/],
    ['sqlite:///app.db?check_same_thread=SECRET', 'check_same_thread', /^The parameters of a SQLite URL are: create/],
    ['file:app.db?mdoe=ro', 'mdoe', /^Did you mean mode\?/],
    [
      'file:app.db?connection_limit=1',
      'connection_limit',
      /^The parameters of a URL that begins with file: are: cache/,
    ],
    ['postgresql://u:SECRET@h/d?sslmod=require', 'sslmod', /^Did you mean sslmode\?/],
    ['postgresql://u:SECRET@h/d?pooltimeout=0', 'pooltimeout', /^Did you mean pool_timeout\?/],
  ]) {
    const fields = {
      code: 'URL_INVALID',
      message: `The database URL has a parameter \`${name}\`, which is unknown.`,
      hint,
    }
    for (const call of [
      async () => open({ models, cwd, url }),
      () => initDb({ models, cwd, url }),
      () => initDb({ models, cwd, env: { DATABASE_URL: url } }),
    ]) {
      const error = await fails(call, fields)
      assert.doesNotMatch(everything(error), /SECRET/)
    }
  }
  // What is no name may be the rest of a password.
  const error = await fails(async () => open({ models, cwd, url: 'sqlite:///app.db?create=1&SE CRET@x' }), {
    code: 'URL_INVALID',
  })
  assert.doesNotMatch(everything(error), /CRET/)
  assert.deepEqual(readdirSync(cwd), [])
})

test('a parameter of a database in memory, and one that stands twice, are URL_INVALID', async t => {
  const cwd = folder(t)
  for (const [url, message] of [
    ['sqlite::memory:?create=true', /^A SQLite database in memory has no parameter create\.$/],
    ['sqlite:///:memory:?immutable=1', /^A SQLite database in memory has no parameter immutable\.$/],
    ['sqlite:///app.db?create=false&create=true', /^The database URL has the parameter create twice\.$/],
  ]) {
    await fails(async () => open({ models, cwd, url }), { code: 'URL_INVALID', message })
  }
  const db = open({ models, cwd, url: 'sqlite::memory:?' })
  t.after(() => db.close())
  await initDb({ db })
  assert.deepEqual(readdirSync(cwd), [])
})

test('parameters that are known, and empty ones, are taken', async t => {
  const cwd = folder(t)
  for (const url of [
    'sqlite:///app.db?create=true',
    'sqlite:///app.db?',
    'sqlite:///app.db?&create=0',
    'file:app.db?mode=rwc&cache=private',
  ]) {
    const db = open({ models, cwd, url })
    if (url.startsWith('sqlite')) await initDb({ models, cwd, url, migrations: false })
    await db.close()
  }
})
