// Work for the time after a scope that failed or was given up: its calls are refused as long as it runs.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { fetchScope } from 'plinth'
import { fails } from '../support/db.mjs'
import { emails, gate, tables } from '../support/engine.mjs'
import { idle } from '../support/http.mjs'

test('work that outlives its function is refused after a commit that failed, though no other scope is open', async t => {
  const db = await tables(t)
  const wait = gate()
  let late
  const lost = db.scope(async session => {
    await session.users.create({ email: 'a' })
    await session.close()
    db.afterScope(() => {
      late = wait.passed.then(() => fails(() => db.users.create({ email: 'too late' }), { code: 'SESSION_ENDED' }))
    })
  })
  await fails(() => lost, { code: 'SESSION_ENDED' })
  await idle(db)
  await sleep(10)
  wait.open()
  await late
  assert.deepEqual(await emails(db), [])
})

test('work that begins after its scope was given up is refused, though no other scope is open', async t => {
  const db = await tables(t)
  const stop = new AbortController()
  const refused = { code: 'ABORTED', message: /client disconnected/ }
  const handle = fetchScope(db, async (_, session) => {
    await session.users.create({ email: 'a' })
    stop.abort()
    await idle(db)
    await turn()
    await fails(() => db.afterScope(() => db.users.create({ email: 'too late' })), refused)
    return new Response()
  })
  await handle(new Request('http://localhost/', { signal: stop.signal }))
  assert.deepEqual(await emails(db), [])
})
