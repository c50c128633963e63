// The SQL of those peers that are used by hand, and the joined rows that it gives as objects.
import { columnsOf, SEARCHED, TABLES } from './tables.mjs'

/** The columns of a table with its fields as names; `before` stands before each name, `of` before each column. */
const fieldsOf = (table, of, before = '') =>
  [{ field: 'id', column: 'id' }, ...columnsOf(table)]
    .map(({ field, column }) => `${of}.${column} AS "${before}${field}"`)
    .join(', ')

/** The statements by name; `place(n)` is the n-th parameter. */
export function statements(place) {
  const all = {
    fortunes: 'SELECT id, message FROM fortunes ORDER BY id',
    update: `UPDATE worlds SET random_number = ${place(1)} WHERE id = ${place(2)}`,
    employee: `SELECT ${fieldsOf('employees', 'e')}, ${fieldsOf('employees', 'r', 'recipient.')}
      FROM employees e LEFT JOIN employees r ON r.id = e.recipient_id WHERE e.id = ${place(1)}`,
    product: `SELECT ${fieldsOf('products', 'p')}, ${fieldsOf('suppliers', 's', 'supplier.')}
      FROM products p JOIN suppliers s ON s.id = p.supplier_id WHERE p.id = ${place(1)}`,
    orders: `SELECT o.id, o.shipped_date AS "shippedDate", o.ship_name AS "shipName", o.ship_city AS "shipCity",
      o.ship_country AS "shipCountry", CAST(count(d.id) AS integer) AS "productsCount",
      CAST(sum(d.quantity) AS integer) AS "quantitySum", sum(d.quantity * d.unit_price) AS "totalPrice"
      FROM orders o LEFT JOIN details d ON d.order_id = o.id GROUP BY o.id ORDER BY o.id LIMIT ${place(1)} OFFSET ${place(2)}`,
    details: `SELECT ${fieldsOf('details', 'd')}, ${fieldsOf('products', 'p', 'product.')}
      FROM details d JOIN products p ON p.id = d.product_id WHERE d.order_id = ${place(1)} ORDER BY d.id`,
  }
  for (const table of Object.keys(TABLES)) {
    const select = `SELECT ${fieldsOf(table, 't')} FROM ${table} t`
    all[`get ${table}`] = `${select} WHERE t.id = ${place(1)}`
    all[`page ${table}`] = `${select} ORDER BY t.id LIMIT ${place(1)} OFFSET ${place(2)}`
    if (SEARCHED[table]) {
      const { column } = columnsOf(table).find(({ field }) => field === SEARCHED[table])
      all[`search ${table}`] = `${select} WHERE t.${column} LIKE ${place(1)} ORDER BY t.id`
    }
  }
  return all
}

/** A joined row with the columns `name.field` as the object `name`; null if the join found none. */
export function joined(row, name) {
  const before = `${name}.`
  const own = {}
  const other = {}
  for (const key in row) {
    if (key.startsWith(before)) other[key.slice(before.length)] = row[key]
    else own[key] = row[key]
  }
  own[name] = other.id === null ? null : other
  return own
}
