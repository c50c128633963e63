/** What must not compile, each error where a user would look for it. */

import {
  c,
  check,
  expression,
  foreignKey,
  type Insert,
  index,
  jsonNull,
  model,
  open,
  revision,
  schema,
  stamp,
  unique,
  upgrade,
} from 'plinth'
import { createTask } from 'plinth/models'
import { db, models, organizations, tags, users } from './fixture.js'

export async function values() {
  // @ts-expect-error required
  await db.users.create({ email: 'a' })
  // @ts-expect-error misspelt column
  await db.users.create({ email: 'a', passwordHash: 'x', emial: 'b' })
  // @ts-expect-error wrong type
  await db.users.create({ email: 1, passwordHash: 'x' })
  // @ts-expect-error null on a column that cannot be
  await db.users.create({ email: null, passwordHash: 'x' })
  // @ts-expect-error not the type of the JSON
  await db.users.create({ email: 'a', passwordHash: 'x', settings: { theme: 'blue' } })
  // @ts-expect-error jsonNull is for JSON columns
  await db.tags.create({ name: jsonNull })
  // @ts-expect-error a number is no bigint
  await db.items.create({ organizationId: 1, title: 'a', size: 1 })
  // @ts-expect-error misspelt column in one of many
  await db.tags.createMany([{ name: 'a' }, { name: 'b', colour: 'red' }])
  // @ts-expect-error no such option
  await db.tags.createMany([{ name: 'a' }], { progress: () => {} })
  // @ts-expect-error misspelt column in an update
  await db.users.update(1, { rôle: 'admin' })
  // @ts-expect-error no such column to be unique on
  await db.users.upsert({ email: 'a', passwordHash: 'b' }, { on: ['emial'] })
  // @ts-expect-error what must be unique is said
  await db.users.upsert({ email: 'a', passwordHash: 'b' })
  // @ts-expect-error a private column is required too
  const insert: Insert<typeof users> = { email: 'a' }
  return insert
}

export async function filters() {
  await db.users.list({
    where: {
      role: 'admin',
      // @ts-expect-error misspelt column, named here
      emial: 'x',
    },
  })
  // @ts-expect-error wrong enum value
  await db.users.list({ where: { role: 'boss' } })
  // @ts-expect-error wrong operator for an enum
  await db.users.list({ where: { role: { contains: 'x' } } })
  // @ts-expect-error text operators are for text
  await db.everything.list({ where: { integer: { like: '1%' } } })
  // @ts-expect-error a boolean has no order
  await db.everything.list({ where: { boolean: { gt: false } } })
  // @ts-expect-error case is a matter of lowercase()
  await db.users.list({ where: { email: { eq: 'a', ignoreCase: true } } })
  // @ts-expect-error null on a column that cannot be
  await db.users.list({ where: { email: null } })
  // @ts-expect-error JSON says its operator
  await db.users.list({ where: { settings: { theme: 'dark' } } })
  // @ts-expect-error never NULL, so never asked
  await db.users.list({ where: { settings: { isNull: true } } })
  // @ts-expect-error misspelt in or
  await db.users.list({ where: { or: [{ email: 'a' }, { emial: 'b' }] } })
  // @ts-expect-error misspelt in count
  await db.users.count({ where: { emial: 'x' } })
  // @ts-expect-error misspelt in exists
  await db.users.exists({ where: { emial: 'x' } })
  // @ts-expect-error misspelt column in orderBy
  await db.users.list({ orderBy: { createdAtt: 'desc' } })
  // @ts-expect-error no such direction
  await db.users.list({ orderBy: { createdAt: 'down' } })
  // @ts-expect-error no such place for NULL
  await db.users.list({ orderBy: { organizationId: { direction: 'asc', nulls: 'end' } } })
  // @ts-expect-error an order has a direction
  await db.users.list({ orderBy: { organizationId: { nulls: 'last' } } })
  // @ts-expect-error no such option of an order
  await db.users.list({ orderBy: { id: { direction: 'asc', null: 'last' } } })
  // @ts-expect-error find gives one
  await db.users.find({ limit: 1 })
  // @ts-expect-error misspelt column in select
  await db.users.list({ select: ['id', 'emial'] })
}

