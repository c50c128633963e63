/** Which row a call by key is about: its key, and the conditions that it has to meet. */

import { type Fields, isFields } from '../base/check-options.js'
import { NotFoundError, PlinthError, StaleRowError } from '../base/errors.js'
import { anything, flag, type Kind, type OptionTable } from '../base/option-kinds.js'
import { kindOf, shown } from '../base/shown.js'
import { present } from '../bridge/check-value.js'
import { modelOptions, queryError } from '../bridge/model-options.js'
import type { Row } from '../bridge/request.js'
import { LIMITS } from '../bridge/stopping.js'
import type { ColumnMeta, ModelMeta } from '../models/metadata.js'
import type { QueryWriter } from './query-writer.js'
import { keyQuery, writeKey } from './select.js'
import { alwaysTrue, writeConditions } from './where.js'

/** A version to compare with. */
export const VERSION: Kind = { expected: 'a version', accepts: value => Number.isSafeInteger(value) }
/** Of a model without a version and of one with it. The filter is checked where it is written. */
const UPDATE = { where: anything, returning: flag, ...LIMITS }
const VERSION_OR_ANY: Kind = {
  expected: "a version, or 'any'",
  accepts: value => value === 'any' || Number.isSafeInteger(value),
}
const OPTIONS = {
  update: [UPDATE, { ...UPDATE, version: VERSION_OR_ANY }],
  delete: [LIMITS, { ...LIMITS, version: VERSION_OR_ANY }],
} satisfies Record<string, readonly OptionTable[]>

const STALE_HINT = 'Something else changed it: read it again, and decide anew.'

/** The error for a row that has another version; `found` if it is known. */
export function staleVersion(
  { model, property }: ColumnMeta,
  message: string,
  { expected, found }: { readonly expected: number; readonly found?: number },
  key?: unknown,
): StaleRowError {
  return new StaleRowError(`${message}: expected ${expected}${found === undefined ? '' : `, found ${found}`}.`, {
    table: model.table,
    columns: [property],
    ...(key !== undefined && { key }),
    expected: `${property} ${expected}`,
    found: found === undefined ? `another ${property}` : `${property} ${found}`,
    hint: STALE_HINT,
  })
}

/** The error of an upsert that found a row with another version. */
export function staleUpsert(model: ModelMeta, expected: unknown): StaleRowError {
  const message = `${model.name}.upsert: the row that exists has another version`
  return staleVersion(model.version as ColumnMeta, message, { expected: expected as number })
}

/** Stands for the row that a conditional call did not find. */
export const MISSING = Symbol('missing')
/** The type of {@link MISSING}. */
export type Missing = typeof MISSING

/** The row that a call is about. */
export class Target {
  readonly #model: ModelMeta
  readonly #call: 'update' | 'delete'
  #key: unknown
  /** The version that the row has to have; none if any will do. */
  #version: number | undefined
  /** The condition that the row has to meet beside its key; none if the call has no `where`. */
  #where: { readonly given: unknown } | undefined

  /**
   * @param id what the call was passed first: a key, or of a model with a version a row
   * Throws UNKNOWN_OPTION, QUERY_INVALID, VALUE_INVALID.
   */
  constructor(model: ModelMeta, call: 'update' | 'delete', id: unknown, opts: unknown) {
    this.#model = model
    this.#call = call
    // An error may name it later, when the caller has changed its own.
    this.#key = model.key.length > 1 && isFields(id) ? { ...id } : id
    const { version } = model
    if (opts === undefined) {
      if (version) this.#readRow(version, id)
      return
    }
    const given = modelOptions(model, call, OPTIONS[call][version ? 1 : 0] as OptionTable, opts)
    if ('where' in given) this.#where = { given: given.where }
    if (!version) return
    if (given.version === undefined) this.#readRow(version, id)
    else if (given.version !== 'any') this.#version = present(version, given.version) as number
  }

