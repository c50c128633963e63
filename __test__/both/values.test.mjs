// Values of every kind come back as they went in, whichever call writes and whichever reads. Defaults are in defaults.test.mjs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, jsonNull, model, schema } from 'plinth'
import { database, raw } from '../support/db.mjs'
import { here, storable, unless } from '../support/differences.mjs'

const kinds = {
  integer: c.integer(),
  int32: c.int32(),
  bigint: c.bigint(),
  real: c.real(),
  decimal: c.decimal(18, 6),
  exact: c.decimal(18, 18),
  whole: c.decimal(18),
  text: c.text(),
  short: c.text({ max: 5 }),
  lower: c.text().lowercase(),
  boolean: c.boolean(),
  uuid: c.uuid(),
  timestamp: c.timestamp(),
  date: c.date(),
  json: c.json(),
  bytes: c.bytes(),
  enum: c.enum('odd_words', ['', "it's", 'ünï', 'b"q', 'a']),
}
const nullable = Object.fromEntries(Object.entries(kinds).map(([name, column]) => [name, column.nullable()]))
const models = schema(
  {
    things: model('things', { id: c.id(), slot: c.integer().unique(), ...nullable }),
    holders: model('holders', { id: c.id(), thingId: c.integer().references('things.id') }),
    strict: model('strict', { id: c.id(), ...kinds }),
  },
  {
    things: r => ({ holders: r.many('holders', 'thingId') }),
    holders: r => ({ thing: r.one('things', 'thingId') }),
  },
)

/** Writes a value by every call that writes, reads it by every call that reads, blocking ones too. */
async function everyWay(db, column, value, expected = value) {
  const is = (row, how) => assert.deepStrictEqual(row[column], expected, `${column} by ${how}`)
  let slot = 0
  const read = async (id, how) => {
    is(await db.things.get(id), `${how}, get`)
    is(await db.things.get(id, { select: [column] }), `${how}, get with select`)
    is(await db.things.find({ where: { id } }), `${how}, find`)
    is((await db.things.list({ where: { id } }))[0], `${how}, list`)
    is(db.sync.things.get(id), `${how}, sync get`)
    is(db.sync.things.list({ where: { id } })[0], `${how}, sync list`)
    const holder = await db.holders.create({ thingId: id })
    is((await db.holders.get(holder.id, { include: { thing: true } })).thing, `${how}, include`)
  }
  const written = async (row, how) => {
    is(row, how)
    await read(row.id, how)
  }
  await written(await db.things.create({ slot: slot++, [column]: value }), 'create')
  await written(db.sync.things.create({ slot: slot++, [column]: value }), 'sync create')
  const many = () => [{ slot: slot++, [column]: value }, { slot: slot++ }, { slot: slot++, [column]: value }]
  const made = await db.things.createMany(many())
  assert.equal(made[1][column], null)
  await written(made[0], 'createMany')
  await written(made[2], 'createMany')
  await written(db.sync.things.createMany(many())[2], 'sync createMany')
  const { id } = await db.things.create({ slot: slot++ })
  await written(await db.things.update(id, { [column]: value }), 'update')
  assert.equal((await db.things.update(id, { [column]: null }))[column], null)
  assert.equal((await db.things.get(id))[column], null)
  assert.equal(await db.things.updateMany({ where: { id } }, { [column]: value }), 1)
  await read(id, 'updateMany')
  await written(await db.things.upsert({ slot, [column]: value }, { on: ['slot'] }), 'upsert')
  await db.things.updateMany({ all: true }, { [column]: null })
  await written(await db.things.upsert({ slot, [column]: value }, { on: ['slot'] }), 'upsert of an existing row')
  await written(db.sync.things.upsert({ slot: 0 }, { on: ['slot'], update: { [column]: value } }), 'sync upsert')
  await db.holders.deleteMany({ all: true })
  await db.things.deleteMany({ all: true })
}

const long = 'The quick brown fox. '.repeat(60_000)
const uuid = '018f3c1e-8d2a-7c3b-9f10-2b6a5d4c3e2f'
const every = Uint8Array.from({ length: 256 }, (_, i) => i)
const ordered = { z: 1, a: { y: [], b: {} }, 10: 'x', 2: 'y', '': null }

