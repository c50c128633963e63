// Backups and restores that are killed at random moments: the old content exists, or the new one
// does; nothing between.
import assert from 'node:assert/strict'
import { existsSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { backup, open, restore } from 'plinth'
import { bare, digest, filled, held, heldBy, kept, others } from '../support/backup.mjs'
import { models, start } from '../support/engine.mjs'
import { entryPath, folder } from '../support/project.mjs'

/** How many of each are killed: PLINTH_TEST_KILLS=50 for a long run. */
const KILLS = Number(process.env.PLINTH_TEST_KILLS || 12)
const ROWS = 15_000

/** Runs a call in a process of its own, which says when it begins. */
const calling = (url, call) =>
  start(
    url,
    `const { backup, restore } = require(${JSON.stringify(entryPath)})
    console.log('begins')
    ${call}.then(() => console.log('ends'))`,
  )

/** The duration of an undisturbed call. */
async function duration(url, call) {
  const { ended, printed } = calling(url, call)
  await printed('begins')
  const began = performance.now()
  const { code, stderr } = await ended
  assert.deepEqual([code, stderr], [0, ''])
  return performance.now() - began
}

/** Kills the process of the call at a random moment; whether it had ended before. */
async function kill(url, call, took) {
  const { child, ended, printed } = calling(url, call)
  await printed('begins')
  await sleep(Math.random() * took)
  child.kill('SIGKILL')
  return (await ended).stdout.includes('ends')
}

test(`a backup that is killed ${KILLS} times is a whole file or none, and the next one is made`, async t => {
  const { url, path } = await filled(t, 'old', ROWS)
  const file = join(dirname(path), 'copy.db')
  const call = `backup({ models, url, file: ${JSON.stringify(file)} })`
  const took = await duration(url, call)
  let parts = 0
  for (let i = 0; i < KILLS; i++) {
    rmSync(file, { force: true })
    const done = await kill(url, call, took)
    if (existsSync(file)) assert.equal(await held(file), `old ${ROWS}`)
    else {
      assert.ok(!done)
      if (existsSync(`${file}.part`)) parts++
      await backup({ ...bare, url, file })
      assert.equal(await held(file), `old ${ROWS}`)
    }
    assert.deepEqual(others(path), ['copy.db'], 'what was left half-done is gone')
  }
  assert.equal(await held(path), `old ${ROWS}`)
  t.diagnostic(`killed ${parts} times while the file was written`)
})

test(`a restore that is killed ${KILLS} times has changed all or nothing, and the previous content is kept`, async t => {
  const source = await filled(t, 'new', ROWS)
  const file = join(folder(t), 'copy.db')
  await backup({ ...bare, url: source.url, file })
  const before = digest(file)
  const { url, path } = await filled(t, 'old', ROWS)
  const call = `restore({ models, url, file: ${JSON.stringify(file)} })`
  const took = await duration(url, call)
  const [old] = kept(path)
  const seen = {}
  for (let i = 0; i < KILLS; i++) {
    for (const name of kept(path)) if (name !== old) rmSync(name)
    await restore({ ...bare, url, file: old })
    for (const name of kept(path)) if (name !== old) rmSync(name)
    // Every other time another process has the database open: then the log is not read anew by the
    // next one.
    const db = i % 2 ? open({ models, url }) : undefined
    if (db) assert.equal(await heldBy(db), `old ${ROWS}`)
    const done = await kill(url, call, took)
    if (db) {
      const state = await heldBy(db)
      await db.users.create({ email: 'half' })
      await db.users.deleteMany({ where: { email: 'half' } })
      assert.equal((await db.health()).status, 'ok')
      await db.close()
      assert.equal(await held(path), state)
    }
    const state = await held(path)
    assert.ok([`old ${ROWS}`, `new ${ROWS}`].includes(state), state)
    if (done) assert.equal(state, `new ${ROWS}`)
    const made = kept(path).filter(name => name !== old)
    if (state.startsWith('new')) assert.equal(made.length, 1, 'the previous content is kept')
    for (const name of made) assert.equal(await held(name), `old ${ROWS}`)
    seen[state] = (seen[state] ?? 0) + 1
  }
  assert.equal(digest(file), before)
  await restore({ ...bare, url, file: old })
  assert.deepEqual(
    others(path).filter(name => name.includes('.part')),
    [],
    'what was left half-done is gone',
  )
  t.diagnostic(`then it held ${JSON.stringify(seen)}`)
})
