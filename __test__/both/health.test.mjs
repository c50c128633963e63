// The health probe: it tells, within its time, and never throws.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { open, version } from '../../index.js'
import { dialect, newUrl, PLACES } from '../support/dialect.mjs'
import { models, tables } from '../support/engine.mjs'

for (const place of PLACES) {
  test(`a ${place} that answers is ok`, async t => {
    const db = await tables(t, place)
    const { latencyMs, serverVersion, url, ...rest } = await db.health()
    assert.deepEqual(rest, { status: 'ok', version, dialect })
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
  const closed = open({ models, url: await newUrl(t) })
  await closed.close()
  assert.equal((await closed.health()).status, 'down')
})
