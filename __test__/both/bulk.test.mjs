// createMany of hundreds of rows, which databases take in another way than a few: the same values, keys and errors.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, jsonNull, model, schema } from 'plinth'
import { database, fails } from '../support/db.mjs'

const MANY = 700
const texts = [
  '',
  ' ',
  '\\',
  '\\N',
  '\\.',
  '\t',
  '\n',
  '\r\n',
  'a\tb\\tc',
  "it's",
  '"',
  'é',
  '日本',
  '\u{1f980}',
  'NULL',
]
const common = {
  id: c.id(),
  n: c.integer().unique(),
  text: c.text().nullable(),
  word: c.enum('word', ['a\\b', 'c\td']).nullable(),
  flag: c.boolean().nullable(),
  big: c.bigint().nullable(),
  ratio: c.real().nullable(),
  at: c.timestamp().nullable(),
  json: c.json().nullable(),
  bytes: c.bytes().nullable(),
  token: c.uuid().nullable(),
}
const models = schema({
  plain: model('plain', common),
  exact: model('exact', { ...common, small: c.int32().nullable(), price: c.decimal(12, 3).nullable(), day: c.date() }),
  keyed: model('keyed', { token: c.uuid().primaryKey().defaultRandom(), text: c.text() }),
})

const row = n => {
  if (n % 7 === 0) return { n, text: null }
  const text = texts[n % texts.length]
  return {
    n,
    text,
    word: n % 2 ? 'a\\b' : 'c\td',
    flag: n % 3 === 0,
    big: (n % 2 ? 1n : -1n) * 2n ** 63n + (n % 2 ? -1n : 0n),
    ratio: n % 5 ? n / 3 : -0,
    at: new Date(n % 4 ? n * 86_400_000 : -62_135_596_800_000),
    json: n % 11 ? { text, list: [n, null, { '': text }] } : jsonNull,
    bytes: Uint8Array.from([0, n % 256, 92, 9, 10]),
    token: `019f0000-0000-7000-8000-${String(n).padStart(12, '0')}`,
  }
}
const exact = n => ({ ...row(n), small: n - 350, price: `${n % 2 ? '-' : ''}${n}.0${n % 10}0`, day: '0001-01-01' })

for (const [name, make] of [
  ['plain', row],
  ['exact', exact],
]) {
  test(`many rows of ${name} come back as they went in, in order, with keys that count on`, async t => {
    const db = await database(t, models)
    await db[name].create(make(MANY + 1))
    const rows = Array.from({ length: MANY }, (_, n) => make(n))
    const made = await db[name].createMany(rows)
    assert.deepEqual(
      made.map(r => r.id),
      Array.from({ length: MANY }, (_, i) => i + 2),
    )
    for (const [i, given] of rows.entries()) {
      for (const key of Object.keys(given)) assert.deepStrictEqual(made[i][key], given[key], `${key} of row ${i}`)
    }
    assert.deepStrictEqual(await db[name].list({ where: { n: { lt: MANY } }, orderBy: { id: 'asc' } }), made)
    assert.equal((await db[name].create(make(MANY + 2))).id, MANY + 2)
  })

  test(`a row of ${name} that is refused is named, and nothing of the call stays`, async t => {
    const db = await database(t, models)
    await db[name].create(make(1000))
    const rows = Array.from({ length: MANY }, (_, n) => make(n === 650 ? 1000 : n))
    const error = { code: 'UNIQUE_VIOLATION', table: name, columns: ['n'], row: 650 }
    await fails(() => db[name].createMany(rows), error)
    assert.equal(await db[name].count(), 1)
    rows[650] = make(3)
    await fails(() => db.sync[name].createMany(rows), error)
    await db.transaction(async tx => {
      await tx[name].create(make(2000))
      await fails(() => tx.transaction(inner => inner[name].createMany(rows)), error)
      rows[650] = make(650)
      assert.equal((await tx[name].createMany(rows)).length, MANY)
      await tx[name].delete(1)
    })
    assert.equal(await db[name].count(), MANY + 1)
  })
}

test('many rows whose keys are no numbers of the database', async t => {
  const db = await database(t, models)
  const made = await db.keyed.createMany(Array.from({ length: MANY }, (_, n) => ({ text: `${n}\\` })))
  assert.deepStrictEqual(await db.keyed.list({ orderBy: { token: 'asc' } }), made)
})
