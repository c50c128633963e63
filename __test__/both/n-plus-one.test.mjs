// The warning of reads that are repeated for each of many rows: when it comes, what it says, and above all when it does not.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { MessageChannel } from 'node:worker_threads'
import { c, model, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { apart, warned } from '../support/warnings.mjs'

const models = schema(
  {
    users: model('users', { id: c.id(), email: c.text().unique(), status: c.text().default('new') }),
    tasks: model('tasks', {
      id: c.id(),
      ownerId: c.integer().name('owner').references('users.id'),
      reviewerEmail: c.text().nullable().references('users.email'),
    }),
    profiles: model('profiles', { userId: c.integer().primaryKey().references('users.id'), bio: c.text() }),
    tags: model('tags', { id: c.id() }),
    taskTags: model('taskTags', {
      taskId: c.integer().primaryKey().references('tasks.id'),
      tagId: c.integer().primaryKey().references('tags.id'),
    }),
    notes: model('notes', { id: c.id(), text: c.text() }),
  },
  {
    users: r => ({ tasks: r.many('tasks', 'ownerId'), profile: r.has('profiles', 'userId') }),
    tasks: r => ({
      owner: r.one('users', 'ownerId'),
      reviewer: r.one('users', 'reviewerEmail'),
      tags: r.many('tags', { through: 'taskTags' }),
    }),
  },
)

/** A database with 5 users and 20 tasks, and the warnings that came of it. */
async function database(t, log = { nPlusOne: true }, env = undefined) {
  const heard = await warned(t, { models, fill, log, env })
  await heard.db.sql`SELECT 1`
  return heard
}

async function fill(db) {
  await db.users.createMany(Array.from({ length: 5 }, (_, i) => ({ email: `u${i + 1}@x` })))
  await db.profiles.createMany(Array.from({ length: 5 }, (_, i) => ({ userId: i + 1, bio: '' })))
  await db.tasks.createMany(
    Array.from({ length: 20 }, (_, i) => ({ ownerId: (i % 5) + 1, reviewerEmail: `u${(i % 5) + 1}@x` })),
  )
  await db.notes.createMany(Array.from({ length: 30 }, (_, i) => ({ text: `n${i}` })))
}

const ownerOf = async (db, task) => db.users.get(task.ownerId)

/** Repeated reads, and the names in the warning. */
const REPEATED = {
  'a loop': [
    async db => {
      for (const task of await db.tasks.list()) await db.users.get(task.ownerId)
    },
    { model: 'users', call: 'get', hint: /^Read them with .*db\.tasks\.list\(\{ include: \{ owner: true \} \}\)/ },
  ],
  'all at once': [
    async db => {
      const tasks = await db.tasks.list()
      await Promise.all(tasks.map(task => db.users.get(task.ownerId)))
    },
    { model: 'users', call: 'get', hint: /^Read them with .*db\.tasks\.list\(\{ include: \{ owner: true \} \}\)/ },
  ],
  'calls that are collected': [
    async db => {
      const calls = []
      for (let id = 1; id <= 20; id++) calls.push(db.tasks.list({ where: { ownerId: id } }))
      await Promise.all(calls)
    },
    { model: 'tasks', call: 'list', hint: /ownerId: \{ in: .*; or with .*db\.users\.list\(\{ include: \{ tasks: true/ },
  ],
  'always the same row': [
    async db => {
      for (let i = 0; i < 20; i++) await db.users.get(1)
    },
    { model: 'users', call: 'get', hint: /id: \{ in: .*owner: true/ },
  ],
  'through a function': [
    async db => {
      for (const task of await db.tasks.list()) await ownerOf(db, task)
    },
    { model: 'users', call: 'get', hint: /owner: true/ },
  ],
  'several reads in each round': [
    async db => {
      for (const task of await db.tasks.list()) {
        await db.notes.count()
        await db.users.find({ where: { email: task.reviewerEmail } })
        await db.tags.list({ limit: 1 })
      }
    },
    { model: 'users', call: 'find', hint: /db\.tasks\.list\(\{ include: \{ reviewer: true/ },
  ],
  'reads and writes': [
    async db => {
      for (let id = 1; id <= 20; id++) {
        const task = await db.tasks.get(id)
        await db.tasks.update(task.id, { reviewerEmail: null })
      }
    },
    { model: 'tasks', call: 'get', hint: /db\.tasks\.list\(\{ where: \{ id: \{ in/ },
  ],
  'a has of each': [
    async db => {
      for (const user of [...(await db.users.list()), ...(await db.users.list()), ...(await db.users.list())]) {
        await db.profiles.get(user.id)
      }
    },
    { model: 'profiles', call: 'get', hint: /^Read them with .*db\.users\.list\(\{ include: \{ profile: true/ },
  ],
  'counts of each': [
    async db => {
      for (let id = 1; id <= 20; id++) await db.tasks.count({ where: { ownerId: id } })
    },
    { model: 'tasks', call: 'count', hint: /include: \{ _count: \{ tasks: true \} \}/ },
  ],
  'an association': [
    async db => {
      for (const { id } of await db.tasks.list()) await db.taskTags.exists({ where: { taskId: id } })
    },
    { model: 'taskTags', call: 'exists', hint: /db\.tasks\.list\(\{ include: \{ _count: \{ tags: true/ },
  ],
  'no relation': [
    async db => {
      for (let id = 1; id <= 20; id++) await db.notes.get(id)
    },
    { model: 'notes', call: 'get', hint: 'Read them at once: db.notes.list({ where: { id: { in: [...] } } }).' },
  ],
}

for (const [name, [work, expected]] of Object.entries(REPEATED)) {
  test(`warns of ${name}`, async t => {
    const { db, warnings } = await database(t)
    await apart(() => work(db))
    assert.equal(warnings.length, 1, JSON.stringify(warnings))
    const [{ hint, message, place, ...event }] = warnings
    const { hint: said, ...fields } = expected
    assert.deepEqual(event, { code: 'PLINTH_N_PLUS_ONE', count: 11, ...fields })
    if (said instanceof RegExp) assert.match(hint, said)
    else assert.equal(hint, said)
    assert.match(place, /n-plus-one\.test\.mjs:\d+:\d+$/)
    assert.equal(message, `${fields.model}.${fields.call}() ran 11 times one after the other, at ${place}.`)
    // In a transaction, a session and a scope it is one more place.
    await apart(() => db.transaction(tx => work(tx)))
    assert.equal(warnings.length, 1, 'the same place is reported once')
  })
}

test('in transactions, sessions and scopes, pauses or not', async t => {
  const ways = {
    transaction: (db, work) => db.transaction(work),
    savepoint: (db, work) => db.transaction(tx => tx.transaction(work)),
    snapshot: (db, work) => db.transaction(work, { readOnly: true }),
    scope: (db, work) => db.scope(work),
    session: async (db, work) => {
      const session = db.session()
      try {
        await work(session)
      } finally {
        await session.close()
      }
    },
  }
  for (const [name, way] of Object.entries(ways)) {
    const { db, warnings } = await database(t)
    await apart(() =>
      way(db, async it => {
        for (const task of await it.tasks.list()) {
          await it.users.get(task.ownerId)
          await turn()
        }
      }),
    )
    assert.deepEqual(
      warnings.map(w => [w.model, w.call, w.count]),
      [['users', 'get', 11]],
      name,
    )
  }
})

test('blocking calls', async t => {
  const { db, warnings } = await database(t)
  await turn()
  for (const task of db.sync.tasks.list()) db.sync.users.get(task.ownerId)
  db.sync.transaction(tx => {
    for (const task of tx.tasks.list()) tx.users.get(task.ownerId)
  })
  assert.deepEqual(
    warnings.map(w => [w.model, w.call]),
    [
      ['users', 'get'],
      ['users', 'get'],
    ],
  )
})

test('a process warning with a code, once for each shape and place', async t => {
  const { db, warnings } = await database(t)
  const told = []
  const hear = warning => told.push(warning)
  process.on('warning', hear)
  t.after(() => process.off('warning', hear))
  const round = async () => {
    for (let id = 1; id <= 30; id++) await db.users.get(id)
  }
  for (let i = 0; i < 3; i++) await apart(round)
  await apart(async () => {
    for (let id = 1; id <= 30; id++) {
      await db.users.get(id)
      await db.users.get(id, { select: ['email'] })
    }
  })
  await turn()
  const ours = told.filter(warning => warning.code === 'PLINTH_N_PLUS_ONE')
  assert.equal(ours.length, 3)
  assert.equal(warnings.length, 3)
  assert.equal(ours[0].name, 'PlinthWarning')
  assert.equal(ours[0].message, warnings[0].message)
  assert.equal(ours[0].detail, warnings[0].hint)
})

test('how many, and when it is on', async t => {
  const times = async (db, n) => {
    for (let id = 1; id <= n; id++) await db.users.get(id)
  }
  for (const [log, env, calls, expected] of [
    [{ nPlusOne: true }, {}, 10, 0],
    [{ nPlusOne: true }, {}, 11, 1],
    [{ nPlusOne: 3 }, {}, 3, 0],
    [{ nPlusOne: 3 }, {}, 4, 1],
    [{ nPlusOne: 1 }, {}, 2, 1],
    [{ nPlusOne: 1000 }, {}, 50, 0],
    [null, {}, 50, 0],
    [null, { NODE_ENV: 'production' }, 50, 0],
    [null, { NODE_ENV: 'development' }, 11, 1],
    [() => {}, { NODE_ENV: 'development' }, 11, 1],
    [{ nPlusOne: false }, { NODE_ENV: 'development' }, 50, 0],
    [{ nPlusOne: 20 }, { NODE_ENV: 'development' }, 20, 0],
    [{ nPlusOne: true }, { NODE_ENV: 'production' }, 11, 1],
  ]) {
    const { db, warnings } = await database(t, log, env)
    await apart(() => times(db, calls))
    assert.equal(warnings.length, expected, JSON.stringify([log, env, calls]))
  }
})

/** Calls that look like it and are not: never a warning. */
const INNOCENT = {
  'functions side by side that read once each': async db => {
    const handler = async i => {
      await turn()
      const user = await db.users.get((i % 5) + 1)
      await db.tasks.list({ where: { ownerId: user.id } })
    }
    await Promise.all(Array.from({ length: 300 }, (_, i) => handler(i)))
  },
  'functions that all wait for one promise': async db => {
    const ready = sleep(5)
    const handler = async i => {
      await ready
      await db.users.get((i % 5) + 1)
      await db.tasks.count({ where: { ownerId: 1 } })
    }
    await Promise.all(Array.from({ length: 300 }, (_, i) => handler(i)))
  },
  'scopes side by side': async db => {
    const request = i =>
      db.scope(async session => {
        for (let n = 0; n < 5; n++) await session.users.get((i % 5) + 1)
      })
    await Promise.all(Array.from({ length: 50 }, (_, i) => request(i)))
  },
  'transactions one after the other': async db => {
    for (let i = 0; i < 30; i++) await db.transaction(tx => tx.users.get((i % 5) + 1))
  },
  'waiting for a row to change': async db => {
    for (let i = 0; i < 30; i++) {
      await db.users.get(1)
      await sleep(1)
    }
    for (let i = 0; i < 30; i++) {
      await db.users.find({ where: { email: 'u1@x', status: 'done' } })
      await turn()
    }
    await db.transaction(async tx => {
      for (let i = 0; i < 30; i++) {
        await tx.users.get(1)
        await sleep(1)
      }
    })
  },
  'taking work from a queue': async db => {
    for (let i = 0; i < 30; i++) {
      await db.users.find({ where: { status: 'new', id: { gt: i } }, orderBy: { id: 'asc' } })
      await db.users.count({ where: { status: 'new' } })
    }
  },
  'page after page': async db => {
    let last = 0
    for (;;) {
      const rows = await db.notes.list({ where: { id: { gt: last } }, orderBy: { id: 'asc' }, limit: 2 })
      if (rows.length === 0) return
      last = rows.at(-1).id
    }
  },
  'messages as they come': async db => {
    const { port1, port2 } = new MessageChannel()
    let left = 50
    const done = new Promise(resolve => {
      port2.on('message', async i => {
        await db.users.get((i % 5) + 1)
        if (--left === 0) resolve()
        else port1.postMessage(left)
      })
    })
    port1.postMessage(left)
    await done
    port1.close()
  },
  'ticks of a clock': async db => {
    for (let i = 0; i < 30; i++) {
      await sleep(1)
      await db.users.get((i % 5) + 1)
    }
  },
  'many lines of one function': async db => {
    const get = id => db.users.get(id)
    const lines = async () => {
      await get(1)
      await get(2)
      await get(3)
      await get(4)
      await get(5)
      await get(1)
      await get(2)
      await get(3)
      await get(4)
      await get(5)
      await get(1)
      await get(2)
      await get(3)
    }
    await lines()
    await db.transaction(async () => {})
  },
  writes: async db => {
    for (let i = 0; i < 30; i++) {
      const { id } = await db.notes.create({ text: 'x' })
      await db.notes.update(id, { text: 'y' })
      await db.notes.delete(id)
    }
  },
  'one in and one include': async db => {
    for (let i = 0; i < 30; i++) {
      await db.tasks.list({ where: { id: { in: [1, 2, 3] } }, include: { owner: true } })
    }
  },
  'calls that are refused': async db => {
    for (let i = 0; i < 30; i++) await fails(() => db.users.get('x'), { code: 'VALUE_INVALID' })
  },
}

for (const [name, work] of Object.entries(INNOCENT)) {
  test(`does not warn of ${name}`, async t => {
    const { db, warnings } = await database(t)
    await apart(() => work(db))
    assert.deepEqual(warnings, [])
  })
}

test('does not warn of a thousand requests that run the same reads once each', async t => {
  const { db, warnings } = await database(t)
  // What is read before the server listens is on the way to every request.
  await db.users.get(1)
  await db.tasks.list()
  const handler = async (request, response) => {
    const id = Number(request.url.slice(1))
    const user = await db.users.get((id % 5) + 1)
    const tasks = await db.tasks.list({ where: { ownerId: user.id } })
    const owner = await db.users.get(tasks[0].ownerId)
    response.end(String(owner.id))
  }
  const server = http.createServer((request, response) => {
    handler(request, response).catch(error => response.destroy(error))
  })
  t.after(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  for (const agent of [
    new http.Agent({ keepAlive: true, maxSockets: 50 }),
    new http.Agent({ keepAlive: true, maxSockets: 1 }),
    new http.Agent({ keepAlive: false }),
  ]) {
    const one = async i => {
      const request = http.get({ port, host: '127.0.0.1', path: `/${i}`, agent })
      const [response] = await once(request, 'response')
      response.resume()
      await once(response, 'end')
      assert.equal(response.statusCode, 200)
    }
    const count = agent.maxSockets === 50 ? 1000 : 100
    await Promise.all(Array.from({ length: count }, (_, i) => one(i)))
    agent.destroy()
  }
  assert.deepEqual(warnings, [])
})

test('finds the one request that repeats its reads, among many that do not', async t => {
  const { db, warnings } = await database(t)
  const good = async () => {
    await turn()
    await db.users.get(1)
  }
  const bad = async () => {
    await turn()
    for (const task of await db.tasks.list()) await db.users.get(task.ownerId)
  }
  await Promise.all(Array.from({ length: 200 }, (_, i) => (i === 100 ? bad() : good())))
  assert.equal(warnings.length, 1)
})

test('failures are those of the calls, also of those that are not awaited', async t => {
  const { db } = await database(t)
  await db.close()
  await fails(() => db.users.get(1), { code: 'CLOSED' })
  const unhandled = []
  const listeners = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  const hear = error => unhandled.push(error.code)
  process.on('unhandledRejection', hear)
  t.after(() => {
    process.off('unhandledRejection', hear)
    for (const listener of listeners) process.on('unhandledRejection', listener)
  })
  db.users.get(1)
  await sleep(5)
  assert.deepEqual(unhandled, ['CLOSED'])
})

test('works without a stack, and with one in another form', async t => {
  const { stackTraceLimit, prepareStackTrace } = Error
  t.after(() => Object.assign(Error, { stackTraceLimit, prepareStackTrace }))
  const { db, warnings } = await database(t)
  Error.stackTraceLimit = 0
  await apart(async () => {
    for (let id = 1; id <= 20; id++) await db.users.get(id)
  })
  assert.equal(Error.stackTraceLimit, 0)
  Error.prepareStackTrace = (_, sites) => sites
  await apart(async () => {
    for (let id = 1; id <= 20; id++) await db.notes.get(id)
  })
  Error.prepareStackTrace = prepareStackTrace
  assert.deepEqual(
    warnings.map(w => [w.model, w.place !== '']),
    [
      ['users', true],
      ['notes', false],
    ],
  )
})
