// The benchmark: all installed peers give equal results in every workload, a wrong result is found, and its command line names its faults.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isLoss } from '../../bench/compare.mjs'
import { asked as asks } from '../../bench/data.mjs'
import { compareAnswers } from '../../bench/http/load.mjs'
import { answer, requestsOf } from '../../bench/http/routes.mjs'
import { expected, rowsOf } from '../../bench/http/rows.mjs'
import { chart, withFigures } from '../../bench/page.mjs'
import { VARIANTS } from '../../bench/peers/list.mjs'
import { postgresPlaces, sqlitePlaces } from '../../bench/places.mjs'
import { openAll } from '../../bench/session.mjs'
import { verifyAll } from '../../bench/verify.mjs'
import { chosenWorkloads } from '../../bench/workloads/list.mjs'
import { dialect } from '../support/dialect.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Installs the peers, which takes minutes and 400 MB, and expects all of them. */
const ALL = process.env.PLINTH_TEST_BENCH === '1'
const ROWS = 1_500
/** Workloads that only the run with all peers checks: they differ from the others in their size, or start a server for each peer once more. */
const LARGE = /^(models|types)-1\d\d|^http-(query|queries|fortunes)$/

function bench(...args) {
  return new Promise(resolve => {
    const child = spawn(process.execPath, [join(root, 'bench/run.mjs'), ...args], { cwd: root })
    const output = { stdout: '', stderr: '' }
    for (const name of Object.keys(output))
      child[name].on('data', chunk => {
        output[name] += chunk
      })
    child.once('close', code => resolve({ code, ...output }))
  })
}

