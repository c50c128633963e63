// Revisions that PostgreSQL runs in steps: the files beside the scripts, their proof, what is stale, and what may block.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { c, index, model, schema, unique } from 'plinth'
import { fails } from '../support/db.mjs'
import { filesOf, workshop } from '../support/migrations.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'
import { plinth, write } from '../support/project.mjs'
import { atTerminal, noTerminal } from '../support/terminal.mjs'

const things = (columns, extras) => schema({ things: model('things', { id: c.id(), ...columns }, extras) })
const old = things({ name: c.text() })
const coded = things({ name: c.text(), code: c.text() }, t => [unique(t.code), index(t.name)])
const backfill = { 'things.code': "lower(things.name) || '-' || id" }
const ONLINE = 'up.postgres.online.sql'

/** A database at the first models, with rows. */
async function begun(t) {
  const shop = await workshop(t)
  await shop.write(old, 'first')
  await shop.upgrade()
  await shop.using(old, db => db.things.createMany([{ name: 'A' }, { name: 'B' }]))
  return shop
}

test('the steps stand beside the scripts, with their locks, and are proven with them', async t => {
  const shop = await begun(t)
  const { revisions } = await shop.write(coded, 'codes', { backfill })
  const [{ folder, proven }] = revisions
  assert.deepEqual(proven, { postgres: true })
  const files = filesOf(folder)
  const names = ['operations.json', 'up.postgres.sql', 'down.postgres.sql', ONLINE]
  assert.deepEqual(Object.keys(files).toSorted(), names.toSorted(), 'the way back needs no steps')
  const { checksums } = JSON.parse(files['operations.json'])
  assert.deepEqual(Object.keys(checksums).toSorted(), names.slice(1).toSorted())
  assert.doesNotMatch(files['up.postgres.sql'], /BLOCKS/)
  const steps = files[ONLINE]
  assert.match(
    steps,
    /^-- plinth: step 1, transaction\n-- Lock: ACCESS EXCLUSIVE on "things", for a moment\.\n-- Rows: /m,
  )
  assert.match(steps, /^-- plinth: step 2, batches of "things" by "id"\n/m)
  assert.match(steps, /CREATE UNIQUE INDEX CONCURRENTLY "things_code_key" ON "things" \("code"\);/)
  assert.deepEqual(steps.match(/^-- plinth: step \d/gm)?.length, 7)
  assert.equal((await shop.check(coded, { prove: true })).upToDate, true)
})

test('a value that the steps cannot give is found by their proof', async t => {
  const shop = await begun(t)
  // No row of a trigger has a place yet.
  const { revisions } = await shop.write(coded, 'codes', {
    backfill: { 'things.code': 'ctid::text' },
    allowBlocking: 'x',
  })
  const files = filesOf(revisions[0].folder)
  assert.equal(ONLINE in files, false)
  assert.match(files['up.postgres.sql'], /^-- BLOCKS: No steps, since they failed: .*ctid/m)
})

