// Filters over the rows of relations: some, none, every, is, isNot; nested, through associations, in every call with a where.
// That they find what they say whatever the rows are is filter-property.test.mjs's.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, model, open, schema } from 'plinth'
import { database, fails, ids } from '../support/db.mjs'

const models = schema(
  {
    users: model('users', {
      id: c.id(),
      name: c.text(),
      bossId: c.integer().nullable().references('users.id', { onDelete: 'set null' }),
      teamCode: c.text().nullable().references('teams.code'),
      secret: c.text().default('s').private(),
    }),
    teams: model('teams', { code: c.text().primaryKey(), title: c.text().nullable() }),
    profiles: model('profiles', { userId: c.integer().primaryKey().references('users.id'), bio: c.text().nullable() }),
    // Its table has the name that a table of a subquery would get.
    posts: model('posts', {
      id: c.id(),
      title: c.text(),
      stars: c.integer().nullable(),
      authorId: c.integer().nullable().references('users.id'),
    }).table('r1'),
    tags: model('tags', { id: c.bigId(), label: c.text().lowercase() }).table('odd "tags"'),
    postTags: model('postTags', {
      postId: c.integer().primaryKey().references('posts.id', { onDelete: 'cascade' }),
      tagId: c.bigint().primaryKey().references('tags.id'),
    }),
  },
  {
    users: r => ({
      boss: r.one('users', 'bossId'),
      reports: r.many('users', 'bossId'),
      team: r.one('teams', 'teamCode'),
      profile: r.has('profiles', 'userId'),
      posts: r.many('posts', 'authorId'),
    }),
    teams: r => ({ members: r.many('users', 'teamCode') }),
    profiles: r => ({ user: r.one('users', 'userId') }),
    posts: r => ({ author: r.one('users', 'authorId'), tags: r.many('tags', { through: 'postTags' }) }),
    tags: r => ({ posts: r.many('posts', { through: 'postTags' }) }),
  },
)

/** Ada (1) leads Bea (2) and Cid (3), Bea leads Dee (4); the fifth post has no author, the last tag no post. */
async function setUp(t) {
  const db = await database(t, models)
  await db.teams.createMany([{ code: 'käse', title: 'Cheese' }, { code: "o'tool" }, { code: 'empty' }])
  await db.users.createMany([
    { name: 'Ada', teamCode: 'käse' },
    { name: 'Bea', bossId: 1, teamCode: "o'tool", secret: 'x' },
    { name: 'Cid', bossId: 1, teamCode: 'käse' },
    { name: 'Dee', bossId: 2 },
  ])
  await db.profiles.createMany([{ userId: 1, bio: 'first' }, { userId: 3 }])
  await db.posts.createMany([
    { title: 'one', stars: 1, authorId: 1 },
    { title: 'two', stars: 5, authorId: 1 },
    { title: 'three', stars: null, authorId: 2 },
    { title: 'four', stars: 5, authorId: 2 },
    { title: 'five', stars: 5 },
  ])
  await db.tags.createMany([{ label: 'red' }, { label: 'green' }, { label: 'blue' }])
  const pairs = [
    [1, 1n],
    [1, 2n],
    [2, 2n],
    [4, 1n],
  ]
  await db.postTags.createMany(pairs.map(([postId, tagId]) => ({ postId, tagId })))
  /** The keys of the rows that a filter finds, by list, find, count and exists, blocking too. */
  const matching = async (name, where) => {
    const key = { teams: 'code', profiles: 'userId' }[name] ?? 'id'
    const orderBy = { [key]: 'asc' }
    const found = (await db[name].list({ where, orderBy })).map(row => row[key])
    assert.equal(await db[name].count({ where }), found.length)
    assert.equal(db.sync[name].exists({ where }), found.length > 0)
    assert.equal((await db[name].find({ where, orderBy }))?.[key], found[0])
    const others = (await db[name].list({ where: { not: where } })).length
    assert.equal(found.length + others, await db[name].count())
    return found
  }
  return { db, matching }
}

