// Migrations: what the core, a rebuild of a large SQLite table and `plinth init` cost, each against its limit.
import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '../__test__/support/postgres.mjs'
import { c, index, model, open, revision, schema, upgrade } from '../dist/index.js'
import { rustFlags } from '../scripts/addon.mjs'
import { thisTriple } from '../scripts/platforms.mjs'
import { root } from '../scripts/run.mjs'
import { median, number, tell } from './measure.mjs'

const ROWS = 1_000_000

/** Runs them all; answers nothing. */
export async function migrations() {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'))
  try {
    await core()
    await rebuild(folder)
    await start(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** 1,000 tables of 20 columns, in Rust: bench/core.rs. */
async function core() {
  console.log('\n1,000 tables of 20 columns, each changed (bench/core.rs, in release)')
  const server = await startServer()
  // With the flags of the addon cargo compiles the dependencies once for both.
  const flags = rustFlags('release', thisTriple())
  const args = ['run', '--release', '--quiet', '--locked', ...flags.args, '--example', 'core']
  const { status, stdout } = spawnSync('cargo', [...args, ...(server ? ['--', server.url()] : [])], {
    cwd: root,
    env: { ...process.env, ...flags.env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await server?.close()
  if (status !== 0) throw new Error('bench/core.rs failed.')
  const report = JSON.parse(stdout)
  for (const dialect of ['sqlite', 'postgres']) {
    const { fold, diff, render } = report[dialect]
    tell(`fold ${fold} + diff ${diff} + render for ${dialect} ${render}`, fold + diff + render, 300, 'ms')
  }
  tell('introspection on SQLite', report.introspect.sqlite, 1000, 'ms')
  if (report.introspect.postgres) tell('introspection on PostgreSQL', report.introspect.postgres, 2000, 'ms')
  else console.log('  introspection on PostgreSQL: this machine has none')
}

const events = (n, more) =>
  schema({
    events: model('events', { id: c.id(), kind: c.text(), title: c.text(), n, ...more }, t => [
      index(t.kind, t.n),
      index(t.title),
    ]),
  })

/** A revision that copies a table of 1,000,000 rows with two indexes, and the same by hand, in turn. */
async function rebuild(folder) {
  console.log(`\nRebuild of a SQLite table of ${number(ROWS)} rows with two indexes`)
  const base = join(folder, 'base.db')
  const dir = join(folder, 'migrations')
  const before = events(c.integer())
  const common = { url: `sqlite:///${base}`, migrations: dir }
  const dialects = ['sqlite']
  await revision({ ...common, dialects, models: before, message: 'first' })
  await upgrade(common)
  const db = open({ models: before, url: common.url })
  await db.sql`WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ${ROWS})
    INSERT INTO events (kind, title, n) SELECT 'kind ' || (n % 50), 'the title of event ' || n, n FROM i`
  await db.close()
  const { revisions } = await revision({ ...common, dialects, models: events(c.real()), message: 'reals' })
  if (!/INSERT INTO/.test(revisions[0].files['up.sqlite.sql'])) throw new Error('This change copies no table.')

  const times = { ours: [], bare: [] }
  const grown = []
  const guesses = []
  for (let round = 0; round < 5; round++) {
    for (const way of round % 2 ? ['bare', 'ours'] : ['ours', 'bare']) {
      const file = join(folder, `${way}.db`)
      for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
      copyFileSync(base, file)
      const { ms, mb, estimated } = await measured(way, file, dir)
      times[way].push(ms)
      if (way === 'bare') continue
      grown.push(mb)
      guesses.push(Math.max(ms / estimated, estimated / ms))
    }
  }
  const ratio = median(times.ours.map((ms, i) => ms / times.bare[i]))
  console.log(
    `  upgrade ${number(median(times.ours))} ms, bare INSERT ... SELECT and the indexes ${number(median(times.bare))} ms`,
  )
  tell('upgrade against the bare copy', ratio, 1.5, 'x')
  tell('the estimate is wrong by a factor of', median(guesses), 3, 'x')
  tell('resident memory grows by', Math.max(...grown), 50, 'MB')
}

/** One rebuild in a process of its own: the time of the work, and by how much memory grew. */
async function measured(way, file, migrations) {
  const program = `
    const { model, c, open, schema, upgrade } = require(${JSON.stringify(join(root, 'dist/index.js'))})
    const url = 'sqlite:///' + ${JSON.stringify(file)}
    const models = schema({ events: model('events', { id: c.id() }) })
    const bare = async () => {
      const db = open({ models, url })
      await db.events.count()
      return [() => db.transaction(async tx => {
        await tx.sql\`CREATE TABLE copy (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, title TEXT NOT NULL, n REAL BLOB NOT NULL)\`
        await tx.sql\`INSERT INTO copy SELECT id, kind, title, CAST(n AS REAL) FROM events ORDER BY id\`
        await tx.sql\`CREATE INDEX copy_one ON copy (kind, n)\`
        await tx.sql\`CREATE INDEX copy_two ON copy (title)\`
      }), () => db.close()]
    }
    let estimated
    const onProgress = progress => { estimated ??= progress.estimatedMs }
    const ours = async () => [() => upgrade({ url, migrations: ${JSON.stringify(migrations)}, onProgress }), () => {}]
    ;(async () => {
      const [work, end] = await ${way}()
      // What is loaded once is not what the rebuild takes.
      await require(${JSON.stringify(join(root, 'dist/index.js'))}).status({ url, migrations: ${JSON.stringify(migrations)} })
      const before = process.memoryUsage.rss()
      let most = before
      const timer = setInterval(() => { most = Math.max(most, process.memoryUsage.rss()) }, 5)
      const start = performance.now()
      await work()
      const ms = performance.now() - start
      clearInterval(timer)
      await end()
      console.log(JSON.stringify({ ms, mb: (most - before) / 2 ** 20, estimated }))
    })()`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const chunk of child.stdout) text += chunk
  return JSON.parse(text)
}

/** `plinth init` of the bundled models, beyond what Node itself takes to do nothing. */
async function start(folder) {
  console.log('\nplinth init of the bundled models, beyond node -e 0')
  const rounds = 15
  const node = args => {
    const began = performance.now()
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    return performance.now() - began
  }
  const init = file => node([join(root, 'dist/cli.js'), 'init', '--quiet', '--url', file])
  const times = { nothing: [], again: [], first: [] }
  const there = join(folder, 'there.db')
  init(there)
  for (let round = 0; round < rounds; round++) {
    times.nothing.push(node(['-e', '0']))
    times.again.push(init(there))
    times.first.push(init(join(folder, `new-${round}.db`)))
  }
  const base = median(times.nothing)
  tell('with nothing to do', median(times.again) - base, 150, 'ms')
  tell('the first one', median(times.first) - base, 500, 'ms')
}
