/**
 * The `where` of a table among others: its columns, and conditions on the rows of its relations.
 */

import type { AnySchema, Relation } from './schema.js'

type Relations<S extends AnySchema, K> = S['$rel'][K & keyof S['$rel']]

/** The `where` of table `K`: values or operators by column, relations, `and`, `or`, `not`. */
export type Filter<S extends AnySchema, K> = S['models'][K & keyof S['models']]['$filter'] &
  RelatedTo<S, Relations<S, K>> &
  FilterLogic<S, K>

/** Conditions made of conditions. */
export interface FilterLogic<S extends AnySchema, K> {
  /** all of these */
  and?: readonly Filter<S, K>[]
  /** any of these */
  or?: readonly Filter<S, K>[]
  /** not this */
  not?: Filter<S, K>
}

type RelatedTo<S extends AnySchema, R> = {
  [N in keyof R]?: R[N] extends Relation<infer Kind, infer Target, any> ? RelationOps<S, Target>[Kind] : never
}

/**
 * The conditions of a `where` on the rows of table `K`, by the kind of relation that leads to them.
 */
export interface RelationOps<S extends AnySchema, K> {
  one: ToOneOps<S, K>
  has: ToOneOps<S, K>
  many: ToManyOps<S, K>
}

/** What is asked of the one row of a relation. */
export interface ToOneOps<S extends AnySchema, K> {
  /** there is a row, and it meets this; null: there is none */
  is?: Filter<S, K> | null
  /** not so: there is none, or it does not meet this; null: there is one */
  isNot?: Filter<S, K> | null
}

/** What is asked of the rows of a relation. */
export interface ToManyOps<S extends AnySchema, K> {
  /** at least one of them meets this */
  some?: Filter<S, K>
  /** none of them meets this */
  none?: Filter<S, K>
  /** all of them meet this; true if there are none */
  every?: Filter<S, K>
}
