// Plinth's public API, with promises or blocking.
import { modelsOf } from '../data.mjs'

const byKey = { orderBy: { id: 'asc' } }

/** `library`: the JavaScript of the build to measure, that of this repository by default. */
export async function open({ url, sync = false, library = new URL('../../dist/index.js', import.meta.url).href }) {
  const plinth = await import(library)
  const db = plinth.open({ models: modelsOf(plinth.default ?? plinth), url })
  const on = sync ? db.sync : db
  const list = (after, limit) => on.events.list({ where: { id: { gt: after } }, ...byKey, limit })
  const users = (after, limit, include) => on.users.list({ where: { id: { gt: after } }, ...byKey, limit, include })
  const inOrder = { posts: byKey }
  const inOrders = { posts: { ...byKey, include: { comments: byKey } } }
  const inGroups = { groupBy: ['city'], count: true, sum: ['score'], orderBy: { city: 'asc' } }
  const group = ({ city, count, sum }) => ({ city, count, sum: sum.score })
  return {
    sync,
    get: id => on.events.get(id),
    list,
    page: (cursor, size) => on.events.page({ ...byKey, limit: size, after: cursor ?? undefined }),
    find: email => on.events.find({ where: { email } }),
    exists: email => on.events.exists({ where: { email } }),
    count: () => on.events.count(),
    groupBy: sync
      ? () => on.events.aggregate(inGroups).map(group)
      : async () => (await on.events.aggregate(inGroups)).map(group),
    stream: () => on.events.stream(byKey),
    nested: (after, limit) => users(after, limit, inOrder),
    include: (after, limit) => users(after, limit, inOrders),
    create: row => on.events.create(row),
    update: (id, values) => on.events.update(id, values),
    upsert: row => on.events.upsert(row, { on: ['email'] }),
    createMany: rows => on.events.createMany(rows),
    transaction: sync
      ? rows =>
          on.transaction(tx => {
            for (const row of rows) tx.events.create(row)
          })
      : rows =>
          on.transaction(async tx => {
            for (const row of rows) await tx.events.create(row)
          }),
    run: sql => db.sql(Object.assign([sql], { raw: [sql] })),
    close: () => db.close(),
  }
}
