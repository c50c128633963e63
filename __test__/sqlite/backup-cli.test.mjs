// The verbs backup and restore: what they print, their documents, their guards and exit codes.
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { cliPath, plinth, project, run } from '../support/project.mjs'

const files = {
  'package.json': { name: 'app', type: 'module', plinth: { models: './models.mjs', seed: './seed.mjs' } },
  'models.mjs': `import { c, model, schema } from 'plinth'
export default schema({ users: model('users', { id: c.id(), email: c.text() }) })`,
  'seed.mjs': `export default { admin: async tx => { await tx.users.create({ email: 'admin@example.com' }) } }`,
}

/** A project with a database of one row. */
function app(t, more) {
  const cwd = project(t, { ...files, ...more })
  succeed(plinth(cwd, ['init']))
  return cwd
}

const succeed = ({ code, stdout, stderr }) => {
  assert.deepEqual([code, stderr], [0, ''], stdout)
  return stdout
}

test('backup and restore say what was written, restored and kept', t => {
  const cwd = app(t)
  const written = succeed(plinth(cwd, ['backup', 'copy.db']))
  assert.match(
    written,
    /^plinth backup {2}sqlite:\/\/\/.*app\.db\n {2}written +copy\.db \(0\.\d MB, \d+ pages\)\n {2}Done, /,
  )
  const restored = succeed(plinth(cwd, ['restore', '--file', 'copy.db', '--force']))
  assert.match(restored, /restored +copy\.db \(.*pages\)/)
  const [, kept] = /kept +the previous content, in (app\.before-restore-\d{17}\.db)\n/.exec(restored)
  assert.ok(existsSync(join(cwd, kept)))
  assert.ok(!restored.includes('pending'), 'there are no revisions')
})

test('--json prints the report, --quiet nothing', t => {
  const cwd = app(t)
  const report = JSON.parse(succeed(plinth(cwd, ['backup', 'copy.db', '--json'])))
  assert.deepEqual(Object.keys(report), ['url', 'path', 'bytes', 'pages', 'durationMs'])
  assert.equal(succeed(plinth(cwd, ['backup', 'again.db', '--quiet'])), '')
  const restored = JSON.parse(succeed(plinth(cwd, ['restore', '--file', 'copy.db', '--force', '--json'])))
  assert.deepEqual([restored.bytes, restored.pages, restored.pending], [report.bytes, report.pages, []])
})

test('what was restored may be older than the revisions: they are named as pending', t => {
  const cwd = app(t)
  succeed(plinth(cwd, ['revision', 'first', '--dialect', 'sqlite']))
  succeed(plinth(cwd, ['backup', 'before.db']))
  succeed(plinth(cwd, ['upgrade']))
  const { revision } = JSON.parse(succeed(plinth(cwd, ['health', '--json'])))
  const [folder] = readdirSync(join(cwd, 'migrations'))
  assert.ok(folder.startsWith(revision))
  succeed(plinth(cwd, ['backup', 'after.db']))
  const older = succeed(plinth(cwd, ['restore', '--file', 'before.db', '--force']))
  assert.ok(older.includes(`pending   1 revision: ${folder}`), older)
  assert.match(older, /next +plinth upgrade/)
  const newer = JSON.parse(succeed(plinth(cwd, ['restore', '--file', 'after.db', '--force', '--json'])))
  assert.deepEqual([newer.revision, newer.pending], [revision, []])
  // A folder that cannot be read does not prevent a restore.
  const elsewhere = JSON.parse(
    succeed(plinth(cwd, ['restore', '--file', 'after.db', '--force', '--json', '--url', 'sqlite:///./other.db'])),
  )
  assert.deepEqual([elsewhere.backup, elsewhere.revision], [null, revision])
})

test('a restore needs --force without a terminal, and in production', t => {
  const cwd = app(t)
  succeed(plinth(cwd, ['backup', 'copy.db']))
  const refused = plinth(cwd, ['restore', '--file', 'copy.db', '--json'])
  assert.equal(refused.code, 1)
  const { error } = JSON.parse(refused.stdout)
  assert.deepEqual([error.code, error.expected], ['RESET_REFUSED', '--force'])
  assert.match(refused.stderr, /asks at a terminal; without one it needs --force/)
  succeed(plinth(cwd, ['restore', '--file', 'copy.db', '--force', '--url', 'app.db'], { NODE_ENV: 'production' }))
  assert.equal(readdirSync(cwd).filter(name => name.includes('before-restore')).length, 1)
})

const scripted =
  process.platform === 'linux' && existsSync('/usr/bin/script') ? {} : { skip: 'needs a terminal, of util-linux' }

test('at a terminal it asks, and only a yes restores', scripted, t => {
  const cwd = app(t)
  succeed(plinth(cwd, ['backup', 'copy.db']))
  const kept = () => readdirSync(cwd).filter(name => name.includes('before-restore')).length
  const answer = input => {
    const command = `'${process.execPath}' '${cliPath}' restore --file copy.db`
    const { code, stdout } = run(cwd, '/usr/bin/script', ['-qec', command, '/dev/null'], { input })
    assert.match(stdout, /Replace the content of the database with copy\.db\? \[y\/N\]/)
    return [code, kept()]
  }
  assert.deepEqual(answer('n\n'), [1, 0])
  assert.deepEqual(answer('\n'), [1, 0])
  assert.deepEqual(answer('yes\n'), [0, 1])
})

test('misuse and failures end with 2 and leave nothing', t => {
  const cwd = app(t)
  const before = readdirSync(cwd)
  const fails = (args, text) => {
    const { code, stdout, stderr } = plinth(cwd, args)
    assert.equal(code, 2, stdout + stderr)
    assert.match(stderr, text)
  }
  fails(['backup'], /missing required argument 'file'/)
  fails(['backup', 'app.db'], /exists, and nothing is written over it/)
  fails(['backup', 'copy.db', '--timeout', 'soon'], /timeout/)
  fails(['restore'], /plinth restore --file/)
  fails(['restore', '--force'], /plinth restore --file/)
  fails(['restore', '--file', 'none.db', '--force'], /none\.db: No such file|cannot find/)
  fails(['restore', '--file', 'package.json', '--force'], /package\.json is not a SQLite database/)
  assert.deepEqual(
    readdirSync(cwd).filter(name => !/-(wal|shm)$/.test(name)),
    before,
  )
})
