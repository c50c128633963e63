// A change of the models: written as a revision, read, applied, reverted, with rows in the tables.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { c, initDb, model, open, revision, schema, upgrade } from 'plinth'
import { fails } from '../support/db.mjs'
import { checkIntegrity, dialect, newUrl, objects, PLACES, shown } from '../support/dialect.mjs'
import { decisions, filesOf, first, plain, second, versions, workshop } from '../support/migrations.mjs'

/** Two users with a phone or without, and four tasks. */
async function fill(db) {
  await db.users.createMany([{ email: 'a@x', phone: '+1' }, { email: 'b@x' }])
  await db.tasks.createMany([
    { ownerId: 1, title: 'one', status: 'paused' },
    { ownerId: 1, title: "it's; two" },
    { ownerId: 2, title: 'three', status: 'running' },
    { ownerId: 2, title: 'four', status: 'paused' },
  ])
}

const byId = { orderBy: { id: 'asc' } }

test('a change goes up and down again, and every row with it', async t => {
  const shop = await workshop(t)
  const one = await shop.write(first, 'create users and tasks')
  assert.equal(one.outcome, 'written')
  assert.deepEqual(
    shop.folders(),
    one.revisions.map(({ folder }) => basename(folder)),
  )
  const up = await shop.upgrade()
  assert.deepEqual([up.url, up.dialect, up.from, up.alreadyApplied], [shown(shop.url), dialect, [], 0])
  assert.deepEqual(versions(up.applied), versions(one.revisions))
  await shop.using(first, fill)

  const blocking = { code: 'DECISION_REQUIRED', message: /One decision/, hint: /--allow-blocking/ }
  // SQLite writes all rows under its one lock anyway.
  if (dialect === 'postgres')
    await fails(() => shop.write(second, 'add countries', { ...decisions, allowBlocking: undefined }), blocking)
  const two = await shop.write(second, 'add countries', decisions)
  const report = await shop.upgrade()
  assert.deepEqual(report.from, versions(one.revisions))
  assert.deepEqual(versions(report.applied), versions(two.revisions))
  assert.equal(report.current, two.revisions.at(-1).version)
  await shop.using(second, async db => {
    assert.deepEqual(await db.users.list(byId), [
      { id: 1, email: 'a@x', mobile: '+1', country: 'XX' },
      { id: 2, email: 'b@x', mobile: null, country: 'XX' },
    ])
    const titles = (await db.tasks.list(byId)).map(({ title, status }) => [title, status])
    assert.deepEqual(titles, [
      ['one', 'queued'],
      ["it's; two", 'queued'],
      ['three', 'running'],
      ['four', 'queued'],
    ])
    // The next keys go on, the constraints hold, the cascade works.
    assert.equal((await db.users.create({ email: 'c@x', country: 'DE' })).id, 3)
    await fails(() => db.users.create({ email: 'd@x', country: null }), { code: /NOT_NULL_VIOLATION|VALUE_INVALID/ })
    await fails(() => db.users.create({ email: 'a@x', country: 'DE' }), { code: 'UNIQUE_VIOLATION' })
    await fails(() => db.tasks.create({ ownerId: 9, title: 'x' }), { code: 'FOREIGN_KEY_VIOLATION' })
    await db.users.delete(2)
    assert.equal(await db.tasks.count(), 2)
    await checkIntegrity(db)
  })

  const down = await shop.downgrade()
  assert.deepEqual(versions(down.reverted), versions(two.revisions))
  assert.equal(down.current, one.revisions.at(-1).version)
  await shop.using(first, async db => {
    assert.deepEqual(await db.users.list(byId), [
      { id: 1, email: 'a@x', phone: '+1' },
      { id: 3, email: 'c@x', phone: null },
    ])
    assert.deepEqual(
      (await db.tasks.list(byId)).map(({ title, ownerId }) => [title, ownerId]),
      [
        ['one', 1],
        ["it's; two", 1],
      ],
    )
    await db.tasks.create({ ownerId: 3, title: 'again', status: 'paused' })
    await checkIntegrity(db)
  })

  assert.deepEqual(versions((await shop.downgrade('base')).reverted), versions(one.revisions))
  const empty = await shop.using(first, objects)
  assert.deepEqual(
    empty.filter(name => !/^(plinth_|__diesel)/.test(name)),
    [],
  )
  assert.equal((await shop.upgrade()).applied.length, one.revisions.length + two.revisions.length)
})

