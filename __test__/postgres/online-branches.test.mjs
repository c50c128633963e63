// Branches that meet while a revision is half done.
import assert from 'node:assert/strict'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { c, model, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { versions, workshop } from '../support/migrations.mjs'
import { after, before, nothingLeft, putOnline } from '../support/online.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'

const users = (more = {}) =>
  schema({
    teams: model('teams', { id: c.id(), name: c.text() }),
    users: model('users', {
      id: c.id(),
      email: c.text(),
      notes: c.text().nullable(),
      nick: c.text().nullable(),
      ...more,
    }),
  })

/** The models before, with a column of another branch; and the next ones after it. */
const branch = users()
const afterBranch = users({ slug: c.text().unique() })

const refusedRows = { code: 'ROWS_REFUSED', constraint: 'users_slug_key' }
const mend = ({ url }) => query(url, `UPDATE users SET email = 'mended', slug = 'mended' WHERE id = 3`)

/** A database of the release that runs, with two rows that will be alike. */
async function begun(t) {
  const shop = await workshop(t)
  await shop.write(before, 'first')
  await shop.upgrade()
  await query(shop.url, `INSERT INTO users (email) SELECT 'User ' || n FROM generate_series(1, 50) n`)
  await query(shop.url, `UPDATE users SET email = 'USER 8' WHERE id = 3`)
  return shop
}

test('an older branch that is merged half-way comes after the half-done revision', async t => {
  const shop = await begun(t)
  const [older] = (await shop.write(branch, 'older')).revisions
  const aside = join(shop.cwd, 'aside')
  cpSync(older.folder, aside, { recursive: true })
  rmSync(older.folder, { recursive: true })
  // A version is a second.
  await sleep(2000)
  const [second] = (await shop.write(after, 'second', { backfill: { 'users.slug': 'lower(email)' } })).revisions
  putOnline(second.folder)
  await fails(() => shop.upgrade('head', { online: true }), refusedRows)
  cpSync(aside, older.folder, { recursive: true })
  const { problems, pending, unfinished } = await shop.status()
  assert.deepEqual([problems, versions(pending)], [[], [older.version, second.version]])
  assert.deepEqual([unfinished.version, unfinished.steps], [second.version, 8])
  await mend(shop)
  const { applied } = await shop.upgrade()
  assert.deepEqual(versions(applied), [second.version, older.version])
  assert.deepEqual([applied[0].online, applied[1].online, applied[1].rendered], [true, undefined, true])
  await nothingLeft(shop.url)
  assert.ok(Object.values((await shop.status()).drift).every(number => number === 0))
})

test('one that it does not know any more, and that is applied, is named', async t => {
  const shop = await begun(t)
  const [older] = (await shop.write(branch, 'older')).revisions
  await shop.upgrade()
  const backfill = { 'users.slug': 'lower(email)' }
  const [second] = (await shop.write(afterBranch, 'second', { backfill })).revisions
  await fails(() => shop.upgrade('head', { online: true }), refusedRows)
  const file = join(second.folder, 'operations.json')
  const text = readFileSync(file, 'utf8')
  const record = JSON.parse(text)
  assert.deepEqual(record.after, [older.version])
  const [first] = shop.folders()
  writeFileSync(file, JSON.stringify({ ...record, after: [first.slice(0, 14)] }))
  const refused = {
    code: 'REVISION_UNFINISHED',
    message: new RegExp(
      `up\\.postgres\\.online\\.sql is not for a database with ${older.version}_older, which the revision does not know: the revision ${second.version} is half done`,
    ),
    hint: /^It knew them when it began: restore migrations\/\d+_second\/operations\.json from version control\. `plinth upgrade`/,
  }
  await fails(() => shop.upgrade(), refused)
  await fails(() => shop.downgrade(), refused)
  assert.equal((await shop.status()).unfinished.version, second.version)
  writeFileSync(file, text)
  await mend(shop)
  assert.deepEqual(versions((await shop.upgrade()).applied), [second.version])
  await nothingLeft(shop.url)
})
