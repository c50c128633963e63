// A call that succeeds and ran nothing: a class or a generator where a function is called.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, fetchScope, initDb, model, open, schema, upgrade } from 'plinth'
import { database, fails } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { folder } from '../support/project.mjs'

const notes = () => model('notes', { id: c.id(), text: c.text() })
const models = schema({ notes: notes() })

function* generator() {}
async function* asyncGenerator() {}
const FUNCTIONS = [
  [class {}, 'a class'],
  [class Work extends Map {}, 'a class'],
  [generator, 'a generator function'],
  [generator.bind(null), 'a generator function'],
  [asyncGenerator, 'a generator function'],
]

test('a class and a generator are refused wherever a function is called', async t => {
  const db = await database(t, models)
  const url = await newUrl(t)
  for (const [work, what] of FUNCTIONS) {
    const refused = { code: 'QUERY_INVALID', message: new RegExp(`found ${what}`) }
    await fails(() => db.transaction(work), refused)
    await fails(() => db.transaction(tx => tx.transaction(work)), refused)
    await fails(() => db.sync.transaction(work), refused)
    await fails(() => db.scope(work), refused)
    await fails(() => fetchScope(db, work), refused)
    await fails(() => fetchScope(db, () => {}, { commit: work }), refused)
    await fails(() => db.notes.createMany([{ text: 'a' }], { onProgress: work }), refused)
    await fails(() => open({ models, url, log: work }), { code: 'QUERY_INVALID' })
    await fails(() => open({ models, url, log: { to: work } }), refused)
    await fails(() => upgrade({ url, migrations: folder(t), onProgress: work }), refused)
    const invalid = { message: new RegExp(`found ${what}`) }
    await fails(() => initDb({ db, seed: { first: work } }), { code: 'CONFIG_INVALID', ...invalid })
    await fails(() => schema({ notes: notes() }, { notes: work }), { code: 'SCHEMA_INVALID', ...invalid })
    await fails(() => model('notes', { id: c.id() }, work), { code: 'SCHEMA_INVALID', ...invalid })
  }
  assert.equal(await db.notes.count(), 0)
})

test('other functions are called: bound, async, methods and old constructors', async t => {
  const db = await database(t, models)
  const work = {
    async method(tx) {
      return tx.notes.count()
    },
  }
  function OldClass(tx) {
    return tx.notes.count()
  }
  const frozen = Object.freeze(tx => tx.notes.count())
  for (const run of [frozen, work.method, work.method.bind(work), OldClass, tx => tx.notes.count()]) {
    assert.equal(await db.transaction(run), 0)
  }
})
