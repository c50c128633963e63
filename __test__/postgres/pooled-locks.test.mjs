// Upgrades, repairs and kept rows behind a pooler that gives each transaction another connection.
import assert from 'node:assert/strict'
import {
  c,
  downgrade,
  drift,
  dropKept,
  initDb,
  kept,
  model,
  open,
  repair,
  resetDb,
  restoreKept,
  schema,
  upgrade,
} from 'plinth'
import { raw } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { workshop } from '../support/migrations.mjs'
import { before, isAfter, isBefore, place, STEPS } from '../support/online.mjs'
import { needed, pooled } from '../support/pgbouncer.mjs'
import { test } from '../support/postgres-test.mjs'

const models = schema({ users: model('users', { id: c.id(), name: c.text().nullable() }) })

/** The locks that stay in sessions which the pooler keeps. */
const locks = db =>
  raw(
    db,
    `SELECT 1 FROM pg_locks WHERE locktype = 'advisory'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  )

test('upgrades behind a pooler leave no lock in its sessions, which would keep all others out', needed, async t => {
  const shop = await workshop(t)
  const more = schema({ users: model('users', { id: c.id(), name: c.text().nullable(), phone: c.text().nullable() }) })
  await shop.write(models, 'first', { prove: false })
  await shop.write(more, 'second', { prove: false })
  await shop.upgrade('+1')
  const url = (await pooled(t, shop.url))({ prepare: 'false' })
  const [db, others] = [shop.open(models), open({ models, url })]
  t.after(() => others.close())
  let going = true
  const caller = async () => {
    while (going) await others.users.count()
  }
  const callers = Array.from({ length: 4 }, caller)
  try {
    for (let n = 0; n < 6; n++) {
      const options = { migrations: shop.migrations, cwd: shop.cwd, url }
      await upgrade(options)
      await downgrade({ ...options, to: '-1' })
      assert.deepEqual(await locks(db), [])
    }
  } finally {
    going = false
    await Promise.all(callers)
  }
})

test('a revision goes up and back in steps behind a pooler, beside other callers', needed, async t => {
  const shop = await place(t, { rows: 5000 })
  const url = (await pooled(t, shop.url))({ prepare: 'false' })
  const others = open({ models: before, url })
  t.after(() => others.close())
  let going = true
  const caller = async () => {
    for (let id = 1; going; id = (id % 5000) + 1) await others.users.update(id, { notes: `${id}` })
  }
  const callers = Array.from({ length: 4 }, caller)
  const options = { migrations: shop.migrations, cwd: shop.cwd, url, online: true }
  try {
    for (let n = 0; n < 3; n++) {
      const { applied } = await upgrade(options)
      assert.equal(applied[0].steps, STEPS.up)
      await isAfter(shop)
      await downgrade(options)
      await isBefore(shop)
    }
  } finally {
    going = false
    await Promise.all(callers)
  }
})

test('a repair that keeps, its list and a restore work behind a pooler, beside other callers', needed, async t => {
  const direct = await newUrl(t)
  const url = (await pooled(t, direct))({ prepare: 'false' })
  await initDb({ models, url: direct })
  const db = open({ models, url: direct })
  const others = open({ models, url })
  t.after(() => Promise.all([db.close(), others.close()]))
  await db.users.createMany([{ name: 'a' }, { name: 'b' }])
  let going = true
  const caller = async () => {
    while (going) await others.users.count()
  }
  const callers = Array.from({ length: 3 }, caller)
  try {
    for (let n = 1; n <= 3; n++) {
      await raw(db, 'ALTER TABLE users ADD phone text')
      await raw(db, `UPDATE users SET phone = name || '${n}'`)
      const { outcome, kept: made } = await repair({ models, url, destructive: true, keep: true })
      assert.deepEqual([outcome, made[0].rows], ['repaired', 2])
      const { number } = made[0]
      assert.deepEqual(
        (await kept({ url })).kept.map(entry => entry.number),
        [number],
      )
      assert.equal((await restoreKept({ url, number })).rows, 2)
      assert.deepEqual(await raw(db, 'SELECT phone FROM users ORDER BY id'), [{ phone: `a${n}` }, { phone: `b${n}` }])
      await dropKept({ url, number })
      await raw(db, 'ALTER TABLE users DROP phone')
    }
    assert.deepEqual((await drift({ models, url })).differences, [])
    assert.equal((await resetDb({ models, url, keep: true })).kept[0].rows, 2)
  } finally {
    going = false
    await Promise.all(callers)
  }
  const [{ path }] = await raw(others, `SELECT current_setting('search_path') AS path`)
  assert.match(path, /public/)
  assert.deepEqual(await locks(db), [])
})
