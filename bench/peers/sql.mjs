// The SQL of those peers that are used by hand, the same for both databases except for parameters and lists of keys.
import { COLUMNS, FIELDS } from '../data.mjs'

const named = (column, field) => (column === field ? column : `${column} AS "${field}"`)
const fields = ['id', ...COLUMNS.map((column, i) => named(column, FIELDS[i]))].join(', ')
const plain = ['id', ...COLUMNS].join(', ')

/** One INSERT of so many events; `place` makes the n-th parameter, from 1 on. */
export function insertEvents(place, rows = 1) {
  const tuple = row => `(${COLUMNS.map((_, i) => place(row * COLUMNS.length + i + 1)).join(', ')})`
  return `INSERT INTO events (${COLUMNS.join(', ')}) VALUES ${Array.from({ length: rows }, (_, row) => tuple(row)).join(', ')}`
}

/** The statements of a database. `place(n)` is its n-th parameter, `within(n)` a test for the keys in its n-th. */
export function statements({ place, within, count }) {
  const select = `SELECT ${fields} FROM events`
  return {
    get: `${select} WHERE id = ${place(1)}`,
    list: `${select} WHERE id > ${place(1)} ORDER BY id LIMIT ${place(2)}`,
    getPlain: `SELECT ${plain} FROM events WHERE id = ${place(1)}`,
    listPlain: `SELECT ${plain} FROM events WHERE id > ${place(1)} ORDER BY id LIMIT ${place(2)}`,
    all: `${select} ORDER BY id`,
    find: `${select} WHERE email = ${place(1)}`,
    exists: `SELECT EXISTS (SELECT 1 FROM events WHERE email = ${place(1)}) AS found`,
    count: `SELECT ${count} AS n FROM events`,
    groupBy: `SELECT city, ${count} AS count, sum(score) AS sum FROM events GROUP BY city ORDER BY city`,
    users: `SELECT id, name, email FROM users WHERE id > ${place(1)} ORDER BY id LIMIT ${place(2)}`,
    posts: `SELECT id, user_id AS "userId", title, published, created_at AS "createdAt" FROM posts WHERE user_id ${within(1)} ORDER BY id`,
    comments: `SELECT id, post_id AS "postId", body, created_at AS "createdAt" FROM comments WHERE post_id ${within(1)} ORDER BY id`,
    create: insertEvents(place),
    update: `UPDATE events SET title = ${place(1)}, score = ${place(2)} WHERE id = ${place(3)}`,
    upsert: `${insertEvents(place)} ON CONFLICT (email) DO UPDATE SET ${COLUMNS.map(column => `${column} = excluded.${column}`).join(', ')}`,
  }
}

/** Puts the children of each parent into its property `name`. */
export function attach(parents, children, key, name) {
  const byKey = new Map()
  for (const parent of parents) {
    parent[name] = []
    byKey.set(parent.id, parent[name])
  }
  for (const child of children) byKey.get(child[key]).push(child)
  return parents
}
