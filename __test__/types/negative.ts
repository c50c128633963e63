/** What must not compile in the calls of a table, each error where a user would look for it. */

import { type Filter, type Insert, jsonNull } from 'plinth'
import { db, type models, type users } from './fixture.js'

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
  // @ts-expect-error a number is not a bigint
  await db.items.create({ organizationId: 1, title: 'a', size: 1 })
  // @ts-expect-error misspelt column in one of many
  await db.tags.createMany([{ name: 'a' }, { name: 'b', colour: 'red' }])
  // @ts-expect-error no such option
  await db.tags.createMany([{ name: 'a' }], { progress: () => {} })
  // @ts-expect-error misspelt column in an update
  await db.users.update(1, { rôle: 'admin' })
  // @ts-expect-error no such column to be unique on
  await db.users.upsert({ email: 'a', passwordHash: 'b' }, { on: ['emial'] })
  // @ts-expect-error the unique columns are missing
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
  // @ts-expect-error misspelt column in distinct
  await db.users.list({ distinct: ['emial'] })
  // @ts-expect-error JSON cannot be distinct
  await db.users.list({ distinct: ['settings'] })
  // @ts-expect-error misspelt column in what is counted
  await db.users.count({ distinct: ['emial'] })
  // @ts-expect-error find gives one
  await db.users.find({ distinct: ['email'] })
  // @ts-expect-error find gives one
  await db.users.find({ limit: 1 })
  // @ts-expect-error misspelt column in select
  await db.users.list({ select: ['id', 'emial'] })
}

export async function places() {
  // @ts-expect-error a path is an array
  await db.users.list({ where: { settings: { path: 'theme', eq: 'dark' } } })
  // @ts-expect-error without a path JSON has no order
  await db.users.list({ where: { settings: { gte: 1 } } })
  // @ts-expect-error no such operator of a place
  await db.users.list({ where: { settings: { path: ['theme'], equals: 'dark' } } })
  // @ts-expect-error null is written as jsonNull, or as isNull
  await db.users.list({ where: { settings: { path: ['theme'], eq: null } } })
  // @ts-expect-error an order is of numbers or of text
  await db.users.list({ where: { settings: { path: ['theme'], gt: true } } })
  // @ts-expect-error places are of JSON
  await db.users.list({ where: { email: { path: ['a'], eq: 'x' } } })
  // @ts-expect-error JSON is ordered by a place in it
  await db.users.list({ orderBy: { settings: 'asc' } })
  // @ts-expect-error other columns are ordered by themselves
  await db.users.list({ orderBy: { email: { path: ['a'], direction: 'asc' } } })
}

export async function relationFilters() {
  // @ts-expect-error no such relation
  await db.users.list({ where: { organisation: { is: {} } } })
  // @ts-expect-error one row is or is not
  await db.users.list({ where: { organization: { some: {} } } })
  // @ts-expect-error many rows are asked for some, none, every
  await db.organizations.list({ where: { users: { is: {} } } })
  // @ts-expect-error many rows are never null
  await db.organizations.list({ where: { users: { some: null } } })
  // @ts-expect-error null belongs to is or isNot
  await db.users.list({ where: { organization: null } })
  // @ts-expect-error the operator is missing
  await db.users.list({ where: { organization: { name: 'x' } } })
  await db.organizations.list({
    where: {
      items: {
        some: {
          tags: {
            // @ts-expect-error misspelt column, named here at any depth
            every: { nme: 'x' },
          },
        },
      },
    },
  })
  await db.organizations.list({
    // @ts-expect-error wrong type of a column of the relation of a relation
    where: { not: { owner: { is: { organization: { is: { name: 1 } } } } } },
  })
  // @ts-expect-error misspelt column of a relation in the where of an include
  await db.organizations.list({ include: { items: { where: { tags: { some: { nme: 'x' } } } } } })
  // @ts-expect-error misspelt column of a relation in deleteMany
  await db.users.deleteMany({ where: { organization: { is: { nme: 'x' } } } })
  // @ts-expect-error a Filter belongs to its table
  const filter: Filter<typeof models, 'tags'> = { users: { some: {} } }
  return filter
}

