// A hundred thousand calls at once: every promise tells the truth, memory stays where it was, and what waits is small.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newUrl } from '../support/dialect.mjs'
import { program } from '../support/engine.mjs'

const CALLS = 100_000
const CALLERS = 64

test('100,000 creates through 64 callers: none lost, none doubled, no lie, and less than 50 MB more memory', async t => {
  const { code, stdout, stderr } = await program(
    await newUrl(t),
    `(async () => {
      const db = open({ models, url })
      await initDb({ db })
      // One in a thousand says an email that is taken: that of the call before the last thousand.
      const email = i => 'user-' + (i % 1000 === 999 ? i - 999 : i) + '@example.com'
      const answers = new Int32Array(${CALLS})
      let violations = 0
      let lies = 0
      let next = 0
      const caller = async () => {
        while (next < ${CALLS}) {
          const i = next++
          // A call may be overtaken by a thousand others, on another connection: its email is taken once it is answered.
          while (i % 1000 === 999 && answers[i - 999] === 0) await new Promise(setImmediate)
          try {
            const row = await db.users.create({ email: email(i), name: i % 3 ? 'name ' + i : null })
            if (row.email !== email(i) || i % 1000 === 999) lies++
            answers[i] = row.id
          } catch (error) {
            if (error.code !== 'UNIQUE_VIOLATION' || error.columns.join() !== 'email' || i % 1000 !== 999) lies++
            answers[i] = -1
            violations++
          }
        }
      }
      // Warm: the size that V8 gives young objects under load, and what is compiled once, are not growth.
      for (let i = 0; i < 50; i++) await Promise.all(Array.from({ length: ${CALLERS} }, (_, k) => db.users.create({ email: 'warm ' + i + ' ' + k })))
      await db.users.deleteMany({ all: true })
      const rss = () => { gc(); return process.memoryUsage().rss }
      const before = rss()
      const began = performance.now()
      await Promise.all(Array.from({ length: ${CALLERS} }, caller))
      const seconds = (performance.now() - began) / 1000
      const grown = (rss() - before) / 1024 / 1024
      // Every answer against the table.
      let wrong = 0
      let rows = 0
      for (let after = 0; ; ) {
        const page = await db.users.list({ where: { id: { gt: after } }, orderBy: { id: 'asc' }, limit: 5000 })
        if (page.length === 0) break
        for (const row of page) {
          rows++
          const i = Number(row.email.slice(5, row.email.indexOf('@')))
          if (answers[i] !== row.id) wrong++
        }
        after = page[page.length - 1].id
      }
      await db.close()
      console.log(JSON.stringify({ violations, lies, wrong, rows, grown, seconds, unanswered: answers.filter(a => a === 0).length }))
    })()`,
    // V8 gives young objects what room it likes, and newer versions more: bounded, it leaves what is ours to be seen.
    { flags: ['--expose-gc', '--max-semi-space-size=8'], timeout: 280_000 },
  )
  assert.deepEqual([code, stderr], [0, ''])
  const { grown, seconds, ...counts } = JSON.parse(stdout)
  t.diagnostic(`${seconds.toFixed(1)} s, ${Math.round(CALLS / seconds)} creates a second, ${grown.toFixed(1)} MB more`)
  assert.deepEqual(counts, {
    violations: CALLS / 1000,
    lies: 0,
    wrong: 0,
    rows: CALLS - CALLS / 1000,
    unanswered: 0,
  })
  assert.ok(grown < 50, `memory grew by ${grown} MB`)
})

test('100,000 calls that wait hold at most 1 KB of heap each, and nothing of what their callers gave', async t => {
  const { code, stdout, stderr } = await program(
    await newUrl(t),
    `(async () => {
      const db = open({ models, url })
      await initDb({ db })
      // More than 1 KB, of which no call reads anything.
      const heavy = values => Object.defineProperty(values, 'ballast', { value: new Array(200) })
      const row = i => heavy({ email: 'user-' + i, name: null })
      const calls = {
        update: i => db.users.update(i + 1, heavy({ name: 'other' })),
        create: i => db.users.create(row(i)),
        upsert: i => db.users.upsert(row(i), { on: ['email'] }),
        createMany: i => db.users.createMany(heavy([row(i)])),
        upsertMany: i => db.users.upsertMany(heavy([row(i)]), { on: ['email'] }),
      }
      const heap = () => { gc(); return process.memoryUsage().heapUsed }
      const bytes = {}
      for (const [name, call] of Object.entries(calls)) {
        const before = heap()
        const waiting = Array.from({ length: ${CALLS} }, (_, i) => call(i))
        bytes[name] = Math.round((heap() - before) / waiting.length)
        await Promise.allSettled(waiting)
      }
      console.log(JSON.stringify(bytes))
      process.exit()
    })()`,
    { flags: ['--expose-gc'], timeout: 280_000 },
  )
  assert.deepEqual([code, stderr], [0, ''])
  for (const [name, each] of Object.entries(JSON.parse(stdout))) {
    t.diagnostic(`${name}: ${each} bytes`)
    assert.ok(each <= 1024, `${name} holds ${each} bytes`)
  }
})
