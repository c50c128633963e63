// Steps that keep what they destroy, killed at any moment or kept waiting: before or after, never between.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { c, kept, model, open, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { checkIntegrity } from '../support/dialect.mjs'
import { here } from '../support/differences.mjs'
import { start } from '../support/engine.mjs'
import { workshop } from '../support/migrations.mjs'
import { entryPath } from '../support/project.mjs'

/** How many processes are killed: PLINTH_TEST_KILLS=50 for a long run. */
const KILLS = Number(process.env.PLINTH_TEST_KILLS || 8)
const ROWS = 2000

const before = schema({ users: model('users', { id: c.id(), phone: c.text().nullable() }) })
const after = schema({ users: model('users', { id: c.id() }) })

const program = call => `
const plinth = require(${JSON.stringify(entryPath)})
console.log('begins')
plinth.${call}.then(
  report => console.log(JSON.stringify(report)),
  error => { console.error(error.code, error.message); process.exitCode = 2 },
)`

async function filled(t) {
  const shop = await workshop(t)
  await shop.write(before, 'first', { prove: false })
  await shop.write(after, 'second', { prove: false })
  await shop.upgrade('+1')
  const fill = () =>
    shop.using(before, db => db.users.createMany(Array.from({ length: ROWS }, (_, i) => ({ phone: `phone ${i}` }))))
  await fill()
  return { ...shop, fill }
}

/** Kills a process at a moment of its work, none at the first time: gives how long that took. */
async function killed(url, text, took) {
  const { child, ended, printed } = start(url, text)
  await printed('begins')
  const began = performance.now()
  if (took === undefined) {
    assert.equal((await ended).code, 0)
    return performance.now() - began
  }
  await new Promise(resolve => setTimeout(resolve, Math.random() * took * 1.1))
  child.kill('SIGKILL')
  await ended
}

const columns = db => db.sql`SELECT * FROM users LIMIT 1`.then(([row]) => Object.keys(row))

test(`an upgrade that keeps, killed ${KILLS} times: all is there, or all is kept`, async t => {
  const shop = await filled(t)
  const text = program(`upgrade({ url, keep: true, migrations: ${JSON.stringify(shop.migrations)} })`)
  const took = await killed(shop.url, text)
  const seen = { before: 0, after: 0 }
  let known = 1
  for (let kill = 0; kill < KILLS; kill++) {
    await shop.downgrade('-1', { keep: false })
    await killed(shop.url, text, took)
    const entries = (await kept({ url: shop.url })).kept
    await shop.using(after, async db => {
      const there = (await columns(db)).includes('phone')
      const last = entries.at(-1)
      assert.equal(last.number > known, !there, 'kept if and only if it is gone')
      assert.equal(last.rows, ROWS)
      known = last.number
      seen[there ? 'before' : 'after']++
      await checkIntegrity(db)
    })
    if ((await shop.status()).applied === 1) {
      const { applied } = await shop.upgrade('head', { keep: true })
      known = applied[0].kept[0].number
    }
  }
  t.diagnostic(`killed ${seen.before} times before the commit, ${seen.after} times after it`)
})

test(`a reset that keeps, killed ${KILLS} times: all is there, or all is kept`, async t => {
  const shop = await filled(t)
  const { cwd } = shop
  const models = `plinth.schema({ users: plinth.model('users', { id: plinth.c.id(), phone: plinth.c.text().nullable() }) })`
  const text = program(
    `resetDb({ url, cwd: ${JSON.stringify(cwd)}, models: ${models}, migrations: false, keep: true })`,
  )
  const took = await killed(shop.url, text)
  const copies = () => {
    const folder = dirname(decodeURIComponent(shop.url.replace(/^sqlite:\/\/\//, '')))
    return readdirSync(folder).filter(name => name.includes('.kept-') && name.endsWith('.db'))
  }
  for (let kill = 0; kill < KILLS; kill++) {
    await shop.fill()
    const known = here('resetKeepsInFile') ? copies() : (await kept({ url: shop.url })).kept
    await killed(shop.url, text, took)
    await shop.using(before, async db => {
      const rows = await db.users.count()
      if (rows > 0) return assert.equal(rows, ROWS)
      if (!here('resetKeepsInFile')) {
        const { kept: now } = await kept({ url: shop.url })
        assert.ok(now.at(-1).number > (known.at(-1)?.number ?? 0) && now.at(-1).rows === ROWS)
      } else {
        const fresh = copies().filter(name => !known.includes(name))
        assert.equal(fresh.length, 1)
      }
    })
    await shop.using(before, db => db.users.deleteMany({ all: true }))
  }
})

test('a table that another has locked: BUSY, and nothing is kept', { timeout: 60_000 }, async t => {
  const shop = await filled(t)
  const db = open({ url: shop.url, models: before })
  t.after(() => db.close())
  const tx = await db.session()
  await tx.users.update(1, { phone: 'held' })
  await fails(() => shop.upgrade('head', { keep: true, timeout: 1500 }), { code: 'BUSY', retryable: true })
  await tx.rollback()
  assert.deepEqual((await kept({ url: shop.url })).kept, [])
  assert.equal((await shop.upgrade('head', { keep: true })).applied[0].kept[0].rows, ROWS)
})
