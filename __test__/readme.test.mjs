// The README holds: its blocks run as written, in its order, in an empty project. It is short enough to be read.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { blocks, documents, patched } from './support/documents.mjs'
import { project, runLine, tsc, write } from './support/project.mjs'

const readme = documents.get('README.md')

test('every block runs as written', t => {
  const cwd = project(t, {
    'tsconfig.json': { compilerOptions: { module: 'nodenext', strict: true, noEmit: true, skipLibCheck: false } },
  })
  const outputs = new Map()
  for (const { language, name, text } of blocks(readme)) {
    if (language === 'sh') for (const line of text.trim().split('\n')) outputs.set(line, runLine(cwd, line))
    else {
      assert.ok(name, `a ${language} block of the README has no file name:\n${text}`)
      const content = language === 'diff' ? patched(readFileSync(join(cwd, name), 'utf8'), text) : text
      write(cwd, { [name]: content })
    }
  }
  const printed = start => [...outputs].find(([line]) => line.startsWith(start))[1]
  assert.equal(printed('npx jiti app.ts'), 'Compute the numbers (ada@example.com)\nWrite the notes (ada@example.com)\n')
  assert.match(printed('npx plinth drift # ends with 1'), /2 differences: 1 safe, 1 destructive/)
  assert.match(printed('npx plinth repair # ends with 1'), /tasks_status_idx/)
  assert.match(printed('npx plinth repair --destructive'), /stray/)
  assert.match(printed('npx plinth drift # ends with 0'), /No drift/)
  assert.match(printed('npx plinth init'), /adopted +a database/)
  assert.match(printed('npx plinth revision "phones"'), /wrote +migrations\/\d{14}_phones/)
  assert.match(printed('npx plinth upgrade'), /applied +\d{14}_phones/)

  const { code, stdout } = tsc(cwd, '-p', '.')
  assert.equal(code, 0, stdout)
})

test('it has at most 200 lines', () => assert.ok(readme.split('\n').length <= 200))
