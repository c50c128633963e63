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

test('nothing outside of the application is asked for', async t => {
  const [folder, outside] = [folderOf(t), folderOf(t)]
  const own = join(folder, 'node_modules/plinth')
  mkdirSync(own, { recursive: true })
  for (const name of ['package.json', 'dist']) cpSync(join(root, name), join(own, name), { recursive: true })
  const main = join(folder, 'main.cjs')
  writeFileSync(main, APPLICATION)
  const url = dialect === 'sqlite' ? `sqlite:///${join(folder, 'app.db')}` : await newUrl(t)
  const flags = [flag, '--allow-addons', `--allow-fs-read=${folder}`, '--no-warnings']
  const elsewhere = `sqlite:///${join(outside, 'other.db')}`
  const { code, stdout, stderr } = run(folder, process.execPath, [...flags, main, url, elsewhere])
  assert.deepEqual([code, stderr], [0, ''])
  const note = (id, text) => ({ id, text })
  assert.deepEqual(JSON.parse(stdout), {
    created: { tables: ['notes'], indexes: [] },
    streamed: [note(1, 'one')],
    listed: [note(1, 'one'), note(2, 'two')],
    status: 'ok',
    // The core may read it; Node may not look for it, and says so.
    code: 'CANNOT_OPEN',
  })
})
