// Finding the configuration, loading models and seeds in every form, and the order in which a URL is looked for.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { open } from 'plinth'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'plinth-config-')))
after(() => rmSync(scratch, { recursive: true, force: true }))

// lib/project/config.ts is not part of the public API: it is bundled by itself. Each call gets files of its own, as in the API. The
// models below import the built package, another copy.
mkdirSync(join(scratch, 'node_modules'))
for (const name of ['jiti', 'dotenv'])
  symlinkSync(join(root, 'node_modules', name), join(scratch, 'node_modules', name), 'junction')
symlinkSync(root, join(scratch, 'node_modules', 'plinth'), 'junction')
const bundle = join(scratch, 'node_modules', 'config.js')
const entry = `import * as config from './lib/project/config.ts'
import { ProjectFiles } from './lib/project/files.ts'
const anew = call => (source, dir = process.cwd()) => call(source, dir, new ProjectFiles())
export const { loadConfig } = config
export const findConfig = dir => config.findConfig(dir, new ProjectFiles())
export const readConfig = path => config.readConfig(path, new ProjectFiles())
export const loadModels = anew(config.loadModels)
export const loadSeeds = anew(config.loadSeeds)`
buildSync({
  absWorkingDir: root,
  stdin: { contents: entry, resolveDir: root },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  packages: 'external',
  outfile: bundle,
})
const { findConfig, loadConfig, loadModels, loadSeeds, readConfig } = createRequire(import.meta.url)(bundle)

let count = 0
/** A folder with these files. */
function folder(files) {
  const dir = join(scratch, `case${++count}`)
  for (const [name, content] of Object.entries({ '.': '', ...files })) {
    if (name === '.') mkdirSync(dir)
    else {
      mkdirSync(dirname(join(dir, name)), { recursive: true })
      writeFileSync(join(dir, name), typeof content === 'string' ? content : JSON.stringify(content))
    }
  }
  return dir
}
const manifest = (plinth, more = {}) => ({ 'package.json': { name: 'app', ...more, plinth } })
/** The error of a call: a ConfigError with a hint. */
function refused(call, code = 'CONFIG_INVALID') {
  try {
    call()
  } catch (error) {
    assert.equal(error.code, code, error.stack)
    assert.equal(error.name, 'ConfigError')
    assert.ok(error.hint, 'a hint')
    return error
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' })
}
const tables = models => (models.toJSON ? models.toJSON() : models).models.map(m => m.table)

const ESM = `import { c, model, schema } from 'plinth'
export default schema({ users: model('users', { id: c.id() }) })
`
const CJS = `const { c, model, schema } = require('plinth')
module.exports = schema({ users: model('users', { id: c.id() }) })
`
const TS = `import { c, model, schema, type Row } from 'plinth'
import { things } from './things.js'
interface Settings { theme: string }
const users = model('users', { id: c.id(), settings: c.json<Settings>() })
export type User = Row<typeof users>
export default schema({ users, things } as const)
`
const THINGS = `import { c, model } from 'plinth'
export const things = model('things', { id: c.id() as ReturnType<typeof c.id> })
`

const forms = [
  ['a .js CommonJS file', { 'models.js': CJS }],
  ['a .js ES module of a module package', { 'models.js': ESM }, { type: 'module' }],
  ['a .js ES module without "type"', { 'models.js': ESM }],
  ['a .js CommonJS file with exports', { 'models.js': `${CJS}module.exports = { models: module.exports }` }],
  ['a .cjs file', { 'models.cjs': CJS }],
  ['a .cjs file of a module package', { 'models.cjs': CJS }, { type: 'module' }],
  ['a .mjs file', { 'models.mjs': ESM }],
  ['a .mjs file with the export "models"', { 'models.mjs': ESM.replace('default', 'const models =') }],
  [
    'a .mjs file with the export "schema"',
    {
      'models.mjs': `${ESM.replace('default', 'const it =').replace('schema }', 'schema as s }').replace('schema(', 's(')}export { it as schema }`,
    },
  ],
  ['a .ts file', { 'models.ts': TS, 'things.ts': THINGS }],
  ['a .ts file of a module package', { 'models.ts': TS, 'things.ts': THINGS }, { type: 'module' }],
  ['a .mts file', { 'models.mts': TS, 'things.ts': THINGS }],
  ['a .cts file', { 'models.cts': TS, 'things.ts': THINGS }],
  [
    'a .json file',
    { 'models.json': { format: 1, models: [{ model: 'users', table: 'users', columns: [], primaryKey: [] }] } },
  ],
]
for (const [name, files, more] of forms) {
  test(`models of ${name}`, () => {
    const file = Object.keys(files)[0]
    const dir = folder({ ...manifest({ models: `./${file}` }, more), ...files })
    const config = loadConfig(dir)
    assert.equal(config.path, join(dir, 'package.json'))
    assert.deepEqual(tables(config.models), files['things.ts'] ? ['users', 'things'] : ['users'])
  })
}

test('loading warns of nothing', () => {
  const dir = folder({ 'package.json': {}, 'a.mjs': ESM, 'b.js': ESM, 'c.ts': ESM, 'd.cjs': CJS })
  const script = `const { loadModels } = require(${JSON.stringify(bundle)})
for (const f of ['a.mjs', 'b.js', 'c.ts', 'd.cjs']) loadModels('./' + f)
console.error('end')`
  const output = execFileSync(process.execPath, ['-e', `${script}`], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] })
  assert.equal(output.toString(), '')
  const stderr = execFileSync(
    process.execPath,
    ['-e', `process.stderr.write = s => process.stdout.write(s)\n${script}`],
    { cwd: dir },
  )
  assert.equal(stderr.toString(), 'end\n')
})

