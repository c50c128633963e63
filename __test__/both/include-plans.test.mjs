// How databases find the rows of an include over a key of text: by the key's index if it has one, with the list of keys read once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, index, initDb, model, open, schema } from 'plinth'
import { raw } from '../support/db.mjs'
import { dialect, newUrl } from '../support/dialect.mjs'
import { query } from '../support/postgres.mjs'

const models = schema(
  {
    teams: model('teams', { code: c.text().primaryKey(), n: c.integer() }),
    jobs: model(
      'jobs',
      { id: c.id(), team: c.text().references('teams.code'), other: c.text().references('teams.code'), n: c.integer() },
      t => [index(t.team)],
    ),
    people: model('people', { name: c.text().primaryKey(), n: c.integer() }),
    members: model(
      'members',
      { id: c.id(), team: c.text().references('teams.code'), person: c.text().references('people.name') },
      t => [index(t.team), index(t.person)],
    ),
  },
  {
    teams: r => ({
      jobs: r.many('jobs', 'team'),
      others: r.many('jobs', 'other'),
      people: r.many('people', { through: 'members' }),
    }),
    jobs: r => ({ leader: r.one('teams', 'team') }),
    people: r => ({ teams: r.many('teams', { through: 'members' }) }),
  },
)

/** Teams that have rows; there are more without any, so that reading the whole table does not pay. */
const TEAMS = 2000
const codes = Array.from({ length: TEAMS }, (_, i) => `team ${i}`)
const others = Array.from({ length: 10 * TEAMS }, (_, i) => `other team ${i}`)

/** A database with many rows; `plan` gives how it runs the last statement of a call, for lists of any length. */
async function filled(t) {
  const statements = []
  const url = await newUrl(t)
  const db = open({ models, url, log: { statements: true, to: event => statements.push(event.sql) } })
  t.after(() => db.close())
  await initDb({ db })
  const team = i => codes[i % TEAMS]
  await db.teams.createMany([...codes, ...others].map((code, n) => ({ code, n })))
  await db.people.createMany(codes.map((_, n) => ({ name: `person ${n}`, n })))
  const jobs = Array.from({ length: 10 * TEAMS }, (_, n) => ({ team: team(n), other: team(n), n }))
  await db.jobs.createMany(jobs)
  await db.members.createMany(jobs.map(({ team, n }) => ({ team, person: `person ${(7 * n) % TEAMS}` })))
  const plan = async call => {
    await call(db)
    const sql = statements.findLast(text => text.startsWith('SELECT'))
    if (dialect === 'sqlite') {
      const limits = sql.includes('?2') ? [2] : []
      const rows = await raw(
        db,
        `EXPLAIN QUERY PLAN ${sql}`.split(/\?\d/),
        JSON.stringify(codes.slice(0, 10)),
        ...limits,
      )
      return rows.map(row => row.detail).join('\n')
    }
    const run = `EXPLAIN EXECUTE included ('{}'${sql.includes('$2') ? ', 2' : ''})`
    const rows = await query(url, `SET plan_cache_mode = force_generic_plan; PREPARE included AS ${sql}; ${run}`)
    return rows.map(row => row['QUERY PLAN']).join('\n')
  }
  return { db, plan }
}

const calls = {
  'all rows': ['jobs', db => db.teams.list({ limit: 10, include: { jobs: true } })],
  'rows in an order': ['jobs', db => db.teams.list({ limit: 10, include: { jobs: { orderBy: { n: 'desc' } } } })],
  'some of each': ['jobs', db => db.teams.list({ limit: 10, include: { jobs: { limit: 2 } } })],
  counts: ['jobs', db => db.teams.list({ limit: 10, include: { _count: { jobs: true } } })],
  'rows behind an association': ['members', db => db.teams.list({ limit: 10, include: { people: true } })],
  'some of each behind an association': [
    'members',
    db => db.teams.list({ limit: 10, include: { people: { limit: 2 } } }),
  ],
  'the same, the other way': ['members', db => db.people.list({ limit: 10, include: { teams: true } })],
  'the one it belongs to': ['teams', db => db.jobs.list({ limit: 10, include: { leader: true } })],
}

test('the index of a key finds the rows of an include', async t => {
  const { db, plan } = await filled(t)
  for (const analyzed of dialect === 'sqlite' ? [false, true] : [true]) {
    if (analyzed) await raw(db, 'ANALYZE')
    for (const [name, [table, call]] of Object.entries(calls)) {
      const text = await plan(call)
      const what = `${name}, analyzed: ${analyzed}\n${text}`
      if (dialect === 'sqlite') {
        assert.match(text, /SEARCH [tj] USING (COVERING )?INDEX/, what)
        assert.doesNotMatch(text, /AUTOMATIC|SCAN [tj]\b/, what)
      } else {
        assert.match(text, /Index Cond: \(\w+ = k\.key\)/, what)
        assert.doesNotMatch(text, new RegExp(`Seq Scan on ${table}`), what)
      }
    }
  }
})

test('a key without an index is looked for in one pass over the rows', async t => {
  const { db, plan } = await filled(t)
  await raw(db, 'ANALYZE')
  const text = await plan(db => db.teams.list({ limit: 10, include: { others: true } }))
  if (dialect === 'sqlite') {
    assert.match(text, /SCAN t\b/)
    assert.match(text, /SEARCH k USING AUTOMATIC/)
  } else {
    assert.match(text, /Seq Scan on jobs/)
    assert.match(text, /(Hash|Merge) Cond: .*k\.key/)
  }
})
