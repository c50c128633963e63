/** The job queue: jobs are enqueued, claimed for a time, and finished or failed by the claim that still holds them. */

import { randomUUID } from 'node:crypto'
import { type Add, add, type Insert, type Row, StaleRowError, type Update } from 'plinth'
import { flag, type OptionTable, text, wholeNumber } from '../lib/base/option-kinds.js'
import { checkClaimed, checkDb, checkJobOptions, checkNewJob, textOfError } from './job-input.js'
import type { jobQueue } from './work.js'

type JobRow = Row<typeof jobQueue>

/** A job of the queue. `Payload` is the type of its payload, which nothing checks at run time. */
export type Job<Payload = unknown> = Omit<JobRow, 'payload'> & { payload: Payload }

/** A job that a worker holds, until `lockedUntil` and longer if no other worker claims it. */
export type ClaimedJob<Payload = unknown> = Job<Payload> & { status: 'running'; token: string; lockedUntil: Date }

/** A job to enqueue. */
export interface NewJob<Payload = unknown> {
  /** The work: any JSON; `{}` without it. */
  payload?: Payload | undefined
  /** The queue that it waits in; `default` without it. */
  queue?: string | undefined
  /** Jobs of a higher priority are claimed first; 0 without it. */
  priority?: number | undefined
  /** Not to be claimed before this time; at once without it. */
  runAt?: Date | undefined
  /** How often it may be claimed before it is dead; 5 without it. */
  maxAttempts?: number | undefined
  /** At most one job has this key, whatever its status, as long as its row exists. */
  uniqueKey?: string | undefined
}

/** Options of `claimJobs`. */
export interface ClaimJobsOptions {
  /** The queue; `default` without it. */
  queue?: string | undefined
  /** At most so many; 1 without it. */
  limit?: number | undefined
  /** How many milliseconds the claim holds the jobs; 60,000 without it. */
  lease?: number | undefined
  /** The name of the worker, for the column `lockedBy`. */
  worker?: string | undefined
}

/** Options of `extendJob`. */
export interface ExtendJobOptions {
  /** How many milliseconds from now the claim holds the job; 60,000 without it. */
  lease?: number | undefined
}

/** Options of `failJob`. */
export interface FailJobOptions {
  /** `false`: the job is dead at once, however many attempts are left. */
  retry?: boolean | undefined
  /** How many milliseconds the job waits after its first attempt; 1,000 without it. Each further attempt doubles the wait. */
  backoff?: number | undefined
  /** The longest wait in milliseconds; 3,600,000 without it, an hour. */
  backoffLimit?: number | undefined
}

/** A database, a transaction or a session whose schema has `jobQueue`. */
export interface JobDb {
  readonly jobQueue: {
    find(query: { where: { id: number }; select: Seen[] }): Promise<Pick<JobRow, Seen> | null>
    find(query: { where: { uniqueKey: string } }): Promise<JobRow | null>
    create(values: Insert<typeof jobQueue>): Promise<JobRow>
    createMany(rows: Insert<typeof jobQueue>[], options: { skipDuplicates: 'uniqueKey'[] }): Promise<JobRow[]>
    update(id: number, values: Update<typeof jobQueue>, options: { where: Held }): Promise<JobRow>
    updateMany(query: { where: { id: { in: number[] }; token: string } }, values: Changes): Promise<number>
    claim(query: JobClaim): Promise<JobRow[]>
  }
}

type Seen = 'status' | 'lockedBy'
type Held = { token: string; status: 'running' }
type Changes = Omit<Update<typeof jobQueue>, 'id' | 'attempts'> & { attempts?: Add<number> }
type Waiting = { runAt: { lte: Date } } | { lockedUntil: { lte: Date } }
interface JobClaim {
  where: { queue: string; status: 'queued' | 'running' } & Waiting
  orderBy: ({ priority: 'desc' } | { runAt: 'asc' } | { id: 'asc' })[]
  limit: number
  set: Changes
}

/** The order of the index job_queue_claim_idx. */
const ORDER: JobClaim['orderBy'] = [{ priority: 'desc' }, { runAt: 'asc' }, { id: 'asc' }]
const LEASE = 60_000
const YEAR = 365 * 24 * 3_600_000
const MILLISECONDS = wholeNumber(1, YEAR)
const RAN_OUT = 'The lease ran out before the job was finished or failed.'
/** The columns of a claim, when it is over. */
const FREE = { token: null, lockedBy: null, lockedUntil: null } as const

