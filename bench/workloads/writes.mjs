// Writes: one at a time, by many callers, in transactions and in bulk. The rows that they add are deleted before each round.
import { event, storedEvent } from '../data.mjs'

const IN_TRANSACTION = 10
const MANY = 10_000

const create = {
  needs: ['create'],
  writes: true,
  call: (it, i, asked) => it.create(asked.fresh(i)),
  async verify(it, { asked, same, added }) {
    const made = await it.create(asked.fresh(0))
    same(made, { id: made.id, ...asked.fresh(0) })
    same(await added(it, 1), [asked.fresh(0)])
  },
}

const rowsFrom = (asked, i, n) => Array.from({ length: n }, (_, at) => asked.fresh(i * n + at))

const bulk = (name, title, method, n, unit) => ({
  name,
  title,
  needs: [method],
  writes: true,
  ...(unit && { unit, per: () => n, once: true }),
  prepare: asked => rowsFrom(asked, 0, n),
  call: (it, i, asked, state) => it[method](unit ? state.prepared : rowsFrom(asked, i, n)),
  async verify(it, { asked, same, added }) {
    const rows = rowsFrom(asked, 0, 300).slice(0, n)
    await it[method](rows)
    same(await added(it, rows.length), rows)
  },
})

/** A change of the i-th row that is asked for. `n`: how many changes were made before, for SQLite writes no page that stays as it is. */
const change = (i, asked, n = i) => ({ title: `Changed ${asked.nth(i)} by ${n}`, score: n % 1000 })

/** The number of this call of a variant. */
const numbered = state => {
  state.calls = (state.calls ?? 0) + 1
  return state.calls
}

export const writes = [
  { name: 'create', title: 'create, one at a time', ...create },
  ...[8, 64, 512].map(callers => ({
    name: `create-${callers}`,
    title: `create, ${callers} callers at once`,
    ...create,
    callers,
  })),
  bulk('transaction', `${IN_TRANSACTION} creates in a transaction`, 'transaction', IN_TRANSACTION),
  {
    name: 'update',
    title: 'update by key',
    needs: ['update'],
    writes: true,
    call: (it, i, asked, state) => it.update(asked.nth(i), change(i, asked, numbered(state))),
    async verify(it, { asked, same, list }) {
      const id = asked.nth(7)
      await it.update(id, change(7, asked))
      same((await list(it, id - 1, 1))[0], { ...storedEvent(id), ...change(7, asked) })
      const { title, score } = event(id)
      await it.update(id, { title, score })
    },
  },
  {
    name: 'upsert',
    title: 'upsert of a row that exists',
    needs: ['upsert'],
    writes: true,
    call: (it, i, asked, state) => it.upsert({ ...asked.known(i), score: numbered(state) % 1000 }),
    async verify(it, { asked, same, list, added }) {
      const id = asked.nth(9)
      await it.upsert({ ...event(id), score: 9.5 })
      same((await list(it, id - 1, 1))[0], { ...storedEvent(id), score: 9.5 })
      await it.upsert(event(id))
      await it.upsert(asked.fresh(3))
      same(await added(it, 1), [asked.fresh(3)])
    },
  },
  bulk('createMany', `createMany of ${MANY.toLocaleString('en-US')} rows`, 'createMany', MANY, 'row'),
  {
    name: 'mixed',
    title: '9 gets and 1 create in turn, 64 callers at once',
    needs: ['get', 'create'],
    writes: true,
    callers: 64,
    call: (it, i, asked) => (i % 10 === 9 ? it.create(asked.fresh(i)) : it.get(asked.nth(i))),
    async verify(it, { asked, same, added }) {
      for (let i = 0; i < 10; i++) await this.call(it, i, asked)
      same(await added(it, 1), [asked.fresh(9)])
    },
  },
]
