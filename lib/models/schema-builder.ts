/** The runtime of model() and schema(): what they gather becomes the schema JSON. Columns are in column-builder.ts, table-level calls in table-level.ts. */

import { isRunnable } from '../base/functions.js'
import { didYouMean } from '../base/nearest.js'
import { isObject, text } from '../base/option-kinds.js'
import { shown } from '../base/shown.js'
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
import { optionFaults, restFaults, THROUGH } from './builder-options.js'
import { type ColumnSpec, c, columnSpec } from './column-builder.js'
import { type BuilderCall, type Fault, fault, placed, schemaError } from './fault.js'
import { snakeCase } from './snake-case.js'
import { check, columnRef, expression, extraSpec, foreignKey, foreignKeyEntry, index, unique } from './table-level.js'

export { c, check, expression, foreignKey, index, unique }

/** The version of the schema JSON. */
const FORMAT = 1
const modelBrand = Symbol.for('plinth.model')
const schemaBrand = Symbol.for('plinth.schema')
const relationBrand = Symbol.for('plinth.relation')
/** The JSON of a schema that this copy of the package made, as it was built. */
const built = new WeakMap<object, SchemaJson>()

/** A model's JSON before schema() gives it its name and its relations. */
type TableJson = Omit<ModelJson, 'model' | 'relations'>

/** Whether a value is a schema, also one made by another copy of this package in the process. */
export function isSchema(value: unknown): value is Schema<Models, any> {
  return typeof value === 'object' && value !== null && (value as { [schemaBrand]?: unknown })[schemaBrand] === FORMAT
}

/** The JSON of a schema, not to be changed. It is frozen only when a user asks for it: freezing takes longer than building. */
export function builtJson(schema: Schema<Models, any>): SchemaJson {
  return built.get(schema) ?? schema.toJSON()
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
): Model<Name, C>
export function model(name: string, columns: Columns, extras?: unknown, ...rest: unknown[]): unknown {
  if (typeof name !== 'string' || name === '') {
    throw schemaError([fault(`model() takes a name first, found ${shown(name)}`, model)])
  }
  const faults = restFaults('model()', model, rest)
  if (!isObject(columns)) faults.push(fault(`model() takes columns by property second, found ${shown(columns)}`, model))
  if (faults.length > 0) throw schemaError(placed(faults, name))
  const specs = columnSpecs(name, columns)
  const json = tableJson(name, specs)
  if (extras !== undefined) addExtras(name, json, specs, extras)
  return modelOf(name, columns, json)
}

/** The spec of each column, its database name decided. Throws every fault of the model's columns together. */
function columnSpecs(name: string, columns: Columns): Map<string, ColumnSpec & { readonly name: string }> {
  const specs = new Map<string, ColumnSpec & { readonly name: string }>()
  const faults: Fault[] = []
  for (const [property, column] of Object.entries(columns)) {
    const spec = columnSpec(column)
    const own = spec?.faults ?? [fault(`a column is written like c.text(), found ${shown(column)}`, model)]
    faults.push(...placed(own, name, property))
    if (spec !== undefined) specs.set(property, { ...spec, name: spec.name ?? snakeCase(property) })
  }
  if (faults.length > 0) throw schemaError(faults)
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
  const json: { -readonly [K in keyof ColumnJson]: ColumnJson[K] } = { property, name: spec.name, ...spec.kind }
  if (spec.nullable) json.nullable = true
  if (spec.default !== undefined) json.default = spec.default
  if (spec.private) json.private = true
  if (spec.touch) json.touch = true
  if (spec.version) json.version = true
  if (spec.lowercase) json.lowercase = true
  if (spec.comment !== undefined) json.comment = spec.comment
  if (spec.renamedFrom !== undefined) json.renamedFrom = spec.renamedFrom
  return json
}

/** Adds what the third argument of model() declares. Throws every fault of it together. */
function addExtras(name: string, json: Draft, specs: Map<string, { name: string }>, extras: unknown): void {
  const refs = Object.fromEntries([...specs].map(([property, spec]) => [property, columnRef(spec.name)]))
  const get = (_: object, property: string | symbol): ColumnRef | undefined => {
    if (typeof property !== 'string' || Object.hasOwn(refs, property)) return refs[property as string]
    const problem = fault(`the model has no column ${property}; it has ${Object.keys(refs).join(', ')}`, get)
    throw schemaError(placed([problem], name, property))
  }
  const t = new Proxy(refs, { get })
  const list = isRunnable(extras) ? extras(t) : undefined
  if (!Array.isArray(list)) {
    const expected = 'model() takes a function third that gives an array: t => [index(t.a)]'
    throw schemaError(placed([fault(`${expected}, found ${shown(list ?? extras)}`, model)], name))
  }
  const faults: Fault[] = []
  for (const item of list) {
    const spec = extraSpec(item)
    const expected = 'the third argument holds index(), unique(), check() and foreignKey()'
    faults.push(...(spec?.faults ?? [fault(`${expected}, found ${shown(item)}`, model)]))
    if (spec) (json[spec.list] as unknown[]).push(spec.entry)
  }
  if (faults.length > 0) throw schemaError(placed(faults, name))
}

