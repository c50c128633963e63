// A project that emits declarations: its schema and database are named whole in them, in a size that grows with the models alone.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { bin, root } from '../scripts/run.mjs'

const file = join(fileURLToPath(new URL('.', import.meta.url)), 'declared-program.ts')
const options = {
  strict: true,
  declaration: true,
  emitDeclarationOnly: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: [],
}

/** TypeScript's errors of a program, and the declarations that it emits for it. */
function emit(source) {
  const host = ts.createCompilerHost(options)
  const { getSourceFile } = host
  host.fileExists = name => name === file || ts.sys.fileExists(name)
  host.getSourceFile = (name, ...more) =>
    name === file ? ts.createSourceFile(name, source, more[0]) : getSourceFile(name, ...more)
  let text = ''
  host.writeFile = (_, written) => {
    text += written
  }
  const program = ts.createProgram({ rootNames: [file], options, host })
  const said = [...program.getSemanticDiagnostics(), ...program.emit().diagnostics]
  return { text, errors: said.map(one => ts.flattenDiagnosticMessageText(one.messageText, '\n')) }
}

/** `count` models of ten columns with four relations each, and an open database. */
function project(count) {
  const near = (i, by) => `m${(i + by + count) % count}`
  const numbers = Array.from({ length: count }, (_, i) => i)
  const models = numbers.map(
    i => `const m${i} = model('m${i}', {
  id: c.id(), parentId: c.integer().references('${near(i, 1)}.id', { onDelete: 'cascade' }), otherId: c.integer().nullable(),
  title: c.text({ max: 200 }), body: c.text().nullable(), status: c.enum('s${i}', ['open', 'done']).default('open'),
  createdAt: c.timestamp().defaultNow(), price: c.decimal(12, 2), isPublic: c.boolean().default(true), secret: c.text().private() })`,
  )
  const relations = numbers.map(
    i => `m${i}: r => ({ parent: r.one('${near(i, 1)}', 'parentId'), other: r.one('${near(i, 2)}', 'otherId'),
  children: r.many('${near(i, -1)}', 'parentId'), others: r.many('${near(i, -2)}', 'otherId') })`,
  )
  return `import { c, model, open, schema } from 'plinth'
${models.join('\n')}
export const models = schema({ ${numbers.map(i => `m${i}`).join(', ')} }, { ${relations.join(',\n')} })
export const db = open({ models })
export const first = () => db.m0.list({ include: { parent: { include: { children: true } } } })
`
}

for (const count of [10, 100, 300]) {
  test(`${count} models with four relations each emit declarations of at most 3 kB a model`, () => {
    const { text, errors } = emit(project(count))
    assert.deepEqual(errors, [])
    assert.match(text, /export declare const db: import\("plinth"\)\.Db</)
    const each = text.length / count
    assert.ok(each <= 3000, `${each} characters a model`)
  })
}

/** Code that a service writes once for all tables, without types of its results. */
const generic = `
import type { Db, Insert, Key, Table, Tables, Update } from 'plinth'
export interface App extends Models {}
type Models = typeof models
type Name = keyof App['models']
export const byId = <T extends Name>(tables: Tables<App>, table: T, id: Key<App['models'][T]>) => tables[table].get(id)
export const list = <T extends Name>(table: Table<App, T>) => table.list()
export class Repo<T extends Name> {
  constructor(readonly db: Db<App>, readonly table: T) {}
  find() { return this.db[this.table].find() }
  page(after: string | null) { return this.db[this.table].page({ limit: 20, after }) }
  stream() { return this.db[this.table].stream() }
  create(values: Insert<App['models'][T]>) { return this.db[this.table].create(values) }
  createMany(rows: Insert<App['models'][T]>[]) { return this.db[this.table].createMany(rows) }
  update(id: Key<App['models'][T]>, values: Update<App['models'][T]>) { return this.db[this.table].update(id, values) }
}
`

test('functions over all tables name a row in their declarations, and no model', () => {
  const { text, errors } = emit(project(10) + generic)
  assert.deepEqual(errors, [])
  const declared = text.slice(text.indexOf('export declare const byId'))
  assert.equal(declared.match(/RowOf<App, T>/g).length, 8)
  assert.ok(declared.length < 1500, declared)
})

test('the native compiler emits the same for 300 models', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-'))
  try {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(root, join(folder, 'node_modules', 'plinth'), 'dir')
    writeFileSync(join(folder, 'program.ts'), project(300))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    const written = { ...options, target: 'es2022', module: 'nodenext', moduleResolution: 'nodenext', outDir: 'out' }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: written, files: ['program.ts'] }))
    const [node, tsc] = bin('typescript-7', 'bin/tsc')
    const { status, stdout } = spawnSync(node, [tsc, '-p', folder], { encoding: 'utf8' })
    assert.equal(status, 0, stdout)
    const text = readFileSync(join(folder, 'out', 'program.d.ts'), 'utf8')
    assert.match(text, /export declare const db: import\("plinth"\)\.Db</)
    assert.ok(text.length / 300 <= 3000, `${text.length / 300} characters a model`)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a misspelt relation, key or target is an error where it stands', () => {
  const wrong = [
    ["r.one('m1', 'parentId')", "r.one('m1', 'parntId')"],
    ["r.one('m2', 'otherId')", "r.one('m22', 'otherId')"],
    ['m1: r =>', 'm11: r =>'],
    ['include: { parent:', 'include: { parnt:'],
  ]
  for (const [right, misspelt] of wrong) {
    const source = project(10)
    assert.ok(source.includes(right), right)
    assert.notDeepEqual(emit(source.replace(right, misspelt)).errors, [], misspelt)
  }
})
