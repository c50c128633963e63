// The campaign of damaged cursors: `after` of a page is changed, cut, taken from another order, or forged with a right checksum. A changed one is
// CURSOR_INVALID; a forged one gives rows or CURSOR_INVALID, and never another error.
import { createHash } from 'node:crypto'
import { c, initDb, model, open, schema } from 'plinth'
import { pick } from './support/campaign.mjs'
import { faultOf } from './support/ledger.mjs'
import { onServer, serverUrl } from './support/places.mjs'

const models = schema({
  things: model('things', {
    id: c.id(),
    text: c.text().nullable(),
    n: c.integer().nullable(),
    big: c.bigint().nullable(),
    at: c.timestamp().nullable(),
    real: c.real().nullable(),
    price: c.decimal(8, 2).nullable(),
    key: c.uuid().nullable(),
    word: c.enum('word', ['a', 'b']).nullable(),
    day: c.date().nullable(),
    yes: c.boolean().nullable(),
  }),
})

const COLUMNS = ['text', 'n', 'big', 'at', 'real', 'price', 'key', 'word', 'day', 'yes']
const ORDERS = [...COLUMNS.map(name => ({ [name]: 'asc' })), [{ n: 'desc' }, { text: 'asc' }]]

const LEAVES = [
  null,
  1,
  -1,
  1.5,
  -0,
  1e308,
  2 ** 53,
  8.64e15 + 1,
  'x',
  '',
  '9'.repeat(40),
  '99999999999999999999',
  '0x10',
  '1e1',
  ' 12 ',
  '1n',
  '1.5',
  '\0',
  '\ud800',
  '2026-01-01',
  '2023-02-29',
  '__proto__',
  true,
  {},
  [],
  { a: 1 },
  [[]],
  [null],
  ['x'],
  [1],
  ['1', '2'],
]

const encoded = text => Buffer.from(text).toString('base64url')
const sum = text => createHash('sha256').update(text).digest('base64url').slice(0, 11)

/** A cursor with other values, and the checksum that belongs to them. */
function forged(cursor, change) {
  const [values, order] = JSON.parse(Buffer.from(cursor, 'base64url'))
  const text = JSON.stringify(change(values))
  return encoded(`[${text},"${order}","${sum(text + order)}"]`)
}

/** Each change of a cursor that its checksum must show. */
const CHANGES = {
  bit(cursor, below) {
    const bytes = Buffer.from(cursor)
    bytes[below(bytes.length)] ^= 1 << below(7)
    return bytes.toString('latin1')
  },
  cut: (cursor, below) => cursor.slice(0, below(cursor.length)),
  longer: (cursor, below) => cursor + String.fromCharCode(below(256)),
  random: (_, below) => Buffer.from(Array.from({ length: below(60) }, () => below(256))).toString('base64url'),
  other: (_, below) => pick(below, LEAVES),
}

/** Values as a forger would change them. */
function otherValues(values, below) {
  if (below(4) === 0) return pick(below, LEAVES)
  const some = values.map(value => (below(2) ? pick(below, LEAVES) : value))
  return below(10) === 0 ? [...some, pick(below, LEAVES)] : some
}

async function filled(url) {
  const db = open({ models, url })
  await initDb({ db, migrations: false })
  const row = (_, i) => ({
    text: i % 3 ? `e${i}` : null,
    n: i % 5,
    big: BigInt(i),
    at: new Date(i * 1e9),
    real: i / 3,
    price: `${i}.50`,
    word: i % 2 ? 'a' : 'b',
    day: '2026-01-01',
    yes: i % 2 === 0,
  })
  await db.things.createMany(Array.from({ length: 50 }, row))
  return db
}

export async function cursors(campaign) {
  const databases = [await filled('sqlite::memory:')]
  campaign.after(() => Promise.all(databases.map(db => db.close())))
  if (await serverUrl()) {
    const { url, drop } = await onServer()
    campaign.after(drop)
    databases.push(await filled(url))
  }
  await campaign.repeat(async below => {
    const db = pick(below, databases)
    const orderBy = pick(below, ORDERS)
    const page = after => db.things.page({ orderBy, limit: 3, after })
    const { next } = await page(null)
    const unchanged = await page(forged(next, values => values))
    if (unchanged.rows.length !== 3) campaign.lose('the campaign does not know the form of cursors any more')
    const isForged = below(2) === 0
    const name = isForged ? 'forged' : pick(below, Object.keys(CHANGES))
    const cursor = isForged ? forged(next, values => otherValues(values, below)) : CHANGES[name](next, below)
    // A page without a cursor is the first one: nothing is damaged.
    if (cursor === next || cursor === null || cursor === undefined) return
    campaign.faults++
    const where = `${name} ${JSON.stringify(cursor)} by ${JSON.stringify(orderBy)}: `
    try {
      const { rows } = await page(cursor)
      if (!isForged) campaign.lose(`${where}it was taken`)
      if (!Array.isArray(rows)) campaign.lose(`${where}no rows`)
      campaign.count('forged and taken')
    } catch (error) {
      const fault = faultOf(error) ?? (error.code === 'CURSOR_INVALID' ? undefined : `${error.code}: ${error.message}`)
      if (fault) campaign.lose(where + fault)
    }
  })
}
