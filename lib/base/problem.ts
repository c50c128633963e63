/**
 * The lists that an error can hold: faults of a schema, differences of a database, and questions
 * that only a person can answer.
 */

/**
 * A question that `revision` cannot answer by itself: whether something was renamed; what existing rows get in a new column, or
 * instead of NULL (`backfill`), or in a dropped one if the revision is reverted (`restore`), a `backfill` answers both; whether a loss of data is meant (`loss`);
 * why a table of PostgreSQL that has rows may be blocked (`blocking`).
 */
export type Question =
  | { question: 'rename'; table?: string; from: string; to: string[] }
  /** `default`: the default of an existing column in words, if it has one. The value 'default' is then the first answer. */
  | { question: 'backfill'; table: string; column: string; kind: string; default?: string }
  | { question: 'restore'; table: string; column: string; kind: string }
  | { question: 'loss'; losses: string[] }
  /** `reasons`: what blocks other sessions, a sentence each. */
  | { question: 'blocking'; reasons: string[] }

/** One fault of a schema, one thing to decide, or one difference that keeps a database from being adopted. */
export interface Problem {
  /** The model, by its name in schema(). */
  model?: string
  /** The property of the column. */
  column?: string
  /** What is wrong, and how to mend it. */
  message: string
}

/** A loss of data that a call on a protected database would cause. */
export interface Lost {
  /** The table; null if only the author of the SQL knows it. */
  table: string | null
  /** How many rows it has; null if they cannot be counted. */
  rows: number | null
  /** The loss: `drops the column users.phone with all its values`. */
  what: string
}
