/**
 * The operators of a `where` for one column, by its kind. Which rows `and`, `or` and `not` combine
 * is in model.ts.
 */

import type { JsonNull } from '../base/json-null.js'

/** Operators every column but JSON has. `N` is `null` on a nullable column, else `never`. */
export interface EqualOps<V, N> {
  /** equal */
  eq?: V | N
  /** not equal; unlike SQL, a null is not equal to a value */
  ne?: V | N
  /** one of */
  in?: readonly V[]
  /** none of */
  notIn?: readonly V[]
}

/** Operators of columns with an order: numbers, decimals, dates, text. */
export interface OrderOps<V, N> extends EqualOps<V, N> {
  /** greater than */
  gt?: V
  /** greater than or equal */
  gte?: V
  /** less than */
  lt?: V
  /** less than or equal */
  lte?: V
}

/** Operators of text columns. */
export interface TextOps<V, N> extends OrderOps<V, N> {
  /** contains this text; `%` and `_` stand for themselves */
  contains?: string
  /** begins with this text */
  startsWith?: string
  /** ends with this text */
  endsWith?: string
  /** SQL LIKE pattern: `%` any text, `_` any character */
  like?: string
}

/** Operators of JSON columns. A bare value is not allowed: say `eq`. */
export interface JsonOps<V, N> {
  /** equal as JSON: the order of keys does not matter */
  eq?: V | JsonNull
  /** not equal as JSON */
  ne?: V | JsonNull
  /** SQL NULL or not (JSON null is a value) */
  isNull?: [N] extends [never] ? never : boolean
  path?: never
}

/**
 * The conditions on a place in JSON: if the place is missing, only `ne`, `notIn` and `isNull` are
 * true.
 */
export interface JsonPathOps {
  /** the keys and indexes that lead there: `['user', 'age', 0]` */
  path: readonly (string | number)[]
  /** equal as JSON */
  eq?: NonNullable<unknown>
  /** not equal as JSON, or not there */
  ne?: NonNullable<unknown>
  /** one of */
  in?: readonly NonNullable<unknown>[]
  /** none of */
  notIn?: readonly NonNullable<unknown>[]
  /** a number less than this number, text before this text */
  lt?: number | string
  /** less than or equal */
  lte?: number | string
  /** greater than */
  gt?: number | string
  /** greater than or equal */
  gte?: number | string
  /** text that contains this */
  contains?: string
  /** text that begins with this */
  startsWith?: string
  /** text that ends with this */
  endsWith?: string
  /** text that matches this SQL LIKE pattern */
  like?: string
  /** nothing there, or SQL NULL (JSON null is a value) */
  isNull?: boolean
}

/** The operators of a `where` for a column of each family of kinds. */
export interface FilterByKind<V, N> {
  equal: V | N | EqualOps<V, N>
  number: V | N | OrderOps<V, N>
  order: V | N | OrderOps<V, N>
  text: V | N | TextOps<V, N>
  json: JsonOps<V, N> | JsonPathOps
}

/** The values that `create` and `update` take for a column of each family, without NULL. */
export interface InputByKind<V> {
  equal: V
  number: V
  order: V
  text: V
  json: V | JsonNull
}

/** Upward or downward. */
export type Direction = 'asc' | 'desc'

/** One part of an order in full. */
export interface Ordering {
  /** upward or downward */
  direction: Direction
  /** where NULL goes: without it first, and last downward */
  nulls?: 'first' | 'last'
}

/** An order by a place in JSON: nothing there, null, false, true, numbers, text, all else. */
export interface PathOrdering extends Ordering {
  /** the keys and indexes that lead there */
  path: readonly (string | number)[]
}

/** The directions that `orderBy` takes for a column of each family. */
export interface OrderByKind {
  equal: Direction | Ordering
  number: Direction | Ordering
  order: Direction | Ordering
  text: Direction | Ordering
  json: PathOrdering
}

/** A family of kinds that share their operators. */
export type Kind = keyof InputByKind<unknown>
