// The steps of the cases before squawk, a linter of PostgreSQL's migrations: it finds nothing but what a list excuses.
// PLINTH_TEST_SQUAWK=1 gets it from PyPI; so does CI, where it can be reached.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { installFromPypi } from '../scripts/pypi.mjs'
import { root } from './support/project.mjs'

const isAsked = Boolean(process.env.PLINTH_TEST_SQUAWK)
const skip = isAsked || process.env.CI ? false : 'PLINTH_TEST_SQUAWK is not set'

/** The text of the steps, their statements by line, and whether a line is in the first or the last step. */
function steps(text) {
  const lines = text.split('\n')
  const heads = lines.flatMap((line, at) => (line.startsWith('-- plinth: step ') ? [at] : []))
  return { text, lines, isFirst: at => heads[1] === undefined || at < heads[1], isLast: at => at >= heads.at(-1) }
}

const always = () => true
const inTheLastStep = ({ isLast }, line) => isLast(line)

/** Each rule that is excused, where, and why. */
const EXCUSED = {
  // plinth_steps knows which steps are done, and a step that is one transaction is whole.
  'prefer-robust-stmts': always,
  // The upgrade sets lock_timeout before each statement, and tries again: docs/guide/migrations.md.
  'require-lock-timeout': always,
  'require-statement-timeout': always,
  // The change that the models declare, of which `check` warns; or a helper of the steps.
  'ban-drop-column': inTheLastStep,
  'ban-drop-constraint': inTheLastStep,
  'ban-drop-default': inTheLastStep,
  'ban-drop-function': inTheLastStep,
  'ban-drop-not-null': inTheLastStep,
  'ban-drop-table': inTheLastStep,
  // Renames that nothing before the last step depends on come first, the others last.
  'renaming-column': ({ isFirst, isLast }, line) => isFirst(line) || isLast(line),
  'renaming-object': ({ isFirst, isLast }, line) => isFirst(line) || isLast(line),
  'renaming-table': ({ isFirst, isLast }, line) => isFirst(line) || isLast(line),
  // Its lock is asked for like all others: for a moment, again and again. No row is read.
  'require-concurrent-index-deletion': inTheLastStep,
  // Of a table that the same step makes.
  'require-concurrent-index-creation': ({ text, lines }, line) =>
    text.includes(`CREATE TABLE ${/ ON ("(?:[^"]|"")+") \(/.exec(lines[line])?.[1]} (`),
}

test('squawk finds nothing in the steps of the cases that no reason excuses', { skip }, t => {
  const { path, problem } = installFromPypi({
    folder: join(root, 'target', 'tools'),
    list: 'scripts/squawk.txt',
    program: join('bin', 'squawk'),
  })
  if (problem !== undefined && !isAsked) {
    console.warn(`WARNING: squawk did not run: ${problem}`)
    return t.skip(problem)
  }
  assert.equal(problem, undefined)
  const cases = join(root, 'tests', 'cases')
  const names = ['up.postgres.online.sql', 'down.postgres.online.sql']
  const files = readdirSync(cases).flatMap(name => names.map(file => join(cases, name, file)).filter(existsSync))
  assert.ok(files.length > 40, `only ${files.length} files`)
  const { stdout, stderr, error } = spawnSync(path, [...files, '--reporter', 'json'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  assert.equal(error, undefined)
  assert.equal(stderr, '')
  const texts = new Map(files.map(file => [file, steps(readFileSync(file, 'utf8'))]))
  const found = JSON.parse(stdout)
  assert.ok(found.length > 100, 'squawk reads the files')
  const left = found.filter(({ rule_name, file, line }) => !EXCUSED[rule_name]?.(texts.get(file), line))
  assert.deepEqual(
    left.map(({ rule_name, file, line, message }) => `${file}:${line + 1} ${rule_name}: ${message}`),
    [],
  )
})
