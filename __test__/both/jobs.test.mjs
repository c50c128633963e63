// The job queue of the bundled models: the order of claims, leases, late workers, attempts, and jobs that leave with a rollback.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { c, model, schema } from 'plinth'
import { claimJobs, enqueue, extendJob, failJob, finishJob, jobQueue } from 'plinth/models'
import { database, fails, ids } from '../support/db.mjs'
import { differences, here } from '../support/differences.mjs'
import { gate } from '../support/engine.mjs'

const models = schema({ jobQueue, effects: model('effects', { id: c.id(), jobId: c.integer() }) })
const SOON = 3_600_000

/** Claims with a lease that has run out when this returns. */
async function claimBriefly(db, options) {
  const jobs = await claimJobs(db, { ...options, lease: 1 })
  await sleep(3)
  return jobs
}

test('a job is claimed once, with its payload, and finished', async t => {
  const db = await database(t, models)
  const queued = await enqueue(db, { payload: { to: 'ada' } })
  assert.deepEqual(
    [queued.queue, queued.status, queued.priority, queued.attempts, queued.maxAttempts, queued.token],
    ['default', 'queued', 0, 0, 5, null],
  )
  const [job, ...more] = await claimJobs(db, { limit: 10, worker: 'first' })
  assert.deepEqual(more, [])
  assert.deepEqual([job.id, job.payload, job.status, job.attempts], [queued.id, { to: 'ada' }, 'running', 1])
  assert.equal(job.lockedBy, 'first')
  const held = job.lockedUntil.getTime() - Date.now()
  assert.ok(held > 50_000 && held <= 60_000, `${held}`)
  assert.deepEqual(await db.jobQueue.get(job.id), job)
  assert.deepEqual(await claimJobs(db), [])
  const done = await finishJob(db, job)
  assert.deepEqual([done.status, done.token, done.lockedBy, done.lockedUntil], ['done', null, null, null])
  assert.deepEqual(await claimJobs(db), [])
})

test('claims follow priority, then time, then the order in which jobs were enqueued', async t => {
  const db = await database(t, models)
  const at = n => new Date(Date.now() - 10_000 + n)
  for (const [priority, runAt] of [
    [0, at(5)],
    [5, at(9)],
    [0, at(1)],
    [-1, at(0)],
    [5, at(9)],
    [5, at(8)],
  ])
    await enqueue(db, { priority, runAt })
  assert.deepEqual(ids(await claimJobs(db, { limit: 4 })), [6, 2, 5, 3])
  assert.deepEqual(ids(await claimJobs(db)), [1])
  assert.deepEqual(ids(await claimJobs(db, { limit: 4 })), [4])
})

test('queues are apart, and delayed jobs wait for their time', async t => {
  const db = await database(t, models)
  await enqueue(db, { queue: 'mail' })
  const delayed = await enqueue(db, { runAt: new Date(Date.now() + 1_000), priority: 9 })
  await enqueue(db, { runAt: new Date(Date.now() + SOON) })
  assert.deepEqual(await claimJobs(db, { limit: 9 }), [])
  assert.deepEqual(ids(await claimJobs(db, { queue: 'mail', limit: 9 })), [1])
  await sleep(Math.max(0, delayed.runAt.getTime() - Date.now()) + 5)
  assert.deepEqual(ids(await claimJobs(db, { limit: 9 })), [delayed.id])
})

test('a job whose lease ran out is claimed again, before those that wait, and the late worker is refused', async t => {
  const db = await database(t, models)
  await enqueue(db, {})
  await enqueue(db, { priority: 100 })
  const late = (await claimBriefly(db, { limit: 2 })).find(({ id }) => id === 1)
  await enqueue(db, { priority: 1_000 })
  const [again, ...more] = await claimJobs(db, { limit: 3, worker: 'second' })
  assert.deepEqual(ids([again, ...more]), [2, 1, 3])
  const taken = more.find(({ id }) => id === 1)
  assert.deepEqual([taken.attempts, taken.lastError], [2, 'The lease ran out before the job was finished or failed.'])
  assert.notEqual(taken.token, late.token)

  for (const [call, act] of [
    ['finishJob', () => finishJob(db, late)],
    ['extendJob', () => extendJob(db, late)],
    ['failJob', () => failJob(db, late, new Error('too slow'))],
  ]) {
    await fails(act, {
      code: 'STALE_ROW',
      name: 'StaleRowError',
      message: `${call}(): this claim does not hold job 1 anymore, found a later claim by "second".`,
      table: 'job_queue',
      columns: ['token', 'status'],
      key: 1,
      expected: 'the token of this claim',
      found: 'a later claim by "second"',
      hint: /extendJob/,
      retryable: false,
    })
  }
  assert.deepEqual(await db.jobQueue.get(1), taken)
  await finishJob(db, taken)
  await fails(() => finishJob(db, late), { code: 'STALE_ROW', found: 'a job that is done' })
  await fails(() => finishJob(db, taken), { code: 'STALE_ROW', found: 'a job that is done' })
})

