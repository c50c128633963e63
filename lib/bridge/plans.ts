/** Compiled queries. The core compiles a shape once; here are its number, its parameters and the decoders of its rows. */

import { nativeError } from '../base/errors.js'
import type { Wire } from '../models/metadata.js'
import type { Handle } from './addon-types.js'
import { type Decode, decoder, type ResultColumn } from './decode.js'
import { Head, ints } from './memory.js'

/** How the rows of a node belong to those of another: as one, as many, or as their number. */
export interface Link {
  readonly parent: number
  readonly relation: string
  readonly gives: 'one' | 'many' | 'count'
}

/** One statement of a plan. */
export interface PlanNode {
  readonly columns: readonly ResultColumn[]
  readonly decode: Decode
  /** How its rows belong to those of another node; null for the first. */
  readonly link: Link | null
  /** The model and the table of its rows; null if they are not a model's. */
  readonly of: { readonly model: string; readonly table: string } | null
  /** The columns of the primary key; none if it is private, or not all of it is fetched. */
  readonly key: readonly string[]
}

/** A compiled query. */
export interface Plan {
  /** The core's number for it; 0 when the core has forgotten it. */
  number: number
  /** The query that it was compiled from. */
  readonly query: string
  readonly action: 'select' | 'insert' | 'upsert' | 'update' | 'delete' | 'raw'
  readonly params: readonly Wire[]
  readonly nodes: readonly PlanNode[]
  readonly writes: boolean
}

/** Plans that are kept; the oldest go first, and come back when they are used again. */
const KEPT = 1000

/** The plans of one open database, by their queries. */
export class Plans {
  readonly #handle: Handle
  readonly #plans = new Map<string, Plan>()

  constructor(handle: Handle) {
    this.#handle = handle
  }

  /** The plan of a query, given as the JSON that the core reads. */
  of(query: string): Plan {
    const known = this.#plans.get(query)
    if (known) return known
    const plan = this.#compile(query)
    this.#keep(plan)
    return plan
  }

  /** Has the core compile a plan again that somebody held on to while it was forgotten. */
  again(plan: Plan): number {
    plan.number = this.#described(plan.query).plan
    this.#keep(plan)
    return plan.number
  }

  /** The statements of a plan that the core knows, as JSON. */
  statements(plan: Plan): string {
    ints[Head.plan] = plan.number || this.again(plan)
    return this.#handle.statements()
  }

  #keep(plan: Plan): void {
    if (this.#plans.size >= KEPT) this.#forget()
    const other = this.#plans.get(plan.query)
    if (other) this.#release(other)
    this.#plans.set(plan.query, plan)
  }

  #described(query: string) {
    try {
      return JSON.parse(this.#handle.compile(query))
    } catch (thrown) {
      throw nativeError(thrown)
    }
  }

  #compile(query: string): Plan {
    const { plan, action, params, nodes } = this.#described(query)
    return {
      number: plan,
      query,
      action,
      params,
      nodes: nodes.map((node: Omit<PlanNode, 'decode'>) => ({ ...node, decode: decoder(node.columns) })),
      writes: action === 'raw' ? rawWrites(query) : action !== 'select',
    }
  }

  /** Half of them, oldest first: a table of shapes that never recur must not make every call pay. */
  #forget(): void {
    let left = KEPT / 2
    for (const [query, plan] of this.#plans) {
      if (left-- === 0) break
      this.#plans.delete(query)
      this.#release(plan)
    }
  }

  #release(plan: Plan): void {
    ints[Head.plan] = plan.number
    this.#handle.release()
    plan.number = 0
  }
}

/**
 * Raw SQL is known for sure only when it runs. A statement that begins like a read is one, unless
 * it locks rows as a write does.
 */
function rawWrites(query: string): boolean {
  const text: string = JSON.parse(query).pieces.join(' ')
  return !/^\s*(select|values)\b/i.test(text) || /\bfor\s+(no\s+key\s+|key\s+)?(update|share)\b/i.test(text)
}
