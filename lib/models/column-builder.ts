/**
 * The runtime of columns: `c`, and the builder behind every column. The meaning of each is
 * validated in the core.
 */

import { isBytes, millisOf } from '../base/instances.js'
import { isTooDeep, JSON_DEPTH } from '../base/json-depth.js'
import { isJsonNull } from '../base/json-null.js'
import { shown } from '../base/shown.js'
import type { ColumnFactory, ForeignKeyOptions } from '../types/index.js'
import { DECIMAL, FOREIGN_KEY, NAMED, optionFaults, restFaults, TEXT } from './builder-options.js'
import { type BuilderCall, type Fault, fault } from './fault.js'

/** Under this key a column carries its {@link ColumnSpec}, readable by any copy of this package in the process. */
export const columnBrand = Symbol.for('plinth.column')

/** The declaration of a column, as plain data. */
export interface ColumnSpec {
  /** Its kind and the kind's parameters, as in the schema JSON. */
  readonly kind: { readonly kind: string; readonly [parameter: string]: unknown }
  readonly name?: string
  readonly nullable?: true
  readonly default?: 'now' | 'random' | { readonly value: unknown }
  readonly private?: true
  readonly touch?: true
  readonly version?: true
  readonly lowercase?: true
  readonly primaryKey?: true
  readonly comment?: string
  readonly renamedFrom?: string
  readonly unique?: { readonly name?: string }
  readonly references?: { readonly target: string; readonly column: string; readonly options: ForeignKeyOptions }
  readonly checks?: readonly { readonly name?: string; readonly sql: string }[]
  readonly faults: readonly Fault[]
}

/** The spec of a column, or undefined if the value is not a column. */
export function columnSpec(value: unknown): ColumnSpec | undefined {
  return typeof value === 'object' && value !== null
    ? (value as { [columnBrand]?: ColumnSpec })[columnBrand]
    : undefined
}

/** `{ name }` of options that were checked, where they have one. */
export function nameOf(options: unknown): { name?: string } {
  const name = (options as { name?: string } | undefined)?.name
  return name === undefined ? {} : { name }
}

class ColumnBuilder {
  readonly [columnBrand]: ColumnSpec

  constructor(spec: ColumnSpec) {
    this[columnBrand] = Object.freeze(spec)
    Object.freeze(this)
  }

  #with(change: Partial<ColumnSpec>, faults: readonly Fault[]): ColumnBuilder {
    const spec = this[columnBrand]
    // Of a call with a fault nothing is taken.
    if (faults.length > 0) return new ColumnBuilder({ ...spec, faults: [...spec.faults, ...faults] })
    return new ColumnBuilder({ ...spec, ...change })
  }

  #text(key: 'name' | 'comment' | 'renamedFrom', value: unknown, rest: readonly unknown[]): ColumnBuilder {
    const builder: BuilderCall = this[key]
    const faults = restFaults(`${key}()`, builder, rest)
    if (typeof value !== 'string' || value === '') {
      faults.push(fault(`${key}() takes a text that is not empty, found ${shown(value)}`, builder))
    }
    return this.#with({ [key]: value }, faults)
  }

  nullable(...rest: unknown[]) {
    return this.#with({ nullable: true }, restFaults('nullable()', this.nullable, rest))
  }
  default(value: unknown, ...rest: unknown[]) {
    const json = defaultJson(this[columnBrand].kind.kind, value)
    const faults = restFaults('default()', this.default, rest)
    if ('problem' in json) return this.#with({}, [...faults, fault(json.problem, this.default)])
    return this.#with({ default: json }, faults)
  }
  defaultNow(...rest: unknown[]) {
    return this.#with({ default: 'now' }, restFaults('defaultNow()', this.defaultNow, rest))
  }
  defaultRandom(...rest: unknown[]) {
    return this.#with({ default: 'random' }, restFaults('defaultRandom()', this.defaultRandom, rest))
  }
  touch(...rest: unknown[]) {
    return this.#with({ touch: true }, restFaults('touch()', this.touch, rest))
  }
  version(...rest: unknown[]) {
    return this.#with({ version: true }, restFaults('version()', this.version, rest))
  }
  private(...rest: unknown[]) {
    return this.#with({ private: true }, restFaults('private()', this.private, rest))
  }
  primaryKey(...rest: unknown[]) {
    return this.#with({ primaryKey: true }, restFaults('primaryKey()', this.primaryKey, rest))
  }
  lowercase(...rest: unknown[]) {
    return this.#with({ lowercase: true }, restFaults('lowercase()', this.lowercase, rest))
  }
  unique(...rest: unknown[]) {
    return this.#with({ unique: nameOf(rest[0]) }, restFaults('unique()', this.unique, rest, NAMED))
  }
  name(name: string, ...rest: unknown[]) {
    return this.#text('name', name, rest)
  }
  comment(text: string, ...rest: unknown[]) {
    return this.#text('comment', text, rest)
  }
  renamedFrom(name: string, ...rest: unknown[]) {
    return this.#text('renamedFrom', name, rest)
  }
  references(target: string, ...rest: unknown[]) {
    const faults = restFaults('references()', this.references, rest, FOREIGN_KEY)
    const dot = typeof target === 'string' ? target.lastIndexOf('.') : -1
    if (dot <= 0 || dot === target.length - 1) {
      faults.push(fault(`references() takes 'model.column', found ${shown(target)}`, this.references))
      return this.#with({}, faults)
    }
    const { onDelete, onUpdate, name } = (rest[0] ?? {}) as ForeignKeyOptions
    const options = { onDelete, onUpdate, name }
    return this.#with({ references: { target: target.slice(0, dot), column: target.slice(dot + 1), options } }, faults)
  }
  check(sql: string, ...rest: unknown[]) {
    const faults = restFaults('check()', this.check, rest, NAMED)
    if (typeof sql !== 'string' || sql.trim() === '') {
      faults.push(fault(`check() takes a SQL condition, found ${shown(sql)}`, this.check))
    }
    return this.#with({ checks: [...(this[columnBrand].checks ?? []), { ...nameOf(rest[0]), sql }] }, faults)
  }
}

