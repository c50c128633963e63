/** The runtime of model() and schema(): what they gather becomes the schema JSON. Columns are in column-builder.ts, table-level calls in table-level.ts. */

import { isRunnable } from '../base/functions.js'
import type {
  ColumnJson,
  ColumnRef,
  Columns,
  Model,
  ModelJson,
  Models,
  Related,
  RelationJson,
  RelationsFor,
  Schema,
  SchemaJson,
  TableExtra,
} from '../types/index.js'
import { type ColumnSpec, c, columnSpec } from './column-builder.js'
import { type Fault, fault, found, schemaError } from './fault.js'
import { snakeCase } from './snake-case.js'
import { check, columnRef, expression, extraSpec, foreignKey, foreignKeyEntry, index, unique } from './table-level.js'

export { c, check, expression, foreignKey, index, unique }

/** The version of the schema JSON. */
const FORMAT = 1
const modelBrand = Symbol.for('plinth.model')
const schemaBrand = Symbol.for('plinth.schema')
const relationBrand = Symbol.for('plinth.relation')

/** A model's JSON before schema() gives it its name and its relations. */
type TableJson = Omit<ModelJson, 'model' | 'relations'>

/** Whether a value is a schema, also one made by another copy of this package in the process. */
export function isSchema(value: unknown): value is Schema<Models, any> {
  return typeof value === 'object' && value !== null && (value as { [schemaBrand]?: unknown })[schemaBrand] === FORMAT
}

/**
 * Declares a table.
 *
 * @param name its name; the table in the database has it in snake_case
 * @param columns its columns by property
 * @param extras its indexes and constraints over several columns
 * @example
 * const users = model('users', { id: c.id(), email: c.text().lowercase().unique() }, t => [index(t.email)])
 */
export function model<const Name extends string, C extends Columns>(
  name: Name,
  columns: C,
  extras?: (t: { readonly [K in keyof C]: ColumnRef }) => readonly TableExtra[],
): Model<Name, C> {
  if (typeof name !== 'string' || name === '') {
    throw schemaError(undefined, [fault(`model() takes a name first, found ${found(name)}`, model)], [])
  }
  if (typeof columns !== 'object' || columns === null || Array.isArray(columns)) {
    throw schemaError(name, [fault(`model() takes columns by property second, found ${found(columns)}`, model)], [])
  }
  const specs = columnSpecs(name, columns)
  const json = tableJson(name, specs)
  if (extras !== undefined) addExtras(name, json, specs, extras as (t: unknown) => unknown)
  return modelOf(name, columns, json) as unknown as Model<Name, C>
}

/** The spec of each column, its database name decided. Throws every fault of the model's columns together. */
function columnSpecs(name: string, columns: Columns): Map<string, ColumnSpec & { readonly name: string }> {
  const specs = new Map<string, ColumnSpec & { readonly name: string }>()
  const faults: Fault[] = []
  const properties: string[] = []
  for (const [property, column] of Object.entries(columns)) {
    const spec = columnSpec(column)
    const own = spec?.faults ?? [fault(`a column is written like c.text(), found ${found(column)}`, model)]
    faults.push(...own)
    properties.push(...own.map(() => property))
    if (spec !== undefined) specs.set(property, { ...spec, name: spec.name ?? snakeCase(property) })
  }
  if (faults.length > 0) throw schemaError(name, faults, properties)
  return specs
}

type Draft = {
  -readonly [K in keyof TableJson]: TableJson[K] extends readonly (infer T)[] | undefined ? T[] : TableJson[K]
}

