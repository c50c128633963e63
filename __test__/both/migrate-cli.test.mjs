// The verbs of migrations on the command line: their words, documents, questions and exit codes.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { dialect, projectFiles, projectUrl, shown } from '../support/dialect.mjs'
import { plinth, project, write } from '../support/project.mjs'
import { atTerminal, noTerminal } from '../support/terminal.mjs'

const models = (users, more = '') => `
import { c, model, schema } from 'plinth'
const users = model('users', { id: c.id(), email: c.text().unique(), ${users} })
${more}
export default schema({ users${more && ', teams'} })
`
const before = models('phone: c.text().nullable()')
const after = models(
  'mobile: c.text().nullable(), country: c.text()',
  "const teams = model('teams', { id: c.id(), name: c.text() })",
)
const manifest = (more = {}) => ({
  name: 'app',
  private: true,
  plinth: { models: './models.mjs', dialects: [dialect], ...more },
})
const flags = ['--rename', 'users.phone:users.mobile', '--backfill', "users.country='XX'"]

/** A project with a database of its own, which does not exist yet. */
const app = async (t, more) =>
  project(t, { 'package.json': manifest(), 'models.mjs': before, ...(await projectFiles(t)), ...more })

const succeed = ({ code, stdout, stderr }) => {
  assert.deepEqual([code, stderr], [0, ''], stdout)
  return stdout
}
const ended = (expected, { code, stdout, stderr }) => {
  assert.equal(code, expected, stdout + stderr)
  assert.doesNotMatch(stderr, /^\s+at .*:\d+:\d+\)?$/m)
  return stdout + stderr
}
const revisions = cwd => (existsSync(join(cwd, 'migrations')) ? readdirSync(join(cwd, 'migrations')).toSorted() : [])

test('from a change of the models to the database and back', async t => {
  const cwd = await app(t)
  const wrote = succeed(plinth(cwd, ['revision', 'create', 'users']))
  assert.match(wrote, /^plinth revision\n +wrote +migrations\/\d{14}_create_users\n/)
  assert.match(wrote, new RegExp(`up\\.${dialect}\\.sql`))
  assert.match(wrote, /change +.*users/)
  assert.match(wrote, /Done, /)
  assert.match(ended(1, plinth(cwd, ['status'])), /pending +\d{14}_create_users[\s\S]*plinth upgrade/)
  const up = succeed(plinth(cwd, ['upgrade']))
  assert.ok(up.includes(shown(projectUrl(cwd))), up)
  assert.match(up, /applied +\d{14}_create_users \(\d+ ms\)\n +current +\d{14}\n +Done, /)
  assert.match(succeed(plinth(cwd, ['upgrade'])), /unchanged +1 revision[\s\S]*Nothing to do, /)
  assert.match(succeed(plinth(cwd, ['status'])), /Up to date/)
  assert.match(succeed(plinth(cwd, ['check'])), /Up to date/)
  assert.match(succeed(plinth(cwd, ['revision', 'again'])), /Nothing to do: /)

  write(cwd, { 'models.mjs': after })
  const missing = ended(1, plinth(cwd, ['check']))
  assert.match(missing, /users\.phone[\s\S]*users\.mobile[\s\S]*A revision is missing/)
  assert.match(missing, /warning +users\.phone is dropped or renamed: the running release/)
  const changed = succeed(plinth(cwd, ['revision', 'add countries', ...flags]))
  assert.match(changed, /teams/)
  assert.match(changed, /warning +users\.phone is renamed to mobile: the running release/)
  const [first, second] = revisions(cwd).map(name => name.slice(0, 14))
  const warned = new RegExp(`warning +${second}: users\\.phone is renamed[\\s\\S]*Up to date`)
  for (const since of [[], ['--since', first]]) assert.match(succeed(plinth(cwd, ['check', ...since])), warned)
  assert.doesNotMatch(succeed(plinth(cwd, ['check', '--since', second])), /warning/)
  assert.match(ended(2, plinth(cwd, ['check', '--since', '1999'])), /REVISION_UNKNOWN/)
  assert.match(succeed(plinth(cwd, ['upgrade', '+1'])), /applied +\d{14}_add_countries/)
  assert.match(succeed(plinth(cwd, ['downgrade', '-1'])), /reverted +\d{14}_add_countries/)
  const history = succeed(plinth(cwd, ['history']))
  assert.match(history, /_create_users +applied [\d-]+ [\d:]+, \S+@\S+\n.*_add_countries +pending\n/)
  assert.match(history, /log\n.* up +.*\n.* up +.*\n.* down +\d{14}_add_countries/)
  assert.match(succeed(plinth(cwd, ['downgrade', 'base'])), /base: no revision is applied/)
  assert.match(succeed(plinth(cwd, ['stamp', 'head'])), /stamped +2 revisions/)
  assert.match(succeed(plinth(cwd, ['downgrade', '-2', '--sql'])), /DROP/)
})

