// The services of docs/guide/shutdown.md end under load: every request that was answered is kept, and none is kept that was not.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { symlinkSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { c, model, open, schema } from 'plinth'
import { newUrl } from '../support/dialect.mjs'
import { blocks, documents } from '../support/documents.mjs'
import { ask } from '../support/http.mjs'
import { freePort } from '../support/postgres.mjs'
import { environment, project, root, write } from '../support/project.mjs'

const CLIENTS = 16
const files = Object.fromEntries(blocks(documents.get('docs/guide/shutdown.md')).map(({ name, text }) => [name, text]))
const models = schema({ tasks: model('tasks', { id: c.id(), title: c.text() }) })

for (const framework of ['express', 'hono', 'fastify', 'fetch']) {
  test(`a service of ${framework} that is ended under load keeps what it answered, and nothing else`, async t => {
    const url = await newUrl(t)
    const port = await freePort()
    const cwd = project(t, {})
    write(cwd, files)
    for (const name of ['express', 'fastify', 'hono', '@hono'])
      symlinkSync(join(root, 'node_modules', name), join(cwd, 'node_modules', name), 'junction')
    const env = environment(cwd, { DATABASE_URL: url, PORT: String(port), NODE_ENV: 'production' })
    const service = spawn(process.execPath, [`${framework}.mjs`], { cwd, env, stdio: ['ignore', 'inherit', 'pipe'] })
    t.after(() => service.kill('SIGKILL'))
    let stderr = ''
    service.stderr.setEncoding('utf8').on('data', text => {
      stderr += text
    })
    const ended = once(service, 'close')

    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
    t.after(() => agent.destroy())
    const send = title =>
      ask(`http://127.0.0.1:${port}`, {
        method: 'POST',
        path: '/tasks',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ title }),
        agent,
      })
    let first
    while (!first && service.exitCode === null) {
      first = await send('first').catch(() => new Promise(resolve => setTimeout(resolve, 20)))
    }
    assert.equal(first?.status, 201, stderr)

    const answered = ['first']
    const others = new Set()
    let next = 0
    let over = false
    const client = async () => {
      while (!over) {
        const title = `task ${next++}`
        try {
          const { status } = await send(title)
          if (status !== 201) others.add(status)
          else if (answered.push(title) === 300) service.kill('SIGTERM')
        } catch (error) {
          others.add(error.code)
          over ||= error.code === 'ECONNREFUSED'
        }
      }
    }
    await Promise.all(Array.from({ length: CLIENTS }, client))
    assert.deepEqual(await ended, [0, null], stderr)
    assert.equal(stderr, '')
    assert.ok(answered.length >= 300, `${answered.length}`)
    // A kept connection may close just when a request is on its way; Fastify then answers 503.
    for (const other of others) assert.ok(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 503].includes(other), String(other))

    const db = open({ models, url })
    t.after(() => db.close())
    const kept = (await db.tasks.list()).map(({ title }) => title)
    assert.deepEqual(kept.toSorted(), answered.toSorted())
  })
}
