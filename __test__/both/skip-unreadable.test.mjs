// `unreadable: 'skip'`: the rows that can be read are given, and each of the others is reported.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { damage, damaged, damages, mend, SECRET, shown } from '../support/damaged.mjs'
import { everything, fails, ids, raw } from '../support/db.mjs'
import { dialect } from '../support/dialect.mjs'

const byId = { orderBy: { id: 'asc' } }
const upTo = n => Array.from({ length: n }, (_, i) => i + 1)

/** Options that note the reported rows. */
function noting() {
  const told = []
  const onUnreadable = error => {
    assert.equal(error.code, 'VALUE_UNREADABLE')
    assert.ok(!everything(error).includes(SECRET))
    told.push(error)
  }
  return { told, skip: { unreadable: 'skip', onUnreadable }, keys: () => told.splice(0).map(({ key }) => key) }
}

async function all(stream) {
  const rows = []
  for await (const row of stream) rows.push(row)
  return rows
}

/** All pages, one behind the other. */
async function pages(table, query) {
  const given = []
  for (let after = null, rounds = 0; rounds < 100; rounds++) {
    const { rows, next } = await table.page({ ...query, after })
    assert.ok(rows.length <= query.limit)
    given.push(...rows)
    if (next === null) return given
    after = next
  }
  assert.fail('the pages have no end')
}

for (const prepare of dialect === 'postgres' ? ['', '?prepare=false'] : [''])
  test(`a damaged value of every kind leaves out its row, and no other ${prepare}`, async t => {
    const { db, again } = await damaged(t, 4)
    const reader = again(prepare)
    const { skip, keys, told } = noting()
    for (const column of shown)
      for (const value of damages[column].slice(1)) {
        await damage(db, 2, column, value)
        await damage(db, 4, column, value)
        for (const read of [
          on => on.items.list({ ...byId, ...skip }),
          on => on.items.list({ ...byId, ...skip, select: ['id', column] }),
          on => on.items.list({ ...byId, ...skip, distinct: ['slot'] }),
          on => pages(on.items, { ...byId, ...skip, limit: 10 }),
          on => all(on.items.stream({ ...byId, ...skip })),
          on => all(on.items.stream({ ...byId, ...skip, batch: 1 })),
        ]) {
          for (const on of [reader, reader.sync]) {
            assert.deepEqual(ids(await read(on)), [1, 3], `${column} ${value} ${read}`)
            for (const error of told) {
              assert.deepEqual([error.model, error.table, error.columns], ['items', 'things', [column]])
              assert.deepEqual([error.retryable, error.mayHaveCommitted], [false, undefined])
            }
            assert.deepEqual(keys(), [2, 4], `${column} ${value} ${read}`)
          }
        }
        // The key is reported though it was not selected, and is not given.
        assert.deepEqual(await reader.items.list({ ...byId, ...skip, select: ['slot', column] }), [
          { slot: 1, [column]: null },
          { slot: 3, [column]: null },
        ])
        assert.deepEqual(keys(), [2, 4])
        await mend(db, 2, column)
        await mend(db, 4, column)
      }
    assert.deepEqual(ids(await reader.items.list({ ...byId, ...skip })), upTo(4))
    assert.deepEqual(keys(), [])
  })

test('an included row that cannot be read is left out of its parent, and what belongs to a row that is left out is not asked for', async t => {
  const { db } = await damaged(t, 4)
  const { skip, keys } = noting()
  await damage(db, 2, 'json')
  const [one, two] = await db.shelves.list({ ...byId, ...skip, include: { items: byId, _count: { items: true } } })
  assert.deepEqual([ids(one.items), one._count.items, two.items], [[1, 3, 4], 4, []])
  assert.deepEqual(keys(), [2])
  await raw(db, `UPDATE shelves SET name = ${dialect === 'sqlite' ? "CAST(x'ff' AS TEXT)" : "'x'"} WHERE id = 1`)
  if (dialect === 'sqlite') {
    const items = await db.items.list({ ...byId, ...skip, include: { on: true } })
    assert.deepEqual(
      items.map(({ id, on }) => [id, on]),
      [1, 3, 4].map(id => [id, null]),
    )
    assert.deepEqual(keys(), [2, 1])
  }
  const nested = await all(
    db.shelves.stream({ ...byId, ...skip, batch: 1, include: { items: { ...byId, include: { on: true } } } }),
  )
  assert.deepEqual(
    nested.map(({ items }) => ids(items)),
    dialect === 'sqlite' ? [[]] : [[1, 3, 4], []],
  )
})

