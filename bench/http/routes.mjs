// The requests over HTTP: paths, and their answers by the calls of a peer. The measured server and the check of its answers share them.
import { randomFrom } from '../data.mjs'
import { sizesOf, TERMS } from './rows.mjs'
import { SEARCHED } from './tables.mjs'

/** TechEmpower's number of queries and updates of a request. */
const QUERIES = 20
const PAGE = 50

/** Different keys of worlds in order, so that concurrent updates wait for each other and never form a circle. */
function worldsOf(seed) {
  const random = randomFrom(seed)
  const ids = new Set()
  while (ids.size < QUERIES) ids.add(random(10_000) + 1)
  return [...ids].sort((a, b) => a - b)
}

const worldsBy = (it, seed) => Promise.all(worldsOf(seed).map(id => it.get('worlds', id)))

const HTML = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escaped = text => text.replace(/[&<>"']/g, sign => HTML[sign])

async function fortunes(it) {
  const all = [...(await it.fortunes()), { id: 0, message: 'Additional fortune added at request time.' }]
  all.sort((a, b) => (a.message < b.message ? -1 : 1))
  const lines = all.map(({ id, message }) => `<tr><td>${id}</td><td>${escaped(message)}</td></tr>`)
  return `<!DOCTYPE html><html><head><title>Fortunes</title></head><body><table><tr><th>id</th><th>message</th></tr>${lines.join('')}</table></body></html>`
}

/** The answer of a path `/name/argument/...`: an object for JSON, or text of a page. */
const answers = {
  world: (it, id) => it.get('worlds', id),
  worlds: worldsBy,
  async update(it, seed) {
    const random = randomFrom(seed + 1)
    const rows = (await worldsBy(it, seed)).map(({ id }) => ({ id, randomNumber: random(10_000) + 1 }))
    await it.update(rows)
    return rows
  },
  fortunes,
  customers: (it, offset) => it.page('customers', PAGE, offset),
  customer: (it, id) => it.get('customers', id),
  'search-customers': (it, at) => it.search('customers', SEARCHED.customers, TERMS.customers[at]),
  employees: (it, offset) => it.page('employees', PAGE, offset),
  employee: (it, id) => it.employee(id),
  suppliers: (it, offset) => it.page('suppliers', PAGE, offset),
  supplier: (it, id) => it.get('suppliers', id),
  products: (it, offset) => it.page('products', PAGE, offset),
  product: (it, id) => it.product(id),
  'search-products': (it, at) => it.search('products', SEARCHED.products, TERMS.products[at]),
  orders: (it, offset) => it.orders(PAGE, offset),
  order: (it, id) => it.order(id),
}

/** The answer of a path, or undefined if no such path exists. */
export function answer(it, path) {
  const [, name, argument] = path.split('/')
  return Object.hasOwn(answers, name) ? answers[name](it, Number(argument)) : undefined
}

const paths = (n, make) => Array.from({ length: n }, (_, i) => make(i))

/** The requests of the shop, in equal parts, with keys and pages from a fixed seed. */
function shop(rows) {
  const sizes = sizesOf(rows)
  const random = randomFrom(7)
  const key = table => random(sizes[table]) + 1
  const offset = table => random(Math.max(1, sizes[table] - PAGE))
  const names = Object.keys(answers).slice(Object.keys(answers).indexOf('customers'))
  const arguments_ = {
    'search-customers': () => random(TERMS.customers.length),
    'search-products': () => random(TERMS.products.length),
    customer: () => key('customers'),
    employee: () => key('employees'),
    supplier: () => key('suppliers'),
    product: () => key('products'),
    order: () => key('orders'),
  }
  return paths(names.length * 20, i => {
    const name = names[i % names.length]
    return `/${name}/${(arguments_[name] ?? (() => offset(name)))()}`
  })
}

/** For each workload its paths, the number of requests of a round, and the paths that are compared if they are others. */
export const requestsOf = {
  query: { paths: () => paths(1_000, i => `/world/${((i * 31) % 10_000) + 1}`), amount: 4_000 },
  queries: { paths: () => paths(100, i => `/worlds/${i}`), amount: 600 },
  updates: {
    paths: () => paths(100, i => `/update/${i}`),
    amount: 300,
    // Each is read again, so that an update that was not made is found.
    compared: () => paths(40, i => `/${i % 2 ? 'worlds' : 'update'}/${i >> 1}`),
  },
  fortunes: { paths: () => ['/fortunes'], amount: 3_000 },
  shop: { paths: shop, amount: 1_200 },
}
