// The pages of docs/ hold: their blocks of Plinth run as written, in the order of the page, and print what the page says.
import assert from 'node:assert/strict'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { newUrl } from '../support/dialect.mjs'
import { blocks, documents, patched } from '../support/documents.mjs'
import { project, root, runLine, tsc, write } from '../support/project.mjs'

const settings = {
  compilerOptions: { module: 'nodenext', strict: true, noEmit: true, skipLibCheck: false, types: ['node'] },
}
/** As much of Express's types as the pages use: this repository has Express without them. */
const express = `declare module 'express' {
  type Handler = (request: { query: Record<string, unknown> }, response: { sendStatus(status: number): void }) => unknown
  export default function express(): {
    use(middleware: Function): void
    get(path: string, handler: Function): void
    post(path: string, handler: Handler): void
    listen(port: number, started: () => void): import('node:http').Server
  }
}
`
/**
 * Blocks that only declare something, and those that serve until they are stopped
 * (getting-started.test.mjs).
 */
const declarations = ['models.ts', 'db.ts', 'service.ts']

for (const [document, text] of documents) {
  // Blocks that have a file name are Plinth's; the others show what the same looks like elsewhere.
  const ours = blocks(text).filter(({ language, name }) => name || language === 'sh')
  if (document === 'README.md' || ours.length === 0) continue

  test(`every block of ${document} runs as written, and prints what it says`, async t => {
    const cwd = project(t, { 'package.json': { type: 'module' }, 'tsconfig.json': settings, 'express.d.ts': express })
    for (const name of ['express', 'fastify', '@types', 'hono'])
      symlinkSync(join(root, 'node_modules', name), join(cwd, 'node_modules', name))
    const env = { DATABASE_URL: await newUrl(t) }
    const command = line => runLine(cwd, line, env)
    let checked = 0
    const check = () => {
      const { stdout } = tsc(cwd, '-p', '.')
      assert.equal(stdout, '')
      checked++
    }
    for (const { language, name, text: body } of ours) {
      if (language === 'sh') body.trim().split('\n').forEach(command)
      else if (language === 'diff') {
        check()
        write(cwd, { [name]: patched(readFileSync(join(cwd, name), 'utf8'), body) })
      } else {
        write(cwd, { [name]: body })
        if (!/\.ts$|^try\.mjs$/.test(name) || declarations.includes(name) || name.includes('.test.')) continue
        const said = [...body.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, line]) => `${line}\n`)
        assert.equal(command(`npx jiti ${name}`), said.join(''), `${document}: ${name}`)
      }
    }
    if (checked === 0) check()
  })
}