test('every workload gives equal results for each installed peer', async () => {
  const workloads = chosenWorkloads([], ROWS, dialect)
    .map(({ name }) => name)
    .filter(name => ALL || !LARGE.test(name))
  const only = ['--only', workloads.join(',')]
  const args = [dialect, '--check', '--json', '--rows', `${ROWS}`, ...only, ...(ALL ? [] : ['--installed'])]
  const { code, stdout, stderr } = await bench(...args)
  assert.match(stdout, /^\{/, stderr)
  const [report, ...others] = JSON.parse(stdout).databases
  const alone = report.equal.every(name => name.startsWith('plinth'))
  assert.equal(code, alone ? 1 : 0, stderr)
  if (alone) assert.match(stderr, /bench: no other library could be loaded on \w+: nothing was compared\n$/)
  assert.deepEqual(others, [])
  assert.equal(report.database, dialect)
  assert.deepEqual(report.verified, workloads)
  const names = VARIANTS[dialect].map(({ name }) => name)
  assert.deepEqual([...report.equal, ...report.absent.map(({ name }) => name)].toSorted(), names.toSorted())
  assert.ok(report.equal.includes('plinth sync'))
  // The tests of Plinth need this driver themselves.
  if (dialect === 'postgres') assert.ok(report.equal.includes('pg'))
  for (const { name, reason } of report.absent) assert.match(reason, /\w/, name)
  const missing = report.absent.filter(({ name }) => !name.startsWith('node:sqlite'))
  if (ALL) assert.deepEqual(missing, [])
})

test('a peer with a wrong row, a lost row or a write that was not made fails the run', async () => {
  const places = dialect === 'sqlite' ? sqlitePlaces(ROWS) : await postgresPlaces(ROWS)
  const asked = asks(ROWS)
  const { opened } = await openAll(
    dialect,
    VARIANTS[dialect].filter(({ name }) => name === 'plinth'),
    places,
  )
  const [{ it }] = opened
  const wrong = {
    get: async id => ({ ...(await it.get(id)), active: null }),
    list: async (after, limit) => (await it.list(after, limit)).slice(1),
    count: async () => (await it.count()) - 1,
    update: async () => {},
    createMany: async rows => it.createMany(rows.slice(1)),
  }
  try {
    await verifyAll(chosenWorkloads([], ROWS), opened, asked)
    for (const [method, call] of Object.entries(wrong)) {
      const broken = [{ name: 'broken', it: { ...it, [method]: call } }]
      const pattern = new RegExp(`^bench: ${method}(-1)? of broken: `)
      const workloads = chosenWorkloads([method === 'list' ? 'list-1' : method], ROWS)
      await assert.rejects(verifyAll(workloads, broken, asked), ({ message }) => pattern.test(message), method)
      await it.run(`DELETE FROM events WHERE id > ${ROWS}`)
    }
  } finally {
    await it.close()
    await places.close()
  }
})

test('a server with a wrong answer fails the run', async t => {
  const tables = rowsOf(ROWS)
  const peer = expected(tables)
  const server = createServer(async (request, response) => {
    const result = await answer(peer, request.url)
    const type = typeof result === 'string' ? 'text/html' : 'application/json'
    response.writeHead(200, { 'content-type': type }).end(typeof result === 'string' ? result : JSON.stringify(result))
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const origin = `http://127.0.0.1:${server.address().port}`
  const compared = paths => compareAnswers({ name: 'broken' }, { origin }, paths, tables)
  const all = Object.values(requestsOf).flatMap(({ paths }) => paths(ROWS).slice(0, 14))
  await compared(all)
  const wrong = {
    order: id => ({ ...expected(tables).order(id), details: [] }),
    orders: () => [],
    employee: id => ({ ...expected(tables).employee(id), recipient: null }),
    fortunes: () => tables.fortunes.slice(1),
    update: () => {},
  }
  for (const [name, call] of Object.entries(wrong)) {
    const right = peer[name]
    peer[name] = call
    const paths = name === 'update' ? ['/update/99', '/worlds/99'] : all
    await assert.rejects(compared(paths), ({ message }) => / of broken\b/.test(message), name)
    peer[name] = right
  }
})

test('a measured run reports medians, quantiles, CPU and ratios round by round', async () => {
  const small = ['--rows', '1000', '--rounds', '3', '--ms', '1', '--installed', '--peer', 'plinth']
  const { code, stdout, stderr } = await bench(dialect, '--only', 'get,create-8,start', '--json', ...small)
  assert.equal(code, 0, stderr)
  const { load, databases } = JSON.parse(stdout)
  assert.ok(load.before >= 0)
  const { results } = databases[0]
  assert.deepEqual(
    results.map(({ name, unit }) => [name, unit]),
    [
      ['get', 'us per call'],
      ['create-8', 'us per call'],
      ['start', 'ms'],
    ],
  )
  for (const { name, variants } of results) {
    const [own, sync] = variants
    assert.deepEqual([own.name, sync.name], ['plinth', 'plinth sync'])
    assert.deepEqual(own.ratio, { median: 1, low: 1, high: 1 })
    assert.equal(sync.pairs.length, 3)
    assert.ok(sync.ratio.low <= sync.ratio.median && sync.ratio.median <= sync.ratio.high)
    for (const { median, cpu } of variants) assert.ok(median > 0 && cpu > 0, name)
    if (name !== 'start') for (const { p50, p99 } of variants) assert.ok(p50 > 0 && p99 >= p50, name)
  }
})

test('the figures of a run are written between the marks of the page, and again in their place', async () => {
  const small = ['--rows', '1000', '--rounds', '3', '--ms', '1', '--installed', '--peer', 'plinth']
  const { code, stdout, stderr } = await bench(dialect, '--only', 'get,create', '--json', ...small)
  assert.equal(code, 0, stderr)
  const report = JSON.parse(stdout)
  const page = readFileSync(join(root, 'docs/guide/performance.md'), 'utf8')
  const once = withFigures(page, report)
  const name = { sqlite: 'SQLite', postgres: 'PostgreSQL' }[dialect]
  assert.match(once, new RegExp(`^\\| ${name} \\| plinth \\| plinth sync \\|$`, 'm'))
  assert.match(once, /^\| get by key \| [\d.,]+ us \| \**[\d.,]+\** \|$/m)
  assert.match(once, /^\| create, one at a time \| /m)
  assert.equal(withFigures(once, report), once)
  const picture = chart(report)
  assert.equal(picture.match(/<rect x="210"/g).length, 4, 'a bar for each form of both workloads')
  assert.match(picture, new RegExp(`>${name}: get by key<`))
})

test('a loss counts from 5 % on, and only beyond the noise of the rounds', () => {
  const steady = [1.06, 1.07, 1.08, 1.06, 1.07, 1.09, 1.06, 1.08, 1.07, 1.06, 1.07]
  assert.equal(isLoss(steady), true)
  assert.equal(isLoss(steady.map(ratio => ratio - 0.04)), false, 'too small')
  assert.equal(isLoss(steady.map(ratio => 1 / ratio)), false, 'a gain')
  assert.equal(isLoss([0.8, 1.3, 0.9, 1.2, 1.1, 0.7, 1.4, 1.06, 0.95, 1.25, 1.1]), false, 'noise')
  assert.equal(isLoss([1.5, 1.5, 1.5]), false, 'too few rounds to know')
})

test('an unknown word or option is one line, and nothing runs', async () => {
  for (const [args, pattern] of [
    [['mysql'], /^bench: "mysql" is not a benchmark: sqlite, postgres, .*\n$/],
    [['--only', 'got'], /^bench: "got" is not a workload: get, .*\n$/],
    [['online', '--only', 'get'], /^bench: "get" is not a change: two columns with defaults, .*\n$/],
    [['--peer', 'kisely'], /^bench: "kisely" is not a peer: plinth, .*\n$/],
    [['--rounds', 'x'], /^bench: --rounds expects a whole number from 1 on, found "x"\n$/],
    [['--rows', '10'], /^bench: --rows expects a whole number from 1000 to 10000000, found "10"\n$/],
    [['--rows', '20000000'], /^bench: --rows expects a whole number from 1000 to 10000000, found "20000000"\n$/],
    [['sqlite', '--peer', 'pg'], /^bench: the peer "pg" does not run on sqlite\n$/],
    [['--node', '24'], /^bench: --node expects an exact version, found "24"\n$/],
    [['--compare', 'nowhere'], /^bench: "nowhere" is not a commit of this repository\n$/],
    [['--chek'], /^bench: "--chek" is not an option: --only, --peer, .*--check, .*\n$/],
    [['-x'], /^bench: "-x" is not an option: --only, .*\n$/],
    [['--rows'], /^bench: Option '--rows <value>' argument missing\n$/],
  ]) {
    const { code, stdout, stderr } = await bench(...args)
    assert.deepEqual([code, stdout], [1, ''], args.join(' '))
    assert.match(stderr, pattern)
  }
})
