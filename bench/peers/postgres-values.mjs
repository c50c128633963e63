// Settings of PostgreSQL's drivers, so that they give the values that Plinth gives: keys as numbers, dates as Date.

/** Connections of a pool, as `open` has them by default. */
export const POOL = 10
/** The type of keys, which drivers give as text unless they are asked not to. */
export const INT8 = 20

/** The types of a connection of `pg` that gives keys as numbers. */
export const numbers = pg => ({
  getTypeParser: (oid, format) => (oid === INT8 ? Number : pg.types.getTypeParser(oid, format)),
})

/** The values of an event, in the order of its columns. The driver's own text of a Date takes longer to make. */
export const toSent = r => [
  r.createdAt.toISOString(),
  r.updatedAt.toISOString(),
  JSON.stringify(r.payload),
  r.active,
  r.note,
  r.score,
  r.title,
  r.email,
  r.city,
  r.kind,
  r.token,
]
