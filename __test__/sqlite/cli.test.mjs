// The command `plinth` on files: which of them it makes.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { plinth, project } from '../support/project.mjs'

const files = {
  'package.json': { name: 'app', plinth: { models: './models.mjs' } },
  'models.mjs': `
import { c, model, schema } from 'plinth'
export default schema({ users: model('users', { id: c.id(), email: c.text() }) })
`,
}
const done = ({ code, stdout, stderr }) => assert.deepEqual([code, stderr], [0, ''], stdout)

test('without any URL it is app.db beside package.json', t => {
  const cwd = project(t, files)
  done(plinth(cwd, ['init']))
  assert.ok(existsSync(join(cwd, 'app.db')))
})

test('the database: --url, then DATABASE_URL, then .env, then the configuration', t => {
  const cwd = project(t, {
    ...files,
    'package.json': { name: 'app', plinth: { models: './models.mjs', url: 'sqlite:///./config.db' } },
  })
  const made = name => existsSync(join(cwd, name))
  done(plinth(cwd, ['init']))
  assert.ok(made('config.db'))
  const cwd2 = project(t, { ...files, '.env': 'DATABASE_URL=sqlite:///./dotenv.db\n' })
  done(plinth(cwd2, ['init']))
  assert.ok(existsSync(join(cwd2, 'dotenv.db')))
  done(plinth(cwd, ['init'], { DATABASE_URL: 'sqlite:///./env.db' }))
  assert.ok(made('env.db'))
  done(plinth(cwd, ['init', '--url', 'sqlite:///./option.db'], { DATABASE_URL: 'sqlite:///./unused.db' }))
  assert.ok(made('option.db') && !made('unused.db'))
})