test('some, none and every of rows that point here', async t => {
  const { matching } = await setUp(t)
  assert.deepEqual(await matching('users', { posts: { some: {} } }), [1, 2])
  assert.deepEqual(await matching('users', { posts: { none: {} } }), [3, 4])
  assert.deepEqual(await matching('users', { posts: { every: {} } }), [1, 2, 3, 4])
  assert.deepEqual(await matching('users', { posts: { some: { stars: { lt: 5 } } } }), [1])
  assert.deepEqual(await matching('users', { posts: { none: { stars: { lt: 5 } } } }), [2, 3, 4])
  // Since NULL is neither less nor greater, it is not in "every"; rows without any are.
  assert.deepEqual(await matching('users', { posts: { every: { stars: { gte: 1 } } } }), [1, 3, 4])
  assert.deepEqual(await matching('users', { posts: { every: { stars: { ne: 1 } } } }), [2, 3, 4])
  assert.deepEqual(await matching('users', { posts: { some: { stars: null } } }), [2])
  assert.deepEqual(await matching('users', { posts: { some: { stars: 5 }, none: { title: 'two' } } }), [2])
  assert.deepEqual(await matching('users', { posts: { some: { or: [] } } }), [])
  assert.deepEqual(await matching('users', { posts: { every: { or: [] } } }), [3, 4])
  assert.deepEqual(await matching('teams', { members: { some: { secret: 'x' } } }), ["o'tool"])
  assert.deepEqual(await matching('teams', { members: { every: { name: { startsWith: 'A' } } } }), ['empty'])
})

test('is and isNot of one row, there or not', async t => {
  const { matching } = await setUp(t)
  assert.deepEqual(await matching('users', { boss: { is: null } }), [1])
  assert.deepEqual(await matching('users', { boss: { isNot: null } }), [2, 3, 4])
  assert.deepEqual(await matching('users', { boss: { is: {} } }), [2, 3, 4])
  assert.deepEqual(await matching('users', { boss: { isNot: {} } }), [1])
  assert.deepEqual(await matching('users', { boss: { is: { name: 'Ada' } } }), [2, 3])
  assert.deepEqual(await matching('users', { boss: { isNot: { name: 'Ada' } } }), [1, 4])
  assert.deepEqual(await matching('users', { team: { is: { title: null } } }), [2])
  assert.deepEqual(await matching('users', { team: { isNot: { title: 'Cheese' } } }), [2, 4])
  assert.deepEqual(await matching('users', { profile: { is: null } }), [2, 4])
  assert.deepEqual(await matching('users', { profile: { isNot: { bio: 'first' } } }), [2, 3, 4])
  assert.deepEqual(await matching('users', { profile: { is: { bio: null } }, boss: { isNot: null } }), [3])
  assert.deepEqual(await matching('profiles', { user: { is: { boss: { is: null } } } }), [1])
})

test('through an association, from both sides', async t => {
  const { matching } = await setUp(t)
  assert.deepEqual(await matching('posts', { tags: { some: { label: 'RED' } } }), [1, 4])
  assert.deepEqual(await matching('posts', { tags: { none: {} } }), [3, 5])
  assert.deepEqual(await matching('posts', { tags: { every: { label: 'green' } } }), [2, 3, 5])
  assert.deepEqual(await matching('tags', { posts: { some: { author: { is: { name: 'Bea' } } } } }), [1n])
  assert.deepEqual(await matching('tags', { posts: { every: { stars: 5 } } }), [3n])
  assert.deepEqual(await matching('tags', { posts: { none: { stars: 5 } } }), [3n])
})

test('nested, beside and, or, not, through self-references and back', async t => {
  const { matching } = await setUp(t)
  assert.deepEqual(await matching('users', { boss: { is: { boss: { is: { name: 'Ada' } } } } }), [4])
  assert.deepEqual(await matching('users', { reports: { some: { reports: { some: { name: 'Dee' } } } } }), [1])
  assert.deepEqual(await matching('users', { reports: { some: {}, every: { reports: { none: {} } } } }), [2])
  assert.deepEqual(await matching('users', { posts: { some: { tags: { some: { label: 'green' } } } } }), [1])
  assert.deepEqual(await matching('users', { boss: { is: { reports: { some: { name: 'Cid' } } } } }), [2, 3])
  assert.deepEqual(
    await matching('users', {
      or: [{ posts: { some: { stars: 1 } } }, { not: { boss: { isNot: { posts: { some: { stars: null } } } } } }],
    }),
    [1, 4],
  )
  assert.deepEqual(await matching('users', { not: { not: { posts: { some: {} } } } }), [1, 2])
  assert.deepEqual(
    await matching('posts', { author: { is: { team: { is: { members: { some: { id: 3 } } } } } } }),
    [1, 2],
  )
})

