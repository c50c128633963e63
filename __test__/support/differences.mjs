// All differences between the two databases, each with its reason. Tests ask `here` for what this
// run's database does.
import { dialect } from './dialect.mjs'

export const differences = {
  nulInText: {
    sqlite: true,
    postgres: false,
    why: 'PostgreSQL ends text at a NUL, in columns and in JSON: such a value is VALUE_INVALID there.',
  },
  anyTextInColumns: {
    sqlite: true,
    postgres: false,
    why: 'A column of SQLite holds any text; PostgreSQL refuses text that is not a day or a UUID, in columns of these.',
  },
  jsonKeepsKeyOrder: {
    sqlite: true,
    postgres: false,
    why: 'jsonb orders the keys of an object; SQLite stores JSON as its text.',
  },
  rawTrue: {
    sqlite: 1,
    postgres: true,
    why: 'In raw SQL a boolean is what the database has: SQLite has none but 1 and 0.',
  },
  rawFalse: { sqlite: 0, postgres: false, why: 'As rawTrue.' },
  rawValuesKeepTheirKind: {
    sqlite: true,
    postgres: false,
    why: 'In raw SQL PostgreSQL takes the type of a value from its place; if the place has none, as in SELECT $1, it is text.',
  },
  rawTwelveAndAHalf: {
    sqlite: '12500000',
    postgres: '12.5',
    why: 'In raw SQL a decimal of scale 6 is what is stored: SQLite has the integer scaled by 10^6.',
  },
  rawJson: {
    sqlite: { declared: 'JSON TEXT', value: "'hunter2 {'" },
    postgres: { declared: 'timestamptz', value: "'infinity'" },
    why: "In raw SQL a column is read as the database declares it: PostgreSQL holds no JSON that is not JSON, but moments that JavaScript's Date does not have.",
  },
  transactionsRunBesideEachOther: {
    sqlite: false,
    postgres: true,
    why: 'SQLite has one writer: a transaction that writes begins when the one before it has ended.',
  },
  generatedKeyIsUndone: {
    sqlite: true,
    postgres: false,
    why: 'On SQLite a generated key is looked at before the commit; PostgreSQL has committed a single statement when its answer comes.',
  },
  oneWriter: {
    sqlite: true,
    postgres: false,
    why: 'SQLite has one writer: transactions that write run one after the other. On PostgreSQL they run beside each other.',
  },
  stopsAlone: {
    sqlite: false,
    postgres: true,
    why: 'On SQLite statements run in this process: there is no server to ask what runs.',
  },
  resetKeepsInFile: {
    sqlite: true,
    postgres: false,
    why: 'A reset of SQLite empties a file, in which a second copy of all rows would have to stand; on PostgreSQL another schema holds it.',
  },
  failureLeavesTransaction: {
    sqlite: true,
    postgres: false,
    why: 'PostgreSQL refuses every further statement of a transaction after one that failed, unless a savepoint is between: SESSION_FAILED until it is rolled back.',
  },
}

/** The behaviour of the database of this run. */
export const here = name => {
  if (!differences[name]) throw new Error(`There is no difference "${name}".`)
  return differences[name][dialect]
}

/** Skips a test that this run's database cannot meet, saying why: `test('...', unless('jsonKeepsKeyOrder'), ...)`. */
export const unless = name => (here(name) ? {} : { skip: differences[name].why })

/** Whether this run's database can hold it: anything, or what has no NUL in its text. */
export const storable = value =>
  here('nulInText') || !/\0|\\u0000/.test(typeof value === 'string' ? value : (JSON.stringify(value, bigints) ?? ''))

const bigints = (_, value) => (typeof value === 'bigint' ? String(value) : value)
