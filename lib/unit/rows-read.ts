/** Rows that one attempt of a transaction has read: a change that came too late for one of them may succeed in another attempt. */

import type { PlinthError } from '../base/errors.js'
import type { Plan, PlanNode } from '../bridge/plans.js'
import type { Row } from '../bridge/request.js'
import { keyedBy, keyText } from '../bridge/row-key.js'
import type { ModelMeta } from '../models/metadata.js'

/** The rows that an attempt has read: all of models with a version, of others those that were read one by one. */
export class RowsRead {
  readonly #models: ReadonlyMap<string, ModelMeta>
  readonly #rows = new Set<string>()
  /** Whether a part of the attempt was committed: then another attempt would do that twice. */
  committed = false

  constructor(models: ReadonlyMap<string, ModelMeta>) {
    this.#models = models
  }

  /** Notes the rows of an answer, with those that were included. */
  add(plan: Plan, rows: readonly unknown[]): void {
    const { nodes } = plan
    const ofNodes: (readonly unknown[])[] = [rows]
    nodes.forEach((node, at) => {
      if (node.link?.gives === 'count') return
      if (node.link) ofNodes[at] = included(ofNodes[node.link.parent] ?? [], node.link.relation)
      const model = this.#models.get(node.of?.model ?? '')
      if (model?.version || (at === 0 && rows.length === 1)) this.#note(node, ofNodes[at] as readonly unknown[])
    })
  }

  #note({ of }: PlanNode, rows: readonly unknown[]): void {
    const model = this.#models.get(of?.model ?? '')
    if (!model) return
    for (const row of rows) {
      const key = keyText(model, row as Row)
      if (key !== undefined) this.#rows.add(nameOf(model, key))
    }
  }

  /** Whether the row that an error is about was read, whatever the spelling of its key. */
  has({ table, key }: PlinthError): boolean {
    if (table === undefined || key === undefined) return false
    for (const model of this.#models.values()) {
      if (model.table !== table) continue
      const text = keyText(model, keyedBy(model, key))
      return text !== undefined && this.#rows.has(nameOf(model, text))
    }
    return false
  }
}

/** The rows of a relation of these rows. */
function included(parents: readonly unknown[], relation: string): unknown[] {
  return parents.flatMap(parent => {
    const related = (parent as Row)[relation]
    return related === null || related === undefined ? [] : related
  })
}

/** A row by its model and its key. */
const nameOf = (model: ModelMeta, key: string) => `${model.name}\0${key}`
