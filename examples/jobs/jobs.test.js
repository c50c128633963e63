// Workers in processes of their own, on SQLite or on the PostgreSQL that DATABASE_URL names: each order gets one invoice, whatever ends them.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { initDb, open } from 'plinth'
import { enqueue } from 'plinth/models'
import models from './models.js'

const folder = mkdtempSync(join(tmpdir(), 'jobs-'))
const url = process.env.DATABASE_URL ?? `sqlite:///${join(folder, 'jobs.db')}`
const db = open({ models, url })

before(() => initDb({ db }))
beforeEach(async () => {
  await db.jobQueue.deleteMany({ all: true })
  await db.orders.deleteMany({ all: true })
})
after(async () => {
  await db.close()
  rmSync(folder, { recursive: true })
})

/** Starts a program; `printed` waits for what it prints, `ended` for its end. */
function start(t, file, args = [], env = {}) {
  const child = spawn(process.execPath, [file, ...args], {
    cwd: new URL('.', import.meta.url),
    env: { ...process.env, DATABASE_URL: url, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    output += text
  })
  const ended = once(child, 'close')
  const printed = async text => {
    while (!output.includes(text)) {
      if (child.exitCode !== null) assert.fail(`ended without "${text}": ${output}`)
      await sleep(20)
    }
  }
  return { child, ended, printed, output: () => output }
}

async function place(t, count) {
  const { ended } = start(t, 'enqueue.js', [String(count)])
  assert.deepEqual(await ended, [0, null])
}

async function allEnded() {
  while (await db.jobQueue.exists({ where: { status: { in: ['queued', 'running'] } } })) await sleep(50)
}

async function stop({ child, ended }) {
  child.kill('SIGTERM')
  assert.deepEqual(await ended, [0, null])
}

test('two workers share the jobs: each order gets one invoice', async t => {
  await place(t, 12)
  const workers = [1, 2].map(() => start(t, 'worker.js', [], { WORK: '50' }))
  await allEnded()
  await Promise.all(workers.map(stop))
  const orders = await db.orders.list({ include: { invoices: true } })
  assert.deepEqual(
    orders.map(({ invoices }) => invoices.length),
    Array(12).fill(1),
  )
  const begun = workers.flatMap(({ output }) => output().match(/began job \d+/g) ?? [])
  assert.equal(begun.length, 12)
  assert.equal(new Set(begun).size, 12)
})

test('SIGTERM ends a worker after the running job', async t => {
  await place(t, 2)
  const worker = start(t, 'worker.js', [], { WORK: '1000' })
  await worker.printed('began job')
  await stop(worker)
  assert.match(worker.output(), /finished job/)
  const jobs = await db.jobQueue.list({ orderBy: { id: 'asc' } })
  assert.deepEqual(
    jobs.map(({ status }) => status),
    ['done', 'queued'],
  )
})

test('the job of a killed worker is taken over when its lease has run out', async t => {
  await place(t, 1)
  const killed = start(t, 'worker.js', [], { LEASE: '1500', WORK: '60000' })
  await killed.printed('attempt 1')
  killed.child.kill('SIGKILL')
  const second = start(t, 'worker.js')
  await second.printed('attempt 2')
  await second.printed('finished job')
  await stop(second)
  assert.equal(await db.invoices.count(), 1)
})

test('a lease is extended while a job runs, so that a second worker leaves it alone', async t => {
  await place(t, 1)
  const workers = [1, 2].map(() => start(t, 'worker.js', [], { LEASE: '3000', WORK: '5000' }))
  await allEnded()
  await Promise.all(workers.map(stop))
  const [job] = await db.jobQueue.list()
  assert.deepEqual([job.status, job.attempts], ['done', 1])
})

test('a job that fails in its last attempt is dead', async t => {
  await enqueue(db, { queue: 'invoices', payload: { orderId: 999_999 }, maxAttempts: 1 })
  const worker = start(t, 'worker.js')
  await allEnded()
  await stop(worker)
  const [job] = await db.jobQueue.list()
  assert.deepEqual([job.status, job.lastError], ['dead', 'Error: The order does not exist.'])
})
