/** The runtime of columns: `c`, and the builder behind every column. What each one means is validated in the core. */

import { isJsonNull } from '../base/json-null.js'
import type { ColumnFactory, ForeignKeyOptions } from '../types/index.js'
import { type Fault, fault, found } from './fault.js'

/** Under this key a column carries its {@link ColumnSpec}, readable by any copy of this package in the process. */
export const columnBrand = Symbol.for('plinth.column')

/** Everything said about a column: plain data. */
export interface ColumnSpec {
  /** Its kind and the kind's parameters, as in the schema JSON. */
  readonly kind: { readonly kind: string; readonly [parameter: string]: unknown }
  readonly name?: string
  readonly nullable?: true
  readonly default?: 'now' | 'random' | { readonly value: unknown }
  readonly private?: true
  readonly touch?: true
  readonly lowercase?: true
  readonly primaryKey?: true
  readonly comment?: string
  readonly renamedFrom?: string
  readonly unique?: { readonly name?: string }
  readonly references?: { readonly target: string; readonly column: string; readonly options: ForeignKeyOptions }
  readonly checks?: readonly { readonly name?: string; readonly sql: string }[]
  readonly faults: readonly Fault[]
}

/** The spec of a column, or undefined where the value is none. */
export function columnSpec(value: unknown): ColumnSpec | undefined {
  return typeof value === 'object' && value !== null
    ? (value as { [columnBrand]?: ColumnSpec })[columnBrand]
    : undefined
}

/** `{ name }` of options, where they have one. */
export function nameOf(options: { name?: string } | undefined): { name?: string } {
  return options?.name === undefined ? {} : { name: options.name }
}

class ColumnBuilder {
  readonly [columnBrand]: ColumnSpec

  constructor(spec: ColumnSpec) {
    this[columnBrand] = Object.freeze(spec)
    Object.freeze(this)
  }

  #with(change: Partial<ColumnSpec>, problem?: Fault): ColumnBuilder {
    const spec = this[columnBrand]
    return new ColumnBuilder({ ...spec, ...change, faults: problem ? [...spec.faults, problem] : spec.faults })
  }

  #text(key: 'name' | 'comment' | 'renamedFrom', value: unknown, builder: (value: string) => unknown): ColumnBuilder {
    if (typeof value === 'string' && value !== '') return this.#with({ [key]: value })
    return this.#with({}, fault(`${key}() takes a text that is not empty, found ${found(value)}`, builder))
  }

  nullable() {
    return this.#with({ nullable: true })
  }
  default(value: unknown) {
    const json = defaultJson(this[columnBrand].kind.kind, value)
    if ('problem' in json) return this.#with({}, fault(json.problem, this.default))
    return this.#with({ default: json })
  }
  defaultNow() {
    return this.#with({ default: 'now' })
  }
  defaultRandom() {
    return this.#with({ default: 'random' })
  }
  touch() {
    return this.#with({ touch: true })
  }
  private() {
    return this.#with({ private: true })
  }
  primaryKey() {
    return this.#with({ primaryKey: true })
  }
  lowercase() {
    return this.#with({ lowercase: true })
  }
  unique(options?: { name?: string }) {
    return this.#with({ unique: nameOf(options) })
  }
  name(name: string) {
    return this.#text('name', name, this.name)
  }
  comment(text: string) {
    return this.#text('comment', text, this.comment)
  }
  renamedFrom(name: string) {
    return this.#text('renamedFrom', name, this.renamedFrom)
  }
  references(target: string, options: ForeignKeyOptions = {}) {
    const dot = typeof target === 'string' ? target.lastIndexOf('.') : -1
    if (dot > 0 && dot < target.length - 1) {
      return this.#with({ references: { target: target.slice(0, dot), column: target.slice(dot + 1), options } })
    }
    return this.#with({}, fault(`references() takes 'model.column', found ${found(target)}`, this.references))
  }
  check(sql: string, options?: { name?: string }) {
    if (typeof sql === 'string' && sql.trim() !== '') {
      return this.#with({ checks: [...(this[columnBrand].checks ?? []), { ...nameOf(options), sql }] })
    }
    return this.#with({}, fault(`check() takes a SQL condition, found ${found(sql)}`, this.check))
  }
}

