// Backup: what it costs beside the sqlite3 program, in one run: its `.backup` alone, which does not look at what it copies, and followed
// by the check that our backup makes too. A quick check of ours is measured beside `.backup`.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { backup as copy, initDb, open, restore } from '../dist/index.js'
import bundled from '../dist/models.mjs'
import { median, number, tell } from './measure.mjs'

/** Megabytes of the database: PLINTH_BENCH_MB=100 for a short run. */
const SIZE = Number(process.env.PLINTH_BENCH_MB || 1000)
const ROUNDS = 5
/** How many times as long a backup may take: with a quick check as the program's copy, with a full one as its copy and check. */
const LIMITS = { quick: 1.5, checked: 1.2 }

/** Measures a backup, and a restore, for which there is no peer. */
export async function backup() {
  console.log(`\nBackup of ${number(SIZE)} MB, medians of ${ROUNDS} rounds`)
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'))
  try {
    const path = join(folder, 'app.db')
    const url = `sqlite:///${path}`
    await fill(url, path)
    const files = ['ours.db', 'quick.db', 'theirs.db', 'checked.db'].map(name => join(folder, name))
    const program = (file, ...commands) => execFileSync('sqlite3', [file, ...commands])
    const works = [
      () => copy({ models: bundled, url, file: files[0] }),
      () => copy({ models: bundled, url, file: files[1], check: 'quick' }),
    ]
    if (hasProgram()) {
      works.push(async () => program(path, `.backup '${files[2]}'`))
      works.push(async () => {
        program(path, `.backup '${files[3]}'`)
        program(files[3], 'PRAGMA ignore_check_constraints=ON', 'PRAGMA integrity_check')
      })
    }
    const times = works.map(() => [])
    for (let round = -1; round < ROUNDS; round++) {
      for (const at of round % 2 ? works.keys() : [...works.keys()].reverse()) {
        rmSync(files[at], { force: true })
        // Data that the one has left to the disk must not fall on the other.
        if (process.platform !== 'win32') execFileSync('sync')
        const began = performance.now()
        await works[at]()
        if (round >= 0) times[at].push(performance.now() - began)
      }
    }
    const [ours, quick, theirs, checked] = times
    const row = (name, ms) => console.log(`  ${name.padEnd(66)}${`${number(median(ms) / 1000)} s`.padStart(12)}`)
    const ratio = (these, others) => median(these.map((time, i) => time / others[i]))
    row('backup()', ours)
    row("backup({ check: 'quick' })", quick)
    if (theirs) {
      row('sqlite3 .backup', theirs)
      row('sqlite3 .backup, then PRAGMA integrity_check', checked)
      tell('with a quick check, times as long as .backup', ratio(quick, theirs), LIMITS.quick, 'x')
      tell('times as long as .backup and the check', ratio(ours, checked), LIMITS.checked, 'x')
      console.log(`  ${'times as long as .backup alone'.padEnd(66)}${`${number(ratio(ours, theirs))} x`.padStart(12)}`)
    } else console.log('  There is no sqlite3 program here to compare with: apt-get install sqlite3')
    const began = performance.now()
    await restore({ models: bundled, url, file: files[0] })
    const took = `${number((performance.now() - began) / 1000)} s`
    console.log(`  ${'restore(), with the copy of the previous content'.padEnd(66)}${took.padStart(12)}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const hasProgram = () => spawnSync('sqlite3', ['--version']).status === 0

/** Rows of the bundled models, with their indexes, until the file has its size. */
async function fill(url, path) {
  await initDb({ models: bundled, url })
  const db = open({ models: bundled, url, durability: 'normal' })
  const note = 'a line of what was done, and why it was done so. '.repeat(8)
  for (let n = 0; statSync(path).size < SIZE * 1e6; n += 5000) {
    const rows = Array.from({ length: 5000 }, (_, i) => ({
      type: `report ${(n + i) % 50}`,
      payload: { number: n + i, note },
    }))
    await db.tasks.createMany(rows)
  }
  await db.close()
}
