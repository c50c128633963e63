// Campaigns that are tests as well, which they run again and again with other seeds: histories of concurrent transactions, the logic of filters,
// and verbs that are killed (upgrades, resets, repairs, backups, restores, workers of the job queue).
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { environment, root } from '../__test__/support/project.mjs'
import { serverUrl } from './support/places.mjs'

/** How much one run of a file does: if the campaign is short, and if it is long. */
const KILLS = { short: 2, long: 25 }
const HISTORIES = { short: 200, long: 5_000 }
const CASES = { short: 60, long: 1_000 }
/** A campaign that has more seconds than this is long. */
const LONG = 60

/** The tests of each campaign: their files, their variables for a seed, and the faults that each test makes. */
const TESTS = {
  histories: {
    files: ['both/histories'],
    variables: (seed, size) => ({ PLINTH_TEST_SEED: seed, PLINTH_TEST_HISTORIES: HISTORIES[size] }),
  },
  logic: {
    files: ['both/filter-property', 'both/aggregate-property', 'both/json-path', 'both/query-values'],
    variables: (seed, size) => ({ PLINTH_SEED: seed, PLINTH_RUNS: CASES[size] }),
  },
  verbs: {
    files: ['both/upgrade-faults', 'both/kept-faults', 'both/jobs-killed', 'both/init-repair', 'sqlite/backup-kills'],
    variables: (_, size) => ({ PLINTH_TEST_KILLS: KILLS[size] }),
    faults: size => KILLS[size],
    named: ['killed .* times', 'of them are killed'],
  },
}

export const histories = campaign => runTests(campaign, 'histories')
export const logic = campaign => runTests(campaign, 'logic')
export const verbs = campaign => runTests(campaign, 'verbs')

/** Runs one file of tests after the other, on one database after the other, until the time is over. */
async function runTests(campaign, name) {
  const { files, variables, faults, named = [] } = TESTS[name]
  const size = campaign.left > LONG * 1000 ? 'long' : 'short'
  // These compare results, and make no faults.
  campaign.isFaultless = faults === undefined
  const postgres = await serverUrl()
  const dialects = ['sqlite', ...(postgres ? ['postgres'] : [])]
  const runs = dialects.flatMap(dialect =>
    files.filter(file => dialect === 'sqlite' || file.startsWith('both/')).map(file => ({ dialect, file })),
  )
  await campaign.repeat(
    async (_, seed) => {
      const { dialect, file } = runs[seed % runs.length]
      const env = {
        ...variables(seed, size),
        PLINTH_TEST_DIALECT: dialect,
        ...(postgres && { PLINTH_TEST_POSTGRES: postgres }),
      }
      const { passed, failed, output } = await tested(campaign, file, named, env)
      campaign.count('tests passed', passed)
      campaign.count(`${file} on ${dialect}`, 1)
      campaign.faults += passed * (faults?.(size) ?? 0)
      if (failed.length || passed === 0)
        campaign.lose(`${file} on ${dialect}: ${failed.join('; ') || output.slice(-500)}`)
    },
    { limit: 600 },
  )
}

/** Runs the tests of a file, or those with these names: how many passed, and the names of those that failed. */
async function tested(campaign, file, named, env) {
  const args = [
    '--test',
    '--test-reporter=tap',
    ...named.map(name => `--test-name-pattern=${name}`),
    `__test__/${file}.test.mjs`,
  ]
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: environment(root, env),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  campaign.after(() => child.kill('SIGKILL'))
  let output = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    output += text
  })
  await once(child, 'close')
  const failed = [...output.matchAll(/^ *not ok \d+ - (.*)$/gm)].map(([, name]) => name)
  return { passed: Number(/^# pass (\d+)$/m.exec(output)?.[1] ?? 0), failed, output }
}
