/** The bundled models of content: items, their tags, comments and attachments. */

import { c, index, model } from 'plinth'
import { created, timestamps } from './columns.js'

/** Whatever the service is about. */
export const items = model(
  'items',
  {
    id: c.id(),
    organizationId: c.integer().references('organizations.id', { onDelete: 'cascade' }),
    ownerId: c.integer().nullable().references('users.id', { onDelete: 'set null' }),
    title: c.text({ max: 500 }),
    description: c.text().nullable(),
    status: c.enum('item_status', ['draft', 'active', 'archived']).default('draft'),
    priority: c.integer().default(0),
    metadata: c.json<Record<string, unknown>>().default({}),
    ...timestamps,
  },
  t => [
    index(t.organizationId, t.status, t.createdAt),
    index(t.organizationId, t.createdAt).where("status = 'active'").name('items_active_idx'),
    index(t.ownerId),
  ],
)

/** A word to find items by. */
export const tags = model('tags', {
  id: c.id(),
  name: c.text({ max: 100 }).unique(),
  color: c.text({ max: 32 }).nullable(),
  ...timestamps,
})

/** Which items have which tags. */
export const itemTags = model(
  'itemTags',
  {
    itemId: c.integer().primaryKey().references('items.id', { onDelete: 'cascade' }),
    tagId: c.integer().primaryKey().references('tags.id', { onDelete: 'cascade' }),
    ...created,
  },
  t => [index(t.tagId)],
)

/** A comment of a person on an item, or in answer to another comment. */
export const comments = model(
  'comments',
  {
    id: c.id(),
    itemId: c.integer().references('items.id', { onDelete: 'cascade' }),
    authorId: c.integer().nullable().references('users.id', { onDelete: 'set null' }),
    parentId: c.integer().nullable().references('comments.id', { onDelete: 'cascade' }),
    body: c.text(),
    ...timestamps,
  },
  t => [index(t.itemId, t.createdAt), index(t.authorId), index(t.parentId)],
)

/** A file that belongs to an item or to a comment on it; its bytes are stored elsewhere. */
export const attachments = model(
  'attachments',
  {
    id: c.id(),
    itemId: c.integer().references('items.id', { onDelete: 'cascade' }),
    commentId: c.integer().nullable().references('comments.id', { onDelete: 'cascade' }),
    uploaderId: c.integer().nullable().references('users.id', { onDelete: 'set null' }),
    filename: c.text({ max: 255 }),
    contentType: c.text({ max: 255 }),
    size: c.bigint().check('size >= 0'),
    storageKey: c.text({ max: 1024 }).unique(),
    checksum: c.bytes().nullable(),
    ...created,
  },
  t => [index(t.itemId, t.createdAt), index(t.commentId), index(t.uploaderId)],
)
