/** The models that the type assertions are made on. Nothing here runs: `tsc` is the test. */

import { c, check, expression, foreignKey, index, model, open, schema, unique } from 'plinth'

/** True where two types are one. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** True where two types have the same members, however they were made. */
export type Same<A, B> = Equal<{ [K in keyof A]: A[K] }, { [K in keyof B]: B[K] }>
/** Asserts a type that is true. */
export const is = <_T extends true>() => {}

export interface Settings {
  theme: 'dark' | 'light'
}

export const users = model(
  'users',
  {
    id: c.id(),
    email: c.text({ max: 320 }).lowercase().unique(),
    role: c.enum('user_role', ['admin', 'member', 'viewer']).default('member'),
    passwordHash: c.text().private(),
    settings: c.json<Settings>().default({ theme: 'dark' }),
    organizationId: c
      .integer()
      .nullable()
      .references('organizations.id', { onDelete: 'set null', onUpdate: 'cascade', name: 'users_organization' }),
    createdAt: c.timestamp().defaultNow(),
    updatedAt: c.timestamp().defaultNow().touch(),
  },
  t => [
    index(t.role, t.createdAt.desc()),
    index(expression('lower(email)').desc()).unique().where('deleted_at IS NULL').name('users_lower_idx'),
    unique(t.email, t.role).name('users_email_role'),
    check("role <> 'x'").name('users_role'),
  ],
)
  .table('app_users')
  .comment('Who can log in')
  .renamedFrom('people')

export const organizations = model('organizations', {
  id: c.id(),
  name: c.text().comment('As written on invoices').renamedFrom('title'),
  ownerId: c.integer().nullable().references('users.id'),
})

export const items = model('items', {
  id: c.id(),
  organizationId: c.integer().references('organizations.id', { onDelete: 'cascade' }),
  title: c.text().name('item_title').check('length(item_title) > 0', { name: 'items_title' }),
  price: c.decimal(12, 2).nullable(),
  size: c.bigint().default(0n),
})

export const tags = model('tags', { id: c.id(), name: c.text().unique({ name: 'tags_name' }) })

export const itemTags = model('itemTags', { itemId: c.integer().primaryKey(), tagId: c.integer().primaryKey() }, t => [
  foreignKey([t.itemId], 'items', ['id'], { onDelete: 'cascade' }),
  foreignKey([t.tagId], 'tags', ['id']),
])

export const userSettings = model('userSettings', {
  userId: c.integer().primaryKey().references('users.id'),
  theme: c.text(),
})

export const drafts = model('drafts', { id: c.id(), title: c.text(), version: c.integer().version() })

export const drawers = model('drawers', {
  shelf: c.text().primaryKey(),
  number: c.integer().primaryKey(),
  full: c.boolean(),
  revision: c.int32().version(),
})

export const comments = model('comments', {
  id: c.uuid().primaryKey().defaultRandom(),
  itemId: c.integer(),
  parentId: c.uuid().nullable().references('comments.id'),
  body: c.text(),
})

export const everything = model('everything', {
  id: c.bigId(),
  integer: c.integer(),
  bigint: c.bigint(),
  int32: c.int32(),
  real: c.real(),
  decimal: c.decimal(18, 6),
  text: c.text(),
  boolean: c.boolean(),
  uuid: c.uuid(),
  timestamp: c.timestamp(),
  date: c.date(),
  json: c.json<{ a: number }[]>(),
  anyJson: c.json().nullable(),
  bytes: c.bytes(),
  enum: c.enum('word', ['a', 'b']),
})

export const models = schema(
  { users, organizations, items, tags, itemTags, userSettings, comments, everything, drafts, drawers },
  {
    users: r => ({
      organization: r.one('organizations', 'organizationId'),
      settings_: r.has('userSettings', 'userId'),
    }),
    organizations: r => ({
      users: r.many('users', 'organizationId'),
      items: r.many('items', 'organizationId'),
      owner: r.one('users', 'ownerId'),
    }),
    items: r => ({
      tags: r.many('tags', { through: 'itemTags' }),
      organization: r.one('organizations', 'organizationId'),
      comments: r.many('comments', 'itemId'),
    }),
    comments: r => ({ parent: r.one('comments', 'parentId'), replies: r.many('comments', 'parentId') }),
  },
)

export const db = open({ models })
