// The declarations hold in other people's settings: without DOM and types of Node, with exact optional properties, for bundlers, in CommonJS.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { project, root, tsc } from './support/project.mjs'

const code = `import { c, initDb, model, open, schema } from 'plinth'
import models from 'plinth/models'
const db = open({ models, url: 'sqlite::memory:' })
export const own = open({ models: schema({ notes: model('notes', { id: c.id(), text: c.text() }) }) })
export async function main() {
  await initDb({ db })
  const task = await db.tasks.find({ where: { type: 'a' }, include: { events: true } })
  const kinds: string[] | undefined = task?.events.map(event => event.kind)
  // @ts-expect-error private
  ;(await db.users.list())[0]?.passwordHash
  return kinds
}
`
const strict = { strict: true, noEmit: true, skipLibCheck: false, target: 'es2022', lib: ['es2022'], types: [] }
const settings = {
  'nothing but the language': { module: 'nodenext' },
  'exact optional properties, unchecked indexes': {
    module: 'nodenext',
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
  },
  'a bundler and a browser': { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'] },
  'declarations of their own, one file at a time': {
    module: 'nodenext',
    noEmit: false,
    declaration: true,
    isolatedModules: true,
    outDir: 'out',
  },
}

for (const [name, options] of Object.entries(settings)) {
  for (const type of ['module', 'commonjs']) {
    test(`with ${name}, ${type}`, t => {
      const cwd = project(t, {
        'package.json': { type },
        'tsconfig.json': { compilerOptions: { ...strict, ...options }, files: ['main.ts'] },
        'main.ts': code,
      })
      const { stdout } = tsc(cwd, '-p', '.')
      assert.equal(stdout, '')
    })
  }
}

test('TypeScript before 5.7 reads them', () => {
  for (const name of ['index.d.ts', 'models.d.ts'])
    assert.doesNotMatch(readFileSync(join(root, name), 'utf8'), /Uint8Array</)
})
