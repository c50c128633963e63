// The command `plinth`: each verb, its documents, its silence, its errors and its exit codes.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { brokenUrl, dialect, exists, projectFiles, projectUrl, shown } from '../support/dialect.mjs'
import { here } from '../support/differences.mjs'
import { plinth, project, write } from '../support/project.mjs'

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
const version = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version

/** A project with a database of its own, which does not exist yet. */
const app = async (t, more) => project(t, { ...files, ...(await projectFiles(t)), ...more })

const succeed = ({ code, stdout, stderr }) => {
  assert.equal(code, 0, stderr || stdout)
  assert.equal(stderr, '')
  return stdout
}
const noStack = text => assert.doesNotMatch(text, /^\s+at .*:\d+:\d+\)?$/m)

test('init says what was created, seeded and left, where and how fast', async t => {
  const cwd = await app(t)
  const first = succeed(plinth(cwd, ['init']))
  assert.match(first, /plinth init {2}/)
  assert.ok(first.includes(shown(projectUrl(cwd))), first)
  assert.match(first, /created +2 tables: (users, teams|teams, users)/)
  assert.match(first, /seeded +admin/)
  assert.match(first, /Done, [\d.]+ m?s/)
  assert.ok(await exists(projectUrl(cwd)))

  const second = succeed(plinth(cwd, ['init']))
  assert.match(second, /unchanged +2 tables\n/)
  assert.match(second, /unchanged +1 seed: admin/)
  assert.match(second, /Nothing to do, /)
  assert.ok(!(first + second).includes('\u001b'), 'no colours without a terminal')
})

test('init --json prints one document', async t => {
  const cwd = await app(t)
  const report = JSON.parse(succeed(plinth(cwd, ['init', '--json'])))
  assert.equal(report.dialect, dialect)
  assert.deepEqual(report.created.tables.toSorted(), ['teams', 'users'])
  assert.deepEqual(report.seeded, ['admin'])
  assert.equal(typeof report.durationMs, 'number')
  const again = JSON.parse(succeed(plinth(cwd, ['init', '--json'])))
  assert.deepEqual([again.created.tables, again.seeded, again.alreadySeeded], [[], [], ['admin']])
})

const verbs = ['init', 'seed', 'health', 'reset', 'schema']

test('--quiet prints nothing; of a failure only the error', async t => {
  const cwd = await app(t)
  for (const verb of verbs) assert.equal(succeed(plinth(cwd, [verb, '--quiet'])), '')
  write(cwd, { 'models.mjs': 'export default 1' })
  for (const verb of verbs) {
    const { code, stdout, stderr } = plinth(cwd, [verb, '--quiet'])
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /^plinth: models\.mjs has no schema\.\n/)
  }
})

