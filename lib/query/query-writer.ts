/**
 * QueryWriter: the JSON of a query and the values that it binds, written together. The meaning of
 * the JSON is in src/query/parse.rs.
 */

import type { Ready } from '../bridge/memory.js'
import type { Values } from '../bridge/request.js'
import type { ModelMeta } from '../models/metadata.js'

/**
 * Writes one query. A value is written together with the entry that binds it, and nothing else adds values. So the
 * values have the order of the text, in which the core numbers the parameters of the plan:
 *
 *     const query = new QueryWriter('list', tasks)
 *     query.open('"where":[')
 *     query.bind('["status","eq"]', 'open')
 *     query.close(']')
 *     query.json   // {"op":"list","model":"tasks","where":[["status","eq"]]}
 *     query.values // ['open']
 *
 * An entry is an element of a list or a field of an object, as JSON. The writer puts the commas. A query that fails a
 * check half written is dropped.
 */
export class QueryWriter {
  readonly #op: string
  readonly #model: ModelMeta | undefined
  readonly #values: Ready[] = []
  #entries = ''
  /** Whether the next entry is the first of its list or object. */
  #isFirst = false

  /** @param model none for raw SQL */
  constructor(op: string, model?: ModelMeta) {
    this.#op = op
    this.#model = model
  }

  /** The whole query. Call when everything is closed. */
  get json(): string {
    const model = this.#model === undefined ? '' : `,"model":${this.#model.quoted}`
    return `{"op":"${this.#op}"${model}${this.#entries}}`
  }

  /** The values, in the order of the parameters that they are bound to: a list of its own length. */
  get values(): Values {
    return this.#values.slice()
  }

  /** How many values there are so far. */
  get bound(): number {
    return this.#values.length
  }

  /** Writes an entry that binds no value. */
  entry(json: string): void {
    this.#entries += this.#isFirst ? json : `,${json}`
    this.#isFirst = false
  }

  /** Writes an entry that binds one value. */
  bind(json: string, value: Ready): void {
    this.entry(json)
    this.#values.push(value)
  }

  /** Writes an entry that binds several values. */
  bindAll(json: string, values: readonly Ready[]): void {
    this.entry(json)
    for (const value of values) this.#values.push(value)
  }

  /** Begins an entry that holds others, up to and with the bracket before the first: `'"where":['`. */
  open(json: string): void {
    this.entry(json)
    this.#isFirst = true
  }

  /** Ends it with its closing brackets: `']'`. */
  close(json: string): void {
    this.#entries += json
    this.#isFirst = false
  }
}
