// Two branches that each bring a revision: reported, applied together if they can be, named if they
// cannot.
import assert from 'node:assert/strict'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { c, model, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { versions, workshop } from '../support/migrations.mjs'

const things = (columns = {}, others = {}) => schema({ things: model('things', { id: c.id(), ...columns }), ...others })
const text = () => c.text().nullable()

/** Two revisions, each written from the first without the other; the later one first. */
async function branched(t, ours, theirs) {
  const shop = await workshop(t)
  const [base] = (await shop.write(things(), 'base')).revisions
  const [one] = (await shop.write(ours, 'ours')).revisions
  const aside = join(shop.cwd, 'aside')
  cpSync(one.folder, aside, { recursive: true })
  rmSync(one.folder, { recursive: true })
  // A version is a second, and the one after a revision's where that is taken.
  await new Promise(resolve => setTimeout(resolve, 2000))
  const [two] = (await shop.write(theirs, 'theirs')).revisions
  return { shop, base, one, two, merge: () => cpSync(aside, one.folder, { recursive: true }) }
}

test('branches that do not meet are applied, out of order, and reported as such', async t => {
  const ours = things({ a: text() })
  const theirs = things({ b: text() })
  const both = things({ a: text(), b: text() })
  const { shop, base, one, two, merge } = await branched(t, ours, theirs)
  await shop.upgrade()
  await shop.using(theirs, db => db.things.create({ b: 'kept' }))
  merge()
  const status = await shop.status()
  assert.deepEqual(status.pending, [{ version: one.version, name: one.name, outOfOrder: true }])
  assert.equal(status.problems.length, 0)
  const check = await shop.check(both)
  assert.deepEqual([check.upToDate, check.operations, check.conflicts], [true, [], []])
  assert.deepEqual(check.outOfOrder.length > 0, true)
  const { applied } = await shop.upgrade()
  assert.deepEqual(versions(applied), [one.version])
  assert.deepEqual(await shop.using(both, db => db.things.list()), [{ id: 1, a: null, b: 'kept' }])
  // The next revision follows both, and a downgrade goes by what was applied last.
  assert.equal((await shop.write(both, 'nothing')).outcome, 'nothing')
  assert.deepEqual(versions((await shop.downgrade()).reverted), [one.version])
  assert.deepEqual(await shop.using(theirs, db => db.things.list()), [{ id: 1, b: 'kept' }])
  assert.deepEqual(versions((await shop.downgrade('base')).reverted), [two.version, base.version])
  // A database that had neither gets both, in the order of their versions.
  assert.deepEqual(versions((await shop.upgrade()).applied), [base.version, one.version, two.version])
})

test('a revision after a merge knows both', async t => {
  const both = things({ a: text(), b: text() })
  const { shop, one, two, merge } = await branched(t, things({ a: text() }), things({ b: text() }))
  merge()
  const [third] = (await shop.write(things({ a: text(), b: text(), d: text() }), 'after both')).revisions
  await shop.upgrade()
  const { revisions } = await shop.history()
  assert.deepEqual(revisions.at(-1).after.toSorted(), [one.version, two.version].toSorted())
  assert.equal(revisions.at(-1).version, third.version)
  assert.equal((await shop.check(both)).upToDate, false)
})

test('what meets is refused, with both revisions and the object, and nothing is applied', async t => {
  const { shop, one, two, merge } = await branched(t, things({ a: text() }), things({ a: c.integer().nullable() }))
  await shop.upgrade()
  merge()
  const before = await shop.history()
  const error = await fails(() => shop.upgrade(), { code: 'REVISION_CONFLICT' })
  for (const { version } of [one, two]) assert.ok(error.message.includes(version), error.message)
  assert.match(`${error.message} ${error.table} ${error.columns}`, /things.*\ba\b/)
  const check = await shop.check(things({ a: text() }))
  assert.equal(check.upToDate, false)
  assert.equal(check.conflicts.length, 1)
  assert.equal((await shop.status()).problems[0]?.code, 'REVISION_CONFLICT')
  assert.deepEqual((await shop.history()).log, before.log)
})