const CLAIM: OptionTable<keyof ClaimJobsOptions> = {
  queue: text,
  limit: wholeNumber(1),
  lease: MILLISECONDS,
  worker: text,
}
const EXTEND: OptionTable<keyof ExtendJobOptions> = { lease: MILLISECONDS }
const FAIL: OptionTable<keyof FailJobOptions> = { retry: flag, backoff: MILLISECONDS, backoffLimit: MILLISECONDS }

/**
 * Adds a job to its queue. In a transaction the job exists once that is committed. If there is a job with the same `uniqueKey`,
 * nothing is added, and that job is returned as it is.
 *
 * @param db a database, transaction or session
 * @param values the job
 * @example
 * const job = await enqueue(db, { payload: { to: 'ada@example.com' }, uniqueKey: 'welcome ada' })
 */
export async function enqueue<Payload = unknown>(db: JobDb, values: NewJob<Payload>): Promise<Job<Payload>> {
  checkDb('enqueue', db)
  checkNewJob(values)
  const queue = db.jobQueue
  // The clock of claims: another one would delay the job by their difference.
  const row = isRecord(values) ? { ...values, runAt: values.runAt === undefined ? new Date() : values.runAt } : values
  const { uniqueKey } = row ?? {}
  if (uniqueKey === undefined || uniqueKey === null) return (await queue.create(row)) as Job<Payload>
  for (;;) {
    const [made] = await queue.createMany([row], { skipDuplicates: ['uniqueKey'] })
    const job = made ?? (await queue.find({ where: { uniqueKey } }))
    // Neither: the row with this key was deleted in between.
    if (job) return job as Job<Payload>
  }
}

/**
 * Claims jobs whose time has come, for one worker: jobs whose lease ran out before the others, then by priority and time. Every claim
 * of a job is an attempt. A job whose lease runs out is claimed again, or is dead if it has no attempt left: work is done at least
 * once. The jobs of one call share a token, by which `extendJob`, `finishJob` and `failJob` know the claim.
 *
 * @param db a database; a claim in a transaction is undone with it
 * @param options which jobs, how many, and for how long
 * @example
 * for (const job of await claimJobs<{ to: string }>(db, { limit: 10, lease: 30_000 })) {
 *   console.log(job.payload.to)
 *   await finishJob(db, job)
 * }
 */
export async function claimJobs<Payload = unknown>(
  db: JobDb,
  options: ClaimJobsOptions = {},
): Promise<ClaimedJob<Payload>[]> {
  checkDb('claimJobs', db)
  checkJobOptions('claimJobs', CLAIM, options)
  const { queue = 'default', limit = 1, lease = LEASE, worker } = options
  const claimed: JobRow[] = []
  // New jobs would otherwise keep those whose lease ran out waiting for ever.
  for (const status of ['running', 'queued'] as const) {
    for (let spent = true; spent && claimed.length < limit; ) {
      const now = new Date()
      const token = randomUUID()
      const over = status === 'running'
      const rows = await db.jobQueue.claim({
        where: { queue, status, ...(over ? { lockedUntil: { lte: now } } : { runAt: { lte: now } }) },
        orderBy: ORDER,
        limit: limit - claimed.length,
        set: {
          status: 'running',
          attempts: add(1),
          token,
          lockedBy: worker ?? null,
          lockedUntil: new Date(now.getTime() + lease),
          ...(over && { lastError: RAN_OUT }),
        },
      })
      const dead = rows.filter(row => row.attempts > row.maxAttempts)
      claimed.push(...rows.filter(row => row.attempts <= row.maxAttempts))
      spent = dead.length > 0
      // A worker that ends here leaves leases that run out: the next claim finds these rows again.
      if (spent) await bury(db.jobQueue, dead, token)
    }
  }
  return claimed as ClaimedJob<Payload>[]
}

/** Ends jobs that were claimed once more than they may be; the claim that found them is not an attempt. */
async function bury(queue: JobDb['jobQueue'], dead: readonly JobRow[], token: string): Promise<void> {
  const where = { id: { in: dead.map(({ id }) => id) }, token }
  await queue.updateMany({ where }, { status: 'dead', attempts: add(-1), ...FREE })
}

/**
 * Extends the lease of a claimed job: call it while long work goes on. Throws StaleRow if the claim does not hold the job
 * anymore, and NotFound if there is no such job.
 *
 * @param db a database, transaction or session
 * @param job a job as `claimJobs` returned it
 * @param options for how long
 * @example
 * const [job] = await claimJobs(db)
 * if (job) await extendJob(db, job, { lease: 120_000 })
 */
