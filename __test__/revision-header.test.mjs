// The header of a revision and the name of its folder: a template of the project's, and messages in
// any script.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { c, history, model, revision, schema, upgrade } from 'plinth'
import { folder, plinth, project, write } from './support/project.mjs'

const users = (columns = {}) => schema({ users: model('users', { id: c.id(), ...columns }) })
const before = users({ phone: c.text().nullable(), fax: c.text().nullable() })

/** Writes revisions in a folder of its own, for a database that is SQLite: PostgreSQL is not proven. */
function workshop(t, files = {}) {
  const cwd = folder(t)
  write(cwd, files)
  const place = { cwd, url: `sqlite:///${join(cwd, 'app.db')}`, migrations: join(cwd, 'migrations'), env: {} }
  const wrote = async (models, message, more = {}) =>
    (await revision({ ...place, models, message, ...more })).revisions.at(-1)
  return { cwd, place, wrote }
}

test('a template without placeholders keeps what is lost and what is not proven', async t => {
  const { wrote } = workshop(t, { 'header.txt': '-- Property of Ada' })
  const template = 'header.txt'
  await wrote(before, 'first', { template })
  const { files } = await wrote(users(), 'drop both', { template, drop: ['users.phone', 'users.fax'] })
  for (const dialect of ['sqlite', 'postgres']) {
    const lines = files[`up.${dialect}.sql`].split('\n')
    assert.equal(lines[0], '-- Property of Ada')
    const losses = lines.filter(line => line.startsWith('-- DESTRUCTIVE: '))
    assert.equal(losses.length, 2, lines.join('\n'))
    for (const column of ['phone', 'fax']) assert.ok(losses.some(line => line.includes(column)))
    assert.equal(lines.includes('-- NOT PROVEN on postgres'), dialect === 'postgres')
  }
  assert.match(files['down.postgres.sql'], /^-- NOT RESTORED, lost by the up: /m)
})

test('placeholders of a template say each thing once, where it has a place for them', async t => {
  const { wrote } = workshop(t, {
    'header.txt': '{proven}\n-- {message}, {version}\n-- * {operations}\n-- !! {destructive}\n',
  })
  const template = 'header.txt'
  await wrote(before, 'first', { template })
  const { files, version } = await wrote(users(), 'drop both', { template, drop: ['users.phone', 'users.fax'] })
  const text = files['up.postgres.sql']
  assert.ok(text.startsWith(`-- NOT PROVEN on postgres\n-- drop both, ${version}\n-- * `), text)
  assert.equal(text.match(/DESTRUCTIVE/g).length, 2)
  assert.equal(text.match(/NOT PROVEN/g).length, 1)
  assert.ok(files['up.sqlite.sql'].startsWith('-- Proven on sqlite\n'))
})

test('letters beyond ASCII stay in the name of the folder, and long messages are cut between characters', async t => {
  const { place, wrote, cwd } = workshop(t)
  const named = async (models, message) => {
    const { folder, name, version } = await wrote(models, message)
    assert.equal(basename(folder), `${version}_${name}`)
    return name
  }
  assert.equal(await named(users(), 'Größe der Straße'), 'größe_der_straße')
  // As macOS writes it: the letter, then its accent.
  assert.equal(await named(users({ a: c.text().nullable() }), 'Ajoute une clé'), 'ajoute_une_clé')
  assert.equal(await named(users({ a: c.text().nullable(), b: c.text().nullable() }), 'Телефон'), 'телефон')
  const long = await named(
    users({ a: c.text().nullable(), b: c.text().nullable(), d: c.text().nullable() }),
    '電'.repeat(90),
  )
  assert.equal(long, '電'.repeat(60))
  await upgrade({ ...place, models: users({ a: c.text().nullable(), b: c.text().nullable(), d: c.text().nullable() }) })
  const { revisions } = await history(place)
  assert.deepEqual(
    revisions.map(({ name }) => name).toSorted(),
    ['ajoute_une_clé', 'größe_der_straße', 'телефон', long].toSorted(),
  )
  assert.equal(readdirSync(join(cwd, 'migrations')).length, 4)
})

test('what is not proven on PostgreSQL names dialects, for a project of SQLite alone', t => {
  const models =
    "import { c, model, schema } from 'plinth'\nexport default schema({ users: model('users', { id: c.id() }) })\n"
  const files = dialects => ({
    'package.json': { name: 'app', plinth: { models: './models.mjs', ...dialects } },
    'models.mjs': models,
  })
  const { code, stdout } = plinth(project(t, files({})), ['revision', 'first'])
  assert.equal(code, 0)
  assert.match(stdout, /unproven +on postgres/)
  assert.match(stdout, /SQLite alone: "dialects": \["sqlite"\]/)
  const alone = plinth(project(t, files({ dialects: ['sqlite'] })), ['revision', 'first'])
  assert.doesNotMatch(alone.stdout, /unproven|dialects/)
})
