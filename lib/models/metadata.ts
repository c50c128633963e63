/**
 * The runtime's knowledge of the models, from the JSON of their schema: columns by property, keys,
 * what a value must be.
 */

import { PlinthError } from '../base/errors.js'
import { didYouMean } from '../base/nearest.js'
import type { ModelJson, SchemaJson } from '../types/index.js'

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
  /** Whether it counts the updates of its row. */
  readonly version: boolean
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
  /** The column that counts the updates of a row. */
  readonly version: ColumnMeta | undefined
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

/** The version of a new row. */
const FIRST_VERSION = { value: 1 }

/** The models of a schema, by their names. The schema must have passed the core's check. */
export function metaOf(json: SchemaJson): ReadonlyMap<string, ModelMeta> {
  const all = new Map<string, ModelMeta>()
  for (const model of json.models) all.set(model.model, new ReadModel(model, all))
  return all
}

/** What is read of a model's JSON when it is first asked for. */
type Parts = Omit<ModelMeta, 'name' | 'quoted' | 'table'>

/** A model that is read when it is first used: of many models a process uses few at its start. */
class ReadModel implements ModelMeta {
  readonly name: string
  readonly quoted: string
  readonly table: string
  readonly #json: ModelJson
  readonly #all: ReadonlyMap<string, ModelMeta>
  #read: Parts | undefined

  constructor(json: ModelJson, all: ReadonlyMap<string, ModelMeta>) {
    this.name = json.model
    this.quoted = JSON.stringify(json.model)
    this.table = json.table
    this.#json = json
    this.#all = all
  }

  get columns() {
    return this.#parts.columns
  }
  get byProperty() {
    return this.#parts.byProperty
  }
  get key() {
    return this.#parts.key
  }
  get identity() {
    return this.#parts.identity
  }
  get touched() {
    return this.#parts.touched
  }
  get version() {
    return this.#parts.version
  }
  get relations() {
    return this.#parts.relations
  }

  get #parts(): Parts {
    this.#read ??= partsOf(this, this.#json, this.#all)
    return this.#read
  }
}

function partsOf(model: ModelMeta, json: ModelJson, all: ReadonlyMap<string, ModelMeta>): Parts {
  const columns = json.columns.map(column => columnMeta(model, column))
  const identities = columns.filter(column => column.identity).map(column => column.name)
  const primaryKey = json.primaryKey?.length ? json.primaryKey : identities
  const relations = (json.relations ?? []).map(({ name, target, kind }): [string, RelationMeta] => [
    name,
    { target: all.get(target) as ModelMeta, many: kind === 'many' },
  ])
  return {
    columns,
    byProperty: new Map(columns.map(column => [column.property, column])),
    key: primaryKey.map(name => columns.find(column => column.name === name) as ColumnMeta),
    identity: columns.find(column => column.identity),
    touched: columns.filter(column => column.touch),
    version: columns.find(column => column.version),
    relations: new Map(relations),
  }
}

function columnMeta(model: ModelMeta, c: any): ColumnMeta {
  return {
    model,
    property: c.property,
    quoted: JSON.stringify(c.property),
    name: c.name,
    kind: c.kind,
    wire: WIRES[c.kind] ?? 'text',
    nullable: c.nullable === true,
    private: c.private === true,
    touch: c.touch === true,
    version: c.version === true,
    lowercase: c.lowercase === true,
    default: c.version === true ? FIRST_VERSION : c.default,
    max: c.max,
    precision: c.precision ?? 0,
    scale: c.scale ?? 0,
    values: c.values && new Set(c.values),
    identity: c.kind === 'id' || c.kind === 'bigId',
  }
}

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
