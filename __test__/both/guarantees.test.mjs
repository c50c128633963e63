// The tables of docs/reference/guarantees.md, cell by cell: what two units of work that meet do at each level, with and without locks, and
// by each way to write.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { add, c, initDb, model, open, PlinthError, schema } from 'plinth'
import { database } from '../support/db.mjs'
import { dialect, newUrl } from '../support/dialect.mjs'
import { root } from '../support/project.mjs'

const LEVELS = ['read committed', 'repeatable read', 'serializable']
const doctors = model('doctors', { id: c.id(), n: c.integer().default(0), onCall: c.boolean().default(true) })
const drafts = model('drafts', { id: c.id(), n: c.integer().default(0), version: c.integer().version() })
const models = schema({ doctors, drafts })

/** How long one waits for the other to read: on SQLite the other may only begin when the first has ended. */
const PATIENCE = 150

/** Lets two that meet go on when both have come, or one has waited for long enough. */
function meeting() {
  let come = 0
  let open
  const both = new Promise(resolve => {
    open = resolve
  })
  return async () => {
    if (++come === 2) open()
    await Promise.race([both, sleep(PATIENCE)])
  }
}

/** Runs a unit of work. */
const UNITS = {
  transaction: (db, work, isolation) => db.transaction(work, { isolation }),
  scope: (db, work, isolation) => db.scope(work, { isolation }),
  session: async (db, work, isolation) => {
    const session = db.session({ isolation })
    try {
      const result = await work(session)
      await session.commit()
      return result
    } finally {
      await session.close()
    }
  },
  none: (db, work) => work(db),
}

/** The result of two units of work that meet: the code of the error of one that failed, else what `judge` says. */
async function met(works, judge) {
  const results = await Promise.allSettled(works.map(work => work()))
  const failed = results.filter(({ status }) => status === 'rejected').map(({ reason }) => reason)
  for (const error of failed) if (!(error instanceof PlinthError)) throw error
  const [code] = failed.map(error => error.code)
  if (code === 'SERIALIZATION_FAILURE') assert.deepEqual([failed.length, failed[0].retryable], [1, true])
  if (code === 'STALE_ROW') assert.deepEqual([failed.length, failed[0].retryable], [1, false])
  return code === undefined ? judge() : `\`${code}\``
}

/** The columns of the tables: each makes two units of work meet and says what came of it. */
const CELLS = {
  'read, then write': async (db, unit, lock) => {
    const { id } = await db.doctors.create({})
    const meet = meeting()
    const increment = () =>
      unit(async tx => {
        const { n } = await tx.doctors.get(id, { lock })
        await meet()
        await tx.doctors.update(id, { n: n + 1 })
      })
    return met([increment, increment], async () => ((await db.doctors.get(id)).n === 2 ? 'kept' : 'lost'))
  },
  'write skew': async (db, unit, lock) => {
    const two = await db.doctors.createMany([{ n: 7 }, { n: 7 }])
    const where = { n: 7, onCall: true }
    const meet = meeting()
    const leave = id => () =>
      unit(async tx => {
        const present = await tx.doctors.list({ where, lock })
        await meet()
        if (present.length > 1) await tx.doctors.update(id, { onCall: false })
      })
    const left = () => db.doctors.count({ where })
    return met([leave(two[0].id), leave(two[1].id)], async () => ((await left()) === 0 ? 'happens' : 'prevented'))
  },
  phantoms: async (db, unit, lock, other) => {
    await db.doctors.create({ n: 9 })
    const query = { where: { n: 9 }, lock }
    let added
    const reads = unit(async tx => {
      const before = await tx.doctors.list(query)
      added = other.doctors.create({ n: 9 })
      await Promise.race([added, sleep(PATIENCE)])
      return [before.length, (await tx.doctors.list(query)).length]
    })
    try {
      const [before, after] = await reads
      await added
      return after > before ? 'seen' : 'not seen'
    } catch (error) {
      if (!(error instanceof PlinthError)) throw error
      return `\`${error.code}\``
    }
  },
}

/** Makes two units of work read one row and change it, each by `write`; says whether both changes count. */
async function bothWrite(db, unit, table, { read = {}, write }) {
  const { id } = await db[table].create({})
  const meet = meeting()
  const increment = () =>
    unit(async tx => {
      const row = await tx[table].get(id, read)
      await meet()
      await write(tx, row)
    })
  const judge = async () => ((await db[table].get(id)).n === 2 ? 'kept' : 'lost')
  const result = await met([increment, increment], judge)
  // One of two that fails changes nothing; the other counts.
  if (/SERIALIZATION|STALE/.test(result)) assert.equal((await db[table].get(id)).n, 1)
  return result
}