export async function extendJob<Payload = unknown>(
  db: JobDb,
  job: Pick<ClaimedJob<Payload>, 'id' | 'token'>,
  options: ExtendJobOptions = {},
): Promise<ClaimedJob<Payload>> {
  checkDb('extendJob', db)
  checkClaimed('extendJob', job)
  checkJobOptions('extendJob', EXTEND, options)
  const lockedUntil = new Date(Date.now() + (options.lease ?? LEASE))
  return (await change(db, 'extendJob', job, { lockedUntil })) as ClaimedJob<Payload>
}

/**
 * Marks a claimed job as done. In the transaction that writes the effect of the job, both are committed together, or neither is.
 * Throws StaleRow if the claim does not hold the job anymore, and NotFound if there is no such job.
 *
 * @param db a database, transaction or session
 * @param job a job as `claimJobs` returned it
 * @example
 * const [job] = await claimJobs(db)
 * if (job) {
 *   await db.transaction(async tx => {
 *     await tx.tags.create({ name: `from job ${job.id}` })
 *     await finishJob(tx, job)
 *   })
 * }
 */
export async function finishJob<Payload = unknown>(
  db: JobDb,
  job: Pick<ClaimedJob<Payload>, 'id' | 'token'>,
): Promise<Job<Payload>> {
  checkDb('finishJob', db)
  checkClaimed('finishJob', job)
  return (await change(db, 'finishJob', job, { status: 'done', ...FREE })) as Job<Payload>
}

/**
 * Ends an attempt that failed: the job is queued again after a wait, which doubles with each attempt, or is dead if it has no
 * attempt left. Throws StaleRow if the claim does not hold the job anymore, and NotFound if there is no such job.
 *
 * @param db a database, transaction or session; not the transaction that failed
 * @param job a job as `claimJobs` returned it
 * @param error what went wrong, for the column `lastError`
 * @param options whether to try again, and when
 * @example
 * const [job] = await claimJobs(db)
 * if (job) {
 *   const { status, runAt } = await failJob(db, job, new Error('no answer'), { backoff: 5_000 })
 *   console.log(status, runAt)
 * }
 */
export async function failJob<Payload = unknown>(
  db: JobDb,
  job: Pick<ClaimedJob<Payload>, 'id' | 'token' | 'attempts' | 'maxAttempts'>,
  error: unknown,
  options: FailJobOptions = {},
): Promise<Job<Payload>> {
  checkDb('failJob', db)
  checkClaimed('failJob', job, ['attempts', 'maxAttempts'])
  checkJobOptions('failJob', FAIL, options)
  const { retry = true, backoff = 1_000, backoffLimit = 3_600_000 } = options
  const lastError = textOfError(error)
  if (!retry || job.attempts >= job.maxAttempts) {
    return (await change(db, 'failJob', job, { status: 'dead', lastError, ...FREE })) as Job<Payload>
  }
  const wait = Math.min(backoffLimit, backoff * 2 ** (job.attempts - 1))
  // Up to a tenth shorter, so that jobs that failed together are not attempted together.
  const runAt = new Date(Date.now() + Math.ceil(wait * (1 - Math.random() / 10)))
  return (await change(db, 'failJob', job, { status: 'queued', runAt, lastError, ...FREE })) as Job<Payload>
}

/** Changes a job that this claim holds. Throws STALE_ROW, NOT_FOUND. */
async function change(
  { jobQueue: queue }: JobDb,
  call: string,
  { id, token }: { id: number; token: string },
  values: Update<typeof jobQueue>,
): Promise<JobRow> {
  try {
    return await queue.update(id, values, { where: { token, status: 'running' } })
  } catch (error) {
    if (!(error instanceof StaleRowError)) throw error
    // Without its key it does not count as a row that this attempt has read: another attempt of the transaction would be as late.
    throw staleJob(call, id, await queue.find({ where: { id }, select: ['status', 'lockedBy'] }), error)
  }
}

/** The error of a worker that is late; `row` is the job as it is now, null if it was deleted. */
function staleJob(call: string, id: number, row: Pick<JobRow, Seen> | null, cause: StaleRowError): StaleRowError {
  const by = row?.lockedBy ? ` by ${JSON.stringify(row.lockedBy)}` : ''
  const found = row?.status === 'running' ? `a later claim${by}` : `a job that is ${row?.status ?? 'deleted'}`
  return new StaleRowError(`${call}(): this claim does not hold job ${id} anymore, found ${found}.`, {
    table: 'job_queue',
    columns: ['token', 'status'],
    key: id,
    expected: 'the token of this claim',
    found,
    hint: 'Drop the work of this claim. A longer lease, or extendJob() while the work goes on, keeps a job.',
    cause,
  })
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