// Node 20.18 and 22.11 and before; later ones can be made like them.
const cannot = '--no-experimental-require-module'
test('ES modules load where Node cannot require them', {
  skip: !process.allowedNodeEnvironmentFlags.has('--experimental-require-module'),
}, () => {
  const dir = folder({
    'package.json': {},
    'a.mjs': ESM,
    'b.js': ESM,
    'plinth.config.mjs':
      "import models from './c.cjs'\nimport { other } from './d.mjs'\nexport default { models, url: other }",
    'c.cjs': CJS,
    'd.mjs': "export const other = 'other.db'",
  })
  const script = `const { loadModels, loadConfig } = require(${JSON.stringify(bundle)})
const { url, models } = loadConfig()
console.log(url, [models, ...['a.mjs', 'b.js'].map(f => loadModels('./' + f))].map(m => m.toJSON().models[0].table).join())`
  const output = execFileSync(process.execPath, [cannot, '-e', script], { cwd: dir })
  assert.equal(output.toString(), 'other.db users,users,users\n')
})

test('jiti is loaded only if it is needed', () => {
  const dir = folder({ 'package.json': {}, 'd.cjs': CJS, 'e.js': CJS, 'f.json': { format: 1, models: [] } })
  const script = `const { loadModels } = require(${JSON.stringify(bundle)})
for (const f of ['d.cjs', 'e.js', 'f.json']) loadModels('./' + f)
console.log(Object.keys(require.cache).filter(f => /jiti/.test(f)).length)`
  assert.equal(execFileSync(process.execPath, ['-e', script], { cwd: dir }).toString(), '0\n')
})

test('migrations of the configuration: a folder, or an object with settings', () => {
  const read = migrations => {
    const { locks, migrations: folderOf } = loadConfig(
      folder({ ...manifest({ models: 'm.cjs', migrations }), 'm.cjs': CJS }),
    )
    return [folderOf, locks]
  }
  assert.deepEqual(read('./m'), ['./m', undefined])
  assert.deepEqual(read({ folder: './m', lockTimeoutMs: 20 }), ['./m', { lockTimeoutMs: 20 }])
  assert.deepEqual(read({ lockTries: 3, lockWaitMs: 1000 }), [undefined, { lockTries: 3, lockWaitMs: 1000 }])
  for (const [wrong, name, hint = /^Write "migrations": /] of [
    [{ lockTimeoutMs: 0 }, 'migrations.lockTimeoutMs must be a whole number from 1 to 2147483647, found 0'],
    [{ lockWaitMs: '5s' }, 'migrations.lockWaitMs must be a whole number'],
    [{ lockTimeout: 40 }, 'migrations has no option "lockTimeout"', /^Did you mean lockTimeoutMs\? /],
    [{ folder: '' }, 'migrations.folder must be the path of a folder'],
    [7, 'migrations is not the path'],
    [[], 'migrations is not the path'],
  ]) {
    const error = refused(() => read(wrong))
    assert.ok(error.message.includes(name), error.message)
    assert.match(error.hint, hint)
  }
})

const throwing = [
  ['models.cjs', "const a = 1\n\nthrow new Error('boom')\n", 3],
  ['models.js', "const a = 1\n\nthrow new Error('boom')\n", 3],
  ['models.mjs', "import 'node:fs'\n\nthrow new Error('boom')\n", 3],
  [
    'models.ts',
    "import type { Row } from 'plinth'\ninterface A { a: 1 }\n\nconst fail = (): A => {\n  throw new Error('boom')\n}\nfail()\n",
    5,
  ],
  ['models.mts', "interface A { a: 1 }\n\nthrow new Error('boom') as unknown as A\n", 3],
]
for (const [file, source, line] of throwing) {
  test(`${file} that throws shows its line`, () => {
    const dir = folder({ ...manifest({ models: file }), [file]: source })
    const error = refused(() => loadConfig(dir))
    assert.equal(error.message, `${join(dir, file)}:${line}: boom`)
    assert.equal(error.cause.message, 'boom')
  })
}

