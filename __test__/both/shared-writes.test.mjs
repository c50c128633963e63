// Versions, atomic changes and hooks in the calls that write many rows: claim, upsertMany, updateMany and deleteMany with `returning`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { add, append, c, initDb, model, open, schema } from 'plinth'
import { newUrl } from '../support/dialect.mjs'

const models = schema({
  jobs: model('jobs', {
    id: c.id(),
    name: c.text().unique(),
    state: c.text().default('ready'),
    tries: c.integer().default(0),
    log: c.json().default([]),
    version: c.integer().version(),
  }),
})

async function opened(t) {
  const url = await newUrl(t)
  await initDb({ models, url })
  const events = []
  const db = open({ models, url, hooks: { jobs: { afterCommit: event => void events.push(event) } } })
  t.after(() => db.close({ timeout: 0 }))
  const noted = async () => {
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
    return events.splice(0)
  }
  return { db, noted }
}

test('claim takes atomic changes, counts the version, and reports its rows', async t => {
  const { db, noted } = await opened(t)
  await db.jobs.createMany([{ name: 'a' }, { name: 'b' }, { name: 'c' }])
  await noted()
  const claimed = await db.jobs.claim({
    where: { state: 'ready' },
    orderBy: { name: 'desc' },
    limit: 2,
    set: { state: 'taken', tries: add(1), log: append('taken') },
  })
  assert.deepEqual(
    claimed.map(({ name, state, tries, log, version }) => [name, state, tries, log, version]),
    [
      ['c', 'taken', 1, ['taken'], 2],
      ['b', 'taken', 1, ['taken'], 2],
    ],
  )
  assert.deepEqual(await noted(), [{ call: 'claim', rows: claimed }])
  assert.deepEqual(await db.jobs.claim({ where: { state: 'none' }, limit: 2, set: { tries: add(1) } }), [])
  assert.deepEqual(await noted(), [])
})

test('upsertMany takes atomic changes for existing rows, counts the version, and reports its rows', async t => {
  const { db, noted } = await opened(t)
  await db.jobs.create({ name: 'a', tries: 5 })
  await noted()
  const rows = [{ name: 'b' }, { name: 'a' }]
  const put = await db.jobs.upsertMany(rows, { on: ['name'], update: { tries: add(2) } })
  assert.deepEqual(
    put.map(({ name, tries, version }) => [name, tries, version]),
    [
      ['b', 0, 1],
      ['a', 7, 2],
    ],
  )
  assert.deepEqual(await noted(), [{ call: 'upsertMany', rows: put }])
})

test('updateMany and deleteMany with returning count the version, and report where and how many', async t => {
  const { db, noted } = await opened(t)
  await db.jobs.createMany([{ name: 'a' }, { name: 'b' }])
  await noted()
  const changed = await db.jobs.updateMany({ where: { tries: 0 }, returning: true }, { tries: add(3) })
  assert.deepEqual(
    changed.map(({ tries, version }) => [tries, version]),
    [
      [3, 2],
      [3, 2],
    ],
  )
  const deleted = await db.jobs.deleteMany({ where: { name: 'a' }, returning: true })
  assert.equal(deleted.length, 1)
  assert.deepEqual(await noted(), [
    { call: 'updateMany', where: { tries: 0 }, changes: 2 },
    { call: 'deleteMany', where: { name: 'a' }, changes: 1 },
  ])
})
