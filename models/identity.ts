/** The bundled models of identity: organizations, users, teams, their settings and companies. */

import { c, index, model, unique } from 'plinth'
import { timestamps } from './columns.js'

/** A customer: whom users and data belong to. */
export const organizations = model(
  'organizations',
  {
    id: c.id(),
    name: c.text({ max: 200 }),
    slug: c.text({ max: 100 }).unique(),
    plan: c.enum('organization_plan', ['free', 'team', 'enterprise']).default('free'),
    ownerId: c.integer().nullable().references('users.id', { onDelete: 'set null' }),
    ...timestamps,
  },
  t => [index(t.ownerId), index(t.createdAt)],
)

/** A person who can log in, once a password is set. */
export const users = model(
  'users',
  {
    id: c.id(),
    organizationId: c.integer().nullable().references('organizations.id', { onDelete: 'set null' }),
    email: c.text({ max: 320 }).lowercase().unique(),
    name: c.text({ max: 200 }).nullable(),
    role: c.enum('user_role', ['owner', 'admin', 'member', 'viewer']).default('member'),
    passwordHash: c.text().nullable().private(),
    isActive: c.boolean().default(true),
    lastSeenAt: c.timestamp().nullable(),
    ...timestamps,
  },
  t => [index(t.organizationId, t.createdAt), index(t.role, t.createdAt)],
)

/** A group of users within an organization. */
export const teams = model(
  'teams',
  {
    id: c.id(),
    organizationId: c.integer().references('organizations.id', { onDelete: 'cascade' }),
    name: c.text({ max: 200 }),
    ...timestamps,
  },
  // The unique constraint begins with the foreign key: it is the key's index too.
  t => [unique(t.organizationId, t.name)],
)

/** Which users are in which teams. */
export const teamMembers = model(
  'teamMembers',
  {
    teamId: c.integer().primaryKey().references('teams.id', { onDelete: 'cascade' }),
    userId: c.integer().primaryKey().references('users.id', { onDelete: 'cascade' }),
    role: c.enum('team_role', ['lead', 'member']).default('member'),
    ...timestamps,
  },
  t => [index(t.userId)],
)

/** The settings of a user: at most one row for each user. */
export const userSettings = model('userSettings', {
  userId: c.integer().primaryKey().references('users.id', { onDelete: 'cascade' }),
  theme: c.enum('user_theme', ['system', 'light', 'dark']).default('system'),
  locale: c.text({ max: 35 }).default('en'),
  timeZone: c.text({ max: 64 }).default('UTC'),
  preferences: c.json<Record<string, unknown>>().default({}),
  ...timestamps,
})

/** A company that an organization works with, perhaps known to another system too. */
export const companies = model(
  'companies',
  {
    id: c.id(),
    organizationId: c.integer().references('organizations.id', { onDelete: 'cascade' }),
    name: c.text({ max: 200 }),
    externalId: c.text({ max: 200 }).nullable(),
    isActive: c.boolean().default(true),
    ...timestamps,
  },
  t => [index(t.organizationId, t.name), index(t.externalId).unique().where('external_id IS NOT NULL')],
)