test('--json of each verb is one document of its report, and of a failure one with the error', async t => {
  const cwd = await app(t)
  const document = (verb, ...more) => JSON.parse(succeed(plinth(cwd, [verb, '--json', ...more])))
  const keys = value => Object.keys(value).toSorted().join()
  const init =
    'adopted,ahead,alreadySeeded,created,dialect,drift,durationMs,existing,migrated,pending,repaired,seeded,url'
  assert.equal(keys(document('init')), init)
  assert.equal(keys(document('seed')), init)
  const reset = document('reset')
  const more = here('resetKeepsInFile') ? 'erased,init,kept,keptFile' : 'init,kept'
  assert.equal(keys(reset), `dialect,dropped,durationMs,${more},url`)
  assert.equal(keys(reset.init), init)
  assert.equal(keys(reset.dropped), 'tables,triggers,views')
  assert.equal(
    keys(document('health')),
    'dialect,latencyMs,pending,pool,prepare,revision,serverVersion,status,unfinished,url,version',
  )
  assert.equal(keys(document('schema')), 'format,models')
  for (const { url } of [reset, document('health')]) assert.equal(url, shown(projectUrl(cwd)))

  const failure = (verb, ...more) => {
    const { code, stdout, stderr } = plinth(cwd, [verb, '--json', ...more])
    const { error, ...nothing } = JSON.parse(stdout)
    assert.deepEqual(nothing, {})
    if (error.code !== 'USAGE') assert.ok(stderr.startsWith(`plinth: ${error.message.split('\n')[0]}`), stderr)
    return [code, error.code]
  }
  for (const verb of verbs) assert.deepEqual(failure(verb, '--nothing'), [2, 'USAGE'])
  const broken = brokenUrl(cwd)
  for (const verb of ['init', 'seed', 'reset']) assert.deepEqual(failure(verb, '--url', broken.url), [2, broken.code])
  const down = plinth(cwd, ['health', '--json', '--url', broken.url])
  assert.equal(down.code, 2)
  assert.equal(
    keys(JSON.parse(down.stdout)),
    'code,dialect,error,latencyMs,pending,pool,prepare,revision,serverVersion,status,unfinished,url,version',
  )
  for (const verb of ['init', 'seed', 'reset', 'health'])
    assert.deepEqual(failure(verb, '--url', 'http://x'), [2, 'URL_INVALID'])
  write(cwd, { 'models.mjs': models.replace("'teams.id'", "'nowhere.id'") })
  for (const verb of ['init', 'seed', 'reset', 'health']) assert.deepEqual(failure(verb), [2, 'SCHEMA_INVALID'])
  write(cwd, { 'package.json': { name: 'app' } })
  for (const verb of verbs) assert.deepEqual(failure(verb), [2, 'CONFIG_NOT_FOUND'])
})

test('init leaves differences, says each, and ends with 0', async t => {
  const cwd = await app(t)
  succeed(plinth(cwd, ['init']))
  const changed = models
    .replace('email: c.text().unique()', 'email: c.integer()')
    .replace('name: c.text() })', 'phone: c.text().nullable() }, t => [index(t.phone)])')
    .replace('{ c,', '{ c, index,')
  write(cwd, { 'models.mjs': changed })
  const text = succeed(plinth(cwd, ['init']))
  const pending = text.split('\n').filter(line => /^ {2}pending {3}\S/.test(line))
  for (const words of [
    /users\.email.*text.*int/i,
    /teams.*no column.*phone/,
    /teams.*column `name`, which no model/,
    /no index/,
  ])
    assert.equal(pending.filter(line => words.test(line)).length, 1, `${words}\n${text}`)
  assert.match(text, /Nothing to do; 4 differences unchanged, /)
  const report = JSON.parse(succeed(plinth(cwd, ['init', '--json'])))
  assert.equal(report.pending.length, 4)
  for (const sentence of report.pending) assert.match(sentence, /^[A-Z].*\.$/)
  assert.equal(succeed(plinth(cwd, ['init', '--quiet'])), '')
  // One that is safe to add beside one that is not: a new table is created all the same.
  write(cwd, {
    'models.mjs': changed
      .replace('schema({', 'schema({ more,')
      .replace('export default', "const more = model('more', { id: c.id() })\nexport default"),
  })
  const more = succeed(plinth(cwd, ['init']))
  assert.match(more, /created +1 table: more/)
  assert.match(more, /Done; 4 differences unchanged, /)
})

test('seed runs each seed once', async t => {
  const cwd = await app(t)
  assert.match(succeed(plinth(cwd, ['seed'])), /seeded +admin/)
  assert.match(succeed(plinth(cwd, ['seed'])), /unchanged +1 seed: admin/)
})

test('seed names the seeds that wait for a table', async t => {
  const cwd = await app(t)
  succeed(plinth(cwd, ['revision', 'first']))
  const text = succeed(plinth(cwd, ['seed'], { ENABLE_AUTO_MIGRATION: 'false' }))
  assert.match(text, /pending +The seed "admin" has not run: the table "\w+" .*do(es)? not exist\./)
  assert.doesNotMatch(text, /Nothing to do/)
  assert.match(succeed(plinth(cwd, ['seed'])), /seeded +admin/)
})

test('seed without seeds is misuse, and says where to name them', async t => {
  const cwd = await app(t, { 'package.json': manifest({ models: './models.mjs' }) })
  const { code, stdout, stderr } = plinth(cwd, ['seed'])
  assert.deepEqual([code, stdout], [2, ''])
  assert.match(stderr, /names none/)
  assert.match(stderr, /hint +.*"seed"/)
})

