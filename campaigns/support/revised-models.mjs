// The models of two revisions, and the decisions between them.
import { c, index, model, schema } from 'plinth'

const users = columns => model('users', { id: c.id(), email: c.text().unique(), ...columns })
const tasks = (words, extras) =>
  model(
    'tasks',
    {
      id: c.id(),
      ownerId: c.integer().references('users.id'),
      state: c.enum('state', words).default('a'),
      data: c.json().default({}),
    },
    extras,
  )

export const first = schema({ users: users({ phone: c.text().nullable() }), tasks: tasks(['a', 'b']) })

export const second = schema({
  users: users({ mobile: c.text().nullable() }),
  tasks: tasks(['a', 'b', 'c'], t => [index(t.state, t.id)]),
  more: model('more', { id: c.id(), bytes: c.bytes().nullable() }),
})

export const decisions = { rename: { 'users.phone': 'users.mobile' } }
