// The questions before data is destroyed, on the command line: the word at a terminal and on
// standard input, the database's name, a loss in a revision.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { dialect, projectFiles } from '../support/dialect.mjs'
import { cliPath, plinth, project, run, write } from '../support/project.mjs'
import { atTerminal, noTerminal } from '../support/terminal.mjs'

const models = columns => `
import { c, model, schema } from 'plinth'
export default schema({ users: model('users', { id: c.id(), email: c.text().unique(), ${columns} }) })
`
const before = models('phone: c.text().nullable()')
const after = models('')
const seed = "export const admin = tx => tx.users.create({ email: 'admin' })\n"
const manifest = { name: 'app', plinth: { models: './models.mjs', seed: './seed.mjs', dialects: [dialect] } }

/** A project with a database and one user in it, at its first revision. */
async function app(t) {
  const files = { 'package.json': manifest, 'models.mjs': before, 'seed.mjs': seed, ...(await projectFiles(t)) }
  const cwd = project(t, files)
  succeed(plinth(cwd, ['revision', 'first']))
  succeed(plinth(cwd, ['init']))
  return cwd
}

/** Runs the CLI with this standard input. */
const typed = (cwd, args, input, env) => run(cwd, process.execPath, [cliPath, ...args], { input, env })

const succeed = ({ code, stdout, stderr }) => {
  assert.deepEqual([code, stderr], [0, ''], stdout)
  return stdout
}
const ended = (expected, { code, stdout, stderr }) => {
  assert.equal(code, expected, stdout + stderr)
  return stdout + stderr
}
const quiet = text => assert.doesNotMatch(text, /horse|mule/)
const revisions = cwd => readdirSync(join(cwd, 'migrations')).length
/** How many rows a reset would destroy in the table of users. */
const users = cwd => {
  const refused = plinth(cwd, ['reset'], { NODE_ENV: 'production' })
  return Number(/users \((\d+) row/.exec(refused.stderr)?.[1] ?? 0)
}

test('on standard input the word is the first line, and no flag or variable takes its place', async t => {
  const cwd = await app(t)
  assert.equal(JSON.parse(succeed(plinth(cwd, ['status', '--json']))).protected, false)
  assert.match(ended(2, typed(cwd, ['protect'], '')), /No word was entered[\s\S]*ABORTED/)
  for (const flag of ['--word', '--password', '--yes']) ended(2, typed(cwd, ['protect', flag, 'x'], 'horse\n'))
  const set = succeed(typed(cwd, ['protect'], 'correct horse\nmore\n'))
  assert.match(set, /plinth protect.*\n +protected +what would destroy data asks for the word\n +Done, /)
  quiet(set)
  assert.match(succeed(plinth(cwd, ['status'])), /\n +protected +what would destroy data asks for the word\n/)
  assert.match(ended(1, typed(cwd, ['protect'], 'mule\n')), /already protected[\s\S]*PROTECTED/)

  for (const [verb, lost] of [
    [['reset', '--force'], /drops the table users \(1 row\)/],
    [['reset', '--force', '--quiet'], /drops the table users \(1 row\)/],
    [['downgrade', 'base'], /drops the table users with all its rows \(1 row\)/],
  ]) {
    for (const input of ['', '\n', 'correct mule\n']) {
      const env = { NODE_ENV: 'development', PLINTH_WORD: 'correct horse' }
      const text = ended(1, typed(cwd, verb, input, env))
      assert.match(text, lost)
      assert.match(text, /The person who has the word[\s\S]*PROTECTED/)
      quiet(text)
    }
  }
  const { error } = JSON.parse(typed(cwd, ['reset', '--force', '--json'], '').stdout)
  assert.equal(error.code, 'PROTECTED')
  assert.deepEqual(error.lost.find(({ table }) => table === 'users').rows, 1)

  quiet(succeed(typed(cwd, ['reset', '--force'], 'correct horse\r\n')))
  quiet(succeed(typed(cwd, ['downgrade', 'base'], 'correct horse')))
  succeed(typed(cwd, ['upgrade'], ''))
  ended(1, typed(cwd, ['protect', '--off'], 'correct mule\n'))
  assert.match(succeed(typed(cwd, ['protect', '--off'], 'correct horse\n')), /the protection has ended/)
  assert.match(succeed(typed(cwd, ['protect', '--off'], 'any\n')), /was not protected\n +Nothing to do/)
  succeed(typed(cwd, ['downgrade', 'base'], ''))
})

test('at a terminal the word is asked for and not shown; Ctrl+C leaves everything', { skip: noTerminal }, async t => {
  const cwd = await app(t)
  const left = await atTerminal(cwd, ['protect'], [['New word: ', '\u0003']])
  assert.equal(left.code, 2, left.text)
  assert.match(left.text, /ABORTED/)
  const other = await atTerminal(
    cwd,
    ['protect'],
    [
      ['New word: ', 'horse\r'],
      ['Again: ', 'mule\r'],
      ['New word: ', 'horsx\u007fe\r'],
      ['Again: ', 'horse\r'],
    ],
  )
  assert.equal(other.code, 0, other.text)
  assert.match(other.text, /two words[\s\S]*protected/)
  quiet(other.text)

  for (const [answer, words] of [
    ['\u0003', /no word/],
    ['\u0004', /no word/],
    ['mule\r', /another word/],
  ]) {
    const { code, text } = await atTerminal(cwd, ['reset', '--force'], [['Word: ', answer]])
    assert.equal(code, 1, text)
    assert.match(text, /drops the table users \(1 row\)[\s\S]*PROTECTED/)
    assert.match(text, words)
    quiet(text)
  }
  assert.equal(users(cwd), 1)
  const { code, text } = await atTerminal(cwd, ['downgrade', 'base'], [['Word: ', 'horse\r']])
  assert.equal(code, 0, text)
  assert.match(text, /reverted/)
  quiet(text)
  const off = await atTerminal(cwd, ['protect', '--off'], [['Word: ', 'horse\r']])
  assert.equal(off.code, 0, off.text)
})

test('at a terminal a reset shows what it destroys, and has the name typed', { skip: noTerminal }, async t => {
  const cwd = await app(t)
  const question = 'to destroy this: '
  for (const answer of ['\r', 'yes\r', '\u0003']) {
    const { code, text } = await atTerminal(cwd, ['reset'], [[question, answer]])
    assert.equal(code, 1, text)
    assert.match(text, /destroys +\d tables with \d+ rows[\s\S]*users \(1\)[\s\S]*size +[\d.]+ kB[\s\S]*RESET_REFUSED/)
  }
  assert.equal(users(cwd), 1)
  const name = /name of the database, (\S+), to destroy/.exec(
    (await atTerminal(cwd, ['reset'], [[question, '\r']])).text,
  )[1]
  const done = await atTerminal(cwd, ['reset'], [[question, `${name}\r`]])
  assert.equal(done.code, 0, done.text)
  assert.match(done.text, /dropped/)
  const forced = await atTerminal(cwd, ['reset', '--force'], [])
  assert.equal(forced.code, 0, forced.text)
  const refused = await atTerminal(cwd, ['reset'], [[question, `${name}\r`]], { NODE_ENV: 'production' })
  assert.equal(refused.code, 1, refused.text)
  assert.match(refused.text, /in production/)
})

test('a revision that loses data is written after a yes: typed, or --yes', { skip: noTerminal }, async t => {
  const cwd = await app(t)
  write(cwd, { 'models.mjs': after })
  const text = ended(2, plinth(cwd, ['revision', 'second']))
  assert.match(text, /The revision loses data: drops the column users\.phone with all its values[\s\S]*--yes/)
  const { error } = JSON.parse(plinth(cwd, ['revision', 'second', '--json']).stdout)
  assert.deepEqual(error.questions, [
    { question: 'loss', losses: ['drops the column users.phone with all its values'] },
  ])
  for (const answer of ['\r', 'n\r', '\u0003']) {
    const no = await atTerminal(cwd, ['revision', 'second'], [['[y/N] ', answer]])
    assert.equal(no.code, 2, no.text)
    assert.match(no.text, /drops the column users\.phone/)
  }
  assert.equal(revisions(cwd), 1)
  assert.match(succeed(plinth(cwd, ['revision', 'second', '--sql'])), /DROP/)
  const yes = await atTerminal(cwd, ['revision', 'second'], [['[y/N] ', 'y\r']])
  assert.equal(yes.code, 0, yes.text)
  assert.equal(revisions(cwd), 2)
  write(cwd, { 'models.mjs': models("name: c.text().default('x')") })
  succeed(plinth(cwd, ['revision', 'third']))
  write(cwd, { 'models.mjs': after })
  succeed(plinth(cwd, ['revision', 'fourth', '--yes']))
  assert.equal(revisions(cwd), 4)
})
