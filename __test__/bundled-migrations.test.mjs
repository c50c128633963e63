// The repository's own revisions: they lead to the bundled models, on both databases.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { check, initDb, open } from 'plinth'
import models, { createTask } from 'plinth/models'
import { fileUrl } from './support/dialect-sqlite.mjs'
import { root } from './support/project.mjs'

const migrations = join(root, 'migrations')

test('the bundled models have no change without a revision, and each was proven on both', async () => {
  const report = await check({ models, migrations, prove: true, env: {} })
  assert.deepEqual([report.operations, report.questions, report.edited, report.upToDate], [[], [], [], true])
  const revisions = readdirSync(migrations)
  assert.ok(revisions.length > 0)
  for (const name of revisions) {
    for (const file of ['up.sqlite.sql', 'down.sqlite.sql', 'up.postgres.sql', 'down.postgres.sql'])
      assert.doesNotMatch(readFileSync(join(migrations, name, file), 'utf8'), /NOT PROVEN/, `${name}/${file}`)
  }
  assert.deepEqual(
    report.proven.map(({ sqlite }) => sqlite),
    revisions.map(() => true),
  )
})

test('they make the database that the models would make', async t => {
  const [made, migrated] = [fileUrl(t, 'made.db'), fileUrl(t, 'migrated.db')]
  await initDb({ models, url: made })
  const report = await initDb({ models, url: migrated, migrations })
  assert.deepEqual([report.migrated.length, report.pending], [readdirSync(migrations).length, []])
  const adopted = await initDb({ models, url: made, migrations })
  assert.deepEqual([adopted.adopted, adopted.pending], [true, []])
  for (const url of [made, migrated]) {
    const db = open({ models, url })
    t.after(() => db.close())
    assert.equal((await createTask(db, { type: 'report' })).status, 'pending')
  }
})
