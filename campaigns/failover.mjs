// The campaign of failover: a primary with a synchronous replica is killed, or falls silent, below writes on a URL with both hosts, and the
// replica is promoted. Every acknowledged row is on the replica, no half write, and the same handle goes on.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { initDb, open } from 'plinth'
import { query, startServer, urlOf } from '../__test__/support/postgres.mjs'
import { pick, within } from './support/campaign.mjs'
import { compare, models, WAYS, write } from './support/ledger.mjs'
import { look } from './support/places.mjs'

const CALLERS = 32
/** The limit of each call, in milliseconds, and the time after which a write, which may be several calls, must be answered. */
const [LIMIT, LATEST] = [3_000, 20_000]
/** How long it may take until writes succeed on the promoted server, in milliseconds, and how many of them are awaited. */
const [OUTAGE, AFTER] = [20_000, 30]

const SETTINGS = { wal_level: 'replica', max_wal_senders: '5', wal_keep_size: '128MB', synchronous_commit: 'on' }
/** A replica connects without a password. */
const ACCESS = 'local all all trust\nhost all all all trust\nhost replication all all trust\n'

/** How the primary goes: killed, crashed, stopped in order, or frozen. */
const ENDS = ['SIGKILL', 'SIGQUIT', 'SIGINT', 'SIGSTOP']

export async function failover(campaign) {
  if (process.platform === 'win32') return campaign.skip('it needs the signals of Unix')
  const template = await startServer({ settings: SETTINGS, access: ACCESS })
  if (!template) return campaign.skip('no PostgreSQL')
  campaign.after(() => template.close())
  await initDb({ models, url: template.url('app'), migrations: false })
  await template.stop('SIGINT')
  await campaign.repeat(async below => {
    const pair = await startPair(join(template.folder, 'data'))
    try {
      await fail(campaign, pair, below)
    } finally {
      await pair.close()
    }
  })
}

/** A primary and a synchronous replica of it, both copies of one data folder. */
async function startPair(data) {
  const primary = await startServer({ settings: SETTINGS, access: ACCESS, data })
  const from = `host=127.0.0.1 port=${primary.port} user=plinth application_name=replica`
  const files = { 'standby.signal': '' }
  const replica = await startServer({ settings: { ...SETTINGS, primary_conninfo: from }, access: ACCESS, files, data })
  const admin = primary.url('postgres')
  await query(admin, "ALTER SYSTEM SET synchronous_standby_names = '*'")
  await query(admin, 'SELECT pg_reload_conf()')
  const isSynchronous = async () =>
    (await query(admin, "SELECT FROM pg_stat_replication WHERE sync_state = 'sync' AND state = 'streaming'")).length > 0
  while (!(await isSynchronous())) await sleep(50)
  let frozen = []
  return {
    primary,
    replica,
    /** The URL of both, for whichever takes writes. */
    url: urlOf({
      host: `127.0.0.1:${primary.port},127.0.0.1`,
      port: replica.port,
      database: 'app',
      password: null,
      query: { target_session_attrs: 'read-write', connect_timeout: '2' },
    }),
    async end(signal) {
      if (signal !== 'SIGSTOP') return primary.stop(signal)
      frozen = processesOf(primary)
      for (const pid of frozen) process.kill(pid, signal)
    },
    async close() {
      for (const pid of frozen) process.kill(pid, 'SIGCONT')
      await replica.close()
      await primary.close()
    },
  }
}

/** All processes of a server. */
function processesOf({ folder }) {
  const [main] = readFileSync(join(folder, 'data/postmaster.pid'), 'utf8').split('\n')
  const { stdout } = spawnSync('pgrep', ['-P', main], { encoding: 'utf8' })
  return [main, ...stdout.split('\n').filter(Boolean)].map(Number)
}

async function fail(campaign, pair, below) {
  const db = open({ models, url: pair.url })
  const limited = db.with({ timeout: LIMIT })
  const promises = []
  let next = 0
  let promoted = Number.POSITIVE_INFINITY
  let after = 0
  let going = true
  const caller = async () => {
    while (going) {
      const key = `f-${next++}`
      const kind = pick(below, Object.keys(WAYS))
      const began = performance.now()
      const made = await within(LATEST, write(limited, key, kind), `${kind} ${key}`)
      promises.push(made)
      if (made.promise === 'done' && began > promoted) after++
      if (made.promise !== 'done') await sleep(5)
    }
  }
  const callers = Promise.all(Array.from({ length: CALLERS }, caller))
  callers.catch(() => {})
  const signal = pick(below, ENDS)
  await sleep(500 + below(1000))
  await pair.end(signal)
  campaign.faults++
  await sleep(below(700))
  await query(pair.replica.url('postgres'), 'SELECT pg_promote(true, 30)')
  promoted = performance.now()
  while (after < AFTER && performance.now() < promoted + OUTAGE) await sleep(10)
  going = false
  if (after < AFTER) campaign.lose(`${signal}: ${after} writes succeeded within ${OUTAGE} ms of the promotion`)
  await callers
  await within(LATEST, db.close({ timeout: 2_000 }), 'close()')
  const { emails } = await look(pair.replica.url('app'))
  compare(campaign, promises, emails, `${signal}: `)
}