test('without a terminal nothing is asked: the flags that would decide are named, and nothing is written', async t => {
  const cwd = await app(t)
  succeed(plinth(cwd, ['revision', 'first']))
  write(cwd, { 'models.mjs': after })
  const text = ended(2, plinth(cwd, ['revision', 'second']))
  assert.match(text, /DECISION_REQUIRED/)
  for (const flag of ['--rename users.phone:users.mobile', '--drop users.phone']) assert.ok(text.includes(flag), text)
  assert.ok(ended(2, plinth(cwd, ['revision', 'second', ...flags.slice(0, 2)])).includes('--backfill "users.country='))
  const { error } = JSON.parse(plinth(cwd, ['revision', 'second', '--json']).stdout)
  assert.equal(error.code, 'DECISION_REQUIRED')
  assert.deepEqual(
    error.questions.map(({ question }) => question),
    ['rename'],
  )
  assert.equal(revisions(cwd).length, 1)
  succeed(plinth(cwd, ['revision', 'second', ...flags]))
  assert.equal(revisions(cwd).length, 2)
})

test('flags that are not understood, name nothing, or contradict', async t => {
  const cwd = await app(t)
  succeed(plinth(cwd, ['revision', 'first']))
  write(cwd, { 'models.mjs': after })
  for (const args of [
    ['--rename', 'users.phone'],
    ['--rename', ':users.mobile'],
    ['--backfill', 'users.country'],
    [...flags, '--backfill', 'users.country=default'],
    [...flags, '--backfill', `users.country=${dialect}:'XX'`],
    [...flags.slice(0, 2), '--backfill', 'users.country=mysql:id'],
    [...flags.slice(0, 2), '--backfill', `users.country=${dialect}:`],
    [...flags.slice(0, 2), ...['1', '2'].flatMap(n => ['--backfill', `users.country=${dialect}:'${n}'`])],
    [...flags.slice(0, 2), '--backfill', `users.country=${dialect === 'sqlite' ? 'postgres' : 'sqlite'}:'XX'`],
    ['--map', 'users.role'],
    ['--map', 'users.role:old'],
    ['--rename', 'users.nothing:users.mobile'],
    [...flags, '--drop', 'users.nothing'],
    ['--rename', 'users.phone:users.mobile', '--rename', 'users.phone:users.country'],
  ])
    assert.match(ended(2, plinth(cwd, ['revision', 'second', ...args])), /CHOICE_INVALID/, args.join(' '))
  assert.match(ended(2, plinth(cwd, ['revision', 'second', '--dialect', 'mysql'])), /mysql|dialects/)
  for (const args of [['revision'], ['stamp'], ['stamp', 'a', 'b'], ['upgrade', 'a', 'b'], ['check', 'x']])
    assert.match(ended(2, plinth(cwd, args)), /argument/, args.join(' '))
  assert.equal(revisions(cwd).length, 1)
})

