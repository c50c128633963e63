// What is kept on the command line: kept by default, listed without a value, planned, restored, dropped.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dialect, projectFiles } from '../support/dialect.mjs'
import { here } from '../support/differences.mjs'
import { plinth, project, write } from '../support/project.mjs'

const models = more => `
import { c, model, schema } from 'plinth'
export default schema({ users: model('users', { id: c.id(), ${more} }) })
`
const PHONE = 'phone: c.text().nullable()'

const succeed = ({ code, stdout, stderr }) => {
  assert.deepEqual([code, stderr], [0, ''], stdout)
  return stdout
}

test('upgrade keeps and reports it, kept lists, restore plans and restores, --drop drops', async t => {
  const cwd = project(t, {
    'package.json': {
      name: 'app',
      private: true,
      plinth: { models: './models.mjs', dialects: [dialect], seed: './seed.mjs', keep: { count: 1 } },
    },
    'models.mjs': models(PHONE),
    'seed.mjs': "export default { users: tx => tx.users.createMany([{ phone: 'secret' }, {}]) }",
    ...(await projectFiles(t)),
  })
  const say = (...words) => succeed(plinth(cwd, words))
  const document = (...words) => JSON.parse(say(...words, '--json'))
  say('revision', 'first', '--no-prove')
  say('init')
  assert.match(say('kept'), /Nothing is kept\./)
  write(cwd, { 'models.mjs': models('') })
  say('revision', 'drop', 'phone', '--no-prove', '--yes')
  assert.match(say('upgrade'), /kept +1: users\.phone, 2 rows; bring it back with plinth restore 1\n/)
  const listed = say('kept')
  assert.match(listed, /1 +users\.phone, 2 rows, 8 bytes\n.*: upgrade \d{14}_drop_phone\n +"phone" text/i)
  assert.ok(!listed.includes('secret'))
  assert.doesNotMatch(listed, /\n\s*\n/)
  assert.equal(document('kept').kept[0].what, 'users.phone')
  assert.doesNotMatch(say('downgrade', '--no-keep'), /kept/)
  assert.match(say('restore', '1', '--plan'), /restores +users\.phone, 1 row\n[\s\S]*Plan only: nothing was changed/)
  assert.match(
    say('restore', '1'),
    /restored +users\.phone, 1 row\n[\s\S]*the entry 1 stays until plinth kept --drop 1/,
  )
  assert.equal(document('restore', '1').same, 2)
  // The configuration says how many of a kind stay.
  assert.match(say('upgrade'), /kept +2: users\.phone.*\n +the older entry 1 was dropped for it/)
  assert.match(say('kept', '--drop', '2'), /dropped +2: users\.phone, 2 rows, for good/)
  for (const words of [['restore', '2'], ['restore', 'two'], ['kept', '--drop', '0'], ['restore']]) {
    const { code, stdout, stderr } = plinth(cwd, words)
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /^plinth: /)
  }
  write(cwd, { 'seed.mjs': 'export default {}' })
  const reset = document('reset')
  assert.deepEqual([reset.kept.length, reset.keptFile !== undefined], here('resetKeepsInFile') ? [0, true] : [1, false])
})
