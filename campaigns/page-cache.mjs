// The campaign of the page cache: the system loses what was written and not synced, as in a power cut, at random moments of a run whose writes
// were recorded. Every acknowledged row exists in the files that are left, and no half write.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { open } from 'plinth'
import { folder } from '../__test__/support/project.mjs'
import { compiled, startProgram } from './support/children.mjs'
import { halves, lies, models } from './support/ledger.mjs'
import { Disk, LOSSES, recordsOf } from './support/lost-writes.mjs'
import { inFile } from './support/places.mjs'

/** The number of moments of one recorded run at which the cache is lost. */
const MOMENTS = 60

export async function cache(campaign) {
  const library = compiled(campaign, 'recorded-calls')
  if (!library) return
  await campaign.repeat(async (below, seed) => {
    const place = inFile(campaign)
    const log = join(folder(campaign), 'records')
    const promises = join(place.path, 'promises')
    const settings = { url: place.url, promises, seed }
    const env = { LD_PRELOAD: library, RECORD_FOLDER: place.path, RECORD_LOG: log }
    const { code, stderr } = await startProgram(campaign, 'recorded-writer', settings, env).ended
    if (code !== 0) throw new Error(`the writer ended with ${code}: ${stderr}`)
    const records = recordsOf(readFileSync(log))
    campaign.count('calls recorded', records.length)
    await losses(campaign, { records, promises, below })
    rmSync(log)
    place.drop()
  })
}

/** Loses the cache at random moments, and looks at the files that are left. */
async function losses(campaign, { records, promises, below }) {
  const moments = new Set(Array.from({ length: MOMENTS }, () => below(records.length)))
  const disk = new Disk()
  let promised = ''
  for (const [at, record] of records.entries()) {
    // A promise counts from the moment at which it was made, whatever the disk has of this file.
    if (record.path === promises) promised += record.data?.toString() ?? ''
    else disk.take(record)
    if (!moments.has(at)) continue
    const made = promised
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line))
    for (const loss of LOSSES) {
      campaign.faults++
      const where = `record ${at} of ${records.length}, ${loss} of what was not synced: `
      for (const wrong of await left(campaign, disk.lost(loss, below), made)) campaign.lose(where + wrong)
    }
    if (!campaign.hasTime()) return
  }
}

/** What is wrong with the files that a loss left. */
async function left(campaign, files, promises) {
  const path = folder(campaign)
  mkdirSync(path, { recursive: true })
  for (const [file, bytes] of files) writeFileSync(join(path, basename(file)), bytes)
  const db = open({ models, url: `sqlite:///${join(path, 'app.db')}` })
  try {
    const checks = await db.sql`SELECT integrity_check AS found FROM pragma_integrity_check`
    const damage = checks.map(({ found }) => found).filter(found => found !== 'ok')
    const tables = await db.sql`SELECT name FROM sqlite_schema WHERE name = 'users'`
    const rows = tables.length ? await db.sql`SELECT email FROM users` : []
    const emails = new Set(rows.map(({ email }) => email))
    campaign.count('promises compared', promises.length)
    return [...damage, ...lies(promises, emails), ...halves(emails)]
  } catch (error) {
    return [`${error.code}: ${error.message}`]
  } finally {
    await db.close()
    rmSync(path, { recursive: true, force: true })
  }
}
