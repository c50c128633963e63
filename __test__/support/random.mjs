// Random models and random rows of them, as fast-check arbitraries, with an oracle for filters.
import fc from 'fast-check'
import { c, jsonNull, model, schema, unique } from 'plinth'
import { storable } from './differences.mjs'

const characters = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '\0', "'", '%', '_', '\\', 'null', '0', '1e5', '\u{10ffff}', '\uffff', '日本'),
  },
)
const word = characters.filter(text => text.isWellFormed() && storable(text))

/** JSON as it comes back: no -0, no undefined. */
const json = fc
  .jsonValue({ maxDepth: 3, noUnicodeString: false })
  .map(value => JSON.parse(JSON.stringify(value)))
  .filter(storable)
  .map(value => value ?? jsonNull)

const decimal = (precision, scale) =>
  fc.bigInt({ min: -(10n ** BigInt(precision)) + 1n, max: 10n ** BigInt(precision) - 1n }).map(n => {
    const digits = String(n < 0n ? -n : n).padStart(scale + 1, '0')
    const at = digits.length - scale
    return `${n < 0n ? '-' : ''}${digits.slice(0, at)}${scale ? `.${digits.slice(at)}` : ''}`
  })

const day = fc
  .integer({ min: -62135596800000 / 86400000, max: 253402214400000 / 86400000 })
  .map(n => new Date(n * 86400000).toISOString().slice(0, 10))

/** Enums of one name must have the same words: each has a name of its own. */
let enums = 0

/** Of each kind: its column, its values, and whether values can be compared by equality and in. */
const kinds = {
  integer: () =>
    fc.constant({ column: c.integer(), value: fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -3, max: 3 })) }),
  int32: () => fc.constant({ column: c.int32(), value: fc.integer() }),
  bigint: () => fc.constant({ column: c.bigint(), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
  real: () =>
    fc.constant({
      column: c.real(),
      value: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -2, max: 2 })),
    }),
  decimal: () =>
    fc
      .integer({ min: 1, max: 18 })
      .chain(p => fc.integer({ min: 0, max: p }).map(s => ({ column: c.decimal(p, s), value: decimal(p, s) }))),
  text: () => fc.constant({ column: c.text(), value: word }),
  short: () =>
    fc
      .integer({ min: 1, max: 20 })
      .map(max => ({ column: c.text({ max }), value: word.map(text => [...text].slice(0, max).join('')) })),
  lower: () => fc.constant({ column: c.text().lowercase(), value: word.map(text => text.toLowerCase()) }),
  boolean: () => fc.constant({ column: c.boolean(), value: fc.boolean() }),
  uuid: () => fc.constant({ column: c.uuid(), value: fc.uuid() }),
  timestamp: () =>
    fc.constant({
      column: c.timestamp(),
      value: fc.integer({ min: -62135596800000, max: 253402300799999 }).map(n => new Date(n)),
    }),
  date: () => fc.constant({ column: c.date(), value: day }),
  enum: () =>
    fc
      .uniqueArray(
        word.filter(text => !text.includes('\0')),
        { minLength: 1, maxLength: 5 },
      )
      .map(words => ({ column: c.enum(`words_${enums++}`, words), value: fc.constantFrom(...words) })),
  json: () => fc.constant({ column: c.json(), value: json, incomparable: true }),
  bytes: () => fc.constant({ column: c.bytes(), value: fc.uint8Array({ maxLength: 20 }) }),
}
const keyKinds = [
  'integer',
  'int32',
  'bigint',
  'text',
  'uuid',
  'date',
  'timestamp',
  'decimal',
  'lower',
  'enum',
  'bytes',
  'boolean',
  'real',
]

const name = fc
  .oneof(
    fc.stringMatching(/^[a-z][a-zA-Z0-9]{0,8}$/),
    fc.constantFrom(
      'select',
      'from',
      'group',
      'key',
      'value',
      'row',
      'toString',
      'a b',
      "it's",
      'ünï',
      'Ünï X',
      'ORDER',
      'İſ',
      '日',
      '1',
      '$x',
      '"q"',
    ),
  )
  .filter(text => text !== 'id' && text !== 'constructor' && !['and', 'or', 'not'].includes(text))

