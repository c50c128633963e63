// A column that becomes .lowercase(): the revision folds existing rows, as the models fold written
// and sought values.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, check, index, model, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { workshop } from '../support/migrations.mjs'

const users = email => schema({ users: model('users', { id: c.id(), email }) })
const plain = users(c.text().unique())
const lower = users(c.text().lowercase().unique())

async function begun(t, emails, models = plain) {
  const shop = await workshop(t)
  await shop.write(models, 'first')
  await shop.upgrade()
  await shop.using(models, db => db.users.createMany(emails.map(email => ({ email }))))
  return shop
}

test('rows from before are found by any spelling, and taken stays taken', async t => {
  const shop = await begun(t, ['Ada@Example.com', 'ÉVA', 'bob'])
  const [written] = (await shop.write(lower, 'lower')).revisions
  assert.deepEqual(written.operations, ['Change the column users.email: lower case'])
  assert.deepEqual(written.destructive, ['the values of users.email lose their capital letters'])
  await shop.upgrade()
  await shop.using(lower, async db => {
    assert.deepEqual(
      (await db.users.list({ orderBy: { id: 'asc' } })).map(user => user.email),
      ['ada@example.com', 'éva', 'bob'],
    )
    for (const email of ['Ada@Example.com', 'ada@example.com', 'ADA@EXAMPLE.COM'])
      assert.equal((await db.users.list({ where: { email } })).length, 1, email)
    await fails(() => db.users.create({ email: 'Éva' }), { code: 'UNIQUE_VIOLATION' })
  })
  assert.deepEqual((await shop.check(lower)).operations, [])
  // What was written before is not known on the way back.
  await shop.downgrade()
  assert.equal((await shop.using(plain, db => db.users.list({ where: { email: 'ada@example.com' } }))).length, 1)
})

test('rows that become one are named, and nothing changes', async t => {
  const shop = await begun(t, ['Ada', 'bob', 'ada'])
  await shop.write(lower, 'lower')
  const error = await fails(() => shop.upgrade(), { code: 'ROWS_REFUSED', table: 'users', columns: ['email'] })
  assert.match(error.message, /2 rows of users have the same users\.email in lower case: id 1, 3\.$/)
  const kept = await shop.using(plain, db => db.users.list({ orderBy: { id: 'asc' } }))
  assert.deepEqual(
    kept.map(user => user.email),
    ['Ada', 'bob', 'ada'],
  )
})

/** Members with these extras, lower-cased or not. */
const members = (email, extras) =>
  schema({ members: model('members', { id: c.id(), org: c.text(), email, size: c.integer().default(1) }, extras) })

const rows = ['Ada', 'bob', 'ADA', 'Éva', 'éva']

/** Rows of members before, and the error of the revision that makes their email lower case. */
async function refused(t, extras) {
  const shop = await workshop(t)
  const [before, after] = [members(c.text(), extras), members(c.text().lowercase(), extras)]
  await shop.write(before, 'first')
  await shop.upgrade()
  await shop.using(before, db => db.members.createMany(rows.map((email, at) => ({ org: at === 4 ? 'B' : 'A', email }))))
  await shop.write(after, 'lower', { prove: false })
  const error = await fails(() => shop.upgrade('head', { models: after }), { table: 'members' })
  const kept = await shop.using(before, db => db.members.list({ orderBy: { id: 'asc' } }))
  assert.deepEqual(
    kept.map(member => member.email),
    rows,
  )
  return error
}

test('rows that become one under an index of several columns, or of some rows, are named', async t => {
  for (const extras of [
    m => [index(m.org, m.email).unique()],
    m => [index(m.email).unique().where("org = 'A'")],
    m => [index(m.email, m.org).unique().where('size > 0')],
  ]) {
    const error = await refused(t, extras)
    assert.equal(error.code, 'ROWS_REFUSED')
    assert.match(error.message, /2 rows of members have the same members\..* in lower case: id 1, 3\.$/)
    assert.match(error.hint, /Change or merge/)
  }
  // Which rows such an index is about changes with the fold.
  const error = await refused(t, m => [index(m.org, m.email).unique().where("email <> 'x'")])
  assert.equal(error.code, 'UNIQUE_VIOLATION')
  assert.match(error.hint, /folds members\.email to lower case/)
})

test('keys that are private, or may be, are left out', async t => {
  const keyed = (code, email) => schema({ users: model('users', { code: code.primaryKey(), email }) })
  for (const [code, keys, told] of [
    [c.text(), ['SECRET', 'x'], ': code `SECRET`, `x`.'],
    [c.text().private(), ['SECRET', 'x'], '.'],
    [c.integer(), [1, 2], ': code 1, 2.'],
    [c.integer().private(), [1, 2], '.'],
  ]) {
    const [before, after] = [keyed(code, c.text().unique()), keyed(code, c.text().lowercase().unique())]
    const shop = await workshop(t)
    await shop.write(before, 'first')
    await shop.upgrade()
    await shop.using(before, db =>
      db.users.createMany([
        { code: keys[0], email: 'Ada' },
        { code: keys[1], email: 'ada' },
      ]),
    )
    await shop.write(after, 'lower', { prove: false })
    const what = '2 rows of users have the same users.email in lower case'
    const known = await fails(() => shop.upgrade('head', { models: after }), { code: 'ROWS_REFUSED' })
    assert.ok(known.message.endsWith(what + told), known.message)
    // Without models, text that a person may have written is left out.
    const unknown = await fails(() => shop.upgrade(), { code: 'ROWS_REFUSED' })
    assert.ok(!`${unknown.message} ${JSON.stringify(unknown)}`.includes('SECRET'), unknown.message)
  }
})

