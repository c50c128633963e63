// `node --watch` restarts a service when its models change, whether the service imports them or the configuration names them.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { environment, plinth, project, write } from './support/project.mjs'

const notes = (...columns) => `import { c, model } from 'plinth'
export const notes = model('notes', { id: c.id(), ${columns.map(name => `${name}: c.text().nullable()`)} })
`
const models = extension => `import { schema } from 'plinth'
import { notes } from './notes.${extension}'
export default schema({ notes })
`
const service = (first, options) => `${first}
import { initDb, open } from 'plinth'
const db = open({ ${options} })
await initDb({ db, migrations: false })
console.log('columns: ' + Object.keys(await db.notes.create({})).join())
setInterval(() => {}, 1000)
`

/** Runs service.mjs under `node --watch`; gives a function that waits until it has printed a text. */
function watched(t, cwd) {
  const env = environment(cwd, { DATABASE_URL: 'sqlite::memory:' })
  const child = spawn(process.execPath, ['--watch', 'service.mjs'], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(async () => {
    child.kill()
    await once(child, 'close')
  })
  let output = ''
  const wake = new EventTarget()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', text => {
      output += text
      wake.dispatchEvent(new Event('output'))
    })
  }
  return async text => {
    const signal = AbortSignal.timeout(60_000)
    while (!output.includes(text)) {
      await once(wake, 'output', { signal }).catch(() => assert.fail(`${text} was not printed:\n${output}`))
    }
    output = output.slice(output.indexOf(text) + text.length)
  }
}

/** The models as the JSON that `plinth schema` prints. */
function schemaOf(cwd, ...columns) {
  const configuration = { plinth: { models: './models.mjs' } }
  write(cwd, { 'package.json': configuration, 'notes.mjs': notes(...columns), 'models.mjs': models('mjs') })
  const { code, stdout, stderr } = plinth(cwd, ['schema'])
  assert.equal(code, 0, stderr)
  return stdout
}

test('the service imports its models', async t => {
  const cwd = project(t, {
    'notes.mjs': notes('text'),
    'models.mjs': models('mjs'),
    'service.mjs': service("import models from './models.mjs'", 'models'),
  })
  const printed = watched(t, cwd)
  await printed('columns: id,text\n')
  writeFileSync(join(cwd, 'notes.mjs'), notes('text', 'more'))
  await printed('columns: id,text,more\n')
})

test('the configuration names models in TypeScript, which import another file', async t => {
  const cwd = project(t, {
    'package.json': { plinth: { models: './models.ts' } },
    'notes.ts': notes('text'),
    'models.ts': models('ts'),
    'service.mjs': service('', ''),
  })
  const printed = watched(t, cwd)
  await printed('columns: id,text\n')
  writeFileSync(join(cwd, 'notes.ts'), notes('text', 'more'))
  await printed('columns: id,text,more\n')
  writeFileSync(join(cwd, 'notes.ts'), 'export const notes = (')
  await printed('CONFIG_INVALID')
  writeFileSync(join(cwd, 'notes.ts'), notes('last'))
  await printed('columns: id,last\n')
})

test('the configuration names models as JSON', async t => {
  const cwd = project(t, { 'service.mjs': service('', '') })
  const [first, changed] = [schemaOf(cwd, 'text'), schemaOf(cwd, 'text', 'more')]
  write(cwd, { 'package.json': { plinth: { models: './models.json' } }, 'models.json': first })
  const printed = watched(t, cwd)
  await printed('columns: id,text\n')
  writeFileSync(join(cwd, 'models.json'), changed)
  await printed('columns: id,text,more\n')
})
