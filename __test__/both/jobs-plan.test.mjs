// How databases find the jobs of a claim: by an index that has them in the order of claims, whether most of them wait or are done.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { initDb, open, schema } from 'plinth'
import { claimJobs, jobQueue } from 'plinth/models'
import { raw } from '../support/db.mjs'
import { dialect, newUrl } from '../support/dialect.mjs'
import { query } from '../support/postgres.mjs'

const JOBS = 20_000
const INDEX = /job_queue_claim_idx/
/** A read of the whole table, or of all jobs that wait, to sort them. */
const READS_ALL = /Seq Scan on job_queue|SCAN job_queue|TEMP B-TREE|Sort Key: .*priority/

/** The plans of SQLite for the statement that picks jobs. */
async function plansOfSqlite(db, sql, status) {
  const values = ['default', status, new Date().toISOString(), 10]
  const rows = await raw(db, `EXPLAIN QUERY PLAN ${sql}`.split(/\?\d/), ...values)
  return [rows.map(row => row.detail).join('\n')]
}

/** The plans of PostgreSQL for a claim: that of its first run, and of one at which the server may have chosen a plan for any values. */
async function plansOfPostgres(url, sql, status) {
  const parameters = Math.max(...[...sql.matchAll(/\$(\d+)/g)].map(([, n]) => Number(n)))
  const others = Array(parameters - 4).fill('NULL')
  const run = `EXPLAIN EXECUTE picked (${["'default'", `'${status}'`, 'now()', 10, ...others].join(', ')})`
  const plans = []
  for (const runs of [1, 8]) {
    const rows = await query(url, `PREPARE picked AS ${sql}; ${Array(runs).fill(run).join('; ')}`)
    plans.push(rows.map(row => row['QUERY PLAN']).join('\n'))
  }
  return plans
}

test('claims read an index in order, with all jobs waiting, and with nearly all done', async t => {
  const url = await newUrl(t)
  const statements = []
  const db = open({
    models: schema({ jobQueue }),
    url,
    log: { statements: true, to: ({ sql }) => statements.push(sql) },
  })
  t.after(() => db.close())
  await initDb({ db })
  const now = new Date()
  await db.jobQueue.createMany(
    Array.from({ length: JOBS }, (_, n) => ({ payload: { n }, priority: n % 100 ? 0 : 5, runAt: now })),
  )
  const analyze = () => raw(db, 'ANALYZE')

  async function holds(state) {
    statements.length = 0
    assert.equal((await claimJobs(db, { limit: 10 })).length, 10)
    const picks = statements.filter(sql => /ORDER BY "priority" DESC/.test(sql))
    assert.equal(picks.length, 2, 'one for jobs whose lease ran out, one for those that wait')
    for (const [n, status] of ['running', 'queued'].entries()) {
      const plans = await (dialect === 'sqlite'
        ? plansOfSqlite(db, picks[n], status)
        : plansOfPostgres(url, picks[n], status))
      for (const plan of plans) {
        assert.match(plan, INDEX, `${state}, ${status}: ${plan}`)
        assert.doesNotMatch(plan, READS_ALL, `${state}, ${status}: ${plan}`)
      }
    }
  }

  await holds('all wait, without statistics')
  await analyze()
  await holds('all wait')
  await db.jobQueue.updateMany({ where: { id: { lte: JOBS - 200 } } }, { status: 'done' })
  await holds('nearly all done, with statistics of before')
  await analyze()
  await holds('nearly all done')
})
