/** Atomic changes: values that an update makes of a column's own value in the database, in one statement. */

/** The kind of an atomic change, in the core's words. */
type Change = 'add' | 'append' | 'merge'

/** On the class: by it, and not by the properties of an object, a change is distinguished from a value, also one of another copy of this package. */
const brand = Symbol.for('plinth.atomic')

/** A change of a number: see {@link add}. */
export interface Add<V> {
  /** @internal the kind of number */
  readonly $add: V
}

/** A change of a JSON array: see {@link append}. */
export interface Append<V> {
  /** @internal the type of the element */
  readonly $append: V
}

/** A change of a JSON object: see {@link merge}. */
export interface Merge<V> {
  /** @internal the members */
  readonly $merge: V
}

/** The value that `add`, `append` and `merge` return. */
export class AtomicChange {
  readonly change: Change
  readonly given: unknown

  constructor(change: Change, given: unknown) {
    this.change = change
    this.given = given
    Object.freeze(this)
  }

  toString(): string {
    return `${this.change}(...)`
  }

  get [brand](): true {
    return true
  }
}

/** Whether a value is an atomic change. */
export function isAtomic(value: unknown): value is AtomicChange {
  // An object of JSON has no symbols.
  return typeof value === 'object' && value !== null && (value as { [brand]?: unknown })[brand] === true
}

/**
 * Adds a number to a column, in the database: changes of others at the same time are not lost. For numbers, bigints and decimals, in
 * the values of `update` and `updateMany`, `upsert`'s `update` and `claim`'s `set`. NULL stays NULL. A sum that the column cannot hold is OUT_OF_RANGE,
 * and changes nothing.
 * @param amount a value of the column's kind; a negative one subtracts
 * @example
 * await db.tasks.update(1, { points: add(3) })
 */
export function add(amount: number): Add<number>
export function add(amount: bigint): Add<bigint>
export function add(amount: string): Add<string>
export function add(amount: unknown): unknown {
  return new AtomicChange('add', amount)
}

/**
 * Appends an element to a JSON array, in the database. In the values of `update` and `updateMany`, `upsert`'s `update` and `claim`'s `set`. NULL counts as
 * an empty array. JSON of another type in the column is VALUE_INVALID, and changes nothing.
 * @param element any JSON
 * @example
 * await db.tasks.update(1, { labels: append('urgent') })
 */
export function append<V>(element: V): Append<V> {
  return new AtomicChange('append', element) as unknown as Append<V>
}

/**
 * Sets members of a JSON object, in the database; its other members stay. A member that is an object itself is replaced as a whole. In
 * the values of `update` and `updateMany`, `upsert`'s `update` and `claim`'s `set`. NULL counts as an empty object. JSON of another type in the column is
 * VALUE_INVALID, and changes nothing.
 * @param members a plain object; a member that is null becomes JSON null
 * @example
 * await db.tasks.update(1, { settings: merge({ theme: 'dark' }) })
 */
export function merge<V extends object>(members: V): Merge<V> {
  return new AtomicChange('merge', members) as unknown as Merge<V>
}
