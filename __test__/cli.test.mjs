// The command `plinth`: each verb, its documents, its silence, its errors and its exit codes.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { plinth, project } from './support/project.mjs'

const models = `
import { c, model, schema } from 'plinth'
export const users = model('users', { id: c.id(), email: c.text().unique(), teamId: c.integer().nullable().references('teams.id') })
export const teams = model('teams', { id: c.id(), name: c.text() })
export default schema({ users, teams })
`
const seed = `export default {
  admin: async tx => { await tx.users.create({ email: 'admin@example.com' }) },
}`
const manifest = (plinth = { models: './models.mjs', seed: './seed.mjs' }) => ({ name: 'app', private: true, plinth })
const files = { 'package.json': manifest(), 'models.mjs': models, 'seed.mjs': seed }
const version = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version

const succeed = ({ code, stdout, stderr }) => {
  assert.equal(code, 0, stderr || stdout)
  assert.equal(stderr, '')
  return stdout
}
const noStack = text => assert.doesNotMatch(text, /^\s+at .*:\d+:\d+\)?$/m)

test('init says what was created, seeded and left, where and how fast', t => {
  const cwd = project(t, files)
  const first = succeed(plinth(cwd, ['init']))
  assert.match(first, /plinth init {2}.*app\.db/)
  assert.match(first, /created +2 tables: (users, teams|teams, users)/)
  assert.match(first, /seeded +admin/)
  assert.match(first, /Done, [\d.]+ m?s/)
  assert.ok(existsSync(join(cwd, 'app.db')))

  const second = succeed(plinth(cwd, ['init']))
  assert.match(second, /left +2 tables as they were/)
  assert.match(second, /left +1 seed that had run before: admin/)
  assert.match(second, /Nothing to do, /)
  assert.ok(!(first + second).includes('\u001b'), 'no colours without a terminal')
})

test('init --json prints one document', t => {
  const cwd = project(t, files)
  const report = JSON.parse(succeed(plinth(cwd, ['init', '--json'])))
  assert.equal(report.dialect, 'sqlite')
  assert.deepEqual(report.created.tables.toSorted(), ['teams', 'users'])
  assert.deepEqual(report.seeded, ['admin'])
  assert.equal(typeof report.durationMs, 'number')
  const again = JSON.parse(succeed(plinth(cwd, ['init', '--json'])))
  assert.deepEqual([again.created.tables, again.seeded, again.alreadySeeded], [[], [], ['admin']])
})

test('--quiet prints nothing', t => {
  const cwd = project(t, files)
  for (const verb of ['init', 'seed', 'health', 'reset', 'schema'])
    assert.equal(succeed(plinth(cwd, [verb, '--quiet'])), '')
})

test('init leaves a difference and says so', t => {
  const cwd = project(t, files)
  succeed(plinth(cwd, ['init']))
  const changed = models.replace('name: c.text()', 'name: c.text(), phone: c.text().nullable()')
  const cwd2 = project(t, { ...files, 'models.mjs': changed })
  const url = `sqlite:///${join(cwd, 'app.db')}`
  assert.match(succeed(plinth(cwd2, ['init', '--url', url])), /pending +.*phone/)
  assert.equal(JSON.parse(succeed(plinth(cwd2, ['init', '--json', '--url', url]))).pending.length, 1)
})

test('the database: --url, then DATABASE_URL, then .env, then the configuration', t => {
  const cwd = project(t, {
    ...files,
    'package.json': manifest({ models: './models.mjs', url: 'sqlite:///./config.db' }),
  })
  const made = name => existsSync(join(cwd, name))
  succeed(plinth(cwd, ['init']))
  assert.ok(made('config.db'))
  const cwd2 = project(t, { ...files, '.env': 'DATABASE_URL=sqlite:///./dotenv.db\n' })
  succeed(plinth(cwd2, ['init']))
  assert.ok(existsSync(join(cwd2, 'dotenv.db')))
  succeed(plinth(cwd, ['init'], { DATABASE_URL: 'sqlite:///./env.db' }))
  assert.ok(made('env.db'))
  succeed(plinth(cwd, ['init', '--url', 'sqlite:///./option.db'], { DATABASE_URL: 'sqlite:///./unused.db' }))
  assert.ok(made('option.db') && !made('unused.db'))
})