/** A column: how it is declared, and what values it takes; `undefined` where it may be left out. */
const column = fc
  .record({
    kind: fc.constantFrom(...Object.keys(kinds)),
    nullable: fc.boolean(),
    hasDefault: fc.boolean(),
    private: fc.integer({ max: 9, min: 0 }),
    called: fc.constantFrom(
      undefined,
      undefined,
      n => `${n} É"`,
      n => `${n}[Odd]`,
    ),
  })
  .chain(shape =>
    kinds[shape.kind]().chain(({ column, value, incomparable }) =>
      // The text of a default goes into the DDL, which takes no NUL.
      value
        .filter(v => typeof v !== 'string' || !v.includes('\0'))
        .map(fallback => {
          let built = column
          if (shape.nullable) built = built.nullable()
          if (shape.hasDefault) built = built.default(fallback)
          if (shape.private === 0) built = built.private()
          const options = [{ weight: 8, arbitrary: value }]
          if (shape.nullable) options.push({ weight: 2, arbitrary: fc.constant(null) })
          if (shape.nullable || shape.hasDefault) options.push({ weight: 2, arbitrary: fc.constant(undefined) })
          const absent = shape.hasDefault ? (Object.is(fallback, -0) ? 0 : fallback) : null
          return {
            ...shape,
            column: built,
            private: shape.private === 0,
            absent,
            incomparable,
            value: fc.oneof(...options),
          }
        }),
    ),
  )

const key = fc.oneof(
  fc.constantFrom({ id: 'id' }, { id: 'bigId' }),
  fc
    .uniqueArray(fc.constantFrom(...keyKinds), { minLength: 1, maxLength: 3 })
    .chain(picked => fc.tuple(...picked.map(kind => kinds[kind]())).map(columns => ({ columns }))),
)

/** The order of keys is not part of a value: values.test.mjs shows the cases that keep it. */
const text = value =>
  JSON.stringify(value, (_, v) => {
    if (typeof v === 'bigint') return `${v}n`
    if (v instanceof Uint8Array) return [...v]
    if (typeof v === 'object' && v !== null && !Array.isArray(v) && !v.toJSON)
      return { keys: Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)) }
    return Object.is(v, -0) ? 0 : v
  })

/** A model with rows that it takes: `rows` as given, `expected` as they must come back (keys that the database makes aside). */
export const modelWithRows = fc
  .record({
    key,
    columns: fc.uniqueArray(fc.tuple(name, column), {
      maxLength: 8,
      selector: ([n]) => n.toLowerCase().replace(/[^\p{L}\d$]/gu, ''),
    }),
    pair: fc.boolean(),
    table: fc.constantFrom('things', 'Things', 'GRÖSSE', 'Order', 'say "Hi"'),
  })
  .chain(({ key, columns, pair, table }) => {
    const keyColumns = key.id ? [] : key.columns.map((k, i) => [`key ${i}`, { ...k, absent: null }])
    const all = [...keyColumns, ...columns]
    const declared = Object.fromEntries([
      ...(key.id ? [['id', c[key.id]()]] : []),
      ...keyColumns.map(([n, k]) => [n, k.column.primaryKey()]),
      ...columns.map(([n, k]) => [n, k.called ? k.column.name(k.called(n)) : k.column]),
    ])
    const uniques =
      pair && columns.length > 1
        ? columns
            .slice(0, 2)
            .filter(([, k]) => !k.incomparable)
            .map(([n]) => n)
        : []
    const objects = t => (uniques.length ? [unique(...uniques.map(n => t[n]))] : [])
    const made = model('things', declared, objects).table(table)
    const row = fc
      .tuple(...all.map(([, k]) => k.value))
      .map(values => Object.fromEntries(all.map(([n], i) => [n, values[i]])))
    const complete = given => Object.fromEntries(all.map(([n, k]) => [n, given[n] === undefined ? k.absent : given[n]]))
    const identities = given => {
      const it = complete(given)
      const keys = keyColumns.length ? [text(['key', ...keyColumns.map(([n]) => it[n])])] : []
      if (uniques.length && uniques.every(n => it[n] !== null)) keys.push(text(['unique', ...uniques.map(n => it[n])]))
      return keys
    }
    return fc.array(row, { minLength: 1, maxLength: 12 }).map(list => {
      const seen = new Set()
      const rows = list.filter(given => {
        const mine = identities(given)
        if (mine.some(k => seen.has(k))) return false
        for (const k of mine) seen.add(k)
        return true
      })
      return {
        models: schema({ things: made }),
        rows,
        expected: rows.map(complete),
        names: ['id', ...all.map(([n]) => n)].slice(key.id ? 0 : 1),
        hidden: columns.filter(([, k]) => k.private).map(([n]) => n),
        keys: key.id ? ['id'] : keyColumns.map(([n]) => n),
        comparable: all.filter(([, k]) => !k.incomparable).map(([n]) => n),
        json: columns.filter(([, k]) => k.incomparable).map(([n]) => n),
        toString: () => JSON.stringify({ schema: schema({ things: made }), rows: JSON.parse(text(rows)) }),
      }
    })
  })

/** Whether two values of a column are equal, as databases see it. */
export const same = (a, b) => text(a) === text(b)
