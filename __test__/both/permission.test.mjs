// A process that may read nothing but its application: with models and a URL, nothing else is asked for.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { dialect, newUrl } from '../support/dialect.mjs'
import { root, run } from '../support/project.mjs'

const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'

const APPLICATION = `
const { c, initDb, model, open, schema } = require('plinth')
const models = schema({ notes: model('notes', { id: c.id(), text: c.text() }) })
async function main(url, outside) {
  const { created } = await initDb({ models, url })
  const db = open({ models, url })
  await db.notes.create({ text: 'one' })
  const streamed = []
  for await (const note of db.notes.stream()) streamed.push(note)
  await db.transaction(tx => tx.notes.create({ text: 'two' }))
  const { status } = await db.health()
  const listed = await db.notes.list()
  await db.close()
  const other = open({ models, url: outside })
  const { code } = await other.health()
  await other.close()
  console.log(JSON.stringify({ created, streamed, listed, status, code }))
}
main(...process.argv.slice(2))
`

function folderOf(t) {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A folder with an application that uses the package. */
function applicationOf(t, main) {
  const folder = folderOf(t)
  const own = join(folder, 'node_modules/plinth')
  mkdirSync(own, { recursive: true })
  for (const name of ['package.json', 'dist']) cpSync(join(root, name), join(own, name), { recursive: true })
  writeFileSync(join(folder, 'main.cjs'), main)
  return folder
}

/** The output of an application that may read nothing but its folder. */
function printed(folder, ...args) {
  const flags = [flag, '--allow-addons', `--allow-fs-read=${folder}`, '--no-warnings']
  const { code, stdout, stderr } = run(folder, process.execPath, [...flags, join(folder, 'main.cjs'), ...args])
  assert.deepEqual([code, stderr], [0, ''])
  return JSON.parse(stdout)
}

test('nothing outside of the application is asked for', async t => {
  const folder = applicationOf(t, APPLICATION)
  const url = dialect === 'sqlite' ? `sqlite:///${join(folder, 'app.db')}` : await newUrl(t)
  const note = (id, text) => ({ id, text })
  assert.deepEqual(printed(folder, url, `sqlite:///${join(folderOf(t), 'other.db')}`), {
    created: { tables: ['notes'], indexes: [] },
    streamed: [note(1, 'one')],
    listed: [note(1, 'one'), note(2, 'two')],
    status: 'ok',
    // The core may read it; Node may not look for it, and reports that.
    code: 'CANNOT_OPEN',
  })
})

const CONFIGURED = `
const { loadConfig, initDb, open, status } = require('plinth')
async function failure(call) {
  try {
    await call()
  } catch ({ name, code, message, hint }) {
    return { name, code, message, hint }
  }
}
async function main(url, outside) {
  const calls = [() => open(), () => initDb({ url }), () => status({ url }), () => loadConfig()]
  const errors = []
  for (const call of calls) errors.push(await failure(call))
  errors.push(await failure(() => open({ cwd: outside })))
  console.log(JSON.stringify(errors))
}
main(...process.argv.slice(2))
`

test('a file of the project that may not be read is an error of the configuration, with a hint', async t => {
  const folder = applicationOf(t, CONFIGURED)
  const outside = folderOf(t)
  const url = await newUrl(t)
  const refused = file => ({
    name: 'ConfigError',
    code: 'CONFIG_INVALID',
    message: `Node may not look for ${file}.`,
    hint: 'Allow the process to read it: --allow-fs-read=<path>. If models and url are passed, no file of the project is looked for.',
  })

  // The search goes on in the folder above.
  const searched = printed(folder, url, outside)
  const above = join(tmpdir(), 'plinth.config.ts')
  assert.deepEqual(searched.slice(0, 4), Array(4).fill(refused(above)))
  assert.deepEqual(searched[4], refused(outside))

  const models = join(outside, 'models.cjs')
  writeFileSync(models, "module.exports = require('plinth').schema({})")
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ plinth: { models } }))
  const named = printed(folder, url, outside)
  assert.deepEqual([named[0], named[1], named[3]], Array(3).fill(refused(models)))

  // A module that imports one which may not be read: the line of the import, and what it needs.
  const inside = join(folder, 'models.cjs')
  writeFileSync(inside, `module.exports = require(${JSON.stringify(models)})`)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ plinth: { models: './models.cjs' } }))
  const [imported] = printed(folder, url, outside)
  assert.equal(imported.code, 'CONFIG_INVALID')
  assert.match(imported.message, /^models\.cjs:1: /)
  assert.ok(imported.hint.includes(`(FileSystemRead of ${models})`), imported.hint)
})
