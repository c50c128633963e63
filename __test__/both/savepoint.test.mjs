// Transactions inside transactions: savepoints, one at a time, each undone alone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fails } from '../support/db.mjs'
import { PLACES } from '../support/dialect.mjs'
import { emails, gate, tables } from '../support/engine.mjs'

for (const place of PLACES) {
  test(`an inner transaction in a ${place} is undone alone`, async t => {
    const db = await tables(t, place)
    await db.transaction(async tx => {
      await tx.users.create({ email: 'a' })
      await assert.rejects(
        tx.transaction(async inner => {
          await inner.users.create({ email: 'b' })
          assert.equal(await inner.users.count(), 2)
          throw new Error('inner')
        }),
        /inner/,
      )
      assert.equal(await tx.users.count(), 1)
      const given = await tx.transaction(async inner => {
        await inner.users.create({ email: 'c' })
        await inner.transaction(async deep => deep.users.create({ email: 'd' }))
        return 'given'
      })
      assert.equal(given, 'given')
    })
    assert.deepEqual(await emails(db), ['a', 'c', 'd'])
  })

  test(`the failure of the outer transaction undoes what inner ones kept in a ${place}`, async t => {
    const db = await tables(t, place)
    await assert.rejects(
      db.transaction(async tx => {
        await tx.transaction(async inner => inner.users.create({ email: 'a' }))
        throw new Error('outer')
      }),
      /outer/,
    )
    assert.equal(await db.users.count(), 0)
  })

  test(`siblings that are started together take turns in a ${place}, each with its own end`, async t => {
    const db = await tables(t, place)
    await db.transaction(async tx => {
      const results = await Promise.allSettled(
        Array.from({ length: 10 }, (_, i) =>
          tx.transaction(async inner => {
            await inner.users.create({ email: `${i}a` })
            await sleep(1)
            await inner.users.create({ email: `${i}b` })
            if (i % 3 === 0) throw new Error(`no ${i}`)
            return i
          }),
        ),
      )
      results.forEach((result, i) => {
        if (i % 3 === 0) assert.equal(result.reason.message, `no ${i}`)
        else assert.equal(result.value, i)
      })
    })
    const kept = [1, 2, 4, 5, 7, 8].flatMap(i => [`${i}a`, `${i}b`])
    assert.deepEqual(await emails(db), kept)
  })

  test(`calls beside an open inner transaction in a ${place} are not part of it, and keep their order`, async t => {
    const db = await tables(t, place)
    await db.transaction(async tx => {
      const wait = gate()
      const calls = []
      const first = tx
        .transaction(async inner => {
          await inner.users.create({ email: 'in the first' })
          await wait.passed
          throw new Error('undone')
        })
        .catch(error => error.message)
      calls.push(tx.users.create({ email: 'between' }))
      const second = tx
        .transaction(async inner => {
          await inner.users.create({ email: 'in the second' })
          throw new Error('undone too')
        })
        .catch(error => error.message)
      calls.push(tx.users.create({ email: 'behind' }))
      wait.open()
      assert.deepEqual(await Promise.all([first, second]), ['undone', 'undone too'])
      await Promise.all(calls)
    })
    assert.deepEqual(await emails(db), ['between', 'behind'])
  })

  test(`calls beside inner transactions that are not awaited are committed with the outer in a ${place}`, async t => {
    const db = await tables(t, place)
    const late = []
    await db.transaction(async tx => {
      late.push(tx.transaction(async inner => inner.users.create({ email: 'a' })))
      late.push(tx.users.create({ email: 'b' }))
      late.push(tx.transaction(async inner => inner.users.create({ email: 'c' })))
      late.push(tx.users.create({ email: 'd' }))
    })
    assert.deepEqual(
      (await Promise.all(late)).map(user => user.email),
      ['a', 'b', 'c', 'd'],
    )
    assert.deepEqual(await emails(db), ['a', 'b', 'c', 'd'])
  })

  test(`what runs on inside an inner transaction that failed cannot write into the outer one in a ${place}`, async t => {
    const db = await tables(t, place)
    let straggler
    await db.transaction(async tx => {
      await assert.rejects(
        tx.transaction(async inner => {
          straggler = inner.transaction(async deep => {
            await sleep(5)
            await deep.users.create({ email: 'straggler' })
          })
          straggler.catch(() => {})
          await sleep(1)
          throw new Error('inner')
        }),
        /inner/,
      )
      await sleep(20)
      await tx.users.create({ email: 'a' })
    })
    await fails(() => straggler, { code: 'SESSION_ENDED' })
    assert.deepEqual(await emails(db), ['a'])
  })

  test(`what runs on when the outer function has failed is refused in a ${place}, and every call is answered`, async t => {
    const db = await tables(t, place)
    const late = []
    await assert.rejects(
      db.transaction(async tx => {
        late.push(
          tx.transaction(async inner => {
            for (let i = 0; i < 5; i++) await inner.users.create({ email: `${i}` })
          }),
        )
        late[0].catch(() => {})
        throw new Error('outer')
      }),
      /outer/,
    )
    await fails(() => late[0], { code: 'SESSION_ENDED' })
    assert.equal(await db.users.count(), 0)
  })

  test(`the outer transaction inside an inner one is detected in a ${place}`, async t => {
    const db = await tables(t, place)
    const outer = { code: 'OUTER_DB_IN_TRANSACTION' }
    await db.transaction(async tx => {
      await tx.transaction(async inner => {
        await inner.users.create({ email: 'a' })
        await fails(() => tx.users.create({ email: 'b' }), outer)
        await fails(() => tx.transaction(async () => {}), outer)
        await inner.transaction(async deep => {
          await fails(() => tx.users.count(), outer)
          await fails(() => inner.users.count(), outer)
          await fails(() => db.users.count(), outer)
          await deep.users.create({ email: 'c' })
        })
      })
    })
    assert.deepEqual(await emails(db), ['a', 'c'])
  })
}

test('an inner transaction cannot be readOnly by itself', async t => {
  const db = await tables(t)
  await db.transaction(async tx => {
    await fails(() => tx.transaction(async () => {}, { readOnly: true }), { code: 'QUERY_INVALID' })
    await tx.users.create({ email: 'a' })
  })
  assert.equal(await db.users.count(), 1)
})

test('twenty levels deep, undone from the middle', async t => {
  const db = await tables(t)
  const down = async (tx, level) => {
    await tx.users.create({ email: `${level}` })
    if (level === 20) throw new Error('bottom')
    const going = tx.transaction(inner => down(inner, level + 1))
    await (level === 10 ? going.catch(() => {}) : going)
  }
  await db.transaction(tx => down(tx, 1))
  assert.equal(await db.users.count(), 10)
})
