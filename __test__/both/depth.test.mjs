// Depth: JSON that nests deeply, as a value and as a default, and foreign-key actions through many levels of rows.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, model, schema } from 'plinth'
import { database, fails } from '../support/db.mjs'
import { dialect } from '../support/dialect.mjs'
import { workshop } from '../support/migrations.mjs'

const nested = levels => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
const settings = data => schema({ settings: model('settings', { id: c.id(), ...(data && { data }) }) })

test('JSON of 500 levels is a value and a default, in a database and in a revision', async t => {
  const deep = nested(500)
  const models = settings(c.json().default(deep))
  const db = await database(t, models)
  assert.deepEqual(await db.settings.create({}), { id: 1, data: deep })
  assert.deepEqual(await db.settings.create({ data: deep }), { id: 2, data: deep })
  assert.equal(await db.settings.count({ where: { data: { eq: deep } } }), 2)

  const shop = await workshop(t)
  await shop.write(settings(), 'first')
  await shop.upgrade()
  await shop.using(settings(), db => db.settings.create({}))
  await shop.write(models, 'second')
  await shop.upgrade()
  await shop.using(models, async db => assert.deepEqual(await db.settings.get(1), { id: 1, data: deep }))
  // The third revision reads what the second has recorded.
  assert.deepEqual((await shop.status()).problems, [])
  await shop.downgrade('-1', { keep: false })
})

test('JSON of 513 levels is refused where it is declared and where it is written', async t => {
  const message = /JSON of at most 512 levels/
  assert.throws(() => settings(c.json().default(nested(513))), { code: 'SCHEMA_INVALID', message })
  const db = await database(t, settings(c.json()))
  await fails(() => db.settings.create({ data: nested(513) }), { code: 'VALUE_INVALID', columns: ['data'], message })
})

test('a deletion goes through many levels of a table that references itself', async t => {
  const models = schema({
    nodes: model('nodes', {
      id: c.id(),
      aboveId: c.integer().nullable().references('nodes.id', { onDelete: 'cascade' }),
    }),
  })
  const db = await database(t, models)
  const chain = length => Array.from({ length }, (_, i) => ({ id: i + 1, aboveId: i || null }))
  await db.nodes.createMany(chain(1500))
  await db.nodes.delete(1)
  assert.equal(await db.nodes.count(), 0)
  // PostgreSQL's limit is the stack of its server, which its administrator sets.
  if (dialect === 'postgres') return
  await db.nodes.createMany(chain(6000))
  await fails(() => db.nodes.delete(1), { code: 'SQL_FAILED', message: /more than 5,000 levels of rows/ })
  assert.equal(await db.nodes.count(), 6000)
})
