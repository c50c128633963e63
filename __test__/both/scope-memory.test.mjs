// The memory that a scope leaves behind: none, also if it was given up.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newUrl } from '../support/dialect.mjs'
import { program } from '../support/engine.mjs'
import { entryPath } from '../support/project.mjs'

test('the sessions of scopes that have ended are garbage, and so are those that were given up', async t => {
  const source = `(async () => {
    const { fetchScope } = require(ENTRY)
    const { setTimeout: sleep } = require('node:timers/promises')
    const db = open({ models, url })
    await initDb({ db })
    let collected = 0
    const garbage = new FinalizationRegistry(() => collected++)
    const use = async session => {
      garbage.register(session)
      await session.users.count()
    }
    const handle = fetchScope(db, async (_, session) => {
      await use(session)
      return { status: 200 }
    })
    const request = async given => {
      const stop = new AbortController()
      const answer = handle({ url: 'http://localhost/', method: 'GET', signal: stop.signal })
      if (given) stop.abort()
      await answer.catch(() => {})
    }
    for (let i = 0; i < 50; i++) await Promise.all([db.scope(use), request(false), request(true)])
    for (let i = 0; i < 100 && collected < 140; i++) {
      await sleep(10)
      gc()
    }
    console.log(collected >= 140)
    await db.close()
  })()`.replace('ENTRY', JSON.stringify(entryPath))
  const { code, stdout, stderr } = await program(await newUrl(t), source, { flags: ['--expose-gc'] })
  assert.deepEqual([code, stdout, stderr], [0, 'true\n', ''])
})