function tableJson(name: string, specs: Map<string, ColumnSpec & { readonly name: string }>): Draft {
  const json: Draft = {
    table: snakeCase(name),
    columns: [],
    primaryKey: [],
    uniques: [],
    checks: [],
    foreignKeys: [],
    indexes: [],
  }
  for (const [property, spec] of specs) {
    const columns = [spec.name]
    json.columns.push(columnJson(property, spec))
    if (spec.primaryKey || spec.kind.kind === 'id' || spec.kind.kind === 'bigId') json.primaryKey.push(spec.name)
    if (spec.unique) json.uniques?.push({ ...spec.unique, columns })
    for (const { sql, ...named } of spec.checks ?? []) json.checks?.push({ ...named, sql, columns })
    if (spec.references) {
      const { target, column, options } = spec.references
      json.foreignKeys?.push(foreignKeyEntry(columns, target, [column], options) as never)
    }
  }
  return json
}

function columnJson(property: string, spec: ColumnSpec & { readonly name: string }): ColumnJson {
  return {
    property,
    name: spec.name,
    ...spec.kind,
    ...(spec.nullable && { nullable: true }),
    ...(spec.default !== undefined && { default: spec.default }),
    ...(spec.private && { private: true }),
    ...(spec.touch && { touch: true }),
    ...(spec.lowercase && { lowercase: true }),
    ...(spec.comment !== undefined && { comment: spec.comment }),
    ...(spec.renamedFrom !== undefined && { renamedFrom: spec.renamedFrom }),
  }
}

function addExtras(
  name: string,
  json: Draft,
  specs: Map<string, { name: string }>,
  extras: (t: unknown) => unknown,
): void {
  const refs = Object.fromEntries([...specs].map(([property, spec]) => [property, columnRef(spec.name)]))
  const get = (_: object, property: string | symbol): ColumnRef | undefined => {
    if (typeof property !== 'string' || Object.hasOwn(refs, property)) return refs[property as string]
    const problem = fault(`the model has no column ${property}; it has ${Object.keys(refs).join(', ')}`, get)
    throw schemaError(name, [problem], [property])
  }
  const t = new Proxy(refs, { get })
  const list = isRunnable(extras) ? extras(t) : undefined
  if (!Array.isArray(list)) {
    const problem = fault(
      `model() takes a function third that gives an array: t => [index(t.a)], found ${found(list ?? extras)}`,
      model,
    )
    throw schemaError(name, [problem], [])
  }
  for (const item of list) {
    const spec = extraSpec(item)
    if (spec === undefined) {
      const problem = fault(
        `the third argument holds index(), unique(), check() and foreignKey(), found ${found(item)}`,
        model,
      )
      throw schemaError(name, [problem], [])
    }
    ;(json[spec.list] as unknown[]).push(spec.entry)
  }
}

function modelOf(name: string, columns: Columns, json: TableJson) {
  const change = (key: 'table' | 'comment' | 'renamedFrom', builder: (text: string) => unknown, text: unknown) => {
    if (typeof text === 'string' && text !== '') return modelOf(name, columns, { ...json, [key]: text })
    throw schemaError(name, [fault(`${key}() takes a text that is not empty, found ${found(text)}`, builder)], [])
  }
  const made = {
    name,
    columns: Object.freeze({ ...columns }),
    table: (text: string): unknown => change('table', made.table, text),
    comment: (text: string): unknown => change('comment', made.comment, text),
    renamedFrom: (text: string): unknown => change('renamedFrom', made.renamedFrom, text),
    [modelBrand]: json,
  }
  return Object.freeze(made)
}

/**
 * Gathers the models and says how they are related.
 *
 * @param models the models by name: `db.<name>`
 * @param relations for each model that has some, a function from `r` to its relations by name
 * @example
 * export default schema({ users, organizations }, {
 *   users: r => ({ organization: r.one('organizations', 'organizationId') }),
 *   organizations: r => ({ users: r.many('users', 'organizationId') }),
 * })
 */
