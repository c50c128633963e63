// A database for each tenant: a file beside the registry on SQLite, a schema of the same database on PostgreSQL.
import { initDb, open } from 'plinth'
import models from './models.js'
import registry from './registry.js'

/** The name becomes a part of a path or of a schema's name, so it is letters, digits and `_`. */
const NAME = /^[a-z][a-z0-9_]{0,29}$/

/** The URL of a tenant's database, beside that of the registry. */
function urlOf(url, name) {
  if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is not a name of a tenant.`)
  if (!/^postgres/.test(url)) return url.replace(/[^/]*$/, `tenant_${name}.db`)
  const own = new URL(url)
  own.searchParams.set('search_path', `tenant_${name}`)
  return own.href
}

export class Tenants {
  #url
  #limit
  #registry
  /** Open databases by tenant, the one that was used last at the end: `{ db, users }`. */
  #open = new Map()

  /** At most `limit` databases stay open while they are not in use. Each has a pool of its own, of two connections at most. */
  constructor(url, { limit = 50 } = {}) {
    this.#url = url
    this.#limit = limit
    this.#registry = open({ models: registry, url })
  }

  /** Creates the registry, and brings each tenant's tables to the newest revision. Call it once at the start. */
  async start() {
    await initDb({ db: this.#registry, migrations: false, seed: false })
    for (const name of await this.names()) await this.use(name, db => initDb({ db }))
  }

  async names() {
    return (await this.#registry.tenants.list({ orderBy: { name: 'asc' } })).map(({ name }) => name)
  }

  /** Creates a tenant's tables, then registers it. If the process is killed between the two, call it again. */
  async create(name) {
    const db = this.#connect(name)
    try {
      await initDb({ db })
    } finally {
      await db.close()
    }
    await this.#registry.tenants.create({ name })
  }

  /** Runs `work` with a tenant's database, which stays open until it returns. */
  async use(name, work) {
    if (!(await this.#registry.tenants.exists({ where: { name } }))) throw new Error(`There is no tenant ${name}.`)
    const entry = this.#open.get(name) ?? { db: this.#connect(name), users: 0 }
    this.#open.delete(name)
    this.#open.set(name, entry)
    entry.users++
    try {
      return await work(entry.db)
    } finally {
      entry.users--
      await this.#closeSurplus()
    }
  }

  /** Closes everything, after the running calls. */
  async close() {
    await Promise.all([...this.#open.values()].map(({ db }) => db.close()))
    await this.#registry.close()
  }

  #connect(name) {
    return open({ models, url: urlOf(this.#url, name), pool: { size: 2 } })
  }

  async #closeSurplus() {
    const idle = [...this.#open].filter(([, { users }]) => users === 0)
    for (const [name, { db }] of idle.slice(0, Math.max(0, this.#open.size - this.#limit))) {
      this.#open.delete(name)
      await db.close()
    }
  }
}
