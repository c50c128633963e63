/** Plinth: the database layer for Node services. */

export { c, expression, foreignKey, index, model, schema, unique } from './builder.js'
export { check } from './check.js'
export { loadConfig } from './config.js'
export {
  CheckViolationError,
  ConfigError,
  ConstraintError,
  ForeignKeyViolationError,
  NotFoundError,
  NotNullViolationError,
  PlinthError,
  type Problem,
  SchemaError,
  UniqueViolationError,
  ValidationError,
} from './errors.js'
export { expressScope } from './http/express.js'
export { fastifyScope } from './http/fastify.js'
export { fetchScope, honoScope } from './http/fetch.js'
export { healthHandler } from './http/health-handler.js'
export { type JsonNull, jsonNull } from './json-null.js'
export { downgrade, history, revision, stamp, status, upgrade } from './migrations.js'
export { initDb, open, resetDb } from './open.js'
export type * from './types/index.js'
export { version } from './version.js'
