// The events of statements: the channel plinth:statement, the forms of open({ log }), slow
// statements, values.
import assert from 'node:assert/strict'
import diagnostics from 'node:diagnostics_channel'
import { test } from 'node:test'
import { c, initDb, model, open, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { dialect, newUrl } from '../support/dialect.mjs'
import { project, run } from '../support/project.mjs'

const models = schema(
  {
    users: model('users', {
      id: c.id(),
      name: c.text().unique(),
      pin: c.text().nullable().private(),
      vault: c.json().nullable().private(),
      joinedAt: c.timestamp().nullable(),
      balance: c.decimal(10, 2).nullable(),
      big: c.bigint().nullable(),
      ratio: c.real().nullable(),
      active: c.boolean().nullable(),
      picture: c.bytes().nullable(),
      settings: c.json().nullable(),
    }),
    tasks: model('tasks', { id: c.id(), ownerId: c.integer().references('users.id'), title: c.text() }),
  },
  {
    users: r => ({ tasks: r.many('tasks', 'ownerId') }),
    tasks: r => ({ owner: r.one('users', 'ownerId') }),
  },
)

/** A database with one user and two tasks, opened with this log. */
async function database(t, log, options = {}) {
  const url = await newUrl(t)
  const first = open({ models, url })
  await initDb({ db: first })
  await first.users.create({ name: 'Ada' })
  await first.tasks.createMany([
    { ownerId: 1, title: 'a' },
    { ownerId: 1, title: 'b' },
  ])
  await first.close()
  const db = open({ models, url, ...(log !== undefined && { log }), ...options })
  t.after(() => db.close())
  // Opened and at work: no event of what that takes is among those that are looked at.
  await db.sql`SELECT 1`
  return db
}

/** The events of the channel while this runs. */
async function heard(work) {
  const events = []
  const hear = event => events.push(event)
  diagnostics.subscribe('plinth:statement', hear)
  try {
    await work()
  } finally {
    diagnostics.unsubscribe('plinth:statement', hear)
  }
  return events
}

const actions = events => events.map(event => [event.action, event.model, event.rows])

test('the channel tells of each statement of a call, those of includes too', async t => {
  const db = await database(t)
  const events = await heard(async () => {
    await db.tasks.list({ include: { owner: { include: { tasks: true } } } })
    await db.users.get(1)
    await db.users.get(1, { select: ['name'] })
    await db.users.count()
    await db.users.exists({ where: { name: 'nobody' } })
    const user = await db.users.create({ name: 'Bob' })
    await db.users.update(user.id, { name: 'Bea' })
    await db.users.upsert({ name: 'Bea', active: true }, { on: ['name'] })
    await db.users.updateMany({ where: { id: { gte: 1 } } }, { active: false })
    await db.users.delete(user.id)
    await db.users.deleteMany({ where: { name: 'nobody' } })
    await db.sql`SELECT ${'x'} AS x FROM tasks`
    await db.sql`UPDATE tasks SET title = title`
  })
  assert.deepEqual(actions(events), [
    ['select', 'tasks', 2],
    ['select', 'users', 1],
    ['select', 'tasks', 2],
    ['select', 'users', 1],
    ['select', 'users', 1],
    ['select', 'users', 1],
    ['select', 'users', 0],
    ['insert', 'users', 1],
    ['update', 'users', 1],
    ['upsert', 'users', 1],
    ['update', 'users', 2],
    ['delete', 'users', 1],
    ['delete', 'users', 0],
    ['sql', undefined, 2],
    ['sql', undefined, 2],
  ])
  for (const event of events) {
    assert.equal(event.dialect, dialect)
    assert.ok(event.durationMs >= 0 && Number.isFinite(event.durationMs))
    for (const name of ['values', 'error', 'slow']) assert.ok(!(name in event), name)
  }
  assert.match(events[0].sql, /^SELECT .* FROM "tasks"/)
  assert.match(events[1].sql, /FROM "users"/)
  assert.match(events.at(-1).sql, /^UPDATE tasks SET title = title$/)
})

test('a transaction tells how it was steered, and nothing of what no caller steers', async t => {
  const db = await database(t)
  const events = await heard(async () => {
    await db.transaction(async tx => {
      await tx.users.get(1)
      await tx.transaction(inner => inner.users.update(1, { active: true }))
      await tx
        .transaction(async inner => {
          await inner.users.count()
          throw new Error('no')
        })
        .catch(() => {})
    })
    await db
      .transaction(async tx => {
        await tx.users.count()
        throw new Error('no')
      })
      .catch(() => {})
    await db.transaction(tx => tx.users.count(), { readOnly: true })
  })
  const told = events.map(event => event.action)
  assert.deepEqual(told, [
    ...['begin', 'select', 'savepoint', 'update', 'release', 'savepoint', 'select', 'rollbackTo', 'commit'],
    ...['begin', 'select', 'rollback'],
    ...['begin', 'select', 'commit'],
  ])
  for (const event of events.filter(e => !['select', 'update'].includes(e.action))) {
    assert.match(event.sql, /^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)/)
    assert.equal(event.model, undefined)
    assert.equal(event.rows, 0)
  }
  // Alone, and many at once: their commits are the engine's affair.
  const alone = await heard(async () => {
    await db.users.list({ include: { tasks: true } })
    await db.users.createMany([{ name: 'x' }, { name: 'y' }])
    await Promise.all(Array.from({ length: 20 }, (_, i) => db.users.create({ name: `n${i}` })))
  })
  assert.deepEqual([...new Set(alone.map(event => event.action))], ['select', 'insert'])
  assert.equal(alone.length, 2 + 1 + 20)
})

