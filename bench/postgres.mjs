// PostgreSQL: Plinth's public API against pg and postgres.js, each on a database of its own, on a server that this starts.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { startServer } from '../__test__/support/postgres.mjs'
import { initDb, open } from '../dist/index.js'
import { callers, loop, measure } from './measure.mjs'
import { pgPeer, postgresPeer } from './postgres-peers.mjs'
import { after, COLUMNS, FIELDS, groups, models, nth, ROWS, rows } from './rows.mjs'

const { devDependencies } = createRequire(import.meta.url)('./package.json')

/** PostgreSQL's own defaults: the server of the tests has many settings. */
const DEFAULTS = {
  fsync: 'on',
  full_page_writes: 'on',
  autovacuum: 'on',
  max_connections: '100',
  wal_level: 'replica',
  max_wal_senders: '10',
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
}

const EMPTY = 'TRUNCATE imports RESTART IDENTITY'

/** The same rows, whatever list they come in. */
const same = (given, wanted) => assert.deepEqual(Array.from(given), Array.from(wanted))

/** Starts a server, opens all, and verifies that they give the same; answers the benchmarks by name, and how to end. */
export async function start() {
  const server = await startServer({ settings: DEFAULTS })
  if (!server) throw new Error('This machine has no PostgreSQL: see CONTRIBUTING.md.')
  try {
    return await on(server)
  } catch (error) {
    await server.close()
    throw error
  }
}

async function on(server) {
  const names = ['pg', 'postgres', 'plinth']
  const urls = names.map(name => server.url(`bench_${name}`))
  for (const url of urls) await initDb({ models, url })
  const peer = await pgPeer(urls[0])
  const other = await postgresPeer(urls[1])
  const db = open({ models, url: urls[2] })
  const ours = {
    get: id => db.events.get(id),
    list: id => db.events.list({ where: { id: { gt: id } }, orderBy: { id: 'asc' }, limit: 1000 }),
    stream: () => db.events.stream({ orderBy: { id: 'asc' } }),
    byCity: async () => {
      const groups = await db.events.aggregate({
        groupBy: ['city'],
        count: true,
        sum: ['score'],
        orderBy: { city: 'asc' },
      })
      return groups.map(({ city, count, sum }) => ({ city, count, sum: sum.score }))
    },
    create: row => db.events.create(row),
    createMany: list => db.imports.createMany(list),
    run: text => db.sql(Object.assign([text], { raw: [text] })),
  }
  const many = rows.slice(0, 10_000)

  const version = (await peer.run('SHOW server_version'))[0].server_version
  await verify([peer, other, ours])
  console.log(
    `\nPostgreSQL ${version} against pg ${devDependencies.pg} and postgres ${devDependencies.postgres}, over TCP on this machine, its data in ${tmpdir()}; results verified equal.`,
  )
  console.log(
    'Durability is the default: fsync, full_page_writes and synchronous_commit on; every create waits for the disk.',
  )
  console.log(
    'Each has up to 10 connections. "As given" is what the driver makes of plain columns: ids are text, names snake_case.',
  )

  const against = ['pg', 'postgres']
  const emptied = it => () => it.run(EMPTY)
  const benches = {
    get: async () => {
      await measure(
        'PostgreSQL: get by key, one at a time',
        'get',
        500,
        [
          ['pg', loop(500, i => peer.get(nth(i)))],
          ['postgres', loop(500, i => other.get(nth(i)))],
          ['pg, as given', loop(500, i => peer.getAsGiven(nth(i)))],
          ['postgres, as given', loop(500, i => other.getAsGiven(nth(i)))],
          ['plinth', loop(500, i => ours.get(nth(i)))],
        ],
        { rounds: 21, against },
      )
      await measure(
        'PostgreSQL: get by key, 64 concurrent',
        'get',
        3200,
        [
          ['pg', callers(3200, i => peer.getPooled(nth(i)))],
          ['postgres', callers(3200, i => other.get(nth(i)))],
          ['pg, 2 clients that pipeline', callers(3200, i => peer.getPipelined(nth(i)))],
          ['plinth', callers(3200, i => ours.get(nth(i)))],
        ],
        { rounds: 15, against },
      )
    },
    list: () =>
      measure(
        'PostgreSQL: list of 1,000 rows, 12 columns',
        'list',
        20,
        [
          ['pg', loop(20, i => peer.list(after(i)))],
          ['postgres', loop(20, i => other.list(after(i)))],
          ['pg, as given', loop(20, i => peer.listAsGiven(after(i)))],
          ['postgres, as given', loop(20, i => other.listAsGiven(after(i)))],
          ['plinth', loop(20, i => ours.list(after(i)))],
        ],
        { rounds: 15, against },
      ),
    stream: () =>
      measure(
        `PostgreSQL: stream of ${ROWS} rows, 12 columns, 500 at once`,
        'row',
        ROWS,
        [
          ['postgres', () => drained(other.stream())],
          ['plinth', () => drained(ours.stream())],
        ],
        { rounds: 9, against: ['postgres'] },
      ),
    aggregate: () =>
      measure(
        `PostgreSQL: count and sum of ${ROWS} rows, ${groups.length} groups`,
        'call',
        5,
        [
          ['pg', loop(5, () => peer.byCity())],
          ['postgres', loop(5, () => other.byCity())],
          ['plinth', loop(5, () => ours.byCity())],
        ],
        { rounds: 15, against },
      ),
    create: () =>
      measure(
        'PostgreSQL: create, one durable write at a time',
        'create',
        100,
        [
          ['pg', loop(100, i => peer.create(rows[i]))],
          ['postgres', loop(100, i => other.create(rows[i]))],
          ['plinth', loop(100, i => ours.create(rows[i]))],
        ],
        { rounds: 15, against },
      ),
    createMany: () =>
      measure(
        'PostgreSQL: createMany of 10,000 rows, one transaction',
        'row',
        10_000,
        [
          ['pg, gives the rows back', () => peer.createMany(many), emptied(peer)],
          ['postgres, gives the rows back', () => other.createMany(many), emptied(other)],
          ['pg, gives nothing back', () => peer.createManyKeyless(many), emptied(peer)],
          ['postgres, gives nothing back', () => other.createManyKeyless(many), emptied(other)],
          ['plinth, gives the rows back', () => ours.createMany(many), emptied(ours)],
        ],
        { rounds: 11, against: ['pg, gives the rows back', 'postgres, gives the rows back'] },
      ),
    concurrent: () =>
      measure(
        'PostgreSQL: 64 concurrent durable creates',
        'create',
        1600,
        [
          ['pg', callers(1600, i => peer.createPooled(rows[i]))],
          ['postgres', callers(1600, i => other.create(rows[i]))],
          ['pg, 10 clients that pipeline', callers(1600, i => peer.createPipelined(rows[i]))],
          ['plinth', callers(1600, i => ours.create(rows[i]))],
        ],
        { rounds: 11, against },
      ),
  }
  const close = async () => {
    await Promise.all([peer.close(), other.close(), db.close()])
    await server.close()
  }
  return { benches, close }
}

