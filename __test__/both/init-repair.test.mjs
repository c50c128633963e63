// The repair of a start: what is safe and small, in one transaction, by one of many processes, and never half-way.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, index, initDb, model, open, repair, schema } from 'plinth'
import { fails, raw } from '../support/db.mjs'
import { checkIntegrity, newUrl } from '../support/dialect.mjs'
import { start } from '../support/engine.mjs'
import { entryPath, plinth, project } from '../support/project.mjs'

/** How many processes are killed: PLINTH_TEST_KILLS=50 for a long run. */
const KILLS = Number(process.env.PLINTH_TEST_KILLS || 10)

const MODELS = `schema({
  things: model('things', { id: c.id(), label: c.text(), n: c.integer().default(5) }, t => [index(t.n), index(t.label).unique()]),
  parts: model('parts', { id: c.id(), thingId: c.integer().references('things.id', { onDelete: 'cascade' }) }),
})`
const models = new Function('schema', 'model', 'c', 'index', `return ${MODELS}`)(schema, model, c, index)

const ROWS = 400

/** A database with rows. */
async function place(t, rows = ROWS) {
  const url = await newUrl(t)
  await initDb({ models, url })
  const db = open({ models, url })
  t.after(() => db.close())
  await db.things.createMany(Array.from({ length: rows }, (_, i) => ({ label: `thing ${i}` })))
  await db.parts.createMany(Array.from({ length: 20 }, (_, i) => ({ thingId: i + 1 })))
  return { url, db, by: sql => raw(db, sql), init: more => initDb({ models, url, ...more }) }
}

const contents = async db => [await db.things.list({ orderBy: { id: 'asc' } }), await db.parts.list()]
const NONE = { safe: 0, missingData: 0, destructive: 0, blocked: 0 }

/** Breaks what a repair has to build anew: two indexes, and a default. */
async function breakIt({ by }) {
  await by('DROP INDEX things_n_idx')
  await by('DROP INDEX things_label_idx')
  await by('ALTER TABLE things DROP COLUMN n')
}

test('init repairs what is safe, unless that is off', async t => {
  const { db, by, init } = await place(t)
  const before = await contents(db)
  await by('DROP INDEX things_n_idx')
  for (const more of [{ repair: 'off' }, { env: { AUTO_SCHEMA_REPAIR: 'off' } }]) {
    const { repaired, drift } = await init(more)
    assert.deepEqual([repaired, drift], [[], { ...NONE, safe: 1 }])
  }
  const { repaired, drift } = await init()
  assert.deepEqual([repaired, drift], [['things: index things_n_idx: expected (n), found none.'], NONE])
  assert.deepEqual((await init()).repaired, [])
  assert.deepEqual(await contents(db), before)
  await fails(() => init({ env: { AUTO_SCHEMA_REPAIR: 'all' } }), { code: 'CONFIG_INVALID', found: 'all' })
  await fails(() => init({ repair: 'all' }), { code: 'QUERY_INVALID' })
})

test('a start makes nothing again that held rows or values', async t => {
  const { db, by, init } = await place(t)
  await by('DROP INDEX things_n_idx')
  await by('ALTER TABLE things DROP COLUMN n')
  await by('DROP TABLE parts')
  const report = await init()
  assert.deepEqual([report.repaired, report.created.tables], [[], []])
  assert.ok(report.pending.some(line => line.startsWith('The table `parts` existed and is gone')))
  assert.equal(report.drift.missingData, 2)
  const mended = await db.repair()
  assert.deepEqual(mended.remaining, [])
  assert.equal(await db.parts.count(), 0)
  assert.deepEqual((await init()).pending, [])
})

