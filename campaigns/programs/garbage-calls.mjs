// Calls with garbage, of every function that Plinth exports and every member of its handles. Answers what the calls gave, and each fault.
import { inspect } from 'node:util'
import * as plinth from 'plinth'
import { numbers } from '../../__test__/support/histories.mjs'
import { pick, within } from '../support/campaign.mjs'
import { answer } from '../support/children.mjs'
import { garbage, isEvil } from '../support/garbage.mjs'
import { faultOf } from '../support/ledger.mjs'

const { c, initDb, model, open, schema } = plinth

/** A text in a private column: no error may hold it. */
const SECRET = 'hunter2'
/** How long one call may take, in milliseconds. */
const LIMIT = 15_000

const models = schema(
  {
    users: model('users', {
      id: c.id(),
      email: c.text().unique(),
      name: c.text().nullable(),
      n: c.integer().nullable(),
      big: c.bigint().nullable(),
      dec: c.decimal(10, 2).nullable(),
      data: c.json().nullable(),
      raw: c.bytes().nullable(),
      at: c.timestamp().nullable(),
      kind: c.enum('kind', ['admin', 'x']).nullable(),
      secret: c.text().nullable().private(),
    }),
    posts: model('posts', { id: c.id(), userId: c.integer().references('users.id', { onDelete: 'cascade' }) }),
  },
  { users: r => ({ posts: r.many('posts', 'userId') }), posts: r => ({ user: r.one('users', 'userId') }) },
)

let db
let stray = []
process.on('unhandledRejection', error => stray.push(error)).on('uncaughtException', error => stray.push(error))

async function fill() {
  if (db === undefined) {
    db = open({ models, url: 'sqlite::memory:' })
    await initDb({ db, migrations: false })
  }
  if ((await db.users.count()) > 5) return
  const row = () => ({ email: `${Math.random()}`, n: 1, data: { a: 1 }, secret: SECRET })
  const users = await db.users.createMany(Array.from({ length: 10 }, row))
  await db.posts.createMany(users.map(({ id }) => ({ userId: id })))
}

/** The functions of an object, those that it inherits from a class among them; without the ones that end it. */
function members(object) {
  const found = new Map()
  for (let at = object; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (typeof value === 'function' && key !== 'constructor' && key !== 'close') found.set(key, value.bind(object))
  }
  return [...found]
}

/** All functions that are called, by name: of the package, the builder, the handles and their tables. Only Fastify calls `fastifyScope`. */
function functions() {
  const classes = Object.entries(plinth).filter(([name]) => /Error$|Manager$/.test(name))
  const exported = Object.entries(plinth).filter(
    ([name, value]) => typeof value === 'function' && !classes.some(([own]) => own === name),
  )
  const table = Object.getOwnPropertyNames(Object.getPrototypeOf(db.users)).filter(name => name !== 'constructor')
  const onTables = ['users', 'posts'].flatMap(of => [
    ...table.map(name => [`db.${of}.${name}`, (...args) => db[of][name](...args)]),
    ...table.map(name => [`db.sync.${of}.${name}`, (...args) => db.sync[of][name](...args)]),
    ...table.map(name => [`tx.${of}.${name}`, (...args) => db.transaction(tx => tx[of][name](...args))]),
  ])
  const near = table.map(name => [`db.users.${name} by key`, (_, ...args) => db.users[name](1, ...args)])
  return [
    ...exported.filter(([name]) => name !== 'open' && name !== 'fastifyScope'),
    ['open', options => open({ url: 'sqlite::memory:', models, ...options })],
    ['model of garbage', (...args) => model('t', { id: c.id(), ...args[0] })],
    ['schema of garbage', (...args) => schema({ t: model('t', { id: c.id() }) }, ...args).toJSON()],
    ...Object.entries(c).map(([name, build]) => [`c.${name}`, (...args) => build(...args)]),
    ...members(c.text()).map(([name]) => [`column.${name}`, (...args) => c.text()[name](...args)]),
    ...members(db).map(([name, call]) => [`db.${name}`, call]),
    ...members(db.sync).map(([name, call]) => [`db.sync.${name}`, call]),
    ['session', async (...args) => withSession(session => session.users.list(...args))],
    ['session of garbage', async options => withSession(session => session.users.count(), options)],
    ['sql with values', (...args) => db.sql`SELECT ${args[0]} AS a`],
    ...onTables,
    ...near,
  ]
}

async function withSession(work, options) {
  const session = db.session(options)
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

/** Reads the result of a call to its end, and closes what it opened. */
async function finish(name, result) {
  if (result && typeof result[Symbol.asyncIterator] === 'function') {
    let rows = 0
    for await (const _ of result) if (++rows > 30) break
  }
  const value = await result
  if (/^(open|db\.session)$/.test(name)) await value.close()
}

function judge(name, error) {
  if (isEvil(error)) return undefined
  const fault = faultOf(error)
  if (fault) return `${name}: ${fault.split('\n').slice(0, 4).join(' | ')}`
  if (inspect(error, { depth: null, showHidden: true }).includes(SECRET))
    return `${name}: the error holds a private value`
}

answer(async ({ seed, count }) => {
  await fill()
  const below = numbers(seed)
  const all = functions()
  const faults = []
  let succeeded = 0
  for (let i = 0; i < count; i++) {
    const [name, call] = pick(below, all)
    const args = Array.from({ length: 1 + below(3) }, () => garbage(below))
    try {
      await within(LIMIT, finish(name, call(...args)), `call ${i}, ${name},`)
      succeeded++
    } catch (error) {
      const fault = judge(name, error)
      if (fault) faults.push(fault)
    }
    if ({}.polluted !== undefined || Object.keys(Object.prototype).length > 0) {
      faults.push(`${name}: Object.prototype was changed`)
      for (const key of Object.keys(Object.prototype)) delete Object.prototype[key]
    }
    await fill()
  }
  await new Promise(setImmediate)
  faults.push(
    ...stray.filter(error => !isEvil(error)).map(error => `an error that no call reported: ${error?.stack ?? error}`),
  )
  stray = []
  return { succeeded, faults: [...new Set(faults)], functions: all.length }
})
