// The models of the smoke suite: every kind of value, and two tables that are related.
import { c, index, model, schema } from 'plinth'

const users = model('users', {
  id: c.id(),
  email: c.text({ max: 100 }).lowercase().unique(),
  name: c.text().nullable(),
})
const posts = model(
  'posts',
  {
    id: c.id(),
    userId: c.integer().references('users.id', { onDelete: 'cascade' }),
    title: c.text(),
    points: c.integer().default(0),
  },
  t => [index(t.userId)],
)
const kinds = model('kinds', {
  id: c.uuid().primaryKey().defaultRandom(),
  integer: c.integer(),
  bigint: c.bigint(),
  int32: c.int32(),
  real: c.real(),
  decimal: c.decimal(18, 4),
  text: c.text(),
  boolean: c.boolean(),
  uuid: c.uuid(),
  timestamp: c.timestamp(),
  date: c.date(),
  json: c.json().nullable(),
  bytes: c.bytes(),
  enum: c.enum('size', ['small', 'large']),
  nothing: c.text().nullable(),
})

export default schema(
  { users, posts, kinds },
  {
    users: r => ({ posts: r.many('posts', 'userId') }),
    posts: r => ({ user: r.one('users', 'userId') }),
  },
)
