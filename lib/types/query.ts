/** The calls of one table, what they take and what they give. The database around the tables is in db.ts. */

import type { Aggregated, AggregateQuery } from './aggregate.js'
import type { Filter } from './filter.js'
import type { AnyModel, OrderBy } from './model.js'
import type { CallOptions, LockOptions } from './options.js'
import type { Gives, Mode, Page, PageQuery, Streamed, UnreadableOptions } from './results.js'
import type { AnySchema, Relation } from './schema.js'
import type { Single } from './single.js'
import type {
  ClaimQuery,
  CreateManyOptions,
  GivingNothing,
  GivingRow,
  Many,
  Returning,
  UpdateOptions,
  UpsertOptions,
  VersionOptions,
} from './write-options.js'

type Relations<S extends AnySchema, K> = S['$rel'][K & keyof S['$rel']]

/**
 * The `include` of table `K`: relation names, each `true` or its own arguments (`false` and
 * undefined bring none); `_count` for how many there are.
 */
export type Include<S extends AnySchema, K> = {
  [R in keyof Relations<S, K>]?: boolean | IncludeArgs<S, Relations<S, K>[R]['target']> | undefined
} & Counting<S, Relations<S, K>>

/** What is counted of related rows. */
export interface Counting<S extends AnySchema, R> {
  /** How many rows of a relation there are: `row._count.events`. */
  _count?:
    | {
        [N in keyof R as R[N] extends Relation<'many', any, any> ? N : never]?:
          | boolean
          | CountOptions<S, R[N]>
          | undefined
      }
    | undefined
}

/** Which rows of relation `R` are counted. */
export interface CountOptions<S extends AnySchema, R> {
  /** Which of them. */
  where?: R extends Relation<any, infer Target, any> ? Filter<S, Target> : never
}

/** Which related rows, and what of them. */
export interface IncludeOptions<S extends AnySchema, K> {
  /** Which of them. */
  where?: Filter<S, K>
  /** In which order. */
  orderBy?: OrderBy<Of<S, K>> | undefined
  /** At most so many of each. */
  limit?: number | undefined
  /** Only these columns; may name private ones. */
  select?: readonly (keyof Of<S, K>['$all'])[] | undefined
}

/** The arguments of one relation in an `include`. */
export interface IncludeArgs<S extends AnySchema, K> extends IncludeOptions<S, K> {
  /** Their relations in turn. */
  include?: Include<S, K> | undefined
}

/**
 * A query as it was written, for the result's type. The condition always holds, so that the query itself is checked against the
 * concrete types: a wrong name is an error where it stands, at any depth, and editors complete every name. The other branch exists
 * so that TypeScript infers from it.
 */
type Captured<Q> = [Q] extends [object] ? {} : Q

/**
 * The part of a captured query under a name; undefined if the query has none of it, or not in all
 * of its cases.
 */
type Given<Q, Name> = Q extends unknown ? (Name extends keyof Q ? Q[Name] : undefined) : never

/**
 * A result: the columns selected (all that are not private when none are), and what was included. A
 * part that a query may or may not ask for (`include: { owner: wanted }`) is optional in the
 * result.
 */
export type Result<S extends AnySchema, K, Q> = Made<S, K, Given<Q, 'select'>, Given<Q, 'include'>>

type Made<S extends AnySchema, K, Sel, I> = [I] extends [undefined]
  ? Picked<S, K, Sel>
  : Picked<S, K, Sel> & Brought<S, K, I & object, undefined extends I ? never : Surely<I>>

type Picked<S extends AnySchema, K, Sel> = [Sel] extends [undefined] ? RowOf<S, K> : Selected<Of<S, K>, Sel>

type Selected<M extends AnyModel, Sel> = [Sel] extends [readonly (infer P)[]]
  ? IsLiteral<Sel> extends true
    ? Pick<M['$all'], P & keyof M['$all']>
    : Partial<Pick<M['$all'], P & keyof M['$all']>>
  : Partial<M['$row'] & Pick<M['$all'], NonNullable<Sel>[number & keyof NonNullable<Sel>] & keyof M['$all']>>

/** Whether a selection is one list of names, written out: not some of several, nor a variable of any length. */
type IsLiteral<Sel extends readonly unknown[]> = number extends Sel['length'] ? false : Single<Sel>

/** The names in `I` whose value can be nothing but "yes". */
type Surely<I> = { [R in keyof I]-?: I[R] extends true | object ? R : never }[keyof I]

