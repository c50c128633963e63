/** createMany of many rows: cut into calls that go one behind the other. */

import { rethrow } from '../base/errors.js'
import type { Row } from '../bridge/request.js'
import type { ModelMeta } from '../models/metadata.js'

/** Rows of one createMany that cross as one call; more go in several, in a transaction. */
const JOB = 2048

/** Called after each of them with the rows done so far and the rows in all. */
export type Progress = (done: number, total: number) => void

/** Rows that cross as one call. */
export interface Job {
  readonly start: number
  readonly end: number
  readonly withKey: boolean
}

/** Cuts rows into calls: rows with and without a key are different statements. */
export function jobsOf(model: ModelMeta, rows: readonly object[]): Job[] {
  const jobs: Job[] = []
  for (let start = 0; start < rows.length; ) {
    const withKey = hasKey(model, rows[start] as object)
    let end = start + 1
    while (end < rows.length && end - start < JOB && hasKey(model, rows[end] as object) === withKey) end++
    jobs.push({ start, end, withKey })
    start = end
  }
  return jobs
}

/** Sends each job while the one before it runs, so that packing and inserting go on side by side. */
export async function pipelined(
  jobs: readonly Job[],
  send: (job: Job) => Promise<Row[]>,
  total: number,
  onProgress: Progress | undefined,
): Promise<Row[]> {
  const made: Row[] = []
  let running: Promise<Row[]> | undefined
  const settle = async () => {
    for (const row of (await running?.catch(rethrow)) ?? []) made.push(row)
    if (running) onProgress?.(made.length, total)
  }
  for (const job of jobs) {
    const next = send(job)
    // Its failure is seen when its turn comes; until then it is not unhandled.
    next.catch(() => {})
    await settle()
    running = next
  }
  await settle()
  return made
}

/** Whether values bring the generated key of their row. */
export function hasKey(model: ModelMeta, values: object): boolean {
  return model.identity === undefined || (values as Row)[model.identity.property] !== undefined
}
