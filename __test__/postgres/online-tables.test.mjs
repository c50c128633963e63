// Revisions in steps on tables that have none: partitions, tables that inherit, policies, publications that would break.
import assert from 'node:assert/strict'
import { c, index, model, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { workshop } from '../support/migrations.mjs'
import { before, isAfter, place } from '../support/online.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'
import { plinth, write } from '../support/project.mjs'

const online = { online: true }

/** Makes the table so large that its revisions run in steps. */
async function enlarge({ url }, column = 'notes') {
  await query(url, `ALTER TABLE users ALTER ${column} SET STORAGE EXTERNAL`)
  const values = { email: 'large', [column]: 'x'.repeat(34_000_000) }
  const names = Object.keys(values)
  await query(url, `INSERT INTO users (${names}) VALUES (${names.map((_, at) => `$${at + 1}`)})`, Object.values(values))
}

/** The columns of the table that the revision changes. */
const columns = async ({ url }) => {
  const sql = `SELECT attname FROM pg_attribute WHERE attrelid = 'users'::regclass AND attnum > 0 AND NOT attisdropped`
  return (await query(url, sql)).map(({ attname }) => attname)
}

/** Checks that a revision is refused the steps by a sentence, and runs as one transaction whose report has it. */
async function isOneTransaction(shop, sentence) {
  await fails(() => shop.upgrade('head', online), {
    code: 'ONLINE_REFUSED',
    table: 'users',
    message: new RegExp(`up\\.postgres\\.online\\.sql cannot run in steps: ${sentence.source}`),
    hint: /without --online: it runs as one transaction.*has not begun/,
  })
  assert.deepEqual([(await shop.status()).unfinished, (await columns(shop)).includes('slug')], [null, false])
  await enlarge(shop)
  const progress = []
  const { applied } = await shop.upgrade('head', { onProgress: it => progress.push(it) })
  assert.equal(applied[0].online, undefined)
  assert.match(applied[0].notOnline, sentence)
  // Reported before it blocks, and once.
  assert.deepEqual(
    progress.flatMap(({ statement, notOnline }) => (notOnline ? [[statement, notOnline]] : [])),
    [[1, applied[0].notOnline]],
  )
}

test('a table with tables that inherit from it has no steps', async t => {
  const shop = await place(t, { scripts: null, rows: 50 })
  await query(shop.url, 'CREATE TABLE archive () INHERITS (users)')
  await isOneTransaction(shop, /"users" has tables that inherit from it \(archive\): /)
})

test('the command line reports the reason before and after', async t => {
  const shop = await place(t, { scripts: null, rows: 50 })
  await query(shop.url, 'CREATE TABLE archive () INHERITS (users)')
  await enlarge(shop)
  write(shop.cwd, { 'package.json': { plinth: { models: './models.json' } }, 'models.json': before.toJSON() })
  const refused = plinth(shop.cwd, ['upgrade', '--online', '--url', shop.url])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /cannot run in steps: [\s\S]*ONLINE_REFUSED/)
  const { code, stdout, stderr } = plinth(shop.cwd, ['upgrade', '--url', shop.url])
  assert.equal(code, 0, stderr)
  assert.match(
    stderr,
    /_second up: as one transaction, not in steps: "users" has tables that inherit from it \(archive\)/,
  )
  assert.match(stdout, /As one transaction, not in steps: "users" has tables/)
})

test('a table that inherits has no steps', async t => {
  const shop = await place(t, { scripts: null, rows: 50 })
  await query(shop.url, 'CREATE TABLE people (email text COLLATE "C" NOT NULL)')
  await query(shop.url, 'ALTER TABLE users INHERIT people')
  await isOneTransaction(shop, /"users" inherits from people/)
})

test('a partition has no steps, nor could one transaction give it a column', async t => {
  const shop = await place(t, { scripts: null, rows: 50 })
  await query(
    shop.url,
    'ALTER TABLE users ALTER id DROP IDENTITY; CREATE TABLE people (LIKE users) PARTITION BY RANGE (id); ALTER TABLE people ATTACH PARTITION users DEFAULT',
  )
  const refused = { code: 'ONLINE_REFUSED', table: 'users', message: /"users" is a partition of people/ }
  await fails(() => shop.upgrade('head', online), refused)
  await fails(() => shop.upgrade(), { code: 'REVISION_FAILED' })
  assert.equal((await shop.status()).unfinished, null)
})

const events = (columns = {}, extras) =>
  schema({
    events: model('events', { id: c.integer().primaryKey(), name: c.text(), ...columns }, extras),
    // Large enough for steps, which a partitioned table itself never is.
    users: model('users', { id: c.id(), email: c.text(), notes: c.text().nullable(), ...columns }),
  })

