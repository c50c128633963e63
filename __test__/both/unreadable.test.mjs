// What is stored and is not of its column's kind: no read and no answer of a write gives it, shows it, or fails in another way.
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { damage, damaged, damages, mend, SECRET, shown } from '../support/damaged.mjs'
import { everything, fails, ids, raw } from '../support/db.mjs'
import { dialect } from '../support/dialect.mjs'
import { here } from '../support/differences.mjs'

const byId = { orderBy: { id: 'asc' } }

/** The error of a call for a column of the item 2, which shows nothing of what is stored. */
async function unreadable(call, column, fields = {}) {
  const error = await fails(call, {
    code: 'VALUE_UNREADABLE',
    model: 'items',
    table: 'things',
    columns: [column],
    key: 2,
    retryable: false,
    message: new RegExp(`items\\.${column} .* 2\\b`),
    ...fields,
  })
  assert.ok(!everything(error).includes(SECRET), everything(error))
  assert.equal(error.cause, undefined)
  return error
}

async function all(stream) {
  const rows = []
  for await (const row of stream) rows.push(row)
  return rows
}

/** Runs `work` and gives all events of its statements, as text. */
async function told(work) {
  const events = []
  // The test itself writes the damage as SQL.
  const hear = event => event.sql.startsWith('UPDATE things SET "') || events.push(inspect(event, { depth: null }))
  subscribe('plinth:statement', hear)
  try {
    await work()
  } finally {
    unsubscribe('plinth:statement', hear)
  }
  assert.ok(events.length > 0)
  return events.join('\n')
}

for (const prepare of dialect === 'postgres' ? ['', '?prepare=false'] : [''])
  test(`every read of a damaged value of every kind reports it, and shows nothing of it ${prepare}`, async t => {
    const lines = []
    const { db, again } = await damaged(t)
    const reader = again(prepare, { log: { values: true, to: event => lines.push(event) } })
    const events = await told(async () => {
      for (const column of shown)
        for (const value of damages[column].slice(1)) {
          await damage(db, 2, column, value)
          for (const read of [
            on => on.items.list(byId),
            on => on.items.get(2),
            on => on.items.get(2, { select: ['id', column] }),
            on => on.items.find({ where: { slot: 2 } }),
            on => on.items.list({ select: ['id', column], include: { on: true } }),
            on => on.items.page({ ...byId, limit: 2 }),
            on => on.shelves.list({ include: { items: byId } }),
            on => on.shelves.get(1, { include: { items: { limit: 5 } } }),
            on => on.items.update(2, {}),
          ]) {
            const at = `${column} ${value} ${read}`
            await unreadable(() => read(reader), column).catch(error => assert.fail(`${at}: ${error.stack}`))
            await unreadable(() => read(reader.sync), column)
          }
          for (const on of [reader, reader.sync])
            for (const query of [byId, { ...byId, batch: 1 }, { ...byId, batch: 2, include: { on: true } }]) {
              const seen = []
              const read = async () => {
                for await (const { id } of on.items.stream(query)) seen.push(id)
              }
              await unreadable(read, column)
              assert.deepEqual(seen, [1], 'the rows before it are given')
            }
          await reader.transaction(async tx => {
            await unreadable(() => tx.items.list(), column)
            await unreadable(() => all(tx.items.stream({ ...byId, batch: 2 })), column)
            // The transaction is none the worse for it.
            assert.equal(await tx.items.count(), 3)
          })
          // Without the key among its columns an error cannot name the row.
          await unreadable(() => reader.items.list({ select: [column] }), column, {
            key: undefined,
            message: /items\./,
          })
          // Others beside it, at the same time, have their answers.
          const results = await Promise.allSettled(
            Array.from({ length: 10 }, (_, i) => (i === 4 ? reader.items.list() : reader.items.get(1))),
          )
          assert.deepEqual(
            results.map(({ status, reason }) => reason?.code ?? status),
            results.map((_, i) => (i === 4 ? 'VALUE_UNREADABLE' : 'fulfilled')),
          )
          await mend(db, 2, column)
          assert.equal((await reader.items.list()).length, 3)
        }
    })
    assert.ok(lines.length > 0)
    assert.ok(!inspect(lines, { depth: null, maxArrayLength: null }).includes(SECRET))
    assert.ok(!events.includes(SECRET))
  })

test('an item whose private column is damaged is read without it; with it the error shows nothing', async t => {
  const { db } = await damaged(t)
  await damage(db, 2, 'secret')
  assert.deepEqual(ids(await db.items.list(byId)), [1, 2, 3])
  await unreadable(() => db.items.list({ select: ['id', 'secret'] }), 'secret')
  await unreadable(() => all(db.items.stream({ select: ['id', 'secret'] })), 'secret')
  await unreadable(() => db.sync.items.get(2, { select: ['id', 'secret'] }), 'secret')
})