test('the line is that of the file that failed, also one further in', () => {
  const dir = folder({
    ...manifest({ models: './models.ts' }),
    'models.ts': "import { users } from './users.js'\nexport default users\n",
    'users.ts':
      "import { c, model } from 'plinth'\n\nexport const users = model('users', {\n  role: c.enum('role'),\n} as any)\n",
  })
  const error = refused(() => loadConfig(dir))
  assert.match(error.message, /users\.ts:4: users\.role: c\.enum\(\) takes/)
  assert.equal(error.cause.code, 'SCHEMA_INVALID')
  assert.deepEqual(error.problems, error.cause.problems)
})

for (const file of ['models.cjs', 'models.ts', 'models.mts', 'models.js']) {
  test(`${file} with a syntax error shows its line`, () => {
    const dir = folder({ ...manifest({ models: file }), [file]: 'const a = 1\nconst b = = 2\n' })
    assert.match(refused(() => loadConfig(dir)).message, new RegExp(`${file}:2: .*[Uu]nexpected token`))
  })
}

test('what is not an error can be thrown too', () => {
  const dir = folder({ ...manifest({ models: 'm.cjs' }), 'm.cjs': "throw 'just text'" })
  assert.equal(refused(() => loadConfig(dir)).message, `${join(dir, 'm.cjs')}: just text`)
})

test('an import that does not exist, await at the top level, invalid JSON', () => {
  const dir = folder({
    'a.cjs': "\nrequire('./nothing')",
    'b.mjs': 'await 1\nexport default 1',
    'c.json': '{\n  "format": 1,\n  oops\n}',
  })
  assert.match(refused(() => loadModels('./a.cjs', dir)).message, /a\.cjs:2: Cannot find module '\.\/nothing'$/)
  assert.match(refused(() => loadModels('./b.mjs', dir)).hint, /await at its top level/)
  assert.match(refused(() => loadModels('./c.json', dir)).message, /c\.json:3: /)
  const missing = refused(() => loadModels('./nothing.ts', dir))
  assert.match(missing.message, /nothing\.ts does not exist/)
  assert.match(missing.hint, /path in the configuration/)
})

test('a file without a schema is refused', () => {
  const dir = folder({
    'a.cjs': 'module.exports = { users: {} }',
    'b.json': '{"models": []}',
    'c.ts': 'export const users = 1',
  })
  for (const file of ['a.cjs', 'b.json', 'c.ts'])
    assert.match(refused(() => loadModels(file, dir)).message, /has no schema/)
})

for (const [extension, source] of [
  ['ts', "const models: string = './models.cjs'\nexport default { models, url: 'sqlite:///./ts.db' }"],
  ['js', "module.exports = { models: './models.cjs' }"],
  ['cjs', "module.exports = { models: require('./models.cjs') }"],
  ['mjs', "import models from './models.cjs'\nexport default { models }"],
  ['json', '{ "models": "./models.cjs" }'],
]) {
  test(`plinth.config.${extension}`, () => {
    const dir = folder({ 'package.json': {}, [`plinth.config.${extension}`]: source, 'models.cjs': CJS })
    assert.deepEqual(tables(loadConfig(dir).models), ['users'])
  })
}

test('the nearest configuration upward counts, and a package.json without the key does not', () => {
  const dir = folder({
    ...manifest({ models: 'm.cjs' }),
    'm.cjs': CJS,
    'a/package.json': { name: 'inner' },
    'a/b/c.txt': '',
  })
  assert.equal(findConfig(join(dir, 'a', 'b')), join(dir, 'package.json'))
  writeFileSync(join(dir, 'a', 'plinth.config.json'), '{"models": "../m.cjs"}')
  assert.equal(findConfig(join(dir, 'a', 'b')), join(dir, 'a', 'plinth.config.json'))
  assert.deepEqual(tables(loadConfig(join(dir, 'a', 'b')).models), ['users'])
})

test('no configuration', () => {
  const dir = folder({ 'package.json': {} })
  assert.equal(findConfig(dir), undefined)
  assert.match(refused(() => loadConfig(dir), 'CONFIG_NOT_FOUND').message, /No models were found/)
})

