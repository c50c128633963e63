// Writes of every kind, the promise of each, and the comparison of promises with the rows that exist.
import { c, model, PlinthError, schema } from 'plinth'

/** Users with a unique email, which is what a write makes. */
export const models = schema({
  users: model('users', { id: c.id(), email: c.text().unique(), name: c.text().nullable() }),
})

const inUnit = async (unit, emails) => {
  for (const email of emails) await unit.users.create({ email })
}

/** Each way to write: how many rows it makes, all of them or none. */
export const WAYS = {
  create: { rows: 1, write: (db, [email], name) => db.users.create({ email, name }) },
  upsert: { rows: 1, write: (db, [email], name) => db.users.upsert({ email, name }, { on: ['email'] }) },
  sql: { rows: 1, write: (db, [email]) => db.sql`INSERT INTO users (email) VALUES (${email})` },
  readAndCreate: {
    rows: 1,
    async write(db, [email], name) {
      await db.users.count()
      await db.users.create({ email, name })
    },
  },
  createMany: { rows: 3, write: (db, emails, name) => db.users.createMany(emails.map(email => ({ email, name }))) },
  transaction: { rows: 3, write: (db, emails) => db.transaction(tx => inUnit(tx, emails)) },
  retries: { rows: 3, write: (db, emails) => db.transaction(tx => inUnit(tx, emails), { retries: 5 }) },
  session: {
    rows: 3,
    async write(db, emails) {
      const session = db.session()
      try {
        await inUnit(session, emails)
        await session.commit()
      } finally {
        await session.close()
      }
    },
  },
}

/** The emails that a write of this key makes. */
const emailsOf = (key, way) =>
  WAYS[way].rows === 1 ? [key] : Array.from({ length: WAYS[way].rows }, (_, at) => `${key}.${at}`)

/** What is wrong with an error that a call gave; undefined for an error of Plinth with a stable code. */
export function faultOf(error) {
  if (!(error instanceof PlinthError)) return `an error that is not Plinth's: ${error?.stack ?? error}`
  return error.code === 'INTERNAL' ? `INTERNAL: ${error.message}` : undefined
}

/** Writes, and gives the promise: `done`, `not` (nothing was committed) or `maybe`; `wrong` if the error is not one of Plinth. */
export async function write(db, key, way, name = null) {
  try {
    await WAYS[way].write(db, emailsOf(key, way), name)
    return { key, way, promise: 'done' }
  } catch (error) {
    const promise = error.mayHaveCommitted ? 'maybe' : 'not'
    return { key, way, promise, code: error.code, wrong: faultOf(error) }
  }
}

/** The promises that are not true of the rows that exist; `emails` is a set. */
export function lies(promises, emails) {
  const wrong = []
  for (const { key, way, promise, code, wrong: fault } of promises) {
    const all = emailsOf(key, way)
    const found = all.filter(email => emails.has(email)).length
    if (fault) wrong.push(`${way} ${key}: ${fault}`)
    if (promise === 'done' && found < all.length)
      wrong.push(`${way} ${key} succeeded: ${found} of ${all.length} rows exist`)
    if (promise === 'not' && found > 0) wrong.push(`${way} ${key} failed with ${code}: ${found} rows exist`)
    if (promise === 'maybe' && found > 0 && found < all.length) wrong.push(`${way} ${key} is half done`)
  }
  return wrong
}

/** Writes of several rows of which only some exist, whatever was promised. */
export function halves(emails) {
  const parts = new Map()
  for (const email of emails) {
    const [key, part] = email.split('.')
    if (part !== undefined) parts.set(key, (parts.get(key) ?? 0) + 1)
  }
  return [...parts].filter(([, n]) => n !== 3).map(([key, n]) => `${key} is half done: ${n} of 3 rows`)
}

/** Compares the promises with the rows of a database; counts both in the campaign, and reports what was lost. */
export function compare(campaign, promises, emails, where = '') {
  for (const loss of new Set([...lies(promises, emails), ...halves(emails)])) campaign.lose(`${where}${loss}`)
  campaign.count('writes acknowledged', promises.filter(({ promise }) => promise === 'done').length)
  const failed = promises.filter(({ promise }) => promise !== 'done')
  if (failed.length) campaign.count('failed', failed.length)
  const unclear = failed.filter(({ promise }) => promise === 'maybe')
  if (unclear.length) campaign.count('of them unclear', unclear.length)
}