test('a lease that ran out still holds the job until another worker claims it', async t => {
  const db = await database(t, models)
  await enqueue(db, {})
  const [job] = await claimBriefly(db)
  await finishJob(db, job)
  assert.equal((await db.jobQueue.get(job.id)).status, 'done')
})

test('an extended lease keeps the job', async t => {
  const db = await database(t, models)
  await enqueue(db, {})
  const [job] = await claimBriefly(db)
  const longer = await extendJob(db, job, { lease: 5_000 })
  assert.equal(longer.token, job.token)
  const held = longer.lockedUntil.getTime() - Date.now()
  assert.ok(held > 3_000 && held <= 5_000, `${held}`)
  assert.deepEqual(await claimJobs(db), [])
  await finishJob(db, longer)
})

test('a failed job waits longer each time, up to a limit, and is dead after its last attempt', async t => {
  const db = await database(t, models)
  await enqueue(db, { maxAttempts: 4 })
  const waits = []
  for (let attempt = 1; attempt <= 4; attempt++) {
    const [job] = await claimJobs(db)
    assert.equal(job.attempts, attempt)
    const failed = await failJob(db, job, new Error(`no answer ${attempt}`), {
      backoff: 100_000,
      backoffLimit: 250_000,
    })
    assert.deepEqual([failed.lastError, failed.token, failed.lockedUntil], [`Error: no answer ${attempt}`, null, null])
    if (attempt < 4) waits.push(failed.runAt.getTime() - Date.now())
    assert.equal(failed.status, attempt < 4 ? 'queued' : 'dead')
    assert.deepEqual(await claimJobs(db), [], 'it waits')
    if (attempt < 4) await db.jobQueue.update(job.id, { runAt: new Date() })
  }
  for (const [n, most] of [100_000, 200_000, 250_000].entries())
    assert.ok(waits[n] <= most && waits[n] > most * 0.85, `${waits[n]} of ${most}`)
  assert.deepEqual(await claimJobs(db), [])
})

test('a failed job is claimed again after its wait, and retry: false ends it at once', async t => {
  const db = await database(t, models)
  await enqueue(db, {})
  const [job] = await claimJobs(db)
  const failed = await failJob(db, job, 'busy', { backoff: 1_000 })
  assert.deepEqual([failed.status, failed.lastError], ['queued', 'busy'])
  assert.deepEqual(await claimJobs(db), [])
  await sleep(Math.max(0, failed.runAt.getTime() - Date.now()) + 5)
  const [again] = await claimJobs(db)
  assert.deepEqual([again.id, again.attempts], [job.id, 2])
  assert.equal((await failJob(db, again, 'gone', { retry: false })).status, 'dead')
})

test('a job whose worker died in its last attempt is dead, and others are claimed in its place', async t => {
  const db = await database(t, models)
  await enqueue(db, { maxAttempts: 1, priority: 1 })
  await enqueue(db, { maxAttempts: 2 })
  await claimBriefly(db, { limit: 2 })
  await enqueue(db, {})
  assert.deepEqual(ids(await claimJobs(db)), [2])
  const dead = await db.jobQueue.get(1)
  assert.deepEqual(
    [dead.status, dead.attempts, dead.token, dead.lockedUntil, dead.lastError],
    ['dead', 1, null, null, 'The lease ran out before the job was finished or failed.'],
  )
  assert.deepEqual(ids(await claimJobs(db, { limit: 5 })), [3])
})

test('the effect and the end of a job are committed together, or not at all', async t => {
  const db = await database(t, models)
  await enqueue(db, {})
  const [late] = await claimBriefly(db)
  const [job] = await claimJobs(db)
  const work = held =>
    db.transaction(async tx => {
      await tx.effects.create({ jobId: held.id })
      await finishJob(tx, held)
    })
  await fails(() => work(late), { code: 'STALE_ROW' })
  assert.equal(await db.effects.count(), 0)
  await work(job)
  await fails(() => work(job), { code: 'STALE_ROW' })
  assert.equal(await db.effects.count(), 1)
})

