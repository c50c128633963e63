// Unknown names: the likely ones, Prisma's words for the same, and violations in the models' names.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, initDb, model, open, schema } from 'plinth'
import { database, fails } from '../support/db.mjs'

const models = schema(
  {
    user: model('people', {
      id: c.id(),
      email: c.text().unique(),
      firstName: c.text().nullable(),
      notes: c.json().nullable(),
    }),
    tasks: model('tasks', { id: c.id(), title: c.text(), ownerId: c.integer().references('user.id') }),
  },
  {
    user: r => ({ tasks: r.many('tasks', 'ownerId') }),
    tasks: r => ({ owner: r.one('user', 'ownerId') }),
  },
)

async function setUp(t) {
  const db = await database(t, models)
  return db
}

test('a column, wherever it is named', async t => {
  const db = await setUp(t)
  const email = { code: 'UNKNOWN_COLUMN', hint: /^Did you mean email\? The columns are: id, email, / }
  for (const call of [
    () => db.user.list({ where: { emial: 'a' } }),
    () => db.user.list({ where: { and: [{ emial: 'a' }] } }),
    () => db.user.list({ orderBy: { emial: 'asc' } }),
    () => db.user.list({ select: ['emial'] }),
    () => db.user.list({ distinct: ['emial'] }),
    () => db.user.page({ orderBy: { emial: 'asc' }, limit: 1 }),
    () => db.user.aggregate({ groupBy: ['emial'], count: true }),
    () => db.user.create({ emial: 'a' }),
    () => db.user.createMany([{ emial: 'a' }]),
    () => db.user.update(1, { emial: 'a' }),
    () => db.tasks.list({ include: { owner: { where: { emial: 'a' } } } }),
    async () => db.sync.user.list({ where: { emial: 'a' } }),
  ])
    await fails(call, email)
  await fails(() => db.user.list({ where: { first_name: 'a' } }), { hint: /^Did you mean firstName\? / })
  await fails(() => db.user.list({ where: { task: {} } }), { hint: /^Did you mean tasks\? The columns are: / })
  await fails(() => db.user.list({ where: { elsewhere: 1 } }), { hint: /^The columns are: / })
})

test('a relation, an option and an operator', async t => {
  const db = await setUp(t)
  await fails(() => db.tasks.list({ include: { onwer: true } }), {
    code: 'UNKNOWN_RELATION',
    hint: 'Did you mean owner? The relations are: owner.',
  })
  await fails(() => db.user.list({ include: { _count: { task: true } } }), { hint: /^Did you mean tasks\? / })
  await fails(() => db.user.list({ wher: {} }), { code: 'UNKNOWN_OPTION', hint: /^Did you mean where\? / })
  const operator = (where, hint) => fails(() => db.user.list({ where }), { code: 'UNKNOWN_OPERATOR', hint })
  await operator({ email: { contians: 'a' } }, /^Did you mean contains\? The operators are: /)
  await operator({ tasks: { evry: {} } }, /^Did you mean every\? Use one of: /)
  await operator({ notes: { path: ['a'], contians: 'a' } }, /^Did you mean contains\? The operators are: /)
})

test('the words of Prisma', async t => {
  const db = await setUp(t)
  const option = (call, hint) => fails(call, { code: 'UNKNOWN_OPTION', hint })
  await option(() => db.user.list({ take: 3 }), /^Did you mean limit\? /)
  await option(() => db.user.list({ skip: 3 }), /^Did you mean offset\? /)
  await option(() => db.user.page({ orderBy: { id: 'asc' }, limit: 1, cursor: 'a' }), /^Did you mean after\? /)
  await option(() => db.user.aggregate({ by: ['email'], _count: true }), /^Did you mean groupBy\? /)
  await fails(() => db.user.list({ where: { email: { equals: 'a' } } }), { hint: /^Did you mean eq\? / })
  await fails(() => db.user.list({ where: { email: { not: 'a' } } }), { hint: /^Did you mean ne\? / })
  await fails(() => db.user.list({ where: { AND: [{ email: 'a' }] } }), { hint: /^Did you mean and\? / })
  await fails(() => db.user.list({ where: { OR: [{ email: 'a' }] } }), { hint: /^Did you mean or\? / })
  await fails(() => db.user.list({ select: { email: true, firstName: true, id: false } }), {
    code: 'QUERY_INVALID',
    hint: "Name them in a list: select: ['email', 'firstName']; relations are for include.",
  })
  await fails(() => db.user.create({ data: { email: 'a' } }), { code: 'UNKNOWN_COLUMN', hint: /without data/ })
  await fails(() => db.user.createMany({ data: [{ email: 'a' }] }), { code: 'QUERY_INVALID', hint: /createMany\(\[/ })
  await fails(() => db.user.update({ where: { id: 1 }, data: {} }), { code: 'QUERY_INVALID', hint: /update\(id, / })
  await fails(() => db.user.get({ where: { id: 1 } }), { code: 'VALUE_INVALID', hint: /get\(id\)/ })
  for (const [name, hint] of Object.entries({
    findMany: /^list\(/,
    findUnique: /^get\(/,
    findFirst: /^find\(/,
    groupBy: /^aggregate\(/,
  }))
    await fails(async () => db.user[name]({}), { code: 'QUERY_INVALID', found: name, hint })
  await fails(async () => db.$transaction([]), { code: 'QUERY_INVALID', hint: /^transaction\(/ })
  await fails(async () => db.$queryRaw`SELECT 1`, { code: 'QUERY_INVALID', hint: /^sql/ })
  // Properties that frameworks look for do not exist, as before.
  for (const name of ['then', 'toJSON', 'onModuleInit', 'find_many', Symbol.iterator])
    assert.equal(db.user[name], undefined)
  assert.equal(`${db.user}`, '[object Object]')
})

test('a violated foreign key is reported in the names of the models', async t => {
  const db = await setUp(t)
  await fails(() => db.tasks.create({ title: 'a', ownerId: 9 }), {
    code: 'FOREIGN_KEY_VIOLATION',
    message: /^tasks\.ownerId references a row that does not exist\./,
    table: 'tasks',
    columns: ['ownerId'],
  })
  const { id } = await db.user.create({ email: 'a' })
  await db.tasks.create({ title: 'a', ownerId: id })
  await fails(() => db.user.delete(id), {
    code: 'FOREIGN_KEY_VIOLATION',
    message: /^Rows of tasks still reference it by ownerId\./,
    table: 'tasks',
    columns: ['ownerId'],
  })
})

test('the model is named, and not its table', async t => {
  const others = schema({
    teams: model('teams', { id: c.id() }),
    member: model('team_members', { id: c.id(), teamId: c.integer().references('teams.id') }),
  })
  const db = await database(t, others)
  const { message, table } = await fails(() => db.member.create({ teamId: 9 }), { code: 'FOREIGN_KEY_VIOLATION' })
  assert.match(message, /^member\.teamId references a row that does not exist\./)
  assert.equal(table, 'team_members')
})

test('a model that is missing in schema() is named so', async () => {
  const { tasks } = models.models
  const alone = () => open({ models: schema({ tasks }), url: 'sqlite::memory:' })
  await fails(async () => alone(), {
    code: 'SCHEMA_INVALID',
    message: /tasks\.ownerId: .*`user`, which is missing in schema\(\)/,
  })
  const related = () => schema({ tasks }, { tasks: r => ({ owner: r.one('user', 'ownerId') }) })
  await fails(() => initDb({ models: related(), url: 'sqlite::memory:' }), {
    message: /Relation `owner`: the model `user` is missing in schema\(\)/,
  })
})
