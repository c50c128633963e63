// `npm run bench [-- get list create createMany concurrent]`: Plinth's public API against better-sqlite3 with hand-written
// prepared statements, in one run, each on a file of its own. Results are verified equal before anything is measured.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { c, initDb, model, open, schema } from '../index.js'

const require = createRequire(import.meta.url)
const Better = require('better-sqlite3')

const ROWS = 20_000
const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'))
const only = process.argv.slice(2)

const events = model('events', {
  id: c.id(),
  createdAt: c.timestamp(),
  updatedAt: c.timestamp(),
  payload: c.json(),
  active: c.boolean(),
  note: c.text().nullable(),
  score: c.real(),
  title: c.text(),
  email: c.text(),
  city: c.text(),
  kind: c.text(),
  token: c.text(),
})
const models = schema({ events })

// ---------------------------------------------------------------- the same rows for both

let seed = 42
const random = n => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return seed % n
}
const CITIES = ['Berlin', 'Paris', 'São Paulo', 'Zürich', 'Osaka', 'New York', 'Lagos', 'Kraków']
const hex = () =>
  `${random(2 ** 31)
    .toString(16)
    .padStart(8, '0')}${random(2 ** 31)
    .toString(16)
    .padStart(8, '0')}`

function row() {
  const at = new Date(1_750_000_000_000 + random(2 ** 30))
  return {
    createdAt: at,
    updatedAt: new Date(at.getTime() + random(1_000_000)),
    payload: { theme: random(2) ? 'dark' : 'light', size: random(100), tags: ['a', 'b'] },
    active: random(2) === 1,
    note: random(4) ? `note number ${random(10_000)}` : null,
    score: random(1_000_000) / 100,
    title: `The title of event ${random(100_000)}`,
    email: `user${random(1_000_000)}@example.com`,
    city: CITIES[random(CITIES.length)],
    kind: ['signup', 'login', 'purchase'][random(3)],
    token: hex(),
  }
}

// ---------------------------------------------------------------- better-sqlite3, by hand

const COLUMNS = [
  'created_at',
  'updated_at',
  'payload',
  'active',
  'note',
  'score',
  'title',
  'email',
  'city',
  'kind',
  'token',
]
const NAMES = [
  'createdAt',
  'updatedAt',
  'payload',
  'active',
  'note',
  'score',
  'title',
  'email',
  'city',
  'kind',
  'token',
]

/** What a service would write to store these values. */
const toStored = r => [
  r.createdAt.toISOString(),
  r.updatedAt.toISOString(),
  JSON.stringify(r.payload),
  r.active ? 1 : 0,
  r.note,
  r.score,
  r.title,
  r.email,
  r.city,
  r.kind,
  r.token,
]

/** ... and to get them back. */
const toValues = r => ({
  id: r.id,
  createdAt: new Date(r.createdAt),
  updatedAt: new Date(r.updatedAt),
  payload: JSON.parse(r.payload),
  active: r.active === 1,
  note: r.note,
  score: r.score,
  title: r.title,
  email: r.email,
  city: r.city,
  kind: r.kind,
  token: r.token,
})

function better(file) {
  const db = new Better(file)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('foreign_keys = ON')
  db.pragma('cache_size = -8192')
  const select = `SELECT id, ${COLUMNS.map((column, i) => `${column} AS ${NAMES[i]}`).join(', ')} FROM events`
  const statements = {
    get: db.prepare(`${select} WHERE id = ?`),
    list: db.prepare(`${select} WHERE id > ? ORDER BY id LIMIT ?`),
    insert: db.prepare(`INSERT INTO events (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})`),
  }
  const insertMany = db.transaction(rows => {
    for (const r of rows) statements.insert.run(toStored(r))
  })
  return { db, ...statements, insertMany }
}

// ---------------------------------------------------------------- measuring

const median = list => [...list].sort((a, b) => a - b)[list.length >> 1]

/** Runs each variant in turn, round after round, so that what the machine does else falls on all of them. */
async function measure(title, unit, per, variants, rounds) {
  const times = variants.map(() => [])
  for (let round = -2; round < rounds; round++) {
    for (const at of round % 2 ? variants.keys() : [...variants.keys()].reverse()) {
      const [, run, before] = variants[at]
      await before?.()
      const start = process.hrtime.bigint()
      await run()
      if (round >= 0) times[at].push(Number(process.hrtime.bigint() - start) / per / 1000)
    }
  }
  const base = times[0]
  console.log(`\n${title} (microseconds per ${unit}; how many times as fast as the first)`)
  variants.forEach(([name], at) => {
    const ratio = median(base.map((time, i) => time / times[at][i]))
    console.log(`  ${name.padEnd(46)} ${median(times[at]).toFixed(2).padStart(9)}   ${ratio.toFixed(2)}x`)
  })
}

// ---------------------------------------------------------------- the comparison

const fileA = join(folder, 'better.db')
const fileB = join(folder, 'plinth.db')
const fileC = join(folder, 'normal.db')
for (const file of [fileA, fileB, fileC]) await initDb({ models, url: `sqlite:///${file}` })

