/** The types of model() and of its rows: what a table declares by itself, before schema() relates it to others. */

import type { Columns, ForeignKeyOptions } from './column.js'
import type { Single } from './single.js'

/** The key of an index: a column, an expression, either of them downward. */
export interface IndexPart {
  /** @internal */
  readonly $part: true
}

/** A column as the third argument of model() sees it. */
export interface ColumnRef extends IndexPart {
  /** Its name in the database. */
  readonly column: string
  /** Downward, in an index. */
  desc(): IndexPart
}

/** A SQL expression in an index. */
export interface Expression extends IndexPart {
  /** Downward. */
  desc(): IndexPart
}

/** Whatever stands in the third argument of model(). */
export interface TableExtra {
  /** @internal */
  readonly $extra: true
}

/** An index under construction. */
export interface Index extends TableExtra {
  /** Partial: only rows that meet this SQL condition. */
  where(sql: string): Index
  /** No two rows alike in it. */
  unique(): Index
  /** Its name in the database; `<table>_<columns>_idx` without it. */
  name(name: string): Index
}

/** A constraint under construction: unique, check or foreign key. */
export interface Constraint extends TableExtra {
  /** Its name in the database; made of the table and its columns without it. */
  name(name: string): Constraint
}

/** The functions of the table level, as lib/models/table-level.ts has them. */
export interface TableFunctions {
  /** Declares an index: `index(t.status, t.createdAt.desc())`. */
  index(...parts: [IndexPart, ...IndexPart[]]): Index
  /** Declares that no two rows are alike in all of these columns. */
  unique(...columns: [ColumnRef, ...ColumnRef[]]): Constraint
  /** Declares a SQL condition that every row must meet. */
  check(sql: string): Constraint
  /** Declares a foreign key of one or several columns: `foreignKey([t.a, t.b], 'others', ['a', 'b'])`. */
  foreignKey(
    columns: readonly [ColumnRef, ...ColumnRef[]],
    target: string,
    references: readonly [string, ...string[]],
    options?: ForeignKeyOptions,
  ): Constraint
}

/** A declared table. `Row<typeof users>` is the type of its rows. */
export interface Model<Name extends string, C extends Columns> {
  /** The name given to model(). */
  readonly name: Name
  /** Its columns, by property. */
  readonly columns: C
  /** The table's name in the database, when not the snake_case of the model's. */
  table(name: string): this
  /** The purpose of the table. */
  comment(text: string): this
  /** The table's former name: the next revision renames instead of dropping. */
  renamedFrom(name: string): this

  /** @internal all columns */
  readonly $all: { [K in keyof C]: C[K]['$out'] }
  /** @internal without private columns */
  readonly $row: { [K in keyof C as K & C[K]['$shown']]: C[K]['$out'] }
  /** @internal */
  readonly $insert: { [K in keyof C as K & C[K]['$must']]: C[K]['$in'] } & {
    [K in keyof C as K & C[K]['$may']]?: C[K]['$in'] | undefined
  }
  /** @internal */
  readonly $update: { [K in keyof C]?: C[K]['$set'] | undefined }
  /** @internal what claim() sets: no column of the key */
  readonly $claimed: { [K in keyof C]?: (K & C[K]['$key'] extends never ? C[K]['$set'] : never) | undefined }
  /** @internal */
  readonly $filter: { [K in keyof C]?: C[K]['$filter'] }
  /** @internal */
  readonly $order: { [K in keyof C]?: C[K]['$order'] }
  /** @internal columns whose values can be added up */
  readonly $numeric: { [K in keyof C]: K & C[K]['$numeric'] }[keyof C]
  /** @internal columns with a least and a greatest value */
  readonly $ordered: { [K in keyof C]: K & C[K]['$ordered'] }[keyof C]
  /** @internal columns by which rows can be grouped */
  readonly $groups: { [K in keyof C]: K & C[K]['$groups'] }[keyof C]
  /** @internal what get() takes: the value, or an object where the key is composite */
  readonly $id: Id<{ [K in keyof C as K & C[K]['$key']]: C[K]['$out'] }>
  /** @internal what update() and delete() take: the key, or of a model with a version the columns of a row that they look at */
  readonly $target: { [K in keyof C]: K & C[K]['$version'] }[keyof C] extends never
    ? this['$id']
    : { [K in keyof C as K & (C[K]['$key'] | C[K]['$version'])]: C[K]['$out'] }
  /** @internal what a version is compared with, if the model has one */
  readonly $compared: { [K in keyof C]: K & C[K]['$version'] }[keyof C] extends never ? never : number
  /** @internal the key, if the model has a version */
  readonly $versioned: { [K in keyof C]: K & C[K]['$version'] }[keyof C] extends never ? never : this['$id']
}

type Id<Key> = Single<keyof Key> extends true ? Key[keyof Key] : Key

/** Any model: only what the query types read. */
export interface AnyModel {
  readonly name: string
  readonly columns: any
  readonly $all: any
  readonly $row: any
  readonly $insert: any
  readonly $update: any
  readonly $claimed: any
  readonly $filter: any
  readonly $order: any
  readonly $numeric: any
  readonly $ordered: any
  readonly $groups: any
  readonly $id: any
  readonly $target: any
  readonly $versioned: any
  readonly $compared: any
}

/** Models by their names in schema(). */
export type Models = Record<string, AnyModel>

/** A row as `list` returns it: without private columns. */
export type Row<M extends AnyModel> = M['$row']

/** The input of `create`: nullable columns and columns with a default may be left out. */
export type Insert<M extends AnyModel> = M['$insert']

/** The input of `update`. */
export type Update<M extends AnyModel> = M['$update']

/** The key that `get` takes: the primary key, an object if it is composite. */
export type Key<M extends AnyModel> = M['$id']

/**
 * The row that `update` and `delete` take: its primary key, or of a model with a version an object
 * with its key and its version.
 */
export type Target<M extends AnyModel> = M['$target']

/**
 * The `where` of one model: values or operators by column, `and`, `or`, `not`. With its relations
 * it is a `Filter`.
 */
export type Where<M extends AnyModel> = M['$filter'] & Logic<M>

/** Conditions made of conditions. */
export interface Logic<M extends AnyModel> {
  /** all of these */
  and?: readonly Where<M>[]
  /** any of these */
  or?: readonly Where<M>[]
  /** not this */
  not?: Where<M>
}

/** `{ createdAt: 'desc' }`, `{ dueAt: { direction: 'asc', nulls: 'last' } }`; an array where the order of several must be plain. */
export type OrderBy<M extends AnyModel> = M['$order'] | readonly M['$order'][]
