// Worker processes that are killed at random moments: every job is done, and its effect is written, exactly once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { c, initDb, model, open, schema } from 'plinth'
import { jobQueue } from 'plinth/models'
import { checkIntegrity, isConnected, named, newUrl, rowWaits } from '../support/dialect.mjs'
import { differences, here } from '../support/differences.mjs'
import { start } from '../support/engine.mjs'
import { root } from '../support/project.mjs'

const number = (name, otherwise) => Number(process.env[`PLINTH_TEST_${name}`] || otherwise)
const JOBS = number('JOBS', 2_000)
const WORKERS = number('WORKERS', 4)
/** How many workers are killed: PLINTH_TEST_KILLS=50 for a long run. */
const KILLS = number('KILLS', 6)
/** Longer than a worker that lives ever needs for its jobs: a job that is claimed twice was held by a killed one. */
const LEASE = Math.max(5_000, WORKERS * 1_500)

const models = schema({
  jobQueue,
  // No unique key and no foreign key: a second effect of a job is counted, and no lock hides that two workers have it.
  effects: model('effects', { id: c.id(), jobId: c.integer(), attempt: c.integer(), worker: c.text() }),
})

/** A worker. It prints a line with the number of jobs for each claim that it has worked off, and at its end the late ones. */
const WORKER = `(async () => {
  const { claimJobs, finishJob, jobQueue } = require(${JSON.stringify(`${root}/dist/models.js`)})
  const [, , worker] = process.argv
  const effects = model('effects', { id: c.id(), jobId: c.integer(), attempt: c.integer(), worker: c.text() })
  const db = open({ models: schema({ jobQueue, effects }), url, pool: { size: 2 } })
  let late = 0
  for (;;) {
    const jobs = await claimJobs(db, { limit: 10, lease: ${LEASE}, worker })
    for (const job of jobs) {
      await db.transaction(async tx => {
        await tx.effects.create({ jobId: job.id, attempt: job.attempts, worker })
        await finishJob(tx, job)
      }).catch(error => {
        if (error.code !== 'STALE_ROW') throw error
        late++
      })
    }
    if (jobs.length > 0) process.stdout.write(jobs.length + '\\n')
    else if (!(await db.jobQueue.exists({ where: { status: { in: ['queued', 'running'] } } }))) break
    else await new Promise(resolve => setTimeout(resolve, 50))
  }
  await db.close()
  console.log('late ' + late)
})()`

/** Workers that run beside each other, and the number of jobs that they have worked off. */
class Crew {
  members = []
  worked = 0
  #url
  #started = 0

  constructor(url) {
    this.#url = url
  }

