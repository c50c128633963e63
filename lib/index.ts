/** Plinth: the database layer for Node services. */

export { type Add, type Append, add, append, type Merge, merge } from './base/atomic.js'
export type { ErrorCode } from './base/error-code.js'
export {
  CheckViolationError,
  ConfigError,
  ConstraintError,
  ForeignKeyViolationError,
  NotFoundError,
  NotNullViolationError,
  PlinthError,
  SchemaError,
  StaleRowError,
  UniqueViolationError,
  ValidationError,
} from './base/errors.js'
export { type JsonNull, jsonNull } from './base/json-null.js'
export type { Lost, Problem, Question } from './base/problem.js'
export { version } from './base/version.js'
export { expressScope } from './http/express.js'
export { fastifyScope } from './http/fastify.js'
export { fetchScope, honoScope } from './http/fetch.js'
export { healthHandler } from './http/health-handler.js'
export { check } from './migrate/check.js'
export { dropKept, kept, restoreKept } from './migrate/kept.js'
export { downgrade, history, revision, stamp, status, upgrade } from './migrate/verbs.js'
export { c, expression, foreignKey, index, model, schema, unique } from './models/schema-builder.js'
export { backup, restore } from './project/backup.js'
export { loadConfig } from './project/config.js'
export { drift, validate } from './project/drift.js'
export { initDb, open, resetDb, surveyDb } from './project/init-reset.js'
export { protect } from './project/protect.js'
export { fixSchema, repair } from './project/repair.js'
export { SchemaManager } from './project/schema-manager.js'
export type * from './types/index.js'