/** The columns of the table of ways to write. */
const WRITES = {
  add: (db, unit) => bothWrite(db, unit, 'doctors', { write: (tx, { id }) => tx.doctors.update(id, { n: add(1) }) }),
  version: (db, unit) => bothWrite(db, unit, 'drafts', { write: (tx, row) => tx.drafts.update(row, { n: row.n + 1 }) }),
  where: (db, unit) =>
    bothWrite(db, unit, 'doctors', {
      write: (tx, { id, n }) => tx.doctors.update(id, { n: n + 1 }, { where: { n } }),
    }),
  lock: (db, unit) =>
    bothWrite(db, unit, 'doctors', {
      read: { lock: 'update' },
      write: (tx, { id, n }) => tx.doctors.update(id, { n: n + 1 }),
    }),
}

/** The rows of the tables of the page on units of work, each as an object by the heads of its columns. */
function tables() {
  const text = readFileSync(join(root, 'docs/reference/guarantees.md'), 'utf8')
  const found = []
  for (const block of text.split('\n\n').filter(block => block.startsWith('| unit of work'))) {
    const [head, , ...rows] = block.split('\n').map(line =>
      line
        .split('|')
        .slice(1, -1)
        .map(cell => cell.trim()),
    )
    found.push(rows.map(row => Object.fromEntries(row.map((cell, at) => [head[at], cell]))))
  }
  return found
}

const words = cell => cell.split(',').map(word => word.replaceAll(/[`' ]/g, ' ').trim())
const DATABASES = { PostgreSQL: ['postgres'], SQLite: ['sqlite'], both: ['postgres', 'sqlite'] }

/** The units of work that a row is about on this database, each with its level. */
function unitsOf(row) {
  if (!DATABASES[row.database].includes(dialect)) return []
  const level = words(row['`isolation`'])
  const levels = level[0] === 'any' ? LEVELS : level[0] === '' ? [undefined] : level
  return words(row['unit of work']).flatMap(unit => levels.map(isolation => ({ unit, isolation })))
}

/** The tables in the order of the page, with what each column is tested by. */
const TABLES = { plain: CELLS, locked: CELLS, writes: WRITES }
const seen = Object.fromEntries(Object.keys(TABLES).map(table => [table, new Set()]))
for (const [at, [table, cells]] of Object.entries(TABLES).entries()) {
  const lock = table === 'locked' ? 'update' : undefined
  for (const row of tables()[at]) {
    for (const { unit, isolation } of unitsOf(row)) {
      seen[table].add(`${unit} ${isolation}`)
      for (const [cell, run] of Object.entries(cells)) {
        const expected = row[cell] ?? row[`\`${cell}\``]
        test(`${unit} at ${isolation}${lock ? ' with locks' : ''}: ${cell} is ${expected}`, async t => {
          const url = await newUrl(t)
          const [db, other] = [open({ models, url }), open({ models, url })]
          t.after(() => Promise.all([db.close({ timeout: 0 }), other.close({ timeout: 0 })]))
          await initDb({ db })
          assert.equal(await run(db, work => UNITS[unit](db, work, isolation), lock, other), expected)
        })
      }
    }
  }
}

test('the tables name every unit of work at every level', () => {
  const all = ['transaction', 'session', 'scope'].flatMap(unit => LEVELS.map(level => `${unit} ${level}`))
  for (const table of Object.values(seen)) assert.deepEqual([...table].sort(), [...all, 'none undefined'].sort())
  const heads = tables().map(([row]) =>
    Object.keys(row)
      .slice(3)
      .map(head => head.replaceAll('`', '')),
  )
  assert.deepEqual(heads, Object.values(TABLES).map(Object.keys))
})

for (const [how, given, options] of [
  ['serializable with retries', {}, { isolation: 'serializable', retries: 500 }],
  ['the level of open() with retries', { isolation: 'serializable' }, { retries: 500 }],
  ['repeatable read with retries', {}, { isolation: 'repeatable read', retries: 500 }],
]) {
  test(`50 increments make 50 by ${how}`, async t => {
    const db = await database(t, models, given)
    const { id } = await db.doctors.create({})
    const increment = async tx => {
      const { n } = await tx.doctors.get(id)
      await tx.doctors.update(id, { n: n + 1 })
    }
    await Promise.all(Array.from({ length: 50 }, () => db.transaction(increment, options)))
    assert.equal((await db.doctors.get(id)).n, 50)
  })
}