const peer = better(fileA)
const db = open({ models, url: `sqlite:///${fileB}` })
const normal = open({ models, url: `sqlite:///${fileC}`, durability: 'normal' })

const rows = Array.from({ length: ROWS }, row)
peer.insertMany(rows)
await db.events.createMany(rows)
await normal.events.createMany(rows)

const after = i => (i * 7919) % (ROWS - 1000)
for (const i of [0, 5, 11]) {
  const theirs = peer.list.all(after(i), 1000).map(toValues)
  assert.deepEqual(
    await db.events.list({ where: { id: { gt: after(i) } }, orderBy: { id: 'asc' }, limit: 1000 }),
    theirs,
  )
  assert.deepEqual(await db.events.get(i + 1), toValues(peer.get.get(i + 1)))
  assert.deepEqual(db.sync.events.get(i + 1), toValues(peer.get.get(i + 1)))
}
console.log(
  `Node ${process.version}, ${cpus().length} CPUs, better-sqlite3 ${require('better-sqlite3/package.json').version}; results verified equal.`,
)
console.log(
  'better-sqlite3 "as stored" leaves dates and JSON as text and booleans as numbers; "same values" converts them, as Plinth does.',
)

const loop = (n, work) => async () => {
  for (let i = 0; i < n; i++) await work(i)
}
const syncLoop = (n, work) => () => {
  for (let i = 0; i < n; i++) work(i)
}

const benches = {
  get: () =>
    measure(
      'get by key',
      'call',
      2000,
      [
        ['better-sqlite3, same values', syncLoop(2000, i => toValues(peer.get.get(((i * 31) % ROWS) + 1)))],
        ['better-sqlite3, as stored', syncLoop(2000, i => peer.get.get(((i * 31) % ROWS) + 1))],
        ['plinth sync', syncLoop(2000, i => db.sync.events.get(((i * 31) % ROWS) + 1))],
        ['plinth, one at a time', loop(2000, i => db.events.get(((i * 31) % ROWS) + 1))],
        [
          'plinth, 64 in flight',
          async () => {
            for (let at = 0; at < 2000; at += 64) {
              const calls = []
              for (let i = at; i < Math.min(at + 64, 2000); i++) calls.push(db.events.get(((i * 31) % ROWS) + 1))
              await Promise.all(calls)
            }
          },
        ],
      ],
      15,
    ),
  list: () =>
    measure(
      'list of 1,000 rows, 12 columns',
      'list',
      20,
      [
        ['better-sqlite3, same values', syncLoop(20, i => peer.list.all(after(i), 1000).map(toValues))],
        ['better-sqlite3, as stored', syncLoop(20, i => peer.list.all(after(i), 1000))],
        [
          'plinth sync',
          syncLoop(20, i =>
            db.sync.events.list({ where: { id: { gt: after(i) } }, orderBy: { id: 'asc' }, limit: 1000 }),
          ),
        ],
        [
          'plinth',
          loop(20, i => db.events.list({ where: { id: { gt: after(i) } }, orderBy: { id: 'asc' }, limit: 1000 })),
        ],
      ],
      15,
    ),
  create: () =>
    measure(
      'create, one durable write at a time',
      'create',
      200,
      [
        ['better-sqlite3', syncLoop(200, i => peer.insert.run(toStored(rows[i])))],
        ['plinth sync', syncLoop(200, i => db.sync.events.create(rows[i]))],
        ['plinth', loop(200, i => db.events.create(rows[i]))],
        ["plinth, durability 'normal'", loop(200, i => normal.events.create(rows[i]))],
      ],
      9,
    ),
  createMany: () =>
    measure(
      'createMany of 10,000 rows, one transaction',
      'row',
      10_000,
      [
        ['better-sqlite3', () => peer.insertMany(rows.slice(0, 10_000))],
        ['plinth (returns the rows)', () => db.events.createMany(rows.slice(0, 10_000))],
        ['plinth sync (returns the rows)', () => db.sync.events.createMany(rows.slice(0, 10_000))],
      ],
      9,
    ),
  concurrent: () =>
    measure(
      '64 concurrent durable creates',
      'create',
      3200,
      [
        ['better-sqlite3, one after the other', syncLoop(3200, i => peer.insert.run(toStored(rows[i])))],
        [
          'plinth, 64 callers',
          () =>
            Promise.all(
              Array.from({ length: 64 }, async (_, caller) => {
                for (let i = 0; i < 50; i++) await db.events.create(rows[caller * 50 + i])
              }),
            ),
        ],
      ],
      7,
    ),
}

const wanted = only.length ? only : Object.keys(benches)
for (const name of wanted) {
  if (!benches[name]) throw new Error(`There is no benchmark "${name}": ${Object.keys(benches).join(', ')}.`)
  await benches[name]()
}
await db.close()
await normal.close()
peer.db.close()
rmSync(folder, { recursive: true, force: true })
