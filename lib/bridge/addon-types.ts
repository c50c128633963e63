/** The functions of the native addon, as lib calls them. The Rust side is src/node/. */

/** The addon. Functions throw an Error whose message is the JSON of a PlinthError's fields. `settings`: lib/project/location.ts. */
export interface Native {
  /** `reserved`: `models`, names that no model can have; `dialects`, the databases whose own columns no table can have. */
  checkSchema(schema: string, reserved: string): void
  /** The meaning of a URL, as JSON: `shown`, `name`, `dialect`, `remote`. */
  describeUrl(settings: string): string
  uuid(): string
  wireLength(): number
  openDatabase(schema: string, settings: string, shared: SharedArrays, wake: () => void): Handle
  /** `options`: `dir` (absolute, none without revisions), `auto`, `by`, `timeout`, the settings of locks, `keep`, `keepIfProtected`, `word`. */
  initDatabase(schema: string, place: DatabasePlace, options?: string, onWait?: (json: string) => void): Promise<string>
  resetDatabase(
    schema: string,
    place: DatabasePlace,
    options?: string,
    onWait?: (json: string) => void,
  ): Promise<string>
  surveyDatabase(place: DatabasePlace): Promise<string>
  /** `options`: `file` (absolute), `url` as reports show it, `timeout`; of a restore `moment`, which names what is kept. */
  backupDatabase(options: string, place: DatabasePlace, onProgress?: (json: string) => void): Promise<string>
  restoreDatabase(options: string, place: DatabasePlace, onProgress?: (json: string) => void): Promise<string>
  /** `options` of this and what follows: `dir`, absolute, and the call's own. `proof`: the settings of a PostgreSQL server. */
  revise(schema: string, options: string, proof?: string): Promise<string>
  check(schema: string, options: string, proof?: string): Promise<string>
  upgrade(schema: string | null, options: string, place: DatabasePlace, listeners: Listeners): Promise<string>
  downgrade(options: string, place: DatabasePlace, listeners: Listeners): Promise<string>
  listKept(options: string, place: DatabasePlace): Promise<string>
  restoreKept(options: string, place: DatabasePlace, onWait?: (json: string) => void): Promise<string>
  dropKept(options: string, place: DatabasePlace, onWait?: (json: string) => void): Promise<string>
  /** `options`: `word`, `off`. */
  protect(options: string, place: DatabasePlace): Promise<string>
  stamp(options: string, place: DatabasePlace): Promise<string>
  history(options: string, place: DatabasePlace): Promise<string>
  status(options: string, place: DatabasePlace): Promise<string>
  /** `stored` in the options: nothing is made anew; the answer has `unknown`, the reason, if what should be there is not stored. */
  drift(schema: string, options: string, place: DatabasePlace, onProgress?: (json: string) => void): Promise<string>
  /** `options`: `plan`, `destructive`, `rename` (pairs), `recreate`, `timeout`, `by`. */
  repair(schema: string, options: string, place: DatabasePlace, onWait?: (json: string) => void): Promise<string>
}

/** Functions that the core calls while it works, each with the JSON of one event. */
export interface Listeners {
  readonly onProgress?: ((json: string) => void) | undefined
  readonly onWait?: ((json: string) => void) | undefined
}

/** The arrays of memory.ts. */
export interface SharedArrays {
  readonly ints: Int32Array
  readonly floats: Float64Array
}

/** The database that init, reset and migrations work on. */
export interface DatabasePlace {
  readonly settings: string
  /** Its handle if it is open. */
  readonly handle: Handle | undefined
}

/** An open database. Numbers that every call has are in the shared array of integers: see `Head` in memory.ts. */
export interface Handle {
  compile(query: string): string
  release(): void
  statements(): string
  submit(text: string, bytes?: Uint8Array): number | undefined
  inline(text: string, bytes?: Uint8Array): string | number | undefined
  discard(): void
  limit(): void
  stop(): void
  control(word: string): void
  steer(word: string): string | undefined
  flush(): void
  call(text: string, bytes?: Uint8Array): string | number | undefined
  callControl(word: string): string
  next(): string | undefined
  chunk(): string
  wide(): string
  bytes(): Uint8Array
  keys(): BigInt64Array
  links(): Int32Array
  skipped(): string
  columns(): string
  error(): string
  timings(): string
  prepares(): number | undefined
  readsCommitted(): number | undefined
  pool(): string | undefined
  verify(): void
  hold(): void
  end(): void
  close(): void
}
