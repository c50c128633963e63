// transaction({ isolation, retries }): what is tried again, how often, in what, and what is not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PlinthError } from 'plinth'
import { fails } from '../support/db.mjs'
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