test('configurations that contradict themselves', () => {
  const two = folder({ ...manifest({ models: 'm.cjs' }), 'plinth.config.json': '{"models": "m.cjs"}' })
  assert.match(refused(() => findConfig(two)).message, /two configurations/)
  for (const [plinth, message] of [
    ['./models.js', /is not an object/],
    [{ model: './models.js' }, /unknown key: model/],
    [{ models: 3 }, /: models is neither a path nor a schema/],
    [{ models: 'm.cjs', seed: 3 }, /: seed is neither/],
    [{ models: 'm.cjs', url: 3 }, /: url is not a text/],
    [{ models: 'm.cjs', migrations: 3 }, /: migrations is not the path/],
    [{ models: 'm.cjs', migrations: ' ' }, /: migrations is not the path/],
    [{ models: 'm.cjs', dialects: 'sqlite' }, /: dialects is not a list/],
    [{ models: 'm.cjs', dialects: [] }, /: dialects is not a list/],
    [{ models: 'm.cjs', dialects: ['mysql'] }, /: dialects is not a list/],
    [{ models: 'm.cjs', dialects: ['sqlite', 'sqlite'] }, /: dialects is not a list/],
    [{ models: 'm.cjs', template: 3 }, /: template is not the path/],
    [{ models: 'm.cjs', keep: 3 }, /: keep is not an object of limits/],
    [{ models: 'm.cjs', keep: { maxbytes: 5 } }, /: keep has no option "maxbytes"\. Did you mean maxBytes\?/],
    [{ models: 'm.cjs', keep: { count: 0 } }, /: keep\.count must be a whole number from 1 to 1000, found 0/],
  ]) {
    const dir = folder(manifest(plinth))
    const error = refused(() => readConfig(join(dir, 'package.json')))
    assert.match(`${error.message} ${error.hint}`, message)
  }
  assert.match(refused(() => loadConfig(folder(manifest({ url: 'a.db' })))).message, /names no models/)
})

test('seeds by name or in an array, in every form', () => {
  const dir = folder({
    'package.json': {},
    'a.ts': 'export default { one: async (tx: unknown) => tx, two: async () => {} }',
    'b.cjs': "module.exports = [{ name: 'one', run: async () => {} }, { name: 'two', run: async () => {} }]",
  })
  for (const file of ['./a.ts', './b.cjs'])
    assert.deepEqual(
      loadSeeds(file, dir).map(s => s.name),
      ['one', 'two'],
    )
  assert.deepEqual(
    loadSeeds({ one: () => {} }).map(s => s.name),
    ['one'],
  )
  const twice = [
    { name: 'one', run() {} },
    { name: 'one', run() {} },
  ]
  for (const [seeds, message] of [
    [{ one: 3 }, /one of seed is not a function/],
    [[{ run() {} }], /Seed 1 of seed has no name/],
    [[null], /Seed 1 of seed has no name/],
    [twice, /two seeds named one/],
  ]) {
    assert.match(refused(() => loadSeeds(seeds)).message, message)
  }
})

test('the URL: option, DATABASE_URL, .env, configuration, default; each relative to what names it', async () => {
  const dir = folder({
    ...manifest({ models: 'm.cjs', url: 'sqlite:///./config.db' }),
    'm.cjs': CJS,
    'inner/.keep': '',
  })
  const inner = join(dir, 'inner')
  /** Where the database of these options is. It is opened, and not made. */
  const urlOf = async (options = {}) => {
    const db = open({ cwd: inner, env: {}, ...options })
    const { url } = await db.health()
    await db.close()
    return url
  }
  const at = (...path) => `sqlite:///${join(...path)}`
  assert.equal(await urlOf(), at(dir, 'config.db'))
  writeFileSync(join(dir, '.env'), 'OTHER=1\nDATABASE_URL="sqlite:///./outer.db"\n')
  assert.equal(await urlOf(), at(dir, 'outer.db'))
  writeFileSync(join(inner, '.env'), 'DATABASE_URL=sqlite:///./inner.db\n')
  assert.equal(await urlOf(), at(inner, 'inner.db'))
  assert.equal(await urlOf({ env: { DATABASE_URL: 'env.db' } }), at(inner, 'env.db'))
  assert.equal(await urlOf({ url: 'x.db', env: { DATABASE_URL: 'env.db' } }), at(inner, 'x.db'))
  assert.equal(process.env.OTHER, undefined)
  const models = loadModels('./m.cjs', dir)
  const bare = folder({ 'package.json': {} })
  assert.equal(await urlOf({ models, cwd: bare }), at(bare, 'app.db'))
  const named = folder({ ...manifest({ models: join(dir, 'm.cjs') }), 'inner/.keep': '' })
  assert.equal(
    await urlOf({ cwd: join(named, 'inner') }),
    at(named, 'app.db'),
    'the default is beside the configuration',
  )
})
