// Values that their column cannot hold: refused before the database, with the place, what was expected and what was found.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setUp } from '../support/bad-input.mjs'
import { everything } from '../support/db.mjs'

/** Refuses a value wherever one can stand: in each call that writes, and in filters. */
async function everywhere({ db, refused }, column, value, fields) {
  const expected = { code: 'VALUE_INVALID', name: 'ValidationError', table: 'users', columns: [column], ...fields }
  const row = { email: 'new', [column]: value }
  await refused(() => db.users.create(row), expected)
  await refused(() => db.sync.users.create(row), expected)
  await refused(() => db.users.createMany([{ email: 'one' }, row]), { ...expected, ...inRow(fields.message) })
  await refused(() => db.users.update(1, { name: 'B', [column]: value }), expected)
  await refused(() => db.users.updateMany({ all: true }, { [column]: value }), expected)
  await refused(() => db.users.upsert(row, { on: ['email'] }), expected)
  await refused(() => db.users.upsert({ email: 'ada@x' }, { on: ['email'], update: { [column]: value } }), expected)
}
const inRow = message => ({ row: 1, ...(message && { message: new RegExp(message.source.replace('^', '^Row 1: ')) }) })

async function filters({ db, refused }, column, value, fields) {
  const expected = { code: 'VALUE_INVALID', table: 'users', columns: [column], ...fields }
  await refused(() => db.users.list({ where: { [column]: value } }), expected)
  await refused(() => db.users.count({ where: { or: [{ [column]: { ne: value } }] } }), expected)
  await refused(() => db.users.deleteMany({ where: { [column]: { in: [value] } } }), expected)
}

const wrongTypes = {
  age: [
    ['5', /a safe integer .*found "5"/],
    [true, /found true/],
    [5n, /found 5n/],
    [{}, /found an object/],
    [[], /found an array/],
  ],
  small: [
    ['5', /an integer from -2147483648/],
    [1.5, /found 1.5/],
  ],
  big: [
    [5, /a bigint of 64 bits, found 5/],
    ['5', /found "5"/],
    [1.5, /found 1.5/],
  ],
  ratio: [
    ['1.5', /a finite number, found "1.5"/],
    [1n, /found 1n/],
  ],
  price: [
    [12.5, /text with a number of at most 4 digits before and 2 after the point, found 12.5/],
    [1n, /found 1n/],
  ],
  active: [
    [1, /true or false, found 1/],
    ['true', /found "true"/],
    [0, /found 0/],
  ],
  role: [[1, /one of 'admin', 'member', found 1/]],
  token: [
    [1, /a UUID such as/],
    [Uint8Array.of(1), /found a Uint8Array/],
  ],
  seenAt: [
    ['2026-01-01', /a Date, found "2026-01-01"/],
    [0, /a Date, found 0/],
    [Object.create(Date.prototype), /a valid Date from the years 0001 to 9999, found an invalid Date/],
  ],
  birthday: [
    [new Date(0), /a day such as '2026-11-20', found the Date 1970-01-01T00:00:00.000Z/],
    [20260101, /found 20260101/],
  ],
  picture: [
    ['abc', /a Uint8Array, found "abc"/],
    [[1, 2], /found an array/],
    [new Uint16Array(1), /found a Uint16Array/],
    [new ArrayBuffer(1), /found an ArrayBuffer/],
    [Object.create(Uint8Array.prototype), /a Uint8Array, found a Uint8Array/],
  ],
  name: [
    [5, /text, found 5/],
    [Symbol('x'), /found a symbol/],
    [() => {}, /found a function/],
    [new Date(NaN), /found an invalid Date/],
    [Object.create(Date.prototype), /found an invalid Date/],
    [new String('x'), /found a String/],
  ],
}
for (const [column, cases] of Object.entries(wrongTypes)) {
  test(`wrong type: ${column}`, async t => {
    const context = await setUp(t)
    for (const [value, message] of cases) {
      await everywhere(context, column, value, {
        message: new RegExp(`^users\\.${column}: expected ${message.source.replace(/^found/, '.*found')}`),
      })
    }
  })
}

