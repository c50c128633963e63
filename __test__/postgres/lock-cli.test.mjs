// The command line beside a session that holds the lock of a table: it says for whom it waits, and ends on Ctrl-C.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { holding, models, place } from '../support/lock-holders.mjs'
import { query } from '../support/postgres.mjs'
import { ownServer, test } from '../support/postgres-test.mjs'
import { cliPath, environment, plinth, write } from '../support/project.mjs'

const SLOW = '\nSELECT pg_sleep(3600);\n'

/** The project of a place, whose configuration has settings of migrations. */
async function configured(t, settings) {
  const shop = await place(t)
  const config = { models: './models.json', migrations: { folder: './migrations', ...settings } }
  write(shop.cwd, { 'package.json': { name: 'app', private: true, plinth: config }, 'models.json': models.toJSON() })
  return shop
}

test('plinth upgrade takes the limits of the configuration, and names the session', async t => {
  const { url, cwd } = await configured(t, { lockTimeoutMs: 30, lockWaitMs: 1600 })
  const { pid, end } = await holding(t, url)
  const { code, stdout, stderr } = plinth(cwd, ['upgrade', '--url', url])
  assert.deepEqual([code, stdout], [2, ''])
  const waits = `plinth waits for the session ${pid} \\(holder\\) of \\w+: idle in transaction, .*: 1\\.\\d s so far, \\d+ tries\\n`
  assert.match(
    stderr,
    new RegExp(`${waits}[\\s\\S]*found +the session ${pid} [\\s\\S]*hint +Nothing [\\s\\S]*code +BUSY`),
  )
  assert.doesNotMatch(stderr, /secret/)
  await end()
  assert.equal(plinth(cwd, ['upgrade', '--url', url]).code, 0)
})

test('plinth upgrade that waits for a lock ends on Ctrl-C at once, and leaves nothing', {
  skip: process.platform === 'win32',
}, async t => {
  const { url, cwd, status } = await configured(t, {})
  const { end } = await holding(t, url)
  const child = spawn(process.execPath, [cliPath, 'upgrade', '--url', url], { cwd, env: environment(cwd) })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stderr, 'data')
  const start = performance.now()
  child.kill('SIGINT')
  const [, signal] = await once(child, 'exit')
  assert.equal(signal, 'SIGINT')
  assert.ok(performance.now() - start < 1000, `${performance.now() - start} ms`)
  await end()
  for (let left = 1; left > 0; await sleep(50)) {
    const sql = `SELECT count(*)::int AS left FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> 'holder'`
    ;[{ left }] = await query(url, sql)
  }
  assert.equal((await status()).pending.length, 1)
})

test('the statement of a killed process ends on the server, and lets go of its locks', {
  skip: process.platform !== 'linux',
}, async t => {
  const { url, cwd, status } = await configured(t, {})
  const { pending } = await status()
  appendFileSync(join(cwd, 'migrations', `${pending[0].version}_${pending[0].name}`, 'up.postgres.sql'), SLOW)
  const child = spawn(process.execPath, [cliPath, 'upgrade', '--url', url], { cwd, env: environment(cwd) })
  t.after(() => child.kill('SIGKILL'))
  const running = async () =>
    (
      await query(
        url,
        `SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3600)%'
    AND pid <> pg_backend_pid() AND datname = current_database()`,
      )
    ).length
  while ((await running()) === 0) await sleep(50)
  child.kill('SIGKILL')
  while ((await running()) > 0) await sleep(50)
  await query(url, 'BEGIN; LOCK TABLE one IN ACCESS EXCLUSIVE MODE NOWAIT; COMMIT')
  assert.equal((await status()).pending.length, 1)
})

test('a vacuum of the server gives way', async t => {
  const server = await ownServer(t, { settings: { autovacuum: 'on', autovacuum_naptime: '1s' } })
  const shop = await place(t, { url: server.url('vacuumed') })
  const { url } = shop
  // So slow that it does not end by itself.
  await query(
    url,
    `ALTER TABLE one SET (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0,
       autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
     INSERT INTO one (text) SELECT repeat('row', 100) FROM generate_series(1, 30000);
     DELETE FROM one WHERE id % 2 = 0`,
  )
  for (let works = 0; works === 0; await sleep(50)) {
    const sql = `SELECT count(*)::int AS works FROM pg_locks WHERE relation = 'one'::regclass AND mode = 'ShareUpdateExclusiveLock'`
    ;[{ works }] = await query(url, sql)
  }
  const start = performance.now()
  const { applied } = await shop.upgrade()
  assert.ok(performance.now() - start < 15_000)
  assert.ok(applied[0].tries > 1 && applied[0].tries < 20, JSON.stringify(applied))
})