test('a rollback leaves the job as it was: enqueued, claimed, finished and failed in transactions, sessions and scopes', async t => {
  const db = await database(t, models)
  const stop = new Error('stop')
  const undone = work =>
    assert.rejects(
      db.transaction(async tx => {
        await work(tx)
        throw stop
      }),
      stop,
    )
  await undone(tx => enqueue(tx, {}))
  assert.equal(await db.jobQueue.count(), 0)
  const queued = await db.transaction(tx => enqueue(tx, {}))
  await undone(async tx => assert.equal((await claimJobs(tx)).length, 1))
  assert.deepEqual(await db.jobQueue.get(queued.id), queued)
  const [job] = await claimJobs(db)
  await undone(tx => finishJob(tx, job))
  await undone(tx => failJob(tx, job, 'no'))
  await undone(tx => extendJob(tx, job))
  assert.deepEqual(await db.jobQueue.get(job.id), job)

  const session = db.session()
  await finishJob(session, job)
  await session.rollback()
  assert.deepEqual(await session.jobQueue.get(job.id), job)
  await finishJob(session, job)
  await session.commit()
  await session.close()
  assert.equal((await db.jobQueue.get(job.id)).status, 'done')

  await db.scope(async () => {
    await enqueue(db.current(), { payload: 'in a scope' })
    const [mine] = await claimJobs(db.current())
    await finishJob(db.current(), mine)
  })
  assert.equal(await db.jobQueue.count({ where: { status: 'done' } }), 2)
})

test('a job with a key is enqueued once, also if many try at the same time', async t => {
  const db = await database(t, models)
  const tried = await Promise.all(
    Array.from({ length: 12 }, (_, n) => enqueue(db, { payload: n, uniqueKey: 'report 2026-11' })),
  )
  assert.equal(new Set(ids(tried)).size, 1)
  assert.equal(await db.jobQueue.count(), 1)
  const [job] = await claimJobs(db)
  assert.equal(job.uniqueKey, 'report 2026-11')
  assert.deepEqual(tried[0].payload, job.payload)
  await finishJob(db, job)
  const after = await enqueue(db, { uniqueKey: 'report 2026-11' })
  assert.deepEqual([after.id, after.status], [job.id, 'done'])
  await db.jobQueue.delete(job.id)
  assert.notEqual((await enqueue(db, { uniqueKey: 'report 2026-11' })).id, job.id)
})

test(
  'a worker waits for no job of another, though its end is not committed',
  here('oneWriter') ? { skip: differences.oneWriter.why } : {},
  async t => {
    const db = await database(t, models)
    for (let n = 0; n < 3; n++) await enqueue(db, {})
    const [job] = await claimBriefly(db)
    const [held, over] = [gate(), gate()]
    const ending = db.transaction(async tx => {
      await finishJob(tx, job)
      held.open()
      await over.passed
    })
    await held.passed
    const began = Date.now()
    // The lease of the first ran out, but its end holds its row.
    assert.deepEqual(ids(await claimJobs(db, { limit: 5 })), [2, 3])
    assert.ok(Date.now() - began < 2_000)
    over.open()
    await ending
    assert.equal((await db.jobQueue.get(job.id)).status, 'done')
  },
)

test('what failJob records is text that the database can store', async t => {
  const db = await database(t, models)
  for (const [error, text] of [
    ['a\0b', 'ab'],
    ['half \ud800', 'half \ufffd'],
    [undefined, 'undefined'],
    [{ toString: null, valueOf: null }, 'an object'],
    [Object.create(null), 'an object'],
    [Symbol('why'), 'Symbol(why)'],
    [new TypeError('x'.repeat(20_000)), `TypeError: ${'x'.repeat(9_989)}`],
    [`${'x'.repeat(9_999)}\u{1f600}`, `${'x'.repeat(9_999)}\ufffd`],
  ]) {
    await enqueue(db, { maxAttempts: 1 })
    const [job] = await claimJobs(db)
    assert.equal((await failJob(db, job, error)).lastError, text)
  }
})

