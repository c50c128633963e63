/** The words that options and reports share: the database systems and the isolation of transactions. */

/** A database system, as reports name it. */
export type Dialect = 'sqlite' | 'postgres'

/** How much a transaction sees of those beside it. On SQLite every transaction is serializable. */
export type Isolation = 'read committed' | 'repeatable read' | 'serializable'