test('a number that is not whole or not safe', async t => {
  const context = await setUp(t)
  for (const value of [1.5, 2 ** 53, -(2 ** 53), NaN, Infinity]) {
    const fields = { message: /^users\.age: expected a safe integer \(within 2\^53 - 1\), found / }
    await everywhere(context, 'age', value, fields)
    await filters(context, 'age', value, fields)
  }
})

test('an integer out of 32 bits', async t => {
  const context = await setUp(t)
  for (const value of [2147483648, -2147483649, 2 ** 40]) {
    await everywhere(context, 'small', value, {
      found: String(value),
      message: /^users\.small: expected an integer from -2147483648 to 2147483647/,
    })
    await filters(context, 'small', value, { found: String(value) })
  }
})

test('a bigint out of 64 bits', async t => {
  const context = await setUp(t)
  for (const value of [2n ** 63n, -(2n ** 63n) - 1n, 10n ** 40n]) {
    await everywhere(context, 'big', value, { expected: 'a bigint of 64 bits', found: `${value}n` })
    await filters(context, 'big', value, { found: `${value}n` })
  }
})

test('NaN and infinities', async t => {
  const context = await setUp(t)
  for (const value of [NaN, Infinity, -Infinity]) {
    await everywhere(context, 'ratio', value, { expected: 'a finite number', found: String(value) })
    await filters(context, 'ratio', value, { found: String(value) })
  }
})

test('text that is too long', async t => {
  const context = await setUp(t)
  for (const value of ['x'.repeat(21), '😀'.repeat(21), 'İ'.repeat(20)]) {
    const length = [...value.toLowerCase()].length
    await everywhere(context, 'email', value, { expected: 'at most 20 characters', found: `${length} characters` })
  }
  assert.equal((await context.db.users.update(1, { email: '😀'.repeat(20) })).email.length, 40)
})

test('a filter may be longer than its column: it only matches nothing', async t => {
  const { db } = await setUp(t)
  const long = 'x'.repeat(500)
  assert.deepEqual(await db.users.list({ where: { email: long } }), [])
  assert.equal(await db.users.count({ where: { email: { lt: long } } }), 1)
  assert.deepEqual(await db.users.list({ where: { email: { in: [long] } } }), [])
})

test('a word that the enum does not have', async t => {
  const context = await setUp(t)
  for (const value of ['owner', 'Admin', '', "admin'--"]) {
    await everywhere(context, 'role', value, { expected: "one of 'admin', 'member'", found: JSON.stringify(value) })
    await filters(context, 'role', value, { found: JSON.stringify(value) })
  }
})

test('an invalid moment', async t => {
  const context = await setUp(t)
  for (const value of [new Date(NaN), new Date(-62135596800001), new Date(253402300800000), new Date(8.64e15)]) {
    await everywhere(context, 'seenAt', value, { expected: 'a valid Date from the years 0001 to 9999' })
    await filters(context, 'seenAt', value, { expected: 'a valid Date from the years 0001 to 9999' })
  }
})

test('an invalid day', async t => {
  const context = await setUp(t)
  for (const value of [
    '2026-02-29',
    '2026-13-01',
    '2026-1-1',
    '0000-01-01',
    '10000-01-01',
    '2026-11-20T00:00:00Z',
    '',
    '2026-11-31',
    ' 2026-11-20',
  ]) {
    await everywhere(context, 'birthday', value, {
      expected: "a day such as '2026-11-20'",
      found: JSON.stringify(value),
    })
    await filters(context, 'birthday', value, { found: JSON.stringify(value) })
  }
})

test('an invalid UUID', async t => {
  const context = await setUp(t)
  for (const value of [
    '',
    'abc',
    '018f3c1e8d2a7c3b9f102b6a5d4c3e2f',
    '{018f3c1e-8d2a-7c3b-9f10-2b6a5d4c3e2f}',
    '018f3c1e-8d2a-7c3b-9f10-2b6a5d4c3e2g',
  ]) {
    await everywhere(context, 'token', value, { message: /^users\.token: expected a UUID such as / })
    await filters(context, 'token', value, { message: /^users\.token: expected a UUID such as / })
  }
})

