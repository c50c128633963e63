/** The bundled models of telemetry: used features, and actions of users. Both only grow. */

import { c, index, model } from 'plinth'
import { created } from './columns.js'

/** So much of a metric, used at a moment. */
export const usageLogs = model(
  'usageLogs',
  {
    id: c.bigId(),
    organizationId: c.integer().nullable().references('organizations.id', { onDelete: 'set null' }),
    userId: c.integer().nullable().references('users.id', { onDelete: 'set null' }),
    apiKeyId: c.integer().nullable().references('apiKeys.id', { onDelete: 'set null' }),
    metric: c.text({ max: 100 }),
    quantity: c.decimal(18, 6),
    occurredAt: c.timestamp().defaultNow(),
    ...created,
  },
  t => [
    index(t.organizationId, t.metric, t.occurredAt),
    index(t.userId, t.occurredAt),
    index(t.apiKeyId, t.occurredAt),
  ],
)

/** Who did what to which thing. */
export const activityLogs = model(
  'activityLogs',
  {
    id: c.bigId(),
    organizationId: c.integer().nullable().references('organizations.id', { onDelete: 'set null' }),
    actorId: c.integer().nullable().references('users.id', { onDelete: 'set null' }),
    action: c.text({ max: 100 }),
    entityType: c.text({ max: 100 }),
    entityId: c.text({ max: 100 }),
    changes: c.json<Record<string, unknown>>().nullable(),
    ip: c.text({ max: 45 }).nullable(),
    ...created,
  },
  t => [
    index(t.entityType, t.entityId, t.createdAt),
    index(t.organizationId, t.createdAt),
    index(t.actorId, t.createdAt),
  ],
)
