// Revisions in steps beside objects of the same names, and with names that need quotes: nothing of others is taken for theirs.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { c, check, index, model, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { workshop } from '../support/migrations.mjs'
import { isAfter, isBefore, nothingLeft, place } from '../support/online.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'

const online = { online: true }
const quoted = name => `"${name.replaceAll('"', '""')}"`

/** A name that begins so and has as many bytes as the server keeps. */
const long = beginning => beginning + 'x'.repeat(63 - Buffer.byteLength(beginning))

/** Objects that no revision of the project may touch: tables and records of another tool, with the names of the project's. */
const OTHERS = `
  CREATE SCHEMA tool;
  CREATE TABLE tool.users (id bigint PRIMARY KEY, email text, plan text, slug text, team_id bigint);
  INSERT INTO tool.users VALUES (1, 'a'), (2, 'b');
  CREATE UNIQUE INDEX users_slug_key ON tool.users (slug);
  CREATE INDEX users_team_id_idx ON tool.users (team_id);
  CREATE TABLE tool.plinth_steps (revision text PRIMARY KEY, checksum text, direction text, step bigint, cursor text);
  INSERT INTO tool.plinth_steps VALUES ('20200101000000', 'x', 'up', 3);
  CREATE FUNCTION tool.plinth_fill_users() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER plinth_fill_users BEFORE INSERT ON tool.users FOR EACH ROW EXECUTE FUNCTION tool.plinth_fill_users()`

/** The state of these objects. */
async function others(url) {
  const [row] = await query(
    url,
    `SELECT (SELECT json_agg(u ORDER BY id) FROM tool.users u) AS rows, (SELECT count(*)::int FROM tool.plinth_steps) AS steps,
       (SELECT json_agg(indexrelid::regclass::text ORDER BY 1) FROM (SELECT indexrelid FROM pg_index
          WHERE indrelid = 'tool.users'::regclass) i) IS NOT NULL AS indexed,
       (SELECT count(*)::int FROM pg_index WHERE indrelid = 'tool.users'::regclass) AS indexes,
       (SELECT count(*)::int FROM pg_trigger WHERE tgrelid = 'tool.users'::regclass) AS triggers`,
  )
  return row
}

for (const path of ['public', 'public, tool'])
  test(`a table of another tool in another schema stays as it is, with the search path ${path}`, async t => {
    const shop = await place(t, { rows: 50 })
    await query(shop.url, OTHERS)
    const name = new URL(shop.url).pathname.slice(1)
    await query(shop.url, `ALTER DATABASE ${name} SET search_path = ${path}`)
    const before = await others(shop.url)
    assert.deepEqual([before.indexes, before.triggers, before.steps], [3, 1, 1])
    await query(shop.url, `UPDATE public.users SET email = 'USER 8' WHERE id = 3`)
    const refused = { code: 'ROWS_REFUSED', constraint: 'users_slug_key', message: /^Step 4 of 8 .*: id 3, 8\.$/ }
    await fails(() => shop.upgrade('head', online), refused)
    await shop.downgrade()
    assert.deepEqual(await others(shop.url), before, 'taken back')
    await fails(() => shop.upgrade('head', online), refused)
    await query(shop.url, `UPDATE public.users SET email = 'mended', slug = 'mended' WHERE id = 3`)
    await shop.upgrade()
    await shop.downgrade('-1', online)
    assert.deepEqual(await others(shop.url), before, 'there and back')
    const [{ rows }] = await query(shop.url, 'SELECT count(*)::int AS rows FROM public.users')
    assert.equal(rows, 50)
  })

test('an index of another table with the name of one that a step makes stays when the revision is taken back', async t => {
  const shop = await place(t, { rows: 50 })
  await query(shop.url, 'CREATE TABLE others (slug text); CREATE INDEX users_slug_key ON others (slug)')
  await fails(() => shop.upgrade('head', online), { message: /^Step 4 of 8 .*users_slug_key/ })
  assert.equal((await shop.status()).unfinished.step, 3)
  await shop.downgrade()
  await isBefore(shop)
  const [{ of }] = await query(
    shop.url,
    `SELECT indrelid::regclass::text AS of FROM pg_index WHERE indexrelid = 'users_slug_key'::regclass`,
  )
  assert.equal(of, 'others')
  await query(shop.url, 'DROP TABLE others')
  await shop.upgrade('head', online)
  await isAfter(shop)
})

const NAMES = {
  'of 63 bytes': { table: long('table_'), email: long('email_'), slug: long('slug_'), team: long('team_') },
  'of 63 bytes with umlauts': {
    table: long('Tä'.repeat(20)),
    email: long('ä'),
    slug: long('ö'.repeat(30)),
    team: long('ü'),
  },
  'with quotes, spaces and capitals': {
    table: 'The "Users" of $1 ',
    email: 'E Mail',
    slug: `it's "slug"`,
    team: 'Team\\Id $plinth$',
  },
  'that look like SQL': { table: 'a;b--c', email: 'select', slug: '/* x */', team: 'NULL' },
}

for (const [what, names] of Object.entries(NAMES))
  test(`names ${what}: half-way, taken back, gone on with, and reverted`, async t => {
    const shop = await workshop(t)
    const [table, email, slug] = [quoted(names.table), quoted(names.email), quoted(names.slug)]
    const teams = model('teams', { id: c.id() }).table('The "teams"')
    const models = (columns, extras) =>
      schema({
        teams,
        users: model('users', { id: c.id(), email: c.text().name(names.email), ...columns }, extras).table(names.table),
      })
    await shop.write(models(), 'first')
    await shop.upgrade()
    await query(shop.url, `INSERT INTO ${table} (${email}) SELECT 'User ' || n FROM generate_series(1, 30) n`)
    const columns = {
      slug: c.text().unique().name(names.slug),
      teamId: c.integer().nullable().references('teams.id').name(names.team),
    }
    const extras = u => [index(u.teamId), check(`length(${slug}) >= 0`)]
    const backfill = { [`${names.table}.${names.slug}`]: `lower(${email})` }
    const { revisions } = await shop.write(models(columns, extras), 'second', { backfill })
    assert.ok(readdirSync(revisions[0].folder).includes('up.postgres.online.sql'))
    const settled = async () => {
      await nothingLeft(shop.url)
      assert.ok(Object.values((await shop.status()).drift).every(number => number === 0))
    }
    await query(shop.url, `UPDATE ${table} SET ${email} = 'USER 8' WHERE id = 3`)
    const refused = { code: 'ROWS_REFUSED', table: names.table, columns: [names.slug], message: /: id 3, 8\.$/ }
    await fails(() => shop.upgrade('head', online), refused)
    assert.equal((await shop.status()).unfinished.step, 2)
    await shop.downgrade()
    await settled()
    await fails(() => shop.upgrade('head', online), refused)
    await query(shop.url, `UPDATE ${table} SET ${email} = 'mended', ${slug} = 'mended' WHERE id = 3`)
    assert.equal((await shop.upgrade()).applied[0].online, true)
    await settled()
    assert.deepEqual(await query(shop.url, `SELECT FROM ${table} WHERE ${slug} <> lower(${email})`), [])
    await shop.downgrade('-1', online)
    await settled()
  })
