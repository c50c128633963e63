/** Updates that may lose the change of somebody else: a row is read, and a column of it is set to a value that was made of it. */

import { AsyncLocalStorage } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import { isDeepStrictEqual } from 'node:util'
import type { Ready } from '../bridge/memory.js'
import type { Values } from '../bridge/request.js'
import { keyedBy, keyText, readyOf } from '../bridge/row-key.js'
import type { ColumnMeta, ModelMeta } from '../models/metadata.js'
import type { Isolation, WarningEvent } from '../types/index.js'
import { frames } from './place.js'

const warnings = channel('plinth:warning')

/** Reads that a context remembers, and rows of one read; the oldest reads go first. */
const REMEMBERED = 20
const ROWS = 1000

/** Where a call is sent. */
interface Way {
  /** The transaction or session that it belongs to; none if it stands alone. */
  readonly belongsTo?: object | undefined
  readonly isolation?: Isolation | undefined
}

/** The values of a row when it was read, ready to be compared. */
type Known = ReadonlyMap<ColumnMeta, Ready>

/** A read: its rows by their keys, once they are there. */
interface Read {
  readonly model: ModelMeta
  readonly rows: Map<string, Known>
}

/** The reads that led to a call, of all databases. Each later read makes a new list. */
const contexts = new AsyncLocalStorage<readonly Read[]>()

/** Watches the updates of one open database. */
export class LostUpdates {
  /** The reads in a transaction or a session, by any function. */
  readonly #units = new WeakMap<object, readonly Read[]>()
  readonly #warned = new Set<string>()

  /** Notes a read; gives what receives its rows. A row that has a version cannot be changed by accident. */
  reading(way: Way, model: ModelMeta): ((rows: readonly unknown[]) => void) | undefined {
    if (model.version || isIsolated(way)) return undefined
    const read: Read = { model, rows: new Map() }
    contexts.enterWith(withRead(contexts.getStore(), read))
    const unit = way.belongsTo
    if (unit) this.#units.set(unit, withRead(this.#units.get(unit), read))
    return rows => {
      for (const row of rows.slice(0, ROWS)) note(read, row as Record<string, unknown>)
    }
  }

  /** Warns if an update by a key sets columns that were read to other values. The first values are those of the columns. */
  updating(way: Way, model: ModelMeta, id: unknown, columns: readonly ColumnMeta[], values: Values): void {
    if (model.version || isIsolated(way)) return
    const key = keyText(model, keyedBy(model, id))
    const unit = way.belongsTo
    if (key === undefined) return
    const all = [...(contexts.getStore() ?? []), ...((unit && this.#units.get(unit)) ?? [])]
    const reads = all.filter(read => read.model === model && read.rows.has(key))
    // The latest read of the row is what the program knows of it.
    const known = reads.at(-1)?.rows.get(key)
    if (!known) return
    const changed = columns.filter((column, i) => {
      const before = known.get(column)
      // A row whose key was changed meanwhile is not found any more.
      const may = !column.touch && !model.key.includes(column)
      return may && before !== undefined && !isSame(column, before, values[i] as Ready)
    })
    if (changed.length > 0) this.#warn(model, changed)
    // From here on the program knows what it has written itself.
    for (const read of reads) read.rows.delete(key)
  }

  #warn(model: ModelMeta, columns: readonly ColumnMeta[]): void {
    const [place = ''] = frames()
    const names = columns.map(({ property }) => property)
    const once = `${model.name} ${names} ${place}`
    if (this.#warned.has(once)) return
    this.#warned.add(once)
    const event: WarningEvent = {
      code: 'PLINTH_LOST_UPDATE',
      message: `${model.name}.update() sets ${names.join(', ')}, which was read before: a change made in between is lost${place && `, at ${place}`}.`,
      model: model.name,
      columns: names,
      place,
      hint: remedy(columns),
    }
    process.emitWarning(event.message, { type: 'PlinthWarning', code: event.code, detail: event.hint })
    if (warnings.hasSubscribers) warnings.publish(event)
  }
}

/** Whether the database itself reports a change that came in between, as an error. */
const isIsolated = ({ isolation }: Way) => isolation === 'repeatable read' || isolation === 'serializable'

const withRead = (before: readonly Read[] = [], read: Read) => [...before, read].slice(-REMEMBERED)

/** Notes what a row has, if its key was read. */
function note(read: Read, row: Record<string, unknown>): void {
  const key = keyText(read.model, row)
  if (key === undefined) return
  const known = new Map<ColumnMeta, Ready>()
  for (const column of read.model.columns) {
    const value = readyOf(column, row)
    if (value !== undefined) known.set(column, value)
  }
  read.rows.set(key, known)
}

function isSame(column: ColumnMeta, before: Ready, after: Ready): boolean {
  if (before === after) return true
  if (before === null || after === null) return false
  // The order of members does not count.
  if (column.kind === 'json') return isDeepStrictEqual(JSON.parse(before as string), JSON.parse(after as string))
  return column.kind === 'bytes' && Buffer.compare(before as Uint8Array, after as Uint8Array) === 0
}

/** The calls to use instead. */
function remedy(columns: readonly ColumnMeta[]): string {
  const [first] = columns as [ColumnMeta]
  const name = first.property
  const changes =
    first.kind === 'json'
      ? `Change it in the database: { ${name}: append(...) } or { ${name}: merge(...) }. Or let `
      : NUMBERS.includes(first.kind)
        ? `Change it in the database: { ${name}: add(...) }. Or let `
        : 'Let '
  return `${changes}the update hold only for the row that was read: with { where: { ${name}: ... } }, or for every update by a .version() column.`
}

const NUMBERS = ['integer', 'bigint', 'int32', 'real', 'decimal']
