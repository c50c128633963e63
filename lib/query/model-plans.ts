/** The plans of a model that do not depend on the arguments of a call. */

import { type Encode, encoder, inserted } from '../bridge/encode.js'
import type { InsertPlan } from '../bridge/insert.js'
import type { Plan, Plans } from '../bridge/plans.js'
import type { ColumnMeta, ModelMeta } from '../models/metadata.js'
import type { QueryWriter } from './query-writer.js'
import { insertQuery } from './write.js'

/** By the plans of an open database, then by model. */
const known = new WeakMap<Plans, Map<ModelMeta, ModelPlans>>()

/** The plans of a model in an open database: the same object at each call. */
export function modelPlans(plans: Plans, model: ModelMeta): ModelPlans {
  let models = known.get(plans)
  if (!models) {
    models = new Map()
    known.set(plans, models)
  }
  let found = models.get(model)
  if (!found) {
    found = new ModelPlans(plans, model)
    models.set(model, found)
  }
  return found
}

/** The columns of a row to insert, and what packs their values in this order. */
interface Encoding {
  readonly columns: readonly ColumnMeta[]
  readonly encode: Encode
}

/** The plans of one model, made when first needed. */
export class ModelPlans {
  readonly #plans: Plans
  readonly #model: ModelMeta
  #byKey: Plan | undefined
  readonly #encodings: (Encoding | undefined)[] = []
  readonly #inserts: (InsertPlan | undefined)[] = []

  constructor(plans: Plans, model: ModelMeta) {
    this.#plans = plans
    this.#model = model
  }

  /** The plan of a query of the model. */
  of(query: QueryWriter): Plan {
    return this.#plans.of(query.json)
  }

  /** The plan of the row with a key. Its query has the same text for every key. */
  byKey(query: QueryWriter): Plan {
    this.#byKey ??= this.#plans.of(query.json)
    return this.#byKey
  }

  /** How rows to insert are packed, with or without the identity among their values. */
  encoding(withKey: boolean): Encoding {
    const at = withKey ? 1 : 0
    const known = this.#encodings[at]
    if (known) return known
    const columns = inserted(this.#model, withKey)
    const made = { columns, encode: encoder(this.#model, columns) }
    this.#encodings[at] = made
    return made
  }

  /** An insert, with or without the identity among its values. */
  insert(withKey: boolean): InsertPlan {
    const at = withKey ? 1 : 0
    const known = this.#inserts[at]
    if (known) return known
    const { columns, encode } = this.encoding(withKey)
    const plan = this.#plans.of(insertQuery('insert', this.#model, columns).json)
    const made = { plan, encode, columns }
    this.#inserts[at] = made
    return made
  }
}
