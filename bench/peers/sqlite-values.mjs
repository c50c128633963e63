// The values of SQLite's columns, as code by hand converts them: dates as text or as integers, JSON as text, booleans as 0 and 1.

/** A Date as this form stores it. */
export const dateTo = dates => (dates === 'integer' ? date => date.getTime() : date => date.toISOString())

/** The values of an event, in the order of its columns. */
export function toStored(dates) {
  const date = dateTo(dates)
  return r => [
    date(r.createdAt),
    date(r.updatedAt),
    JSON.stringify(r.payload),
    r.active ? 1 : 0,
    r.note,
    r.score,
    r.title,
    r.email,
    r.city,
    r.kind,
    r.token,
  ]
}

/** An event as it is stored, its names converted already; `new Date` takes both forms. */
export const toEvent = r => ({
  id: r.id,
  createdAt: new Date(r.createdAt),
  updatedAt: new Date(r.updatedAt),
  payload: JSON.parse(r.payload),
  active: r.active === 1,
  note: r.note,
  score: r.score,
  title: r.title,
  email: r.email,
  city: r.city,
  kind: r.kind,
  token: r.token,
})

export const toPost = r => ({
  id: r.id,
  userId: r.userId,
  title: r.title,
  published: r.published === 1,
  createdAt: new Date(r.createdAt),
})

export const toComment = r => ({ id: r.id, postId: r.postId, body: r.body, createdAt: new Date(r.createdAt) })

/** The settings of a connection that all peers on SQLite have: those of Plinth. */
export const PRAGMAS = ['journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON', 'cache_size = -16384']