test('rows whose folded texts a check refuses are named', async t => {
  for (const condition of ["email <> 'ada'", "email <> 'ada' OR org = email"]) {
    const error = await refused(t, () => [check(condition)])
    assert.equal(error.code, 'ROWS_REFUSED', error.message)
    assert.match(
      error.message,
      /2 rows of members have values that the check members_check refuses in members\..* in lower case: id 1, 3\.$/,
    )
    assert.match(error.hint, /or the condition/)
  }
  const error = await refused(t, () => [check("email <> 'ada' OR size > 1")])
  assert.equal(error.code, 'CHECK_VIOLATION')
  assert.match(error.hint, /folds members\.email to lower case/)
})

test('tables whose rows have capitals are not adopted as lower-cased ones', async t => {
  const shop = await workshop(t)
  await shop.init(plain)
  await shop.using(plain, db => db.users.createMany([{ email: 'bob' }, { email: 'Éva' }]))
  await shop.write(lower, 'first')
  const error = await fails(() => shop.init(lower), { code: 'ADOPTION_REFUSED', table: 'users', columns: ['email'] })
  assert.match(error.message, /One row of users has capital letters in users\.email, which is lower case: id 2\.$/)
  await shop.using(plain, db => db.users.update(2, { email: 'éva' }))
  assert.equal((await shop.init(lower)).adopted, true)
})

test('init reports the rows that .lowercase() hides, if no revision folds them', async t => {
  const shop = await workshop(t)
  await shop.init(plain)
  await shop.using(plain, db => db.users.createMany(['Ada@X', 'bob', 'ÉVA', 'naïve'].map(email => ({ email }))))
  assert.deepEqual((await shop.init(plain)).pending, [])
  assert.deepEqual((await shop.init(lower)).pending, [
    '2 rows of users have capital letters in users.email, which is lower case: id 1, 3. ' +
      'The models cannot find them: lower-case these values.',
  ])
  await shop.using(plain, async db => {
    await db.users.update(1, { email: 'ada@x' })
    await db.users.update(3, { email: 'éva' })
  })
  assert.deepEqual((await shop.init(lower)).pending, [])
  // Revisions fold by themselves; a process without them gets the same report.
  const other = await begun(t, ['Ada'])
  const told = (await other.init(lower, { migrations: false })).pending
  assert.match(told.join(), /One row of users has capital letters in users\.email, which is lower case: id 1\./)
})

test('the SQL to run by hand says what it does not fold', async t => {
  const shop = await begun(t, ['Ada'])
  await shop.write(lower, 'lower')
  const { sql } = await shop.upgrade('head', { sql: true })
  assert.match(sql, /UPDATE "users" SET "email" = lower\("email"\)/)
  assert.match(sql, /rows beyond that need `plinth upgrade`/)
})

test('every letter is folded as JavaScript folds it', async t => {
  // A letter that this Node does not know yet has no lower case here.
  const known = /^[^\p{Cn}\p{Cs}]$/u
  const emails = []
  let row = ''
  for (let point = 1; point <= 0x10ffff; point++) {
    const letter = String.fromCodePoint(point)
    // A digit between, so that no letter stands at the end of a word with another: that is what the next rows are for.
    if (known.test(letter) && !/^\p{Co}$/u.test(letter)) row += `1${letter}`
    if (row.length > 5000) {
      emails.push(row)
      row = ''
    }
  }
  // Only this letter has two: within a word and at its end, past characters that are not letters.
  const sigmas = [
    'Σ',
    'ΑΣ',
    'ΑΣ Σ',
    'ΑΣΑ',
    'ΑΣ.Α',
    "ΑΣ'Α",
    'Α.Σ',
    '1Σ',
    'ΑΣ1',
    'Α\u0301Σ\u0301',
    'aΣ',
    'ΑΣ\u00adΑ',
    'ΣΣΣ',
    'ΑΣ🦀',
  ]
  emails.push(row, ...sigmas)
  // Without an index, which takes no long texts on PostgreSQL.
  const [before, after] = [users(c.text()), users(c.text().lowercase())]
  const shop = await begun(t, emails, before)
  await shop.write(after, 'lower')
  await shop.upgrade()
  const found = await shop.using(after, db => db.users.list({ orderBy: { id: 'asc' } }))
  assert.equal(found.length, emails.length)
  for (const [at, { email }] of found.entries()) assert.equal(email, emails[at].toLowerCase())
})

test('words of an enum become lower-case text, and go back only if the enum has them', async t => {
  for (const words of [['Ab', 'b'], ['AB']]) {
    const before = users(c.enum('words', words))
    const shop = await begun(t, words, before)
    await shop.write(users(c.text().lowercase()), 'text')
    await shop.upgrade()
    const emails = models =>
      shop.using(models, db => db.users.list({ orderBy: { id: 'asc' } }).then(rows => rows.map(row => row.email)))
    assert.deepEqual(
      await emails(users(c.text().lowercase())),
      words.map(word => word.toLowerCase()),
    )
    const error = await fails(() => shop.downgrade(), { code: 'ROWS_REFUSED', table: 'users', columns: ['email'] })
    assert.match(error.message, /id 1/)
    await shop.using(users(c.text().lowercase()), db => db.users.deleteMany({ where: { email: words[0] } }))
    await shop.downgrade()
    assert.deepEqual(await emails(before), words.slice(1))
  }
})
