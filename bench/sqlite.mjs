// SQLite: Plinth's public API against better-sqlite3 with hand-written prepared statements, each on a file of its own.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initDb, open } from '../dist/index.js'
import { loop, measure, syncLoop } from './measure.mjs'
import { after, COLUMNS, FIELDS, groups, models, nth, ROWS, rows } from './rows.mjs'

const require = createRequire(import.meta.url)
const Better = require('better-sqlite3')

/** The values as a service would store them. */
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
  const select = `SELECT id, ${COLUMNS.map((column, i) => `${column} AS ${FIELDS[i]}`).join(', ')} FROM events`
  const statements = {
    get: db.prepare(`${select} WHERE id = ?`),
    list: db.prepare(`${select} WHERE id > ? ORDER BY id LIMIT ?`),
    all: db.prepare(`${select} ORDER BY id`),
    byCity: db.prepare('SELECT city, count(*) AS count, sum(score) AS sum FROM events GROUP BY city ORDER BY city'),
    insert: db.prepare(`INSERT INTO events (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})`),
  }
  const insertMany = db.transaction(list => {
    for (const r of list) statements.insert.run(toStored(r))
  })
  return { db, ...statements, insertMany }
}

/** Opens both, and verifies that they give the same; answers the benchmarks by name, and how to end. */
export async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'))
  const files = ['better', 'plinth', 'normal'].map(name => join(folder, `${name}.db`))
  for (const file of files) await initDb({ models, url: `sqlite:///${file}` })
  const peer = better(files[0])
  const db = open({ models, url: `sqlite:///${files[1]}` })
  const normal = open({ models, url: `sqlite:///${files[2]}`, durability: 'normal' })

  const listed = i => ({ where: { id: { gt: after(i) } }, orderBy: { id: 'asc' }, limit: 1000 })
  peer.insertMany(rows)
  await db.events.createMany(rows)
  await normal.events.createMany(rows)
  for (const i of [0, 5, 11]) {
    assert.deepEqual(await db.events.list(listed(i)), peer.list.all(after(i), 1000).map(toValues))
    assert.deepEqual(await db.events.get(i + 1), toValues(peer.get.get(i + 1)))
    assert.deepEqual(db.sync.events.get(i + 1), toValues(peer.get.get(i + 1)))
  }
  const streamed = []
  for await (const row of db.events.stream({ orderBy: { id: 'asc' } })) streamed.push(row)
  assert.deepEqual(streamed, peer.all.all().map(toValues))
  const byCity = { groupBy: ['city'], count: true, sum: ['score'], orderBy: { city: 'asc' } }
  const inOne = ({ city, count, sum }) => ({ city, count, sum: sum.score.toFixed(2) })
  assert.deepEqual(
    (await db.events.aggregate(byCity)).map(inOne),
    peer.byCity.all().map(row => ({ ...row, sum: row.sum.toFixed(2) })),
  )
  console.log(
    `\nSQLite against better-sqlite3 ${require('./package.json').devDependencies['better-sqlite3']}; results verified equal.`,
  )
  console.log(
    '"As stored" leaves dates and JSON as text and booleans as numbers; "same values" converts them, as Plinth does.',
  )

  const inFlight = async () => {
    for (let at = 0; at < 2000; at += 64) {
      const calls = []
      for (let i = at; i < Math.min(at + 64, 2000); i++) calls.push(db.events.get(nth(i)))
      await Promise.all(calls)
    }
  }
  const peerName = 'better-sqlite3'
  const same = `${peerName}, same values`
  const benches = {
    get: () =>
      measure(
        'SQLite: get by key',
        'call',
        2000,
        [
          [same, syncLoop(2000, i => toValues(peer.get.get(nth(i))))],
          [`${peerName}, as stored`, syncLoop(2000, i => peer.get.get(nth(i)))],
          ['plinth sync', syncLoop(2000, i => db.sync.events.get(nth(i)))],
          ['plinth, one at a time', loop(2000, i => db.events.get(nth(i)))],
          ['plinth, 64 in flight', inFlight],
        ],
        { rounds: 15, against: [same] },
      ),
    list: () =>
      measure(
        'SQLite: list of 1,000 rows, 12 columns',
        'list',
        20,
        [
          [same, syncLoop(20, i => peer.list.all(after(i), 1000).map(toValues))],
          [`${peerName}, as stored`, syncLoop(20, i => peer.list.all(after(i), 1000))],
          ['plinth sync', syncLoop(20, i => db.sync.events.list(listed(i)))],
          ['plinth', loop(20, i => db.events.list(listed(i)))],
        ],
        { rounds: 15, against: [same] },
      ),
    stream: () =>
      measure(
        `SQLite: stream of ${ROWS} rows, 12 columns`,
        'row',
        ROWS,
        [
          [
            `${peerName} iterate, same values`,
            () => {
              for (const row of peer.all.iterate()) toValues(row)
            },
          ],
          [
            `${peerName} iterate, as stored`,
            () => {
              for (const _ of peer.all.iterate());
            },
          ],
          [
            'plinth sync',
            () => {
              for (const _ of db.sync.events.stream({ orderBy: { id: 'asc' } }));
            },
          ],
          [
            'plinth',
            async () => {
              for await (const _ of db.events.stream({ orderBy: { id: 'asc' } }));
            },
          ],
        ],
        { rounds: 15, against: [`${peerName} iterate, same values`] },
      ),
    aggregate: () =>
      measure(
        `SQLite: count and sum of ${ROWS} rows, ${groups.length} groups`,
        'call',
        5,
        [
          [peerName, syncLoop(5, () => peer.byCity.all())],
          ['plinth sync', syncLoop(5, () => db.sync.events.aggregate(byCity))],
          ['plinth', loop(5, () => db.events.aggregate(byCity))],
        ],
        { rounds: 15, against: [peerName] },
      ),
    create: () =>
      measure(
        'SQLite: create, one durable write at a time',
        'create',
        200,
        [
          [peerName, syncLoop(200, i => peer.insert.run(toStored(rows[i])))],
          ['plinth sync', syncLoop(200, i => db.sync.events.create(rows[i]))],
          ['plinth', loop(200, i => db.events.create(rows[i]))],
          ["plinth, durability 'normal'", loop(200, i => normal.events.create(rows[i]))],
        ],
        { rounds: 9, against: [peerName] },
      ),
    createMany: () =>
      measure(
        'SQLite: createMany of 10,000 rows, one transaction',
        'row',
        10_000,
        [
          [peerName, () => peer.insertMany(rows.slice(0, 10_000))],
          ['plinth (gives the rows back)', () => db.events.createMany(rows.slice(0, 10_000))],
          ['plinth sync (gives the rows back)', () => db.sync.events.createMany(rows.slice(0, 10_000))],
        ],
        { rounds: 9, against: [peerName] },
      ),
    concurrent: () =>
      measure(
        'SQLite: 64 concurrent durable creates',
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
        { rounds: 7, against: ['better-sqlite3, one after the other'] },
      ),
  }
  const close = async () => {
    await db.close()
    await normal.close()
    peer.db.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { benches, close }
}
