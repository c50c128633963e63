/** The options of migrations, backups and restores: writing revisions, running them, comparing a database with the models. Their results are in reports.ts. */

import type { Db, OpenOptions } from './db.js'
import type {
  ConfirmOptions,
  CopyOptions,
  KeepingOptions,
  MigrationRunOptions,
  OnlineOptions,
  RepairWish,
  ScanOptions,
  WaitOptions,
} from './options.js'
import type { Progress } from './revision-reports.js'
import type { AnySchema } from './schema.js'
import type { Dialect } from './words.js'

/**
 * The options of each of these calls. All optional: the configuration, DATABASE_URL and .env fill
 * in.
 */
export interface MigrationOptions<S extends AnySchema = AnySchema>
  extends Pick<OpenOptions<S>, 'models' | 'url' | 'env' | 'cwd'> {
  /**
   * The folder of the revisions; without it the one that the configuration names, `./migrations` beside it. Or an object: the
   * folder, and how locks are asked for.
   */
  migrations?: string | MigrationRunOptions | undefined
}

/** Options of the calls that work on a database. */
export interface DatabaseOptions<S extends AnySchema = AnySchema> extends MigrationOptions<S> {
  /** A database that is open already, to use instead of opening one. */
  db?: Db<S> | undefined
}

/** The PostgreSQL server, for a proof. */
export interface ProofOptions {
  /** Which databases; without it those that the configuration names, else both. */
  dialects?: readonly Dialect[] | undefined
  /** A PostgreSQL server to prove on, in a scratch place that is always removed; without it DATABASE_URL, where it is one. */
  proveUrl?: string | undefined
}

/**
 * Decisions that only a person can take. Tables and columns by their names in the database, the new
 * ones.
 */
export interface Choices {
  /** `{ 'users.phone': 'users.mobile', people: 'users' }`: what got another name. */
  rename?: Readonly<Record<string, string>> | undefined
  /** `['users.phone']`: what is gone, and was not renamed. */
  drop?: readonly string[] | undefined
  /**
   * `{ 'users.country': "'XX'" }`: a SQL expression over the row: what rows get where a column needs a value. `'default'`: the
   * default of the column. `{ sqlite: '...', postgres: '...' }`: an expression for each database.
   */
  backfill?: Readonly<Record<string, string | Readonly<Partial<Record<Dialect, string | undefined>>>>> | undefined
  /** `{ 'tasks.status': { paused: 'queued' } }`: what becomes of words that an enum does not have any more. */
  map?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined
}

/** Options of `revision`. */
export interface RevisionOptions<S extends AnySchema = AnySchema> extends MigrationOptions<S>, ProofOptions, Choices {
  /** The change, in a few words: it names the folder, and heads the SQL. */
  message: string
  /** A revision without operations, whose SQL is written by hand. */
  empty?: boolean | undefined
  /** Give the files instead of writing them. */
  sql?: boolean | undefined
  /** Whether it is proven; true without it. */
  prove?: boolean | undefined
  /** Whether a loss of data has to be decided before anything is written: DECISION_REQUIRED with the question `loss`. */
  askBeforeLoss?: boolean | undefined
  /**
   * Why the revision may block other sessions of PostgreSQL, in a few words that its SQL shows. Without it DECISION_REQUIRED with
   * the question `blocking`, if a table has rows and no way in steps exists.
   */
  allowBlocking?: string | undefined
  /** The path of a text that heads the SQL instead of the usual one; without it the one that the configuration names. */
  template?: string | undefined
}

/** Options of `upgrade` and `downgrade`. */
export interface RunOptions<S extends AnySchema = AnySchema>
  extends DatabaseOptions<S>,
    WaitOptions,
    KeepingOptions,
    OnlineOptions,
    ConfirmOptions {
  /**
   * How far. upgrade: `head` (without it), `+2`, a version or the beginning of one. downgrade: `-1` (without it), `-2`,
   * a version that is to be the last, `base`.
   */
  to?: string | undefined
  /** Give a script that does the same by hand, its records included, instead of running anything. */
  sql?: boolean | undefined
  /** Called while it runs: when a statement begins, and as rows are copied. */
  onProgress?: ((progress: Progress) => void) | undefined
}

/** Options of `kept`. */
export interface KeptOptions<S extends AnySchema = AnySchema>
  extends Pick<OpenOptions<S>, 'models' | 'url' | 'env' | 'cwd'> {
  /** A database that is open already, to use instead of opening one. */
  db?: Db<S> | undefined
}

/** Options of `restoreKept`. */
export interface RestoreKeptOptions<S extends AnySchema = AnySchema>
  extends DatabaseOptions<S>,
    WaitOptions,
    ConfirmOptions {
  /** The number of the entry, or the numbers of several. */
  number: number | readonly number[]
  /** Do all of it and take it back, to see what it would do. */
  plan?: boolean | undefined
}

/** Options of `dropKept`. */
export interface DropKeptOptions<S extends AnySchema = AnySchema>
  extends DatabaseOptions<S>,
    WaitOptions,
    ConfirmOptions {
  /** The number of the entry, or the numbers of several. */
  number: number | readonly number[]
}

/** Options of `stamp`. */
export interface StampOptions<S extends AnySchema = AnySchema> extends DatabaseOptions<S> {
  /** `head`, `base`, a version or the beginning of one. */
  to: string
}

/** Options of `check`. */
export interface CheckOptions<S extends AnySchema = AnySchema> extends MigrationOptions<S>, ProofOptions {
  /** Prove every existing revision, too. */
  prove?: boolean | undefined
  /**
   * The newest revision of the release that runs, or the beginning of its version: `warnings` are about all later changes.
   * Without it they are about the newest revision, and what has no revision yet.
   */
  since?: string | undefined
}

/** Options of `backup`. */
export interface BackupOptions<S extends AnySchema = AnySchema>
  extends Omit<DatabaseOptions<S>, 'migrations'>,
    CopyOptions {
  /**
   * How closely SQLite looks for damage: `full`, the default, or `quick`. `quick` looks at pages and rows, and not whether the
   * indexes hold what the rows do; of a large database it takes much less time.
   */
  check?: 'full' | 'quick' | undefined
}

/** Options of `restore`. */
export interface RestoreOptions<S extends AnySchema = AnySchema>
  extends DatabaseOptions<S>,
    CopyOptions,
    ConfirmOptions {
  /** Also in production. */
  force?: boolean | undefined
}

/** Options of `repair`. */
export interface RepairOptions<S extends AnySchema = AnySchema> extends DatabaseOptions<S>, RepairWish {}

/** Options of `drift`. */
export interface DriftOptions<S extends AnySchema = AnySchema> extends DatabaseOptions<S>, ScanOptions {}
