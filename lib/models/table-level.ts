/** The runtime of the third argument of model(): index, unique, check, foreignKey, expression. */

import { shown } from '../base/shown.js'
import type { ColumnRef, Constraint, Expression, ForeignKeyOptions, Index, IndexPart } from '../types/index.js'
import { FOREIGN_KEY, restFaults } from './builder-options.js'
import { nameOf } from './column-builder.js'
import { type BuilderCall, type Fault, fault, schemaError } from './fault.js'

/** Under this key an extra carries what it adds to the model's JSON, readable by any copy of this package in the process. */
export const extraBrand = Symbol.for('plinth.extra')
const partBrand = Symbol.for('plinth.part')

/** A part of an index as the schema JSON writes it, and what is wrong with the calls that made it. */
interface PartSpec {
  readonly part: { readonly column?: string; readonly expression?: string; readonly desc?: true }
  readonly faults: readonly Fault[]
}

/** To which list of the model's JSON an extra belongs, the entry, and what is wrong with the calls that made it. */
export interface ExtraSpec {
  readonly list: 'indexes' | 'uniques' | 'checks' | 'foreignKeys'
  readonly entry: { readonly name?: string; readonly [key: string]: unknown }
  readonly faults: readonly Fault[]
}

/** The spec of an extra, or undefined if the value is not an extra. */
export function extraSpec(value: unknown): ExtraSpec | undefined {
  return typeof value === 'object' && value !== null ? (value as { [extraBrand]?: ExtraSpec })[extraBrand] : undefined
}

const partOf = (value: unknown): PartSpec | undefined =>
  typeof value === 'object' && value !== null ? (value as { [partBrand]?: PartSpec })[partBrand] : undefined

/** A part of an index that can be turned downward. */
function turnable({ part, faults }: PartSpec) {
  const desc = (...rest: unknown[]) => {
    const spec: PartSpec = { part: { ...part, desc: true }, faults: [...faults, ...restFaults('desc()', desc, rest)] }
    return Object.freeze({ [partBrand]: spec })
  }
  return { desc, [partBrand]: { part, faults } }
}

/** A column as the third argument of model() sees it. */
export function columnRef(column: string): ColumnRef {
  return Object.freeze({ column, ...turnable({ part: { column }, faults: [] }) }) as unknown as ColumnRef
}

/**
 * A SQL expression in an index: `index(expression('lower(name)'))`. The columns in it have their database names.
 * @example
 * const users = model('users', { id: c.id(), name: c.text() }, () => [index(expression('lower(name)'))])
 */
export function expression(sql: string): Expression
export function expression(sql: string, ...rest: unknown[]): Expression {
  const faults = [...sqlFaults('expression()', expression, sql), ...restFaults('expression()', expression, rest)]
  return Object.freeze(turnable({ part: { expression: sql }, faults })) as unknown as Expression
}

/**
 * Declares an index, in the third argument of model(): `index(t.status, t.createdAt.desc())`.
 * @example
 * const tasks = model('tasks', { id: c.id(), title: c.text() }, t => [index(t.title.desc())])
 */
export function index(...parts: [IndexPart, ...IndexPart[]]): Index {
  const faults = noColumns('index()', index, parts)
  const list = parts.map(given => {
    const spec = partOf(given)
    if (spec) faults.push(...spec.faults)
    else faults.push(wrong('index()', index, 'columns (t.name) or expression(sql)', given))
    return spec?.part
  })
  return extra({ list: 'indexes', entry: { parts: list }, faults }) as unknown as Index
}

/**
 * Declares that no two rows are alike in all of these columns.
 * @example
 * const tasks = model('tasks', { id: c.id(), list: c.text(), place: c.integer() }, t => [unique(t.list, t.place)])
 */
export function unique(...columns: [ColumnRef, ...ColumnRef[]]): Constraint {
  const faults: Fault[] = []
  const entry = { columns: names('unique()', unique, columns, faults) }
  return extra({ list: 'uniques', entry, faults }) as unknown as Constraint
}

/** Declares a SQL condition that every row must meet. The columns in it have their database names. `builder` is the call of the user. */
export function check(builder: BuilderCall, sql: unknown, ...rest: unknown[]): Constraint {
  const faults = [...sqlFaults('check()', builder, sql), ...restFaults('check()', builder, rest)]
  // Nothing reads it outside of a model, where the other check() was meant.
  if (typeof sql !== 'string') throw schemaError(faults)
  return extra({ list: 'checks', entry: { sql }, faults }) as unknown as Constraint
}