export function schema<M extends Models, R extends Related<M> = {}>(
  models: M,
  relations?: RelationsFor<M, R>,
): Schema<M, R> {
  if (typeof models !== 'object' || models === null || Array.isArray(models)) {
    throw schemaError(undefined, [fault(`schema() takes models by name, found ${found(models)}`, schema)], [])
  }
  const prototype: unknown = Object.getPrototypeOf(models)
  if (typeof prototype === 'object' && prototype !== null && modelBrand in prototype) {
    const problem = fault('a model named __proto__ is not a property of the object; give it another name', schema)
    throw schemaError('__proto__', [problem], [])
  }
  const callbacks: Record<string, unknown> = Object.assign(Object.create(null), relations)
  const json = deepFreeze({
    format: FORMAT,
    models: Object.entries(models).map(([name, m]) => modelJson(name, m, callbacks[name])),
  })
  for (const name of Object.keys(callbacks)) {
    if (Object.hasOwn(models, name)) continue
    const problem = fault(
      `there is no model of this name to have relations; the models are ${Object.keys(models).join(', ')}`,
      schema,
    )
    throw schemaError(name, [problem], [])
  }
  const made = {
    models: Object.freeze({ ...models }),
    relations: callbacks,
    toJSON: (): SchemaJson => json,
    [schemaBrand]: FORMAT,
  }
  return Object.freeze(made) as unknown as Schema<M, R>
}

function modelJson(name: string, value: unknown, relations: unknown): ModelJson {
  const table =
    typeof value === 'object' && value !== null ? (value as { [modelBrand]?: TableJson })[modelBrand] : undefined
  if (table === undefined) {
    throw schemaError(name, [fault(`schema() takes what model() made, found ${found(value)}`, schema)], [])
  }
  const { table: tableName, comment, renamedFrom, columns, primaryKey, ...lists } = table
  const filled = Object.entries(lists).filter(([, list]) => list !== undefined && list.length > 0)
  const related = relations === undefined ? [] : relationsJson(name, relations)
  return {
    model: name,
    table: tableName,
    ...(comment !== undefined && { comment }),
    ...(renamedFrom !== undefined && { renamedFrom }),
    columns,
    primaryKey,
    ...Object.fromEntries(filled),
    ...(related.length > 0 && { relations: related }),
  }
}

function relationsJson(model: string, callback: unknown): RelationJson[] {
  if (!isRunnable(callback)) {
    const problem = fault(
      `relations are a function: r => ({ owner: r.one('users', 'ownerId') }), found ${found(callback)}`,
      schema,
    )
    throw schemaError(model, [problem], [])
  }
  const made = callback(relationFactory)
  return Object.entries((made ?? {}) as Record<string, unknown>).map(([name, relation]) => {
    const json = (relation as { [relationBrand]?: object } | null | undefined)?.[relationBrand]
    if (json !== undefined) return { name, ...json } as RelationJson
    throw schemaError(
      model,
      [fault(`a relation is written r.one(), r.has() or r.many(), found ${found(relation)}`, schema)],
      [name],
    )
  })
}

function relation(kind: 'one' | 'has' | 'many', builder: (...args: never[]) => unknown, target: unknown, key: unknown) {
  const through = typeof key === 'object' && key !== null ? (key as { through?: unknown }).through : undefined
  const reached =
    kind === 'many' && typeof through === 'string' ? { through } : typeof key === 'string' ? { key } : undefined
  if (typeof target !== 'string' || reached === undefined) {
    const way = kind === 'many' ? 'a column, or { through: a model }' : 'a column'
    const problem = fault(`r.${kind}() takes a model and ${way}, found ${found(target)}, ${found(key)}`, builder)
    throw schemaError(undefined, [problem], [])
  }
  return Object.freeze({ kind, target, key, [relationBrand]: { kind, target, ...reached } })
}

const relationFactory = Object.freeze({
  one: (target: unknown, key: unknown): unknown => relation('one', relationFactory.one, target, key),
  has: (target: unknown, key: unknown): unknown => relation('has', relationFactory.has, target, key),
  many: (target: unknown, key: unknown): unknown => relation('many', relationFactory.many, target, key),
})

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) deepFreeze(part)
  }
  return value
}
