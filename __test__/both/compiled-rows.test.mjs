// The functions that read rows: V8 compiles them once they are used often, and keeps what it compiled.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newUrl } from '../support/dialect.mjs'
import { program } from '../support/engine.mjs'

const LISTS = 6000

/** How often V8 gave up compiled code while lists were read whose real numbers are whole in 1 of 100 rows. */
async function givenUp(t, list) {
  const { code, stdout, stderr } = await program(
    await newUrl(t),
    `const reals = schema({ things: model('things', { id: c.id(), score: c.real(), other: c.real().nullable() }) })
    const main = async () => {
      const db = open({ models: reals, url })
      await initDb({ db })
      const rows = Array.from({ length: 500 }, (_, i) => ({ score: i % 100 === 99 ? i : i + 0.25, other: i % 3 ? i + 0.5 : null }))
      await db.things.createMany(rows)
      let read = 0
      for (let i = 0; i < ${LISTS}; i++) read += (await ${list}).length
      console.log('rows: ' + read)
      await db.close()
    }
    main()`,
    { flags: ['--trace-deopt'], timeout: 120_000 },
  )
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, new RegExp(`^rows: ${LISTS * 100}$`, 'm'))
  return stdout.split('\n').filter(line => /\bbailout\b/.test(line)).length
}

for (const [name, list] of Object.entries({
  'rows of a model': 'db.things.list({ where: { id: { gt: i % 400 } }, orderBy: { id: "asc" }, limit: 100 })',
  'rows of raw SQL': `db.sql\`SELECT * FROM things WHERE id > \${i % 400} ORDER BY id LIMIT 100\``,
}))
  test(`${name} with real numbers of which few are whole are read by code that stays compiled`, async t => {
    const times = await givenUp(t, list)
    t.diagnostic(`given up ${times} times`)
    assert.ok(times < 30, `given up ${times} times`)
  })