export async function many() {
  // @ts-expect-error all of them is said aloud
  await db.users.updateMany({}, { role: 'member' })
  // @ts-expect-error all of them is said aloud
  await db.users.deleteMany({})
  // @ts-expect-error no filter at all
  await db.users.deleteMany()
  // @ts-expect-error some or all, not both
  await db.users.deleteMany({ where: { id: 1 }, all: true })
  // @ts-expect-error all: false says nothing
  await db.users.deleteMany({ all: false })
  // @ts-expect-error misspelt column
  await db.users.deleteMany({ where: { emial: 'x' } })
}

export async function includes() {
  await db.users.list({
    include: {
      // @ts-expect-error no such relation
      organisation: true,
    },
  })
  await db.users.list({
    include: {
      organization: true,
      // @ts-expect-error no such relation beside a right one
      organisation: true,
    },
  })
  await db.organizations.list({
    include: {
      items: {
        where: {
          title: 'x',
          // @ts-expect-error misspelt column in a nested where, beside a right one
          titel: 'x',
        },
      },
    },
  })
  await db.organizations.list({
    include: {
      items: {
        limit: 1,
        // @ts-expect-error misspelt option in a nested include
        limt: 3,
      },
    },
  })
  // @ts-expect-error misspelt column in a nested select
  await db.organizations.list({ include: { items: { select: ['id', 'titel'] } } })
  await db.organizations.list({
    include: {
      items: {
        include: {
          tags: {
            where: {
              name: 'a',
              // @ts-expect-error two levels down
              nmae: 'x',
            },
          },
        },
      },
    },
  })
}

export async function results() {
  const ids = await db.users.list({ select: ['id'] })
  // @ts-expect-error not selected
  ids[0]?.email
  const user = await db.users.get(1)
  // @ts-expect-error private
  user?.passwordHash
  // @ts-expect-error maybe null
  user.email
  const organization = await db.organizations.find({ include: { owner: true } })
  // @ts-expect-error the owner is maybe null
  organization?.owner.email
  // @ts-expect-error not included
  organization?.items
  // @ts-expect-error updateMany gives a number
  ;(await db.users.updateMany({ all: true }, {})).length
}

export async function keys() {
  // @ts-expect-error composite key
  await db.itemTags.get(1)
  // @ts-expect-error composite key, one part
  await db.itemTags.get({ itemId: 1 })
  // @ts-expect-error a bigint key
  await db.everything.get(1)
  // @ts-expect-error a single key is no object
  await db.users.delete({ id: 1 })
  // @ts-expect-error a key is required
  await db.users.update({ role: 'admin' })
}

export async function handles() {
  // @ts-expect-error no such table
  db.userz
  // @ts-expect-error a transaction has no commit of its own
  await db.transaction(tx => tx.commit())
  // @ts-expect-error a transaction does not close the database
  await db.transaction(tx => tx.close())
  // @ts-expect-error a session has no session
  db.session().session()
  // @ts-expect-error blocking calls give no promise
  db.sync.users.get(1).then()
  // @ts-expect-error no such option
  await db.transaction(async () => {}, { readonly: true })
  // @ts-expect-error no such isolation
  await db.transaction(async () => {}, { isolation: 'snapshot' })
  // @ts-expect-error SQL is a template, never a text put together
  await db.sql('SELECT 1')
  // @ts-expect-error no such option
  open({ modles: {} })
  // @ts-expect-error no such option of the pool
  open({ pool: { max: 10 } })
  // @ts-expect-error a schema without tasks
  await createTask(db, { type: 'report' })
}

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
      // @ts-expect-error relations of a model that is not there
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
}

export function migrations() {
  // @ts-expect-error a revision needs a message
  revision({ models })
  // @ts-expect-error a backfill is SQL
  revision({ message: 'a', backfill: { 'users.country': 1 } })
  // @ts-expect-error no such database
  revision({ message: 'a', dialects: ['mysql'] })
  // @ts-expect-error a target is a text
  upgrade({ to: 1 })
  // @ts-expect-error a stamp needs a target
  stamp({})
  // @ts-expect-error check() takes SQL or options
  check(5)
}
