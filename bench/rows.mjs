// What is measured: one model, and the same rows for everybody.
import { c, model, schema } from '../dist/index.js'

/** Rows to read. */
export const ROWS = 20_000

const columns = () => ({
  id: c.id(),
  createdAt: c.timestamp(),
  updatedAt: c.timestamp(),
  payload: c.json(),
  active: c.boolean(),
  note: c.text().nullable(),
  score: c.real(),
  title: c.text(),
  email: c.text(),
  city: c.text(),
  kind: c.text(),
  token: c.text(),
})

/** `imports` is emptied before each import, `events` keeps what it gets. */
export const models = schema({ events: model('events', columns()), imports: model('imports', columns()) })

/** The columns but `id`, and the fields they become. */
export const COLUMNS = [
  'created_at',
  'updated_at',
  'payload',
  'active',
  'note',
  'score',
  'title',
  'email',
  'city',
  'kind',
  'token',
]
export const FIELDS = COLUMNS.map(column => column.replace(/_(.)/, (_, letter) => letter.toUpperCase()))

let seed = 42
const random = n => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return seed % n
}
const CITIES = ['Berlin', 'Paris', 'São Paulo', 'Zürich', 'Osaka', 'New York', 'Lagos', 'Kraków']
const hex = () =>
  Array.from({ length: 2 }, () =>
    random(2 ** 31)
      .toString(16)
      .padStart(8, '0'),
  ).join('')

function row() {
  const at = new Date(1_750_000_000_000 + random(2 ** 30))
  return {
    createdAt: at,
    updatedAt: new Date(at.getTime() + random(1_000_000)),
    payload: { theme: random(2) ? 'dark' : 'light', size: random(100), tags: ['a', 'b'] },
    active: random(2) === 1,
    note: random(4) ? `note number ${random(10_000)}` : null,
    score: random(1_000_000) / 100,
    title: `The title of event ${random(100_000)}`,
    email: `user${random(1_000_000)}@example.com`,
    city: CITIES[random(CITIES.length)],
    kind: ['signup', 'login', 'purchase'][random(3)],
    token: hex(),
  }
}

/** The rows, without ids: in a fresh table the first gets 1. */
export const rows = Array.from({ length: ROWS }, row)

/** The groups that aggregates make of them, in the order of a database. */
export const groups = [...new Set(rows.map(row => row.city))].sort()

/** Of the i-th get, its id; of the i-th list, the id that it comes after. */
export const nth = i => ((i * 31) % ROWS) + 1
export const after = i => (i * 7919) % (ROWS - 1000)