test('a new job with wrong values is refused, with the column', async t => {
  const db = await database(t, models)
  for (const [values, fields] of [
    [undefined, { code: 'VALUE_INVALID' }],
    [[], { code: 'VALUE_INVALID' }],
    [{ queue: 5 }, { code: 'VALUE_INVALID', columns: ['queue'], found: '5' }],
    [{ queue: 'x'.repeat(101) }, { code: 'VALUE_INVALID', columns: ['queue'] }],
    [{ payload: () => {} }, { code: 'VALUE_INVALID', columns: ['payload'] }],
    [{ payload: null }, { code: 'VALUE_INVALID', columns: ['payload'] }],
    [{ priority: 1.5 }, { code: 'VALUE_INVALID', columns: ['priority'], found: '1.5' }],
    [{ runAt: 'soon' }, { code: 'VALUE_INVALID', columns: ['runAt'], found: '"soon"' }],
    [{ runAt: new Date(Number.NaN) }, { code: 'VALUE_INVALID', columns: ['runAt'], found: 'an invalid Date' }],
    [{ uniqueKey: 7 }, { code: 'VALUE_INVALID', columns: ['uniqueKey'], found: '7' }],
    [
      { maxAttempts: 0 },
      { code: 'VALUE_INVALID', columns: ['maxAttempts'], expected: 'a whole number from 1', found: '0', hint: /once/ },
    ],
    [{ maxAttempts: '3' }, { code: 'VALUE_INVALID', columns: ['maxAttempts'], found: '"3"' }],
    [{ status: 'done' }, { code: 'VALUE_INVALID', columns: ['status'], expected: 'no value', found: '"done"' }],
    [{ token: 'x' }, { code: 'VALUE_INVALID', columns: ['token'], hint: /Leave token out/ }],
    [{ id: 4 }, { code: 'VALUE_INVALID', columns: ['id'] }],
    [{ paylod: {} }, { code: 'UNKNOWN_COLUMN', hint: /payload/ }],
  ]) {
    await fails(() => enqueue(db, values), { table: 'job_queue', ...fields })
  }
  assert.equal(await db.jobQueue.count(), 0)
})

test('a job that is not of a claim is refused, and changes nothing', async t => {
  const db = await database(t, models)
  await enqueue(db, {})
  const [job] = await claimJobs(db)
  const calls = {
    finishJob: held => finishJob(db, held),
    extendJob: held => extendJob(db, held),
    failJob: held => failJob(db, held, 'no'),
  }
  for (const [name, call] of Object.entries(calls)) {
    for (const [held, fields] of [
      [undefined, { columns: ['token'], found: 'undefined' }],
      [7, { columns: ['token'], found: 'a number' }],
      [
        { id: job.id },
        { columns: ['token'], found: 'undefined', message: new RegExp(`^${name}\\(\\): jobQueue.token`) },
      ],
      [
        { ...job, token: null },
        { columns: ['token'], found: 'null', expected: 'the token of a claim', hint: /claimJobs/ },
      ],
      [
        { ...job, token: 'x' },
        { columns: ['token'], found: '"x"' },
      ],
      [
        { ...job, id: 'x' },
        { columns: ['id'], found: '"x"' },
      ],
      [{ ...job, id: undefined }, { columns: ['id'] }],
    ])
      await fails(() => call(held), { code: 'VALUE_INVALID', table: 'job_queue', ...fields })
    await fails(() => call({ ...job, id: job.id + 1 }), { code: 'NOT_FOUND', table: 'job_queue' })
  }
  await fails(() => failJob(db, { ...job, attempts: '1' }, 'no'), {
    code: 'VALUE_INVALID',
    columns: ['attempts'],
    expected: 'a whole number',
    found: '"1"',
  })
  assert.deepEqual(await db.jobQueue.get(job.id), job)
})

test('a database without the queue is refused, and a transaction that only reads', async t => {
  const db = await database(t, models)
  for (const [given, found] of [
    [undefined, 'undefined'],
    [{}, 'an object without it'],
    [{ jobQueue: {} }, 'an object without it'],
    [await database(t, schema({ effects: models.models.effects })), /without it$/],
  ]) {
    for (const call of [enqueue, claimJobs, extendJob, finishJob, failJob])
      await fails(() => call(given, {}), { code: 'QUERY_INVALID', table: 'job_queue', found, hint: /plinth\/models/ })
  }
  await db.transaction(tx => fails(() => claimJobs(tx), { code: 'READ_ONLY' }), { readOnly: true })
})

test('a transaction with retries is not run again for a claim that is late', async t => {
  const db = await database(t, models)
  await enqueue(db, {})
  const [late] = await claimBriefly(db)
  await claimJobs(db)
  let runs = 0
  const work = async tx => {
    runs++
    await tx.effects.create({ jobId: late.id })
    await finishJob(tx, late)
  }
  await fails(() => db.transaction(work, { retries: 3 }), { code: 'STALE_ROW' })
  await fails(() => db.scope(work, { retries: 3 }), { code: 'STALE_ROW' })
  assert.deepEqual([runs, await db.effects.count()], [2, 0])
})
