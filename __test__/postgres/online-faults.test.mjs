// Half-done revisions on databases in which other things happened meanwhile: indexes left behind, sessions that still work, objects of others.
import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { protect } from 'plinth'
import { fails } from '../support/db.mjs'
import { holding } from '../support/lock-holders.mjs'
import { after, isAfter, isBefore, nothingLeft, place } from '../support/online.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'
import { plinth, write } from '../support/project.mjs'

const online = { online: true }
const CREATE = 'CREATE UNIQUE INDEX CONCURRENTLY users_slug_key ON users (slug)'

/** A place whose upgrade has stopped at the unique index, since two rows are alike. */
async function stopped(t) {
  const shop = await place(t, { rows: 50 })
  await query(shop.url, `UPDATE users SET email = 'USER 8' WHERE id = 3`)
  await fails(() => shop.upgrade('head', online), { code: 'ROWS_REFUSED', constraint: 'users_slug_key' })
  return shop
}

const mend = ({ url }) => query(url, `UPDATE users SET email = 'mended', slug = 'mended' WHERE id = 3`)

test('an invalid index that was left behind is made again', async t => {
  const shop = await stopped(t)
  await assert.rejects(query(shop.url, CREATE), { code: '23505' })
  assert.equal((await query(shop.url, 'SELECT FROM pg_index WHERE NOT indisvalid')).length, 1)
  await mend(shop)
  await shop.upgrade()
  await isAfter(shop)
})

test('an invalid index that was left behind goes with a revision that is taken back', async t => {
  const shop = await stopped(t)
  await assert.rejects(query(shop.url, CREATE), { code: '23505' })
  await shop.downgrade()
  await isBefore(shop)
})

test('an index that a session still makes is waited for, and counts as made', async t => {
  const shop = await stopped(t)
  await mend(shop)
  const { end } = await holding(t, shop.url, `UPDATE users SET notes = 'held' WHERE id = 9`)
  const maker = new pg.Client({ connectionString: shop.url })
  await maker.connect()
  t.after(() => maker.end())
  const [{ pid }] = (await maker.query('SELECT pg_backend_pid() AS pid')).rows
  const made = maker.query(CREATE)
  const isMaking = () => query(shop.url, `SELECT FROM pg_index WHERE indexrelid = to_regclass('users_slug_key')`)
  while ((await isMaking()).length === 0) await sleep(20)
  const before = await query(shop.url, `SELECT 'users_slug_key'::regclass::oid AS oid`)
  const waits = []
  const upgrading = shop.upgrade('head', { onWait: wait => waits.push(wait) })
  while (waits.length === 0) await sleep(20)
  assert.equal(waits[0].holder, `the session ${pid}, which makes the index users_slug_key`)
  await end()
  await Promise.all([made, upgrading])
  assert.deepEqual(await query(shop.url, `SELECT 'users_slug_key'::regclass::oid AS oid`), before)
  await isAfter(shop)
})

test('an index of others with the name of one that a step makes ends the step, and stays', async t => {
  const shop = await stopped(t)
  await query(shop.url, 'CREATE INDEX users_team_id_idx ON users (notes)')
  await mend(shop)
  const isTheirs = async () =>
    (await query(shop.url, `SELECT pg_get_indexdef('users_team_id_idx'::regclass) AS is`))[0].is.endsWith('(notes)')
  const error = await fails(() => shop.upgrade(), { code: 'REVISION_FAILED', constraint: 'users_team_id_idx' })
  assert.match(error.message, /^Step 5 of 8 .*The index users_team_id_idx of users exists already/)
  await shop.downgrade()
  assert.ok(await isTheirs())
  await query(shop.url, 'DROP INDEX users_team_id_idx')
  await isBefore(shop)
  await shop.upgrade('head', online)
  await isAfter(shop)
})

test('a batch has as many rows as it is to have, although keys have another order as texts', async t => {
  const shop = await place(t, { rows: 30_000 })
  const done = [0]
  const onProgress = ({ rows }) => rows === undefined || rows === done.at(-1) || done.push(rows)
  await shop.upgrade('head', { ...online, onProgress })
  const sizes = done.slice(1).map((rows, i) => rows - done[i])
  assert.equal(done.at(-1), 30_000)
  assert.ok(sizes.length > 3 && sizes[0] === 500, `${sizes}`)
  for (const [i, size] of sizes.slice(1).entries()) assert.ok(size <= 2 * sizes[i], `${sizes}`)
  await isAfter(shop)
})

