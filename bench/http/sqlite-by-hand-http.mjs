// The requests on a synchronous driver of SQLite by hand: better-sqlite3 and node:sqlite have the same calls.
import { PRAGMAS } from '../peers/sqlite-values.mjs'
import { joined, statements } from './http-sql.mjs'

export function byHand(db) {
  for (const pragma of PRAGMAS) db.exec(`PRAGMA ${pragma}`)
  const own = Object.fromEntries(Object.entries(statements(() => '?')).map(([name, sql]) => [name, db.prepare(sql)]))
  const [begin, commit, rollback] = ['BEGIN IMMEDIATE', 'COMMIT', 'ROLLBACK'].map(sql => db.prepare(sql))
  return {
    get: (table, id) => own[`get ${table}`].get(id),
    page: (table, limit, offset) => own[`page ${table}`].all(limit, offset),
    search: (table, _, term) => own[`search ${table}`].all(`%${term}%`),
    fortunes: () => own.fortunes.all(),
    update(rows) {
      begin.run()
      try {
        for (const { id, randomNumber } of rows) own.update.run(randomNumber, id)
        commit.run()
      } catch (error) {
        rollback.run()
        throw error
      }
    },
    employee: id => joined(own.employee.get(id), 'recipient'),
    product: id => joined(own.product.get(id), 'supplier'),
    orders: (limit, offset) => own.orders.all(limit, offset),
    order: id => ({ ...own['get orders'].get(id), details: own.details.all(id).map(row => joined(row, 'product')) }),
    close: () => db.close(),
  }
}
