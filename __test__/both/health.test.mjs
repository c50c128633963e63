// The health probe: it tells, within its time, and never throws.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { initDb, open, revision, upgrade, version } from 'plinth'
import { dialect, exists, newUrl, noDatabase, PLACES } from '../support/dialect.mjs'
import { models, tables } from '../support/engine.mjs'
import { decisions, first, second } from '../support/migrations.mjs'
import { project, write } from '../support/project.mjs'

for (const place of PLACES) {
  test(`a ${place} that answers is ok`, async t => {
    const db = await tables(t, place)
    const { latencyMs, serverVersion, url, ...rest } = await db.health()
    assert.deepEqual(rest, {
      status: 'ok',
      version,
      dialect,
      prepare: dialect === 'postgres' ? true : null,
      pool: dialect === 'postgres' ? { size: 10, used: 0, waiting: 0 } : null,
      revision: null,
      pending: null,
      unfinished: null,
    })
    assert.match(serverVersion, /^\d+\.\d+/)
    assert.ok(latencyMs >= 0)
    assert.match(
      url,
      { file: /^sqlite:\/\/\/\//, memory: /^sqlite::memory:$/, server: /^postgresql:\/\/plinth@/ }[place],
    )
  })
}

test('whatever it is asked, it never throws', async t => {
  const db = await tables(t)
  for (const timeoutMs of [0, -1, Number.NaN, '10', {}, 10n, Symbol('s')]) {
    const { status, error, code, revision, pending } = await db.health({ timeoutMs })
    assert.deepEqual([status, code, revision, pending], ['down', 'QUERY_INVALID', null, null], String(timeoutMs))
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
  const closed = open({ models, url: await newUrl(t) })
  await closed.close()
  const { status, code } = await closed.health()
  assert.deepEqual([status, code], ['down', 'CLOSED'])
})

test('it names the newest revision, and those that are pending', async t => {
  const cwd = project(t, { 'package.json': { plinth: { models: './models.json' } }, 'models.json': first.toJSON() })
  const url = await newUrl(t)
  const db = open({ cwd, url })
  t.after(() => db.close())
  const seen = async () => {
    const { status, revision, pending } = await db.health()
    assert.equal(status, 'ok')
    return [revision, pending]
  }
  await db.sql`SELECT 1`
  assert.deepEqual(await seen(), [null, []], 'no folder yet')
  const wrote = async (models, message, more) => {
    const { revisions } = await revision({ cwd, models, message, dialects: [dialect], ...more })
    return revisions[0]
  }
  const one = await wrote(first, 'first')
  const two = await wrote(second, 'second', decisions)
  const names = [one, two].map(({ version, name }) => `${version}_${name}`)
  // What is no revision is left alone.
  write(join(cwd, 'migrations'), { 'README.md': '', '0001_other.sql': '' })
  mkdirSync(join(cwd, 'migrations/.plinth-unfinished'))
  assert.deepEqual(await seen(), [null, names])
  await upgrade({ cwd, url, to: '+1' })
  assert.deepEqual(await seen(), [one.version, names.slice(1)])
  await db.transaction(async tx => {
    await tx.users.create({ email: 'a' })
    await tx.users.delete(1)
    assert.deepEqual(await seen(), [one.version, names.slice(1)])
  })
  await upgrade({ cwd, url })
  assert.deepEqual(await seen(), [two.version, []])
  // A process without the folder still knows the applied revisions.
  const other = open({ models: second, url })
  t.after(() => other.close())
  const { revision: applied, pending } = await other.health()
  assert.deepEqual([applied, pending], [two.version, null])
  // A configuration that breaks later is not for a probe to say.
  write(cwd, { 'package.json': '{' })
  assert.deepEqual(await seen(), [two.version, []])
})

test('a database that does not exist is down, and is not created', async t => {
  const url = await noDatabase(t)
  const db = open({ models, url })
  t.after(() => db.close())
  const { status, revision, pending, code } = await db.health()
  assert.deepEqual([status, revision, pending], ['down', null, null])
  assert.match(code, /^(CANNOT_OPEN|UNKNOWN_DATABASE)$/)
  assert.equal(await exists(url), false)
  await initDb({ db })
  assert.equal((await db.health()).status, 'ok')
})
