/** What must not compile in models: kinds, modifiers, the table level, relations. */

import { c, check, expression, foreignKey, index, jsonNull, model, schema, unique } from 'plinth'
import { organizations, tags, users } from './fixture.js'

export function builder() {
  // @ts-expect-error no such column in an index
  model('x', { id: c.id() }, t => [index(t.idd)])
  // @ts-expect-error an index has columns
  model('x', { id: c.id() }, () => [index()])
  // @ts-expect-error a column is not its name
  model('x', { id: c.id() }, () => [index('id')])
  // @ts-expect-error an expression cannot be unique by constraint
  model('x', { id: c.id() }, () => [unique(expression('lower(id)'))])
  // @ts-expect-error a constraint has no direction
  model('x', { id: c.id() }, t => [unique(t.id.desc())])
  // @ts-expect-error a constraint is not partial
  model('x', { id: c.id() }, t => [unique(t.id).where('id > 1')])
  // @ts-expect-error the columns referred to are missing
  model('x', { id: c.id() }, t => [foreignKey([t.id], 'y')])
  // @ts-expect-error no such action
  model('x', { id: c.id() }, t => [foreignKey([t.id], 'y', ['id'], { onDelete: 'drop' })])
  // @ts-expect-error not a column
  model('x', { id: 'integer' })
  // @ts-expect-error not a value of the enum
  c.enum('e', ['a', 'b']).default('z')
  // @ts-expect-error an enum has words
  c.enum('e')
  // @ts-expect-error not a value of the kind
  c.integer().default('1')
  // @ts-expect-error a target has a column
  c.integer().references('users')
  // @ts-expect-error no such action
  c.integer().references('users.id', { onDelete: 'drop' })
  // @ts-expect-error no such option
  c.text({ length: 3 })
  // @ts-expect-error a decimal says how exact it is
  c.decimal()
  // @ts-expect-error a model has a name
  model({ id: c.id() })
  // @ts-expect-error a model has columns
  model('x')
  // @ts-expect-error an expression is SQL
  expression(5)
  // @ts-expect-error it cannot be turned twice
  expression('a').desc().desc()
  // @ts-expect-error nothing to say
  expression('a').desc('now')
  // @ts-expect-error a condition is SQL
  check(true)
}

export function kinds() {
  // @ts-expect-error no such kind
  c.string()
  // @ts-expect-error an id is nothing but one
  c.id({ start: 100 })
  // @ts-expect-error an id is nothing but one
  c.bigId(1)
  // @ts-expect-error its width is in its name
  c.integer(8)
  // @ts-expect-error its width is in its name
  c.bigint(20)
  // @ts-expect-error true or false, nothing to say
  c.boolean('t')
  // @ts-expect-error a bigint
  c.bigint().default(0)
  // @ts-expect-error its width is in its name
  c.int32({ unsigned: true })
  // @ts-expect-error its width is in its name
  c.real(10, 2)
  // @ts-expect-error a text: no digit is lost
  c.decimal(10, 2).default(1.5)
  // @ts-expect-error true or false
  c.boolean().default('true')
  // @ts-expect-error a version is not an option
  c.uuid({ version: 4 })
  // @ts-expect-error a Date
  c.timestamp().default('2026-11-20')
  // @ts-expect-error always UTC
  c.timestamp({ withTimezone: true })
  // @ts-expect-error a text: a day has no hour
  c.date().default(new Date())
  // @ts-expect-error a day has no precision
  c.date({ precision: 3 })
  // @ts-expect-error not the type of the JSON
  c.json<{ a: number }>().default({ a: '1' })
  // @ts-expect-error a type is not a value
  c.json(String)
  // @ts-expect-error bytes are bytes
  c.bytes().default('abc')
  // @ts-expect-error bytes have no length
  c.bytes({ length: 3 })
  // @ts-expect-error words are texts
  c.enum('e', [1, 2])
}

export function modifiers() {
  // @ts-expect-error nothing to say
  c.text().nullable(false)
  // @ts-expect-error a value, or none of these
  c.text().default()
  // @ts-expect-error nothing to say
  c.timestamp().defaultNow('UTC')
  // @ts-expect-error nothing to say
  c.uuid().defaultRandom(4)
  // @ts-expect-error nothing to say
  c.timestamp().touch('always')
  // @ts-expect-error nothing to say
  c.text().private(true)
  // @ts-expect-error nothing to say
  c.integer().primaryKey({ autoIncrement: true })
  // @ts-expect-error a name is an option
  c.text().unique('users_email')
  // @ts-expect-error a function is not a target
  c.integer().references(() => users.columns.id)
  // @ts-expect-error nothing to say
  c.text().lowercase(true)
  // @ts-expect-error a name
  c.text().name()
  // @ts-expect-error SQL
  c.integer().check((n: number) => n > 0)
  // @ts-expect-error a name
  c.text().renamedFrom(['a', 'b'])
  // @ts-expect-error a text
  c.text().comment(5)
  // @ts-expect-error no such modifier
  c.text().notNull()
}

export function nulls() {
  // @ts-expect-error nothing to say
  jsonNull.toJSON('key')
}

export function ofModels() {
  const x = model('x', { id: c.id(), name: c.text() }, t => [
    // @ts-expect-error nothing to say
    index(t.id.desc('nulls last')),
    // @ts-expect-error SQL
    index(t.id).where({ id: 1 }),
    // @ts-expect-error unique is a word, not a choice
    index(t.id).unique(true),
    // @ts-expect-error a name
    index(t.id).name(),
    // @ts-expect-error a name
    check('id > 0').name(5),
  ])
  // @ts-expect-error a name
  x.table()
  // @ts-expect-error a text
  x.comment(5)
  // @ts-expect-error a name
  x.renamedFrom()
  // @ts-expect-error columns are under columns
  x.name.id
  // @ts-expect-error no such column
  x.columns.nam
}

export function relations() {
  schema(
    { users, organizations },
    {
      // @ts-expect-error no such model
      users: r => ({ o: r.one('organisations', 'organizationId') }),
    },
  )
  schema(
    { users, organizations },
    {
      // @ts-expect-error no such key column
      users: r => ({ o: r.one('organizations', 'organisationId') }),
    },
  )
  schema(
    { users, organizations },
    {
      // @ts-expect-error no such key column on the other side
      organizations: r => ({ u: r.many('users', 'orgId') }),
    },
  )
  schema(
    { users, organizations },
    {
      // @ts-expect-error no such association table
      organizations: r => ({ u: r.many('users', { through: 'members' }) }),
    },
  )
  schema(
    { users, organizations },
    {
      users: r => ({ organization: r.one('organizations', 'organizationId') }),
      // @ts-expect-error relations of an unknown model
      organisations: r => ({ u: r.many('users', 'organizationId') }),
    },
  )
  schema(
    { tags },
    {
      // @ts-expect-error a relation is made by r
      tags: () => ({ items: 'items' }),
    },
  )
  schema(
    { users, organizations },
    {
      // @ts-expect-error no such key on the other side
      organizations: r => ({ u: r.has('users', 'orgId') }),
    },
  )
  // @ts-expect-error models by name, not in a list
  schema([users, organizations])
  // @ts-expect-error a model is what model() gives
  schema({ users: { id: c.id() } })
  // @ts-expect-error nothing to say
  schema({ tags }).toJSON('pretty')
}