test('a savepoint that is the first of its transaction, a session, and attempts that failed', async t => {
  const db = await database(t)
  const first = await heard(() => db.transaction(tx => tx.transaction(inner => inner.users.count())))
  assert.deepEqual(
    first.map(e => e.action),
    ['begin', 'savepoint', 'select', 'release', 'commit'],
  )
  const session = db.session()
  const told = await heard(async () => {
    await session.users.update(1, { active: true })
    await session.commit()
    await session.users.update(1, { active: false })
    await session.rollback()
    await session.close()
  })
  assert.deepEqual(
    told.map(e => e.action),
    ['begin', 'update', 'commit', 'begin', 'update', 'rollback'],
  )
  let attempt = 0
  const again = await heard(() =>
    db.transaction(
      async tx => {
        await tx.users.count()
        if (attempt++ === 0) throw Object.assign(await fails(() => db.users.get({}), {}), { retryable: true })
      },
      { retries: 1 },
    ),
  )
  assert.deepEqual(
    again.map(e => e.action),
    ['begin', 'select', 'rollback', 'begin', 'select', 'commit'],
  )
})

test('a transaction that did nothing', async t => {
  const db = await database(t)
  const events = await heard(() => db.transaction(async () => {}))
  // PostgreSQL begins with the first statement.
  assert.deepEqual(
    events.map(e => e.action),
    dialect === 'postgres' ? [] : ['begin', 'commit'],
  )
})

test('blocking calls', async t => {
  const db = await database(t)
  const events = await heard(() => {
    db.sync.users.get(1)
    db.sync.users.createMany([{ name: 'x' }, { name: 'y' }])
    db.sync.transaction(tx => tx.tasks.count())
    assert.throws(() => db.sync.users.create({ name: 'x' }), { code: 'UNIQUE_VIOLATION' })
  })
  assert.deepEqual(actions(events), [
    ['select', 'users', 1],
    ['insert', 'users', 2],
    ['begin', undefined, 0],
    ['select', 'tasks', 1],
    ['commit', undefined, 0],
    ['insert', 'users', 0],
  ])
  assert.equal(events.at(-1).error.code, 'UNIQUE_VIOLATION')
})