/** A default as the schema JSON writes it, or why it cannot be one. Whether it fits the column is the core's to say. */
function defaultJson(kind: string, value: unknown): { value: unknown } | { problem: string } {
  if (value === null) {
    return {
      problem: 'default(null) says nothing: a nullable column is NULL without a default (JSON null is jsonNull)',
    }
  }
  if (isJsonNull(value)) return { value: null }
  if (kind === 'json') {
    try {
      const text = JSON.stringify(value)
      if (text !== undefined) return { value: JSON.parse(text) }
    } catch {
      return {
        problem: 'default() takes a value that JSON can hold: nothing circular, and no bigint',
      }
    }
    return { problem: `default() takes a value that JSON can hold, found ${found(value)}` }
  }
  // JSON has no other way to write it: as a number its sign is lost.
  if (kind === 'real' && Object.is(value, -0)) return { value: '-0' }
  if (typeof value === 'bigint') return { value: value.toString() }
  if (value instanceof Uint8Array) return { value: Buffer.from(value).toString('hex') }
  if (value instanceof Date && !Number.isNaN(value.getTime())) return { value: value.toISOString() }
  if (typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return { value }
  return {
    problem: `default() takes a value of the column's kind, found ${value instanceof Date ? 'an invalid Date' : found(value)}`,
  }
}

function column(kind: ColumnSpec['kind'], ...faults: (Fault | false)[]): ColumnBuilder {
  return new ColumnBuilder({ kind, faults: faults.filter(f => f !== false) })
}

const isCount = (value: unknown, least: number) => Number.isInteger(value) && (value as number) >= least

/** The column types. */
export const c: ColumnFactory = Object.freeze({
  id: () => column({ kind: 'id' }),
  bigId: () => column({ kind: 'bigId' }),
  integer: () => column({ kind: 'integer' }),
  bigint: () => column({ kind: 'bigint' }),
  int32: () => column({ kind: 'int32' }),
  real: () => column({ kind: 'real' }),
  decimal: (precision: number, scale = 0) =>
    column(
      { kind: 'decimal', precision, scale },
      !(isCount(precision, 1) && isCount(scale, 0)) &&
        fault(
          `c.decimal() takes whole numbers (precision, scale), found ${found(precision)}, ${found(scale)}`,
          c.decimal,
        ),
    ),
  text: (options?: { max?: number }) =>
    column(
      { kind: 'text', ...(options?.max !== undefined && { max: options.max }) },
      options !== undefined &&
        (typeof options !== 'object' || options === null || (options.max !== undefined && !isCount(options.max, 1))) &&
        fault(`c.text() takes { max: a whole number }, found ${found(options?.max ?? options)}`, c.text),
    ),
  boolean: () => column({ kind: 'boolean' }),
  uuid: () => column({ kind: 'uuid' }),
  timestamp: () => column({ kind: 'timestamp' }),
  date: () => column({ kind: 'date' }),
  json: () => column({ kind: 'json' }),
  bytes: () => column({ kind: 'bytes' }),
  enum: (name: string, values: readonly string[]) =>
    column(
      { kind: 'enum', enum: name, values: Array.isArray(values) ? [...values] : [] },
      (typeof name !== 'string' || name === '') &&
        fault(`c.enum() takes a name and an array of words; the name is ${found(name)}`, c.enum),
      (!Array.isArray(values) || values.some(v => typeof v !== 'string')) &&
        fault(`c.enum() takes a name and an array of words; the words are ${found(values)}`, c.enum),
    ),
} satisfies Record<keyof ColumnFactory, unknown>) as unknown as ColumnFactory
