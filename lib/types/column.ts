/**
 * The column builder's types: `c.text().nullable().unique()`.
 *
 * How all of lib/types stays cheap to check (read before editing):
 * - A column is `Column<Kind, Value, Flags>`: three plain arguments, so
 *   `Column<'text', string, never>` is ONE type shared by every such column of a project. A column's
 *   part in a row, an insert or a filter is computed in phantom members of that interface, once per
 *   distinct column type, and read by property access (`C[K]['$out']`).
 *  - Keys are kept or dropped by intersection (`K & C[K]['$shown']`, unknown keeps, never drops), not by conditional types.
 *  - A model's row, insert, where... are anonymous mapped types in members of `Model`: lazy, cached, and hovers expand them.
 *  - No table knows another until schema(); `references` takes a string.
 * scripts/check-types-budget.mjs holds the instantiations to a budget.
 */

import type { FilterByKind, InputByKind, Kind, OrderByKind } from './operators.js'

/** What happens to this row when the row it refers to is deleted, or its key changes. */
export type Action = 'cascade' | 'set null' | 'set default' | 'restrict' | 'no action'

/** Options of a foreign key. */
export interface ForeignKeyOptions {
  /** What happens to this row when the other is deleted. Without it the deletion is refused. */
  onDelete?: Action | undefined
  /** What happens to this row when the other's key changes. Without it the change is refused. */
  onUpdate?: Action | undefined
  /** The constraint's name in the database; `<table>_<columns>_fkey` without it. */
  name?: string | undefined
}

/** The properties of a column beyond its type. */
export type Flag = 'nullable' | 'default' | 'private' | 'key'

/** A column under construction: `c.text().nullable().unique()`. Every call gives a new one. */
export interface Column<K extends Kind, V, F extends Flag = never> {
  /** May be NULL; left out of an insert, it is NULL. */
  nullable(): Column<K, V, F | 'nullable'>
  /** The value when an insert leaves it out. */
  default(value: InputByKind<V>[K]): Column<K, V, F | 'default'>
  /** The clock when an insert leaves it out. For timestamps and dates. */
  defaultNow(): Column<K, V, F | 'default'>
  /** A random UUID (version 7) when an insert leaves it out. For UUIDs. */
  defaultRandom(): Column<K, V, F | 'default'>
  /** Set to the clock on every update. For timestamps and dates. */
  touch(): Column<K, V, F | 'default'>
  /** Never in a result unless `select` names it. */
  private(): Column<K, V, F | 'private'>
  /** The primary key, or a part of it: on several columns it is a composite key, in this order. */
  primaryKey(): Column<K, V, F | 'key'>
  /** No two rows alike. The constraint's name is `<table>_<column>_key` unless given. */
  unique(options?: { name?: string | undefined }): this
  /** A foreign key to `model.column`. A plain string, since models may refer to each other in circles. */
  references(target: `${string}.${string}`, options?: ForeignKeyOptions): this
  /** Lower-cased on write and in filters: the portable way to a case-insensitive unique. For text. */
  lowercase(): this
  /** Its name in the database, when not the snake_case of the property. */
  name(name: string): this
  /** A SQL condition that every row must meet. */
  check(sql: string, options?: { name?: string | undefined }): this
  /** Its former name in the database: the next revision renames instead of dropping. */
  renamedFrom(name: string): this
  /** The purpose of the column. */
  comment(text: string): this

  /** @internal value read */
  readonly $out: V | ('nullable' extends F ? null : never)
  /** @internal value written */
  readonly $in: InputByKind<V>[K] | ('nullable' extends F ? null : never)
  /** @internal filter */
  readonly $filter: FilterByKind<V, 'nullable' extends F ? null : never>[K]
  /** @internal order */
  readonly $order: OrderByKind[K]
  /** @internal unknown | never: kept in a row? */
  readonly $shown: 'private' extends F ? never : unknown
  /** @internal unknown | never: required on insert? */
  readonly $must: [F & ('nullable' | 'default')] extends [never] ? unknown : never
  /** @internal unknown | never: optional on insert? */
  readonly $may: [F & ('nullable' | 'default')] extends [never] ? never : unknown
  /** @internal unknown | never: in the primary key? */
  readonly $key: 'key' extends F ? unknown : never
  /** @internal unknown | never: can values be added up? */
  readonly $numeric: K extends 'number' ? unknown : never
  /** @internal unknown | never: is there a least and a greatest value? */
  readonly $ordered: K extends 'number' | 'order' | 'text' ? unknown : never
  /** @internal unknown | never: can rows be grouped by it? */
  readonly $groups: K extends 'json' ? never : V extends Uint8Array ? never : unknown
}

/** Any column: only what the mapped types read, so that the check is trivial comparisons, never a structural one. */
export interface AnyColumn {
  readonly $out: unknown
  readonly $in: unknown
  readonly $filter: unknown
  readonly $order: unknown
  readonly $shown: unknown
  readonly $must: unknown
  readonly $may: unknown
  readonly $key: unknown
  readonly $numeric: unknown
  readonly $ordered: unknown
  readonly $groups: unknown
}

/** The columns of a model, by property. */
export type Columns = Record<string, AnyColumn>

/** The kinds of column: what `c` offers. */
export interface ColumnFactory {
  /** The identity primary key, a number. */
  id(): Column<'number', number, 'default' | 'key'>
  /** The identity primary key, a bigint. */
  bigId(): Column<'number', bigint, 'default' | 'key'>
  /** A safe integer (within 2^53 - 1), as wide as an id. */
  integer(): Column<'number', number>
  /** A 64-bit integer, a bigint. */
  bigint(): Column<'number', bigint>
  /** A 32-bit integer. */
  int32(): Column<'number', number>
  /** A double-precision number; never NaN or infinite. */
  real(): Column<'number', number>
  /** An exact number, a string: `'12.50'`. `precision` digits (at most 18), `scale` (0 without it) of them after the point. */
  decimal(precision: number, scale?: number): Column<'number', string>
  /** Text, of at most `max` characters where given. */
  text(options?: { max?: number | undefined }): Column<'text', string>
  /** true or false. */
  boolean(): Column<'equal', boolean>
  /** A UUID, a string: lower case with dashes. */
  uuid(): Column<'equal', string>
  /** A moment in UTC, a Date, to the millisecond. */
  timestamp(): Column<'order', Date>
  /** A day: `'2026-11-20'`. */
  date(): Column<'order', string>
  /** JSON of the type given: `c.json<Settings>()`. JSON null is `jsonNull`, SQL NULL is null. */
  json<T = unknown>(): Column<'json', T>
  /** Bytes. */
  bytes(): Column<'equal', Uint8Array>
  /** One of these words. */
  enum<const V extends string>(name: string, values: readonly V[]): Column<'equal', V>
}