test('seed runs each seed once', t => {
  const cwd = project(t, files)
  assert.match(succeed(plinth(cwd, ['seed'])), /seeded +admin/)
  assert.match(succeed(plinth(cwd, ['seed'])), /left +1 seed that had run before: admin/)
})

test('seed without seeds is misuse, and says where to name them', t => {
  const cwd = project(t, { ...files, 'package.json': manifest({ models: './models.mjs' }) })
  const { code, stdout, stderr } = plinth(cwd, ['seed'])
  assert.deepEqual([code, stdout], [2, ''])
  assert.match(stderr, /names none/)
  assert.match(stderr, /hint +.*"seed"/)
})

test('reset says what it dropped', t => {
  const cwd = project(t, files)
  succeed(plinth(cwd, ['init']))
  const text = succeed(plinth(cwd, ['reset']))
  assert.match(text, /dropped +\d tables with \d+ rows?: /)
  assert.match(text, /users \(1\)/)
  assert.match(text, /created +2 tables/)
  const report = JSON.parse(succeed(plinth(cwd, ['reset', '--json'])))
  assert.equal(report.dropped.tables.find(({ name }) => name === 'users').rows, 1)
  assert.deepEqual(report.init.seeded, ['admin'])
})

test('reset in production is refused with 1 and says what it would have destroyed; --force does it', t => {
  const cwd = project(t, files)
  const production = { NODE_ENV: 'production' }
  succeed(plinth(cwd, ['init'], production))
  const { code, stdout, stderr } = plinth(cwd, ['reset'], production)
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(stderr, /RESET_REFUSED/)
  assert.match(stderr, /users/)
  assert.match(stderr, /1 row/)
  assert.match(stderr, /force/)
  const json = plinth(cwd, ['reset', '--json'], production)
  assert.equal(json.code, 1)
  assert.equal(JSON.parse(json.stdout).error.code, 'RESET_REFUSED')
  assert.match(succeed(plinth(cwd, ['seed'], production)), /left +1 seed/, 'nothing was destroyed')
  assert.match(succeed(plinth(cwd, ['reset', '--force'], production)), /dropped/)
})

test('health is 0 when the database answers and 2 when it does not', t => {
  const cwd = project(t, files)
  assert.match(succeed(plinth(cwd, ['health'])), /status +ok/)
  const report = JSON.parse(succeed(plinth(cwd, ['health', '--json'])))
  assert.equal(report.status, 'ok')
  assert.equal(report.version, version)
  mkdirSync(join(cwd, 'folder.db'))
  const down = plinth(cwd, ['health', '--json', '--url', 'sqlite:///./folder.db'])
  assert.equal(down.code, 2)
  assert.equal(JSON.parse(down.stdout).status, 'down')
  assert.match(plinth(cwd, ['health', '--url', 'sqlite:///./folder.db']).stdout, /status +down\n(.*\n)*.*because +\S/)
})

test('schema prints the models, and its output is a models file', t => {
  const cwd = project(t, files)
  const text = succeed(plinth(cwd, ['schema']))
  assert.equal(succeed(plinth(cwd, ['schema', '--json'])), text)
  assert.deepEqual(
    JSON.parse(text).models.map(({ model }) => model),
    ['users', 'teams'],
  )
  const other = project(t, { 'package.json': manifest({ models: './schema.json' }), 'schema.json': text })
  assert.match(succeed(plinth(other, ['init'])), /created +2 tables/)
  assert.equal(succeed(plinth(other, ['schema'])), text)
})