test('a partitioned table has no steps, whichever table of the revision is large', async t => {
  const shop = await workshop(t)
  await shop.write(events(), 'first')
  await shop.upgrade()
  await query(
    shop.url,
    `ALTER TABLE events RENAME TO first_events;
     ALTER TABLE first_events RENAME CONSTRAINT events_pkey TO first_events_pkey;
     CREATE TABLE events (LIKE first_events INCLUDING DEFAULTS, CONSTRAINT events_pkey PRIMARY KEY (id)) PARTITION BY RANGE (id);
     ALTER TABLE events ATTACH PARTITION first_events FOR VALUES FROM (0) TO (1000);
     INSERT INTO events SELECT n, 'name ' || n FROM generate_series(1, 50) n;
     INSERT INTO users (email) VALUES ('a')`,
  )
  const models = events({ slug: c.text() }, t => [index(t.name)])
  const backfill = { 'events.slug': 'upper(name)', 'users.slug': 'upper(email)' }
  await shop.write(models, 'slugs', { backfill })
  const refused = /"events" is partitioned: /
  await fails(() => shop.upgrade('head', online), { code: 'ONLINE_REFUSED', table: 'events', message: refused })
  await enlarge(shop)
  const { applied } = await shop.upgrade()
  assert.match(applied[0].notOnline, refused)
  assert.deepEqual(await query(shop.url, 'SELECT slug FROM first_events WHERE id = 7'), [{ slug: 'NAME 7' }])
})

