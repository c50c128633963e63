// `npm run bench -- --compare <git ref>`: this build against one of another commit, interleaved in one process. Ends with 1 on a loss.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Failure, root } from '../scripts/run.mjs'
import { asked as asks } from './data.mjs'
import { countInstructions } from './instructions.mjs'
import { postgresPlaces, sqlitePlaces } from './places.mjs'
import { load, machine, number, table } from './report.mjs'
import { isDebug, measured, openAll } from './session.mjs'
import { interval } from './statistics.mjs'
import { verifyAll } from './verify.mjs'
import { chosenWorkloads } from './workloads/list.mjs'

/** A loss below this part is not reported. */
const LIMIT = 0.05
const OURS = 'this build'
/** Builds of other commits. */
const COMPARE = join(root, 'target', 'compare')

const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' })

/** The JavaScript of a commit's build, of the same profile as this one; made once, and kept below target/. */
function build(ref, tell) {
  const commit = git('rev-parse', '--verify', '--quiet', `${ref}^{commit}`).stdout.trim()
  if (!commit) throw new Failure(`bench: "${ref}" is not a commit of this repository`)
  const profile = isDebug() ? 'debug' : 'release'
  const kept = join(COMPARE, `${commit}-${profile}`)
  const library = join(kept, 'dist', 'index.js')
  if (!existsSync(library)) {
    tell(`Building ${commit.slice(0, 12)} (${profile}, as this build)`)
    inWorktree(commit, folder => {
      make(folder, profile, ref)
      for (const name of ['dist', 'package.json']) cpSync(join(folder, name), join(kept, name), { recursive: true })
    })
  }
  return pathToFileURL(library).href
}

/** Calls `work` with a temporary worktree of a commit, always in the same folder: that of a run that was killed is removed. */
function inWorktree(commit, work) {
  const folder = join(COMPARE, 'worktree')
  const remove = () => {
    rmSync(folder, { recursive: true, force: true })
    git('worktree', 'prune')
  }
  remove()
  try {
    const added = git('worktree', 'add', '--detach', folder, commit)
    if (added.status !== 0) throw new Failure(`bench: ${added.stderr.trim()}`)
    work(folder)
  } finally {
    remove()
  }
}

/** Builds a worktree, with the dependencies of this repository: they seldom change. */
function make(folder, profile, ref) {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir')
  // Kept, so that a second commit compiles only what differs.
  const env = { ...process.env, CARGO_TARGET_DIR: join(COMPARE, 'cargo') }
  for (const args of [['--js'], ['--addon', ...(profile === 'debug' ? ['--debug'] : [])]]) {
    const built = spawnSync(process.execPath, ['scripts/build.mjs', ...args], { cwd: folder, env, encoding: 'utf8' })
    if (built.status !== 0) throw new Failure(`bench: the build of ${ref} failed:\n${built.stderr}`)
  }
}

/** Whether the ratio of this build's times to the others' is a loss: its median by the limit, and its interval without 1. */
export function isLoss(pairs) {
  const sorted = [...pairs].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] >= 1 + LIMIT && interval(pairs).low > 1
}

const pairsOf = result => result.variants.find(({ name }) => name === OURS).pairs

/** Measures both builds; returns the exit code. */
export async function compare(options) {
  const tell = options.json ? console.error : console.log
  const builds = [
    { name: options.compare, library: build(options.compare, tell) },
    { name: OURS, library: pathToFileURL(join(root, 'dist/index.js')).href },
  ]
  const report = { ...machine(), compared: options.compare, load: load(), results: [], instructions: [], losses: [] }
  for (const database of options.databases) await onDatabase(database, builds, options, report, tell)
  if (options.databases.includes('sqlite')) await byInstructions(builds, options, report, tell)
  if (options.json) console.log(JSON.stringify(report, null, 2))
  tell(report.losses.length ? `\nLost against ${options.compare}: ${report.losses.join('; ')}` : '\nNo loss')
  return report.losses.length ? 1 : 0
}

async function onDatabase(database, builds, options, report, tell) {
  const places = database === 'sqlite' ? sqlitePlaces(options.rows) : await postgresPlaces(options.rows)
  if (!places) return tell(`\n${database}: this machine has none`)
  const asked = asks(options.rows)
  const workloads = chosenWorkloads(options.workloads, options.rows, database)
  const variants = builds.map(own => ({ ...own, peer: 'plinth', dates: 'native' }))
  const { opened } = await openAll(database, variants, places)
  try {
    await verifyAll(workloads, opened, asked)
    for (const workload of workloads) {
      const once = { ...options, places, base: options.compare }
      let result = await measured(workload, opened, asked, once)
      // A loss counts if it is seen twice, the second time in more rounds.
      if (isLoss(pairsOf(result))) {
        tell(`\n${workload.name}: a loss, measured once more`)
        result = await measured(workload, opened, asked, { ...once, rounds: options.rounds * 2 })
        const ratio = result.variants.find(({ name }) => name === OURS).ratio.median
        if (isLoss(pairsOf(result))) report.losses.push(`${database} ${workload.name}: ${number(ratio)} times the time`)
      }
      tell(table(result, database, options.compare))
      report.results.push({ database, ...result })
    }
  } finally {
    for (const { it } of opened) await it.close()
    await places.close()
  }
}

async function byInstructions(builds, options, report, tell) {
  const counted = await countInstructions(builds, options)
  if (counted.absent) return tell(`\nInstructions: ${counted.absent}`)
  if (!counted.results.length) return
  tell(`\nInstructions of one call (callgrind), ${builds.map(({ name }) => name).join(' and ')}`)
  for (const { name, counts } of counted.results) {
    const ratio = counts[1] / counts[0]
    tell(`  ${name.padEnd(20)}${counts.map(n => number(Math.round(n)).padStart(14)).join('')}  ${number(ratio, 3)}`)
    report.instructions.push({ name, counts, ratio })
    if (ratio >= 1 + LIMIT) report.losses.push(`${name}: ${number(ratio)} times the instructions`)
  }
}