test('objects that others add half-way stay, and a column of theirs ends neither way', async t => {
  for (const goesOn of [true, false]) {
    const shop = await stopped(t)
    await query(shop.url, 'CREATE INDEX others_idx ON users (notes)')
    await query(shop.url, 'ALTER TABLE users ADD others integer')
    await query(shop.url, `CREATE FUNCTION others() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`)
    await query(shop.url, 'CREATE TRIGGER others AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION others()')
    await mend(shop)
    await (goesOn ? shop.upgrade() : shop.downgrade())
    await nothingLeft(shop.url)
    const there = await query(
      shop.url,
      `SELECT to_regclass('others_idx') IS NOT NULL AND EXISTS (SELECT FROM pg_trigger WHERE tgname = 'others')
         AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'others') AS all`,
    )
    assert.deepEqual(there, [{ all: true }])
  }
})

test('a log without the column of the file gets it', async t => {
  const shop = await place(t, { rows: 10 })
  await query(shop.url, 'ALTER TABLE plinth_history DROP COLUMN script')
  assert.equal((await shop.history()).log.length, 1)
  await shop.upgrade('head', online)
  const { log } = await shop.history()
  assert.deepEqual(
    log.map(({ script }) => script),
    [undefined, 'up.postgres.online.sql'],
  )
})

test('a file that was edited after it ran is reported, and one that is gone is not', async t => {
  const shop = await place(t, { rows: 10 })
  await shop.upgrade('head', online)
  const whole = readFileSync(join(shop.folder, 'up.postgres.sql'), 'utf8')
  write(shop.folder, { 'up.postgres.sql': '-- another\n' })
  const problem = async () => (await shop.status()).problems.map(({ code, message }) => [code, message])
  // Other databases run it.
  const [[code, message]] = await problem()
  assert.equal(code, 'REVISION_EDITED')
  assert.match(message, /up\.postgres\.sql is not what was applied to this database/)
  write(shop.folder, { 'up.postgres.sql': whole })
  assert.deepEqual(await problem(), [])
  write(shop.folder, { 'up.postgres.online.sql': '-- another\n' })
  assert.match((await problem())[0][1], /up\.postgres\.online\.sql is not what was applied/)
  rmSync(join(shop.folder, 'up.postgres.online.sql'))
  assert.deepEqual(await problem(), [])
})

test('a protected database asks for its word before a half-done revision is taken back', async t => {
  const shop = await stopped(t)
  await protect({ url: shop.url, models: after, word: 'horse' })
  await fails(() => shop.downgrade(), { code: 'PROTECTED' })
  assert.equal((await shop.status()).unfinished.step, 3)
  await shop.downgrade('-1', { confirm: () => 'horse' })
  await isBefore(shop)
})

test('the command line runs in steps, and says how far a revision is', async t => {
  const shop = await place(t, { rows: 50 })
  const config = { models: './models.json', migrations: './migrations' }
  write(shop.cwd, { 'package.json': { name: 'app', private: true, plinth: config }, 'models.json': after.toJSON() })
  const run = (...args) => plinth(shop.cwd, [...args, '--url', shop.url])
  await query(shop.url, `UPDATE users SET email = 'USER 8' WHERE id = 3`)
  const refused = run('upgrade', '--online')
  assert.deepEqual([refused.code, refused.stdout], [2, ''])
  assert.match(refused.stderr, /Step 4 of 8 of .* 2 rows of users have the same users\.slug/)
  const half = run('status')
  assert.equal(half.code, 1)
  const ways = 'plinth upgrade goes on, plinth downgrade takes it back'
  assert.match(half.stdout, new RegExp(`half done +up of ${shop.version}, steps done: 3 of 8: ${ways}`))
  assert.match(run('history').stdout, /pending half done: its up/)
  assert.match(run('downgrade').stdout, new RegExp(`undone +${shop.version}_second`))
  await mend({ url: shop.url }).catch(() => query(shop.url, `UPDATE users SET email = 'mended' WHERE id = 3`))
  assert.match(run('init', '--online').stdout, new RegExp(`applied +${shop.version}_second \\(.*, in 8 steps\\)`))
  assert.match(run('downgrade', '--no-online').stdout, new RegExp(`reverted +${shop.version}_second \\([^,]*\\)`))
})
