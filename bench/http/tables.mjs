// The tables of the requests over HTTP, once for all libraries: those of TechEmpower's benchmark and those of a shop, as drizzle's benchmarks have them.

/** Kinds of columns: `text`, `integer`, `real`, or the table that it references; with `?` it may be null. */
export const TABLES = {
  worlds: { randomNumber: 'integer' },
  fortunes: { message: 'text' },
  customers: {
    companyName: 'text',
    contactName: 'text',
    contactTitle: 'text',
    address: 'text',
    city: 'text',
    postalCode: 'text?',
    region: 'text?',
    country: 'text',
    phone: 'text',
    fax: 'text?',
  },
  employees: {
    lastName: 'text',
    firstName: 'text?',
    title: 'text',
    birthDate: 'text',
    hireDate: 'text',
    address: 'text',
    city: 'text',
    country: 'text',
    extension: 'integer',
    notes: 'text',
    recipientId: 'employees?',
  },
  suppliers: {
    companyName: 'text',
    contactName: 'text',
    contactTitle: 'text',
    address: 'text',
    city: 'text',
    region: 'text?',
    country: 'text',
    phone: 'text',
  },
  products: {
    name: 'text',
    quantityPerUnit: 'text',
    unitPrice: 'real',
    unitsInStock: 'integer',
    unitsOnOrder: 'integer',
    reorderLevel: 'integer',
    discontinued: 'integer',
    supplierId: 'suppliers',
  },
  orders: {
    orderDate: 'text',
    requiredDate: 'text',
    shippedDate: 'text?',
    shipVia: 'integer',
    freight: 'real',
    shipName: 'text',
    shipCity: 'text',
    shipRegion: 'text?',
    shipCountry: 'text',
    customerId: 'customers',
    employeeId: 'employees',
  },
  details: {
    unitPrice: 'real',
    quantity: 'integer',
    discount: 'real',
    orderId: 'orders',
    productId: 'products',
  },
}

export const columnOf = field => field.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

/** The columns of a table: `{ field, column, kind, nullable, to }`; `to` is the table that it references. */
export const columnsOf = table =>
  Object.entries(TABLES[table]).map(([field, text]) => {
    const nullable = text.endsWith('?')
    const word = nullable ? text.slice(0, -1) : text
    const to = Object.hasOwn(TABLES, word) ? word : null
    return { field, column: columnOf(field), kind: to ? 'integer' : word, nullable, to }
  })

/** The relations to one row: the name of a key without `Id`. */
export const onesOf = table =>
  columnsOf(table)
    .filter(({ to }) => to)
    .map(({ field, to, nullable }) => ({ name: field.slice(0, -2), field, to, nullable }))

/** The field that a table is searched by. */
export const SEARCHED = { customers: 'companyName', products: 'name' }

/** Plinth's models, built by this build or by another one. */
export function modelsOf({ c, index, model, schema }) {
  const makes = { text: () => c.text(), integer: () => c.integer(), real: () => c.real() }
  const models = {}
  for (const table of Object.keys(TABLES)) {
    const columns = { id: c.id() }
    for (const { field, kind, nullable, to } of columnsOf(table)) {
      let column = makes[kind]()
      if (nullable) column = column.nullable()
      columns[field] = to ? column.references(`${to}.id`) : column
    }
    models[table] = model(table, columns, t => onesOf(table).map(({ field }) => index(t[field])))
  }
  return schema(models, {
    employees: r => ({ recipient: r.one('employees', 'recipientId') }),
    products: r => ({ supplier: r.one('suppliers', 'supplierId') }),
    orders: r => ({ details: r.many('details', 'orderId') }),
    details: r => ({ product: r.one('products', 'productId') }),
  })
}