/** The names in `I` whose value can be "yes". */
type Possibly<I> = { [R in keyof I]-?: [I[R]] extends [false | undefined] ? never : R }[keyof I]

/** What was included: `Sure` in any case. */
type Brought<S extends AnySchema, K, I, Sure> = [Exclude<Possibly<I>, Sure>] extends [never]
  ? { [R in Sure & keyof I]: Asked<S, K, R, I[R]> }
  : { [R in Sure & keyof I]: Asked<S, K, R, I[R]> } & {
      [R in Exclude<Possibly<I>, Sure> & keyof I]?: Asked<S, K, R, Exclude<I[R], false | undefined>>
    }

type Asked<S extends AnySchema, K, R, A> = R extends '_count'
  ? Counts<A, Surely<A>>
  : Included<S, K, Relations<S, K>[R & keyof Relations<S, K>], A>

type Counts<A, Sure> = [Exclude<Possibly<A>, Sure>] extends [never]
  ? { [N in Sure & keyof A]: number }
  : { [N in Sure & keyof A]: number } & { [N in Exclude<Possibly<A>, Sure> & keyof A]?: number }

type Included<S extends AnySchema, K, Rel extends Relation<any, any, any>, A> = Rel['kind'] extends 'many'
  ? Child<S, Rel['target'], A>[]
  : Child<S, Rel['target'], A> | (Rel['kind'] extends 'has' ? null : Of<S, K>['$all'][Rel['key']] & null)

type Child<S extends AnySchema, K, A> = A extends boolean ? Of<S, K>['$row'] : Result<S, K, A>

interface Shape<S extends AnySchema, K> extends CallOptions {
  /** Only these columns; may name private ones. */
  select?: readonly (keyof Of<S, K>['$all'])[] | undefined
  /** Related rows to bring along, to any depth. `false` and undefined bring none. */
  include?: Include<S, K> | undefined
}

interface Lockable<S extends AnySchema, K> extends Shape<S, K>, LockOptions {}

interface Sought<S extends AnySchema, K> {
  /** Values or operators by column, relations, `and`, `or`, `not`. */
  where?: Filter<S, K>
  /** `{ createdAt: 'desc' }` */
  orderBy?: OrderBy<Of<S, K>> | undefined
}

interface Filtered<S extends AnySchema, K> extends Sought<S, K> {
  /** Skip so many. */
  offset?: number | undefined
}

/** Which rows a `stream` gives, and how. */
export interface StreamOptions<S extends AnySchema, K> extends Sought<S, K> {
  /** Rows read at once: 500 without it. */
  batch?: number | undefined
}

interface Paged<S extends AnySchema, K> extends Filtered<S, K> {
  /** At most so many. */
  limit?: number | undefined
}

interface Distinct<S extends AnySchema, K> {
  /** Of rows that are alike in these columns the first alone, by `orderBy` and then by key. */
  distinct?: readonly Of<S, K>['$groups'][] | undefined
}

interface Counted<S extends AnySchema, K> {
  /** Which rows. */
  where?: Filter<S, K>
  /** Counts the combinations of values that these columns have in them. */
  distinct?: readonly Of<S, K>['$groups'][] | undefined
}

/** The model of table `K`. */
type Of<S extends AnySchema, K> = S['models'][K & keyof S['models']]

/**
 * A row of table `K`: `RowOf<App, 'users'>` is `Row<App['models']['users']>`. In a function over all tables TypeScript writes it in
 * declarations by this name, where `Row` would repeat every model.
 */
export type RowOf<S extends AnySchema, K> = Of<S, K>['$row']

