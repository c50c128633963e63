// If Node forbids code made of text, rows are packed and read by going through their columns: the
// same suites hold.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { noDatabase } from '../support/dialect.mjs'
import { project, root, run } from '../support/project.mjs'

const FLAG = '--disallow-code-generation-from-strings'
const suites = ['bulk', 'crud', 'generated-keys', 'include', 'skip-unreadable', 'stream', 'unreadable', 'values']

test('code made of text is forbidden', () => {
  const made = spawnSync(process.execPath, [FLAG, '-e', 'new Function("return 1")()'], { encoding: 'utf8' })
  assert.match(made.stderr, /EvalError/)
})

test('the suites of rows and values hold without it', () => {
  const files = suites.map(name => join(root, '__test__/both', `${name}.test.mjs`))
  const env = { ...process.env }
  // Else the runner inside takes itself for a part of this one.
  delete env.NODE_TEST_CONTEXT
  const { status, stdout } = spawnSync(process.execPath, [FLAG, '--test', ...files], {
    cwd: root,
    env,
    encoding: 'utf8',
  })
  assert.equal(status, 0, stdout.slice(-5000))
  assert.match(stdout, /^(ℹ|#) pass [1-9]\d+$/m)
})

test('the smoke suite holds without it', async t => {
  const script = join(root, '__test__/smoke/run.mjs')
  const { code, stdout, stderr } = run(root, process.execPath, [FLAG, script, await noDatabase(t), project(t)])
  assert.deepEqual([code, stderr], [0, ''], stdout)
  assert.match(stdout, /\nend\n$/)
})
