// Related rows: one, has, many, many through; nested, filtered, ordered, limited, for many parents at once.
// That an include is one statement, however many its parents, is tests/compile.rs's.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, foreignKey, model, schema } from 'plinth'
import { database, fails, ids } from '../support/db.mjs'

const models = schema(
  {
    users: model('users', {
      id: c.id(),
      name: c.text(),
      bossId: c.integer().nullable().references('users.id'),
      teamCode: c.text().nullable().references('teams.code'),
      secret: c.text().default('s').private(),
    }),
    teams: model('teams', { code: c.text().primaryKey(), title: c.text().nullable() }),
    profiles: model('profiles', { userId: c.integer().primaryKey().references('users.id'), bio: c.text() }),
    posts: model('posts', {
      id: c.uuid().primaryKey().defaultRandom(),
      title: c.text(),
      stars: c.integer().default(0),
      authorId: c.integer().nullable().references('users.id'),
    }),
    tags: model('tags', { id: c.bigId(), label: c.text(), 'x AS y': c.text().default('odd').name('x AS y') }),
    postTags: model('postTags', {
      postId: c.uuid().primaryKey().references('posts.id', { onDelete: 'cascade' }),
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

/** Ada leads Bea and Cid; Dee is alone. */
async function setUp(t) {
  const db = await database(t, models)
  await db.teams.createMany([{ code: 'käse', title: 'Cheese' }, { code: "o'tool" }])
  await db.users.createMany([
    { name: 'Ada', teamCode: 'käse' },
    { name: 'Bea', bossId: 1, teamCode: "o'tool" },
    { name: 'Cid', bossId: 1, teamCode: 'käse' },
    { name: 'Dee' },
  ])
  await db.profiles.createMany([
    { userId: 1, bio: 'first' },
    { userId: 3, bio: 'third' },
  ])
  const titles = ['one', 'two', 'three', 'four', 'five']
  const posts = await db.posts.createMany(
    titles.map((title, i) => ({ title, stars: i % 3, authorId: [1, 1, 1, 2, null][i] })),
  )
  const tags = await db.tags.createMany([{ label: 'red' }, { label: 'green' }, { label: 'blue' }])
  const pairs = [
    [0, 0],
    [0, 1],
    [0, 2],
    [1, 1],
    [3, 0],
  ]
  await db.postTags.createMany(pairs.map(([p, g]) => ({ postId: posts[p].id, tagId: tags[g].id })))
  return { db, posts, tags }
}

const byId = { orderBy: { id: 'asc' } }

test('one gives the row that a key points to, null if the key is null', async t => {
  const { db } = await setUp(t)
  const users = await db.users.list({ ...byId, include: { boss: true, team: true } })
  assert.deepEqual(
    users.map(u => u.boss?.name ?? null),
    [null, 'Ada', 'Ada', null],
  )
  assert.deepEqual(
    users.map(u => u.team?.code ?? null),
    ['käse', "o'tool", 'käse', null],
  )
  assert.ok(users.every(u => !('secret' in u) && !('secret' in (u.boss ?? {}))))
})

test('has gives the row that points here, or null', async t => {
  const { db } = await setUp(t)
  const users = await db.users.list({ ...byId, include: { profile: true } })
  assert.deepEqual(
    users.map(u => u.profile),
    [{ userId: 1, bio: 'first' }, null, { userId: 3, bio: 'third' }, null],
  )
})

test('many gives the rows that point here, by their key when nothing orders them', async t => {
  const { db, posts } = await setUp(t)
  const users = await db.users.list({ ...byId, include: { posts: true, reports: true } })
  assert.deepEqual(
    users.map(u => ids(u.posts)),
    [posts.slice(0, 3), posts.slice(3, 4), [], []].map(ids),
  )
  assert.deepEqual(
    users.map(u => ids(u.reports)),
    [[2, 3], [], [], []],
  )
})

test('many through gives the rows at the far side, from both sides', async t => {
  const { db, posts } = await setUp(t)
  const listed = await db.posts.list({ include: { tags: true }, orderBy: { id: 'asc' } })
  assert.deepEqual(
    listed.map(p => p.tags.map(g => g.label)),
    [['red', 'green', 'blue'], ['green'], [], ['red'], []],
  )
  assert.deepEqual(listed[3].tags, [{ id: 1n, label: 'red', 'x AS y': 'odd' }])
  const tags = await db.tags.list({ include: { posts: { orderBy: { title: 'asc' } } }, orderBy: { id: 'asc' } })
  assert.deepEqual(
    tags.map(g => g.posts.map(p => p.title)),
    [['four', 'one'], ['one', 'two'], ['one']],
  )
  assert.deepEqual(tags[2].posts, [posts[0]])
})

test('each include has a where, orderBy, limit and select of its own', async t => {
  const { db } = await setUp(t)
  const users = await db.users.list({
    ...byId,
    where: { id: { lte: 2 } },
    select: ['name'],
    include: {
      posts: { where: { stars: { gt: 0 } }, orderBy: [{ stars: 'desc' }], limit: 1, select: ['title'] },
      boss: { where: { name: 'Ada' }, select: ['secret'] },
      team: { where: { title: null } },
    },
  })
  assert.deepEqual(users, [
    { name: 'Ada', posts: [{ title: 'three' }], boss: null, team: null },
    { name: 'Bea', posts: [], boss: { secret: 's' }, team: { code: "o'tool", title: null } },
  ])
})

test('a limit holds for each parent, beside other includes with values', async t => {
  const { db } = await setUp(t)
  const [ada, bea] = await db.users.list({
    ...byId,
    where: { name: { in: ['Ada', 'Bea'] } },
    limit: 2,
    include: {
      boss: { limit: 1, where: { name: { startsWith: 'A' } } },
      posts: { limit: 2, orderBy: { title: 'asc' }, include: { tags: { limit: 1, where: { label: { ne: 'red' } } } } },
      profile: { limit: 1, where: { bio: 'first' } },
      team: { limit: 0 },
    },
  })
  assert.deepEqual(
    ada.posts.map(p => p.title),
    ['one', 'three'],
  )
  assert.deepEqual(
    ada.posts.map(p => p.tags.map(g => g.label)),
    [['green'], []],
  )
  assert.deepEqual(ada.profile, { userId: 1, bio: 'first' })
  assert.deepEqual([ada.boss, ada.team, bea.team, bea.profile], [null, null, null, null])
  assert.equal(bea.boss.name, 'Ada')
  assert.deepEqual(
    bea.posts.map(p => p.title),
    ['four'],
  )
  const none = await db.users.get(1, { include: { posts: { limit: 0 } } })
  assert.deepEqual(none.posts, [])
})

test('a limit through an association keeps the first of each parent', async t => {
  const { db } = await setUp(t)
  const posts = await db.posts.list({
    orderBy: { id: 'asc' },
    include: { tags: { orderBy: { label: 'asc' }, limit: 2, where: { id: { gt: 0n } } } },
  })
  assert.deepEqual(
    posts.map(p => p.tags.map(g => g.label)),
    [['blue', 'green'], ['green'], [], ['red'], []],
  )
  assert.equal(posts[0].tags[0]['x AS y'], 'odd')
})

test('included rows have NULL at the place of their order, with a limit and without', async t => {
  const { db } = await setUp(t)
  const titles = async (include, pick) => (await db.teams.list({ include, orderBy: { code: 'asc' } })).map(pick)
  await db.users.createMany([{ name: 'Eve', teamCode: 'käse', bossId: 2 }])
  for (const limit of [undefined, 2]) {
    const members = (direction, nulls) => ({
      members: { orderBy: [{ bossId: { direction, nulls } }, { id: 'asc' }], ...(limit && { limit }) },
    })
    const cheese = async (...order) => (await titles(members(...order), team => ids(team.members)))[0]
    assert.deepEqual(await cheese('asc', 'first'), [1, 3, 5].slice(0, limit))
    assert.deepEqual(await cheese('asc', 'last'), [3, 5, 1].slice(0, limit))
    assert.deepEqual(await cheese('desc', 'first'), [1, 5, 3].slice(0, limit))
    assert.deepEqual(await cheese('desc', 'last'), [5, 3, 1].slice(0, limit))
  }
})

test('includes nest, through self-references too', async t => {
  const { db } = await setUp(t)
  const bea = await db.users.find({
    where: { name: 'Bea' },
    include: {
      boss: { include: { reports: { include: { boss: { include: { profile: { include: { user: true } } } } } } } },
      posts: { include: { tags: { include: { posts: { include: { author: { select: ['name'] } } } } } } },
    },
  })
  assert.deepEqual(
    bea.boss.reports.map(u => u.name),
    ['Bea', 'Cid'],
  )
  assert.equal(bea.boss.reports[1].boss.profile.user.name, 'Ada')
  assert.deepEqual(
    bea.posts[0].tags[0].posts.map(p => p.author.name),
    ['Ada', 'Bea'],
  )
})

test('include gives the same through get, find, list and blocking calls', async t => {
  const { db } = await setUp(t)
  const shape = { include: { posts: { include: { tags: true } }, boss: true, profile: true }, select: ['name'] }
  const row = await db.users.get(1, shape)
  assert.deepEqual(await db.users.find({ where: { id: 1 }, ...shape }), row)
  assert.deepEqual((await db.users.list({ where: { id: 1 }, ...shape }))[0], row)
  assert.deepEqual(db.sync.users.get(1, shape), row)
  assert.deepEqual(await db.transaction(tx => tx.users.get(1, shape)), row)
  assert.equal(await db.users.get(99, shape), null)
  assert.deepEqual(await db.users.list({ where: { id: 99 }, ...shape }), [])
})

test('an include that is false or undefined is left out', async t => {
  const { db } = await setUp(t)
  const row = await db.users.get(1, { include: { posts: false, boss: undefined } })
  assert.deepEqual(row, await db.users.get(1))
})

test('parents that share a row each have it; each has an array of its own', async t => {
  const { db } = await setUp(t)
  const users = await db.users.list({
    ...byId,
    include: { team: { include: { members: { orderBy: { id: 'asc' } } } } },
  })
  assert.deepEqual(
    users.map(u => u.team && ids(u.team.members)),
    [[1, 3], [2], [1, 3], null],
  )
  const posts = await db.posts.list({ include: { tags: true }, orderBy: { id: 'asc' } })
  posts[0].tags.length = 0
  assert.equal(posts[1].tags.length, 1)
})

test('_count gives how many rows of a relation each parent has', async t => {
  const { db } = await setUp(t)
  const users = await db.users.list({
    ...byId,
    select: ['name'],
    include: { _count: { posts: true, reports: { where: { name: 'Bea' } } }, boss: { select: ['name'] } },
  })
  assert.deepEqual(users, [
    { name: 'Ada', boss: null, _count: { posts: 3, reports: 1 } },
    { name: 'Bea', boss: { name: 'Ada' }, _count: { posts: 1, reports: 0 } },
    { name: 'Cid', boss: { name: 'Ada' }, _count: { posts: 0, reports: 0 } },
    { name: 'Dee', boss: null, _count: { posts: 0, reports: 0 } },
  ])
  const ada = await db.users.get(1, {
    include: {
      _count: { posts: { where: { tags: { some: { label: 'green' } }, stars: { gte: 0 } } } },
      posts: { where: { title: 'one' }, limit: 1, include: { _count: { tags: { where: { label: { ne: 'red' } } } } } },
      team: { include: { _count: { members: true } } },
    },
  })
  assert.deepEqual(ada._count, { posts: 2 })
  assert.deepEqual(ada.posts[0]._count, { tags: 2 })
  assert.deepEqual(ada.team._count, { members: 2 })
  assert.deepEqual(
    (await db.tags.list({ ...byId, include: { _count: { posts: {} } } })).map(tag => tag._count.posts),
    [2, 2, 1],
  )
  assert.deepEqual(db.sync.users.find({ ...byId, include: { _count: { posts: true } } })._count, { posts: 3 })
  assert.deepEqual(await db.users.list({ where: { id: 99 }, include: { _count: { posts: true } } }), [])
  assert.deepEqual(
    await db.users.get(4, { include: { _count: { posts: false, reports: undefined } } }),
    await db.users.get(4),
  )
})

test('distinct rows have their includes and counts', async t => {
  const { db } = await setUp(t)
  const include = { team: true, _count: { posts: true } }
  const found = await db.users.list({ distinct: ['bossId'], select: ['name'], include, orderBy: { name: 'desc' } })
  assert.deepEqual(
    found.map(user => [user.name, user.team?.title ?? null, user._count.posts]),
    [
      ['Dee', null, 0],
      ['Cid', 'Cheese', 0],
    ],
  )
  const where = { posts: { some: {} } }
  assert.deepEqual(ids(await db.users.list({ distinct: ['bossId'], where, orderBy: { id: 'asc' } })), [1, 2])
})

test('_count counts rows of to-many relations, and takes a where alone', async t => {
  const { db } = await setUp(t)
  const refused = (_count, fields) => fails(() => db.users.list({ include: { _count } }), fields)
  for (const given of [true, 5, 'posts', ['posts'], null])
    await refused(given, {
      code: 'QUERY_INVALID',
      table: 'users',
      message: /list\._count must be an object of relations/,
    })
  await refused({ boss: true }, { code: 'QUERY_INVALID', message: /_count\.boss leads to one row/, hint: /boss: true/ })
  await refused({ profile: true }, { code: 'QUERY_INVALID', message: /leads to one row/ })
  await refused({ post: true }, { code: 'UNKNOWN_RELATION', hint: /The relations are: boss, reports/ })
  await refused({ "posts'; DROP TABLE posts; --": true }, { code: 'UNKNOWN_RELATION' })
  await refused(
    { posts: { limit: 1 } },
    { code: 'UNKNOWN_OPTION', message: /list\._count\.posts has no option "limit"/ },
  )
  for (const args of [5, 'x', null, []]) await refused({ posts: args }, { code: 'QUERY_INVALID', table: 'posts' })
  await refused({ posts: { where: undefined } }, { code: 'QUERY_INVALID', table: 'posts' })
  await refused({ posts: { where: { stars: undefined } } }, { code: 'VALUE_INVALID', columns: ['stars'] })
})

test('thousands of parents have their own rows and no others', async t => {
  const db = await database(t, models)
  const count = 3000
  await db.users.createMany(
    Array.from({ length: count }, (_, i) => ({ name: `n${i}`, bossId: i ? Math.ceil(i / 2) : null })),
  )
  const given = Array.from({ length: count * 3 }, (_, i) => ({
    title: `p${i}`,
    stars: i % 7,
    authorId: (i % count) + 1,
  }))
  await db.posts.createMany(given)
  const users = await db.users.list({
    ...byId,
    include: { posts: { orderBy: { stars: 'desc' }, limit: 2 }, boss: true, reports: { select: ['id'] } },
  })
  assert.equal(users.length, count)
  for (const [i, user] of users.entries()) {
    const expected = given.filter((_, k) => k % count === i).map(p => p.stars)
    assert.deepEqual(
      user.posts.map(p => p.stars),
      expected.sort((a, b) => b - a).slice(0, 2),
    )
    assert.ok(user.posts.every(p => p.authorId === user.id))
    assert.equal(user.boss?.id ?? null, user.bossId)
    assert.deepEqual(
      ids(user.reports),
      [2 * user.id, 2 * user.id + 1].filter(id => id <= count),
    )
  }
})

test('an association key may be part of a composite foreign key elsewhere', async t => {
  const odd = schema(
    {
      orders: model('orders', { shop: c.text().primaryKey(), no: c.integer().primaryKey() }),
      lines: model(
        'lines',
        { id: c.id(), shop: c.text(), no: c.integer(), productId: c.integer().references('products.id') },
        l => [foreignKey([l.shop, l.no], 'orders', ['shop', 'no'])],
      ),
      products: model('products', { id: c.id(), name: c.text() }),
    },
    {
      lines: r => ({ product: r.one('products', 'productId') }),
      products: r => ({ lines: r.many('lines', 'productId') }),
    },
  )
  const db = await database(t, odd)
  await db.orders.create({ shop: 'a', no: 1 })
  await db.products.create({ name: 'tea' })
  await db.lines.create({ shop: 'a', no: 1, productId: 1 })
  assert.deepEqual(await db.products.get(1, { include: { lines: { include: { product: true } } } }), {
    id: 1,
    name: 'tea',
    lines: [{ id: 1, shop: 'a', no: 1, productId: 1, product: { id: 1, name: 'tea' } }],
  })
})
