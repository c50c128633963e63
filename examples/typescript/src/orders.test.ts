// Orders on a database in memory, made from the models.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Db, initDb, open } from 'plinth'
import models, { type Models } from './models.js'
import { cancel, OutOfStock, place, receipt } from './orders.js'

/** A shop that sells tea and cups; it is gone when the test ends. */
async function shop(t: TestContext): Promise<Db<Models>> {
  const db = open({ models, url: 'sqlite::memory:' })
  t.after(() => db.close())
  await initDb({ db, migrations: false })
  await db.products.createMany([
    { name: 'tea', price: '4.50', stock: 10 },
    { name: 'cup', price: '12.00', stock: 1 },
  ])
  return db
}

const stock = async (db: Db<Models>, name: string) => (await db.products.find({ where: { name } }))?.stock

test('an order takes products from the stock, and keeps the price', async t => {
  const db = await shop(t)
  const order = await place(db, 'Ada@example.com', [
    { product: 'tea', quantity: 2 },
    { product: 'cup', quantity: 1 },
  ])
  assert.equal(order.email, 'ada@example.com')
  await db.products.updateMany({ where: { name: 'tea' } }, { price: '5.00' })
  assert.deepEqual(await receipt(db, order.id), ['2 x tea at 4.50', '1 x cup at 12.00'])
  assert.equal(await stock(db, 'tea'), 8)
})

test('an order that cannot be filled leaves nothing behind', async t => {
  const db = await shop(t)
  const wishes = [
    { product: 'tea', quantity: 2 },
    { product: 'cup', quantity: 2 },
  ]
  await assert.rejects(place(db, 'ada@example.com', wishes), OutOfStock)
  assert.equal(await stock(db, 'tea'), 10)
  assert.equal(await db.orders.count(), 0)
})

test('a cancelled order gives its products back, once', async t => {
  const db = await shop(t)
  const { id } = await place(db, 'ada@example.com', [{ product: 'tea', quantity: 3 }])
  assert.deepEqual([await cancel(db, id), await cancel(db, id)], [true, false])
  assert.equal(await stock(db, 'tea'), 10)
})

test('what the models do not allow does not compile', async t => {
  const db = await shop(t)
  // @ts-expect-error a decimal is a text: a number would lose digits
  await assert.rejects(db.products.create({ name: 'pot', price: 20 }), { code: 'VALUE_INVALID' })
  // @ts-expect-error there is no such status
  await assert.rejects(db.orders.list({ where: { status: 'lost' } }), { code: 'VALUE_INVALID' })
})
