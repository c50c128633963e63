// initDb: what it makes, finds, leaves and says; and seeds, each once by name.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, index, initDb, model, open, resetDb, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { dialect, newUrl, objects, PLACES, shown } from '../support/dialect.mjs'
import { emails, models, opened, program, tables } from '../support/engine.mjs'

test('the report has the created tables, and the second one the existing tables', async t => {
  const url = await newUrl(t)
  const indexed = schema({
    notes: model('notes', { id: c.id(), text: c.text() }, table => [index(table.text)]),
    tags: model('tags', { id: c.id(), noteId: c.integer().references('notes.id') }),
  })
  const { durationMs, ...first } = await initDb({ models: indexed, url })
  assert.deepEqual(first, {
    url: shown(url),
    dialect,
    created: { tables: ['notes', 'tags'], indexes: ['notes_text_idx'] },
    existing: { tables: [] },
    pending: [],
    migrated: [],
    adopted: false,
    ahead: [],
    repaired: [],
    drift: { safe: 0, missingData: 0, destructive: 0, blocked: 0 },
    seeded: [],
    alreadySeeded: [],
  })
  assert.ok(durationMs > 0)
  const second = await initDb({ models: indexed, url })
  assert.deepEqual(
    [second.created, second.existing, second.pending],
    [{ tables: [], indexes: [] }, { tables: ['notes', 'tags'] }, []],
  )
})

test('tables that point at each other are created, and hold their rows to it', async t => {
  const cyclic = schema({
    teams: model('teams', { id: c.id(), leadId: c.integer().nullable().references('people.id') }),
    people: model('people', { id: c.id(), teamId: c.integer().references('teams.id') }),
  })
  const url = await newUrl(t)
  const report = await initDb({ models: cyclic, url })
  assert.equal(report.created.tables.length, 2)
  const db = open({ models: cyclic, url })
  t.after(() => db.close())
  const team = await db.teams.create({})
  const person = await db.people.create({ teamId: team.id })
  await db.teams.update(team.id, { leadId: person.id })
  await fails(() => db.people.create({ teamId: 99 }), { code: 'FOREIGN_KEY_VIOLATION' })
})

test('additional and missing parts of the models are reported', async t => {
  const url = await newUrl(t)
  const db = opened(t, url)
  await initDb({ db })
  await db.users.create({ email: 'a' })
  const more = schema({
    users: model('users', { id: c.id(), email: c.text().unique(), age: c.integer().nullable() }, table => [
      index(table.email),
    ]),
    extra: model('extra', { id: c.id() }),
  })
  const report = await initDb({ models: more, url, repair: 'off' })
  assert.deepEqual(report.created.tables, ['extra'])
  assert.deepEqual(report.existing.tables, ['users'])
  assert.equal(report.pending.length, 3)
  for (const part of [/no column `age`/, /column `name`, which no model/, /no index `users_email_idx`/]) {
    assert.ok(
      report.pending.some(sentence => part.test(sentence)),
      `${part} in ${report.pending.join(' ')}`,
    )
  }
  // `age` may be `name` under another name: neither is touched. The index is made.
  const repaired = await initDb({ models: more, url })
  assert.deepEqual([repaired.repaired.length, repaired.pending.length], [1, 2])
  assert.deepEqual(await db.users.list(), [{ id: 1, email: 'a', name: null }])
})

test('a name that something else has is an error, and nothing is made', async t => {
  const url = await newUrl(t)
  const db = opened(t, url)
  await db.sql`CREATE VIEW posts AS SELECT 1`
  await fails(() => initDb({ models, url }), { code: 'SQL_FAILED', table: 'posts', message: /a view has this name/ })
  assert.deepEqual(await objects(db), ['posts'])
})

