/**
 * The runtime's knowledge of the models, from the JSON of their schema: columns by property, keys,
 * what a value must be.
 */

import { PlinthError } from '../base/errors.js'
import { didYouMean } from '../base/nearest.js'
import type { SchemaJson } from '../types/index.js'

/** How a value crosses to the core. `any` is only for results of raw SQL. */
export type Wire = 'int' | 'bigint' | 'real' | 'bool' | 'time' | 'text' | 'json' | 'bytes' | 'any'

/** A column. */
export interface ColumnMeta {
  readonly model: ModelMeta
  readonly property: string
  /** The property as JSON, for queries. */
  readonly quoted: string
  readonly name: string
  readonly kind: string
  readonly wire: Wire
  readonly nullable: boolean
  readonly private: boolean
  readonly touch: boolean
  readonly lowercase: boolean
  readonly default: { value: unknown } | 'now' | 'random' | undefined
  readonly max: number | undefined
  readonly precision: number
  readonly scale: number
  readonly values: ReadonlySet<string> | undefined
  /** Whether the database makes the value when an insert leaves it out. */
  readonly identity: boolean
}

/** A model. */
export interface ModelMeta {
  readonly name: string
  /** The name as JSON, for queries. */
  readonly quoted: string
  readonly table: string
  readonly columns: readonly ColumnMeta[]
  readonly byProperty: ReadonlyMap<string, ColumnMeta>
  readonly key: readonly ColumnMeta[]
  readonly identity: ColumnMeta | undefined
  readonly touched: readonly ColumnMeta[]
  /** Relation names, with the models they lead to. */
  readonly relations: ReadonlyMap<string, RelationMeta>
}

/** A relation: the model it leads to, and whether to any number of its rows. */
export interface RelationMeta {
  readonly target: ModelMeta
  readonly many: boolean
}

const WIRES: Record<string, Wire> = {
  id: 'int',
  integer: 'int',
  int32: 'int',
  bigId: 'bigint',
  bigint: 'bigint',
  real: 'real',
  boolean: 'bool',
  timestamp: 'time',
  json: 'json',
  bytes: 'bytes',
}

/** The models of a schema, by their names. The schema must have passed the core's check. */
export function metaOf(json: SchemaJson): ReadonlyMap<string, ModelMeta> {
  const all = new Map<string, ModelMeta>()
  for (const model of json.models) {
    const columns: ColumnMeta[] = []
    const identities = model.columns.filter(c => c.kind === 'id' || c.kind === 'bigId').map(c => c.name)
    const primaryKey = model.primaryKey?.length ? model.primaryKey : identities
    const meta = {
      name: model.model,
      quoted: JSON.stringify(model.model),
      table: model.table,
      columns,
      relations: new Map(),
    } as unknown as Mutable<ModelMeta>
    for (const c of model.columns as any[]) {
      columns.push({
        model: meta,
        property: c.property,
        quoted: JSON.stringify(c.property),
        name: c.name,
        kind: c.kind,
        wire: WIRES[c.kind] ?? 'text',
        nullable: c.nullable === true,
        private: c.private === true,
        touch: c.touch === true,
        lowercase: c.lowercase === true,
        default: c.default,
        max: c.max,
        precision: c.precision ?? 0,
        scale: c.scale ?? 0,
        values: c.values && new Set(c.values),
        identity: c.kind === 'id' || c.kind === 'bigId',
      })
    }
    meta.byProperty = new Map(columns.map(c => [c.property, c]))
    meta.key = primaryKey.map(name => columns.find(c => c.name === name) as ColumnMeta)
    meta.identity = columns.find(c => c.identity)
    meta.touched = columns.filter(c => c.touch)
    all.set(model.model, meta)
  }
  for (const model of json.models) {
    const relations = (all.get(model.model) as ModelMeta).relations as Map<string, RelationMeta>
    for (const r of model.relations ?? []) {
      relations.set(r.name, { target: all.get(r.target) as ModelMeta, many: r.kind === 'many' })
    }
  }
  return all
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** The column of this property; an error that lists those there are. `inWhere`: a relation or a junction could be meant too. */
export function columnOf(model: ModelMeta, property: string, inWhere = false): ColumnMeta {
  const column = model.byProperty.get(property)
  if (column) return column
  const columns = [...model.byProperty.keys()]
  const relations = inWhere ? [...model.relations.keys()] : []
  const meant = didYouMean(property, [...columns, ...relations, ...(inWhere ? JUNCTIONS : [])])
  const wrapped = property === 'data' && !inWhere ? 'Write the columns themselves, without data around them. ' : ''
  const more = relations.length > 0 ? ` The relations are: ${relations.join(', ')}.` : ''
  throw new PlinthError('UNKNOWN_COLUMN', `There is no column "${property}" in ${model.name}.`, {
    table: model.table,
    columns: [property],
    hint: `${meant || wrapped}The columns are: ${columns.join(', ')}.${more}`,
  })
}

/** The words that join the conditions of a `where`. */
const JUNCTIONS = ['and', 'or', 'not']