test('reset says what it dropped', async t => {
  const cwd = await app(t)
  succeed(plinth(cwd, ['init']))
  const text = succeed(plinth(cwd, ['reset']))
  assert.match(text, /dropped +\d tables with \d+ rows?: /)
  assert.match(text, /users \(1\)/)
  assert.match(text, /created +2 tables/)
  const report = JSON.parse(succeed(plinth(cwd, ['reset', '--json'])))
  assert.equal(report.dropped.tables.find(({ name }) => name === 'users').rows, 1)
  assert.deepEqual(report.init.seeded, ['admin'])
})

test('reset in production is refused with 1 and says what it would have destroyed; --force does it', async t => {
  const cwd = await app(t)
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
  assert.match(succeed(plinth(cwd, ['seed'], production)), /unchanged +1 seed/, 'nothing was destroyed')
  assert.match(succeed(plinth(cwd, ['reset', '--force'], production)), /dropped/)
})

test('health is 0 when the database answers and 2 when it does not', async t => {
  const cwd = await app(t)
  const missing = plinth(cwd, ['health'])
  assert.equal(missing.code, 2)
  assert.match(missing.stdout, /does not exist|has no database/)
  assert.equal(await exists(projectUrl(cwd)), false)
  succeed(plinth(cwd, ['init']))
  assert.match(succeed(plinth(cwd, ['health'])), /status +ok/)
  const report = JSON.parse(succeed(plinth(cwd, ['health', '--json'])))
  assert.equal(report.status, 'ok')
  assert.equal(report.version, version)
  const { url } = brokenUrl(cwd)
  const down = plinth(cwd, ['health', '--json', '--url', url])
  assert.equal(down.code, 2)
  assert.equal(JSON.parse(down.stdout).status, 'down')
  assert.match(plinth(cwd, ['health', '--url', url]).stdout, /status +down\n(.*\n)*.*because +\S/)
})

test('schema prints the models, and its output is a models file', async t => {
  const cwd = await app(t)
  const text = succeed(plinth(cwd, ['schema']))
  assert.equal(succeed(plinth(cwd, ['schema', '--json'])), text)
  assert.deepEqual(
    JSON.parse(text).models.map(({ model }) => model),
    ['users', 'teams'],
  )
  const other = project(t, {
    ...(await projectFiles(t)),
    'package.json': manifest({ models: './schema.json' }),
    'schema.json': text,
  })
  assert.match(succeed(plinth(other, ['init'])), /created +2 tables/)
  assert.equal(succeed(plinth(other, ['schema'])), text)
})

test('every fault of a schema is on a line of its own, with model and column', async t => {
  const wrong = models
    .replace("'teams.id'", "'nowhere.id'")
    .replace('name: c.text()', "name: c.text().references('lost.name')")
  const cwd = await app(t, { 'models.mjs': wrong })
  const { code, stdout, stderr } = plinth(cwd, ['init'])
  assert.deepEqual([code, stdout], [2, ''])
  assert.match(stderr, /^ +users\.teamId: .*nowhere/m)
  assert.match(stderr, /^ +teams\.name: /m)
  assert.match(stderr, /SCHEMA_INVALID/)
  noStack(stderr)
  const document = JSON.parse(plinth(cwd, ['init', '--json']).stdout)
  assert.equal(document.error.code, 'SCHEMA_INVALID')
  assert.deepEqual(document.error.problems.map(({ model }) => model).toSorted(), ['teams', 'users'])
  assert.equal(await exists(projectUrl(cwd)), false, 'nothing half-done')
})

test('seeds that cannot be loaded are found out before anything changes', async t => {
  const cwd = await app(t)
  succeed(plinth(cwd, ['init']))
  write(cwd, { 'seed.mjs': 'export default { admin: 1 }' })
  for (const verb of ['init', 'seed', 'reset']) {
    const { code, stderr } = plinth(cwd, [verb])
    assert.equal(code, 2)
    assert.match(stderr, /seed admin of seed\.mjs is not a function[\s\S]*CONFIG_INVALID/)
  }
  write(cwd, { 'package.json': manifest({ models: './models.mjs', seed: './other.mjs' }) })
  assert.match(plinth(cwd, ['reset']).stderr, /other\.mjs does not exist[\s\S]*hint +Correct the path/)
  write(cwd, files)
  assert.match(succeed(plinth(cwd, ['init'])), /unchanged +1 seed: admin/, 'nothing was dropped')
})

