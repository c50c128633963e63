// The rows of the requests over HTTP, each made from its number alone; and filling a database with them.
import * as plinth from '../../dist/index.js'
import { randomFrom } from '../data.mjs'
import { modelsOf } from './tables.mjs'

/** Rows of TechEmpower's two tables, however large the other ones are. */
const WORLDS = 10_000
const FORTUNES = [
  'fortune: No such file or directory',
  "A computer scientist is someone who fixes things that aren't broken.",
  'After enough decimal places, the rest does not matter.',
  'A bad random number generator: 1, 1, 1, 1, 1, 4.33e+67, 1, 1, 1',
  'A computer program does what you tell it to do, not what you want it to do.',
  'Emacs is a nice operating system, but I prefer UNIX.',
  'Any program that runs right is obsolete.',
  'A list is only as strong as its weakest link.',
  'Feature: A bug with seniority.',
  'Computers make very fast, very accurate mistakes.',
  '<script>alert("This should not be displayed in a browser alert box.");</script>',
  'フレームワークのベンチマーク',
]

const FIRST = [
  'Alfreds',
  'Berglunds',
  'Comercio',
  'Drachenblut',
  'Ernst',
  'Folies',
  'Galeria',
  'Hungry',
  'Island',
  'Koene',
]
const SECOND = [
  'Futterkiste',
  'Snabb',
  'Mineiro',
  'Delikatessen',
  'Handel',
  'Gourmandes',
  'Gastronomia',
  'Owl',
  'Trading',
]
const GOODS = ['Chai', 'Chang', 'Aniseed', 'Gumbo', 'Tofu', 'Pavlova', 'Tunnbrod', 'Ikura', 'Konbu', 'Geitost']
const CITIES = ['Berlin', 'México', 'London', 'Luleå', 'Madrid', 'Marseille', 'Buenos Aires', 'Bern']

/** The words that customers and products are searched for. */
export const TERMS = { customers: [...FIRST, ...SECOND], products: GOODS }

/** Details of an order at most. */
const DETAILS = 6

const day = number => new Date(Date.UTC(2025, 0, 1 + number)).toISOString().slice(0, 10)
const pick = (list, random) => list[random(list.length)]
const company = (number, random) => `${pick(FIRST, random)} ${pick(SECOND, random)} ${number}`
const place = random => ({
  address: `${random(900) + 1} Main Street`,
  city: pick(CITIES, random),
  country: `Country ${random(30)}`,
})
const contact = random => ({ contactName: `Contact ${random(10_000)}`, contactTitle: `Title ${random(20)}` })
const phone = random => `(${random(900) + 100}) 555-${random(9_000) + 1_000}`
/** Quarters, whose sums are exact in any order. */
const price = random => (random(400) + 4) / 4

const makes = {
  worlds: random => ({ randomNumber: random(10_000) + 1 }),
  customers: (random, number) => ({
    companyName: company(number, random),
    ...contact(random),
    ...place(random),
    postalCode: random(3) ? `${random(90_000) + 10_000}` : null,
    region: random(3) ? null : `Region ${random(50)}`,
    phone: phone(random),
    fax: random(2) ? phone(random) : null,
  }),
  employees: (random, number) => ({
    lastName: `Last ${number}`,
    firstName: random(10) ? `First ${random(500)}` : null,
    title: `Title ${random(20)}`,
    birthDate: day(-random(20_000)),
    hireDate: day(-random(5_000)),
    ...place(random),
    extension: random(9_000),
    notes: `Notes about employee ${number}, `.repeat(5),
    recipientId: number === 1 ? null : random(number - 1) + 1,
  }),
  suppliers: (random, number) => ({
    companyName: company(number, random),
    ...contact(random),
    ...place(random),
    region: random(3) ? null : `Region ${random(50)}`,
    phone: phone(random),
  }),
  products: (random, number, { suppliers }) => ({
    name: `${pick(GOODS, random)} ${number}`,
    quantityPerUnit: `${random(40) + 1} boxes`,
    unitPrice: price(random),
    unitsInStock: random(200),
    unitsOnOrder: random(100),
    reorderLevel: random(30),
    discontinued: random(2),
    supplierId: random(suppliers) + 1,
  }),
  orders: (random, number, { customers, employees }) => ({
    orderDate: day(random(700)),
    requiredDate: day(random(700) + 30),
    shippedDate: random(10) ? day(random(700) + 10) : null,
    shipVia: random(3) + 1,
    freight: price(random),
    shipName: `Ship ${number}`,
    shipCity: pick(CITIES, random),
    shipRegion: random(3) ? null : `Region ${random(50)}`,
    shipCountry: `Country ${random(30)}`,
    customerId: random(customers) + 1,
    employeeId: random(employees) + 1,
  }),
}

