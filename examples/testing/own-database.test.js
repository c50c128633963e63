// A database for each test: nothing has to be undone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { transfer } from './accounts.js'
import { database } from './database.js'

const balances = async db =>
  (await db.accounts.list({ orderBy: { owner: 'asc' } })).map(({ owner, balance }) => `${owner} ${balance}`)

test('a transfer moves an amount', async t => {
  const db = await database(t)
  const [ada, bob] = await db.accounts.createMany([{ owner: 'ada', balance: 10 }, { owner: 'bob' }])
  await transfer(db, ada.id, bob.id, 4)
  assert.deepEqual(await balances(db), ['ada 6', 'bob 4'])
})

test('a transfer of too much leaves nothing behind', async t => {
  const db = await database(t)
  const [ada, bob] = await db.accounts.createMany([{ owner: 'ada', balance: 10 }, { owner: 'bob' }])
  await assert.rejects(transfer(db, ada.id, bob.id, 11), { code: 'CHECK_VIOLATION' })
  assert.deepEqual(await balances(db), ['ada 10', 'bob 0'])
  assert.equal(await db.transfers.count(), 0)
})

test('transfers at the same time lose nothing', async t => {
  const db = await database(t, { file: true })
  const [ada, bob] = await db.accounts.createMany([
    { owner: 'ada', balance: 10 },
    { owner: 'bob', balance: 10 },
  ])
  await Promise.all([1, 2, 3].flatMap(n => [transfer(db, ada.id, bob.id, n), transfer(db, bob.id, ada.id, n)]))
  assert.deepEqual(await balances(db), ['ada 10', 'bob 10'])
  assert.equal(await db.transfers.count(), 6)
})
