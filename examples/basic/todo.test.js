// The program as a user runs it, and the revisions that make its database.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { check } from 'plinth'

/** Runs the program on a database of its own for the test. */
function program(t) {
  const folder = mkdtempSync(join(tmpdir(), 'todo-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const env = { ...process.env, DATABASE_URL: `sqlite:///${join(folder, 'todo.db')}` }
  return (...args) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['todo.js', ...args], { env, encoding: 'utf8' })
    return { status, stdout, stderr }
  }
}

test('tasks are added, listed and finished', t => {
  const todo = program(t)
  assert.equal(todo('add', 'home', 'Buy milk').stdout, '1  Buy milk (home)\n')
  assert.equal(todo('add', 'home', 'Sweep').stdout, '1  Buy milk (home)\n2  Sweep (home)\n')
  assert.equal(todo('done', '1').stdout, '2  Sweep (home)\n')
})

test('a task that does not exist is an error with a code', t => {
  const { status, stderr } = program(t)('done', '7')
  assert.equal(status, 1)
  assert.match(stderr, /^NOT_FOUND: /)
})

test('the revisions lead to the models', async () => {
  const { upToDate, operations } = await check()
  assert.deepEqual({ upToDate, operations }, { upToDate: true, operations: [] })
})
