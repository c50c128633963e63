/** The runtime of the third argument of model(): index, unique, check, foreignKey, expression. */

import type { ColumnRef, Constraint, Expression, ForeignKeyOptions, Index, IndexPart } from '../types/index.js'
import { nameOf } from './column-builder.js'
import { fault, found, schemaError } from './fault.js'

/** Under this key an extra carries what it adds to the model's JSON, readable by any copy of this package in the process. */
export const extraBrand = Symbol.for('plinth.extra')
const partBrand = Symbol.for('plinth.part')

type Part = { readonly column?: string; readonly expression?: string; readonly desc?: true }

/** To which list of the model's JSON an extra belongs, and the entry. */
export interface ExtraSpec {
  readonly list: 'indexes' | 'uniques' | 'checks' | 'foreignKeys'
  readonly entry: { readonly name?: string; readonly [key: string]: unknown }
}

/** The spec of an extra, or undefined where the value is none. */
export function extraSpec(value: unknown): ExtraSpec | undefined {
  return typeof value === 'object' && value !== null ? (value as { [extraBrand]?: ExtraSpec })[extraBrand] : undefined
}

const partOf = (value: unknown): Part | undefined =>
  typeof value === 'object' && value !== null ? (value as { [partBrand]?: Part })[partBrand] : undefined

const descending = (part: Part): IndexPart =>
  Object.freeze({ [partBrand]: { ...part, desc: true } }) as unknown as IndexPart

/** A column as the third argument of model() sees it. */
export function columnRef(column: string): ColumnRef {
  const part: Part = { column }
  return Object.freeze({ column, desc: () => descending(part), [partBrand]: part }) as unknown as ColumnRef
}

/** A SQL expression in an index: `index(expression('lower(name)'))`. The columns in it have their database names. */
export function expression(sql: string): Expression {
  requireSql('expression', sql, expression)
  const part: Part = { expression: sql }
  return Object.freeze({ desc: () => descending(part), [partBrand]: part }) as unknown as Expression
}

/** Declares an index, in the third argument of model(): `index(t.status, t.createdAt.desc())`. */
export function index(...parts: [IndexPart, ...IndexPart[]]): Index {
  const list = parts.map(part => partOf(part) ?? wrong('index', 'columns (t.name) or expression(sql)', part, index))
  if (list.length === 0) wrong('index', 'at least one column', undefined, index)
  return extra({ list: 'indexes', entry: { parts: list } }) as unknown as Index
}

/** Declares that no two rows are alike in all of these columns. */
export function unique(...columns: [ColumnRef, ...ColumnRef[]]): Constraint {
  return extra({ list: 'uniques', entry: { columns: names('unique', columns, unique) } }) as unknown as Constraint
}

/** Declares a SQL condition that every row must meet. The columns in it have their database names. */
export function check(sql: string, caller: (...args: any[]) => unknown = check): Constraint {
  requireSql('check', sql, caller)
  return extra({ list: 'checks', entry: { sql } }) as unknown as Constraint
}

/** Declares a foreign key of one or several columns: `foreignKey([t.a, t.b], 'others', ['a', 'b'], { onDelete: 'cascade' })`. */
export function foreignKey(
  columns: readonly [ColumnRef, ...ColumnRef[]],
  target: string,
  references: readonly [string, ...string[]],
  options: ForeignKeyOptions = {},
): Constraint {
  if (!Array.isArray(columns)) wrong('foreignKey', 'an array of columns', columns, foreignKey)
  if (typeof target !== 'string' || target === '') wrong('foreignKey', "the other model's name", target, foreignKey)
  if (!Array.isArray(references) || references.some(r => typeof r !== 'string')) {
    wrong('foreignKey', "an array of the other model's columns", references, foreignKey)
  }
  const entry = foreignKeyEntry(names('foreignKey', columns, foreignKey), target, references, options)
  return extra({ list: 'foreignKeys', entry }) as unknown as Constraint
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

function extra(spec: ExtraSpec) {
  const change = (entry: Record<string, unknown>) => extra({ list: spec.list, entry: { ...spec.entry, ...entry } })
  const named = {
    [extraBrand]: spec,
    name(name: string): unknown {
      if (typeof name !== 'string' || name === '') wrong('name', 'a text that is not empty', name, named.name)
      return change({ name })
    },
  }
  if (spec.list !== 'indexes') return Object.freeze(named)
  const ofIndex = {
    ...named,
    unique: (): unknown => change({ unique: true }),
    where(sql: string): unknown {
      requireSql('where', sql, ofIndex.where)
      return change({ where: sql })
    },
  }
  return Object.freeze(ofIndex)
}

function names(call: string, columns: readonly ColumnRef[], builder: (...args: never[]) => unknown): string[] {
  if (columns.length === 0) wrong(call, 'at least one column', undefined, builder)
  return columns.map(ref => {
    const part = partOf(ref)
    return part?.column !== undefined && !part.desc ? part.column : wrong(call, 'columns (t.name)', ref, builder)
  })
}

function requireSql(call: string, sql: unknown, builder: (...args: never[]) => unknown): void {
  if (typeof sql !== 'string' || sql.trim() === '') wrong(call, 'SQL text', sql, builder)
}

function wrong(call: string, expected: string, value: unknown, builder: (...args: never[]) => unknown): never {
  throw schemaError(undefined, [fault(`${call}() takes ${expected}, found ${found(value)}`, builder)], [])
}
