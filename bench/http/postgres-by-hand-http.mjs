// The requests on a driver of PostgreSQL by hand; pg and postgres.js differ in how a statement is run and a transaction is made.
import { joined, statements } from './http-sql.mjs'

export const SQL = statements(n => `$${n}`)

/** `all(name, values)` gives the rows of a statement, `update(rows)` changes worlds in one transaction. */
export function requests(all) {
  const one = async (name, values) => (await all(name, values))[0]
  return {
    get: (table, id) => one(`get ${table}`, [id]),
    page: (table, limit, offset) => all(`page ${table}`, [limit, offset]),
    search: (table, _, term) => all(`search ${table}`, [`%${term}%`]),
    fortunes: () => all('fortunes', []),
    employee: async id => joined(await one('employee', [id]), 'recipient'),
    product: async id => joined(await one('product', [id]), 'supplier'),
    orders: (limit, offset) => all('orders', [limit, offset]),
    async order(id) {
      const [order, details] = await Promise.all([one('get orders', [id]), all('details', [id])])
      return { ...order, details: details.map(row => joined(row, 'product')) }
    },
  }
}
