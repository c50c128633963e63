/** The types of schema(): models together, and how they are related. Its JSON is what the core receives. */

import type { Action } from './column.js'
import type { Models } from './model.js'

/** A relation: `target` is a model's name in schema(). */
export interface Relation<RelationKind extends 'one' | 'has' | 'many', Target, Key> {
  readonly kind: RelationKind
  readonly target: Target
  readonly key: Key
}

/**
 * The argument of the callback that declares a model's relations. `Name` stands for `keyof M`:
 * TypeScript keeps the type of a parameter, and makes `keyof M` anew at each place.
 */
export interface RelationFactory<M extends Models, Source extends keyof M, Name extends keyof M = keyof M> {
  /** The row that this row's foreign key points to: `r.one('organizations', 'organizationId')`. */
  one<T extends Name, K extends keyof M[Source]['columns']>(target: T, key: K): Relation<'one', T, K>
  /** The one row, if any, whose foreign key points to this row: `r.has('userSettings', 'userId')`. */
  has<T extends Name>(target: T, key: keyof M[T]['columns']): Relation<'has', T, never>
  /** The rows whose foreign key points to this row, or those reached through an association table. */
  many<T extends Name>(target: T, key: keyof M[T]['columns'] | { through: Name }): Relation<'many', T, never>
}

/** The relations of models with these names. */
export type Related<Name extends PropertyKey> = { readonly [K in Name]?: Record<string, Relation<any, Name, any>> }

/**
 * The relations that schema() takes: for each model that has some, a function that returns them.
 * `R`, what the functions give, is what is inferred: the functions themselves would name all models
 * in each model's relations, in every declaration file.
 */
export type RelationsFor<M extends Models, R, Name extends keyof M = keyof M> = {
  [K in keyof R]: K extends Name ? (r: RelationFactory<M, K, Name>) => R[K] : never
}

/** All models and how they are related. */
export interface Schema<M extends Models, R> {
  /** The models, by name. */
  readonly models: M
  /** The relations, as given. */
  readonly relations: { readonly [K in keyof R]: unknown }
  /** The schema as JSON: what `plinth schema` prints and the core receives. */
  toJSON(): SchemaJson
  /** @internal */
  readonly $rel: { [K in keyof M]: K extends keyof R ? R[K] : {} }
}

/** Any schema: only what the query types read. */
export interface AnySchema {
  readonly models: Models
  readonly relations: any
  readonly $rel: any
}

/** A schema as JSON. Loosely typed where an imported `.json` file is: the core validates it whole. */
export interface SchemaJson {
  /** The version of the format: 1. */
  readonly format: number
  /** The models, in the order of their declaration. */
  readonly models: readonly ModelJson[]
}

/** One model of a {@link SchemaJson}. */
export interface ModelJson {
  readonly model: string
  readonly table: string
  readonly comment?: string
  readonly renamedFrom?: string
  readonly columns: readonly ColumnJson[]
  readonly primaryKey: readonly string[]
  readonly uniques?: readonly { readonly name?: string; readonly columns: readonly string[] }[]
  readonly checks?: readonly { readonly name?: string; readonly sql: string; readonly columns?: readonly string[] }[]
  readonly foreignKeys?: readonly ForeignKeyJson[]
  readonly indexes?: readonly IndexJson[]
  readonly relations?: readonly RelationJson[]
}

/** One column of a {@link ModelJson}. */
export interface ColumnJson {
  readonly property: string
  readonly name: string
  readonly kind: string
  readonly max?: number
  readonly precision?: number
  readonly scale?: number
  readonly enum?: string
  readonly values?: readonly string[]
  readonly nullable?: boolean
  readonly default?: { readonly value?: unknown } | string
  readonly private?: boolean
  readonly touch?: boolean
  readonly version?: boolean
  readonly lowercase?: boolean
  readonly comment?: string
  readonly renamedFrom?: string
}

/** One foreign key of a {@link ModelJson}. */
export interface ForeignKeyJson {
  readonly name?: string
  readonly columns: readonly string[]
  readonly target: string
  readonly references: readonly string[]
  readonly onDelete?: Action | (string & {})
  readonly onUpdate?: Action | (string & {})
}

/** One index of a {@link ModelJson}. */
export interface IndexJson {
  readonly name?: string
  readonly parts: readonly { readonly column?: string; readonly expression?: string; readonly desc?: boolean }[]
  readonly unique?: boolean
  readonly where?: string
}

/** One relation of a {@link ModelJson}. */
export interface RelationJson {
  readonly name: string
  readonly kind: string
  readonly target: string
  readonly key?: string
  readonly through?: string
}