test('rows of createMany are reported as calls of the engine', async t => {
  const db = await database(t, { statements: false, values: true })
  const rows = Array.from({ length: 3000 }, (_, i) => ({ name: `n${i}`, pin: 'secret' }))
  const events = await heard(() => db.users.createMany(rows))
  const inserts = events.filter(event => event.action === 'insert')
  assert.deepEqual(
    inserts.map(event => event.rows),
    [2048, 952],
  )
  assert.match(inserts[0].sql, /^INSERT INTO "users"/)
  assert.equal(inserts[0].values[0], 'n0')
  assert.equal(inserts[1].values[0], 'n2048')
  assert.ok(!JSON.stringify(events, (_, value) => String(value)).includes('secret'))
})

test('a statement that fails is reported with its code', async t => {
  const db = await database(t, { statements: false, values: true })
  const events = await heard(async () => {
    await fails(() => db.users.create({ name: 'Ada', pin: 'secret-pin' }), { code: 'UNIQUE_VIOLATION' })
    await fails(() => db.tasks.create({ ownerId: 77, title: 'x' }), { code: 'FOREIGN_KEY_VIOLATION' })
    await fails(() => db.sql`SELEC nothing`, { code: 'SQL_FAILED' })
    await fails(() => db.users.createMany([{ name: 'Eve' }, { name: 'Ada' }, { name: 'Fay' }]), {
      code: 'UNIQUE_VIOLATION',
    })
    // That there is no row is no failure of the statement.
    await fails(() => db.users.update(99, { name: 'x' }), { code: 'NOT_FOUND' })
    await fails(() => db.users.delete(99), { code: 'NOT_FOUND' })
    // A call that is refused before it runs is not a statement.
    await fails(() => db.users.get('x'), { code: 'VALUE_INVALID' })
    await fails(() => db.users.list({ where: { nope: 1 } }), { code: 'UNKNOWN_COLUMN' })
  })
  assert.deepEqual(
    events.map(event => [event.action, event.rows, event.error?.code]),
    [
      ['insert', 0, 'UNIQUE_VIOLATION'],
      ['insert', 0, 'FOREIGN_KEY_VIOLATION'],
      ['sql', 0, 'SQL_FAILED'],
      ['insert', 0, 'UNIQUE_VIOLATION'],
      ['update', 0, undefined],
      ['delete', 0, undefined],
    ],
  )
  assert.equal(events[2].sql, 'SELEC nothing')
  for (const { error } of events.slice(0, 4)) assert.deepEqual(Object.keys(error), ['code', 'message'])
  assert.ok(!JSON.stringify(events).includes('secret-pin'))
})

