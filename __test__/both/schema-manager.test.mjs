// SchemaManager: a database that is created, checked and closed through one object.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { open, SchemaManager } from 'plinth'
import { fails } from '../support/db.mjs'
import { newUrl, PLACES, shown } from '../support/dialect.mjs'
import { models } from '../support/engine.mjs'
import { first, workshop } from '../support/migrations.mjs'

for (const place of PLACES) {
  test(`a ${place} is created once, and checked`, async t => {
    const url = await newUrl(t, place)
    const seed = { one: tx => tx.users.create({ email: 'a' }) }
    const manager = new SchemaManager({ models, url, seed })
    const made = await manager.initializeDatabase()
    assert.deepEqual([made.url, made.created.tables, made.seeded], [shown(url), ['users', 'posts'], ['one']])
    assert.deepEqual((await manager.initializeDatabase()).created.tables, [])
    assert.deepEqual((await manager.validateSchema()).differences, [])
    if (place !== 'memory') {
      const db = open({ models, url })
      await db.sql`ALTER TABLE users ADD COLUMN stray integer`
      await db.close()
      const { differences } = await manager.validateSchema()
      assert.deepEqual(
        differences.map(({ table, name }) => [table, name]),
        [['users', 'stray']],
      )
      assert.equal((await manager.fixSchema()).outcome, 'nothing')
      const { repaired, remaining } = await manager.fixSchema({ destructive: true })
      assert.deepEqual([repaired.map(({ name }) => name), remaining], [['stray'], []])
    }
    await manager.close()
    await manager.close()
    await fails(() => manager.initializeDatabase(), { code: 'CLOSED' })
    await fails(() => manager.validateSchema(), { code: 'CLOSED' })
    await fails(() => manager.fixSchema(), { code: 'CLOSED' })
  })
}

test('it applies the revisions of its folder', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  const manager = new SchemaManager({ models: first, url: shop.url, migrations: shop.migrations })
  t.after(() => manager.close())
  assert.equal((await manager.initializeDatabase()).migrated.length, 1)
  const { against, differences } = await manager.validateSchema()
  assert.deepEqual([against, differences], ['revisions', []])
})
