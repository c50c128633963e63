// The campaign of damaged revisions: the record, the SQL or a file of a revision is changed, cut or deleted. Each verb succeeds or fails with an
// error that has a stable code. After an error the database is as it was, and the revisions as they were written lead to their end.
import { copyFileSync, cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { open, revision, upgrade } from 'plinth'
import { folder } from '../__test__/support/project.mjs'
import { pick } from './support/campaign.mjs'
import { Answering } from './support/children.mjs'
import { flip, mutated } from './support/damage.mjs'
import { decisions, first, second } from './support/revised-models.mjs'

const ROWS = 20

/** Each way to damage the folder of a revision. */
const DAMAGES = {
  record(path, below) {
    const file = join(path, 'operations.json')
    writeFileSync(file, JSON.stringify(mutated(JSON.parse(readFileSync(file, 'utf8')), below)))
  },
  bits(path, below) {
    const file = join(path, pick(below, readdirSync(path).toSorted()))
    const bytes = readFileSync(file)
    flip(bytes, below, 1 + below(4))
    writeFileSync(file, bytes)
  },
  cut(path, below) {
    const file = join(path, pick(below, readdirSync(path).toSorted()))
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.subarray(0, below(bytes.length)))
  },
  added(path, below) {
    const file = join(path, pick(below, ['up.sqlite.sql', 'down.sqlite.sql']))
    const more = [
      'INSERT INTO nowhere VALUES (1);',
      'DELETE FROM users;',
      'DROP TABLE tasks;',
      'COMMIT;',
      ';;',
      "SELECT '",
      '/*',
      'PRAGMA x=1;',
    ]
    writeFileSync(file, `${readFileSync(file, 'utf8')}\n${pick(below, more)}\n`)
  },
  deleted: (path, below) => rmSync(join(path, pick(below, readdirSync(path).toSorted()))),
  renamed: (path, below) =>
    renameSync(
      path,
      path.replace(/[^/\\]+$/, name => pick(below, [`${name}.old`, `2${name}`, 'x', `${name}_x`])),
    ),
}

/** A folder of two revisions, and a database at the first of them with rows. */
async function originals(campaign) {
  const cwd = folder(campaign)
  const migrations = join(cwd, 'migrations')
  const file = join(cwd, 'app.db')
  const common = { cwd, migrations, url: `sqlite:///${file}`, dialects: ['sqlite'], prove: false }
  await revision({ ...common, models: first, message: 'one' })
  await upgrade({ cwd, migrations, url: common.url })
  await revision({ ...common, models: second, message: 'two', ...decisions })
  const db = open({ models: first, url: common.url })
  await db.users.createMany(Array.from({ length: ROWS }, (_, i) => ({ email: `e${i}`, phone: `${i}` })))
  await db.tasks.createMany(Array.from({ length: ROWS }, (_, i) => ({ ownerId: i + 1, state: i % 2 ? 'a' : 'b' })))
  await db.close()
  return { migrations, file }
}

export async function revisions(campaign) {
  const { migrations, file } = await originals(campaign)
  const before = await contentOf(file)
  const caller = new Answering(campaign, 'damaged-revision')
  await campaign.repeat(async below => {
    const cwd = folder(campaign)
    const damaged = join(cwd, 'migrations')
    cpSync(migrations, damaged, { recursive: true })
    copyFileSync(file, join(cwd, 'app.db'))
    const name = pick(below, Object.keys(DAMAGES))
    DAMAGES[name](join(damaged, pick(below, readdirSync(damaged).toSorted())), below)
    campaign.faults++
    const change = pick(below, ['upgrade', 'upgrade', 'downgrade'])
    const common = { cwd, url: `sqlite:///${join(cwd, 'app.db')}` }
    const verbs = ['status', 'history', 'check', 'sql', change, ...(below(4) === 0 ? ['revision'] : [])]
    const results = await caller.ask({ ...common, migrations: damaged, verbs })
    if (results) await judge(campaign, { ...common, migrations }, { name, change, results, before })
    rmSync(cwd, { recursive: true, force: true })
  })
}

async function judge(campaign, options, { name, change, results, before }) {
  const where = `${name}, ${change}: `
  for (const [verb, { fault }] of Object.entries(results)) if (fault) campaign.lose(`${where}${verb}: ${fault}`)
  const file = options.url.slice('sqlite:///'.length)
  const { code } = results[change]
  campaign.count(code ? 'refused' : 'carried out')
  const after = await contentOf(file)
  if (after.integrity !== 'ok') campaign.lose(where + after.integrity)
  if (!code) return
  if (after.text !== before.text) return campaign.lose(`${where}${code}, and the database was changed`)
  await upgrade(options)
  const db = open({ models: second, url: options.url })
  const found = [
    await db.users.count({ where: { mobile: { ne: null } } }),
    await db.tasks.count(),
    await db.more.count(),
  ]
  await db.close()
  if (found.join() !== [ROWS, ROWS, 0].join()) campaign.lose(`${where}after the whole revisions: ${found} rows`)
}

/** The tables, indexes and rows of a database file as text, and the result of its check. */
async function contentOf(file) {
  const db = open({ models: first, url: `sqlite:///${file}` })
  try {
    const objects = await db.sql`SELECT type, name, sql FROM sqlite_schema ORDER BY type, name`
    const tables = objects.filter(({ type, name }) => type === 'table' && !name.startsWith('sqlite_'))
    const rows = []
    for (const { name } of tables) {
      const text = `SELECT * FROM "${name.replaceAll('"', '""')}"`
      rows.push(await db.sql(Object.assign([text], { raw: [text] })))
    }
    const [{ integrity }] = await db.sql`SELECT integrity_check AS integrity FROM pragma_integrity_check`
    return {
      text: JSON.stringify([objects, rows], (_, value) => (typeof value === 'bigint' ? String(value) : value)),
      integrity,
    }
  } finally {
    await db.close()
  }
}