function modelOf(name: string, columns: Columns, json: TableJson) {
  const change = (key: 'table' | 'comment' | 'renamedFrom', value: unknown, rest: readonly unknown[]) => {
    const builder: BuilderCall = made[key]
    const faults = restFaults(`${key}()`, builder, rest)
    if (typeof value !== 'string' || value === '') {
      faults.push(fault(`${key}() takes a text that is not empty, found ${shown(value)}`, builder))
    }
    if (faults.length > 0) throw schemaError(placed(faults, name))
    return modelOf(name, columns, { ...json, [key]: value })
  }
  const made = {
    name,
    columns: Object.freeze({ ...columns }),
    table: (text: string, ...rest: unknown[]): unknown => change('table', text, rest),
    comment: (text: string, ...rest: unknown[]): unknown => change('comment', text, rest),
    renamedFrom: (text: string, ...rest: unknown[]): unknown => change('renamedFrom', text, rest),
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
export function schema<M extends Models, R extends Related<Name> = {}, Name extends keyof M = keyof M>(
  models: M,
  relations?: RelationsFor<M, R, Name>,
): Schema<M, R>
export function schema(models: Models, relations?: unknown, ...rest: unknown[]): unknown {
  const faults = restFaults('schema()', schema, rest)
  if (!isObject(models)) faults.push(fault(`schema() takes models by name, found ${shown(models)}`, schema))
  if (relations !== undefined && !isObject(relations)) {
    faults.push(fault(`schema() takes relations by model second, found ${shown(relations)}`, schema))
  }
  if (faults.length > 0) throw schemaError(faults)
  const prototype: unknown = Object.getPrototypeOf(models)
  if (typeof prototype === 'object' && prototype !== null && modelBrand in prototype) {
    const problem = fault('a model named __proto__ is not a property of the object; give it another name', schema)
    throw schemaError(placed([problem], '__proto__'))
  }
  const callbacks: Record<string, unknown> = Object.assign(Object.create(null), relations)
  const list = Object.entries(models).map(([name, m]) => modelJson(name, m, callbacks[name], faults))
  const names = Object.keys(models)
  for (const name of Object.keys(callbacks).filter(each => !Object.hasOwn(models, each))) {
    const message = `there is no model of this name to have relations. ${didYouMean(name, names)}The models are: ${names.join(', ')}.`
    faults.push(...placed([fault(message, schema)], name))
  }
  if (faults.length > 0) throw schemaError(faults)
  const json = { format: FORMAT, models: list } as SchemaJson
  const made = {
    models: Object.freeze({ ...models }),
    relations: callbacks,
    toJSON: (): SchemaJson => deepFreeze(json),
    [schemaBrand]: FORMAT,
  }
  built.set(made, json)
  return Object.freeze(made)
}

/** The JSON of a model. What is wrong with it is added to `faults`; there is none if it is no model at all. */
function modelJson(name: string, value: unknown, relations: unknown, faults: Fault[]): ModelJson | undefined {
  const table =
    typeof value === 'object' && value !== null ? (value as { [modelBrand]?: TableJson })[modelBrand] : undefined
  if (table === undefined) {
    faults.push(...placed([fault(`schema() takes models from model(), found ${shown(value)}`, schema)], name))
    return undefined
  }
  const { table: tableName, comment, renamedFrom, columns, primaryKey, ...lists } = table
  const filled = Object.entries(lists).filter(([, list]) => list !== undefined && list.length > 0)
  const related = relations === undefined ? [] : relationsJson(name, relations, faults)
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

/** The JSON of a model's relations. What is wrong with them is added to `faults`. */
function relationsJson(model: string, callback: unknown, faults: Fault[]): RelationJson[] {
  const made = isRunnable(callback) ? callback(relationFactory) : undefined
  if (!isObject(made)) {
    const expected = "relations are a function that gives them by name: r => ({ owner: r.one('users', 'ownerId') })"
    const found = isRunnable(callback) ? `a function that gives ${shown(made)}` : shown(callback)
    faults.push(...placed([fault(`${expected}, found ${found}`, schema)], model))
    return []
  }
  return Object.entries(made).flatMap(([name, value]) => {
    const spec = (value as { [relationBrand]?: RelationSpec } | null | undefined)?.[relationBrand]
    const own = spec?.faults ?? [
      fault(`a relation is written r.one(), r.has() or r.many(), found ${shown(value)}`, schema),
    ]
    faults.push(...placed(own, model, name))
    return spec ? ({ name, ...spec.json } as RelationJson) : []
  })
}

/** A relation as the schema JSON writes it, without its name; and what is wrong with the call that made it. */
interface RelationSpec {
  readonly json: Omit<RelationJson, 'name'>
  readonly faults: readonly Fault[]
}

function relation(kind: 'one' | 'has' | 'many', target: unknown, key: unknown, rest: readonly unknown[]) {
  const call = `r.${kind}()`
  const builder: BuilderCall = relationFactory[kind]
  const faults = restFaults(call, builder, rest)
  const byTable = kind === 'many' && isObject(key)
  if (byTable) faults.push(...optionFaults(call, builder, THROUGH, key))
  if (!text.accepts(target) || !(byTable || text.accepts(key))) {
    const way = kind === 'many' ? 'a column, or { through: a model }' : 'a column'
    faults.push(fault(`${call} takes a model and ${way}, found ${shown(target)}, ${shown(key)}`, builder))
  }
  const json = { kind, target, ...(byTable ? { through: (key as { through?: unknown }).through } : { key }) }
  return Object.freeze({ kind, target, key, [relationBrand]: { json, faults } })
}

const relationFactory = Object.freeze({
  one: (target: unknown, key: unknown, ...rest: unknown[]): unknown => relation('one', target, key, rest),
  has: (target: unknown, key: unknown, ...rest: unknown[]): unknown => relation('has', target, key, rest),
  many: (target: unknown, key: unknown, ...rest: unknown[]): unknown => relation('many', target, key, rest),
})

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) deepFreeze(part)
  }
  return value
}