// What is given; where it comes back in canonical form, [given, expected].
const values = {
  integer: [
    0,
    1,
    -1,
    2 ** 31 - 1,
    2 ** 31,
    -(2 ** 31),
    -(2 ** 31) + 1,
    -(2 ** 31) - 1,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    [-0, 0],
  ],
  int32: [0, 2147483647, -2147483648, -2147483647, [-0, 0]],
  bigint: [0n, 1n, -1n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), 0x7ff0000000000001n, -0x0010000000000001n],
  real: [
    0,
    -0,
    0.1,
    -1.5,
    1 / 3,
    5e-324,
    -5e-324,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    Number.EPSILON,
    2 ** 53,
    2 ** 63,
    1e21,
    100,
  ],
  decimal: [
    '0.000000',
    '-0.000001',
    '123456789012.123456',
    '999999999999.999999',
    '-999999999999.999999',
    ['1', '1.000000'],
    ['-0', '0.000000'],
    ['007.50', '7.500000'],
    ['1.5000000000', '1.500000'],
  ],
  exact: ['0.000000000000000000', '0.999999999999999999', '-0.000000000000000001', ['0', '0.000000000000000000']],
  whole: ['0', '999999999999999999', '-999999999999999999', ['0042', '42'], ['5.000', '5']],
  text: [
    '',
    ' ',
    'null',
    '0',
    '1e3',
    'plain',
    'é',
    'ÿĀ',
    '日本語',
    '😀👩‍👩‍👧',
    'a\0b',
    '\0',
    '\r\n\t',
    "'; DROP TABLE things; --",
    '\ufeffbom',
    '\uffff',
    'e\u0301',
    '\u{10ffff}',
  ],
  short: ['', 'abcde', '日本語日本', '😀😀😀😀😀', 'a\0b\0c'],
  lower: ['', 'ada', ['ADA É Я', 'ada é я'], ['İ', 'i̇'], ['ΑΣ', 'ας'], 'ß'],
  boolean: [true, false],
  uuid: [
    uuid,
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    [uuid.toUpperCase(), uuid],
  ],
  timestamp: [
    '1970-01-01T00:00:00.000Z',
    '1969-12-31T23:59:59.999Z',
    '0001-01-01T00:00:00.000Z',
    '9999-12-31T23:59:59.999Z',
    '2024-02-29T12:34:56.789Z',
    '1582-10-10T00:00:00.001Z',
  ].map(text => new Date(text)),
  date: ['0001-01-01', '9999-12-31', '2024-02-29', '1900-02-28', '2026-11-20'],
  json: [
    true,
    false,
    0,
    -1.5,
    1e300,
    5e-324,
    '',
    'text',
    'null',
    '\0',
    '😀',
    '"\\',
    [],
    {},
    jsonNull,
    [null, [[]]],
    ordered,
    JSON.parse('{"__proto__":{"a":1},"constructor":2}'),
    [[-0], [0]],
    [{ a: undefined, b: 1 }, { b: 1 }],
    [[jsonNull], [null]],
    { nested: { deep: [{ er: [1, { a: null }] }] } },
  ],
  bytes: [
    Uint8Array.of(),
    Uint8Array.of(0),
    every,
    [Buffer.from('abc'), Uint8Array.of(97, 98, 99)],
    [every.subarray(10, 13), Uint8Array.of(10, 11, 12)],
  ],
  enum: ['', "it's", 'ünï', 'b"q', 'a'],
}

for (const [column, list] of Object.entries(values)) {
  test(`${column} comes back as it went in`, async t => {
    const db = await database(t, models)
    for (const value of list.filter(storable)) {
      // JSON arrays are values themselves, except for the pairs at its end.
      const pair = Array.isArray(value) && value.length === 2 && !(column === 'json' && value[0] === null)
      await (pair ? everyWay(db, column, value[0], value[1]) : everyWay(db, column, value))
    }
    await everyWay(db, column, null)
  })
}

test('JSON keeps the order of its keys', unless('jsonKeepsKeyOrder'), async t => {
  const db = await database(t, models)
  await everyWay(db, 'json', ordered)
  const row = await db.things.create({ slot: 1, json: ordered })
  assert.equal(JSON.stringify(row.json), JSON.stringify(ordered))
  assert.equal(JSON.stringify((await db.things.get(row.id)).json), JSON.stringify(ordered))
})

test('text, JSON and bytes of more than a megabyte', async t => {
  const db = await database(t, models)
  const bytes = new Uint8Array(3_000_000).map((_, i) => i * 31)
  const texts = [long, `${long}日`, `${long}é`, '😀'.repeat(400_000), '\0'.repeat(1_100_000)]
  for (const text of texts.filter(storable)) {
    const row = await db.things.create({ slot: 1, text, json: { text }, bytes })
    for (const read of [row, await db.things.get(row.id), db.sync.things.get(row.id)]) {
      assert.ok(read.text === text, 'text')
      assert.ok(read.json.text === text, 'JSON')
      assert.ok(Buffer.compare(read.bytes, bytes) === 0, 'bytes')
    }
    assert.equal(await db.things.count({ where: { text } }), 1)
    assert.equal(await db.things.count({ where: { text: { in: [text] } } }), 1)
    await db.things.deleteMany({ all: true })
  }
})