test('every fault of a schema is on a line of its own, with model and column', t => {
  const wrong = models
    .replace("'teams.id'", "'nowhere.id'")
    .replace('name: c.text()', "name: c.text().references('lost.name')")
  const cwd = project(t, { ...files, 'models.mjs': wrong })
  const { code, stdout, stderr } = plinth(cwd, ['init'])
  assert.deepEqual([code, stdout], [2, ''])
  assert.match(stderr, /^ +users\.teamId: .*nowhere/m)
  assert.match(stderr, /^ +teams\.name: /m)
  assert.match(stderr, /SCHEMA_INVALID/)
  noStack(stderr)
  const document = JSON.parse(plinth(cwd, ['init', '--json']).stdout)
  assert.equal(document.error.code, 'SCHEMA_INVALID')
  assert.deepEqual(document.error.problems.map(({ model }) => model).toSorted(), ['teams', 'users'])
  assert.ok(!existsSync(join(cwd, 'app.db')), 'nothing half-done')
})

test('a failing seed says where, and leaves nothing of itself', t => {
  const failing = `export default { twice: async tx => {
    await tx.users.create({ email: 'a@example.com' })
    await tx.users.create({ email: 'a@example.com' })
  } }`
  const cwd = project(t, { ...files, 'seed.mjs': failing })
  const { code, stderr } = plinth(cwd, ['init'])
  assert.equal(code, 2)
  assert.match(stderr, /where +users\.email/)
  assert.match(stderr, /code +UNIQUE_VIOLATION/)
  noStack(stderr)
  assert.match(plinth(cwd, ['init'], { DEBUG: 'plinth' }).stderr, /^\s+at /m, 'the stack is there when asked for')
})

test("an error of the user's own file names the file and line, without a stack", t => {
  const cwd = project(t, { ...files, 'models.mjs': `const a = 1\n\nthrow new Error('out of models')\n` })
  const { code, stderr } = plinth(cwd, ['init'])
  assert.equal(code, 2)
  assert.match(stderr, /out of models/)
  assert.match(stderr, /models\.mjs:3/)
  noStack(stderr)
})

test('a malformed URL, and a folder without a configuration', t => {
  const cwd = project(t, files)
  const wrong = plinth(cwd, ['init', '--url', 'mongodb://localhost/x'])
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /URL_INVALID/)
  const bare = project(t)
  const none = plinth(bare, ['init'])
  assert.equal(none.code, 2)
  assert.match(none.stderr, /plinth/)
  noStack(wrong.stderr + none.stderr)
})

test('misuse is 2, suggests, and never a stack', t => {
  const cwd = project(t, files)
  for (const [args, words] of [
    [['inti'], /unknown command 'inti'[\s\S]*Did you mean init\?/],
    [['init', '--jsn'], /unknown option '--jsn'[\s\S]*Did you mean --json\?/],
    [['init', 'extra'], /too many arguments/],
    [['init', '--url'], /argument missing/],
    [[], /Usage: plinth/],
  ]) {
    const { code, stdout, stderr } = plinth(cwd, args)
    assert.deepEqual([code, stdout], [2, ''], args.join(' '))
    assert.match(stderr, words)
    noStack(stderr)
  }
  const { code, stdout } = plinth(cwd, ['init', '--json', '--nothing'])
  assert.equal(code, 2)
  assert.equal(JSON.parse(stdout).error.code, 'USAGE')
})

test('--help and --version are 0', t => {
  const cwd = project(t)
  assert.equal(succeed(plinth(cwd, ['--version'])), `${version}\n`)
  const help = succeed(plinth(cwd, ['--help']))
  for (const verb of ['init', 'reset', 'seed', 'health', 'schema']) {
    assert.match(help, new RegExp(`^ +${verb} `, 'm'))
    assert.match(succeed(plinth(cwd, [verb, '--help'])), /--json/)
  }
  assert.match(help, /Exit codes/)
})
