// Rows whose caller changes them after a call has returned are written as they were passed, however many there are.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, initDb, model, open, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'

const models = schema({
  events: model('events', {
    id: c.integer().primaryKey(),
    n: c.integer(),
    data: c.json().nullable(),
    at: c.timestamp(),
    raw: c.bytes(),
  }),
  notes: model('notes', { id: c.id(), text: c.text() }),
})
/** More rows than cross at once. */
const MANY = 5000
const AT = new Date('2026-01-02T03:04:05.678Z')

const made = id => ({ id, n: id, data: { list: [id, { deep: 'old' }] }, at: new Date(AT), raw: Buffer.from([1, 2]) })
const rows = count => Array.from({ length: count }, (_, i) => made(i))

/** Changes all that a row holds. */
function change(row) {
  row.n = -1
  if (row.data) row.data.list[1].deep = 'new'
  row.at.setTime(0)
  row.raw.fill(9)
}

async function place(t) {
  const url = await newUrl(t)
  await initDb({ models, url })
  const db = open({ models, url })
  t.after(() => db.close())
  return db
}

async function isAsPassed(db, count) {
  const stored = await db.events.list({ orderBy: { id: 'asc' } })
  assert.equal(stored.length, count)
  for (const [i, row] of stored.entries()) assert.deepEqual(row, { ...made(i), raw: new Uint8Array([1, 2]) })
}

const CALLS = {
  createMany: (db, given) => db.events.createMany(given),
  'createMany without an answer': (db, given) => db.events.createMany(given, { returning: false }),
  'createMany that skips duplicates': (db, given) => db.events.createMany(given, { skipDuplicates: true }),
  'createMany with its progress': (db, given) => db.events.createMany(given, { onProgress() {} }),
  upsertMany: (db, given) => db.events.upsertMany(given, { on: ['id'] }),
}
const PLACES = {
  alone: (db, call) => call(db),
  'in a transaction': (db, call) => db.transaction(call),
}

for (const [name, call] of Object.entries(CALLS)) {
  for (const [where, at] of Object.entries(PLACES)) {
    test(`${name}, ${where}: rows and their list are changed in the same turn, or meanwhile`, async t => {
      for (const count of [3, MANY]) {
        for (const later of [spoil => spoil(), spoil => setTimeout(spoil, 1)]) {
          const db = await place(t)
          const given = rows(count)
          const objects = given.slice()
          await at(db, on => {
            const done = call(on, given)
            later(() => {
              given.length = 0
              given.push({ id: 424_242 })
              objects.forEach(change)
            })
            return done
          })
          await isAsPassed(db, count)
        }
      }
    })
  }
}

test('upsertMany: the bytes that existing rows get are those that were passed', async t => {
  const db = await place(t)
  await db.events.createMany(rows(MANY))
  const raw = Buffer.from([3, 4])
  const done = db.events.upsertMany(rows(MANY), { on: ['id'], update: { raw } })
  raw.fill(9)
  await done
  const stored = await db.events.list({ select: ['raw'] })
  assert.ok(stored.every(row => Buffer.from(row.raw).equals(Buffer.from([3, 4]))))
})

test('rows of instances with getters are written by them, and a fault names its row', async t => {
  const db = await place(t)
  class Note {
    #text
    constructor(text) {
      this.#text = text
    }
    get text() {
      return this.#text
    }
  }
  await db.notes.createMany(Array.from({ length: MANY }, (_, i) => new Note(`note ${i}`)))
  assert.equal(await db.notes.count({ where: { text: { startsWith: 'note ' } } }), MANY)
  const faulty = rows(MANY)
  faulty[3000].data = { of: Number.NaN }
  await fails(() => db.events.createMany(faulty), { code: 'VALUE_INVALID', row: 3000, columns: ['data'] })
  faulty[3000] = { ...made(3000), stray: 1 }
  await fails(() => db.events.createMany(faulty), { code: 'UNKNOWN_COLUMN', row: 3000 })
  assert.equal(await db.events.count(), 0)
})