test('sixteen relations one after the other', async t => {
  const { db, matching } = await setUp(t)
  const deep = (levels, filter) => {
    let where = filter
    for (let i = 0; i < levels; i++) where = i % 2 ? { boss: { is: where } } : { reports: { some: where } }
    return where
  }
  assert.deepEqual(await matching('users', deep(16, { name: 'Cid' })), [2, 3])
  let nested = deep(8, { name: 'Cid' })
  for (let i = 0; i < 80; i++) nested = i % 2 ? { and: [nested] } : { or: [nested, { id: -i }] }
  assert.deepEqual(await matching('users', deep(8, nested)), [2, 3])
  await fails(() => db.users.list({ where: deep(17, {}) }), {
    code: 'QUERY_INVALID',
    table: 'users',
    message: /follows relations more than 16 levels deep/,
  })
  const endless = { boss: {} }
  endless.boss.is = endless
  await fails(() => db.users.list({ where: endless }), { code: 'QUERY_INVALID', table: 'users' })
})

test('in the where of an include, at every level', async t => {
  const { db } = await setUp(t)
  const users = await db.users.list({
    orderBy: { id: 'asc' },
    where: { posts: { some: {} } },
    include: {
      posts: {
        where: { tags: { some: { label: { in: ['red'] } } }, author: { is: { name: { ne: 'x' } } } },
        include: { tags: { where: { posts: { every: { author: { is: { boss: { is: null } } } } } } } },
      },
      reports: { where: { reports: { none: {} } }, limit: 1 },
    },
  })
  assert.deepEqual(
    users.map(u => [ids(u.posts), u.posts.flatMap(p => ids(p.tags)), ids(u.reports)]),
    [
      [[1], [2n], [3]],
      [[4], [], [4]],
    ],
  )
})

test('updateMany and deleteMany change the rows that were found before', async t => {
  const { db, matching } = await setUp(t)
  assert.equal(await db.posts.updateMany({ where: { author: { is: { boss: { is: null } } } } }, { stars: 9 }), 2)
  assert.deepEqual(await matching('posts', { stars: 9 }), [1, 2])
  assert.equal(db.sync.posts.updateMany({ where: { tags: { none: {} } } }, { title: 'bare' }), 2)
  assert.deepEqual(await matching('posts', { title: 'bare' }), [3, 5])
  // The new value of stars decides whether others match: each row is asked before any is changed.
  assert.equal(
    await db.posts.updateMany({ where: { author: { is: { posts: { none: { stars: 7 } } } } } }, { stars: 7 }),
    4,
  )
  assert.equal(await db.posts.deleteMany({ where: { author: { is: null } } }), 1)
  await db.posts.deleteMany({ all: true })
  await db.profiles.deleteMany({ where: { user: { is: {} } } })
  // Only those without reports: Dee's going makes Bea one, but not any more.
  assert.equal(await db.users.deleteMany({ where: { reports: { none: {} } } }), 2)
  assert.deepEqual(await matching('users', {}), [1, 2])
})

test('a violated foreign key is named where the filter follows relations', async t => {
  const { db } = await setUp(t)
  const fields = { code: 'FOREIGN_KEY_VIOLATION', table: 'r1', constraint: 'r1_author_id_fkey' }
  await db.profiles.deleteMany({ all: true })
  await fails(() => db.users.deleteMany({ where: { posts: { some: { stars: 1 } } } }), fields)
  assert.equal(await db.users.count(), 4)
})

