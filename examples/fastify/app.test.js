// The service without a port, on a database in memory; and the process, which ends at SIGTERM.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { initDb, open } from 'plinth'
import { service } from './app.js'
import models from './models.js'

/** The service on empty tables, made by the revisions; both end with the test. */
async function running(t) {
  const db = open({ models, url: 'sqlite::memory:' })
  await initDb({ db })
  const app = service(db)
  t.after(async () => {
    await app.close()
    await db.close()
  })
  const post = payload => app.inject({ method: 'POST', url: '/notes', payload })
  return { app, db, post }
}

test('notes are created, found by tag and deleted', async t => {
  const { app, post } = await running(t)
  const { statusCode } = await post({ title: 'Milk', tags: ['Home', 'shop'] })
  assert.equal(statusCode, 201)
  await post({ title: 'Report' })
  const { rows } = (await app.inject('/notes?tag=home')).json()
  assert.deepEqual(
    rows.map(({ title, tags }) => [title, tags.map(({ name }) => name)]),
    [['Milk', ['home', 'shop']]],
  )
  const remove = () => app.inject({ method: 'DELETE', url: `/notes/${rows[0].id}` })
  assert.deepEqual([(await remove()).statusCode, (await remove()).statusCode], [204, 404])
})

test('an answer that is an error leaves nothing behind', async t => {
  const { db, post } = await running(t)
  const twice = await post({ title: 'Milk', tags: ['home', 'HOME'] })
  assert.deepEqual([twice.statusCode, twice.json().code], [409, 'UNIQUE_VIOLATION'])
  const long = await post({ title: 'x'.repeat(121) })
  assert.deepEqual([long.statusCode, long.json().columns], [422, ['title']])
  assert.equal(await db.notes.count(), 0)
})

test('the process answers, and ends after SIGTERM', { timeout: 60_000 }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'notes-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const env = { ...process.env, PORT: '0', DATABASE_URL: `sqlite:///${join(folder, 'notes.db')}` }
  const child = spawn(process.execPath, ['server.js'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  let log = ''
  for await (const chunk of child.stdout) {
    log += chunk
    if (log.includes('listening')) break
  }
  const [, port] = /127\.0\.0\.1:(\d+)/.exec(log)
  assert.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200)
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  assert.equal(code, 0)
})