for (const place of PLACES) {
  test(`an open database in a ${place} is made ready, again and again, beside its calls`, async t => {
    const db = opened(t, await newUrl(t, place))
    const first = await initDb({ db, seed: { a: async tx => tx.users.create({ email: 'a' }) } })
    assert.deepEqual([first.created.tables, first.seeded], [['users', 'posts'], ['a']])
    const [again] = await Promise.all([
      initDb({ db, seed: { a: async tx => tx.users.create({ email: 'a' }) } }),
      ...Array.from({ length: 50 }, (_, i) => db.users.create({ email: `${i}` })),
    ])
    assert.deepEqual([again.created.tables, again.alreadySeeded], [[], ['a']])
    assert.equal(await db.users.count(), 51)
    await fails(() => initDb({ db, models }), { code: 'QUERY_INVALID' })
    await fails(() => initDb({ db: {} }), { code: 'QUERY_INVALID' })
    await db.transaction(async () => {
      await fails(() => initDb({ db }), { code: 'OUTER_DB_IN_TRANSACTION' })
    })
  })

  test(`seeds in a ${place} run once by name and in order; what was deleted stays deleted`, async t => {
    const db = await tables(t, place)
    const ran = []
    const seed = {
      users: async tx => {
        ran.push('users')
        await tx.users.createMany([{ email: 'a' }, { email: 'b' }])
      },
      posts: async tx => {
        ran.push('posts')
        const { id } = await tx.users.find({ where: { email: 'a' } })
        await tx.posts.create({ userId: id, title: 'first' })
      },
    }
    const first = await initDb({ db, seed })
    assert.deepEqual([first.seeded, first.alreadySeeded], [['users', 'posts'], []])
    await db.users.deleteMany({ where: { email: 'b' } })
    const list = [
      ...Object.entries(seed).map(([name, run]) => ({ name, run })),
      { name: 'more', run: async () => ran.push('more') },
    ]
    const second = await initDb({ db, seed: list })
    assert.deepEqual([second.seeded, second.alreadySeeded], [['more'], ['users', 'posts']])
    assert.deepEqual(ran, ['users', 'posts', 'more'])
    assert.deepEqual(await emails(db), ['a'])
    const records = await db.sql`SELECT name, applied_at FROM plinth_seeds ORDER BY applied_at, name`
    assert.deepEqual(records.map(r => r.name).toSorted(), ['more', 'posts', 'users'])
    for (const { applied_at } of records) assert.ok(applied_at instanceof Date)
  })

  test(`a seed in a ${place} that fails is undone, named, and run again next time; those before it stay`, async t => {
    const db = await tables(t, place)
    let broken = true
    const seed = {
      good: async tx => tx.users.create({ email: 'good' }),
      bad: async tx => {
        await tx.users.create({ email: 'half' })
        if (broken) await tx.users.create({ email: 'good' })
      },
      never: async tx => tx.users.create({ email: 'never' }),
    }
    await fails(() => initDb({ db, seed }), { code: 'UNIQUE_VIOLATION', message: /Seed "bad"/ })
    assert.deepEqual(await emails(db), ['good'])
    broken = false
    const report = await initDb({ db, seed })
    assert.deepEqual([report.seeded, report.alreadySeeded], [['bad', 'never'], ['good']])
    assert.deepEqual(await emails(db), ['good', 'half', 'never'])
    const own = new Error('of the user')
    await assert.rejects(
      initDb({
        db,
        seed: {
          throws: () => {
            throw own
          },
        },
      }),
      error => error === own && error.message === 'Seed "throws": of the user' && error.stack.includes(error.message),
    )
  })
}

test('processes that seed at once seed once', async t => {
  const url = await newUrl(t)
  await initDb({ models, url })
  const results = await Promise.all(
    Array.from({ length: 5 }, () =>
      program(
        url,
        `const seed = {}
        for (let s = 0; s < 5; s++) seed['s' + s] = async tx => {
          const n = await tx.users.count()
          await tx.users.create({ email: 's' + s })
          await new Promise(r => setTimeout(r, 5))
          await tx.posts.create({ userId: n + 1, title: 'of ' + s })
        }
        initDb({ models, url, seed }).then(r => console.log(JSON.stringify([r.seeded, r.alreadySeeded])))`,
      ),
    ),
  )
  assert.deepEqual(
    results.map(({ code, stderr }) => [code, stderr]),
    Array(5).fill([0, '']),
  )
  const seeded = results.flatMap(({ stdout }) => JSON.parse(stdout)[0])
  assert.deepEqual(seeded.toSorted(), ['s0', 's1', 's2', 's3', 's4'])
  const db = opened(t, url)
  assert.deepEqual([await emails(db), await db.posts.count()], [['s0', 's1', 's2', 's3', 's4'], 5])
})

test('options that initDb does not have, and models that are none, are refused', async t => {
  const url = await newUrl(t)
  await fails(() => initDb({ models, url, force: true }), { code: 'UNKNOWN_OPTION' })
  await fails(() => initDb(5), { code: 'QUERY_INVALID' })
  await fails(() => initDb({ models: {}, url }), { code: 'CONFIG_INVALID' })
  await fails(() => resetDb({ models, url, forse: true }), { code: 'UNKNOWN_OPTION' })
})
