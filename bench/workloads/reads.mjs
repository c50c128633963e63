// Reads: by key, lists, pages, aggregates and relations; one at a time and by many callers at once.
import { groupsOf, storedEvent, userWithComments, userWithPosts } from '../data.mjs'

const PAGE = 50
const INCLUDED = 20
const NESTED = 100

const get = {
  needs: ['get'],
  call: (it, i, asked) => it.get(asked.nth(i)),
  wanted: (i, asked) => storedEvent(asked.nth(i)),
}

const list = (limit, callers = 1) => ({
  name: callers > 1 ? `list-${limit}-${callers}` : `list-${limit}`,
  title: `list of ${limit.toLocaleString('en-US')} rows, ${callers > 1 ? `${callers} callers at once` : '12 columns'}`,
  callers,
  needs: ['list'],
  rows: limit,
  call: (it, i, asked) => it.list(asked.after(i, limit), limit),
  wanted: (i, asked) => range(asked.after(i, limit), limit),
})

const range = (after, n) => Array.from({ length: n }, (_, i) => storedEvent(after + i + 1))

const parents = (limit, make) => (i, asked) =>
  Array.from({ length: limit }, (_, n) => make(asked.afterUser(i, limit) + n + 1))

export const reads = [
  { name: 'get', title: 'get by key', ...get },
  ...[8, 64, 512].map(callers => ({
    name: `get-${callers}`,
    title: `get by key, ${callers} callers at once`,
    ...get,
    callers,
  })),
  ...[1, 10, 100, 1_000, 10_000, 100_000].map(limit => list(limit)),
  list(1_000, 64),
  {
    name: 'page',
    title: `page of ${PAGE} rows by cursor, one after the other`,
    needs: ['page'],
    async call(it, _, __, state) {
      const { rows, next } = await it.page(state.cursor ?? null, PAGE)
      state.cursor = next
      return rows
    },
    callSync(it, _, __, state) {
      const { rows, next } = it.page(state.cursor ?? null, PAGE)
      state.cursor = next
      return rows
    },
    /** The calls that are verified are the first ones of a cursor. */
    verified: [0, 1, 2],
    wanted: i => range(i * PAGE, PAGE),
  },
  {
    name: 'find',
    title: 'find by a unique text',
    needs: ['find'],
    call: (it, i, asked) => it.find(`user${asked.nth(i)}@example.com`),
    wanted: (i, asked) => storedEvent(asked.nth(i)),
  },
  {
    name: 'exists',
    title: 'exists by a unique text',
    needs: ['exists'],
    call: (it, i, asked) => it.exists(`user${asked.nth(i)}@${i % 2 ? 'example.com' : 'nowhere'}`),
    wanted: i => i % 2 === 1,
  },
  {
    name: 'count',
    title: 'count of all rows',
    needs: ['count'],
    call: it => it.count(),
    wanted: (_, asked) => asked.rows,
  },
  {
    name: 'groupBy',
    title: 'count and sum by city, over all rows',
    needs: ['groupBy'],
    call: it => it.groupBy(),
    verified: [0],
    // The order of cities is that of a database's collation, and a sum of doubles depends on the order of rows.
    comparable: groups =>
      Array.from(groups, ({ city, count, sum }) => `${city} ${count} ${Number(sum).toFixed(2)}`).toSorted(),
    wanted: (_, asked) =>
      groupsOf(asked.rows)
        .map(({ city, count, sum }) => `${city} ${count} ${sum.toFixed(2)}`)
        .toSorted(),
  },
  {
    name: 'nested',
    title: `${NESTED} parents with 10 children each`,
    needs: ['nested'],
    call: (it, i, asked) => it.nested(asked.afterUser(i, NESTED), NESTED),
    wanted: parents(NESTED, userWithPosts),
  },
  {
    name: 'include',
    title: `${INCLUDED} parents with two levels of children`,
    needs: ['include'],
    call: (it, i, asked) => it.include(asked.afterUser(i, INCLUDED), INCLUDED),
    wanted: parents(INCLUDED, userWithComments),
  },
  {
    name: 'stream',
    title: 'stream of all rows',
    needs: ['stream'],
    unit: 'row',
    per: asked => asked.rows,
    async call(it) {
      let last
      for await (const row of it.stream()) last = row
      return last
    },
    callSync(it) {
      let last
      for (const row of it.stream()) last = row
      return last
    },
    verified: [0],
    wanted: (_, asked) => storedEvent(asked.rows),
  },
]
