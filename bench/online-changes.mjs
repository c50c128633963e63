// The changes of a large table that bench/online.mjs measures: the models after each, and the SQL of a person who knows PostgreSQL.
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { c, index, model, schema, unique } from '../dist/index.js'

const teams = model('teams', { id: c.id(), name: c.text() })
const columns = { id: c.id(), email: c.text(), name: c.text(), visits: c.integer().default(0) }
const users = (more = {}, extras) => schema({ teams, users: model('users', { ...columns, ...more }, extras) })
const { name, ...unnamed } = columns

/** The models before. */
export const first = users()

const defaults = { plan: c.text().default('free'), score: c.integer().default(0) }
const filled = { slug: c.text() }
const key = { teamId: c.integer().nullable().references('teams.id', { onDelete: 'set null' }) }
const indexed = t => [index(t.name)]
const once = t => [unique(t.email)]
const backfill = { 'users.slug': 'lower(email)' }
const rename = { 'users.name': 'users.full_name' }

const BRIEF = `SET lock_timeout = '40ms'`
const ADD_DEFAULTS = `ALTER TABLE users ADD plan text COLLATE "C" NOT NULL DEFAULT 'free', ADD score bigint NOT NULL DEFAULT 0`
const ADD_KEY = 'ALTER TABLE users ADD team_id bigint'
const KEY =
  'ALTER TABLE users ADD CONSTRAINT users_team FOREIGN KEY (team_id) REFERENCES teams ON DELETE SET NULL NOT VALID'
const INDEX = 'CREATE INDEX CONCURRENTLY users_name ON users (name NULLS FIRST)'
const UNIQUE = 'CREATE UNIQUE INDEX CONCURRENTLY users_email ON users (email)'
const CONSTRAINT = 'ALTER TABLE users ADD CONSTRAINT users_email UNIQUE USING INDEX users_email'
const RENAME = 'ALTER TABLE users RENAME name TO full_name'

const NOT_DEFAULTS = `plan IS DISTINCT FROM 'free' OR score IS DISTINCT FROM 0`
const NOT_FILLED = 'slug IS DISTINCT FROM lower(email)'
const NOT_EMPTY = 'team_id IS NOT NULL'

/** Each change by its name: `name` is the column of names afterwards, `wrong` holds for rows without their new values. */
export const CHANGES = {
  'two columns with defaults': {
    revision: { models: users(defaults) },
    byHand: byHand(ADD_DEFAULTS),
    wrong: NOT_DEFAULTS,
  },
  'a NOT NULL column with a backfill': {
    revision: { models: users(filled), backfill },
    byHand: byHand(fill),
    wrong: NOT_FILLED,
  },
  'a nullable foreign key': {
    revision: { models: users(key) },
    byHand: byHand(ADD_KEY, KEY, 'ALTER TABLE users VALIDATE CONSTRAINT users_team'),
    wrong: NOT_EMPTY,
  },
  'an index': { revision: { models: users({}, indexed) }, byHand: byHand(INDEX) },
  'a unique': { revision: { models: users({}, once) }, byHand: byHand(UNIQUE, CONSTRAINT) },
  'a rename': {
    revision: { models: schema({ teams, users: model('users', { ...unnamed, fullName: c.text() }) }), rename },
    byHand: byHand(RENAME),
    name: 'full_name',
  },
  'all of these': {
    revision: {
      models: schema({
        teams,
        users: model('users', { ...unnamed, fullName: c.text(), ...defaults, ...filled, ...key }, t => [
          index(t.fullName),
          unique(t.email),
        ]),
      }),
      backfill,
      rename,
    },
    byHand: byHand(
      ADD_DEFAULTS,
      fill,
      ADD_KEY,
      KEY,
      'ALTER TABLE users VALIDATE CONSTRAINT users_team',
      INDEX,
      UNIQUE,
      CONSTRAINT,
      RENAME,
    ),
    name: 'full_name',
    wrong: [NOT_DEFAULTS, NOT_FILLED, NOT_EMPTY].join(' OR '),
  },
}

/** Runs statements one after the other, each tried again while others hold the locks that it needs. */
function byHand(...steps) {
  return async url => {
    const session = new pg.Client({ connectionString: url })
    await session.connect()
    try {
      for (const step of steps) await (typeof step === 'function' ? step(session) : tried(session, step))
    } finally {
      await session.end()
    }
  }
}

async function tried(session, sql) {
  for (;;) {
    await session.query(/CONCURRENTLY|VALIDATE/.test(sql) ? 'SET lock_timeout = 0' : BRIEF)
    try {
      return await session.query(sql)
    } catch (error) {
      if (error.code !== '55P03') throw error
      await sleep(50)
    }
  }
}

/** A column that each row gets from an expression, 5,000 rows at a time, and that may not be NULL afterwards. */
async function fill(session) {
  await tried(session, 'ALTER TABLE users ADD slug text COLLATE "C"')
  await tried(
    session,
    `CREATE FUNCTION slugs() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN NEW.slug := coalesce(NEW.slug, lower(NEW.email)); RETURN NEW; END $$`,
  )
  await tried(session, 'CREATE TRIGGER slugs BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION slugs()')
  const { rows } = await session.query('SELECT max(id)::int AS last FROM users')
  for (let id = 0; id < rows[0].last; id += 5_000) {
    const between = `id > ${id} AND id <= ${id + 5_000}`
    // Tried again as well: a row that a client has locked ends the statement after the time for locks.
    await tried(session, `UPDATE users SET slug = lower(email) WHERE ${between} AND slug IS NULL`)
    await sleep(50)
  }
  await tried(session, 'ALTER TABLE users ADD CONSTRAINT has_slug CHECK (slug IS NOT NULL) NOT VALID')
  await tried(session, 'ALTER TABLE users VALIDATE CONSTRAINT has_slug')
  await tried(
    session,
    'ALTER TABLE users ALTER slug SET NOT NULL, DROP CONSTRAINT has_slug; DROP TRIGGER slugs ON users; DROP FUNCTION slugs()',
  )
}
