// transaction({ isolation, retries }): what is tried again, how often, in what, and what is not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, model, PlinthError, schema } from 'plinth'
import { database, fails } from '../support/db.mjs'
import { emails, tables } from '../support/engine.mjs'

const passing = (fields = {}) => new PlinthError('DEADLOCK', 'It passes.', { retryable: true, ...fields })

/** Both kinds of transactions, as a function that gives a promise. */
const kinds = db => ({
  asynchronous: (work, options) => db.transaction(async tx => work(tx), options),
  blocking: async (work, options) => db.sync.transaction(work, options),
})

for (const kind of ['asynchronous', 'blocking']) {
  test(`a ${kind} transaction runs again from its beginning until it succeeds`, async t => {
    const db = await tables(t)
    let runs = 0
    const seen = new Set()
    const result = await kinds(db)[kind](
      tx => {
        seen.add(tx)
        const made = tx.users.create({ email: `${++runs}` })
        const end = () => {
          if (runs < 4) throw passing()
          return runs
        }
        return kind === 'blocking' ? end() : made.then(end)
      },
      { retries: 3 },
    )
    assert.deepEqual([result, runs, seen.size], [4, 4, 4])
    assert.deepEqual(await emails(db), ['4'])
  })

  test(`a ${kind} transaction is tried so often and no more, and fails with the last error`, async t => {
    const db = await tables(t)
    for (const [retries, expected] of [
      [undefined, 1],
      [0, 1],
      [2, 3],
    ]) {
      let runs = 0
      const last = await fails(
        () =>
          kinds(db)[kind](
            () => {
              throw passing({ hint: `${++runs}` })
            },
            retries === undefined ? undefined : { retries },
          ),
        { code: 'DEADLOCK' },
      )
      assert.deepEqual([runs, last.hint], [expected, `${expected}`])
    }
  })

  test(`a ${kind} transaction is tried again for a cause, and not for what does not pass`, async t => {
    const db = await tables(t)
    const runsOf = async error => {
      let runs = 0
      const work = () => {
        runs++
        throw error
      }
      await assert.rejects(kinds(db)[kind](work, { retries: 2 }), thrown => thrown === error)
      return runs
    }
    assert.equal(await runsOf(new Error('mine', { cause: passing() })), 3)
    assert.equal(await runsOf(new Error('mine')), 1)
    assert.equal(await runsOf('no error at all'), 1)
    assert.equal(await runsOf(new PlinthError('UNIQUE_VIOLATION', 'It stays.')), 1)
    assert.equal(await runsOf(passing({ mayHaveCommitted: true })), 1)
    assert.equal(await runsOf(passing({ mayHaveCommitted: false })), 3)
    assert.equal(await db.users.count(), 0)
  })

  test(`a ${kind} transaction inside another has no options of its own`, async t => {
    const db = await tables(t)
    for (const options of [{ isolation: 'serializable' }, { retries: 1 }, { readOnly: true }]) {
      const [name] = Object.keys(options)
      const inner = tx => tx.transaction(() => {}, options)
      await fails(() => kinds(db)[kind](inner), { code: 'QUERY_INVALID', hint: new RegExp(name) })
    }
    for (const options of [{}, { retries: 0 }, { readOnly: false }, undefined])
      await kinds(db)[kind](tx => tx.transaction(() => {}, options))
  })

  test(`every isolation is one of a ${kind} transaction`, async t => {
    const db = await tables(t)
    for (const isolation of ['read committed', 'repeatable read', 'serializable']) {
      await kinds(db)[kind](tx => tx.users.create({ email: isolation }), { isolation })
      await kinds(db)[kind](tx => tx.users.count(), { isolation, readOnly: true })
    }
    assert.equal(await db.users.count(), 3)
  })
}

test('close() waits for a transaction that is tried again', async t => {
  const db = await tables(t)
  let runs = 0
  const running = db.transaction(
    async tx => {
      await tx.users.count()
      if (++runs < 3) throw passing()
      return runs
    },
    { retries: 5 },
  )
  await db.close()
  assert.equal(await running, 3)
})

test('a session takes none of these options', async t => {
  const db = await tables(t)
  const session = db.session()
  await fails(() => session.transaction(async () => {}, { retries: 1 }), { code: 'QUERY_INVALID' })
  await session.close()
})

/** Keys as an update names them, and as the row was read by; the database takes both for one. */
const SPELLINGS = {
  codes: [
    ['ABCDEF00-0000-4000-8000-00000000000A', 'abcdef00-0000-4000-8000-00000000000a'],
    ['abcdef00-0000-4000-8000-00000000000a', 'ABCDEF00-0000-4000-8000-00000000000A'],
  ],
  prices: [
    ['1.5', '1.50'],
    ['01.50', '1.5'],
  ],
  moments: [[new Date(5), new Date(5)]],
  names: [['ADA', 'ada']],
  days: [['2026-01-02', '2026-01-02']],
  counts: [[7n, 7n]],
  places: [[Buffer.from('key'), new Uint8Array([107, 101, 121])]],
  seats: [
    [
      { number: '1.0', row: 'B', at: new Date(9) },
      { at: new Date(9), row: 'b', number: '1' },
    ],
  ],
}

test('a row is known by its key however that is spelled: its transaction runs again', async t => {
  const n = c.integer().default(0)
  const models = schema({
    codes: model('codes', { key: c.uuid().primaryKey(), n }),
    prices: model('prices', { key: c.decimal(8, 2).primaryKey(), n }),
    moments: model('moments', { key: c.timestamp().primaryKey(), n }),
    names: model('names', { key: c.text().lowercase().primaryKey(), n }),
    days: model('days', { key: c.date().primaryKey(), n }),
    counts: model('counts', { key: c.bigint().primaryKey(), n }),
    places: model('places', { key: c.bytes().primaryKey(), n }),
    seats: model('seats', {
      row: c.text().lowercase().primaryKey(),
      number: c.decimal(4, 1).primaryKey(),
      at: c.timestamp().primaryKey(),
      n,
    }),
  })
  const db = await database(t, models)
  for (const [name, pairs] of Object.entries(SPELLINGS)) {
    const [[key]] = pairs
    await db[name].create(name === 'seats' ? key : { key })
    for (const [updated, read] of pairs) {
      let runs = 0
      const work = async tx => {
        const row = await tx[name].get(read)
        // In the first run the condition does not hold.
        return await tx[name].update(updated, { n: row.n + 1 }, { where: { n: ++runs === 1 ? -1 : row.n } })
      }
      await db.transaction(work, { retries: 3 })
      assert.equal(runs, 2, name)
      const other = async tx => {
        runs++
        await tx[name].update(updated, { n: 0 }, { where: { n: -1 } })
      }
      await fails(() => db.transaction(other, { retries: 3 }), { code: 'STALE_ROW' })
      assert.equal(runs, 3, 'a row that was not read is not tried again')
    }
  }
})
