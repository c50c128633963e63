// The campaigns of faults, each for some seconds: those whose faults no other test makes. And that a campaign finds and reports losses: lost, half
// and unpromised rows, tries without an end, errors without a stable code.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Campaign } from '../campaigns/support/campaign.mjs'
import { halves, lies, write } from '../campaigns/support/ledger.mjs'
import { Disk } from '../campaigns/support/lost-writes.mjs'
import { root, run } from './support/project.mjs'

const SECONDS = 6
const CAMPAIGNS = [
  'kills',
  'calls',
  'cache',
  'files',
  'network',
  'failover',
  'boundary',
  'revisions',
  'cursors',
  'urls',
]

const campaign = (names, env = {}) => run(root, process.execPath, ['campaigns/run.mjs', ...names], { env })

for (const name of CAMPAIGNS) {
  test(`the campaign ${name} makes faults, and loses nothing`, { timeout: 180_000 }, t => {
    const { PLINTH_TEST_POSTGRES } = process.env
    const env = { PLINTH_CAMPAIGN_MINUTES: String(SECONDS / 60), ...(PLINTH_TEST_POSTGRES && { PLINTH_TEST_POSTGRES }) }
    const { code, stdout, stderr } = campaign([name], env)
    const line = stdout.trim()
    t.diagnostic(line)
    assert.equal(code, 0, stdout + stderr)
    const skipped = new RegExp(`^${name}: skipped: (no C compiler|no PostgreSQL|it needs .*)$`)
    if (!process.env.CI && skipped.test(line)) return
    assert.match(line, new RegExp(`^${name}: [1-9]\\d* tries, [1-9]\\d* faults, 0 losses \\(seed \\d+.*\\)$`))
  })
}

test('an unknown campaign is an error that names all', () => {
  const { code, stderr } = campaign(['kils'])
  assert.equal(code, 1)
  assert.match(stderr, /^campaign: unknown name "kils"\. The campaigns are: kills, calls, /)
})

test('a variable that is no number is an error, not a short run', () => {
  for (const [name, value] of [
    ['PLINTH_CAMPAIGN_MINUTES', '10x'],
    ['PLINTH_CAMPAIGN_MINUTES', '0'],
    ['PLINTH_CAMPAIGN_MINUTES', ''],
    ['PLINTH_CAMPAIGN_SEED', '-1'],
  ]) {
    const { code, stderr } = campaign(['cursors'], { [name]: value })
    assert.equal(code, 1)
    assert.ok(stderr.startsWith(`campaign: ${name} is "${value}". Expected a `), stderr)
  }
})

test('the ledger finds rows that are lost, half done, and not promised', async () => {
  const done = { key: 'a', way: 'transaction', promise: 'done' }
  const not = { key: 'b', way: 'create', promise: 'not', code: 'IO_FAILED' }
  const maybe = { key: 'c', way: 'createMany', promise: 'maybe' }
  const rows = (...emails) => new Set(emails)
  for (const [promises, emails, expected] of [
    [[done, not, maybe], rows('a.0', 'a.1', 'a.2'), []],
    [[maybe], rows('c.0', 'c.1', 'c.2'), []],
    [[done], rows(), ['transaction a succeeded: 0 of 3 rows exist']],
    [[done], rows('a.0', 'a.2'), ['transaction a succeeded: 2 of 3 rows exist']],
    [[not], rows('b'), ['create b failed with IO_FAILED: 1 rows exist']],
    [[maybe], rows('c.1'), ['createMany c is half done']],
  ])
    assert.deepEqual(lies(promises, emails), expected)
  assert.deepEqual(halves(rows('x', 'y.0', 'y.1', 'y.2', 'z.0')), ['z is half done: 1 of 3 rows'])
  const broken = await write({}, 'd', 'create')
  assert.match(lies([broken], rows())[0], /^create d: an error that is not Plinth's: TypeError/)
})

test('a campaign reports losses, endless tries, stray errors, and that it made no fault', async () => {
  const of = async work => {
    const made = new Campaign('trial', { seed: 7, seconds: 0 })
    await made.run(work)
    return made.report()
  }
  const once = attempt => of(made => made.repeat(attempt, { limit: 0.05 }))
  assert.match(
    await once(async () => {}),
    /^trial: 1 tries, 0 faults, 1 losses \(seed 7\)\n {2}LOST .*: no fault was made$/,
  )
  assert.match(
    await once(() => new Promise(() => {})),
    /LOST PLINTH_CAMPAIGN_SEED=7: .*seed 7 did not end within 50 ms/,
  )
  assert.match(await once(async () => assert.fail('row a')), /LOST PLINTH_CAMPAIGN_SEED=7: .*row a/)
  assert.equal(await of(async made => made.skip('no C compiler')), 'trial: skipped: no C compiler')
  const fine = await of(made => made.repeat(async () => void made.faults++))
  assert.equal(fine, 'trial: 1 tries, 1 faults, 0 losses (seed 7)')
})

test('a loss of the page cache leaves what was synced, and none, all or some of the rest', () => {
  const disk = new Disk()
  const written = (place, text) => ({ kind: 'W', path: '/d/f', place, data: Buffer.from(text) })
  disk.take({ kind: 'C', path: '/d/f' })
  disk.take(written(0, 'synced'))
  disk.take({ kind: 'S', path: '/d/f' })
  disk.take(written(6, ' not'))
  disk.take({ kind: 'U', path: '/d/f' })
  const left = loss =>
    disk
      .lost(loss, () => 1)
      .get('/d/f')
      ?.toString()
  assert.deepEqual([left('none'), left('some'), left('all')], ['synced', 'synced', undefined])
  disk.take({ kind: 'S', path: '/d' })
  assert.equal(left('none'), undefined)
})

test('docs/reference/guarantees.md names each campaign', () => {
  const text = readFileSync(join(root, 'docs/reference/guarantees.md'), 'utf8')
  const listed = [...readFileSync(join(root, 'campaigns/run.mjs'), 'utf8').matchAll(/^ {2}(\w+): '\.\/[\w-]+\.mjs'/gm)]
  const rows = [...text.split('\n## Faults\n')[1].matchAll(/^\| .* \| `(\w+)` \|$/gm)].map(([, name]) => name)
  assert.deepEqual(rows.toSorted(), listed.map(([, name]) => name).toSorted())
  assert.ok(readdirSync(join(root, 'campaigns')).includes('run.mjs') && rows.length > 10)
})
