// The health probe: it tells, within its time, and never throws.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, rmdirSync } from 'node:fs'
import { test } from 'node:test'
import { initDb, open, version } from '../index.js'
import { gate, models, newUrl, opened, PLACES, pathOf, tables } from './support/engine.mjs'

for (const place of PLACES) {
  test(`a ${place} that answers is ok`, async t => {
    const db = await tables(t, place)
    const { latencyMs, serverVersion, url, ...rest } = await db.health()
    assert.deepEqual(rest, { status: 'ok', version, dialect: 'sqlite' })
    assert.match(serverVersion, /^3\.\d+\.\d+$/)
    assert.ok(latencyMs >= 0)
    assert.match(url, place === 'file' ? /^sqlite:\/\/\/\// : /^sqlite::memory:$/)
  })
}

test('a database that cannot be opened is down with the reason, and ok when it can', async t => {
  const url = newUrl(t)
  mkdirSync(pathOf(url))
  const db = opened(t, url)
  const { status, serverVersion, error } = await db.health()
  assert.deepEqual([status, serverVersion], ['down', null])
  assert.match(error, /is a folder/)
  rmdirSync(pathOf(url))
  assert.match((await db.health()).error, /does not exist/)
  assert.equal(existsSync(pathOf(url)), false)
  await initDb({ db })
  assert.equal((await db.health()).status, 'ok')
})

test('without an answer in time it is down, and ok afterwards', async t => {
  const db = await tables(t, 'memory')
  const wait = gate()
  const holding = db.transaction(async tx => {
    await tx.users.create({ email: 'a' })
    await wait.passed
  })
  const { status, error } = await db.health({ timeoutMs: 20 })
  assert.deepEqual([status, error], ['down', 'No answer within 20 ms.'])
  wait.open()
  await holding
  assert.equal((await db.health({ timeoutMs: 1e12 })).status, 'ok')
})

test('whatever it is asked, it never throws', async t => {
  const db = await tables(t)
  for (const timeoutMs of [0, -1, Number.NaN, '10', {}, 10n, Symbol('s')]) {
    const { status, error } = await db.health({ timeoutMs })
    assert.deepEqual([status, typeof error], ['down', 'string'], String(timeoutMs))
    assert.match(error, /timeoutMs/)
  }
  for (const options of [
    undefined,
    null,
    {},
    { timeoutMs: undefined },
    { timeoutMs: null },
    { timeoutMs: Number.POSITIVE_INFINITY },
  ]) {
    assert.equal((await db.health(options)).status, 'ok')
  }
  const closed = open({ models, url: ':memory:' })
  await closed.close()
  assert.equal((await closed.health()).status, 'down')
})
