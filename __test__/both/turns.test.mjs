// Many answers at once: they are read in slices, between which timers and other callbacks have their turn.
import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { c, model, schema } from 'plinth'
import { database } from '../support/db.mjs'
import { noDatabase } from '../support/dialect.mjs'
import { project, run } from '../support/project.mjs'

const models = schema({
  notes: model('notes', { id: c.id(), at: c.timestamp(), title: c.text(), payload: c.json() }),
})
const ROWS = 1000

/** Counts the turns of the event loop until `over()`. */
function turnsUntil(over) {
  const counter = { turns: 0 }
  const turn = () => {
    counter.turns++
    if (!over()) setImmediate(turn)
  }
  setImmediate(turn)
  return counter
}

async function filled(t) {
  const db = await database(t, models)
  const row = i => ({ at: new Date(i), title: `note ${i}`, payload: { tags: ['a', 'b'], size: i } })
  await db.notes.createMany(Array.from({ length: ROWS }, (_, i) => row(i)))
  return db
}

test('answers that come at once let timers and other callbacks run between them', async t => {
  const db = await filled(t)
  const between = []
  let counter
  let left = 50
  await Promise.all(
    Array.from({ length: left }, async () => {
      const rows = await db.notes.list({ orderBy: { id: 'asc' } })
      assert.equal(rows.length, ROWS)
      left--
      counter ??= turnsUntil(() => left === 0)
      between.push(counter.turns)
    }),
  )
  // Read in one go, the last answer would come in the turn of the first.
  assert.ok(new Set(between).size >= 5, `the answers came in these turns: ${between.join(' ')}`)
})

test('cheap answers with slow work behind them let timers run', async t => {
  const db = await database(t, models)
  let left = 600
  const perTurn = new Map()
  const counter = turnsUntil(() => left === 0)
  await Promise.all(
    Array.from({ length: left }, async () => {
      await db.notes.list()
      const end = performance.now() + 1
      while (performance.now() < end);
      perTurn.set(counter.turns, (perTurn.get(counter.turns) ?? 0) + 1)
      left--
    }),
  )
  const most = Math.max(...perTurn.values())
  // A slice when the core wakes, one in the same turn after it, and those that ran on this thread. By time alone a slice has hundreds.
  assert.ok(most <= 192, `work of ${most} answers ran in one turn`)
})

test('a handle that closes, and one that is given up, between slices settle all calls', async t => {
  const db = await filled(t)
  const calls = Array.from({ length: 50 }, () => db.notes.list({ orderBy: { id: 'asc' } }))
  await calls[0]
  await db.close()
  assert.deepEqual([...new Set((await Promise.all(calls)).map(rows => rows.length))], [ROWS])

  const other = await filled(t)
  const more = Array.from({ length: 50 }, () => other.notes.list({ orderBy: { id: 'asc' } }))
  await more[0]
  await other.close({ timeout: 0 })
  const ends = await Promise.allSettled(more)
  const wrong = ends.filter(({ value, reason }) => value?.length !== ROWS && reason?.code !== 'CLOSED')
  assert.deepEqual(wrong, [])
})

test('blocking calls between slices get their own rows', async t => {
  const db = await filled(t)
  const ids = await Promise.all(
    Array.from({ length: 30 }, async (_, i) => {
      const rows = await db.notes.list({ orderBy: { id: 'asc' }, limit: ROWS - i })
      return [rows.length, db.sync.notes.get(i + 1).title]
    }),
  )
  assert.deepEqual(
    ids,
    ids.map((_, i) => [ROWS - i, `note ${i}`]),
  )
})

test("a test's clock that stands still holds no answer back", async t => {
  const db = await filled(t)
  mock.timers.enable({ apis: ['setImmediate', 'setTimeout', 'setInterval'] })
  t.after(() => mock.timers.reset())
  const answers = await Promise.all(Array.from({ length: 50 }, () => db.notes.list({ orderBy: { id: 'asc' } })))
  assert.deepEqual([...new Set(answers.map(rows => rows.length))], [ROWS])
})

test('without the global setImmediate, as under jsdom, many answers, reports and events come', async t => {
  const script = `
    delete globalThis.setImmediate
    const { c, initDb, model, open, schema } = require('plinth')
    const notes = model('notes', { id: c.id(), title: c.text() })
    const hooks = { notes: { afterCommit: () => console.log('committed') } }
    const main = async url => {
      const db = open({ models: schema({ notes }), url, hooks })
      await initDb({ db, onWait() {} })
      await db.notes.create({ title: 'one' })
      const lists = await Promise.all(Array.from({ length: 200 }, () => db.notes.list()))
      await db.close()
      console.log(lists.flat().length)
    }
    main(process.argv[1])
  `
  const url = await noDatabase(t)
  const { code, stdout, stderr } = run(project(t), process.execPath, ['-e', script, url])
  assert.deepEqual([code, stdout, stderr], [0, 'committed\n200\n', ''])
})
