// Whatever language the server speaks, errors are what they are. `npm test` runs all that is about PostgreSQL on a server that speaks German,
// where this machine has one.
import assert from 'node:assert/strict'
import pg from 'pg'
import { c, initDb, model, open, schema } from 'plinth'
import { everything, fails } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { databaseName, onServer, serverUrlFor } from '../support/dialect-postgres.mjs'
import { plain, workshop } from '../support/migrations.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'

test('in CI the server of the run speaks German', async t => {
  if (!process.env.CI) return t.skip('only CI promises one')
  await assert.rejects(onServer('SELECT * FROM nowhere'), /Relation »nowhere« existiert nicht/)
})

test('an upgrade that waits for a lock too long is BUSY, and worth another attempt', async t => {
  const shop = await workshop(t)
  await shop.write(plain('things'), 'first')
  await shop.upgrade()
  const more = schema({ things: model('things', { id: c.id(), text: c.text().nullable(), more: c.text().nullable() }) })
  await shop.write(more, 'second')
  const holder = new pg.Client({ connectionString: shop.url })
  await holder.connect()
  await holder.query('BEGIN; LOCK TABLE things')
  await fails(() => shop.upgrade('head', { timeout: 1000 }), { code: 'BUSY', retryable: true, message: /holds a lock/ })
  await holder.end()
  const { applied } = await shop.upgrade()
  assert.equal(applied.length, 1)
})

test('what a role may not do is PERMISSION_DENIED to init too', async t => {
  const url = await newUrl(t)
  const { name: role } = databaseName()
  await onServer(`CREATE ROLE ${role} LOGIN`)
  t.after(() => onServer(`DROP ROLE ${role}`))
  await query(url, 'REVOKE CREATE ON SCHEMA public FROM PUBLIC')
  const theirs = await serverUrlFor({ database: new URL(url).pathname.slice(1), user: role })
  await fails(() => initDb({ models: plain('things'), url: theirs }), { code: 'PERMISSION_DENIED' })
})

test('the wrong side of a foreign key is reported, also if a table points to itself', async t => {
  const models = schema({
    nodes: model('nodes', { id: c.id(), parentId: c.integer().nullable().references('nodes.id') }),
    leaves: model('leaves', { id: c.id(), nodeId: c.integer().references('nodes.id') }),
  })
  const url = await newUrl(t)
  await initDb({ models, url })
  const db = open({ models, url })
  t.after(() => db.close())
  const { id } = await db.nodes.create({})
  await db.nodes.create({ parentId: id })
  const code = 'FOREIGN_KEY_VIOLATION'
  await fails(() => db.nodes.create({ parentId: 99 }), {
    code,
    columns: ['parentId'],
    message: /references a row that does not exist/,
  })
  await fails(() => db.nodes.delete(id), { code, message: /still reference it/ })
  await fails(() => db.leaves.create({ nodeId: 99 }), {
    code,
    columns: ['nodeId'],
    message: /references a row that does not exist/,
  })
  await db.nodes.updateMany({ where: { parentId: id } }, { parentId: null })
  await db.leaves.create({ nodeId: id })
  await fails(() => db.nodes.delete(id), { code, message: /leaves still reference it/ })
})

test('no message repeats a value, in whatever order a language has its words', async t => {
  const url = await newUrl(t)
  const db = open({ models: plain('things'), url })
  t.after(() => db.close())
  const error = await fails(() => db.sql`SELECT ${'se:cret'}::text::int`, { code: 'VALUE_INVALID' })
  assert.ok(!everything(error).includes('cret'))
})
