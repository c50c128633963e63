// Variables that hold URLs: spellings in other cases, their order, and what they cannot be.
import assert from 'node:assert/strict'
import { readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { c, initDb, model, open, schema } from 'plinth'
import { fails } from './support/db.mjs'
import { folder, plinth, project } from './support/project.mjs'

const models = schema({ users: model('users', { id: c.id() }) })
const at = (...path) => `sqlite:///${join(...path)}`
const CONFIG = { name: 'app', plinth: { models: './models.mjs' } }
const MODELS =
  "import { c, model, schema } from 'plinth'\nexport default schema({ users: model('users', { id: c.id() }) })\n"
const SERVER = 'postgresql://app:secret@localhost:1/app'

/** The URL that the command line finds in a project with this .env, whose process has these variables. */
const found = (cwd, env) => {
  const { stdout, stderr } = plinth(cwd, ['health', '--json'], env)
  return stdout === '' ? stderr : JSON.parse(stdout).url
}

test('a URL may be written in any case: process exact, process, .env exact, .env', t => {
  const cwd = project(t, { 'package.json': CONFIG, 'models.mjs': MODELS })
  const env = lines => writeFileSync(join(cwd, '.env'), lines)
  env('database_url=sqlite:///./small.db\n')
  assert.equal(found(cwd), at(cwd, 'small.db'))
  env('database_url=sqlite:///./exact.db\nDATABASE_URL=sqlite:///./exact.db\n')
  assert.equal(found(cwd), at(cwd, 'exact.db'))
  assert.equal(found(cwd, { Database_Url: 'sqlite:///./process.db' }), at(cwd, 'process.db'))
  assert.equal(found(cwd, { DATABASE_URL: 'sqlite:///./upper.db' }), at(cwd, 'upper.db'))
})

test('MIGRATION_DATABASE_URL may be written in any case too', t => {
  const cwd = project(t, { 'package.json': CONFIG, 'models.mjs': MODELS })
  const { code, stderr } = plinth(cwd, ['init'], { database_url: 'a.db', migration_database_url: SERVER })
  assert.equal(code, 2)
  assert.match(stderr, /MIGRATION_DATABASE_URL is postgresql:/)
  assert.doesNotMatch(stderr, /secret/)
})

test('two spellings with different values in one place are refused, without the values', {
  skip: process.platform === 'win32' && 'Windows has one spelling of a variable',
}, async t => {
  const cwd = project(t, { 'package.json': CONFIG, 'models.mjs': MODELS })
  const two = { DATABASE_URL: SERVER, database_url: 'sqlite:///./secret.db' }
  const { code, stderr } = plinth(cwd, ['init'], two)
  assert.equal(code, 2)
  assert.match(stderr, /CONFIG_INVALID/)
  assert.match(stderr, /DATABASE_URL and database_url|database_url and DATABASE_URL/)
  assert.match(stderr, /different values in the environment/)
  assert.doesNotMatch(stderr, /secret/)
  writeFileSync(
    join(cwd, '.env'),
    Object.entries(two)
      .map(pair => `${pair.join('=')}\n`)
      .join(''),
  )
  const error = await fails(async () => open({ models, cwd, env: {} }), { code: 'CONFIG_INVALID', message: /\.env/ })
  assert.doesNotMatch(error.message, /secret/)
  assert.equal(
    found(cwd, { DATABASE_URL: 'sqlite:///./one.db', database_url: 'sqlite:///./one.db' }),
    at(cwd, 'one.db'),
  )
})

test('an empty value is refused, and not taken for an unset one', async t => {
  const cwd = folder(t)
  for (const blank of ['', ' ']) {
    for (const name of ['DATABASE_URL', 'MIGRATION_DATABASE_URL']) {
      const env = { DATABASE_URL: 'sqlite:///./app.db', [name]: blank }
      await fails(() => initDb({ models, cwd, env }), {
        code: 'CONFIG_INVALID',
        message: `${name} is empty in the environment.`,
        hint: /remove/,
      })
      await fails(() => initDb({ models, cwd, env: { ...env, [name]: undefined, DATABASE_URL: '' } }), {
        code: 'CONFIG_INVALID',
      })
    }
  }
  writeFileSync(join(cwd, '.env'), 'DATABASE_URL=\n')
  await fails(async () => open({ models, cwd, env: {} }), {
    code: 'CONFIG_INVALID',
    message: /DATABASE_URL is empty in .*\.env/,
  })
  assert.deepEqual(readdirSync(cwd), ['.env'])
})

test('an object passed as env is read exactly', async t => {
  const cwd = folder(t)
  const db = open({ models, cwd, env: { database_url: 'sqlite:///./other.db', Database_URL: '' } })
  assert.equal((await db.health()).url, at(cwd, 'app.db'))
  await db.close()
})

test('a .env that is not UTF-8 is refused; the mark of UTF-8 is not', async t => {
  const cwd = folder(t)
  const path = join(cwd, '.env')
  const line = 'DATABASE_URL=sqlite:///./dotenv.db\n'
  const little = Buffer.from(line, 'utf16le')
  const big = Buffer.from(little).swap16()
  for (const bytes of [
    Buffer.concat([Buffer.from([0xff, 0xfe]), little]),
    Buffer.concat([Buffer.from([0xfe, 0xff]), big]),
    little,
    big,
    Buffer.from([0xff, 0xfe]),
  ]) {
    writeFileSync(path, bytes)
    await fails(async () => open({ models, cwd, env: {} }), {
      code: 'CONFIG_INVALID',
      message: /\.env is not text in UTF-8/,
      hint: /UTF-8/,
    })
  }
  writeFileSync(path, `\ufeff${line}`)
  const db = open({ models, cwd, env: {} })
  assert.equal((await db.health()).url, at(cwd, 'dotenv.db'))
  await db.close()
})

test('a .env that is a link to nothing, or to itself, is refused', async t => {
  for (const target of ['missing', '.env']) {
    const cwd = folder(t)
    symlinkSync(target, join(cwd, '.env'))
    await fails(async () => open({ models, cwd, env: {} }), {
      code: 'CONFIG_INVALID',
      message: /\.env cannot be read/,
      hint: /readable/,
    })
    assert.deepEqual(readdirSync(cwd), ['.env'])
  }
})

test('in production a database has to be named', async t => {
  const cwd = folder(t)
  const env = { NODE_ENV: 'production' }
  const unnamed = {
    code: 'CONFIG_INVALID',
    found: 'NODE_ENV=production',
    hint: /DATABASE_URL=sqlite:\/\/\/\.\/app\.db/,
  }
  await fails(async () => open({ models, cwd, env }), unnamed)
  await fails(() => initDb({ models, cwd, env }), unnamed)
  assert.deepEqual(readdirSync(cwd), [])
  const named = { ...env, DATABASE_URL: 'sqlite:///./app.db' }
  await open({ models, cwd, env: named }).close()
  await open({ models, cwd, env, url: 'sqlite:///./app.db' }).close()
  writeFileSync(join(cwd, '.env'), 'DATABASE_URL=sqlite:///./app.db\n')
  await open({ models, cwd, env }).close()
})