/** Reads all rows of a stream. */
async function drained(stream) {
  for await (const _ of stream);
}

/** Fills the databases, and compares what all calls give: the rows as they were before any database had them. */
async function verify(all) {
  const stored = rows.map((row, i) => ({ id: i + 1, ...row }))
  const digests = []
  for (const it of all) {
    await it.createManyKeyless?.(rows)
    await it.run(EMPTY)
    same(await it.createMany(rows), stored)
    await it.run(`INSERT INTO events (${COLUMNS}) SELECT ${COLUMNS} FROM imports ORDER BY id`)
    await it.run('VACUUM ANALYZE events')
    for (const i of [0, 5, 11]) {
      const list = stored.slice(after(i), after(i) + 1000)
      same(await it.list(after(i)), list)
      if (it.listAsGiven) same((await it.listAsGiven(after(i))).map(toFields), list)
      for (const get of ['get', 'getPooled', 'getPipelined']) if (it[get]) same([await it[get](i + 1)], [stored[i]])
      if (it.getAsGiven) same([toFields(await it.getAsGiven(i + 1))], [stored[i]])
    }
    if (it.stream) {
      const streamed = []
      for await (const row of it.stream()) streamed.push(row)
      same(streamed, stored)
    }
    same(
      (await it.byCity()).map(group => [group.city, group.count, group.sum.toFixed(2)]),
      groups.map(city => {
        const scores = rows.filter(row => row.city === city).map(row => row.score)
        return [city, scores.length, scores.reduce((sum, score) => sum + score, 0).toFixed(2)]
      }),
    )
    same([await it.create(rows[0])], [{ ...rows[0], id: stored.length + 1 }])
    digests.push((await it.run("SELECT md5(string_agg(e::text, ',' ORDER BY id)) AS md5 FROM events e"))[0].md5)
  }
  same(
    digests,
    digests.map(() => digests[0]),
  )
}

const toFields = row =>
  Object.fromEntries([['id', Number(row.id)], ...FIELDS.map((field, i) => [field, row[COLUMNS[i]]])])