test('values come in the order of the placeholders, and private ones never', async t => {
  const db = await database(t, { statements: false, values: true })
  const joinedAt = new Date('2026-11-20T10:00:00.123Z')
  const values = {
    name: 'käse 日本',
    pin: 'top secret',
    vault: { key: 'top secret' },
    joinedAt,
    balance: '12.50',
    big: 2n ** 60n,
    ratio: -0.5,
    active: true,
    picture: new Uint8Array(5),
    settings: { theme: 'dark' },
  }
  const shown = ['[private]', '[private]', joinedAt, '12.50', 2n ** 60n, -0.5, true, '[5 bytes]', '{"theme":"dark"}']
  const [created] = await heard(() => db.users.create(values))
  assert.deepEqual(created.values, ['käse 日本', ...shown])
  const long = 'é'.repeat(300)
  const [cut] = await heard(() => db.users.create({ name: long, pin: null }))
  assert.equal(cut.values[0], `${'é'.repeat(100)}... (300 characters)`)
  assert.deepEqual(cut.values.slice(1), ['[private]', '[private]', ...new Array(7).fill(null)])
  const [pair] = await heard(() => db.users.create({ name: `${'x'.repeat(99)}${'😀'.repeat(50)}` }))
  assert.equal(pair.values[0], `${'x'.repeat(99)}... (199 characters)`)
  const [updated] = await heard(() => db.users.update(1, { pin: 'top secret', active: false, big: 2n ** 53n + 1n }))
  assert.deepEqual(updated.values, ['[private]', 2n ** 53n + 1n, false, 1])
  const where = {
    or: [{ pin: { startsWith: 'top' } }, { pin: { in: ['top secret'] } }, { vault: { eq: { key: 'top secret' } } }],
    not: { pin: 'top secret', id: { in: [1, 2] } },
  }
  const listed = await heard(() =>
    db.users.list({ where, limit: 7, include: { tasks: { where: { title: { contains: 'top' } } } } }),
  )
  const hidden = ['[private]', '[private]', '[private]', '[private]', '[private]']
  assert.deepEqual(listed[0].values, [...hidden, '[1,2]', 7])
  const [list] = await heard(() => db.tasks.list({ include: { owner: true } })).then(events => events.slice(1))
  assert.deepEqual(list.values, ['[1 key]'])
  const [raw] = await heard(() => db.sql`SELECT ${'a'} AS a, ${null} AS b`)
  assert.deepEqual(raw.values, ['a', null])
  const bulk = await heard(() => db.users.updateMany({ where: { pin: 'top secret' } }, { vault: { a: 'top secret' } }))
  assert.deepEqual(bulk[0].values, ['[private]', '[private]'])
  const upserted = await heard(() => db.users.upsert({ name: 'Ada', pin: 'top secret' }, { on: ['name'] }))
  const all = JSON.stringify([created, cut, updated, listed, bulk, upserted], (_, v) =>
    typeof v === 'bigint' ? String(v) : v,
  )
  assert.ok(!all.includes('top secret'), all)
  // A call that waited for a savepoint has the values that it had when it was made.
  const waited = await heard(() =>
    db.transaction(async tx => {
      const inner = tx.transaction(it => it.users.count())
      const id = 1
      const call = tx.tasks.update(id, { title: 'kept' })
      await Promise.all([inner, call])
    }),
  )
  assert.deepEqual(waited.find(event => event.action === 'update').values, ['kept', 1])
})

test('true writes lines on the standard error output, a function receives events', async t => {
  const events = []
  const db = await database(t, event => events.push(event))
  await db.users.get(1)
  assert.deepEqual(actions(events), [
    ['sql', undefined, 1],
    ['select', 'users', 1],
  ])
  assert.ok(!('values' in events[1]))
})

test('lines on the standard error output are one for each statement, without colours if it is not a terminal', async t => {
  const url = await newUrl(t)
  const cwd = project(t, {
    'main.cjs': `
    const { c, initDb, model, open, schema } = require('plinth')
    const models = schema({ users: model('users', { id: c.id(), name: c.text(), pin: c.text().nullable().private() }) })
    const main = async log => {
      const db = open({ models, url: ${JSON.stringify(url)}, log })
      await initDb({ db })
      await db.users.create({ name: 'Ada\\n', pin: 'secret' })
      await db.sql\`SELECT 1
         AS x\`
      await db.transaction(tx => tx.users.count())
      await db.sql\`SELEC\`.catch(() => {})
      await db.close()
      console.error('--')
    }
    main(true).then(() => main({ values: true })).then(() => main({ slowMs: 1e9 })).then(() => main(false)).then(() => main())`,
  })
  const { code, stdout, stderr } = await run(cwd, process.execPath, ['main.cjs'])
  assert.equal(code, 0, stderr)
  assert.equal(stdout, '')
  const [plain, valued, ...rest] = stderr.split('--\n')
  const time = String.raw`[\d.,]+ ms`
  const lines = plain.trimEnd().split('\n')
  assert.equal(lines.length, 6, plain)
  assert.match(lines[0], new RegExp(`^plinth ${time}, 1 row  INSERT INTO "users" [^[]*$`))
  assert.match(lines[1], new RegExp(`^plinth ${time}, 1 row  SELECT 1 AS x$`))
  assert.match(lines[2], new RegExp(`^plinth ${time}  BEGIN`))
  assert.match(lines[3], new RegExp(`^plinth ${time}, 1 row  SELECT count`))
  assert.match(lines[4], new RegExp(`^plinth ${time}  COMMIT$`))
  assert.match(lines[5], new RegExp(`^plinth ${time}, SQL_FAILED  SELEC$`))
  assert.match(valued, /\["Ada\\n", "\[private\]"\]\n/)
  assert.ok(!stderr.includes('secret'))
  assert.ok(!stderr.includes('\u001b'))
  assert.deepEqual(rest, ['', '', '', ''])
})

