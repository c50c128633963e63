/** SchemaManager: the schema of one database as an object with four calls, for code that was written around SQLAlchemy. */

import { checkOptions } from '../base/check-options.js'
import { anything, type OptionTable } from '../base/option-kinds.js'
import type {
  AnySchema,
  Db,
  DriftReport,
  InitReport,
  RepairReport,
  RepairWish,
  SchemaManagerOptions,
} from '../types/index.js'
import { drift } from './drift.js'
import { initDb, OPEN, open } from './init-reset.js'
import { migrationsKind } from './migration-settings.js'
import { repair } from './repair.js'

/** `seed` is checked where it is read. */
const MANAGER: OptionTable<keyof SchemaManagerOptions> = { ...OPEN, migrations: migrationsKind, seed: anything }

/**
 * The schema of one database: creates it, checks it, repairs it. It opens the database as `open` does, with its first call; `close` ends it.
 *
 * @example
 * const manager = new SchemaManager({ models, url })
 * await manager.initializeDatabase()
 * const { differences } = await manager.validateSchema()
 * if (differences.length > 0) await manager.fixSchema()
 * await manager.close()
 */
export class SchemaManager<S extends AnySchema = AnySchema> {
  readonly #db: Db<S>
  readonly #more: Pick<SchemaManagerOptions<S>, 'migrations' | 'seed'>

  constructor(options: SchemaManagerOptions<S> = {}) {
    checkOptions({ call: 'new SchemaManager()' }, MANAGER, options)
    const { migrations, seed, ...opening } = options
    this.#db = open<S>(opening)
    this.#more = { migrations, seed }
  }

  /** Applies the revisions that are pending, creates what is missing, and runs seeds: `initDb`. Safe at every start. */
  initializeDatabase(): Promise<InitReport> {
    return initDb<S>({ db: this.#db, ...this.#more })
  }

  /** Compares the live database with what it should hold, and changes nothing: `drift`. */
  validateSchema(): Promise<DriftReport> {
    return drift<S>({ db: this.#db, migrations: this.#more.migrations })
  }

  /** Corrects what differs, as far as nothing is lost; with `destructive` also what is: `repair`, with its options. */
  fixSchema(options: RepairWish = {}): Promise<RepairReport> {
    return repair<S>({ ...options, db: this.#db, migrations: this.#more.migrations })
  }

  /** Waits for what is running and closes the connections. */
  close(): Promise<void> {
    return this.#db.close()
  }
}
