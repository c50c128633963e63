// The campaign of the silent network: the way to a PostgreSQL server passes nothing on, ends half of each connection, forgets connections or cuts
// them, at random moments below random writes with a limit. Each call is answered, each promise is true, and no connection is left.
import { setTimeout as sleep } from 'node:timers/promises'
import { open } from 'plinth'
import { query } from '../__test__/support/postgres.mjs'
import { relay } from '../__test__/support/relay.mjs'
import { pick, within } from './support/campaign.mjs'
import { compare, models, WAYS, write } from './support/ledger.mjs'
import { look, serverUrl, withTables } from './support/places.mjs'

const CALLERS = 16
/** The limit of each call, in milliseconds, and the time after which a write, which may be several calls, must be answered. */
const [LIMIT, LATEST] = [500, 15_000]
/** How long one database is tried, in milliseconds. */
const TIME = 3_000

export async function network(campaign) {
  if ((await serverUrl()) === null) return campaign.skip('no PostgreSQL')
  await campaign.repeat(below => withTables(campaign, true, place => silenced(campaign, place, below)))
}

async function silenced(campaign, place, below) {
  const way = await relay(campaign, place.url)
  const db = open({ models, url: `${way.url}?connect_timeout=2`, pool: { size: 8 } })
  const limited = db.with({ timeout: LIMIT })
  const promises = []
  const until = performance.now() + TIME
  let next = 0
  let going = true
  const caller = async () => {
    while (going) {
      const key = `n-${next++}`
      const kind = pick(below, Object.keys(WAYS))
      promises.push(await within(LATEST, write(limited, key, kind), `${kind} ${key}`))
    }
  }
  const callers = Promise.all(Array.from({ length: CALLERS }, caller))
  callers.catch(() => {})
  while (performance.now() < until) {
    await sleep(below(300))
    await way[pick(below, ['drop', 'half', 'forget', 'cut'])]()
    campaign.faults++
    await sleep(below(400))
    await way.cut()
  }
  // The last silence lasts until each call is answered.
  await sleep(below(300))
  await way.drop()
  campaign.faults++
  going = false
  await callers
  await way.cut()
  promises.push(await write(db, 'after', 'create'))
  await within(LATEST, db.close({ timeout: 1_000 }), 'close()')
  await settled(campaign, place.url)
  const { emails } = await look(place.url)
  if (!emails.has('after')) campaign.lose(`no write succeeds after the silence: ${JSON.stringify(promises.at(-1))}`)
  compare(campaign, promises, emails)
}

/** Waits until the server has ended all connections to the database. */
async function settled(campaign, url) {
  const sql = `SELECT count(*)::int AS n FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`
  for (let i = 0; i < 100; i++) {
    const [{ n }] = await query(url, sql)
    if (n === 0) return
    await sleep(50)
  }
  campaign.lose('connections are left at the server')
}
