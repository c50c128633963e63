// A property of a column that changes what filters and keys mean is added to a table with rows: the rows have to follow it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, model, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { workshop } from '../support/migrations.mjs'

const users = email => schema({ users: model('users', { id: c.id(), email }) })

test('an address written before .lowercase() is found, and is not given away a second time', async t => {
  const shop = await workshop(t)
  const [before, after] = [users(c.text().unique()), users(c.text().lowercase().unique())]
  await shop.write(before, 'first')
  await shop.upgrade()
  await shop.using(before, db => db.users.create({ email: 'Ada@Example.com' }))
  await shop.write(after, 'lower')
  await shop.upgrade()
  await shop.using(after, async db => {
    assert.equal(await db.users.count({ where: { email: 'Ada@Example.com' } }), 1)
    await fails(() => db.users.create({ email: 'ADA@example.com' }), { code: 'UNIQUE_VIOLATION' })
  })
})
