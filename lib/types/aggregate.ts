/** Aggregates: what `aggregate` takes, and the exact shape of what it gives. */

import type { Filter } from './filter.js'
import type { AnyModel } from './model.js'
import type { Direction, Ordering, OrderOps } from './operators.js'
import type { CallOptions } from './options.js'
import type { AnySchema } from './schema.js'

/**
 * The options of `aggregate`. Every measure is an array of columns, but `count`, which counts rows.
 */
export interface AggregateQuery<S extends AnySchema, K, G, N, D, Sum, Avg, Min, Max> extends CallOptions {
  /** Which rows. */
  where?: Filter<S, K>
  /** The columns whose values make a group. Without it there is one result for all rows. */
  groupBy?: readonly G[] | undefined
  /** How many rows. */
  count?: N | undefined
  /** How many different values; NULL is none. */
  countDistinct?: readonly D[] | undefined
  /** The sum, in the kind of the column; null without values. */
  sum?: readonly Sum[] | undefined
  /** The average, a number; null without values. */
  avg?: readonly Avg[] | undefined
  /** The least value; null without values. */
  min?: readonly Min[] | undefined
  /** The greatest value; null without values. */
  max?: readonly Max[] | undefined
  /** Which groups. */
  having?: Having<S['models'][K & keyof S['models']]> | undefined
  /** In which order; groups that are alike in it, or all without it, follow the columns of groupBy. */
  orderBy?:
    | GroupOrderBy<S['models'][K & keyof S['models']]>
    | readonly GroupOrderBy<S['models'][K & keyof S['models']]>[]
    | undefined
  /** At most so many groups. */
  limit?: number | undefined
  /** Skip so many. */
  offset?: number | undefined
}

/** Conditions on groups: `{ count: { gt: 5 }, sum: { points: { gte: 10 } } }`, `and`, `or`, `not`. */
export interface Having<M extends AnyModel> {
  /** how many rows */
  count?: number | OrderOps<number, never>
  /** how many different values */
  countDistinct?: { [P in M['$groups']]?: number | OrderOps<number, never> }
  /** the sum */
  sum?: { [P in M['$numeric']]?: M['$filter'][P] | null }
  /** the average */
  avg?: { [P in M['$numeric']]?: number | null | OrderOps<number, null> }
  /** the least value */
  min?: { [P in M['$ordered']]?: M['$filter'][P] | null }
  /** the greatest value */
  max?: { [P in M['$ordered']]?: M['$filter'][P] | null }
  /** all of these */
  and?: readonly Having<M>[]
  /** any of these */
  or?: readonly Having<M>[]
  /** not this */
  not?: Having<M>
}

/** `{ status: 'asc' }`, `{ count: 'desc' }`, `{ sum: { points: 'desc' } }`; an array where the order of several must be plain. */
export type GroupOrderBy<M extends AnyModel> = Sorted<M['$groups']> & MeasureOrder<M>

/** An order of some of these. */
type Sorted<C> = { [P in C & PropertyKey]?: Direction | Ordering }

/** Orders of groups by what is measured of them. */
export interface MeasureOrder<M extends AnyModel> {
  /** how many rows */
  count?: Direction
  /** how many different values */
  countDistinct?: { [P in M['$groups']]?: Direction }
  /** the sum */
  sum?: Sorted<M['$numeric']>
  /** the average */
  avg?: Sorted<M['$numeric']>
  /** the least value */
  min?: Sorted<M['$ordered']>
  /** the greatest value */
  max?: Sorted<M['$ordered']>
}

/**
 * The result of `aggregate`: one object, or with groupBy one for each group. The object is written
 * as an argument, without a name of its own: TypeScript would work out how a name varies with each
 * of its parameters, which costs more than all the rest.
 */
export type Aggregated<M extends AnyModel, G extends PropertyKey, N, D, Sum, Avg, Min, Max> = Grouped<
  G,
  {
    [P in
      | G
      | Asked<N, 'count'>
      | Asked<D, 'countDistinct'>
      | Asked<Sum, 'sum'>
      | Asked<Avg, 'avg'>
      | Asked<Min, 'min'>
      | Asked<Max, 'max'>]: P extends keyof MeasuresOf<M, D, Sum, Avg, Min, Max>
      ? MeasuresOf<M, D, Sum, Avg, Min, Max>[P]
      : M['$all'][P & keyof M['$all']]
  }
>

type Grouped<G, T> = [G] extends [never] ? T : T[]
type Asked<C, Name> = [C] extends [never] ? never : Name

interface MeasuresOf<M extends AnyModel, D, Sum, Avg, Min, Max> {
  count: number
  countDistinct: { [P in D & PropertyKey]: number }
  sum: { [P in Sum & keyof M['$all']]: M['$all'][P] | null }
  avg: { [P in Avg & PropertyKey]: number | null }
  min: { [P in Min & keyof M['$all']]: M['$all'][P] | null }
  max: { [P in Max & keyof M['$all']]: M['$all'][P] | null }
}