test('pages go on over rows that cannot be read, however many and wherever they are', async t => {
  const { db } = await damaged(t, 20)
  const { skip, keys } = noting()
  for (const bad of [
    [1],
    [20],
    [5],
    [6],
    [4, 5, 6, 7, 8],
    upTo(12),
    upTo(20),
    [9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
    [1, 3, 5, 20],
  ]) {
    for (const id of bad) await damage(db, id, 'json')
    const good = upTo(20).filter(id => !bad.includes(id))
    for (const limit of [1, 2, 5, 19, 20, 21]) {
      for (const on of [db, db.sync]) {
        for (const query of [{ orderBy: { id: 'asc' } }, { orderBy: { slot: 'desc' }, select: ['id', 'json'] }]) {
          const expected = query.select ? good.toReversed() : good
          const rows = await pages(on.items, { ...query, ...skip, limit })
          assert.deepEqual(ids(rows), expected, `${bad} by ${limit}`)
          // Two pages may both tell of a row between them.
          assert.deepEqual(
            [...new Set(keys())].toSorted((a, b) => a - b),
            bad,
            `${bad} by ${limit}`,
          )
        }
      }
    }
    for (const id of bad) await mend(db, id, 'json')
  }
})

test('a stream of rows that cannot be read gives the others, and tells of each once', async t => {
  const { db } = await damaged(t, 30)
  const { skip, keys } = noting()
  const bad = [1, 2, 3, ...upTo(30).slice(9, 22), 30]
  for (const id of bad) await damage(db, id, 'json')
  const good = upTo(30).filter(id => !bad.includes(id))
  for (const batch of [1, 2, 3, 7, 500]) {
    assert.deepEqual(ids(await all(db.items.stream({ ...byId, ...skip, batch }))), good)
    assert.deepEqual(keys(), bad)
    assert.deepEqual(ids([...db.sync.items.stream({ ...byId, ...skip, batch })]), good)
    assert.deepEqual(keys(), bad)
    await db.transaction(async tx => {
      const seen = []
      for await (const { id } of tx.items.stream({ ...byId, ...skip, batch })) {
        seen.push(id)
        // On SQLite what is left of the stream is read before this.
        await tx.shelves.create({ name: 'beside' })
      }
      assert.deepEqual(seen, good)
      assert.deepEqual(keys(), bad)
    })
  }
})

test('what onUnreadable throws fails the call, and nothing is left open', async t => {
  const { db } = await damaged(t, 6)
  await damage(db, 4, 'json')
  const own = new Error('mine')
  const skip = {
    unreadable: 'skip',
    onUnreadable() {
      throw own
    },
  }
  for (const read of [
    on => on.items.list(skip),
    on => on.items.page({ ...skip, limit: 3 }),
    on => all(on.items.stream({ ...skip, ...byId, batch: 2 })),
    on => all(on.items.stream(skip)),
  ]) {
    for (const on of [db, db.sync])
      await assert.rejects(
        async () => read(on),
        thrown => thrown === own,
      )
    await db.transaction(async tx => {
      await assert.rejects(read(tx), thrown => thrown === own)
      await tx.items.count()
    })
  }
  // It may make calls of its own, as it may where the call is made.
  const seen = []
  const found = await db.items.list({
    unreadable: 'skip',
    onUnreadable: ({ key }) => seen.push(db.sync.items.count({ where: { id: key } })),
  })
  assert.deepEqual([found.length, seen], [5, [1]])
})

test('without onUnreadable a call warns once', async t => {
  const { db } = await damaged(t, 6)
  const warnings = []
  const hear = warning => warnings.push(warning)
  process.on('warning', hear)
  t.after(() => process.off('warning', hear))
  const settled = () => new Promise(resolve => setImmediate(resolve))
  for (const id of [2, 3, 5]) await damage(db, id, 'json')
  for (const read of [
    on => on.items.list({ unreadable: 'skip', ...byId }),
    on => pages(on.items, { unreadable: 'skip', limit: 10 }),
    on => all(on.items.stream({ unreadable: 'skip', ...byId, batch: 1 })),
  ]) {
    for (const on of [db, db.sync]) {
      assert.deepEqual(ids(await read(on)), [1, 4, 6])
      await settled()
      const [{ code, name, message }, ...more] = warnings.splice(0)
      assert.deepEqual([code, name, more], ['PLINTH_ROWS_SKIPPED', 'PlinthWarning', []])
      assert.match(message, /^items\.(list|page|stream): .* items\.json .* 2\b/)
      assert.ok(!message.includes(SECRET))
    }
  }
  await db.items.list({ unreadable: 'skip', where: { id: 1 } })
  await settled()
  assert.deepEqual(warnings, [])
})

test('what else unreadable and onUnreadable are given is refused', async t => {
  const { db } = await damaged(t, 1)
  const invalid = { code: 'QUERY_INVALID', table: 'things' }
  for (const call of ['list', 'page', 'stream']) {
    const run = async (on, options) => {
      const result = await on.items[call]({ ...(call === 'page' && { limit: 1 }), ...options })
      return call === 'stream' ? all(result) : result
    }
    for (const on of [db, db.sync]) {
      for (const unreadable of ['skipped', true, null, 1, {}]) {
        await fails(() => run(on, { unreadable }), {
          ...invalid,
          message: /unreadable must be 'error' or 'skip', found/,
        })
      }
      for (const onUnreadable of [null, 1, 'x', {}]) {
        await fails(() => run(on, { unreadable: 'skip', onUnreadable }), {
          ...invalid,
          message: /onUnreadable must be/,
        })
      }
      await fails(() => run(on, { onUnreadable() {} }), { ...invalid, message: /is for unreadable: 'skip'/ })
      await run(on, { unreadable: 'error' })
      await run(on, { unreadable: undefined, onUnreadable: undefined })
    }
  }
  for (const call of [
    () => db.items.find({ unreadable: 'skip' }),
    () => db.items.get(1, { unreadable: 'skip' }),
    () => db.items.count({ unreadable: 'skip' }),
    () => db.shelves.list({ include: { items: { unreadable: 'skip' } } }),
  ])
    await fails(call, { code: 'UNKNOWN_OPTION' })
})

test('a filter that reads damaged JSON fails, and says how to find it', { skip: dialect !== 'sqlite' }, async t => {
  const { db } = await damaged(t)
  await damage(db, 2, 'json')
  const where = { json: { path: ['a'], gte: 1 } }
  for (const call of [
    () => db.items.list({ where, unreadable: 'skip' }),
    () => db.items.updateMany({ where }, { integer: 1 }),
  ]) {
    const error = await fails(call, { code: 'SQL_FAILED' })
    assert.match(error.hint, /json_valid/)
    assert.ok(!everything(error).includes(SECRET))
  }
})
