/** What the native addon can do, as lib calls it. The Rust side is src/node/. */

/** The addon. Functions throw an Error whose message is the JSON of a PlinthError's fields. `settings`: lib/project/location.ts. */
export interface Native {
  /** `reserved`: `models`, names that no model can have; `dialects`, the databases whose own columns no table can have. */
  checkSchema(schema: string, reserved: string): void
  /** What a URL means, as JSON: `shown`, `dialect`, `remote`. */
  describeUrl(settings: string): string
  uuid(): string
  wireLength(): number
  openDatabase(schema: string, settings: string, ints: Int32Array, floats: Float64Array, wake: () => void): Handle
  /** `revisions`: `dir` (absolute, none without revisions), `auto`, `by`. */
  initDatabase(schema: string, settings: string, handle?: Handle, revisions?: string): Promise<string>
  resetDatabase(schema: string, settings: string, handle?: Handle, revisions?: string): Promise<string>
  surveyDatabase(settings: string, handle?: Handle): Promise<string>
  /** `options` of this and what follows: `dir`, absolute, and the call's own. `proof`: the settings of a PostgreSQL server. */
  revise(schema: string, options: string, proof?: string): Promise<string>
  check(schema: string, options: string, proof?: string): Promise<string>
  upgrade(
    schema: string | null,
    options: string,
    settings: string,
    handle?: Handle,
    onProgress?: (json: string) => void,
  ): Promise<string>
  downgrade(options: string, settings: string, handle?: Handle, onProgress?: (json: string) => void): Promise<string>
  stamp(options: string, settings: string, handle?: Handle): Promise<string>
  history(options: string, settings: string, handle?: Handle): Promise<string>
  status(options: string, settings: string, handle?: Handle): Promise<string>
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
  verify(): void
  hold(): void
  end(): void
  close(): void
}
