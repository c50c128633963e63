// The smoke suite on this Node; `npm run runtimes` runs it on the others.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runtimes } from '../../scripts/runtimes.mjs'
import { checks } from '../smoke/checks.mjs'
import { noDatabase } from '../support/dialect.mjs'
import { project, root, run } from '../support/project.mjs'

test('every check passes, and the process ends by itself', async t => {
  const folder = project(t)
  const script = join(root, '__test__/smoke/run.mjs')
  const { code, stdout, stderr } = run(root, process.execPath, [script, await noDatabase(t), folder])
  const expected = [`Node ${process.versions.node}`, ...Object.keys(checks).map(name => `ok ${name}`), 'end', '']
  assert.deepEqual([code, stdout.split('\n'), stderr], [0, expected, ''], `${stdout}${stderr}`)
})

test('the README says of each runtime of the script, and of no other, what works', () => {
  const [, section] = readFileSync(join(root, 'README.md'), 'utf8').split('\n## Runtimes\n')
  const lines = section.split(/\n##/)[0].matchAll(/^\| ((?:Node|Bun|Deno) .*?) \|/gm)
  assert.deepEqual(
    [...lines].map(([, name]) => name),
    runtimes.map(({ name }) => name),
  )
  for (const { name, package: from } of runtimes) assert.ok(from.endsWith(`@${name.split(' ')[1]}`), from)
})