for (const forced of [false, true])
  test(`policies ${forced ? 'for the owner, too, are found before the first step' : 'for others do not hide rows from the owner'}`, async t => {
    const shop = await place(t, { rows: 50 })
    const role = `owner_${process.pid}_${forced}`
    const name = new URL(shop.url).pathname.slice(1)
    await query(shop.url, `CREATE ROLE ${role} LOGIN PASSWORD 'x'; ALTER DATABASE ${name} OWNER TO ${role}`)
    t.after(() =>
      query(shop.url, `REASSIGN OWNED BY ${role} TO CURRENT_USER; DROP OWNED BY ${role}; DROP ROLE ${role}`),
    )
    const tables = await query(
      shop.url,
      `SELECT oid::regclass::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
    )
    for (const { name } of tables) await query(shop.url, `ALTER TABLE ${name} OWNER TO ${role}`)
    await query(
      shop.url,
      `GRANT ALL ON SCHEMA public TO ${role};
       ALTER TABLE users ENABLE ROW LEVEL SECURITY, ${forced ? 'FORCE' : 'NO FORCE'} ROW LEVEL SECURITY;
       CREATE POLICY few ON users USING (id <= 10)`,
    )
    const url = Object.assign(new URL(shop.url), { username: role, password: 'x' }).href
    const owners = await workshop(t, { url, cwd: shop.cwd })
    if (forced) {
      const message = /A policy may hide rows of "users" from this role, and all its rows get values\.$/
      await fails(() => owners.upgrade('head', online), { code: 'ONLINE_REFUSED', message, hint: /BYPASSRLS/ })
      // One transaction would have left them without a value.
      const refused = { code: 'PERMISSION_DENIED', message: /users/ }
      await fails(() => owners.upgrade('head', { online: false }), refused)
      await query(shop.url, 'ALTER TABLE users NO FORCE ROW LEVEL SECURITY')
    }
    await owners.upgrade('head', online)
    await query(shop.url, 'ALTER TABLE users DISABLE ROW LEVEL SECURITY')
    await isAfter(shop)
  })

const users = (columns, extras) =>
  schema({ users: model('users', { id: c.id(), email: c.text(), ...columns }, extras) })
const notes = c.text().nullable()
const code = { code: c.text() }
/** A value for each row, which gives the revision its steps. */
const coded = { backfill: { 'users.code': 'lower(email)' } }

/** A database with rows and a pending revision, and a publication of its table. */
async function published(t, { from, to, choices = coded, publication }) {
  const shop = await workshop(t)
  await shop.write(from, 'first')
  await shop.upgrade()
  await query(shop.url, `INSERT INTO users (email) SELECT 'User ' || n FROM generate_series(1, 50) n`)
  await shop.write(to, 'second', choices)
  await query(shop.url, `DROP PUBLICATION IF EXISTS feed; ${publication}`)
  t.after(() => query(shop.url, 'DROP PUBLICATION IF EXISTS feed').catch(() => {}))
  return shop
}

/** Checks that a revision does not begin because of a publication, whether or not it is to run in steps. */
async function breaks(shop, message, hint, column = 'email') {
  const refused = { code: 'ONLINE_REFUSED', table: 'users', message, hint }
  await fails(() => shop.upgrade('head', online), refused)
  await enlarge(shop, column)
  await fails(() => shop.upgrade(), refused)
  assert.equal((await shop.status()).unfinished, null)
}

for (const [what, list] of [
  ['list of columns', '(id, phone)'],
  ['row filter', "WHERE (phone <> '')"],
])
  test(`a column in the ${what} of a publication is not dropped in steps`, async t => {
    const shop = await published(t, {
      from: users({ phone: c.text().nullable() }),
      to: users(code),
      choices: { ...coded, drop: ['users.phone'] },
      // A filter on what is not the key goes with inserts alone.
      publication: `CREATE PUBLICATION feed FOR TABLE users ${list} WITH (publish = 'insert')`,
    })
    await breaks(shop, /"feed" names "users"\."phone", which the revision drops\.$/, /^Change the publication first/)
    // The hint is right about one transaction.
    await fails(() => shop.upgrade('head', { online: false }), { message: /phone/ })
    await query(shop.url, 'ALTER PUBLICATION feed SET TABLE users')
    assert.equal((await shop.upgrade()).applied[0].online, true)
  })

test('a column that a publication names gets no other type in steps', async t => {
  const shop = await published(t, {
    from: users({ phone: c.text({ max: 10 }).nullable() }),
    to: users({ phone: c.text({ max: 20 }).nullable(), ...code }),
    publication: `CREATE PUBLICATION feed FOR TABLE users (id, phone) WITH (publish = 'insert')`,
  })
  await breaks(shop, /"feed" names "users"\."phone", whose type the revision changes\.$/, /^Change the publication/)
})

test('a column that a publication names is renamed in one transaction', async t => {
  const shop = await published(t, {
    from: users({ phone: c.text().nullable() }),
    to: users({ mobile: c.text().nullable(), ...code }),
    choices: { ...coded, rename: { 'users.phone': 'users.mobile' } },
    publication: 'CREATE PUBLICATION feed FOR TABLE users (id, phone)',
  })
  const message = /"feed" names "users"\."phone", which the revision renames: /
  await fails(() => shop.upgrade('head', online), { code: 'ONLINE_REFUSED', message, hint: /without --online/ })
  await enlarge(shop, 'email')
  assert.match((await shop.upgrade()).applied[0].notOnline, message)
  const list = await query(shop.url, `SELECT attnames::text AS names FROM pg_publication_tables WHERE pubname = 'feed'`)
  assert.deepEqual(list, [{ names: '{id,mobile}' }])
})

test('a published table whose rows the server does not update gets no values in batches', async t => {
  const shop = await published(t, {
    from: users(),
    to: users(code),
    publication: 'ALTER TABLE users REPLICA IDENTITY NOTHING; CREATE PUBLICATION feed FOR TABLE users',
  })
  await breaks(shop, /^.* No row of "users" can be updated, which the publication "feed" sends: /, /replica identity/)
  await fails(() => shop.upgrade('head', { online: false }), { message: /users/ })
  await query(shop.url, 'ALTER TABLE users REPLICA IDENTITY DEFAULT')
  assert.equal((await shop.upgrade()).applied[0].online, true)
})

test('a publication of inserts alone, and one of all tables with keys, hinder nothing', async t => {
  for (const publication of [
    `ALTER TABLE users REPLICA IDENTITY NOTHING; CREATE PUBLICATION feed FOR TABLE users WITH (publish = 'insert')`,
    'CREATE PUBLICATION feed FOR ALL TABLES',
  ]) {
    const shop = await published(t, { from: users(), to: users(code), publication })
    assert.equal((await shop.upgrade('head', online)).applied[0].online, true)
    await query(shop.url, 'DROP PUBLICATION feed')
  }
})

test('the unique by which subscribers find rows is not dropped before there is another way', async t => {
  const shop = await published(t, {
    from: users({ email: c.text().unique(), notes }),
    to: users({ notes, ...code }),
    publication:
      'ALTER TABLE users REPLICA IDENTITY USING INDEX users_email_key; CREATE PUBLICATION feed FOR TABLE users',
  })
  await breaks(
    shop,
    /The revision drops "users_email_key", by which .* "feed" find the rows of "users"\.$/,
    /another replica identity/,
    'notes',
  )
  await query(shop.url, 'ALTER TABLE users REPLICA IDENTITY DEFAULT')
  assert.equal((await shop.upgrade()).applied[0].online, true)
})
