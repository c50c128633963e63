// A folder of revisions and a database of this run's kind, and models to lead from one to the other.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  c,
  check,
  downgrade,
  history,
  index,
  initDb,
  model,
  open,
  revision,
  schema,
  stamp,
  status,
  upgrade,
} from 'plinth'
import { dialect, newUrl, PLACES } from './dialect.mjs'
import { folder } from './project.mjs'

const users = (more = {}) => model('users', { id: c.id(), email: c.text().unique(), ...more })
const tasks = (words, extras) =>
  model(
    'tasks',
    {
      id: c.id(),
      ownerId: c.integer().references('users.id', { onDelete: 'cascade' }),
      title: c.text(),
      status: c.enum('task_status', words).default('queued'),
    },
    extras,
  )

/** Users with a phone, and tasks that go with them. */
export const first = schema({
  users: users({ phone: c.text().nullable() }),
  tasks: tasks(['queued', 'running', 'paused']),
})

/** The phone has another name, users have a country, a word is gone, an index and a table are new. */
export const second = schema({
  users: users({ mobile: c.text().nullable(), country: c.text() }),
  tasks: tasks(['queued', 'running'], t => [index(t.status, t.id)]),
  labels: model('labels', { id: c.id(), taskId: c.integer().references('tasks.id', { onDelete: 'cascade' }) }),
})

/** The decisions that lead from the first to the second without a question. */
export const decisions = {
  rename: { 'users.phone': 'users.mobile' },
  backfill: { 'users.country': "'XX'" },
  map: { 'tasks.status': { paused: 'queued' } },
}

/** A schema with a table for each name, and nothing else in them but these columns. */
export const plain = (...names) =>
  schema(Object.fromEntries(names.map(name => [name, model(name, { id: c.id(), text: c.text().nullable() })])))

/** A folder for revisions, a database, and the calls on them: both new, or those that are given. */
export async function workshop(t, { place = PLACES[0], url, cwd = folder(t) } = {}) {
  url ??= await newUrl(t, place)
  const migrations = join(cwd, 'migrations')
  const common = { url, migrations, cwd }
  return {
    ...common,
    /** Writes a revision for this run's database alone, which is quicker; proven. It may block the few rows of a test. */
    write: (models, message, more) =>
      revision({ ...common, models, message, dialects: [dialect], allowBlocking: 'few rows', ...more }),
    upgrade: (to = 'head', more = {}) => upgrade({ ...common, to, ...more }),
    downgrade: (to = '-1', more = {}) => downgrade({ ...common, to, ...more }),
    stamp: to => stamp({ ...common, to }),
    status: () => status(common),
    history: () => history(common),
    check: (models, more) => check({ ...common, models, dialects: [dialect], ...more }),
    init: (models, more) => initDb({ ...common, models, ...more }),
    /** The names of the revisions' folders. */
    folders: () => (existsSync(migrations) ? readdirSync(migrations).toSorted() : []),
    /** A handle with models, closed when the test ends. */
    open(models) {
      const db = open({ models, url })
      t.after(() => db.close())
      return db
    },
    /** Calls a function with a handle, and closes the handle afterwards. */
    async using(models, work) {
      const db = open({ models, url })
      try {
        return await work(db)
      } finally {
        await db.close()
      }
    },
  }
}

/** The versions of a list of revisions. */
export const versions = list => list.map(({ version }) => version)

/** A revision written by hand: its folder, with SQL for this run's database. */
export function byHand(migrations, version, name, { up = '', down = '', after = [], operations = [] } = {}) {
  const path = join(migrations, `${version}_${name}`)
  mkdirSync(path, { recursive: true })
  const record = { format: 1, after, operations, checksums: {} }
  writeFileSync(join(path, 'operations.json'), JSON.stringify(record, null, 2))
  writeFileSync(join(path, `up.${dialect}.sql`), up)
  writeFileSync(join(path, `down.${dialect}.sql`), down)
  return path
}

/** The files of a folder, name to text. */
export const filesOf = path =>
  Object.fromEntries(readdirSync(path).map(name => [name, readFileSync(join(path, name), 'utf8')]))