test('what is computed from damaged values is refused, too', async t => {
  const { db } = await damaged(t)
  const grouped = shown.filter(column => column !== 'json' && column !== 'bytes')
  const numbers = ['integer', 'int32', 'bigint', 'real', 'decimal']
  const ordered = [...numbers, 'timestamp', 'date']
  for (const column of grouped) {
    await damage(db, 2, column)
    const fields = { code: 'VALUE_UNREADABLE', columns: [column], table: 'things' }
    const told = async call => assert.ok(!everything(await fails(call, fields)).includes(SECRET))
    await told(() => db.items.aggregate({ groupBy: [column], count: true }))
    if (ordered.includes(column)) await told(() => db.items.aggregate({ max: [column] }))
    if (numbers.includes(column)) {
      // Values that the database itself cannot add up it refuses in its own way.
      const error = await fails(() => db.items.aggregate({ sum: [column] }), {
        code: /^(VALUE_UNREADABLE|OUT_OF_RANGE|SQL_FAILED)$/,
      })
      assert.ok(!everything(error).includes(SECRET))
    }
    // Distinct alone, and distinct with other columns.
    await told(() => db.items.list({ distinct: [column], select: [column] }))
    await told(() => db.items.list({ distinct: [column] }))
    assert.equal(await db.items.count({ distinct: [column] }), 2)
    await mend(db, 2, column)
  }
})

test('a write whose answer cannot be read says that it may be committed, and is not made again', async t => {
  const { db } = await damaged(t)
  let slot = 10
  for (const column of shown)
    for (const value of damages[column].slice(1)) {
      await damage(db, 2, column, value)
      const fields = { mayHaveCommitted: true, hint: /check before you retry/ }
      const update = on => on.items.update(2, { slot: ++slot })
      const upsert = on => on.items.upsert({ id: 2, slot: ++slot }, { on: ['id'] })
      for (const write of [update, upsert]) {
        await unreadable(() => write(db), column, fields)
        await unreadable(() => write(db.sync), column, fields)
        // Ten at once share a commit: the others are done.
        const results = await Promise.allSettled(
          Array.from({ length: 10 }, (_, i) => (i === 4 ? write(db) : db.shelves.create({ name: `${slot} ${i}` }))),
        )
        assert.deepEqual(
          results.map(({ status, reason }) => reason?.code ?? status),
          results.map((_, i) => (i === 4 ? 'VALUE_UNREADABLE' : 'fulfilled')),
        )
        // In a transaction it is thrown there, and what it threw rolls all of it back, once.
        let runs = 0
        const work = async tx => {
          runs++
          await tx.shelves.create({ name: 'undone' })
          await write(tx)
        }
        await unreadable(() => db.transaction(work, { retries: 3 }), column, { mayHaveCommitted: undefined })
        assert.equal(runs, 1)
        const blocking = tx => {
          tx.shelves.create({ name: 'undone' })
          write(tx)
        }
        await unreadable(() => db.sync.transaction(blocking), column, { mayHaveCommitted: undefined })
        assert.equal(await db.shelves.count({ where: { name: 'undone' } }), 0)
      }
      // Calls that give no row do their work.
      assert.equal(await db.items.updateMany({ where: { id: 2 } }, { slot: ++slot }), 1)
      const [{ slot: stored }] = await raw(db, 'SELECT slot FROM things WHERE id = 2')
      assert.equal(stored, slot)
      await mend(db, 2, column)
    }
  assert.equal((await db.items.update(2, { slot: 2 })).slot, 2)
})

test('raw SQL names the column of its result', async t => {
  const { db } = await damaged(t)
  const { declared, value } = here('rawJson')
  await raw(db, `CREATE TABLE loose (id integer PRIMARY KEY, data ${declared})`)
  await raw(db, `INSERT INTO loose VALUES (1, ${value})`)
  const fields = { code: 'VALUE_UNREADABLE', columns: ['data'], message: /column data / }
  for (const sql of [on => on.sql`SELECT data FROM loose`, on => on.sql`SELECT id, data FROM loose WHERE id = ${1}`]) {
    const error = await fails(() => sql(db), { ...fields, mayHaveCommitted: undefined })
    assert.ok(!everything(error).includes(SECRET))
    await fails(() => sql(db.sync), fields)
    await db.transaction(tx => fails(() => sql(tx), fields))
  }
  const write = on => on.sql`UPDATE loose SET id = id + 1 RETURNING data`
  await fails(() => write(db), { ...fields, mayHaveCommitted: true })
  await fails(() => write(db.sync), { ...fields, mayHaveCommitted: true })
})
