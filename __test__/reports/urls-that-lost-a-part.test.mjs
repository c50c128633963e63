// Input that lost a part and is taken for something else: a database URL without its slashes is not a file, and its password not a folder's name.
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { c, initDb, model, open, revision, schema } from 'plinth'
import { everything, fails } from '../support/db.mjs'
import { folder, plinth, project } from '../support/project.mjs'

const models = schema({ notes: model('notes', { id: c.id() }) })

const LOST = [
  'postgres:/u:SECRET@db/app',
  'postgresql:/u:SECRET@db/app',
  'postgresql+psycopg:/u:SECRET@db/app',
  'POSTGRES:/u:SECRET@db/app',
  'postgres:u:SECRET@db/app',
  'postgres: //u:SECRET@db/app',
  'postgres//u:SECRET@db/app',
  'postgres;//u:SECRET@db/app',
  'postgres:\\\\u:SECRET@db\\app',
  'mysql:/u:SECRET@db/app',
  '/u:SECRET@db/app',
  '//u:SECRET@db/app',
  '//SECRET/app',
  'u:SECRET@db/app',
  'user:SECRET@db/app',
  'u:SEC/RET@SECRET/app',
  ':SECRET@db/app',
  'SECRET@db/app',
  './u:SECRET@db/app',
  'SECRET.example.com:5432/app',
  'host=db user=u password=SECRET',
  'Server=db;Password=SECRET',
  'db/app?user=u&pwd=SECRET',
  'app.db?key=SECRET',
  'u%3ASECRET%40db/app',
  'sqlite:u:SECRET@db/app',
  'sqlite:/u:SECRET@db/app',
  'file:u:SECRET@db/app',
  'file://u:SECRET@db',
  'postgres://u:p@db/app&password=SECRET',
]

test('a URL that lost a slash, or more, is URL_INVALID and makes nothing', async t => {
  const cwd = folder(t)
  const refuse = async (call, url) => {
    const error = await fails(call, { code: 'URL_INVALID' })
    assert.doesNotMatch(everything(error), /SECRET/, url)
    assert(error.hint, url)
  }
  for (const url of LOST) {
    await refuse(() => open({ models, cwd, url }), url)
    await refuse(() => initDb({ models, cwd, url }), url)
    await refuse(() => initDb({ models, cwd, env: { DATABASE_URL: url } }), url)
    await refuse(() => revision({ models, cwd, migrations: 'm', message: 'first', proveUrl: url, env: {} }), url)
  }
  assert.deepEqual(readdirSync(cwd), [])
})

test('the command line refuses it too, and .env', t => {
  const files = { 'package.json': { type: 'module', plinth: { models: './models.mjs' } } }
  files['models.mjs'] =
    "import { c, model, schema } from 'plinth'\nexport default schema({ notes: model('notes', { id: c.id() }) })\n"
  const cwd = project(t, { ...files, '.env': 'DATABASE_URL=postgres:/u:SECRET@db/app\n' })
  const before = readdirSync(cwd)
  for (const args of [['init'], ['health'], ['status'], ['init', '--url', 'u:SECRET@db/app']]) {
    const { code, stdout, stderr } = plinth(cwd, args)
    assert.equal(code, 2, args.join(' '))
    assert.match(stderr, /URL_INVALID/)
    assert.doesNotMatch(stdout + stderr, /SECRET/)
  }
  assert.deepEqual(readdirSync(cwd), before)
})

test('paths with such characters can be written', async t => {
  const cwd = folder(t)
  mkdirSync(join(cwd, 'data'))
  for (const url of [
    './me@home/app.db',
    'sqlite:///u@db/app.db',
    'sqlite:///a:b@c.db',
    'data/@scope/app.db',
    './a:b.db',
    './k=v.db',
  ]) {
    const { url: shown } = await initDb({ models, cwd, url })
    assert.match(shown, /^sqlite:\/\/\//)
  }
})