test('seeds run once each by name, in their order; a new one runs alone, a failed one again', async t => {
  const cwd = await app(t)
  succeed(plinth(cwd, ['init']))
  const seeds = `export default [
    { name: 'first', run: tx => tx.teams.create({ name: 'one' }) },
    { name: 'admin', run: () => { throw new Error('has run') } },
    { name: 'second', run: async tx => { if (!(await tx.teams.exists())) throw new Error('out of order') } },
  ]`
  write(cwd, {
    'seed.mjs': seeds.replace("name: 'second', run: ", "name: 'second', run: async () => null ?? missing, was: "),
  })
  const failed = plinth(cwd, ['seed'])
  assert.equal(failed.code, 2)
  assert.match(failed.stderr, /Seed "second": missing is not defined \(seed\.mjs:4\)\n/)
  write(cwd, { 'seed.mjs': seeds })
  const report = JSON.parse(succeed(plinth(cwd, ['seed', '--json'])))
  assert.deepEqual([report.seeded, report.alreadySeeded], [['second'], ['first', 'admin']])
})

test('a failing seed says where, and leaves nothing of itself', async t => {
  const failing = `export default { twice: async tx => {
    await tx.users.create({ email: 'a@example.com' })
    await tx.users.create({ email: 'a@example.com' })
  } }`
  const cwd = await app(t, { 'seed.mjs': failing })
  const { code, stderr } = plinth(cwd, ['init'])
  assert.equal(code, 2)
  assert.match(stderr, /^plinth: Seed "twice": /)
  assert.match(stderr, /where +users\.email/)
  assert.match(stderr, /code +UNIQUE_VIOLATION/)
  noStack(stderr)
  assert.match(plinth(cwd, ['init'], { DEBUG: 'plinth' }).stderr, /^\s+at /m, 'the stack is there when asked for')
})

test("an error of the user's own file names the file and line, without a stack", async t => {
  const cwd = await app(t, { 'models.mjs': `const a = 1\n\nthrow new Error('out of models')\n` })
  const { code, stderr } = plinth(cwd, ['init'])
  assert.equal(code, 2)
  assert.match(stderr, /out of models/)
  assert.match(stderr, /models\.mjs:3/)
  noStack(stderr)
})

test('a malformed URL, and a folder without a configuration', async t => {
  const cwd = await app(t)
  const wrong = plinth(cwd, ['init', '--url', 'mongodb://localhost/x'])
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /URL_INVALID/)
  const bare = project(t)
  const none = plinth(bare, ['init'])
  assert.equal(none.code, 2)
  assert.match(none.stderr, /plinth/)
  noStack(wrong.stderr + none.stderr)
})

test('misuse is 2, suggests, and never a stack', async t => {
  const cwd = await app(t)
  for (const [args, words] of [
    [['inti'], /unknown command 'inti'[\s\S]*Did you mean init\?/],
    [['init', '--jsn'], /unknown option '--jsn'[\s\S]*Did you mean --json\?/],
    [['init', 'extra'], /too many arguments/],
    [['init', '--url'], /argument missing/],
    [['init', '--force'], /unknown option '--force'/],
    [['schema', '--url', 'x'], /unknown option '--url'/],
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
  for (const option of ['--version', '-v']) assert.equal(succeed(plinth(cwd, [option])), `${version}\n`)
  const help = succeed(plinth(cwd, ['--help']))
  assert.equal(succeed(plinth(cwd, ['-h'])), help)
  for (const verb of verbs) {
    assert.match(help, new RegExp(`^ +${verb} `, 'm'))
    assert.match(succeed(plinth(cwd, [verb, '--help'])), /--json/)
  }
  assert.match(help, /Exit codes/)
})
