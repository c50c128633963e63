// The service of docs/guide/getting-started.md answers, and ends as docs/guide/deploying.md says; a volume that is not mounted stops it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { blocks, documents } from './support/documents.mjs'
import { freePort } from './support/postgres.mjs'
import { environment, plinth, project, root, write } from './support/project.mjs'

/** A project with the files of the guide. */
function guide(t) {
  const cwd = project(t)
  symlinkSync(join(root, 'node_modules/express'), join(cwd, 'node_modules/express'))
  for (const { language, name, text } of blocks(documents.get('docs/guide/getting-started.md')))
    if (name && language !== 'diff') write(cwd, { [name]: text })
  return cwd
}

test('the service answers, and ends after SIGTERM', { timeout: 60_000 }, async t => {
  const cwd = guide(t)
  const port = await freePort()
  const child = spawn(process.execPath, ['node_modules/.bin/jiti', 'service.ts'], {
    cwd,
    env: environment(cwd, { PORT: String(port) }),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  const url = `http://127.0.0.1:${port}`
  assert.equal((await fetch(`${url}/health`)).status, 200)
  assert.equal((await fetch(`${url}/tasks?title=Rest`, { method: 'POST' })).status, 404)
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  assert.equal(code, 0)
})

test('a start without its volume fails', { skip: process.platform === 'win32' }, t => {
  const cwd = guide(t)
  const unmounted = join(cwd, 'unmounted')
  mkdirSync(unmounted)
  // Root may write everywhere, except below a file.
  if (process.getuid() === 0) write(cwd, { 'unmounted/data': '' })
  else chmodSync(unmounted, 0o555)
  const { code, stderr } = plinth(cwd, ['init', '--url', `sqlite:///${join(unmounted, 'data/db/app.db')}`])
  assert.equal(code, 2)
  assert.match(stderr, /CANNOT_OPEN/)
})