  /** Takes key and version of a row; its other properties are not looked at. */
  #readRow(version: ColumnMeta, row: unknown): void {
    const model = this.#model
    if (typeof row !== 'object' || row === null || !(version.property in row)) {
      const call = `${model.name}.${this.#call}`
      const values = this.#call === 'update' ? ', values' : ''
      throw queryError(
        `${call}: expected a row with its ${version.property}, found ${this.#isPrivate ? kindOf(row) : shown(row)}.`,
        model,
        `Pass the row that was read, or the key with a version: ${this.#call}(key${values}, { version: 3 }). { version: 'any' } compares none.`,
        [version.property],
      )
    }
    const read = row as Row
    this.#version = present(version, read[version.property]) as number
    this.#key =
      model.key.length === 1
        ? read[(model.key[0] as ColumnMeta).property]
        : Object.fromEntries(model.key.map(({ property }) => [property, read[property]]))
  }

  /** Whether the row can exist and the call leave it as it is all the same. */
  get isConditional(): boolean {
    return this.#where !== undefined || this.#version !== undefined
  }

  /** The key of the row, as get() takes it. */
  get key(): unknown {
    return this.#key
  }

  /** Writes the filter of the row. Throws if the key or the condition is wrong. */
  write(query: QueryWriter): void {
    if (!this.isConditional) return writeKey(query, this.#model, this.#call, this.#key)
    writeKey(query, this.#model, this.#call, this.#key, () => {
      const { version } = this.#model
      if (version && this.#version !== undefined) query.bind(`[${version.quoted},"eq"]`, this.#version)
      if (this.#where) this.#writeWhere(query, this.#where.given)
    })
  }

  #writeWhere(query: QueryWriter, given: unknown): void {
    writeConditions(query, this.#model, given)
    if (!alwaysTrue(this.#model, given as Fields)) return
    throw new PlinthError('WHERE_REQUIRED', `${this.#model.name}.${this.#call}: where has no condition.`, {
      table: this.#model.table,
      hint: 'Leave where out to change the row whatever is in it.',
    })
  }

  /** The query of the row, whether it meets the conditions or not. */
  rowQuery(): QueryWriter {
    return keyQuery(this.#model, this.#call, this.#key)
  }

  /** The result of a call that found no row. Throws NOT_FOUND, unless the row may exist and not meet a condition. */
  missing(): Missing {
    if (this.isConditional) return MISSING
    throw this.notFound()
  }

  /** The error for a row that does not exist. */
  notFound(): NotFoundError {
    const found = this.#isPrivate ? 'no row with this key' : `no row with the key ${this.#shown}`
    return new NotFoundError(`${this.#model.name}.${this.#call}: there is ${found}.`, {
      table: this.#model.table,
      columns: this.#model.key.map(c => c.property),
      found,
      hint: 'Use get() or find() where the row may be absent.',
    })
  }

  /** The error for a row that exists and does not meet the conditions; `row` as it is now. */
  stale(row: Row): StaleRowError {
    const model = this.#model
    const { version } = model
    const place = `${model.name}.${this.#call}: ${this.#isPrivate ? 'the row' : `the row with the key ${this.#shown}`}`
    const key = this.#isPrivate ? undefined : this.#key
    if (version && this.#version !== undefined && row[version.property] !== this.#version) {
      const versions = { expected: this.#version, found: row[version.property] as number }
      return staleVersion(version, `${place} has another ${version.property}`, versions, key)
    }
    return new StaleRowError(`${place} does not meet where.`, {
      table: model.table,
      columns: Object.keys(this.#where?.given ?? {}).filter(name => model.byProperty.has(name)),
      ...(key !== undefined && { key }),
      expected: 'a row that meets where',
      found: 'a row that does not',
      hint: STALE_HINT,
    })
  }

  get #isPrivate(): boolean {
    return this.#model.key.some(c => c.private)
  }

  get #shown(): string {
    const { key } = this.#model
    if (key.length === 1) return shown(this.#key)
    return `{ ${key.map(c => `${c.property}: ${shown((this.#key as Row)[c.property])}`).join(', ')} }`
  }
}