test('the SQL is what a reviewer reads: version, message, a line for each change, what is lost', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'create users and tasks')
  const report = await shop.write(second, 'add countries', decisions)
  const [written] = report.revisions
  const files = filesOf(written.folder)
  // Its words are replaced on the way up, for which there are no steps.
  const inSteps = dialect === 'postgres' ? ['down.postgres.online.sql'] : []
  assert.deepEqual(
    Object.keys(files).toSorted(),
    ['operations.json', `down.${dialect}.sql`, `up.${dialect}.sql`, ...inSteps].toSorted(),
  )
  const up = files[`up.${dialect}.sql`]
  const head = up.split('\n\n')[0]
  assert.ok(
    head.split('\n').every(line => line.startsWith('--')),
    head,
  )
  assert.ok(head.includes(written.version) && head.includes('add countries'), head)
  for (const operation of written.operations) assert.ok(head.includes(operation), `${operation}\n${head}`)
  assert.ok(written.operations.some(line => /users\.country/.test(line)))
  for (const word of ['mobile', 'country', "'XX'", 'labels', 'paused']) assert.ok(up.includes(word), word)
  // The loss of the way back stands there: the countries, and which tasks were paused.
  assert.match(files[`down.${dialect}.sql`], /^-- DESTRUCTIVE: .*country/m)
  const record = JSON.parse(files['operations.json'])
  assert.equal(record.format, 1)
  assert.equal(record.operations.length, written.operations.length)
  assert.deepEqual(
    Object.keys(record.checksums).toSorted(),
    [...inSteps, `down.${dialect}.sql`, `up.${dialect}.sql`].toSorted(),
  )
  assert.equal(/^-- BLOCKS: Words of "tasks"."status" are replaced/m.test(up), dialect === 'postgres')
})

test('both databases are written unless one is asked for, and each is marked as proven or not', async t => {
  const shop = await workshop(t)
  const { revisions } = await revision({
    models: first,
    migrations: shop.migrations,
    url: shop.url,
    message: 'Ünï & more!',
  })
  const [written] = revisions
  const names = ['operations.json', 'up.sqlite.sql', 'down.sqlite.sql', 'up.postgres.sql', 'down.postgres.sql']
  assert.deepEqual(Object.keys(filesOf(written.folder)).toSorted(), names.toSorted())
  assert.deepEqual(Object.keys(written.files).toSorted(), names.slice(1).toSorted())
  assert.deepEqual(written.proven, { sqlite: true, postgres: dialect === 'postgres' })
  const head = readFileSync(join(written.folder, 'up.postgres.sql'), 'utf8').split('\n\n')[0]
  assert[dialect === 'postgres' ? 'doesNotMatch' : 'match'](head, /NOT PROVEN on postgres/)
  assert.match(basename(written.folder), /^\d{14}_ünï_more$/)
  assert.equal((await shop.upgrade()).applied.length, 1)
})

test('nothing to do is reported, and nothing is written', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  const before = shop.folders()
  const again = await shop.write(first, 'again')
  assert.deepEqual([again.outcome, again.revisions], ['nothing', []])
  assert.deepEqual(shop.folders(), before)
  await shop.upgrade()
  const { applied, alreadyApplied } = await shop.upgrade()
  assert.deepEqual([applied, alreadyApplied], [[], before.length])
})

