// Which files of a project a call asks for, and how often: counted in a process of its own, where node:fs is wrapped before Plinth is loaded.
import assert from 'node:assert/strict'
import { readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { c, initDb, model, open, revision, schema, upgrade } from 'plinth'
import { project, root, run, write } from './support/project.mjs'

const counter = join(root, '__test__/support/count-files.cjs')

/** No server listens there, and nothing here connects. */
const SERVER = 'postgresql://app:secret@localhost:1/app'

const MODELS = `import { c, model, schema } from 'plinth'
export default schema({ users: model('users', { id: c.id(), email: c.text() }) })
`
const SEEDS = "export default { people: async tx => { await tx.users.create({ email: 'a@example.com' }) } }\n"

const commonJs = source =>
  source.replace('export default', 'module.exports =').replace(/import (.*) from (.*)/, 'const $1 = require($2)')

/** A project with every part: configuration, models, .env, seeds and, from the first run of the verbs on, a revision. */
function complete(t, extension, { type = 'commonjs', config, required = false } = {}) {
  const named = { models: `./db/models.${extension}`, seed: `./db/seed.${extension}`, dialects: ['sqlite'] }
  const configuration = config && { [config]: `export default ${JSON.stringify(named)}\n` }
  const cwd = project(t, {
    'package.json': { name: 'app', type, ...(config === undefined && { plinth: named }) },
    ...configuration,
    [`db/models.${extension}`]: required ? commonJs(MODELS) : MODELS,
    [`db/seed.${extension}`]: required ? commonJs(SEEDS) : SEEDS,
    '.env': 'DATABASE_URL=sqlite:///./app.db\n',
    'src/routes/.keep': '',
  })
  return realpathSync(cwd)
}

/**
 * The files that each of these calls asked for, by its name: made in a child, one after the other.
 */
function askedBy(cwd, calls, { env = {}, dir = cwd } = {}) {
  const script = `const { during } = require(${JSON.stringify(counter)})
const plinth = require('plinth')
const main = async () => {
  const asked = {}
  ${Object.entries(calls)
    .map(([name, call]) => `asked[${JSON.stringify(name)}] = await during(async () => { ${call} })`)
    .join('\n  ')}
  console.log(JSON.stringify(asked))
}
main()`
  write(cwd, { 'count.cjs': script })
  const { code, stdout, stderr } = run(dir, process.execPath, [join(cwd, 'count.cjs')], { env })
  assert.deepEqual([code, stderr], [0, ''])
  return JSON.parse(stdout)
}

const VERBS = {
  revision: "await plinth.revision({ message: 'first' })",
  check: 'await plinth.check()',
  initDb: 'await plinth.initDb()',
  'a second initDb': 'await plinth.initDb()',
  resetDb: 'await plinth.resetDb()',
  status: 'await plinth.status()',
  history: 'await plinth.history()',
  downgrade: 'await plinth.downgrade()',
  upgrade: 'await plinth.upgrade()',
  stamp: "await plinth.stamp({ to: 'head' })",
  open: 'await plinth.open().close()',
  health: 'const db = plinth.open(); await db.health(); await db.close()',
  'an open database': 'globalThis.db = plinth.open()',
  'initDb({ db })': 'await plinth.initDb({ db })',
  'upgrade({ db })': 'await plinth.upgrade({ db }); await db.close()',
  loadConfig: 'plinth.loadConfig()',
}

const READS = /^(read|open|createRead)/

/** Each file is read at most once, and few are asked for at all. */
function isFrugal(asked) {
  for (const [verb, questions] of Object.entries(asked)) {
    const said = `${verb} asked for ${questions.map(question => question.join(' ')).join('\n')}`
    const reads = questions.filter(([name]) => READS.test(name)).map(([, path]) => path)
    assert.equal(new Set(reads).size, reads.length, `a file was read twice: ${said}`)
    const paths = new Set(questions.map(([, path]) => path))
    assert.ok(paths.size <= 12, `${paths.size} files: ${said}`)
  }
}

for (const [form, extension, more] of [
  ['in TypeScript', 'ts', { type: 'module' }],
  ['in CommonJS', 'js', { required: true }],
  ['in ES modules', 'js', { type: 'module' }],
  ['with plinth.config.ts', 'ts', { config: 'plinth.config.ts' }],
  ['with plinth.config.mjs', 'mjs', { config: 'plinth.config.mjs' }],
]) {
  test(`each call reads a file at most once, and asks for few, in a project ${form}`, t => {
    const cwd = complete(t, extension, more)
    const asked = askedBy(cwd, VERBS)
    isFrugal(asked)
    // The counter sees what there is to see.
    const paths = asked.initDb.map(([, path]) => path)
    for (const name of ['package.json', '.env', `db/models.${extension}`, `db/seed.${extension}`]) {
      assert.ok(paths.includes(join(cwd, name)), `${name} among ${paths.join(', ')}`)
    }
    assert.match(readdirSync(join(cwd, 'migrations')).join(), /^\d{14}_first$/)
  })
}

test('the same from a folder further in', t => {
  const cwd = complete(t, 'ts')
  isFrugal(askedBy(cwd, VERBS, { dir: join(cwd, 'src/routes') }))
  const { initDb } = askedBy(cwd, { initDb: `await plinth.initDb({ cwd: ${JSON.stringify(join(cwd, 'src'))} })` })
  isFrugal({ initDb })
})

/** What was asked for outside of Plinth's own folder, where its binary is, and Node's program, whose C library that must fit. */
const elsewhere = asked =>
  Object.entries(asked).flatMap(([call, questions]) =>
    questions
      .filter(([, path]) => !path.startsWith(root) && path !== process.execPath)
      .map(question => `${call}: ${question.join(' ')}`),
  )

/** Models in a child, by hand. */
const BY_HAND = "globalThis.models = plinth.schema({ notes: plinth.model('notes', { id: plinth.c.id() }) })"

test('with models and url given nothing of the project is asked for', t => {
  const cwd = complete(t, 'ts')
  const given = `models, url: 'sqlite:///./other.db'`
  const folder = "models, url: 'sqlite:///./third.db', migrations: './revisions'"
  const server = `models, url: '${SERVER}'`
  const asked = askedBy(cwd, {
    models: BY_HAND,
    open: `await plinth.open({ ${given} }).close()`,
    initDb: `await plinth.initDb({ ${given} })`,
    resetDb: `await plinth.resetDb({ ${given} })`,
    'without migrations': `await plinth.initDb({ ${given}, migrations: false })`,
    'an open database': `globalThis.db = plinth.open({ ${given} })`,
    'initDb({ db })': 'await plinth.initDb({ db })',
    'resetDb({ db })': 'await plinth.resetDb({ db })',
    close: 'await db.close()',
    'open a server': `await plinth.open({ ${server} }).close()`,
    revision: `await plinth.revision({ ${folder}, message: 'first', prove: false })`,
    check: `await plinth.check({ ${folder} })`,
    upgrade: `await plinth.upgrade({ ${folder} })`,
    status: `await plinth.status({ ${folder} })`,
    history: `await plinth.history({ ${folder} })`,
    stamp: `await plinth.stamp({ ${folder}, to: 'head' })`,
    downgrade: `await plinth.downgrade({ ${folder} })`,
  })
  assert.deepEqual(elsewhere(asked), [])
})

test('health asks for the file of the database alone if models and url are given', t => {
  const cwd = complete(t, 'ts')
  const url = `sqlite:///${join(cwd, 'other.db')}`
  const asked = askedBy(cwd, {
    models: BY_HAND,
    initDb: `await plinth.initDb({ models, url: '${url}' })`,
    health: `const db = plinth.open({ models, url: '${url}' }); await db.health(); await db.close()`,
  })
  assert.deepEqual(elsewhere(asked), [`health: existsSync ${join(cwd, 'other.db')}`])
})

test('a configuration that is broken is of no interest if models and url are given', async t => {
  const cwd = project(t, { 'package.json': '{', '.env': 'PG_SSL_ALLOW_SELF_SIGNED=perhaps\n' })
  const models = schema({ notes: model('notes', { id: c.id() }) })
  await open({ models, cwd, env: {}, url: SERVER }).close()
  const { created } = await initDb({ models, cwd, env: {}, url: 'sqlite:///./app.db' })
  assert.deepEqual(created.tables, ['notes'])
})

test('a .env that forbids revisions counts for models and url by hand too if a folder is given', async t => {
  const cwd = project(t, { 'package.json': { name: 'app' } })
  const models = schema({ notes: model('notes', { id: c.id() }) })
  const given = { models, cwd, env: {}, url: 'sqlite:///./app.db', migrations: './migrations' }
  await revision({ ...given, message: 'first', dialects: ['sqlite'] })
  write(cwd, { '.env': 'ENABLE_AUTO_MIGRATION=false\n' })
  const { migrated, created } = await initDb(given)
  assert.deepEqual([migrated, created.tables], [[], []])
  write(cwd, { '.env': 'ENABLE_AUTO_MIGRATION=true\n' })
  assert.equal((await initDb(given)).migrated.length, 1)
})

test('a file that was edited counts at the next call', async t => {
  const json = (...names) => schema(Object.fromEntries(names.map(name => [name, model(name, { id: c.id() })]))).toJSON()
  const configuration = migrations => ({
    'package.json': { plinth: { models: './models.json', dialects: ['sqlite'], ...(migrations && { migrations }) } },
  })
  const cwd = project(t, {
    ...configuration(),
    '.env': 'DATABASE_URL=sqlite:///./one.db\n',
    'models.json': json('users'),
  })
  const options = { cwd, env: {} }
  assert.match((await initDb(options)).url, /one\.db$/)
  write(cwd, { '.env': 'DATABASE_URL=sqlite:///./two.db\n', 'models.json': json('users', 'tasks') })
  const second = await initDb(options)
  assert.match(second.url, /two\.db$/)
  assert.deepEqual(second.created.tables.toSorted(), ['tasks', 'users'])

  write(cwd, { '.env': 'DATABASE_URL=sqlite:///./three.db\n' })
  const db = open(options)
  t.after(() => db.close())
  assert.deepEqual((await initDb({ db, migrations: false })).created.tables.toSorted(), ['tasks', 'users'])
  await revision({ ...options, message: 'first', migrations: './elsewhere' })
  assert.deepEqual((await initDb({ db })).migrated, [])
  // The handle stays at its database; where the revisions are is read anew.
  write(cwd, {
    ...configuration('./elsewhere'),
    '.env': 'DATABASE_URL=sqlite:///./four.db\nENABLE_AUTO_MIGRATION=false\n',
  })
  const left = await initDb({ db, cwd, env: {} })
  assert.match(left.url, /three\.db$/)
  assert.equal(left.adopted, false)
  write(cwd, { '.env': '' })
  const adopted = await initDb({ db, cwd, env: {} })
  assert.deepEqual([adopted.adopted, adopted.url], [true, left.url])
  assert.deepEqual((await upgrade({ db, cwd })).applied, [])
})

test('a handle keeps the folder that it was opened in', t => {
  const cwd = complete(t, 'ts')
  const script = `const plinth = require('plinth')
const main = async () => {
  const db = plinth.open()
  await plinth.revision({ message: 'first', prove: false })
  process.chdir('/')
  const { migrated, url } = await plinth.initDb({ db })
  await db.close()
  console.log(migrated.length, url)
}
main()`
  write(cwd, { 'main.cjs': script })
  const { stdout, stderr } = run(cwd, process.execPath, ['main.cjs'])
  assert.deepEqual([stdout, stderr], [`1 sqlite:///${join(cwd, 'app.db')}\n`, ''])
})

test('with models, url and folder given the dialects of a configuration do not count', async t => {
  const cwd = project(t, { 'package.json': { plinth: { dialects: ['sqlite'], template: './none.txt' } } })
  const models = schema({ notes: model('notes', { id: c.id() }) })
  const written = async options => {
    const call = { models, cwd, env: {}, migrations: './revisions', message: 'first', sql: true, prove: false }
    const { revisions } = await revision({ ...call, ...options })
    return Object.keys(revisions[0].files)
  }
  const both = await written({ url: 'sqlite:///./app.db' })
  assert.ok(
    both.some(name => /postgres/.test(name)),
    both.join(),
  )
  write(cwd, { 'none.txt': 'SQL of the app' })
  const one = await written()
  assert.ok(!one.some(name => /postgres/.test(name)), one.join())
})