test('a start adds what the models have gained, and says what of it existing rows forbid', async t => {
  const { db, url } = await place(t)
  const before = await contents(db)
  const gained = (more = {}) =>
    schema({
      ...models.models,
      parts: model(
        'parts',
        {
          id: c.id(),
          thingId: c.integer().references('things.id', { onDelete: 'cascade' }),
          nick: c.text().nullable(),
          rank: c.integer().default(7),
          ...more,
        },
        t => [index(t.nick)],
      ),
    })
  const forbidden = await initDb({ models: gained({ must: c.text() }), url })
  assert.deepEqual(forbidden.drift, { ...NONE, blocked: 1 })
  assert.deepEqual(forbidden.pending, ['The table `parts` has no column `must`, which the models declare.'])
  assert.equal(forbidden.repaired.length, 3)
  const report = await initDb({ models: gained(), url })
  assert.deepEqual([report.repaired, report.pending, report.drift], [[], [], NONE])
  const after = open({ models: gained(), url })
  t.after(() => after.close())
  const [things, parts] = before
  assert.deepEqual(await after.things.list({ orderBy: { id: 'asc' } }), things)
  assert.deepEqual(
    await after.parts.list(),
    parts.map(part => ({ ...part, nick: null, rank: 7 })),
  )
  // Objects that are gone since then differ from new ones of the models.
  await raw(db, 'ALTER TABLE parts DROP COLUMN rank')
  assert.deepEqual((await initDb({ models: gained(), url })).drift, { ...NONE, missingData: 1 })
})

test('a start reports what it has kept, and only what is left as pending', async t => {
  const { by, init } = await place(t)
  await by('DROP INDEX things_n_idx')
  await by('ALTER TABLE things ADD COLUMN stray integer')
  const off = await init({ repair: 'off' })
  assert.equal(off.pending.length, 2)
  const safe = await init()
  assert.deepEqual([safe.repaired.length, safe.pending.length, safe.kept], [1, 1, undefined])
  assert.match(safe.pending[0], /stray/)
  const all = await init({ keep: true, env: { AUTO_SCHEMA_DESTRUCTIVE: 'true' } })
  assert.deepEqual([all.repaired.length, all.pending], [1, []])
  assert.deepEqual(
    all.kept.map(({ what, rows }) => [what, rows]),
    [['things.stray', ROWS]],
  )
})

test('a start reads no large table, the verb does', async t => {
  const { db, by, init, url } = await place(t, 10_001)
  await by('DROP INDEX things_n_idx')
  const report = await init()
  assert.deepEqual([report.repaired, report.drift], [[], { ...NONE, safe: 1 }])
  assert.equal((await repair({ models, url })).outcome, 'repaired')
  assert.equal(await db.things.count(), 10_001)
})

test('a start drops something only with AUTO_SCHEMA_DESTRUCTIVE, and never in production', async t => {
  const { by, init, url } = await place(t)
  await by('ALTER TABLE things ADD COLUMN stray integer')
  const extra = { ...NONE, destructive: 1 }
  const destructive = { AUTO_SCHEMA_DESTRUCTIVE: 'true' }
  assert.deepEqual((await init()).drift, extra)
  assert.deepEqual((await init({ env: { ...destructive, NODE_ENV: 'production' } })).drift, extra)
  assert.deepEqual((await init({ env: destructive })).drift, NONE)
  await by('ALTER TABLE things ADD COLUMN stray integer')
  assert.equal((await repair({ models, url, env: {} })).outcome, 'nothing')
  const verb = await repair({ models, url, env: { ...destructive, NODE_ENV: 'production' } })
  assert.deepEqual([verb.outcome, verb.remaining], ['repaired', []])
})

const repairing = (call = 'initDb') => `
const { index, repair } = require(${JSON.stringify(entryPath)})
const made = ${MODELS}
console.log('begins')
${call}({ models: made, url }).then(
  report => console.log(JSON.stringify(report)),
  error => { console.error(error.code, error.message); process.exitCode = 2 },
)`

test('twenty processes at once, one of them killed: one repair, the same database, and all others succeed', async t => {
  const broken = await place(t)
  const alone = await place(t)
  for (const { by } of [broken, alone]) {
    await by('DROP INDEX things_n_idx')
    await by('DROP INDEX things_label_idx')
  }
  await alone.init()
  const all = Array.from({ length: 20 }, () => start(broken.url, repairing()))
  await all[0].printed('begins')
  setTimeout(() => all[0].child.kill('SIGKILL'), Math.random() * 300)
  const [, ...others] = await Promise.all(all.map(({ ended }) => ended))
  assert.deepEqual(
    others.map(({ code, stderr }) => [code, stderr]),
    Array(19).fill([0, '']),
  )
  assert.equal((await broken.by('SELECT count(*) AS n FROM plinth_repairs'))[0].n, 1)
  assert.deepEqual(await contents(broken.db), await contents(alone.db))
  const shapes = ({ by }) => by('SELECT name, checksum, shape FROM plinth_shape ORDER BY name')
  assert.deepEqual(await shapes(broken), await shapes(alone))
  assert.deepEqual((await broken.db.drift()).differences, [])
})