test('sql: true gives the files and the SQL, and changes nothing', async t => {
  const shop = await workshop(t)
  const printed = await shop.write(first, 'first', { sql: true })
  assert.equal(printed.outcome, 'printed')
  assert.match(printed.revisions[0].files[`up.${dialect}.sql`], /CREATE TABLE "?tasks/)
  assert.deepEqual(shop.folders(), [])
  await shop.write(first, 'first')
  const { sql, applied } = await shop.upgrade('head', { sql: true })
  assert.match(sql, /CREATE TABLE "?users/)
  assert.deepEqual((await shop.status()).applied, 0, `${applied.length}`)
  await shop.upgrade()
  assert.match((await shop.downgrade('base', { sql: true })).sql, /DROP TABLE/)
  assert.equal((await shop.status()).applied, 1)
})

test('one step, so many steps, a version, its beginning', async t => {
  const shop = await workshop(t)
  const all = []
  for (const names of [['one'], ['one', 'two'], ['one', 'two', 'three'], ['one', 'two', 'three', 'four']]) {
    const { revisions } = await shop.write(plain(...names), `add ${names.at(-1)}`)
    all.push(...versions(revisions))
  }
  assert.deepEqual(all, all.toSorted())
  assert.equal(new Set(all).size, 4, 'no two have one version')
  const at = async () => (await shop.status()).current
  await shop.upgrade('+1')
  assert.equal(await at(), all[0])
  await shop.upgrade('+2')
  assert.equal(await at(), all[2])
  await shop.downgrade('-2')
  assert.equal(await at(), all[0])
  await shop.upgrade(all[1])
  assert.equal(await at(), all[1])
  await shop.upgrade('head')
  assert.equal(await at(), all[3])
  const reverted = await shop.downgrade(all[0])
  assert.deepEqual(versions(reverted.reverted), all.slice(1).reverse())
  await shop.downgrade('base')
  assert.equal(await at(), null)
  await shop.upgrade(all[3])
  assert.equal(await at(), all[3])
})

test('history and status tell what is applied, since when, by whom, and what is pending', async t => {
  const shop = await workshop(t)
  const { drift, driftUnknown, ...none } = await shop.status()
  assert.equal(drift, null)
  assert.match(driftUnknown, /No revision is applied/)
  const nothing = {
    current: null,
    head: null,
    pending: [],
    applied: 0,
    unfinished: null,
    problems: [],
    protected: false,
  }
  assert.deepEqual(none, { url: shown(shop.url), ...nothing })
  const [one] = (await shop.write(plain('one'), 'add one')).revisions
  const [two] = (await shop.write(plain('one', 'two'), 'add two')).revisions
  await shop.upgrade('+1')
  const status = await shop.status()
  assert.deepEqual([status.current, status.head, status.applied], [one.version, two.version, 1])
  assert.deepEqual(status.pending, [{ version: two.version, name: two.name, outOfOrder: false }])
  await shop.downgrade()
  await shop.upgrade()
  const { revisions, log } = await shop.history()
  assert.deepEqual(
    revisions.map(({ version, after, applied }) => [version, after, applied]),
    [
      [one.version, [], true],
      [two.version, [one.version], true],
    ],
  )
  assert.deepEqual(
    log.map(({ direction, version }) => [direction, version]),
    [
      ['up', one.version],
      ['down', one.version],
      ['up', one.version],
      ['up', two.version],
    ],
  )
  for (const { startedAt, by, checksum, tookMs } of log) {
    assert.ok(Math.abs(Date.now() - Date.parse(startedAt)) < 600_000, startedAt)
    assert.match(by, /^.+@.+$/)
    assert.match(checksum, /^[0-9a-f]{64}$/)
    assert.ok(tookMs >= 0)
  }
})

test('stamp notes without running', async t => {
  const shop = await workshop(t)
  const [one] = (await shop.write(plain('one'), 'add one')).revisions
  const [two] = (await shop.write(plain('one', 'two'), 'add two')).revisions
  const all = await shop.stamp('head')
  assert.deepEqual([all.stamped, all.removed, all.current], [[one.version, two.version], [], two.version])
  assert.deepEqual((await shop.upgrade()).applied, [])
  const back = await shop.stamp(one.version)
  assert.deepEqual([back.stamped, back.removed, back.current], [[], [two.version], one.version])
  assert.equal((await shop.stamp('base')).current, null)
  assert.ok(!(await shop.using(plain('one'), objects)).includes('one'))
  assert.deepEqual(versions((await shop.upgrade()).applied), [one.version, two.version])
})

test('check: the models against the revisions', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  const same = await shop.check(first)
  assert.deepEqual([same.upToDate, same.operations, same.questions], [true, [], []])
  const more = await shop.check(schema({ ...first.models, more: model('more', { id: c.id() }) }))
  assert.equal(more.upToDate, false)
  assert.match(more.operations.join('\n'), /more/)
  const asked = await shop.check(second)
  assert.equal(asked.upToDate, false)
  assert.ok(asked.questions.some(q => q.question === 'rename' && q.from === 'phone'))
  const proven = await shop.check(first, { prove: true })
  assert.equal(proven.proven.length, 1)
  assert.equal(proven.proven[0][dialect], true)
})

test('progress is reported, statement by statement', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  const events = []
  await shop.upgrade('head', { onProgress: event => events.push(event) })
  assert.ok(events.length > 0)
  for (const { revision, name, direction, statement, statements, text } of events) {
    assert.ok(shop.folders().includes(`${revision}_${name}`))
    assert.equal(direction, 'up')
    assert.ok(statement >= 1 && statement <= statements)
    assert.equal(typeof text, 'string')
  }
  const own = new Error('of the user')
  const throwing = shop.downgrade('base', {
    onProgress() {
      throw own
    },
  })
  await assert.rejects(throwing, error => error === own)
  assert.equal((await shop.status()).applied, 0, 'the work went on')
})

test('progress is reported before the end, however busy the process is meanwhile', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  let told = 0
  const work = shop.upgrade('head', { onProgress: () => told++ })
  // The reports and the end have all arrived when the process comes to look.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500)
  await work
  const before = told
  await new Promise(resolve => setTimeout(resolve, 50))
  assert.ok(before > 0)
  assert.equal(told, before, 'something was reported after the end')
})

for (const place of PLACES) {
  test(`an open database in a ${place} is upgraded under its handle`, async t => {
    const shop = await workshop(t)
    await shop.write(first, 'first')
    const db = open({ models: first, url: await newUrl(t, place) })
    t.after(() => db.close())
    const { migrations } = shop
    assert.equal((await upgrade({ db, migrations })).applied.length, 1)
    await fill(db)
    assert.equal((await initDb({ db, migrations })).migrated.length, 0)
    assert.equal(await db.tasks.count(), 4)
    await fails(() => upgrade({ db, url: shop.url, migrations }), { code: 'QUERY_INVALID' })
    await db.transaction(async () => {
      await fails(() => upgrade({ db, migrations }), { code: 'OUTER_DB_IN_TRANSACTION' })
    })
  })
}
