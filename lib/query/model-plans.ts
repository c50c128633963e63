/** The plans of a model that do not depend on the arguments of a call. */

import { encoder, inserted } from '../bridge/encode.js'
import type { InsertPlan } from '../bridge/insert.js'
import type { Plan, Plans } from '../bridge/plans.js'
import type { ModelMeta } from '../models/metadata.js'
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

/** The plans of one model, made when first needed. */
export class ModelPlans {
  readonly #plans: Plans
  readonly #model: ModelMeta
  #get: Plan | undefined
  readonly #inserts: (InsertPlan | undefined)[] = []

  constructor(plans: Plans, model: ModelMeta) {
    this.#plans = plans
    this.#model = model
  }

  /** The row with a key. */
  get get(): Plan {
    const where = this.#model.key.map(c => `[${JSON.stringify(c.property)},"key"]`)
    this.#get ??= this.#plans.of(
      `{"op":"list","model":${JSON.stringify(this.#model.name)},"where":[${where.join(',')}]}`,
    )
    return this.#get
  }

  /** An insert, with or without the identity among its values. */
  insert(withKey: boolean): InsertPlan {
    const at = withKey ? 1 : 0
    const known = this.#inserts[at]
    if (known) return known
    const columns = inserted(this.#model, withKey)
    const plan = this.#plans.of(insertQuery('insert', this.#model, columns))
    const made = { plan, encode: encoder(this.#model, withKey), columns }
    this.#inserts[at] = made
    return made
  }
}
