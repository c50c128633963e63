/** The bundled models of access: API keys, webhooks and connections to Procore. What is secret in them is private. */

import { c, index, model, unique } from 'plinth'
import { timestamps } from './columns.js'

/** A key that programs call with: its prefix finds it, its hash proves it. */
export const apiKeys = model(
  'apiKeys',
  {
    id: c.id(),
    organizationId: c.integer().references('organizations.id', { onDelete: 'cascade' }),
    userId: c.integer().references('users.id', { onDelete: 'cascade' }),
    name: c.text({ max: 200 }),
    prefix: c.text({ max: 32 }),
    keyHash: c.text().private().unique(),
    scopes: c.json<string[]>().default([]),
    expiresAt: c.timestamp().nullable(),
    revokedAt: c.timestamp().nullable(),
    lastUsedAt: c.timestamp().nullable(),
    ...timestamps,
  },
  t => [
    index(t.organizationId, t.createdAt),
    index(t.userId),
    index(t.prefix).where('revoked_at IS NULL').name('api_keys_live_prefix_idx'),
  ],
)

/** A URL to tell of events. */
export const webhooks = model(
  'webhooks',
  {
    id: c.id(),
    organizationId: c.integer().references('organizations.id', { onDelete: 'cascade' }),
    url: c.text({ max: 2048 }),
    secret: c.text().private(),
    events: c.json<string[]>().default([]),
    isActive: c.boolean().default(true),
    lastStatus: c.integer().nullable(),
    failureCount: c.integer().default(0),
    ...timestamps,
  },
  t => [index(t.organizationId, t.createdAt), index(t.organizationId).where('is_active').name('webhooks_active_idx')],
)

/** A user's connection to a company in Procore. */
export const procoreConnections = model(
  'procoreConnections',
  {
    id: c.id(),
    userId: c.integer().references('users.id', { onDelete: 'cascade' }),
    companyId: c.integer().references('companies.id', { onDelete: 'cascade' }),
    accessToken: c.text().private(),
    refreshToken: c.text().nullable().private(),
    scopes: c.json<string[]>().default([]),
    expiresAt: c.timestamp().nullable(),
    status: c.enum('procore_connection_status', ['connected', 'expired', 'revoked']).default('connected'),
    ...timestamps,
  },
  // The unique constraint begins with user_id: it is that key's index too.
  t => [unique(t.userId, t.companyId), index(t.companyId), index(t.status, t.expiresAt)],
)
