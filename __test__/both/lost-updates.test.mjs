// The warning of updates that may lose the change of somebody else: when it comes, what it says, and above all when it does not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { add, append, c, model, schema } from 'plinth'
import { apart, warned } from '../support/warnings.mjs'

const models = schema({
  tasks: model('tasks', {
    id: c.id(),
    title: c.text().default(''),
    status: c.enum('task_status', ['open', 'running', 'done']).default('open'),
    points: c.integer().default(0),
    price: c.decimal(8, 2).default('0'),
    data: c.json().default({}),
    dueAt: c.timestamp().default(new Date('2026-01-01')),
    bytes: c.bytes().default(new Uint8Array([1])),
    email: c.text().lowercase().default('ada@example.com'),
    seenAt: c.timestamp().default(new Date('2026-01-01')).touch(),
  }),
  seats: model('seats', { row: c.text().primaryKey(), number: c.integer().primaryKey(), n: c.integer().default(0) }),
  drafts: model('drafts', { id: c.id(), text: c.text().default(''), version: c.integer().version() }),
})

/** A database with some rows, and the warnings that came of it. */
const database = (t, log = { lostUpdates: true }, env = undefined) =>
  warned(t, { models, fill, code: 'PLINTH_LOST_UPDATE', log, env })

async function fill(db) {
  await db.tasks.createMany(Array.from({ length: 5 }, (_, i) => ({ title: `t${i + 1}` })))
  await db.seats.create({ row: 'A', number: 1 })
  await db.drafts.create({})
}