test('a condition that is always true is not a filter', async t => {
  const { db } = await setUp(t)
  const always = [
    { posts: { every: {} } },
    { posts: { every: { and: [] } } },
    { posts: { none: { or: [] } } },
    { boss: { isNot: { or: [] } } },
    { posts: { every: { tags: { every: {} } } } },
    { or: [{ id: 1 }, { posts: { every: {}, none: { not: {} } } }] },
    { not: { posts: { some: { or: [] } } } },
    { not: { boss: { is: { posts: { some: { not: {} } } } } } },
  ]
  for (const where of always) {
    await fails(() => db.users.deleteMany({ where }), { code: 'WHERE_REQUIRED', table: 'users' })
    await fails(() => db.users.updateMany({ where }, { name: 'x' }), { code: 'WHERE_REQUIRED', table: 'users' })
    assert.equal(await db.users.count({ where }), 4)
  }
  const some = [{ posts: { some: {} } }, { posts: { none: {} } }, { boss: { is: {} } }, { boss: { isNot: null } }]
  for (const where of some) assert.ok((await db.users.updateMany({ where }, { secret: 'y' })) < 4)
  const never = [
    { posts: { some: { or: [] } } },
    { boss: { is: { or: [] } } },
    { not: { posts: { every: {} } } },
    { posts: { every: {}, some: { not: {} } } },
  ]
  for (const where of never) assert.equal(await db.users.updateMany({ where }, { name: 'x' }), 0)
})

test('bad input: wrong shapes, unknown relations and operators, undefined', async t => {
  const { db } = await setUp(t)
  const refused = (where, fields) => fails(() => db.users.list({ where }), { table: 'users', ...fields })
  const invalid = (where, message) => refused(where, { code: 'QUERY_INVALID', message })
  for (const given of [5, 'x', null, undefined, true, [], new Date(), {}]) {
    await invalid({ posts: given }, /where\.posts needs an operator for the relation, found /)
    await invalid({ boss: given }, /where\.boss needs an operator for the relation, found /)
  }
  for (const given of [5, 'x', null, undefined, true, [{}]]) {
    await invalid({ posts: { some: given } }, /where\.posts\.some must be an object of columns of posts, found /)
    await invalid({ posts: { some: {}, every: given } }, /where\.posts\.every must be/)
    if (given !== null) await invalid({ boss: { is: given } }, /where\.boss\.is must be an object of columns of users/)
  }
  await invalid({ and: [{ posts: { none: undefined } }] }, /posts\.none must be .* found undefined/)
  for (const operator of ['is', 'isNot', 'any', '', 'SOME', 'toString', "some'; DROP TABLE users; --"])
    await refused({ posts: { [operator]: {} } }, { code: 'UNKNOWN_OPERATOR', hint: /posts: \{ every: \.\.\. \}/ })
  for (const operator of ['some', 'every', 'eq', 'isnot', 'constructor'])
    await refused({ boss: { [operator]: {} } }, { code: 'UNKNOWN_OPERATOR', hint: /boss: \{ isNot: \.\.\. \}/ })
  const unknown = {
    code: 'UNKNOWN_COLUMN',
    message: /no column "post" in users/,
    hint: /The relations are: boss, reports,/,
  }
  await refused({ post: { some: {} } }, unknown)
  await refused(Object.fromEntries([['__proto__', { some: {} }]]), { code: 'UNKNOWN_COLUMN' })
  await refused({ posts: { some: { nope: 1 } } }, { code: 'UNKNOWN_COLUMN', table: 'r1', columns: ['nope'] })
  await refused({ posts: { some: { stars: undefined } } }, { code: 'VALUE_INVALID', table: 'r1' })
  await refused({ posts: { some: { stars: '1' } } }, { code: 'VALUE_INVALID', table: 'r1', columns: ['stars'] })
  await refused({ posts: { some: { author: { is: { boss: 1 } } } } }, { code: 'QUERY_INVALID', table: 'users' })
  const text = "x' OR '1'='1"
  assert.equal(await db.users.count({ where: { posts: { some: { title: text } } } }), 0)
  assert.equal(await db.users.count({ where: { posts: { none: { title: { contains: text } } } } }), 4)
  assert.equal(await db.users.count(), 4)
})

test('a relation is not named as what where and include say', async () => {
  const users = model('users', { id: c.id(), bossId: c.integer().nullable().references('users.id') })
  for (const name of ['and', 'or', 'not', '_count']) {
    const taken = schema({ users }, { users: r => ({ [name]: r.one('users', 'bossId') }) })
    await fails(() => open({ models: taken, url: 'sqlite::memory:' }), { code: 'SCHEMA_INVALID', message: /cannot be/ })
    const column = schema({ users: model('users', { id: c.id(), [name]: c.text() }) })
    await fails(() => open({ models: column, url: 'sqlite::memory:' }), {
      code: 'SCHEMA_INVALID',
      message: /cannot be/,
    })
  }
})
