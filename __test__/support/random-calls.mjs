// Random calls of every kind, as fast-check generators. The value alone shows its kind: see
// `wireOf`.
import fc from 'fast-check'

/** The least moment: no other whole number is as large. */
const FIRST_MOMENT = 1e12

/** How a value of these calls crosses. Text never looks like JSON, a real is never whole. */
export function wireOf(value) {
  switch (typeof value) {
    case 'number':
      if (!Number.isInteger(value)) return 'real'
      return value >= FIRST_MOMENT ? 'time' : 'int'
    case 'string':
      return /^(\[?\{|-?\d+$)/.test(value) ? 'json' : 'text'
    case 'bigint':
      return 'bigint'
    case 'boolean':
      return 'bool'
    default:
      return 'bytes'
  }
}

const word = fc.stringMatching(/^w[a-z%_'\\]{0,4}v$/)
const whole = fc.integer({ min: -9, max: 9 })
const half = whole.map(n => n + 0.5)
const moment = fc.integer({ min: FIRST_MOMENT, max: 1.5e12 }).map(ms => new Date(ms))
const json = fc
  .tuple(whole, word, fc.array(whole, { maxLength: 3 }))
  .map(([age, name, list]) => ({ user: { age, name }, list }))

/** Values by the kind of a column. */
export const values = {
  integer: whole,
  int32: whole,
  bigint: whole.map(BigInt),
  real: half,
  decimal: whole.map(n => `${n}.25`),
  text: word,
  boolean: fc.boolean(),
  uuid: fc.uuid(),
  timestamp: moment,
  date: moment.map(date => date.toISOString().slice(0, 10)),
  enum: fc.constantFrom('wx', 'wy'),
  json,
  bytes: fc.uint8Array({ maxLength: 4 }),
}

const EQUAL = ['eq', 'ne', 'in', 'notIn']
const ORDERED = ['lt', 'lte', 'gt', 'gte']
const PATTERNS = ['contains', 'startsWith', 'endsWith', 'like']

function operatorsOf(kind) {
  if (kind === 'text') return [...EQUAL, ...ORDERED, ...PATTERNS]
  return ['boolean', 'uuid', 'bytes', 'enum'].includes(kind) ? EQUAL : [...EQUAL, ...ORDERED]
}

const NUMBERS = ['integer', 'int32', 'bigint', 'real', 'decimal']
const comparable = kind => ([...NUMBERS, 'text', 'timestamp', 'date'].includes(kind) ? kind : undefined)

/** The kind of a measure's values by that of its column; undefined if it takes no such column. */
const MEASURES = {
  countDistinct: kind => (['json', 'bytes'].includes(kind) ? undefined : 'integer'),
  sum: kind => (kind === 'int32' ? 'integer' : NUMBERS.includes(kind) ? kind : undefined),
  avg: kind => (NUMBERS.includes(kind) ? 'real' : undefined),
  min: comparable,
  max: comparable,
}

/**
 * Generators of the arguments of calls. `tables`: by name, `columns` with the kind of each, `nullable` names, and `relations`
 * as `{ to, many }`. `gen` is that of fast-check.
 */
export class Calls {
  constructor(gen, tables) {
    this.gen = gen
    this.tables = tables
  }

  pick(list) {
    return this.gen(fc.constantFrom, ...list)
  }

  chance() {
    return this.gen(fc.boolean)
  }

  some(list, least = 0) {
    return this.gen(fc.subarray, list, { minLength: least })
  }

  value(kind) {
    return this.gen(() => values[kind])
  }

  /** At most two of something. */
  several(make) {
    return Array.from({ length: this.gen(fc.nat, { max: 2 }) }, make)
  }

  /** A filter of a table, relations to this depth among it. */
  where(table, depth = 3) {
    const { columns, relations } = this.tables[table]
    const forms = depth > 0 ? ['and', 'or', 'not', 'relation'] : []
    const parts = this.several(() => {
      const form = this.pick([...Object.keys(columns), ...forms])
      switch (form) {
        case 'and':
        case 'or':
          return { [form]: this.several(() => this.where(table, depth - 1)) }
        case 'not':
          return { not: this.where(table, depth - 1) }
        case 'relation': {
          const name = this.pick(Object.keys(relations))
          const { to, many } = relations[name]
          const operator = this.pick(many ? ['some', 'none', 'every'] : ['is', 'isNot'])
          return { [name]: { [operator]: !many && this.chance() ? null : this.where(to, depth - 1) } }
        }
        default:
          return { [form]: this.comparison(table, form) }
      }
    })
    return Object.assign({}, ...parts)
  }

  comparison(table, name) {
    const { columns, nullable } = this.tables[table]
    const kind = columns[name]
    if (nullable.includes(name) && kind !== 'json' && this.chance())
      return this.pick([null, { eq: null }, { ne: null }])
    if (kind === 'json') return this.chance() ? this.atPath() : { [this.pick(['eq', 'ne'])]: this.value(kind) }
    // A record could be taken for operators.
    if (this.chance()) return this.value(kind)
    return this.operators(kind, operatorsOf(kind))
  }

  operators(kind, known) {
    const asked = this.some(known, 1).slice(0, 2)
    const operand = operator => (operator === 'in' || operator === 'notIn' ? this.list(kind) : this.value(kind))
    return Object.fromEntries(asked.map(operator => [operator, operand(operator)]))
  }

  list(kind) {
    return [this.value(kind), ...this.several(() => this.value(kind))]
  }

  path() {
    return this.pick([['user', 'age'], ['user', 'name'], ['list', 0], []])
  }

  atPath() {
    const forms = [
      () => ({ isNull: this.chance() }),
      () => ({ [this.pick(['eq', 'ne'])]: this.value('json') }),
      () => ({ [this.pick(['in', 'notIn'])]: this.list('json') }),
      () => ({ [this.pick(ORDERED)]: this.value(this.pick(['text', 'integer'])) }),
      () => ({ [this.pick(PATTERNS)]: this.value('text') }),
    ]
    return { path: this.path(), ...Object.assign({}, ...this.several(() => this.pick(forms)())), ...this.pick(forms)() }
  }

  orderBy(table, paged = false) {
    const { columns } = this.tables[table]
    const names = Object.keys(columns).filter(name => columns[name] !== 'bytes' && !(paged && columns[name] === 'json'))
    return this.some(names)
      .slice(0, 3)
      .map(name => ({ [name]: this.orderPart(columns[name]) }))
  }

  orderPart(kind) {
    const direction = this.pick(['asc', 'desc'])
    const nulls = this.chance() ? { nulls: this.pick(['first', 'last']) } : {}
    if (kind === 'json') return { path: this.path(), direction, ...nulls }
    return this.chance() ? direction : { direction, ...nulls }
  }

  /** Options of a list, a find or an include: each of them or none, with the includes in it to this depth. */
  rows(table, known, depth = 2) {
    const { columns } = this.tables[table]
    const makes = {
      where: () => this.where(table, 2),
      orderBy: () => this.orderBy(table),
      limit: () => this.gen(fc.nat, { max: 3 }),
      offset: () => this.gen(fc.nat, { max: 3 }),
      select: () => this.some(Object.keys(columns), 1),
      include: () => this.include(table, depth),
    }
    const asked = this.some(known.filter(name => name !== 'include' || depth > 0))
    return Object.fromEntries(asked.map(name => [name, makes[name]()]))
  }

  include(table, depth) {
    const { relations } = this.tables[table]
    const included = this.some(Object.keys(relations)).map(name => {
      const { to, many } = relations[name]
      const known = ['where', 'select', 'include', ...(many ? ['orderBy', 'limit'] : [])]
      return [name, this.chance() || this.rows(to, known, depth - 1)]
    })
    const many = Object.keys(relations).filter(name => relations[name].many)
    const counted = this.some(many).map(name => [name, this.chance() || { where: this.where(relations[name].to, 2) }])
    return { ...Object.fromEntries(included), ...(this.chance() && { _count: Object.fromEntries(counted) }) }
  }

  /** Groups with measures, conditions on them and their order; or measures of all rows. */
  aggregate(table) {
    const { columns } = this.tables[table]
    const measures = this.some(Object.keys(MEASURES)).map(name => [name, this.some(this.measured(columns, name), 1)])
    const where = this.chance() ? { where: this.where(table, 2) } : {}
    const asked = { count: true, ...Object.fromEntries(measures), ...where }
    if (this.chance()) return asked
    const groupBy = this.some(this.measured(columns, 'countDistinct'), 1).slice(0, 2)
    const makes = {
      having: () => this.having(columns, 2),
      orderBy: () => this.groupOrder(columns, groupBy),
      limit: () => this.gen(fc.nat, { max: 3 }),
      offset: () => this.gen(fc.nat, { max: 3 }),
    }
    const more = this.some(Object.keys(makes)).map(name => [name, makes[name]()])
    return { ...asked, groupBy, ...Object.fromEntries(more) }
  }

  /** The columns that a measure takes. */
  measured(columns, name) {
    return Object.keys(columns).filter(column => MEASURES[name](columns[column]) !== undefined)
  }

  having(columns, depth) {
    const forms = ['count', ...Object.keys(MEASURES), ...(depth > 0 ? ['and', 'or', 'not'] : [])]
    const parts = this.several(() => {
      const form = this.pick(forms)
      if (form === 'and' || form === 'or') return { [form]: this.several(() => this.having(columns, depth - 1)) }
      if (form === 'not') return { not: this.having(columns, depth - 1) }
      if (form === 'count') return { count: this.measure('integer') }
      const column = this.pick(this.measured(columns, form))
      return { [form]: { [column]: this.measure(MEASURES[form](columns[column])) } }
    })
    return Object.assign({}, ...parts)
  }

  measure(kind) {
    return this.chance() ? this.value(kind) : this.operators(kind, operatorsOf(kind))
  }

  groupOrder(columns, groupBy) {
    return this.several(() => {
      const name = this.pick(['count', ...Object.keys(MEASURES), ...groupBy])
      if (name === 'count' || groupBy.includes(name)) return { [name]: this.orderPart('integer') }
      return { [name]: { [this.pick(this.measured(columns, name))]: this.orderPart('integer') } }
    })
  }

  /** Values of some columns, null among them. */
  set(table, names) {
    const { columns, nullable } = this.tables[table]
    const one = name => (nullable.includes(name) && this.chance() ? null : this.value(columns[name]))
    return Object.fromEntries(this.some(names, 1).map(name => [name, one(name)]))
  }

  /** A row with a value in every column of these. */
  row(table, names) {
    const { columns } = this.tables[table]
    return Object.fromEntries(names.map(name => [name, this.value(columns[name])]))
  }
}
