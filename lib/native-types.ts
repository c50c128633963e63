/** What the native addon can do, as lib calls it. The Rust side is src/node/. */

/** The addon. Functions throw an Error whose message is the JSON of a PlinthError's fields. */
export interface Native {
  checkSchema(schema: string): void
  shownUrl(url: string, base: string): string
  uuid(): string
  wireLength(): number
  openDatabase(
    schema: string,
    url: string,
    base: string,
    durability: string,
    ints: Int32Array,
    floats: Float64Array,
    wake: () => void,
  ): Handle
  initDatabase(schema: string, url: string, base: string, handle?: Handle): Promise<string>
  resetDatabase(schema: string, url: string, base: string, handle?: Handle): Promise<string>
  surveyDatabase(url: string, base: string, handle?: Handle): Promise<string>
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