const isAdd =
  /^Change it in the database: \{ points: add\(\.\.\.\) \}\. Or let .* \{ where: \{ points: .* \.version\(\)/

/** Programs that read and set, and the warning of each. */
const LOSING = {
  'a counter that is read and written': [
    async db => {
      const task = await db.tasks.get(1)
      await db.tasks.update(1, { points: task.points + 1 })
    },
    { columns: ['points'], hint: isAdd },
  ],
  'a loop over a list': [
    async db => {
      for (const task of await db.tasks.list()) await db.tasks.update(task.id, { points: task.points + 1 })
    },
    { columns: ['points'], hint: isAdd },
  ],
  'a status that is checked before it is set': [
    async db => {
      const task = await db.tasks.find({ where: { status: 'open' } })
      if (task.status === 'open') await db.tasks.update(task.id, { status: 'running', title: task.title })
    },
    { columns: ['status'], hint: /^Let the update hold only for the row that was read: with \{ where: \{ status: / },
  ],
  'JSON that is changed in place': [
    async db => {
      const task = await db.tasks.get(1)
      task.data.theme = 'dark'
      await db.tasks.update(task.id, { data: task.data })
    },
    { columns: ['data'], hint: /append\(\.\.\.\) \} or \{ data: merge/ },
  ],
  'a row that is changed and written as a whole, after a pause': [
    async db => {
      const { rows } = await db.tasks.page({ limit: 2 })
      const [task] = rows
      task.title = 'new'
      await turn()
      const { id, seenAt, ...values } = task
      await db.tasks.update(id, values)
    },
    { columns: ['title'], hint: /^Let the update/ },
  ],
  'a key of several columns': [
    async db => {
      const seat = await db.seats.get({ row: 'A', number: 1 })
      await db.seats.update({ number: 1, row: 'A' }, { n: seat.n - 1 })
    },
    { model: 'seats', columns: ['n'], hint: /add/ },
  ],
}

for (const [name, [work, { hint, ...expected }]] of Object.entries(LOSING)) {
  test(`warns of ${name}`, async t => {
    const { db, warnings } = await database(t)
    await apart(() => work(db))
    assert.equal(warnings.length, 1, JSON.stringify(warnings))
    const { hint: said, message, place, ...event } = warnings[0]
    assert.deepEqual(event, { code: 'PLINTH_LOST_UPDATE', model: 'tasks', ...expected })
    assert.match(said, hint)
    assert.match(place, /lost-updates\.test\.mjs:\d+:\d+$/)
    const set = `${event.model}.update() sets ${event.columns}, which was read before`
    assert.equal(message, `${set}: a change made in between is lost, at ${place}.`)
    await apart(() => db.transaction(tx => work(tx)))
    assert.equal(warnings.length, 1, 'the same place is reported once')
  })
}

test('in transactions, savepoints, sessions, scopes and blocking', async t => {
  const ways = {
    transaction: (db, work) => db.transaction(work),
    savepoint: (db, work) => db.transaction(tx => tx.transaction(work)),
    'read committed': (db, work) => db.transaction(work, { isolation: 'read committed' }),
    scope: (db, work) => db.scope(work),
    view: (db, work) => work(db.with({ timeout: 60_000 })),
    session: async (db, work) => {
      const session = db.session()
      try {
        await work(session)
      } finally {
        await session.close()
      }
    },
    blocking: (db, work) => work(db.sync),
  }
  /** Its read is behind a function that waits: only the transaction knows both. */
  const load = async it => {
    await turn()
    return await it.tasks.get(1)
  }
  for (const [name, way] of Object.entries(ways)) {
    const { db, warnings } = await database(t)
    const inUnit = ['transaction', 'savepoint', 'read committed'].includes(name)
    await apart(() =>
      way(db, async it => {
        const task = inUnit ? await load(it) : await it.tasks.get(1)
        await it.tasks.update(1, { points: task.points + 1 })
      }),
    )
    assert.deepEqual(
      warnings.map(it => it.columns),
      [['points']],
      name,
    )
  }
})

/** Programs that read and set, and lose nothing. */
const KEEPING = {
  'a change that the database makes': async db => {
    const task = await db.tasks.get(1)
    await db.tasks.update(1, { points: add(1), title: `${task.title}!` })
    await db.tasks.update(2, { data: append(1) }).catch(() => {})
  },
  'a condition': async db => {
    const task = await db.tasks.get(1)
    await db.tasks.update(1, { points: task.points + 1 }, { where: { points: task.points } })
  },
  'a version': async db => {
    const draft = await db.drafts.find()
    const next = await db.drafts.update(draft, { text: `${draft.text}a` })
    await db.drafts.update(next.id, { text: 'b' }, { version: 'any' })
  },
  'columns that were not read': async db => {
    const task = await db.tasks.get(1, { select: ['id', 'title'] })
    await db.tasks.update(task.id, { points: 7 })
  },
  'the values that were read': async db => {
    const { id, seenAt, ...task } = await db.tasks.get(1)
    await db.tasks.update(id, { ...task, price: '0', email: 'Ada@Example.com', dueAt: new Date(task.dueAt), data: {} })
  },
  'other rows': async db => {
    const task = await db.tasks.get(1)
    await db.tasks.update(2, { points: task.points + 1 })
    await db.tasks.updateMany({ where: { id: 3 } }, { points: task.points + 1 })
  },
  'no read at all': async db => {
    await db.tasks.count()
    await db.tasks.exists({ where: { id: 1 } })
    await db.tasks.update(1, { points: 3 })
    await db.tasks.update(1, { points: 4 })
  },
  'a touched column': async db => {
    const task = await db.tasks.get(1)
    await db.tasks.update(1, { title: task.title })
    await db.tasks.get(1)
    await db.tasks.update(1, { seenAt: new Date() })
  },
  'an isolation that makes it an error': async db => {
    for (const isolation of ['repeatable read', 'serializable']) {
      const work = async tx => {
        const task = await tx.tasks.get(1)
        await tx.tasks.update(1, { points: task.points + 1 })
        await tx.transaction(inner => inner.tasks.update(1, { points: task.points + 2 }))
      }
      await db.transaction(work, { isolation })
      await db.scope(work, { isolation })
      db.sync.transaction(tx => tx.tasks.update(1, { points: tx.tasks.get(1).points + 1 }), { isolation })
    }
  },
}

for (const [name, work] of Object.entries(KEEPING)) {
  test(`says nothing of ${name}`, async t => {
    const { db, warnings } = await database(t)
    await apart(() => work(db))
    assert.deepEqual(warnings, [])
  })
}

test('requests side by side are not taken for one', async t => {
  const { db, warnings } = await database(t)
  const reader = () => db.tasks.get(1)
  const writer = n => db.tasks.update(1, { points: n })
  await Promise.all(Array.from({ length: 20 }, (_, n) => apart(() => (n % 2 ? reader() : writer(n)))))
  assert.deepEqual(warnings, [])
})

test('what was written is known from then on', async t => {
  const { db, warnings } = await database(t)
  await apart(async () => {
    await db.tasks.get(1)
    await db.tasks.update(1, { points: 1 })
    assert.equal(warnings.length, 1)
    await db.tasks.update(1, { points: 2 })
    assert.equal(warnings.length, 1)
    await db.tasks.get(1)
    await db.tasks.update(1, { points: 3 })
    assert.equal(warnings.length, 2)
  })
})

test('when it is on, and how the process is warned', async t => {
  const losing = async db => {
    const task = await db.tasks.get(1)
    await db.tasks.update(1, { points: task.points + 1 })
  }
  const told = []
  const hear = warning => warning.code === 'PLINTH_LOST_UPDATE' && told.push(warning)
  process.on('warning', hear)
  t.after(() => process.off('warning', hear))
  for (const [log, env, expected] of [
    [null, {}, 0],
    [null, { NODE_ENV: 'production' }, 0],
    [null, { NODE_ENV: 'test' }, 0],
    [null, { NODE_ENV: 'development' }, 1],
    [() => {}, { NODE_ENV: 'development' }, 1],
    [{ lostUpdates: false }, { NODE_ENV: 'development' }, 0],
    [{ lostUpdates: true }, { NODE_ENV: 'production' }, 1],
    [{ nPlusOne: true }, {}, 0],
  ]) {
    const { db, warnings } = await database(t, log, env)
    await apart(() => losing(db))
    assert.equal(warnings.length, expected, JSON.stringify([log, env]))
  }
  await turn()
  assert.equal(told.length, 3)
  assert.equal(told[0].name, 'PlinthWarning')
  assert.match(told[0].message, /^tasks\.update\(\) sets points/)
  assert.match(told[0].detail, /add\(/)
})
