// Small models for tests of the engine, databases that have them, and programs of their own that use them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { c, initDb, model, open, schema } from 'plinth'
import { newUrl, PLACES } from './dialect.mjs'
import { entryPath, environment, root } from './project.mjs'

const users = model('users', {
  id: c.id(),
  email: c.text().unique(),
  name: c.text().nullable(),
})
const posts = model('posts', {
  id: c.id(),
  userId: c.integer().references('users.id', { onDelete: 'cascade' }),
  title: c.text(),
})

/** Users with a unique email, and their posts. */
export const models = schema({ users, posts })

/** A handle that is closed when the test ends. */
export function opened(t, url, options = {}) {
  const db = open({ models, url, ...options })
  t.after(() => db.close({ timeout: 0 }))
  return db
}

/** An open database with tables in one of PLACES. */
export async function tables(t, place = PLACES[0]) {
  const db = opened(t, await newUrl(t, place))
  await initDb({ db })
  return db
}

/** The emails of all users, in order. */
export const emails = async db => (await db.users.list({ orderBy: { id: 'asc' } })).map(user => user.email)

/** A promise and what settles it. */
export function gate() {
  let open
  const passed = new Promise(resolve => {
    open = resolve
  })
  return { open, passed }
}

/**
 * The beginning of a program of the children below: Plinth, its models, and `url`, its first
 * argument.
 */
const PRELUDE = `
const { c, initDb, model, open, resetDb, schema } = require(${JSON.stringify(entryPath)})
const models = schema({
  users: model('users', { id: c.id(), email: c.text().unique(), name: c.text().nullable() }),
  posts: model('posts', { id: c.id(), userId: c.integer().references('users.id', { onDelete: 'cascade' }), title: c.text() }),
})
const url = process.argv[1];
`

/** Starts a program in a process of its own, `args` behind the URL; `ended` gives its exit code, signal and what it printed. */
export function start(url, source, { flags = [], args: more = [], env = {}, shell, ...options } = {}) {
  const node = [...flags, '-e', `${PRELUDE}\n${source}`, url, ...more]
  const [command, args] = shell
    ? ['bash', ['-c', `${shell}; exec "$0" "$@"`, process.execPath, ...node]]
    : [process.execPath, node]
  const child = spawn(command, args, {
    env: environment(root, env),
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 60_000,
    ...options,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }))
  /** Waits until it has printed this. */
  const printed = async text => {
    while (!stdout.includes(text)) {
      const more = await Promise.race([once(child.stdout, 'data'), ended])
      if (!Array.isArray(more) && !stdout.includes(text)) throw new Error(`ended without "${text}": ${stdout}${stderr}`)
    }
  }
  return { child, ended, printed }
}

/** Runs a program in a process of its own to its end. */
export const program = (url, source, options) => start(url, source, options).ended