test(`a repair that is killed ${KILLS} times is done or not begun, and every row is there`, async t => {
  const { db, by, url } = await place(t)
  const [things, parts] = await contents(db)
  const whole = things.map(({ id, label }) => ({ id, label, n: 5 }))
  await breakIt({ by })
  const started = start(url, repairing('repair'))
  await started.printed('begins')
  const began = performance.now()
  assert.equal((await started.ended).code, 0)
  const took = performance.now() - began
  const seen = { before: 0, after: 0 }
  for (let kill = 0; kill < KILLS; kill++) {
    await breakIt({ by })
    const records = Number((await by('SELECT count(*) AS n FROM plinth_repairs'))[0].n)
    const { child, ended, printed } = start(url, repairing('repair'))
    await printed('begins')
    await new Promise(resolve => setTimeout(resolve, Math.random() * took * 1.2))
    child.kill('SIGKILL')
    await ended
    const { differences } = await db.drift()
    const after = Number((await by('SELECT count(*) AS n FROM plinth_repairs'))[0].n)
    assert.ok([0, 3].includes(differences.length), JSON.stringify(differences))
    assert.equal(after - records, differences.length === 0 ? 1 : 0)
    seen[differences.length === 0 ? 'after' : 'before']++
    await db.repair()
    assert.deepEqual(await contents(db), [whole, parts])
  }
  await checkIntegrity(db)
  t.diagnostic(`killed: ${seen.before} before, ${seen.after} after`)
})

test('a table that another uses is BUSY, and nothing is changed', async t => {
  const { url, db, by } = await place(t)
  await by('DROP INDEX things_n_idx')
  const other = open({ models, url })
  t.after(() => other.close())
  const session = other.session()
  await session.things.create({ label: 'in use' })
  const before = (await db.drift()).differences
  const began = performance.now()
  await fails(() => repair({ models, url, timeout: 2000 }), { code: 'BUSY' })
  assert.ok(performance.now() - began < 30_000)
  await session.rollback()
  await session.close()
  assert.deepEqual((await db.drift()).differences, before)
  assert.equal((await repair({ models, url })).outcome, 'repaired')
})

test('plinth init --strict ends with 1 while something differs, plinth repair mends it', async t => {
  const dir = project(t, {
    'models.mjs': `import { c, index, model, schema } from 'plinth'\nexport default ${MODELS}`,
    'package.json': JSON.stringify({ type: 'module', plinth: { models: './models.mjs' } }),
  })
  const url = await newUrl(t)
  const run = (...args) => plinth(dir, [...args, '--url', url])
  assert.equal((await run('init', '--strict')).code, 0)
  const db = open({ models, url })
  t.after(() => db.close())
  await raw(db, 'ALTER TABLE things ADD COLUMN stray integer')
  await raw(db, 'DROP INDEX things_n_idx')
  const strict = await run('init', '--strict')
  assert.equal(strict.code, 1, strict.stdout)
  assert.match(strict.stdout, /mended +things: index things_n_idx/)
  assert.equal((await run('init')).code, 0)
  const plan = await run('repair', '--plan', '--destructive')
  assert.match(plan.stdout, /planned +things\.stray[\s\S]*DROP COLUMN "stray";[\s\S]*nothing was changed/)
  assert.equal((await run('repair')).code, 1)
  const mended = await run('repair', '--destructive', '--json')
  assert.deepEqual([mended.code, JSON.parse(mended.stdout).outcome], [0, 'repaired'])
  assert.equal((await run('init', '--strict')).code, 0)
  assert.match((await run('history')).stdout, /repair +1 difference/)
})