test('an invalid decimal', async t => {
  const context = await setUp(t)
  for (const value of ['', 'abc', '1,5', '1e3', '+1', ' 1', '1.', '.5', '12345', '1.234', '--1', 'NaN', '0x10', '１']) {
    const fields = { expected: 'text with a number of at most 4 digits before and 2 after the point' }
    await everywhere(context, 'price', value, fields)
    await filters(context, 'price', value, fields)
  }
})

test('JSON that cannot be written, with the path to it', async t => {
  const context = await setUp(t)
  const circle = { theme: { colors: [] } }
  circle.theme.colors.push(circle)
  const deep = n => (n ? [deep(n - 1)] : 1)
  const cases = [
    [
      { theme: 5n },
      'users.settings.theme: expected JSON: null, true, false, a number, text, an array or a plain object, found 5n.',
    ],
    [{ theme: { colors: ['red', undefined] } }, /^users\.settings\.theme\.colors\[1\]: .*found undefined\.$/],
    [{ theme: { size: NaN } }, 'users.settings.theme.size: expected a finite number, found NaN.'],
    [[1, [Infinity]], 'users.settings[1][0]: expected a finite number, found Infinity.'],
    [{ at: new Date(0) }, /^users\.settings\.at: expected JSON, found the Date 1970/],
    [{ f() {} }, /^users\.settings\.f: .*found a function/],
    [{ s: Symbol('x') }, /^users\.settings\.s: .*found a symbol/],
    [{ m: new Map() }, 'users.settings.m: expected JSON, found a Map.'],
    [{ b: Uint8Array.of(1) }, 'users.settings.b: expected JSON, found a Uint8Array.'],
    [{ toJSON: () => 1 }, /^users\.settings\.toJSON: .*found a function/],
    [circle, 'users.settings.theme.colors[0]: expected JSON, found an object that contains itself.'],
    [new Array(2), /^users\.settings\[0\]: .*found undefined/],
    [() => {}, /^users\.settings: /],
    [{ 'a\ud800': 1 }, /^users\.settings: expected keys without half of a surrogate pair/],
    [{ a: ['\udc00'] }, 'users.settings.a[0]: expected text without half of a surrogate pair, found "\\udc00".'],
    [deep(600), /^users\.settings(\[0\])+: expected JSON of at most 512 levels, found more\.$/],
  ]
  for (const [value, message] of cases) {
    const { db, refused } = context
    const fields = { code: 'VALUE_INVALID', table: 'users', columns: ['settings'], message }
    await refused(() => db.users.create({ email: 'new', settings: value }), fields)
    await refused(() => db.users.update(1, { settings: value }), fields)
    await refused(() => db.users.list({ where: { settings: { eq: value } } }), fields)
  }
})

test('null in a column that is never null', async t => {
  const { db, refused } = await setUp(t)
  const fields = { code: 'VALUE_INVALID', table: 'users', found: 'null' }
  for (const column of ['email', 'active', 'role', 'settings', 'id']) {
    await refused(() => db.users.create({ email: 'new', [column]: null }), { ...fields, columns: [column] })
    await refused(() => db.users.update(1, { [column]: null }), { ...fields, columns: [column] })
  }
  await refused(() => db.users.create({ email: 'new', settings: null }), { hint: /jsonNull/ })
  for (const where of [{ email: null }, { email: { eq: null } }, { email: { ne: null } }, { not: { active: null } }])
    await refused(() => db.users.list({ where }), { code: 'VALUE_INVALID', message: /never null|not null/ })
})

test('required values that are missing', async t => {
  const { db, refused } = await setUp(t)
  const fields = {
    code: 'VALUE_INVALID',
    table: 'users',
    columns: ['email'],
    message: 'users.email is required.',
    found: 'nothing',
  }
  await refused(() => db.users.create({}), fields)
  await refused(() => db.users.create({ email: undefined }), fields)
  await refused(() => db.sync.users.create({}), fields)
  await refused(() => db.users.createMany([{ email: 'a' }, {}]), {
    ...fields,
    message: 'Row 1: users.email is required.',
    row: 1,
  })
  await refused(() => db.users.upsert({ name: 'x' }, { on: ['email'] }), fields)
  await refused(() => db.seats.create({ row: 'A' }), { columns: ['number'], message: 'seats.number is required.' })
})

