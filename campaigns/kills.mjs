// The campaign of kills: processes that write are killed (SIGKILL) at random moments. Every acknowledged row exists, and no half write.
import { setTimeout as sleep } from 'node:timers/promises'
import { pick } from './support/campaign.mjs'
import { startProgram } from './support/children.mjs'
import { compare } from './support/ledger.mjs'
import { look, serverUrl, withTables } from './support/places.mjs'

/** How often a writer of one database is killed: the next one finds what it left. */
const KILLS = 3
const CALLERS = 64

export async function kills(campaign) {
  const hasServer = (await serverUrl()) !== null
  await campaign.repeat((below, seed) =>
    withTables(campaign, hasServer && below(3) === 0, place => killed(campaign, place, below, seed)),
  )
}

async function killed(campaign, place, below, seed) {
  const promises = []
  for (let kill = 0; kill < KILLS; kill++) {
    const settings = { url: place.url, prefix: kill, seed: seed + kill, callers: CALLERS, ms: 600_000 }
    const { child, lines, ended } = startProgram(campaign, 'writer', settings)
    const wanted = pick(below, [0, 1, 1, 5, 50, 200])
    while (lines.length < wanted && child.exitCode === null) await sleep(1)
    await sleep(below(250))
    child.kill('SIGKILL')
    const { signal, stderr } = await ended
    if (signal === 'SIGKILL') campaign.faults++
    else campaign.lose(`the writer ended by itself: ${stderr}`)
    promises.push(...lines)
  }
  const { emails, damage } = await look(place.url)
  for (const found of damage) campaign.lose(`${place.url}: ${found}`)
  compare(campaign, promises, emails)
}