/**
 * Declares a foreign key of one or several columns: `foreignKey([t.a, t.b], 'others', ['a', 'b'], { onDelete: 'cascade' })`.
 * @example
 * const parts = model(
 *   'parts',
 *   { id: c.id(), list: c.text(), place: c.integer() },
 *   t => [foreignKey([t.list, t.place], 'tasks', ['list', 'place'], { onDelete: 'cascade' })],
 * )
 */
export function foreignKey(
  columns: readonly [ColumnRef, ...ColumnRef[]],
  target: string,
  references: readonly [string, ...string[]],
  options?: ForeignKeyOptions,
): Constraint
export function foreignKey(columns: unknown, target: string, references: unknown, ...rest: unknown[]): Constraint {
  const call = 'foreignKey()'
  const faults = restFaults(call, foreignKey, rest, FOREIGN_KEY)
  const refuse = (expected: string, value: unknown) => faults.push(wrong(call, foreignKey, expected, value))
  if (!Array.isArray(columns)) refuse('an array of columns', columns)
  if (typeof target !== 'string' || target === '') refuse("the other model's name", target)
  if (!Array.isArray(references) || references.some(r => typeof r !== 'string')) {
    refuse("an array of the other model's columns", references)
  }
  const own = Array.isArray(columns) ? names(call, foreignKey, columns, faults) : []
  const others = Array.isArray(references) ? references : []
  const entry = foreignKeyEntry(own, target, others, (rest[0] ?? {}) as ForeignKeyOptions)
  return extra({ list: 'foreignKeys', entry, faults }) as unknown as Constraint
}

/** A foreign key as the schema JSON writes it. */
export function foreignKeyEntry(
  columns: readonly string[],
  target: string,
  references: readonly string[],
  options: ForeignKeyOptions,
): ExtraSpec['entry'] {
  return {
    ...nameOf(options),
    columns,
    target,
    references: [...references],
    ...(options.onDelete !== undefined && { onDelete: options.onDelete }),
    ...(options.onUpdate !== undefined && { onUpdate: options.onUpdate }),
  }
}

function extra({ list, entry, faults }: ExtraSpec) {
  const change = (more: Record<string, unknown>, found: readonly Fault[]) =>
    extra({ list, entry: { ...entry, ...more }, faults: [...faults, ...found] })
  const named = {
    [extraBrand]: { list, entry, faults },
    name(name: string, ...rest: unknown[]): unknown {
      const found = restFaults('name()', named.name, rest)
      if (typeof name !== 'string' || name === '') {
        found.push(wrong('name()', named.name, 'a text that is not empty', name))
      }
      return change({ name }, found)
    },
  }
  if (list !== 'indexes') return Object.freeze(named)
  const ofIndex = {
    ...named,
    unique: (...rest: unknown[]): unknown => change({ unique: true }, restFaults('unique()', ofIndex.unique, rest)),
    where(sql: string, ...rest: unknown[]): unknown {
      const found = [...sqlFaults('where()', ofIndex.where, sql), ...restFaults('where()', ofIndex.where, rest)]
      return change({ where: sql }, found)
    },
  }
  return Object.freeze(ofIndex)
}

/** The database names of columns. What is none is added to `faults`. */
function names(call: string, builder: BuilderCall, columns: readonly unknown[], faults: Fault[]): string[] {
  faults.push(...noColumns(call, builder, columns))
  return columns.flatMap(given => {
    const spec = partOf(given)
    if (spec?.part.column !== undefined && !spec.part.desc) return spec.part.column
    faults.push(wrong(call, builder, 'columns (t.name)', given))
    return []
  })
}

const noColumns = (call: string, builder: BuilderCall, columns: readonly unknown[]): Fault[] =>
  columns.length === 0 ? [wrong(call, builder, 'at least one column', undefined)] : []

const sqlFaults = (call: string, builder: BuilderCall, sql: unknown): Fault[] =>
  typeof sql === 'string' && sql.trim() !== '' ? [] : [wrong(call, builder, 'SQL text', sql)]

const wrong = (call: string, builder: BuilderCall, expected: string, value: unknown): Fault =>
  fault(`${call} takes ${expected}, found ${shown(value)}`, builder)