  add() {
    const name = `worker-${this.#started++}`
    const member = { name, began: false, ...start(named(this.#url, name), WORKER, { args: [name], timeout: 0 }) }
    member.child.stdout.on('data', text => {
      member.began = true
      for (const line of text.split('\n')) this.worked += Number(/^\d+$/.exec(line)?.[0] ?? 0)
    })
    this.members.push(member)
  }

  /** Waits until so many jobs are worked off; fails if a worker ends with an error. */
  async until(worked) {
    while (this.worked < worked) {
      const failed = this.members.find(({ child }) => child.exitCode > 0)
      if (failed) assert.fail((await failed.ended).stderr)
      await sleep(5)
    }
  }

  /** Kills a worker that has worked, and puts another in its place; gives the name of the killed one. */
  async kill() {
    while (!this.members.some(({ began }) => began)) await sleep(5)
    const members = this.members.filter(({ began }) => began)
    const killed = members[Math.floor(Math.random() * members.length)]
    this.members.splice(this.members.indexOf(killed), 1)
    killed.child.kill('SIGKILL')
    this.add()
    assert.equal((await killed.ended).signal, 'SIGKILL')
    return killed.name
  }

  end() {
    for (const { child } of this.members) child.kill('SIGKILL')
  }
}

test(
  'rowWaits sees a connection that waits for a row of another',
  here('oneWriter') ? { skip: differences.oneWriter.why } : {},
  async t => {
    const url = await newUrl(t)
    // A statement of the watcher must not stand behind the one that waits, on the same connection.
    const handles = [1, 2, 3].map(() => open({ models, url }))
    const [db, other, watcher] = handles
    t.after(() => Promise.all(handles.map(handle => handle.close({ timeout: 0 }))))
    await initDb({ db })
    const { id } = await db.effects.create({ jobId: 1, attempt: 1, worker: 'none' })
    let waiting
    await db.transaction(async tx => {
      await tx.effects.update(id, { attempt: 2 })
      waiting = other.effects.update(id, { attempt: 3 })
      while (!(await rowWaits(watcher)).some(({ query }) => query.startsWith('UPDATE'))) await sleep(5)
    })
    await waiting
    assert.deepEqual(await rowWaits(watcher), [])
  },
)

test(`${WORKERS} processes work off ${JOBS} jobs, while ${KILLS} of them are killed`, async t => {
  const url = await newUrl(t)
  const db = open({ models, url })
  t.after(() => db.close({ timeout: 0 }))
  await initDb({ db })
  for (let made = 0; made < JOBS; made += 5_000) {
    const size = Math.min(5_000, JOBS - made)
    await db.jobQueue.createMany(
      Array.from({ length: size }, (_, n) => ({ payload: { n: made + n }, priority: n % 3 })),
    )
  }

  const began = Date.now()
  const crew = new Crew(url)
  t.after(() => crew.end())
  for (let n = 0; n < WORKERS; n++) crew.add()

  let [watching, samples] = [true, 0]
  const waits = []
  const watch = (async () => {
    for (; watching; samples++) {
      waits.push(...(await rowWaits(db)))
      await sleep(20)
    }
  })()

  /** How many killed workers held a job when they died. */
  const held = new Map()
  for (let kill = 1; kill <= KILLS; kill++) {
    await crew.until((kill * JOBS * 0.85) / KILLS)
    await sleep(Math.random() * 30)
    const name = await crew.kill()
    // The server ends a statement that it had received.
    while (await isConnected(db, name)) await sleep(10)
    for (const { id } of await db.jobQueue.list({ where: { status: 'running', lockedBy: name } }))
      held.set(id, (held.get(id) ?? 0) + 1)
  }
  const ends = await Promise.all(crew.members.map(({ ended }) => ended))
  const took = Date.now() - began
  watching = false
  await watch

  for (const { code, stdout, stderr } of ends) {
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /^late 0$/m)
  }
  const jobs = await db.jobQueue.list({ select: ['id', 'status', 'attempts', 'token', 'lockedBy'] })
  assert.equal(jobs.length, JOBS)
  assert.deepEqual(
    jobs.filter(({ status, token, lockedBy }) => status !== 'done' || token !== null || lockedBy !== null),
    [],
    'jobs that are not done',
  )
  const effects = await db.effects.list()
  assert.equal(effects.length, JOBS)
  const attempt = new Map(effects.map(effect => [effect.jobId, effect.attempt]))
  assert.equal(attempt.size, JOBS, 'every job has one effect')
  // Claimed once, and once more for each killed worker that held it; the effect is that of the last claim.
  const expected = jobs.map(({ id }) => [id, 1 + (held.get(id) ?? 0)])
  assert.deepEqual(
    jobs.map(({ id, attempts }) => [id, attempts]),
    expected,
  )
  assert.deepEqual(
    jobs.map(({ id }) => [id, attempt.get(id)]),
    expected,
  )
  assert.ok(held.size > 0, 'the killed workers held jobs')
  // A claim leaves the rows of others. The end of a job may meet a claim that has just looked at its row. The text and the wait of a
  // connection are not read at the same moment: a statement that began just now may be shown with the wait of the one before.
  const claims = waits.filter(({ query, ms }) => query.startsWith('WITH plinth_picked') && ms > 1)
  assert.deepEqual(claims, [], `of ${samples} samples`)
  await checkIntegrity(db)
  t.diagnostic(`${JOBS} jobs in ${took} ms; killed workers held ${held.size} of them`)
  const longest = Math.ceil(Math.max(0, ...waits.map(({ ms }) => ms)))
  t.diagnostic(`${samples} samples: no claim waits, ${waits.length} ends waited for a claim, at most ${longest} ms`)
})