test('colours are for terminals that want them', async t => {
  const url = await newUrl(t)
  const cwd = project(t, {
    'main.cjs': `
    const { c, model, open, schema } = require('plinth')
    const models = schema({ users: model('users', { id: c.id() }) })
    process.stderr.isTTY = true
    const db = open({ models, url: ${JSON.stringify(url)}, log: { slowMs: 0, values: true } })
    db.sql\`SELECT \${'x'} AS x\`.then(() => db.sql\`SELEC\`.catch(() => {})).then(() => db.close())`,
  })
  const printed = env => run(cwd, process.execPath, ['main.cjs'], { env }).stderr
  const coloured = printed({ TERM: 'xterm' }).replaceAll('\u001b', 'ESC')
  assert.match(coloured, /ESC\[33m[\d.,]+ ms slowESC\[39m/)
  assert.match(coloured, /ESC\[31mSQL_FAILEDESC\[39m/)
  for (const env of [{ TERM: 'xterm', NO_COLOR: '1' }, { TERM: 'dumb' }]) {
    const plain = printed(env)
    assert.ok(!plain.includes('\u001b'), plain)
    assert.match(plain, /SQL_FAILED {2}SELEC/)
  }
})

test('slowMs alone reports what is slow, with statements it only marks it', async t => {
  const told = []
  const db = await database(t, { slowMs: 0, to: event => told.push(event) })
  await db.users.get(1)
  assert.ok(told.length > 0 && told.every(event => event.slow === true))
  for (const [log, reported] of [
    [{ slowMs: 1e9 }, 0],
    [{ slowMs: 1e9, statements: true }, 1],
    [{ slowMs: 0, statements: false }, 1],
    [{ statements: false }, 0],
    [{ nPlusOne: true }, 0],
    [{ nPlusOne: false }, 0],
    [{ values: true }, 1],
    [{}, 1],
  ]) {
    const events = []
    const one = await database(t, { ...log, to: event => events.push(event) })
    events.length = 0
    const heardToo = await heard(() => one.users.get(1))
    assert.equal(events.length, reported, JSON.stringify(log))
    assert.equal(heardToo.length, 1)
    assert.equal(heardToo[0].slow, log.slowMs === 0 ? true : undefined)
  }
})

test('a log function that throws breaks no call, and is reported once', async t => {
  const warnings = []
  const warn = warning => warnings.push(warning)
  process.on('warning', warn)
  t.after(() => process.off('warning', warn))
  let calls = 0
  const db = await database(t, () => {
    calls++
    throw new Error('out of paper')
  })
  const rejecting = await database(t, async () => {
    throw new Error('out of ink')
  })
  for (const each of [db, rejecting]) {
    assert.equal((await each.users.get(1)).name, 'Ada')
    assert.equal(each.sync.users.count(), 1)
    assert.equal(await each.transaction(tx => tx.users.count()), 1)
    await fails(() => each.users.create({ name: 'Ada' }), { code: 'UNIQUE_VIOLATION' })
    await each.users.create({ name: 'Bob' })
  }
  assert.ok(calls >= 7, String(calls))
  await new Promise(setImmediate)
  const ours = warnings.filter(warning => warning.code === 'PLINTH_LOG_FAILED').map(warning => warning.message)
  assert.deepEqual(ours, [
    'The log function of open() fails: out of paper',
    'The log function of open() fails: out of ink',
  ])
})

test('a subscriber that throws breaks no call', async t => {
  const db = await database(t)
  const thrown = []
  const caught = error => thrown.push(error.message)
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', caught)
  t.after(() => {
    process.off('uncaughtException', caught)
    for (const listener of listeners) process.on('uncaughtException', listener)
  })
  const hear = () => {
    throw new Error('of the subscriber')
  }
  diagnostics.subscribe('plinth:statement', hear)
  try {
    assert.equal((await db.users.get(1)).name, 'Ada')
    assert.equal(db.sync.users.count(), 1)
    assert.deepEqual(
      (await Promise.all([1, 2, 3].map(() => db.tasks.list({ include: { owner: true } })))).map(rows => rows.length),
      [2, 2, 2],
    )
  } finally {
    diagnostics.unsubscribe('plinth:statement', hear)
  }
  await new Promise(setImmediate)
  assert.ok(thrown.length >= 5 && thrown.every(message => message === 'of the subscriber'), String(thrown))
})

test('a log function may make calls of its own, which are not reported in turn', async t => {
  const events = []
  let db
  const pending = []
  const url = await newUrl(t)
  const log = event => {
    events.push(event)
    if (!db) return
    pending.push(db.tasks.create({ ownerId: 1, title: event.sql }))
    db.sync.users.get(1)
  }
  const opened = open({ models, url, log })
  t.after(() => opened.close())
  await initDb({ db: opened })
  await opened.users.create({ name: 'Ada' })
  db = opened
  events.length = 0
  const [user, users] = await Promise.all([db.users.get(1), db.users.list({ include: { tasks: true } })])
  assert.deepEqual([user.name, users.length], ['Ada', 1])
  await Promise.all(pending)
  assert.equal(events.length, 3)
  // The log of what follows makes no more calls: they would come after the end of the test.
  db = undefined
  assert.equal(await opened.tasks.count(), 3)
})

test('without a listener nothing is reported', async t => {
  const db = await database(t)
  const events = await heard(() => db.users.get(1))
  await db.users.get(1)
  await db.transaction(tx => tx.users.count())
  assert.equal(events.length, 1)
  // A listener that comes while a call runs hears of the next one.
  const late = []
  const hear = event => late.push(event)
  const call = db.users.list()
  diagnostics.subscribe('plinth:statement', hear)
  await call
  diagnostics.unsubscribe('plinth:statement', hear)
  assert.deepEqual(late, [])
})

test('private values of filters over relations and of aggregates are not shown', async t => {
  const db = await database(t, { statements: false, values: true })
  const events = await heard(async () => {
    await db.tasks.list({ where: { owner: { is: { pin: 'top secret', name: 'Ada' } }, title: 'a' } })
    await db.users.count({ where: { tasks: { some: { owner: { is: { vault: { eq: 'top secret' } } }, title: 'a' } } } })
    await db.users.list({ include: { _count: { tasks: { where: { owner: { is: { pin: 'top secret' } } } } } } })
    await db.users.aggregate({
      where: { pin: { ne: 'top secret' } },
      groupBy: ['name'],
      count: true,
      having: { count: { gte: 1 } },
    })
  })
  const told = events.map(event => event.values)
  assert.deepEqual(told.slice(0, 2), [
    ['[private]', 'Ada', 'a'],
    ['[private]', 'a'],
  ])
  assert.ok(!JSON.stringify(events).includes('top secret'))
  assert.ok(
    told.some(values => values[0] === '[1 key]' && values[1] === '[private]'),
    JSON.stringify(told),
  )
  assert.deepEqual(told.at(-1), ['[private]', 1])
})

test('a stream is reported batch by batch, its transaction too', async t => {
  const db = await database(t, { statements: false, values: true })
  const read = async it => {
    const titles = []
    for await (const row of it.tasks.stream({ where: { ownerId: 1 }, batch: 1, include: { owner: true } })) {
      titles.push(row.title)
    }
    return titles
  }
  const events = await heard(async () => assert.deepEqual(await read(db), ['a', 'b']))
  const selects = events.filter(event => event.action === 'select')
  assert.deepEqual(
    selects.slice(0, 4).map(event => [event.model, event.rows, event.values]),
    [
      ['tasks', 1, [1]],
      ['users', 1, ['[1 key]']],
      ['tasks', 1, undefined],
      ['users', 1, undefined],
    ],
  )
  assert.ok(events.every(event => event.durationMs >= 0 && event.error === undefined))
  assert.match(selects[2].sql, /FROM "tasks"/)
  const within = await heard(() => db.transaction(read))
  const steered = within.filter(event => event.action !== 'select').map(event => event.action)
  assert.deepEqual(steered, ['begin', 'commit'])
  const blocking = await heard(() => assert.equal([...db.sync.tasks.stream()].length, 2))
  assert.ok(blocking.some(event => event.model === 'tasks' && event.rows === 2))
})

test('a call that is stopped is reported with its reason, one that never ran is not', async t => {
  const db = await database(t)
  const long = limited =>
    limited.sql`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000000) SELECT count(*) AS n FROM n`
  const events = await heard(async () => {
    await fails(() => long(db.with({ timeout: 30 })), { code: 'TIMEOUT' })
    await fails(() => db.users.get(1, { signal: AbortSignal.abort() }), { code: 'ABORTED' })
    await fails(() => db.transaction(tx => long(tx), { timeout: 30 }), { code: 'TIMEOUT' })
    await db.users.get(1)
  })
  assert.deepEqual(
    events.map(event => [event.action, event.error?.code]),
    [
      ['sql', 'TIMEOUT'],
      ['begin', undefined],
      ['sql', 'TIMEOUT'],
      ['rollback', undefined],
      ['select', undefined],
    ],
  )
})

test('many at once, each reported once', async t => {
  const db = await database(t, { statements: false, values: true })
  const events = await heard(async () => {
    const calls = Array.from({ length: 300 }, (_, i) => [
      db.users.create({ name: `n${i}` }),
      db.users.find({ where: { name: `n${i}` } }),
      db.tasks.list({ where: { ownerId: i }, include: { owner: true } }),
    ])
    await Promise.all(calls.flat())
  })
  const of = (action, model) => events.filter(event => event.action === action && event.model === model)
  const names = Array.from({ length: 300 }, (_, i) => `n${i}`)
  assert.deepEqual(
    of('insert', 'users')
      .map(event => event.values[0])
      .sort(),
    names.toSorted ? names.toSorted() : [...names].sort(),
  )
  assert.equal(of('select', 'tasks').length, 300)
  assert.equal(of('select', 'users').length, 600)
})

test('seeds of initDb are reported too', async t => {
  const url = await newUrl(t)
  const events = []
  const seed = { first: tx => tx.users.create({ name: 'Ada' }) }
  await initDb({ models, url, seed, log: event => events.push(event) })
  assert.deepEqual(
    events.map(event => event.action),
    ['begin', 'sql', 'insert', 'commit'],
  )
})

test('bad input of log', async t => {
  const url = await newUrl(t)
  const refused = (log, fields) => fails(() => open({ models, url, log }), fields)
  for (const log of [null, 1, 'true', 'SELECT 1; DROP TABLE users', [], Symbol('x'), 0n]) {
    await refused(log, {
      code: 'QUERY_INVALID',
      message: /^open\(\): log must be true, false, a function or an object/,
    })
  }
  for (const [name, values] of Object.entries({
    statements: [null, 1, 'yes'],
    values: [null, 'all', 0],
    slowMs: [null, -1, Number.NaN, '5', true, 5n],
    nPlusOne: [null, 0, -1, 1.5, '10', Number.POSITIVE_INFINITY, Number.NaN],
    to: [null, true, 'console.log', {}],
  })) {
    for (const value of values) {
      await refused(
        { [name]: value },
        { code: 'QUERY_INVALID', message: new RegExp(`^open\\(\\): log\\.${name} must be`) },
      )
    }
    await open({ models, url, log: { [name]: undefined, to: () => {} } }).close()
  }
  await refused({ slow: 5 }, { code: 'UNKNOWN_OPTION', hint: /statements, slowMs, values, nPlusOne, to/ })
  await refused({ "'; DROP TABLE users; --": true }, { code: 'UNKNOWN_OPTION' })
  await fails(() => initDb({ models, url, log: 'loud' }), {
    code: 'QUERY_INVALID',
    message: /^initDb\(\): log must be/,
  })
})
