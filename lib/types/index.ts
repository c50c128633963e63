/** All public types, gathered. Each lives beside its kin: operators, column, model, schema, filter, query, db. */

export type * from './aggregate.js'
export type * from './column.js'
export type * from './db.js'
export type * from './filter.js'
export type * from './http.js'
export type * from './log.js'
export type * from './migrations.js'
export type * from './model.js'
export type * from './operators.js'
export type * from './query.js'
export type * from './schema.js'