/** The numbers of rows of each table; `rows` are those of the run's own table, 20,000 unless `--rows` is passed. */
export const sizesOf = rows => ({
  worlds: WORLDS,
  fortunes: FORTUNES.length,
  customers: Math.max(100, Math.floor(rows / 20)),
  employees: Math.max(50, Math.floor(rows / 100)),
  suppliers: Math.max(50, Math.floor(rows / 200)),
  products: Math.max(100, Math.floor(rows / 40)),
  orders: Math.max(200, Math.floor(rows / 4)),
})

const SEEDS = Object.keys(makes)

/** All rows of all tables with their keys, which are 1, 2, ... */
export function rowsOf(rows) {
  const sizes = sizesOf(rows)
  const numbered = (n, make) => Array.from({ length: n }, (_, i) => ({ id: i + 1, ...make(i + 1) }))
  const tables = { fortunes: FORTUNES.map((message, i) => ({ id: i + 1, message })) }
  for (const [seed, table] of SEEDS.entries())
    tables[table] = numbered(sizes[table], number => makes[table](randomFrom(number * 10 + seed), number, sizes))
  tables.details = []
  for (const { id: orderId } of tables.orders) {
    const random = randomFrom(orderId * 10 + SEEDS.length)
    for (let left = random(DETAILS) + 1; left; left--) {
      const [productId, quantity, discount] = [random(sizes.products) + 1, random(100) + 1, random(4) / 4]
      tables.details.push({
        id: tables.details.length + 1,
        unitPrice: price(random),
        quantity,
        discount,
        orderId,
        productId,
      })
    }
  }
  return tables
}

/** Rows that are inserted at once. */
const BATCH = 10_000
/** Parents before children. */
const ORDER = ['worlds', 'fortunes', 'customers', 'employees', 'suppliers', 'products', 'orders', 'details']

/** Fills a new database. */
export async function fill(url, tables) {
  const models = modelsOf(plinth)
  await plinth.initDb({ models, url, migrations: false })
  const db = plinth.open({ models, url })
  try {
    for (const table of ORDER)
      for (let at = 0; at < tables[table].length; at += BATCH)
        await db[table].createMany(tables[table].slice(at, at + BATCH).map(({ id: _, ...row }) => row))
    await db.sql`ANALYZE`
  } finally {
    await db.close()
  }
}

/** The sums of an order in a list of orders. */
export const summary = (order, details) => ({
  id: order.id,
  shippedDate: order.shippedDate,
  shipName: order.shipName,
  shipCity: order.shipCity,
  shipCountry: order.shipCountry,
  productsCount: details.length,
  quantitySum: details.reduce((sum, { quantity }) => sum + quantity, 0),
  totalPrice: details.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0),
})

/** The calls of a peer on the rows themselves: the results that all peers must have. */
export function expected(tables) {
  const get = (table, id) => tables[table][id - 1]
  const detailsOf = new Map(tables.orders.map(({ id }) => [id, []]))
  for (const detail of tables.details) detailsOf.get(detail.orderId).push(detail)
  const worlds = tables.worlds.map(world => ({ ...world }))
  return {
    get: (table, id) => (table === 'worlds' ? { ...worlds[id - 1] } : get(table, id)),
    page: (table, limit, offset) => tables[table].slice(offset, offset + limit),
    search: (table, field, term) => tables[table].filter(row => row[field].includes(term)),
    fortunes: () => tables.fortunes,
    update(rows) {
      for (const row of rows) worlds[row.id - 1] = { ...row }
    },
    employee(id) {
      const row = get('employees', id)
      return { ...row, recipient: row.recipientId ? get('employees', row.recipientId) : null }
    },
    product(id) {
      const row = get('products', id)
      return { ...row, supplier: get('suppliers', row.supplierId) }
    },
    orders: (limit, offset) =>
      tables.orders.slice(offset, offset + limit).map(order => summary(order, detailsOf.get(order.id))),
    order: id => ({
      ...get('orders', id),
      details: detailsOf.get(id).map(detail => ({ ...detail, product: get('products', detail.productId) })),
    }),
  }
}
