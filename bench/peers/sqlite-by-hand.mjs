// A synchronous SQLite driver used by hand, with prepared statements: better-sqlite3 and node:sqlite have the same calls.
import { attach, statements } from './sql.mjs'
import { PRAGMAS, toComment, toEvent, toPost, toStored } from './sqlite-values.mjs'

const SQL = statements({
  place: () => '?',
  within: () => 'IN (SELECT value FROM json_each(?))',
  count: 'count(*)',
})

/** `db` has `exec` and `prepare`. `stored`: rows are given as they are stored, nothing converted. */
export function byHand(db, { dates, stored }) {
  for (const pragma of PRAGMAS) db.exec(`PRAGMA ${pragma}`)
  const own = Object.fromEntries(Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)]))
  const [begin, commit, rollback] = ['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK'].map(sql => db.prepare(sql))
  const run = sql => db.exec(sql)
  const synchronous = () => db.prepare('PRAGMA synchronous').get().synchronous
  const close = () => db.close()
  if (stored) {
    const list = (after, limit) => own.list.all(after, limit)
    return { sync: true, convert: toEvent, get: id => own.get.get(id), list, run, synchronous, close }
  }
  const values = toStored(dates)
  const inTransaction = work => {
    begin.run()
    try {
      work()
      commit.run()
    } catch (error) {
      rollback.run()
      throw error
    }
  }
  const create = row => ({ id: Number(own.create.run(...values(row)).lastInsertRowid), ...row })
  const posts = users => own.posts.all(JSON.stringify(users.map(user => user.id))).map(toPost)
  const nested = (after, limit) => {
    const users = own.users.all(after, limit).map(({ id, name, email }) => ({ id, name, email }))
    return attach(users, posts(users), 'userId', 'posts')
  }
  return {
    sync: true,
    get: id => toEvent(own.get.get(id)),
    list: (after, limit) => own.list.all(after, limit).map(toEvent),
    page(cursor, size) {
      const rows = own.list.all(cursor ?? 0, size + 1).map(toEvent)
      if (rows.length <= size) return { rows, next: null }
      rows.pop()
      return { rows, next: rows[size - 1].id }
    },
    find(email) {
      const row = own.find.get(email)
      return row ? toEvent(row) : null
    },
    exists: email => own.exists.get(email).found === 1,
    count: () => own.count.get().n,
    groupBy: () => own.groupBy.all(),
    *stream() {
      for (const row of own.all.iterate()) yield toEvent(row)
    },
    nested,
    include(after, limit) {
      const users = nested(after, limit)
      const all = users.flatMap(user => user.posts)
      const comments = own.comments.all(JSON.stringify(all.map(post => post.id))).map(toComment)
      attach(all, comments, 'postId', 'comments')
      return users
    },
    create,
    update: (id, { title, score }) => void own.update.run(title, score, id),
    upsert: row => void own.upsert.run(...values(row)),
    createMany: rows =>
      inTransaction(() => {
        for (const row of rows) own.create.run(...values(row))
      }),
    transaction: rows =>
      inTransaction(() => {
        for (const row of rows) create(row)
      }),
    run,
    synchronous,
    close,
  }
}
