// The seeds of the configuration: they run when the project's own database is worked on, whichever way the models came.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { project, run } from './support/project.mjs'

const files = {
  'package.json': { name: 'app', plinth: { models: './models.cjs', seed: './seed.cjs' } },
  'models.cjs': `const { c, model, schema } = require('plinth')
module.exports = schema({ notes: model('notes', { id: c.id(), text: c.text() }) })`,
  'seed.cjs': `module.exports = { first: tx => tx.notes.create({ text: 'seeded' }) }`,
}

/** The output of a program that has `plinth`, the models and a way to open and close. */
function says(t, source) {
  const cwd = project(t, files)
  const program = `const { initDb, open, resetDb } = require('plinth')
const models = require('./models.cjs')
const on = async (options, more) => {
  const db = open(options)
  try { return await initDb({ db, ...more }) } finally { await db.close() }
}
;(async () => console.log(JSON.stringify(await (${source})())))()`
  const { stdout, stderr, code } = run(cwd, process.execPath, ['-e', program])
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

const OTHER = `{ DATABASE_URL: 'sqlite:///./other.db' }`

for (const [source, expected] of [
  ['() => initDb()', ['first']],
  ['() => initDb({ models })', ['first']],
  ['() => on({})', ['first']],
  ['() => on({ models })', ['first']],
  ['async () => (await resetDb({ models })).init', ['first']],
  ["() => initDb({ models, url: 'sqlite:///./other.db' })", []],
  [`() => initDb({ models, env: ${OTHER} })`, []],
  ["() => on({ models, url: 'sqlite:///./other.db' })", []],
  [`() => on({ models, env: ${OTHER} })`, []],
  ['() => initDb({ seed: false })', []],
  ['() => initDb({ models, seed: false })', []],
  ['() => on({}, { seed: false })', []],
  ["() => on({}, { seed: { other: tx => tx.notes.create({ text: 'by hand' }) } })", ['other']],
]) {
  test(`seeds of ${source}`, t => {
    const { seeded, alreadySeeded } = says(t, source)
    assert.deepEqual([seeded, alreadySeeded], [expected, []])
  })
}
