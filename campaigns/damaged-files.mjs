// The campaign of damaged files: bits that flip, pages that are overwritten, files that are cut, in the database or its log. Each call gives an
// answer or an error with a stable code; the process neither ends nor hangs. A damaged log ends at a commit.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { initDb, open } from 'plinth'
import { pick } from './support/campaign.mjs'
import { Answering } from './support/children.mjs'
import { flip, models } from './support/damage.mjs'
import { inFile } from './support/places.mjs'

const PAGE = 4096
/** Rows in the file, rows of each commit in its log, and the number of these commits. */
const [ROWS, PART, COMMITS] = [300, 10, 20]

/** Each damage of the file `main` or its log `wal`, which it changes; or gives the length that is left. */
const DAMAGES = {
  bits: { of: 'main', make: (bytes, below) => flip(bytes, below, 1 + below(20)) },
  header: { of: 'main', make: (bytes, below) => flip(bytes, below, 1 + below(3), 0, 100) },
  page: {
    of: 'main',
    make(bytes, below) {
      const page = below(bytes.length / PAGE) * PAGE
      for (let i = 0; i < PAGE; i++) bytes[page + i] = below(256)
    },
  },
  headOfPage: {
    of: 'main',
    make(bytes, below) {
      const page = below(bytes.length / PAGE) * PAGE
      const head = page + (page === 0 ? 100 : 0)
      flip(bytes, below, 1 + below(4), head, head + 12)
    },
  },
  cut: { of: 'main', make: (bytes, below) => below(bytes.length) },
  bitsOfLog: { of: 'wal', make: (bytes, below) => flip(bytes, below, 1 + below(10)) },
  cutLog: { of: 'wal', make: (bytes, below) => below(bytes.length) },
}

/** A whole file, and a file with the log that belongs to it. */
async function originals(campaign) {
  const { url, file } = inFile(campaign)
  await initDb({ models, url, migrations: false })
  const db = open({ models, url })
  const row = i => ({ email: `e${i}`, name: `name ${i}`, at: new Date(1e12 + i), data: { i, text: 'x'.repeat(40) } })
  await db.users.createMany(Array.from({ length: ROWS }, (_, i) => row(i)))
  await db.close()
  const again = open({ models, url })
  for (let commit = 0; commit < COMMITS; commit++)
    await again.users.createMany(Array.from({ length: PART }, (_, i) => row(ROWS + commit * PART + i)))
  // Another process could not read them more safely: this one writes nothing now. They are read before the handle is closed, which empties the log.
  const [main, wal] = [readFileSync(file), readFileSync(`${file}-wal`)]
  await again.close()
  return { whole: readFileSync(file), main, wal }
}

export async function files(campaign) {
  const { whole, main, wal } = await originals(campaign)
  const prober = new Answering(campaign, 'damaged-file')
  await campaign.repeat(async below => {
    const { url, file, drop } = inFile(campaign)
    const name = pick(below, Object.keys(DAMAGES))
    const { of, make } = DAMAGES[name]
    const bytes = Buffer.from(of === 'main' ? whole : wal)
    const length = make(bytes, below) ?? bytes.length
    if (of === 'wal') writeFileSync(file, main)
    writeFileSync(of === 'wal' ? `${file}-wal` : file, bytes.subarray(0, length))
    campaign.faults++
    const results = await prober.ask({ url })
    if (results) judge(campaign, name, of, results)
    rmSync(`${file}-shm`, { force: true })
    drop()
  })
}

function judge(campaign, name, of, results) {
  for (const [call, { fault }] of Object.entries(results)) if (fault) campaign.lose(`${name}: ${call}: ${fault}`)
  const failed = Object.values(results).some(({ code }) => code !== undefined)
  campaign.count(failed ? 'reported' : 'without an error')
  if (of !== 'wal') return
  const { integrity, list } = results
  if (integrity.value !== 'ok') campaign.lose(`${name}: ${integrity.value ?? integrity.code}`)
  const rows = list.value ?? []
  const isPrefix = rows.every((email, i) => email === `e${i}`)
  if (!isPrefix || rows.length < ROWS || (rows.length - ROWS) % PART !== 0)
    campaign.lose(`${name}: ${rows.length} rows, which no commit left (${list.code})`)
}
