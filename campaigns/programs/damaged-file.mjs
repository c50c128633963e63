// Every kind of call on a damaged database file: what each gives. Answers the result of each by its name.
import { initDb, open } from 'plinth'
import { answer } from '../support/children.mjs'
import { models } from '../support/damage.mjs'
import { faultOf } from '../support/ledger.mjs'

const CALLS = {
  integrity: async db => (await db.sql`SELECT integrity_check AS found FROM pragma_integrity_check`)[0].found,
  count: db => db.users.count(),
  list: async db => (await db.users.list({ orderBy: { id: 'asc' } })).map(({ email }) => email),
  get: async db => (await db.users.get(17))?.email,
  where: async db => (await db.users.list({ where: { name: { startsWith: 'name 1' } } })).length,
  blocking: async db => db.sync.users.count(),
  async stream(db) {
    let rows = 0
    for await (const _ of db.users.stream({ batch: 50 })) rows++
    return rows
  },
  health: async db => (await db.health()).status,
  create: async db => (await db.users.create({ email: 'new' })).email,
  transaction: db => db.transaction(tx => tx.users.create({ email: 'tx' })),
  updateMany: db => db.users.updateMany({ all: true }, { name: 'y' }),
  init: async db => typeof (await initDb({ db, migrations: false })),
  deleteMany: db => db.users.deleteMany({ all: true }),
  close: db => db.close(),
}

answer(async ({ url }) => {
  const db = open({ models, url })
  const results = {}
  for (const [name, call] of Object.entries(CALLS)) {
    try {
      results[name] = { value: await call(db) }
    } catch (error) {
      results[name] = { code: error.code, fault: faultOf(error) }
    }
  }
  await db.close().catch(() => {})
  return results
})
