// open({ isolation }): the level at which transactions, sessions, scopes and requests run on a server, and which wins.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, fetchScope, model, schema } from 'plinth'
import { database } from '../support/db.mjs'

const models = schema({ notes: model('notes', { id: c.id(), text: c.text() }) })
const LEVELS = ['read committed', 'repeatable read', 'serializable']

const levelOf = async on => (await on.sql`SHOW transaction_isolation`)[0].transaction_isolation

/** The level of each unit of work, by its options. */
const UNITS = {
  transaction: (db, options) => db.transaction(levelOf, options),
  'transaction with a savepoint': (db, options) => db.transaction(tx => tx.transaction(levelOf), options),
  'transaction of a view': (db, options) => db.with({ timeout: 10_000 }).transaction(levelOf, options),
  'blocking transaction': (db, options) =>
    db.sync.transaction(tx => tx.sql`SHOW transaction_isolation`[0].transaction_isolation, options),
  session: async (db, options) => {
    const session = db.session(options)
    try {
      return await levelOf(session)
    } finally {
      await session.close()
    }
  },
  scope: (db, options) => db.scope(levelOf, options),
  request: async (db, options) => {
    const handler = fetchScope(db, async () => new Response(await levelOf(db.current())), options)
    return (await handler(new Request('http://localhost/'))).text()
  },
}

for (const isolation of LEVELS) {
  test(`units of work are ${isolation} where open() asks for it, unless they name a level`, async t => {
    const db = await database(t, models, { isolation })
    for (const [name, level] of Object.entries(UNITS)) {
      assert.equal(await level(db), isolation, name)
      for (const own of LEVELS) assert.equal(await level(db, { isolation: own }), own, name)
    }
    // A call that stands alone has no level.
    assert.equal(await levelOf(db), 'read committed')
  })

  test(`a readOnly transaction is a snapshot where open() says ${isolation}`, async t => {
    const db = await database(t, models, { isolation })
    const level = await db.transaction(levelOf, { readOnly: true })
    assert.equal(level, isolation === 'serializable' ? 'serializable' : 'repeatable read')
    const own = await db.transaction(levelOf, { readOnly: true, isolation: 'read committed' })
    assert.equal(own, 'read committed')
  })
}

test('a session begins with its first read where open() says more than read committed', async t => {
  const db = await database(t, models, { isolation: 'repeatable read' })
  const session = db.session()
  assert.equal(await session.notes.count(), 0)
  await db.notes.create({ text: 'beside' })
  assert.equal(await session.notes.count(), 0, 'the snapshot of its first read')
  await session.commit()
  assert.equal(await session.notes.count(), 1)
  await session.close()
})

test('without it the level is that of the server', async t => {
  const db = await database(t, models)
  for (const [name, level] of Object.entries(UNITS)) assert.equal(await level(db), 'read committed', name)
})
