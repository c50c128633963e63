/** Which row a call by key is about: its key, and the conditions that it has to meet. */

import type { Fields } from '../base/check-options.js'
import { NotFoundError, PlinthError, StaleRowError } from '../base/errors.js'
import { anything, type OptionTable } from '../base/option-kinds.js'
import { shown } from '../base/shown.js'
import { modelOptions } from '../bridge/model-options.js'
import type { Row } from '../bridge/request.js'
import { LIMITS } from '../bridge/stopping.js'
import type { ModelMeta } from '../models/metadata.js'
import type { QueryWriter } from './query-writer.js'
import { keyQuery, writeKey } from './select.js'
import { alwaysTrue, writeConditions } from './where.js'

/** The filter is checked where it is written. */
const UPDATE: OptionTable<'where' | keyof typeof LIMITS> = { where: anything, ...LIMITS }

/** Stands for the row that a conditional call did not find. */
export const MISSING = Symbol('missing')
/** The type of {@link MISSING}. */
export type Missing = typeof MISSING

/** The row that a call is about. */
export class Target {
  readonly #model: ModelMeta
  readonly #call: 'update' | 'delete'
  readonly #key: unknown
  /** What the row has to meet beside its key; none if the call has no `where`. */
  readonly #where: { readonly given: unknown } | undefined

  /** @param id the key as the call was passed it  Throws UNKNOWN_OPTION, QUERY_INVALID. */
  constructor(model: ModelMeta, call: 'update' | 'delete', id: unknown, opts: unknown) {
    this.#model = model
    this.#call = call
    this.#key = id
    if (opts === undefined) return
    const given = modelOptions(model, call, call === 'update' ? UPDATE : LIMITS, opts)
    if ('where' in given) this.#where = { given: given.where }
  }

  /** Whether the row can exist and the call leave it as it is all the same. */
  get isConditional(): boolean {
    return this.#where !== undefined
  }

  /** Writes the filter of the row. Throws if the key or the condition is wrong. */
  write(query: QueryWriter): void {
    const where = this.#where
    if (!where) return writeKey(query, this.#model, this.#call, this.#key)
    writeKey(query, this.#model, this.#call, this.#key, () => this.#writeWhere(query, where.given))
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

  /** What a call gives that found no row. Throws NOT_FOUND, unless the row may exist and not meet a condition. */
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

  /** The error for a row that exists and does not meet the conditions. */
  stale(): StaleRowError {
    const model = this.#model
    const row = this.#isPrivate ? 'the row' : `the row with the key ${this.#shown}`
    return new StaleRowError(`${model.name}.${this.#call}: ${row} does not meet where.`, {
      table: model.table,
      columns: Object.keys(this.#where?.given as Fields).filter(name => model.byProperty.has(name)),
      ...(!this.#isPrivate && { key: this.#key }),
      expected: 'a row that meets where',
      found: 'a row that does not',
      hint: 'Something else changed it: read it again, and decide anew.',
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