test('--backfill takes the default of the column, and an expression for each database', async t => {
  const cwd = await app(t, { 'package.json': manifest({ dialects: ['sqlite', 'postgres'] }) })
  succeed(plinth(cwd, ['revision', 'first', '--no-prove']))
  write(cwd, { 'models.mjs': models("phone: c.text().default(''), token: c.uuid().defaultRandom(), code: c.text()") })
  const text = ended(2, plinth(cwd, ['revision', 'second', '--no-prove']))
  assert.ok(text.includes('--backfill "users.phone=default", or --backfill "users.phone=<SQL expression>"'), text)
  assert.match(text, /users\.phone.*may not be NULL any more: .* its default is ''/)
  assert.doesNotMatch(text, /token/)
  const filled = ['--backfill', 'users.phone=default', '--backfill', 'users.code=sqlite:hex(id)']
  const left = ended(2, plinth(cwd, ['revision', 'second', '--no-prove', ...filled]))
  assert.match(left, /users\.code cannot be followed: it has no expression for postgres/)
  assert.ok(left.includes('--backfill "users.code=postgres:<SQL expression>"'), left)
  assert.equal(revisions(cwd).length, 1)
  succeed(
    plinth(cwd, ['revision', 'second', '--no-prove', ...filled, '--backfill', 'users.code= postgres: to_hex(id)']),
  )
  const sql = name => readFileSync(join(cwd, 'migrations', revisions(cwd)[1], `up.${name}.sql`), 'utf8')
  assert.match(sql('sqlite'), /, hex\(id\)/)
  assert.match(sql('postgres'), /SET "code" = to_hex\(id\);/)
  succeed(plinth(cwd, ['upgrade', '--quiet']))
  succeed(plinth(cwd, ['downgrade', '-2', '--quiet']))
})

test('a cast of a column named postgres is an expression for all databases', {
  skip: dialect === 'sqlite',
}, async t => {
  const cwd = await app(t)
  write(cwd, { 'models.mjs': models('postgres: c.integer()') })
  succeed(plinth(cwd, ['revision', 'first']))
  write(cwd, { 'models.mjs': models('postgres: c.integer(), code: c.text()') })
  succeed(plinth(cwd, ['revision', 'second', '--backfill', 'users.code=postgres::text']))
})

test('--sql prints SQL and nothing else, and changes nothing', async t => {
  const cwd = await app(t)
  const printed = succeed(plinth(cwd, ['revision', 'first', '--sql']))
  assert.match(printed, /CREATE TABLE/)
  assert.ok(
    printed.split('\n').every(line => !line.startsWith('plinth')),
    printed,
  )
  assert.deepEqual(revisions(cwd), [])
  succeed(plinth(cwd, ['revision', 'first']))
  assert.match(succeed(plinth(cwd, ['upgrade', '--sql'])), /CREATE TABLE/)
  assert.match(ended(1, plinth(cwd, ['status'])), /pending/)
  succeed(plinth(cwd, ['upgrade']))
  assert.match(succeed(plinth(cwd, ['downgrade', '-1', '--sql'])), /DROP TABLE/)
  succeed(plinth(cwd, ['status']))
})

test('--json is one document of the report, --quiet is silence', async t => {
  const cwd = await app(t)
  const keys = value => Object.keys(value).toSorted().join()
  const document = (args, code = 0) => {
    const result = plinth(cwd, [...args, '--json'])
    assert.deepEqual([result.code, result.stderr], [code, ''], result.stdout)
    return JSON.parse(result.stdout)
  }
  const wrote = document(['revision', 'first'])
  assert.equal(keys(wrote), 'durationMs,outcome,revisions')
  assert.equal(keys(wrote.revisions[0]), 'destructive,files,folder,name,operations,proven,version,warnings')
  assert.equal(
    keys(document(['status'], 1)),
    'applied,current,drift,driftUnknown,head,pending,problems,protected,unfinished,url',
  )
  assert.equal(keys(document(['upgrade'])), 'adopted,alreadyApplied,applied,current,dialect,durationMs,from,url')
  assert.equal(keys(document(['history'])), 'log,revisions,url')
  assert.ok(keys(document(['check'])).includes('conflicts,durationMs,edited,operations,outOfOrder,'))
  assert.equal(keys(document(['downgrade', '-1'])), 'current,dialect,durationMs,reverted,url')
  assert.equal(keys(document(['stamp', 'base'])), 'current,durationMs,removed,stamped,url')
  for (const verb of ['revision x', 'upgrade', 'downgrade', 'upgrade', 'history', 'status', 'check', 'stamp head'])
    assert.equal(succeed(plinth(cwd, [...verb.split(' '), '--quiet'])), '', verb)
})

test('models that cannot be loaded stop revision and check, and not what needs none', async t => {
  const cwd = await app(t)
  succeed(plinth(cwd, ['revision', 'first']))
  write(cwd, { 'models.mjs': 'throw new Error("out of models")' })
  for (const args of [['revision', 'second'], ['check']])
    assert.match(ended(2, plinth(cwd, args)), /out of models[\s\S]*CONFIG_INVALID/)
  succeed(plinth(cwd, ['upgrade']))
  for (const verb of ['status', 'history', 'downgrade']) succeed(plinth(cwd, [verb]))
  rmSync(join(cwd, 'package.json'))
  for (const verb of ['upgrade', 'status', 'check']) assert.match(ended(2, plinth(cwd, [verb])), /CONFIG_NOT_FOUND/)
})