/** A default as the schema JSON writes it, or why it cannot be one. Whether it fits the column is the core's to say. */
function defaultJson(kind: string, value: unknown): { value: unknown } | { problem: string } {
  if (value === null) {
    return {
      problem: 'default(null) has no effect: a nullable column is NULL without a default (JSON null is jsonNull)',
    }
  }
  if (isJsonNull(value)) return { value: null }
  if (kind === 'json') {
    try {
      const text = JSON.stringify(value)
      const json = text === undefined ? undefined : JSON.parse(text)
      if (isTooDeep(json)) return { problem: `default() takes JSON of at most ${JSON_DEPTH} levels, found more` }
      if (json !== undefined) return { value: json }
    } catch {
      return {
        problem: 'default() takes a value that JSON can hold: nothing circular, and no bigint',
      }
    }
    return { problem: `default() takes a value that JSON can hold, found ${shown(value)}` }
  }
  // JSON has no other way to write it: as a number its sign is lost.
  if (kind === 'real' && Object.is(value, -0)) return { value: '-0' }
  if (typeof value === 'bigint') return { value: value.toString() }
  if (isBytes(value)) return { value: Buffer.from(value).toString('hex') }
  if (!Number.isNaN(millisOf(value))) return { value: new Date(millisOf(value)).toISOString() }
  if (typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return { value }
  return {
    problem: `default() takes a value of the column's kind, found ${shown(value)}`,
  }
}

function column(kind: ColumnSpec['kind'], faults: readonly Fault[]): ColumnBuilder {
  return new ColumnBuilder({ kind, faults })
}

/** The call of a kind that has no parameters. */
function plain(kind: keyof ColumnFactory) {
  const call = (...rest: unknown[]) => column({ kind }, restFaults(`c.${kind}()`, call, rest))
  return call
}

/** The column types. */
export const c: ColumnFactory = Object.freeze({
  id: plain('id'),
  bigId: plain('bigId'),
  integer: plain('integer'),
  bigint: plain('bigint'),
  int32: plain('int32'),
  real: plain('real'),
  decimal: (precision: number, scale = 0, ...rest: unknown[]) =>
    column({ kind: 'decimal', precision, scale }, [
      ...optionFaults('c.decimal()', c.decimal, DECIMAL, { precision, scale }),
      ...restFaults('c.decimal()', c.decimal, rest),
    ]),
  text: (...rest: unknown[]) => {
    const max = (rest[0] as { max?: number } | null | undefined)?.max
    return column({ kind: 'text', ...(max !== undefined && { max }) }, restFaults('c.text()', c.text, rest, TEXT))
  },
  boolean: plain('boolean'),
  uuid: plain('uuid'),
  timestamp: plain('timestamp'),
  date: plain('date'),
  json: plain('json'),
  bytes: plain('bytes'),
  enum: (name: string, values: readonly string[], ...rest: unknown[]) => {
    const faults = restFaults('c.enum()', c.enum, rest)
    const wrong = (what: string) => faults.push(fault(`c.enum() takes a name and an array of words; ${what}`, c.enum))
    if (typeof name !== 'string' || name === '') wrong(`the name is ${shown(name)}`)
    if (!Array.isArray(values)) wrong(`the words are ${shown(values)}`)
    else for (const word of values.filter(v => typeof v !== 'string')) wrong(`one of the words is ${shown(word)}`)
    return column({ kind: 'enum', enum: name, values: Array.isArray(values) ? [...values] : [] }, faults)
  },
} satisfies Record<keyof ColumnFactory, unknown>) as unknown as ColumnFactory
