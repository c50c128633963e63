// A worker: claims one job at a time and writes its invoice. SIGTERM and SIGINT end it after the running job.
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { initDb, open, PlinthError, StaleRowError } from 'plinth'
import { claimJobs, extendJob, failJob, finishJob } from 'plinth/models'
import { write } from './invoice.js'
import models from './models.js'

const worker = `${hostname()} ${process.pid}`
/** For how many milliseconds a claim holds its job; extended while the job runs. */
const lease = Number(process.env.LEASE ?? 60_000)
const pause = 250

const stopping = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => stopping.abort())

const db = open({ models })
await initDb({ db })
console.log('ready')
while (!stopping.signal.aborted) {
  if (!(await next())) await sleep(pause, undefined, { signal: stopping.signal }).catch(() => {})
}
await db.close()

/** Runs the next job; false if no job is due, or the database cannot be reached. */
async function next() {
  try {
    const [job] = await claimJobs(db, { queue: 'invoices', lease, worker })
    if (job) await run(job)
    return job !== undefined
  } catch (error) {
    if (!(error instanceof PlinthError && error.retryable)) throw error
    console.error(`${error.code}: ${error.message}`)
    return false
  }
}

async function run(job) {
  console.log(`began job ${job.id}, attempt ${job.attempts}`)
  try {
    const { orderId } = job.payload
    const order = await db.orders.get(orderId)
    const text = await holding(job, () => write(order))
    // The invoice and the end of the job: both, or neither.
    await db.transaction(async tx => {
      await tx.invoices.create({ orderId, text })
      await finishJob(tx, job)
    })
    console.log(`finished job ${job.id}`)
  } catch (error) {
    report(error)
    // Another worker has the job: whether it fails is not for this one to decide.
    if (!(error instanceof StaleRowError)) await failJob(db, job, error).catch(ignoreStale)
  }
}

/** Extends the lease of a job while work goes on. */
async function holding(job, work) {
  const extending = setInterval(() => extendJob(db, job, { lease }).catch(report), lease / 3)
  try {
    return await work()
  } finally {
    clearInterval(extending)
  }
}

function report(error) {
  console.error(error.message)
}

function ignoreStale(error) {
  if (!(error instanceof StaleRowError)) throw error
}
