/** Which include would have read what was read row by row, as far as the relations of the models tell. */

import { once } from '../base/once.js'
import type { ModelJson, RelationJson, SchemaJson } from '../types/index.js'

/** A relation, and the model that has it. */
interface Candidate {
  readonly parent: string
  readonly relation: RelationJson
}

/** Includes that a remedy names, at most. */
const SHOWN = 3

/** The relations of a schema, by what they lead to. */
export class Relations {
  readonly #models: ReadonlyMap<string, ModelJson>
  readonly #all: () => readonly Candidate[]
  readonly #keys = new Map<string, Set<string>>()

  constructor(json: SchemaJson) {
    this.#models = new Map(json.models.map(model => [model.model, model]))
    const candidates = (model: ModelJson) =>
      (model.relations ?? []).map(relation => ({ parent: model.model, relation }))
    this.#all = once(() => json.models.flatMap(candidates))
  }

  /** Whether a column says which rows belong to a row of another model: a key of its own, or one that points elsewhere. */
  isKey(model: string, column: string): boolean {
    let keys = this.#keys.get(model)
    if (keys === undefined) {
      keys = this.#keysOf(this.#models.get(model) as ModelJson)
      this.#keys.set(model, keys)
    }
    return keys.has(column)
  }

  #keysOf(model: ModelJson): Set<string> {
    const unique = (model.indexes ?? [])
      .filter(index => index.unique)
      .flatMap(index => index.parts.map(part => part.column))
    const names = [
      ...model.primaryKey,
      ...(model.uniques ?? []).flatMap(unique => unique.columns),
      ...(model.foreignKeys ?? []).flatMap(key => key.columns),
      ...unique,
    ]
    const keys = new Set(model.columns.filter(c => names.includes(c.name)).map(c => c.property))
    for (const { parent, relation } of this.#all()) {
      const holds = relation.kind === 'one' ? parent : relation.target
      if (holds === model.model && relation.key !== undefined) keys.add(relation.key)
    }
    return keys
  }

  /**
   * The call that would read at once all rows that were read by this column one by one; rows of the
   * models of `listed` were read before.
   */
  remedy(model: string, call: string, column: string, listed: readonly string[]): string {
    const all = this.#all().filter(candidate => this.#leads(candidate, model, column))
    const near = all.filter(({ parent }) => listed.includes(parent))
    const found = (near.length > 0 ? near : all).slice(0, SHOWN)
    const counts = call === 'count' || call === 'exists'
    const includes = found.map(({ parent, relation }) => {
      const inner = `{ ${relation.name}: true }`
      const include = counts && relation.kind === 'many' ? `{ _count: ${inner} }` : inner
      return `db.${parent}.list({ include: ${include} })`
    })
    const together = `with the rows they belong to: ${includes.join(', or ')}`
    if (near.length > 0) return `Read them ${together}.`
    const once = `Read them at once: db.${model}.list({ where: { ${column}: { in: [...] } } })`
    return includes.length > 0 ? `${once}; or ${together}.` : `${once}.`
  }

  /** Whether a relation finds rows of a model by this column; or, through an association, those behind them. */
  #leads({ parent, relation }: Candidate, model: string, column: string): boolean {
    if (relation.through !== undefined) return relation.through === model && this.#target(model, column)?.[0] === parent
    if (relation.target !== model) return false
    if (relation.kind !== 'one') return relation.key === column
    const [, referenced] = this.#target(parent, relation.key as string) ?? []
    return (referenced ?? this.#primary(model)) === column
  }

  /** The model and the column that a foreign key of one column points to. */
  #target(name: string, property: string): readonly [string, string | undefined] | undefined {
    const model = this.#models.get(name)
    const stored = model?.columns.find(c => c.property === property)?.name
    const key = model?.foreignKeys?.find(key => key.columns.length === 1 && key.columns[0] === stored)
    const target = key && [...this.#models.values()].find(m => m.table === key.target || m.model === key.target)
    return target && [target.model, target.columns.find(c => c.name === key.references[0])?.property]
  }

  #primary(name: string): string | undefined {
    const model = this.#models.get(name)
    const names = model?.primaryKey.length
      ? model.primaryKey
      : model?.columns.filter(c => /^(big)?id$/i.test(c.kind)).map(c => c.name)
    return model?.columns.find(c => c.name === names?.[0])?.property
  }
}