test('values that are not a row', async t => {
  const { db, refused } = await setUp(t)
  for (const value of [undefined, null, 5, 'x', [], [{ email: 'a' }], new Date(0), Uint8Array.of(1)]) {
    await refused(() => db.users.create(value), {
      code: 'VALUE_INVALID',
      table: 'users',
      message: /^users: expected an object of columns, found /,
    })
    await refused(() => db.users.createMany([{ email: 'a' }, value]), {
      code: 'VALUE_INVALID',
      message: /^Row 1: users: /,
    })
    await refused(() => db.users.update(1, value), {
      code: 'QUERY_INVALID',
      table: 'users',
      message: /expected an object of columns/,
    })
  }
  await refused(() => db.users.createMany(new Array(2)), { code: 'VALUE_INVALID', row: 0 })
  await refused(() => db.users.createMany({ email: 'a' }), {
    code: 'QUERY_INVALID',
    message: /expected an array of rows/,
  })
})

test('half of a surrogate pair, wherever text can stand', async t => {
  const context = await setUp(t)
  const { db, refused } = context
  for (const half of ['\ud800', 'a\udc00b', '\udc00\ud800', `${'x'.repeat(3000)}\ud83d`]) {
    await everywhere(context, 'name', half, { message: /half of a surrogate pair/ })
    await everywhere(context, 'email', half.slice(-5), { message: /half of a surrogate pair/ })
    await filters(context, 'name', half, { message: /^users\.name: expected text without half of a surrogate pair/ })
    for (const operator of ['like', 'contains', 'startsWith', 'endsWith', 'gt', 'lte'])
      await refused(() => db.users.list({ where: { name: { [operator]: half } } }), {
        code: 'VALUE_INVALID',
        columns: ['name'],
      })
    await refused(() => db.seats.get({ row: half, number: 1n }), { code: 'VALUE_INVALID', columns: ['row'] })
    await refused(() => db.sql`SELECT ${half}`, { code: 'VALUE_INVALID', message: /half of a surrogate pair/ })
  }
  // Two halves in two values are not one character.
  await refused(() => db.seats.create({ row: '\ud83d', number: 1n, note: '\ude00' }), {
    code: 'VALUE_INVALID',
    columns: ['row'],
  })
  const rows = Array.from({ length: 500 }, (_, i) => ({ email: `m${i}`, name: i === 470 ? '\ud800' : `日${i}` }))
  await refused(() => db.users.createMany(rows), {
    code: 'VALUE_INVALID',
    columns: ['name'],
    row: 470,
    message: /^Row 470: users\.name/,
  })
  await refused(() => db.sync.users.createMany(rows), { code: 'VALUE_INVALID', row: 470 })
})

test('a private value is in no error, nor the keys of private JSON', async t => {
  const { db, refused } = await setUp(t)
  const secret = 'TOP-SECRET-VALUE'
  const made = Object.assign(Object.create({ constructor: { name: secret } }), { x: 1 })
  const bad = {
    pinCode: [secret, Object(secret), [secret], `${secret}\ud800`],
    vault: [
      { [secret]: { [secret]: NaN } },
      { [secret]: [`${secret}\ud800`] },
      { a: Symbol(secret) },
      made,
      [{ [`${secret}\ud800`]: 1 }],
    ],
    grade: [secret],
  }
  for (const [column, values] of Object.entries(bad)) {
    for (const value of values) {
      const calls = [
        () => db.users.create({ email: 'new', [column]: value }),
        () => db.users.createMany([{ email: 'new' }, { email: 'newer', [column]: value }]),
        () => db.users.update(1, { [column]: value }),
        () => db.users.upsert({ email: 'new', [column]: value }, { on: ['email'] }),
      ]
      if (column !== 'pinCode' || typeof value !== 'string' || !value.isWellFormed())
        calls.push(() => db.users.list({ where: { [column]: column === 'vault' ? { eq: value } : value } }))
      for (const call of calls) {
        const error = await refused(call, { code: 'VALUE_INVALID', table: 'users', columns: [column] })
        assert.ok(!everything(error).includes('SECRET'), everything(error))
      }
    }
  }
})