test('rows of all kinds at once, in any number, do not mix', async t => {
  const db = await database(t, models)
  const names = Object.keys(kinds)
  const plain = value => (Array.isArray(value) ? value[1] : value)
  const lists = Object.fromEntries(names.map(name => [name, values[name].filter(storable)]))
  const rows = Array.from({ length: 700 }, (_, i) => {
    const pick = name =>
      i % 5 === 4 ? null : name === 'json' ? lists.json[i % 16] : plain(lists[name][i % lists[name].length])
    return { id: i + 1, slot: i, ...Object.fromEntries(names.map(name => [name, pick(name)])) }
  })
  assert.deepStrictEqual(await db.things.createMany(rows), rows)
  assert.deepStrictEqual(await db.things.list({ orderBy: { id: 'asc' } }), rows)
  assert.deepStrictEqual(db.sync.things.list({ orderBy: { id: 'desc' } }), [...rows].reverse())
  const full = rows.filter((_, i) => i % 5 !== 4).map(({ slot: _, ...row }) => row)
  assert.deepStrictEqual(await db.strict.createMany(full), full)
  assert.deepStrictEqual(await db.strict.list({ orderBy: { id: 'asc' } }), full)
})

test('SQL NULL, JSON null and the text "null" are three values', async t => {
  const db = await database(t, models)
  await db.things.createMany([
    { slot: 0, json: null },
    { slot: 1, json: jsonNull },
    { slot: 2, json: 'null' },
    { slot: 3 },
  ])
  const rows = await db.things.list({ orderBy: { slot: 'asc' } })
  assert.deepEqual(
    rows.map(r => r.json),
    [null, jsonNull, 'null', null],
  )
  assert.equal(JSON.stringify(rows[1].json), 'null')
  const stored = await db.sql`SELECT json IS NULL AS none, CAST(json AS TEXT) AS text FROM things ORDER BY slot`
  assert.deepEqual(stored, [
    { none: here('rawTrue'), text: null },
    { none: here('rawFalse'), text: 'null' },
    { none: here('rawFalse'), text: '"null"' },
    { none: here('rawTrue'), text: null },
  ])
})

test('a row given back shares nothing with the values given', async t => {
  const db = await database(t, models)
  const given = { slot: 1, json: { a: [1] }, bytes: Uint8Array.of(1), timestamp: new Date(5) }
  const row = await db.things.create(given)
  given.json.a.push(2)
  given.bytes[0] = 9
  given.timestamp.setTime(0)
  assert.deepEqual([row.json, row.bytes, row.timestamp], [{ a: [1] }, Uint8Array.of(1), new Date(5)])
  row.json.a.push(3)
  assert.deepEqual((await db.things.get(row.id)).json, { a: [1] })
})

test('decimals are exact in order, sums and equality', async t => {
  const db = await database(t, models)
  const given = ['0.1', '0.2', '-0.3', '100000000000.000001', '99999999999.999999', '-12.5']
  await db.things.createMany(given.map((decimal, slot) => ({ slot, decimal })))
  const rows = await db.things.list({ orderBy: { decimal: 'asc' }, where: { decimal: { gt: '-12.6' } } })
  assert.deepEqual(
    rows.map(r => r.slot),
    [5, 2, 0, 1, 4, 3],
  )
  assert.equal(await db.things.count({ where: { decimal: '0.10' } }), 1)
  assert.equal(await db.things.count({ where: { decimal: { in: ['0.2000', '-0.3', '7'] } } }), 2)
  assert.equal(await db.things.count({ where: { decimal: { lt: '100000000000', gte: '0.2' } } }), 2)
  const sum = `SELECT sum(decimal) = -${here('rawTwelveAndAHalf')} AS exact FROM things WHERE slot IN (0, 1, 2, 5)`
  assert.deepEqual(await raw(db, sum), [{ exact: here('rawTrue') }])
})

test('bigints are found at both ends', async t => {
  const db = await database(t, models)
  const ends = [-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n + 1n]
  await db.things.createMany(ends.map((bigint, slot) => ({ slot, bigint })))
  for (const bigint of ends) {
    assert.equal((await db.things.find({ where: { bigint } })).bigint, bigint)
    assert.equal(await db.things.count({ where: { bigint: { in: [bigint] } } }), 1)
  }
  assert.equal(await db.things.count({ where: { bigint: 2n ** 53n } }), 0)
  assert.equal(await db.things.count({ where: { bigint: { gte: -(2n ** 63n), lt: 2n ** 63n - 1n } } }), 2)
})
