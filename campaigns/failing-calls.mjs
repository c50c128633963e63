// The campaign of failing calls: syncs, writes, reads, truncates and opens of a database file fail now and then, by a library that comes
// before that of the system. Each error has a stable code, and is true; when the calls work again, every acknowledged row exists.
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { folder } from '../__test__/support/project.mjs'
import { pick } from './support/campaign.mjs'
import { compiled, startProgram } from './support/children.mjs'
import { compare } from './support/ledger.mjs'
import { look, withTables } from './support/places.mjs'

/** The kinds of calls that fail together, and of how many calls one fails. */
const KINDS = { f: 30, w: 150, s: 150, t: 4, o: 3, r: 300, fw: 120, fwstr: 120, fwstor: 60 }
const CALLERS = 12

export async function calls(campaign) {
  const library = compiled(campaign, 'failing-calls')
  if (!library) return
  await campaign.repeat((below, seed) =>
    withTables(campaign, false, place => failing(campaign, { place, library, below, seed })),
  )
}

async function failing(campaign, { place, library, below, seed }) {
  const log = join(folder(campaign), 'failed')
  const kinds = pick(below, Object.keys(KINDS))
  const end = pick(below, ['kill', 'close'])
  const settings = { url: place.url, prefix: 'k', seed, callers: CALLERS, ms: 700, end }
  const { lines, ended } = startProgram(campaign, 'writer', settings, {
    LD_PRELOAD: library,
    FAIL_FOLDER: place.path,
    FAIL_KINDS: kinds,
    FAIL_RATE: String(KINDS[kinds]),
    FAIL_SEED: String(seed),
    FAIL_LOG: log,
  })
  const { code, signal, stderr } = await ended
  if (code !== 0 && !(end === 'kill' && signal === 'SIGKILL'))
    campaign.lose(`the writer ended with ${signal ?? code}: ${stderr}`)
  if (existsSync(log)) campaign.faults += statSync(log).size
  const { emails, damage } = await look(place.url)
  for (const found of damage) campaign.lose(`${kinds} ${end}: ${found}`)
  compare(campaign, lines, emails, `${kinds} ${end}: `)
}