test('an edited script makes the steps beside it stale, until they are edited or deleted', async t => {
  const shop = await begun(t)
  const [{ folder, version }] = (await shop.write(coded, 'codes', { backfill })).revisions
  const read = name => readFileSync(join(folder, name), 'utf8')
  const edit = (name, text) => writeFileSync(join(folder, name), text)
  const [up, steps] = [read('up.postgres.sql'), read(ONLINE)]
  const verdicts = async () =>
    (await shop.check(coded)).edited.map(({ file, ok, differences = [] }) => [file, ok, ...differences])

  edit('up.postgres.sql', `${up}-- Reviewed.\n`)
  const [script, stale] = await verdicts()
  assert.deepEqual(script, ['up.postgres.sql', true])
  assert.deepEqual(stale.slice(0, 2), [ONLINE, false])
  assert.match(stale[2], new RegExp(`^migrations/${version}_codes/up\\.postgres\\.online\\.sql is not used any more: `))
  // The next one can be written all the same.
  assert.equal((await shop.write(coded, 'no change')).outcome, 'nothing')

  edit(ONLINE, steps.replace('-- Rows:', '-- The rows:'))
  assert.deepEqual(await verdicts(), [
    ['up.postgres.sql', true],
    [ONLINE, true],
  ])
  edit(ONLINE, steps.replace('DROP TRIGGER', '-- DROP TRIGGER').replace('DROP FUNCTION', '-- DROP FUNCTION'))
  assert.match((await verdicts())[1][2], /step 1 failed at `CREATE FUNCTION/, 'the undo leaves the function')
  edit(ONLINE, steps.replace(/^ALTER TABLE "things" ALTER COLUMN "code" SET NOT NULL;\n/m, ''))
  const [, [, ok, fault]] = await verdicts()
  assert.equal(ok, false)
  assert.match(fault, /failed at `up`: it does not lead where its operations say: .*things\.code/)
  edit(ONLINE, steps.replace(', batches of "things" by "id"', ', slowly'))
  assert.match((await verdicts())[1][2], /Step 2, slowly of migrations\/.*online\.sql has an unknown way\./)
  edit(ONLINE, 'SELECT 1;\n')
  assert.match((await verdicts())[1][2], /SQL before its first step/)

  rmSync(join(folder, ONLINE))
  assert.deepEqual(await verdicts(), [['up.postgres.sql', true]])
  edit('up.postgres.sql', up)
  assert.equal((await shop.check(coded)).upToDate, true)
  await shop.upgrade()
  assert.deepEqual(await query(shop.url, 'SELECT code FROM things ORDER BY id'), [{ code: 'a-1' }, { code: 'b-2' }])
})

test('what blocks a table with rows has to be decided, and the reason stands in the SQL', async t => {
  const shop = await begun(t)
  const numbered = things({ name: c.text(), more: c.json().nullable() }, undefined)
  const wider = schema({ things: model('things', { id: c.id(), name: c.integer() }) })
  const error = await fails(() => shop.write(wider, 'numbers', { allowBlocking: undefined }), {
    code: 'DECISION_REQUIRED',
  })
  const [question] = error.questions
  assert.equal(question.question, 'blocking')
  assert.match(
    question.reasons.join(),
    /^"things"\."name" becomes integer from text: all rows are written anew while "things" is locked\.$/,
  )
  assert.match(error.hint, /^Decide with --allow-blocking "<reason>"\.$/)
  assert.match(error.problems[0].message, /^The revision blocks a table that has rows: .*Why may it\?/)
  assert.equal(shop.folders().length, 1, 'nothing is written')
  assert.equal((await shop.write(wider, 'numbers', { sql: true, allowBlocking: undefined })).outcome, 'printed')
  // Nothing blocks: the reason is not written.
  const brief = await shop.write(numbered, 'more', { allowBlocking: 'not needed' })
  assert.doesNotMatch(filesOf(brief.revisions[0].folder)['up.postgres.sql'], /BLOCKS|blocking/)
  await shop.upgrade()
  await query(shop.url, 'TRUNCATE things')
  // Without rows no question; the sentence stands there all the same.
  const empty = await shop.write(wider, 'numbers', { sql: true, drop: ['things.more'], allowBlocking: undefined })
  assert.match(empty.revisions[0].files['up.postgres.sql'], /^-- BLOCKS: "things"\."name" becomes integer/m)
  const written = await shop.write(wider, 'numbers', { drop: ['things.more'], allowBlocking: undefined })
  const up = filesOf(written.revisions[0].folder)['up.postgres.sql']
  assert.match(up, /^-- BLOCKS: /m)
  assert.doesNotMatch(up, /blocking because/)
})

test('the reason on the command line, and at a terminal', async t => {
  const shop = await begun(t)
  const models = { ...things({ name: c.integer() }).toJSON() }
  const config = { models: './models.json', migrations: './migrations', dialects: ['postgres'] }
  write(shop.cwd, { 'package.json': { name: 'app', private: true, plinth: config }, 'models.json': models })
  const url = ['--url', shop.url]
  const asked = plinth(shop.cwd, ['revision', 'numbers', ...url])
  assert.equal(asked.code, 2)
  assert.match(asked.stderr, /--allow-blocking "<reason>"[\s\S]*code +DECISION_REQUIRED/)
  if (!noTerminal) {
    const left = await atTerminal(shop.cwd, ['revision', 'numbers', ...url], [['Why may it?', '\r']])
    assert.equal(left.code, 2, left.text)
    assert.match(left.text, /The revision blocks a table that has rows:/)
    const given = await atTerminal(shop.cwd, ['revision', 'numbers', ...url], [['Why may it?', 'a night\r']])
    assert.equal(given.code, 0, given.text)
    const [, folder] = shop.folders()
    const up = readFileSync(join(shop.migrations, folder, 'up.postgres.sql'), 'utf8')
    assert.match(up, /^-- plinth: blocking because a night$/m)
    rmSync(join(shop.migrations, folder), { recursive: true })
  }
  const done = plinth(shop.cwd, ['revision', 'numbers', '--allow-blocking', 'at night', ...url])
  assert.equal(done.code, 0, done.stderr)
  const folder = join(shop.migrations, shop.folders().at(-1))
  assert.match(readFileSync(join(folder, 'up.postgres.sql'), 'utf8'), /^-- plinth: blocking because at night$/m)
  assert.equal(existsSync(join(folder, ONLINE)), false)
})