/** The calls of one table. */
export interface Table<S extends AnySchema, K, A extends Mode = 'async'> {
  /**
   * The row with this primary key, or null. A composite key is an object.
   * @example
   * const task = await db.tasks.get(1, { include: { owner: true } })
   */
  get<const Q extends object = {}>(
    id: Of<S, K>['$id'],
    options?: Lockable<S, K> & Captured<Q>,
  ): Gives<Result<S, K, Q> | null>[A]
  /**
   * The first row that matches, or null.
   * @example
   * const ada = await db.users.find({ where: { email: 'ada@example.com' } })
   */
  find<const Q extends object = {}>(
    query?: Filtered<S, K> & Lockable<S, K> & Captured<Q>,
  ): Gives<Result<S, K, Q> | null>[A]
  /**
   * The rows that match.
   * @example
   * const tasks = await db.tasks.list({ where: { done: false }, orderBy: { title: 'asc' }, limit: 20 })
   */
  list<const Q extends object = {}>(
    query?: Paged<S, K> & Distinct<S, K> & UnreadableOptions & Lockable<S, K> & Captured<Q>,
  ): Gives<Result<S, K, Q>[]>[A]
  /**
   * The rows that match, one by one and as they were at the first of them, however many: a batch is read when it is needed,
   * one ahead at most. To be iterated once; the connection is free again after the last row, or when the loop is left.
   * @example
   * for await (const task of db.tasks.stream({ where: { done: false } })) console.log(task.title)
   */
  stream<const Q extends object = {}>(
    query?: StreamOptions<S, K> & UnreadableOptions & Shape<S, K> & Captured<Q>,
  ): Streamed<Result<S, K, Q>>[A]
  /**
   * The rows that match, a page at a time; `next` is where the next one begins.
   * @example
   * const { rows, next } = await db.tasks.page({ orderBy: { title: 'asc' }, limit: 20 })
   * if (next) await db.tasks.page({ orderBy: { title: 'asc' }, limit: 20, after: next })
   */
  page<const Q extends object = {}>(
    query: PageQuery<S, K> & UnreadableOptions & Shape<S, K> & Captured<Q>,
  ): Gives<Page<Result<S, K, Q>>>[A]
  /**
   * How many rows match.
   * @example
   * const open = await db.tasks.count({ where: { done: false } })
   */
  count(query?: Counted<S, K> & CallOptions): Gives<number>[A]
  /**
   * Whether any row matches.
   * @example
   * const taken = await db.users.exists({ where: { email: 'ada@example.com' } })
   */
  exists(query?: { where?: Filter<S, K> } & CallOptions): Gives<boolean>[A]
  /**
   * Numbers over the rows that match: counts, sums, averages, least and greatest values, for all of them or by group.
   * @example
   * const byState = await db.tasks.aggregate({ groupBy: ['done'], count: true, sum: ['points'] })
   */
  aggregate<
    G extends Of<S, K>['$groups'] = never,
    N extends true = never,
    D extends Of<S, K>['$groups'] = never,
    Sum extends Of<S, K>['$numeric'] = never,
    Avg extends Of<S, K>['$numeric'] = never,
    Min extends Of<S, K>['$ordered'] = never,
    Max extends Of<S, K>['$ordered'] = never,
  >(
    query: AggregateQuery<S, K, G, N, D, Sum, Avg, Min, Max>,
  ): Gives<Aggregated<Of<S, K>, G, N, D, Sum, Avg, Min, Max>>[A]
  /**
   * Insert one row and return nothing.
   * @example
   * await db.tasks.create({ ownerId: 1, title: 'Write' }, { returning: false })
   */
  create(values: Of<S, K>['$insert'], options: CallOptions & GivingNothing): Gives<void>[A]
  /**
   * Insert one row and return it.
   * @example
   * const task = await db.tasks.create({ ownerId: 1, title: 'Write' })
   */
  create(values: Of<S, K>['$insert'], options?: CallOptions & GivingRow): Gives<RowOf<S, K>>[A]
  /**
   * Insert many rows, all or none, and return nothing.
   * @example
   * await db.tasks.createMany([{ ownerId: 1, title: 'Write' }], { returning: false })
   */
  createMany(
    rows: readonly Of<S, K>['$insert'][],
    options: CreateManyOptions<keyof Of<S, K>['$all']> & GivingNothing,
  ): Gives<void>[A]
  /**
   * Insert many rows, all or none, and return them in the same order. With `skipDuplicates` rows whose unique values exist are left
   * out, and only those that were made are returned.
   * @example
   * await db.tasks.createMany([{ ownerId: 1, title: 'Write' }, { ownerId: 1, title: 'Rest' }])
   */
  createMany(
    rows: readonly Of<S, K>['$insert'][],
    options?: CreateManyOptions<keyof Of<S, K>['$all']> & GivingRow,
  ): Gives<RowOf<S, K>[]>[A]
  /**
   * Change the row with this primary key and return nothing.
   * @example
   * await db.tasks.update(1, { done: true }, { returning: false })
   */
  update(
    id: Of<S, K>['$versioned'],
    values: Of<S, K>['$update'],
    options: UpdateOptions<S, K> & VersionOptions & GivingNothing,
  ): Gives<void>[A]
  /**
   * The same: by the key, or of a model with a version by the row that was read.
   * @example
   * await db.tasks.update(1, { done: true }, { returning: false })
   */
  update(
    row: Of<S, K>['$target'],
    values: Of<S, K>['$update'],
    options: UpdateOptions<S, K> & GivingNothing,
  ): Gives<void>[A]
  /**
   * Change the row with this primary key and return it; throws NotFound, and StaleRow if the row does
   * not meet `where` or has another version. A model with a version takes the row that was read instead of its key.
   * @example
   * const task = await db.tasks.update(1, { done: true })
   * await db.tasks.update(1, { points: 5 }, { where: { done: true } })
   */
  update(
    id: Of<S, K>['$versioned'],
    values: Of<S, K>['$update'],
    options: UpdateOptions<S, K> & VersionOptions & GivingRow,
  ): Gives<RowOf<S, K>>[A]
  /**
   * The same: by the key, or of a model with a version by the row that was read.
   * @example
   * const task = await db.tasks.update(1, { done: true })
   */
  update(
    row: Of<S, K>['$target'],
    values: Of<S, K>['$update'],
    options?: UpdateOptions<S, K> & GivingRow,
  ): Gives<RowOf<S, K>>[A]
  /**
   * Change every row that matches; gives how many, or with `returning: true` the changed rows, in no particular order. Without
   * values it changes nothing, and gives the same of the rows that match.
   * @example
   * const changed = await db.tasks.updateMany({ where: { done: false } }, { points: 2 })
   */
  updateMany<R extends boolean | undefined = undefined>(
    query: Many<S, K> & Returning<R>,
    values: Of<S, K>['$update'],
  ): Gives<R extends true ? RowOf<S, K>[] : number>[A]
  /**
   * Pick rows that no other transaction has locked, change them and give them, in one statement: for work that several processes
   * share. The rows come in the order of `orderBy`, as they are now.
   * @example
   * const mine = await db.tasks.claim({ where: { done: false }, orderBy: { id: 'asc' }, limit: 10, set: { done: true } })
   */
  claim(query: ClaimQuery<S, K>): Gives<RowOf<S, K>[]>[A]
  /**
   * Insert, or change the existing row with these unique columns; gives nothing.
   * @example
   * await db.users.upsert({ email: 'ada@example.com', name: 'Ada' }, { on: ['email'], returning: false })
   */
  upsert(
    values: Of<S, K>['$insert'],
    options: UpsertOptions<keyof Of<S, K>['$all'], Of<S, K>['$update'], Of<S, K>['$compared']> & GivingNothing,
  ): Gives<void>[A]
  /**
   * Insert, or change the existing row with these unique columns; gives the row.
   * @example
   * await db.users.upsert({ email: 'ada@example.com', name: 'Ada' }, { on: ['email'] })
   */
  upsert(
    values: Of<S, K>['$insert'],
    options: UpsertOptions<keyof Of<S, K>['$all'], Of<S, K>['$update'], Of<S, K>['$compared']> & GivingRow,
  ): Gives<RowOf<S, K>>[A]
  /**
   * Insert many rows, or change the existing ones by these unique columns, all or none; gives the rows in the same order.
   * Two rows with the same unique values are VALUE_INVALID.
   * @example
   * await db.users.upsertMany([{ email: 'ada@example.com', name: 'Ada' }, { email: 'bob@example.com', name: 'Bob' }], { on: ['email'] })
   */
  upsertMany(
    rows: readonly Of<S, K>['$insert'][],
    options: Omit<UpsertOptions<keyof Of<S, K>['$all'], Of<S, K>['$update']>, 'version'>,
  ): Gives<RowOf<S, K>[]>[A]
  /**
   * Delete the row with this primary key; throws NotFound, and StaleRow if the row has another version.
   * @example
   * await db.tasks.delete(1)
   */
  delete(id: Of<S, K>['$versioned'], options: VersionOptions): Gives<void>[A]
  /**
   * The same: by the key, or of a model with a version by the row that was read.
   * @example
   * await db.tasks.delete(1)
   */
  delete(row: Of<S, K>['$target'], options?: CallOptions): Gives<void>[A]
  /**
   * Delete every row that matches; gives how many, or with `returning: true` the deleted rows, in no particular order.
   * @example
   * const deleted = await db.tasks.deleteMany({ where: { done: true } })
   */
  deleteMany<R extends boolean | undefined = undefined>(
    query: Many<S, K> & Returning<R>,
  ): Gives<R extends true ? RowOf<S, K>[] : number>[A]
}