export async function many() {
  // @ts-expect-error all of them needs all: true
  await db.users.updateMany({}, { role: 'member' })
  // @ts-expect-error all of them needs all: true
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
  // @ts-expect-error one row is not counted
  await db.organizations.list({ include: { _count: { owner: true } } })
  // @ts-expect-error no such relation to count
  await db.organizations.list({ include: { _count: { user: true } } })
  // @ts-expect-error relations are counted by their names
  await db.organizations.list({ include: { _count: true } })
  // @ts-expect-error misspelt column in what is counted
  await db.organizations.list({ include: { _count: { users: { where: { emial: 'x' } } } } })
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

/** What is missing, and what is one too many. */
export async function more() {
  // @ts-expect-error which row?
  await db.users.get()
  // @ts-expect-error get() takes a key, find() a filter
  await db.users.get({ where: { id: 1 } })
  // @ts-expect-error no such option
  await db.users.get(1, { columns: ['id'] })
  // @ts-expect-error get() has no filter beside its key
  await db.users.get(1, { where: { role: 'admin' } })
  // @ts-expect-error a filter belongs in where
  await db.users.find({ email: 'a' })
  // @ts-expect-error a filter belongs in where
  await db.users.list({ email: 'a' })
  // @ts-expect-error no such option
  await db.users.list({ take: 10 })
  // @ts-expect-error a number
  await db.users.list({ limit: '10' })
  // @ts-expect-error a number
  await db.users.list({ offset: '10' })
  // @ts-expect-error a function is not a filter
  await db.users.list(user => user.id === 1)
  // @ts-expect-error rows that cannot be read fail the call or are left out
  db.users.list({ unreadable: 'ignore' })
  // @ts-expect-error onUnreadable is given the error
  db.users.list({ unreadable: 'skip', onUnreadable: 'log' })
  // @ts-expect-error one row cannot be left out
  db.users.find({ unreadable: 'skip' })
  // @ts-expect-error a stream has no limit: leave its loop
  db.users.stream({ limit: 1 })
  // @ts-expect-error a number
  db.users.stream({ batch: '5' })
  // @ts-expect-error its rows are asked for with await
  for (const _ of db.users.stream()) break
  // @ts-expect-error no such relation
  for await (const _ of db.users.stream({ include: { nope: true } })) break
  // @ts-expect-error a filter belongs in where
  await db.users.count({ email: 'a' })
  // @ts-expect-error a count has no order
  await db.users.count({ orderBy: { id: 'asc' } })
  // @ts-expect-error a count has no limit
  await db.users.exists({ limit: 1 })
  // @ts-expect-error whose row?
  await db.users.create()
  // @ts-expect-error one row; createMany() takes several
  await db.tags.create([{ name: 'a' }])
  // @ts-expect-error several rows
  await db.tags.createMany({ name: 'a' })
  // @ts-expect-error what is to change?
  await db.users.update(1)
  // @ts-expect-error null on a column that cannot be
  await db.users.update(1, { email: null })
  // @ts-expect-error what is to change?
  await db.users.updateMany({ where: { id: 1 } })
  // @ts-expect-error misspelt column
  await db.users.updateMany({ where: { id: 1 } }, { emial: 'a' })
  // @ts-expect-error wrong type
  await db.users.upsert({ email: 'a', passwordHash: 'b' }, { on: ['email'], update: { role: 'boss' } })
  // @ts-expect-error a list of columns
  await db.users.upsert({ email: 'a', passwordHash: 'b' }, { on: 'email' })
  // @ts-expect-error which row?
  await db.users.delete()
  // @ts-expect-error a filter is for deleteMany()
  await db.users.delete({ where: { id: 1 } })
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

export async function pages() {
  // @ts-expect-error how many?
  await db.users.page({ orderBy: { id: 'asc' } })
  // @ts-expect-error a page begins behind a cursor
  await db.users.page({ limit: 10, offset: 10 })
  // @ts-expect-error a cursor is text
  await db.users.page({ limit: 10, after: 5 })
  // @ts-expect-error misspelt column
  await db.users.page({ limit: 10, orderBy: { creatdAt: 'asc' } })
  const page = await db.users.page({ limit: 10, select: ['id'] })
  // @ts-expect-error not selected
  page.rows[0]?.email
  // @ts-expect-error maybe null
  page.next.length
}

export async function aggregates() {
  // @ts-expect-error nothing is asked for
  await db.users.aggregate()
  // @ts-expect-error misspelt option
  await db.users.aggregate({ cuont: true })
  // @ts-expect-error true, or left out
  await db.users.aggregate({ count: false })
  // @ts-expect-error an array of columns
  await db.users.aggregate({ sum: 'id' })
  // @ts-expect-error misspelt column
  await db.users.aggregate({ groupBy: ['rol'] })
  // @ts-expect-error JSON makes no groups
  await db.users.aggregate({ groupBy: ['settings'] })
  // @ts-expect-error bytes make no groups
  await db.everything.aggregate({ groupBy: ['bytes'] })
  // @ts-expect-error text is not added up
  await db.users.aggregate({ sum: ['email'] })
  // @ts-expect-error dates are not added up
  await db.everything.aggregate({ avg: ['date'] })
  // @ts-expect-error truth has no maximum
  await db.everything.aggregate({ max: ['boolean'] })
  // @ts-expect-error columns are for where
  await db.users.aggregate({ groupBy: ['role'], having: { role: 'admin' } })
  // @ts-expect-error a number
  await db.users.aggregate({ groupBy: ['role'], having: { sum: { id: 'a' } } })
  // @ts-expect-error no sum of text
  await db.users.aggregate({ groupBy: ['role'], orderBy: { sum: { email: 'asc' } } })
  // @ts-expect-error a direction
  await db.users.aggregate({ groupBy: ['role'], orderBy: { count: 'up' } })
  const one = await db.users.aggregate({ count: true })
  // @ts-expect-error without groupBy there is one object
  one[0]
  // @ts-expect-error not asked for
  one.sum
  const groups = await db.users.aggregate({ groupBy: ['role'], min: ['organizationId'] })
  // @ts-expect-error not grouped by
  groups[0]?.email
  // @ts-expect-error maybe null
  groups[0]?.min.organizationId.toFixed()
}

export async function keys() {
  // @ts-expect-error composite key
  await db.itemTags.get(1)
  // @ts-expect-error composite key, one part
  await db.itemTags.get({ itemId: 1 })
  // @ts-expect-error a bigint key
  await db.everything.get(1)
  // @ts-expect-error a single key is not an object
  await db.users.delete({ id: 1 })
  // @ts-expect-error a key is required
  await db.users.update({ role: 'admin' })
}
