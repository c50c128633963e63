// The README holds: its blocks run as written in an empty project, and its tables name what there is.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { project, root, run, tsc, write } from './support/project.mjs'

const readme = readFileSync(join(root, 'README.md'), 'utf8')

/** The blocks in order: language, file name where it has one, text. `text` blocks are not for a user's project. */
const blocks = [...readme.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)]
  .map(([, language, name, text]) => ({ language, name, text }))
  .filter(({ language }) => language !== 'text')

test('every block runs as written', t => {
  const cwd = project(t, {
    'tsconfig.json': { compilerOptions: { module: 'nodenext', strict: true, noEmit: true, skipLibCheck: false } },
  })
  let output = ''
  const command = line => {
    // The link that project() made stands for it; installing from a tarball is package.test.mjs's.
    if (line === 'npm install plinth') return
    const { code, stdout, stderr } = run(cwd, line, [], { shell: true })
    assert.equal(code, 0, `${line}\n${stdout}\n${stderr}`)
    output += stdout
  }
  // Files first: a command may need one that the reader sees a little later.
  for (const { language, name, text } of blocks) {
    if (language === 'sh') continue
    assert.ok(name, `a ${language} block of the README has no file name:\n${text}`)
    write(cwd, { [name]: text })
  }
  for (const { language, text } of blocks) if (language === 'sh') text.trim().split('\n').forEach(command)
  // No command of the README runs this one.
  command('npx jiti bundled.ts')
  assert.match(output, /created +2 tables/)
  assert.match(output, /seeded +admin/)
  assert.match(output, /status +ok/)
  assert.match(output, /Compute the numbers \(ada@example\.com\)\nWrite the notes \(ada@example\.com\)\n/)
  assert.match(output, /UNIQUE_VIOLATION users \[ 'email' \]\n1 done\n2 users\nok\n/)
  assert.match(output, /function function function\n$/)

  const { code, stdout } = tsc(cwd, '-p', '.')
  assert.equal(code, 0, stdout)
})

test('every error code is in its table, and the table has no other', () => {
  const table = new Set(
    [...readme.matchAll(/^\| (`[A-Z_`, ]+`) \|/gm)].flatMap(([, cell]) => cell.match(/[A-Z][A-Z_]+/g)),
  )
  for (const variable of ['DATABASE_URL', 'PLINTH_NATIVE', 'NO_COLOR']) table.delete(variable)
  const rust = readFileSync(join(root, 'src/error.rs'), 'utf8').match(/pub enum Code \{([\s\S]*?)\n\}/)[1]
  const codes = new Set(
    [...rust.matchAll(/^ {4}(\w+),/gm)].map(([, name]) => name.replace(/(?<!^)([A-Z])/g, '_$1').toUpperCase()),
  )
  for (const name of readdirSync(join(root, 'lib'), { recursive: true })) {
    if (!name.endsWith('.ts')) continue
    const source = readFileSync(join(root, 'lib', name), 'utf8')
    for (const [, code] of source.matchAll(/(?:new \w+Error\(\s*|code: |super\(\s*)'([A-Z][A-Z_]+)'/g))
      codes.add(code)
  }
  // The CLI's own, for what is not an error of the library.
  for (const code of ['USAGE', 'FAILED']) codes.delete(code)
  assert.deepEqual([...table].toSorted(), [...codes].toSorted())
})

test('every verb, option and script it names is there', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const [, name] of readme.matchAll(/npm run ([\w:]+)/g)) assert.ok(scripts[name], `npm run ${name}`)
  for (const [, path] of readme.matchAll(/\]\((?!#|https?:)([^)]+)\)/g)) readFileSync(join(root, path))
})
