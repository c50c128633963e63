/** The requests that tables make: a call whose parameters are ready, and inserts, which are packed as they cross. */

import type { PlinthError } from '../base/errors.js'
import { shown } from '../base/shown.js'
import type { ColumnMeta, ModelMeta, Wire } from '../models/metadata.js'
import type { Values } from '../query/where.js'
import type { Channel } from '../unit/channel.js'
import { type Client, type Request, rowsAtOnce } from './client.js'
import { type encoder, inRow } from './encode.js'
import { put, type Ready } from './memory.js'
import type { Plan } from './plans.js'
import type { Limits } from './stopping.js'

/** A row as JavaScript has it. */
export type Row = Record<string, unknown>

/** A call whose parameters are ready. */
export class Call<T> implements Request<T> {
  readonly rows = 1
  limits: Limits | undefined

  constructor(
    readonly plan: Plan,
    readonly values: Values,
    readonly read: (client: Client, narrow: string) => T,
    readonly columns?: readonly ColumnMeta[],
    readonly point = false,
  ) {}

  put(): number {
    const { values, plan } = this
    for (let i = 0; i < values.length; i++) put(i, plan.params[i] as Wire, values[i] as Ready)
    return 1
  }

  explain(error: PlinthError): PlinthError {
    return this.columns ? withValues(error, this.columns, this.values) : error
  }
}

/** Inserts of one or more rows. */
export class Insert<T> implements Request<T> {
  readonly plan: Plan
  readonly rows: number
  readonly made: Row[] = []
  readonly columns: readonly ColumnMeta[]
  limits: Limits | undefined
  readonly #encode: ReturnType<typeof encoder>
  readonly #withKey: boolean
  readonly #now = Date.now()

  constructor(
    readonly channel: Channel,
    readonly model: ModelMeta,
    readonly given: readonly object[],
    withKey: boolean,
    readonly result: (rows: Row[]) => T,
    readonly first = 0,
  ) {
    const { plan, encode, columns } = channel.core.shapes(model).insert(withKey)
    this.plan = plan
    this.columns = columns
    this.rows = given.length
    this.#encode = encode
    this.#withKey = withKey
  }

  put(from: number): number {
    const params = this.plan.params.length
    const end = Math.min(this.rows, from + rowsAtOnce(params))
    for (let i = from; i < end; i++) {
      try {
        this.made.push(this.#encode(this.given[i] as object, (i - from) * params, this.#now))
      } catch (error) {
        throw this.rows > 1 || this.first > 0 ? inRow(error, this.first + i) : error
      }
    }
    return end - from
  }

  read = (client: Client): T => {
    const { identity } = this.model
    if (identity && !this.#withKey && !identity.private) this.#setKeys(client, identity)
    return this.result(this.made)
  }

  #setKeys(client: Client, identity: ColumnMeta): void {
    const name = identity.property
    const big = identity.kind === 'bigId'
    if (this.rows === 1) {
      ;(this.made[0] as Row)[name] = big ? client.lastKey() : client.lastKeyNumber()
      return
    }
    const keys = client.keys()
    for (let i = 0; i < this.rows; i++) (this.made[i] as Row)[name] = big ? keys[i] : Number(keys[i])
  }

  explain(error: PlinthError): PlinthError {
    if (!error.code.endsWith('_VIOLATION')) return error
    const { row = 0 } = error
    const made = this.made[row]
    const values = this.columns.map(c => (c.private ? null : made?.[c.property]))
    const explained = withValues(error, this.columns, values)
    return this.rows > 1 || this.first > 0 ? (inRow(explained, this.first + row) as PlinthError) : explained
  }
}

/** Adds to a violation the values that caused it, unless one of them is private. */
function withValues(error: PlinthError, columns: readonly ColumnMeta[], values: readonly unknown[]): PlinthError {
  if (!error.columns?.length || error.found !== undefined || !error.code.endsWith('_VIOLATION')) return error
  const parts: string[] = []
  for (const name of error.columns) {
    const at = columns.findIndex(c => c.property === name && c.model.table === error.table)
    if (at < 0 || columns[at]?.private) return error
    const value = values[at]
    const moment = columns[at]?.wire === 'time' && typeof value === 'number'
    parts.push(`${name} = ${shown(moment ? new Date(value) : value)}`)
  }
  return Object.assign(error, { found: parts.join(', ') })
}
