// One database for a file of tests: each test has a session that is never committed. Quicker where the tables or the rows to begin with are many.
import assert from 'node:assert/strict'
import { after, afterEach, beforeEach, test } from 'node:test'
import { transfer } from './accounts.js'
import { database } from './database.js'

const db = await database({ after })
const rows = await db.accounts.createMany([{ owner: 'ada', balance: 10 }, { owner: 'bob' }])
const ids = rows.map(({ id }) => id)
let session

beforeEach(() => {
  session = db.session()
})
afterEach(() => session.close()) // rolls back

for (const amount of [4, 6])
  test(`a transfer of ${amount} begins with the same rows`, async () => {
    await transfer(session, ...ids, amount)
    assert.equal((await session.accounts.get(ids[0])).balance, 10 - amount)
    assert.equal(await session.transfers.count(), 1)
  })
