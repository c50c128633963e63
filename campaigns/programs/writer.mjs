// Callers that write in every way, and print the promise of each write as a line, until the time is over or the process is killed.
import { writeSync } from 'node:fs'
import { open } from 'plinth'
import { numbers } from '../../__test__/support/histories.mjs'
import { pick, within } from '../support/campaign.mjs'
import { models, WAYS, write } from '../support/ledger.mjs'

/** How long a call may take, in milliseconds, before the process says that it is stuck. */
const LIMIT = 40_000

const { url, prefix, seed, callers, ms, end } = JSON.parse(process.argv[2])
const say = line => writeSync(1, `${JSON.stringify(line)}\n`)

const below = numbers(seed)
const db = open({ models, url })
const until = performance.now() + ms
let next = 0

async function caller() {
  while (performance.now() < until) {
    const key = `${prefix}-${next++}`
    const way = pick(below, Object.keys(WAYS))
    say(await write(db, key, way, 'x'.repeat(below(2000))))
  }
}

await within(ms + LIMIT, Promise.all(Array.from({ length: callers }, caller)), 'a call')
if (end === 'kill') process.kill(process.pid, 'SIGKILL')
await within(LIMIT, db.close(), 'close()').catch(error => {
  const isKnown = typeof error.code === 'string' && error.code !== 'INTERNAL'
  if (!isKnown) throw error
})
process.exit(0)
