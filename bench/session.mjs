// One run: opens all variants on databases with the same rows, compares their results, measures, and reports.
import { existsSync, readFileSync } from 'node:fs'
import { thisTriple } from '../scripts/platforms.mjs'
import { asked as asks } from './data.mjs'
import { chosenVariants, openVariant } from './peers/list.mjs'
import { postgresPlaces, sqlitePlaces } from './places.mjs'
import { load, machine, table, versions } from './report.mjs'
import { measure, sampleAll } from './runner.mjs'
import { offers, verifyAll } from './verify.mjs'
import { chosenWorkloads } from './workloads/list.mjs'

/** Rounds of the workloads that start processes, unless one has its own `most`. */
const PROCESS_ROUNDS = 7

const TITLES = { sqlite: 'SQLite', postgres: 'PostgreSQL' }

/** Whether the addon to measure is a debug build. */
export function isDebug() {
  const profile = new URL(`../target/plinth-addon-profile.${thisTriple()}`, import.meta.url)
  return !process.env.PLINTH_NATIVE && existsSync(profile) && readFileSync(profile, 'utf8') === 'debug'
}

/** The report of a run of these options, printed as it goes. */
export async function session(options) {
  const tell = options.json ? console.error : console.log
  const report = {
    ...machine(),
    versions: versions(),
    rows: options.rows,
    rounds: options.rounds,
    load: {},
    databases: [],
  }
  if (!options.check) {
    if (isDebug()) tell('The addon is a debug build, slower than a release: npm run build makes the one to measure.')
    tell(`Node ${report.node}, ${report.cpus} CPUs, ${report.rows.toLocaleString('en-US')} rows`)
    report.load.before = load()
  }
  for (const database of options.databases) {
    const places = database === 'sqlite' ? sqlitePlaces(options.rows) : await postgresPlaces(options.rows)
    if (places) report.databases.push(await onDatabase(database, places, options, tell))
    else tell(`\n${TITLES[database]}: this machine has none (see CONTRIBUTING.md)`)
  }
  if (!options.check) report.load.after = load(() => {})
  return report
}

/** The variants that can be opened, and the reasons of the others. */
export async function openAll(database, variants, places) {
  const opened = []
  const absent = []
  for (const variant of variants) {
    const place = await places.place(variant)
    const { it, absent: reason } = await openVariant(variant, place)
    if (it) opened.push({ ...variant, ...place, it })
    else absent.push({ name: variant.name, database, reason })
  }
  return { opened, absent }
}

/** Measures one workload with those variants that offer it. */
export async function measured(workload, opened, asked, { rounds, milliseconds, base, places }) {
  const able = opened.filter(variant => offers(variant, workload))
  if (!workload.sample) return measure(workload, able, asked, { rounds, milliseconds, base })
  const least = { rounds: workload.alone ? Math.min(rounds, workload.most ?? PROCESS_ROUNDS) : rounds, base }
  if (!workload.arrange) return sampleAll(workload, able, asked, least)
  const { variants, absent, close } = await workload.arrange(able, places, asked)
  try {
    return { ...(await sampleAll(workload, variants, asked, least)), absent }
  } finally {
    await close?.()
  }
}

async function onDatabase(database, places, options, tell) {
  const asked = asks(options.rows)
  const workloads = chosenWorkloads(options.workloads, options.rows, database)
  let opened = []
  try {
    const all = await openAll(database, chosenVariants(database, options.peers), places)
    opened = all.opened
    const missing = await verifyAll(workloads, opened, asked, options.check && places)
    tell(`\n${TITLES[database]}, ${places.description}; equal results: ${opened.map(({ name }) => name).join('; ')}`)
    for (const { name, reason } of all.absent) tell(`  absent: ${name}: ${reason}`)
    for (const { workload, name, reason } of missing) tell(`  absent from ${workload}: ${name}: ${reason}`)
    const results = []
    for (const workload of options.check ? [] : workloads) {
      const result = await measured(workload, opened, asked, { ...options, places })
      tell(table(result, TITLES[database]))
      results.push(result)
    }
    const verified = workloads.map(({ name }) => name)
    return {
      database,
      place: places.description,
      absent: all.absent,
      equal: opened.map(({ name }) => name),
      verified,
      results,
    }
  } finally {
    for (const { it } of opened) await it.close()
    await places.close()
  }
}
