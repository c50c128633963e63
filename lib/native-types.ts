/** What the native addon can do, as lib calls it. The Rust side is src/node/. */

/** The addon. Functions throw an Error whose message is the JSON of a PlinthError's fields. `settings`: lib/settings.ts. */
export interface Native {
  checkSchema(schema: string): void
  /** What a URL means, as JSON: `shown`, `dialect`, `remote`. */
  describeUrl(settings: string): string
  uuid(): string
  wireLength(): number
  openDatabase(schema: string, settings: string, ints: Int32Array, floats: Float64Array, wake: () => void): Handle
  initDatabase(schema: string, settings: string, handle?: Handle): Promise<string>
  resetDatabase(schema: string, settings: string, handle?: Handle): Promise<string>
  surveyDatabase(settings: string, handle?: Handle): Promise<string>
}

/** An open database. Numbers that every call has are in the shared array of integers: see `Head` in wire.ts. */
export interface Handle {
  compile(query: string): string
  release(): void
  submit(text: string, bytes?: Uint8Array): number | undefined
  inline(text: string, bytes?: Uint8Array): string | number | undefined
  discard(): void
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
  columns(): string
  error(): string
  hold(): void
  end(): void
  close(): void
}
