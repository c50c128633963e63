// `npm run campaign [-- kills cursors ...]`: faults of many kinds, each tried for some seconds; a line for each campaign with its tries, faults
// and losses. A loss ends it with exit code 1. PLINTH_CAMPAIGN_MINUTES=10 tries each for ten minutes, PLINTH_CAMPAIGN_SEED=7 begins with
// the try of this seed, which the line of a loss names.
import { assertBuilt } from '../scripts/built.mjs'
import { script } from '../scripts/run.mjs'

/** Each campaign: its file, and its name there. */
const CAMPAIGNS = {
  kills: './kills.mjs',
  calls: './failing-calls.mjs',
  cache: './page-cache.mjs',
  files: './damaged-files.mjs',
  network: './silent-network.mjs',
  failover: './failover.mjs',
  boundary: './boundary.mjs',
  revisions: './damaged-revisions.mjs',
  cursors: './damaged-cursors.mjs',
  urls: './hidden-passwords.mjs',
  histories: './longer-tests.mjs',
  logic: './longer-tests.mjs',
  verbs: './longer-tests.mjs',
}

/** How long each campaign tries, in seconds, without PLINTH_CAMPAIGN_MINUTES. */
const SHORT = 10

/** The number of a variable, or another if it is not set. */
function number(name, otherwise, expected, accepts) {
  const text = process.env[name]
  if (text === undefined) return otherwise
  if (text.trim() !== '' && accepts(Number(text))) return Number(text)
  console.error(`campaign: ${name} is "${text}". Expected ${expected}.`)
  process.exit(1)
}

await script(assertBuilt)
if (process.exitCode !== 0) process.exit()

const words = process.argv.slice(2)
const unknown = words.find(word => !Object.hasOwn(CAMPAIGNS, word))
if (unknown) {
  console.error(`campaign: unknown name "${unknown}". The campaigns are: ${Object.keys(CAMPAIGNS).join(', ')}`)
  process.exit(1)
}

const minutes = number('PLINTH_CAMPAIGN_MINUTES', SHORT / 60, 'a number above 0', n => n > 0 && n < Infinity)
const seconds = minutes * 60
const seed = number(
  'PLINTH_CAMPAIGN_SEED',
  Date.now() % 1_000_000_000,
  'a whole number from 0',
  n => Number.isSafeInteger(n) && n >= 0,
)
const { Campaign } = await import('./support/campaign.mjs')
const { closeServer } = await import('./support/places.mjs')
let lost = 0
try {
  for (const name of words.length ? words : Object.keys(CAMPAIGNS)) {
    const work = (await import(CAMPAIGNS[name]))[name]
    const campaign = new Campaign(name, { seed, seconds })
    await campaign.run(work)
    console.log(campaign.report())
    lost += campaign.losses.length
  }
} finally {
  await closeServer()
}
// A call that was given up may keep the process alive.
process.exit(lost ? 1 : 0)