test('what is refused by a guard is 1: an edited file', async t => {
  const cwd = await app(t)
  succeed(plinth(cwd, ['revision', 'first']))
  succeed(plinth(cwd, ['upgrade']))
  const file = join('migrations', revisions(cwd)[0], `up.${dialect}.sql`)
  write(cwd, { [file]: `${readFileSync(join(cwd, file), 'utf8')}\n-- edited\nSELECT 1;\n` })
  assert.match(ended(1, plinth(cwd, ['upgrade'])), /REVISION_EDITED/)
  assert.match(ended(1, plinth(cwd, ['status'])), /problem +[\s\S]*edited[\s\S]*1 problem/)
})

test('the configuration says where revisions are, for which databases, and what heads them', async t => {
  const cwd = await app(t, {
    'package.json': manifest({ migrations: './db/changes', dialects: ['sqlite'], template: './db/header.txt' }),
    'db/header.txt': '-- Property of Ada\n',
  })
  succeed(plinth(cwd, ['revision', 'first']))
  const [folder] = readdirSync(join(cwd, 'db/changes'))
  const files = readdirSync(join(cwd, 'db/changes', folder)).toSorted()
  assert.deepEqual(files, ['down.sqlite.sql', 'operations.json', 'up.sqlite.sql'])
  assert.match(readFileSync(join(cwd, 'db/changes', folder, 'up.sqlite.sql'), 'utf8'), /Property of Ada/)
})

test('init applies them, and reports it', async t => {
  const cwd = await app(t)
  succeed(plinth(cwd, ['revision', 'first']))
  assert.match(succeed(plinth(cwd, ['init'])), /applied +\d{14}_first \(\d+ ms\)[\s\S]*Done, /)
  assert.match(succeed(plinth(cwd, ['init'])), /Nothing to do, /)
  assert.match(succeed(plinth(cwd, ['reset', '--force'])), /applied +\d{14}_first/)
  write(cwd, { '.env': `${(await projectFiles(t))['.env'] ?? ''}\nENABLE_AUTO_MIGRATION=perhaps\n` })
  assert.match(ended(2, plinth(cwd, ['init'])), /ENABLE_AUTO_MIGRATION is neither true nor false/)
})

test('at a terminal it asks, and goes on', { skip: noTerminal }, async t => {
  const cwd = await app(t)
  succeed(plinth(cwd, ['revision', 'first']))
  write(cwd, { 'models.mjs': after })
  // Ctrl+D: nothing is decided, and nothing written.
  const left = await atTerminal(cwd, ['revision', 'second'], [['Which?', '\u0004']])
  assert.equal(left.code, 2, left.text)
  assert.match(left.text, /DECISION_REQUIRED/)
  assert.equal(revisions(cwd).length, 1)
  const { code, text } = await atTerminal(
    cwd,
    ['revision', 'second'],
    [
      ['Which?', 'x\r'],
      ['Which?', '1\r'],
      ['SQL expression', "'XX'\r"],
    ],
  )
  assert.equal(code, 0, text)
  assert.match(text, /users\.phone.* is gone from the models/)
  assert.match(text, /it was renamed to .*users\.mobile/)
  assert.match(text, /wrote +migrations\/\d{14}_second/)
  assert.equal(revisions(cwd).length, 2)
  // The default of the column is the first answer.
  write(cwd, { 'models.mjs': after.replace('mobile: c.text().nullable()', "mobile: c.text().default('none')") })
  const third = await atTerminal(
    cwd,
    ['revision', 'third'],
    [
      ['Which?', '3\r'],
      ['Which?', '1\r'],
    ],
  )
  assert.equal(third.code, 0, third.text)
  assert.match(third.text, /users\.mobile.* \(text\) may not be NULL any more\. What do rows with NULL get\?/)
  assert.match(third.text, /1 {2}its default, .*'none'/)
  const { text: up } = await atTerminal(cwd, ['upgrade'], [])
  assert.match(up, /\[#*\.*\] \d{14}_/, 'a bar')
})
