// Two copies of the package in one process, as a monorepo with two versions of it has them: handles
// of the other are recognized by name, and errors of the other are known.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import * as here from 'plinth'
import { root } from './support/project.mjs'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'plinth-copies-')))
const package_ = join(folder, 'node_modules', 'plinth')
mkdirSync(package_, { recursive: true })
cpSync(join(root, 'dist'), join(package_, 'dist'), { recursive: true })
writeFileSync(join(package_, 'package.json'), JSON.stringify({ name: 'plinth', main: 'dist/index.js' }))
const require = createRequire(join(folder, 'service.js'))
const there = require('plinth')
after(() => rmSync(folder, { recursive: true, force: true }))

const schemaOf = ({ c, model, schema }) => schema({ users: model('users', { id: c.id(), name: c.text().unique() }) })
const caught = async work => {
  try {
    await work()
  } catch (error) {
    return error
  }
  throw new Error('it succeeded')
}

test('a handle of the other copy is an error that names both copies', async t => {
  const other = there.open({ models: schemaOf(there), url: 'sqlite::memory:' })
  t.after(() => other.close())
  await there.initDb({ db: other })
  const calls = {
    initDb: () => here.initDb({ db: other }),
    resetDb: () => here.resetDb({ db: other }),
    backup: () => here.backup({ db: other, file: join(folder, 'backup.db') }),
    healthHandler: () => here.healthHandler(other),
    expressScope: () => here.expressScope(other),
    honoScope: () => here.honoScope(other),
    fetchScope: () => here.fetchScope(other, () => new Response()),
    'a view of it': () => here.healthHandler(other.with({ timeout: 1000 })),
    'a session of it': () => here.healthHandler(other.session()),
  }
  for (const [name, call] of Object.entries(calls)) {
    const error = await caught(call)
    assert.equal(error.code, 'QUERY_INVALID', name)
    const both = `two copies: ${there.version} at ${package_}, ${here.version} at ${realpathSync(root)}`
    assert.ok(error.message.includes(both), `${name}: ${error.message}`)
    assert.match(error.hint, /npm ls plinth/, name)
  }
  assert.deepEqual(readdirSync(folder), ['node_modules'])
})

test('a copy that was loaded twice from one folder reports that', async t => {
  const file = require.resolve('plinth')
  for (const each of [file, join(dirname(file), 'plinth.js')]) delete require.cache[each]
  const again = require('plinth')
  const other = again.open({ models: schemaOf(again), url: 'sqlite::memory:' })
  t.after(() => other.close())
  const error = await caught(() => there.healthHandler(other))
  assert.match(error.hint, /loaded twice from one folder/)
})

test('models of the other copy are models', async t => {
  const db = here.open({ models: schemaOf(there), url: 'sqlite::memory:' })
  t.after(() => db.close())
  await here.initDb({ db })
  assert.equal((await db.users.create({ name: 'ada' })).id, 1)
})

test('errors of the other copy are instances of the classes here, each of its own', async t => {
  const other = there.open({ models: schemaOf(there), url: 'sqlite::memory:' })
  t.after(() => other.close())
  await there.initDb({ db: other })
  await other.users.create({ name: 'ada' })
  const error = await caught(() => other.users.create({ name: 'ada' }))
  const classes = ['PlinthError', 'ConstraintError', 'UniqueViolationError']
  for (const copy of [here, there]) {
    for (const name of classes) {
      assert.ok(error instanceof copy[name], name)
      assert.ok(copy[name].is(error), name)
    }
    for (const name of ['NotFoundError', 'SchemaError', 'CheckViolationError']) {
      assert.ok(!(error instanceof copy[name]), name)
      assert.ok(!copy[name].is(error), name)
    }
  }
  class OwnError extends here.PlinthError {}
  assert.ok(!(error instanceof OwnError))
  assert.ok(new OwnError('CLOSED', 'a text') instanceof OwnError)
  assert.ok(new OwnError('CLOSED', 'a text') instanceof there.PlinthError)
  for (const value of [null, undefined, 1, 'text', {}, Object.create(null), new Error('other'), () => {}]) {
    assert.ok(!(value instanceof here.PlinthError))
    assert.ok(!here.PlinthError.is(value))
  }
})
