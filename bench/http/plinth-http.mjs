// The requests on Plinth.
import { modelsOf } from './tables.mjs'

const orderBy = { id: 'asc' }

export async function open({ url, library = new URL('../../dist/index.js', import.meta.url).href }) {
  const plinth = await import(library)
  const db = plinth.open({ models: modelsOf(plinth.default ?? plinth), url })
  const withProducts = { details: { orderBy, include: { product: true } } }
  return {
    get: (table, id) => db[table].get(id),
    page: (table, limit, offset) => db[table].list({ orderBy, limit, offset }),
    search: (table, field, term) => db[table].list({ where: { [field]: { contains: term } }, orderBy }),
    fortunes: () => db.fortunes.list({ orderBy }),
    update: rows =>
      db.transaction(tx => Promise.all(rows.map(({ id, randomNumber }) => tx.worlds.update(id, { randomNumber })))),
    employee: id => db.employees.get(id, { include: { recipient: true } }),
    product: id => db.products.get(id, { include: { supplier: true } }),
    // A sum of products of columns is SQL in Plinth.
    orders: (limit, offset) => db.sql`
      SELECT o.id, o.shipped_date AS "shippedDate", o.ship_name AS "shipName", o.ship_city AS "shipCity",
        o.ship_country AS "shipCountry", CAST(count(d.id) AS integer) AS "productsCount",
        CAST(sum(d.quantity) AS integer) AS "quantitySum", sum(d.quantity * d.unit_price) AS "totalPrice"
      FROM orders o LEFT JOIN details d ON d.order_id = o.id
      GROUP BY o.id ORDER BY o.id LIMIT ${limit} OFFSET ${offset}`,
    order: id => db.orders.get(id, { include: withProducts }),
    close: () => db.close(),
  }
}
