/** Inserts that leave out rows whose unique values exist. */

import type { ModelMeta } from '../models/metadata.js'
import { Insert, type InsertPlan } from './insert.js'
import type { Answer, Row } from './request.js'

/** An insert of one or more rows; its result are those that were made. */
export class InsertNew extends Insert<Row[]> {
  readonly #withKey: boolean

  constructor(plan: InsertPlan, model: ModelMeta, given: readonly object[], withKey: boolean, first: number) {
    super(plan, model, given, withKey, made => made, first)
    this.#withKey = withKey
  }

  override read(answer: Answer): Row[] {
    if (this.rows === 1) {
      if (answer.changes() === 0) return []
      this.#setKey(this.made[0] as Row, answer.lastKey())
      return this.made
    }
    // Of each row that was made its place among those given, and its key.
    const pairs = answer.keys()
    const rows: Row[] = []
    for (let i = 0; i < pairs.length; i += 2) {
      const row = this.made[Number(pairs[i])] as Row
      this.#setKey(row, pairs[i + 1] as bigint)
      rows.push(row)
    }
    return rows
  }

  #setKey(row: Row, key: bigint): void {
    const { identity } = this.model
    if (!identity || this.#withKey || identity.private) return
    row[identity.property] = identity.kind === 'bigId' ? key : Number(key)
  }
}
