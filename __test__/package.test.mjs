// The packages that npm would publish, installed from tarballs into an empty project, without the
// network and without install scripts.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { installTarballs, packPublished } from './support/packed-install.mjs'
import { folder, root, run, tsc, write } from './support/project.mjs'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const app = `
const models = schema({ notes: model('notes', { id: c.id(), text: c.text() }) })
async function main() {
  const db = open({ models, url: 'sqlite:///./notes.db' })
  await initDb({ db })
  const note = await db.notes.create({ text: 'hello' })
  console.log((await db.notes.get(note.id)).text, version)
  await db.close()
}
main()
`
const typed = `
import { c, model, open, schema, type Db, type Row } from 'plinth'
import bundled, { createTask, models, users } from 'plinth/models'
const notes = model('notes', { id: c.id(), text: c.text(), at: c.timestamp().nullable() })
const db = open({ models: schema({ notes }) })
export async function first(): Promise<Row<typeof notes> | null> {
  const row = await db.notes.find({ where: { text: { startsWith: 'h' } } })
  const at: Date | null | undefined = row?.at
  // @ts-expect-error a number is not a text
  await db.notes.create({ text: 1 })
  return at ? row : null
}
export const email: string = {} as Row<typeof users>['email']
export async function owners(db: Db<typeof models>) {
  const same: Db<typeof bundled> = open({ models: bundled })
  // @ts-expect-error there is no such table
  same.nothing
  const [item] = await db.items.list({ include: { owner: true } })
  return item?.owner?.email
}
export { createTask }
`
const skip = process.platform !== 'linux' && 'the check reads the binaries of Linux'
/** The default export and the named ones, as each module system has them. */
const bundled = `
import bundled, { createTask, models, users } from 'plinth/models'
import * as all from 'plinth/models'
import { createRequire } from 'node:module'
const required = createRequire(import.meta.url)('plinth/models')
console.log(users.name, typeof createTask, bundled === models, all.default === models)
// Later versions of Node add 'module.exports' to the names of what was CommonJS.
const names = Object.keys(all).filter(name => name !== 'module.exports')
console.log(Object.keys(required).sort().join() === names.sort().join(), required.models === models)
`

describe('the packed tarballs', () => {
  let tarballs
  let platform
  let temporary

  /** An empty project with these tarballs installed. */
  function installed(t, files) {
    const cwd = folder(t)
    installTarballs(cwd, files, join(temporary, 'cache'))
    return cwd
  }

  after(() => rmSync(temporary, { recursive: true, force: true }))
  before(() => {
    temporary = mkdtempSync(join(tmpdir(), 'plinth-packed-'))
    tarballs = packPublished(temporary)
    platform = tarballs.platform
  })

  test('the main one holds the built files and no binary; the other one only the binary', () => {
    const expected = [...tarballs.files, 'README.md', 'package.json']
    assert.deepEqual(tarballs.main.names.toSorted(), expected.toSorted())
    assert.deepEqual(
      platform.names.filter(name => name.endsWith('.node')),
      [platform.manifest.main],
    )
    assert.deepEqual([platform.manifest.os, platform.manifest.cpu], [[process.platform], [process.arch]])
    assert.equal(platform.manifest.version, manifest.version)
    if (process.platform === 'linux') assert.equal(platform.manifest.libc.length, 1)
  })

  test('the binary is hardened; that of a release asks for an old system and shows nothing of this one', {
    skip,
  }, () => {
    const binary = join(platform.unpacked, platform.manifest.main)
    const args = ['scripts/pack-platform.mjs', '--check', binary]
    const { code, stderr } = run(root, process.execPath, args)
    if (process.env.PLINTH_TEST_PUBLISHED) return assert.deepEqual([code, stderr], [0, ''])
    assert.doesNotMatch(stderr, /NX|RELRO|read-only|search path|stack protector|another file/)
    // The existing binary: of a release by cargo alone, or of the dev profile.
    if (!stderr.includes('symbol table')) assert.doesNotMatch(stderr, /paths of this machine/)
    if (platform.manifest.libc[0] === 'glibc') {
      assert.equal(code, 1)
      assert.match(stderr, /: expected only libraries of glibc, found libgcc_s\.so\.1\.\n/)
    }
  })

  test('neither has an install script, nor have the dependencies', () => {
    const manifests = Object.keys(manifest.dependencies).map(name => join(root, 'node_modules', name, 'package.json'))
    for (const { scripts = {} } of [
      manifest,
      platform.manifest,
      ...manifests.map(path => JSON.parse(readFileSync(path, 'utf8'))),
    ]) {
      for (const name of ['preinstall', 'install', 'postinstall']) assert.equal(scripts[name], undefined)
    }
    assert.equal(existsSync(join(root, 'binding.gyp')), false)
  })

  test('require, import, TypeScript and npx work', t => {
    const cwd = installed(t, [tarballs.main.file, platform.file, ...tarballs.dependencies])
    write(cwd, {
      'app.cjs': `const { c, initDb, model, open, schema, version } = require('plinth')\n${app}`,
      'app.mjs': `import { c, initDb, model, open, schema, version } from 'plinth'\n${app}`,
      'bundled.mjs': bundled,
      'models.ts':
        "import { c, model, schema } from 'plinth'\nexport default schema({ notes: model('notes', { id: c.id() }) })",
      'typed.ts': typed,
      'typed.mts': typed,
      'typed.cts': typed,
    })
    for (const file of ['app.cjs', 'app.mjs']) {
      const { code, stdout, stderr } = run(cwd, process.execPath, [file])
      assert.deepEqual([code, stdout, stderr], [0, `hello ${manifest.version}\n`, ''], file)
    }
    assert.equal(run(cwd, process.execPath, ['bundled.mjs']).stdout, 'users function true true\ntrue true\n')

    for (const [module, moduleResolution, ...files] of [
      ['nodenext', 'nodenext', 'typed.ts', 'typed.mts', 'typed.cts'],
      ['esnext', 'bundler', 'typed.ts'],
      ['commonjs', 'node10', 'typed.ts'],
    ]) {
      const compilerOptions = { strict: true, noEmit: true, target: 'es2022', types: [], module, moduleResolution }
      write(cwd, { 'tsconfig.json': { compilerOptions, files } })
      const { code, stdout } = tsc(cwd, '-p', '.')
      assert.equal(code, 0, `${moduleResolution}: ${stdout}`)
    }

    const npx = (...args) =>
      run(cwd, 'npx', ['--no-install', 'plinth', ...args], { shell: process.platform === 'win32' })
    assert.equal(npx('--version').stdout, `${manifest.version}\n`)
    write(cwd, { 'plinth.config.mjs': "export default { models: './models.ts' }" })
    const init = npx('init', '--json')
    assert.equal(init.code, 0, init.stderr)
    assert.deepEqual(JSON.parse(init.stdout).created.tables, ['notes'])
    assert.ok(existsSync(join(cwd, 'app.db')))
  })

  test('without a binary for the platform: one sentence, a code, and no stack', t => {
    const cwd = installed(t, [tarballs.main.file, ...tarballs.dependencies])
    write(cwd, {
      'models.mjs':
        "import { c, model, schema } from 'plinth'\nexport default schema({ notes: model('notes', { id: c.id() }) })",
      'plinth.config.mjs': "export default { models: './models.mjs' }",
    })
    const cli = (env, ...args) => run(cwd, process.execPath, ['node_modules/plinth/dist/cli.js', ...args], { env })
    assert.equal(cli({}, '--version').stdout, `${manifest.version}\n`, 'what needs no binary works')
    const { code, stdout, stderr } = cli({}, 'init')
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /NATIVE_MISSING/)
    assert.ok(stderr.includes(platform.manifest.name), 'names the package to install')
    assert.doesNotMatch(stderr, /^\s+at /m)
    const named = cli({ PLINTH_NATIVE: join(cwd, 'nowhere.node') }, 'init')
    assert.equal(named.code, 2)
    assert.match(named.stderr, /PLINTH_NATIVE[\s\S]*NATIVE_MISSING/)
    const binary = join(root, 'dist', platform.manifest.main)
    assert.equal(cli({ PLINTH_NATIVE: binary }, 'init', '--quiet').code, 0, 'PLINTH_NATIVE is loaded')
  })
})

describe('this repository', () => {
  test('its lock files hold no download addresses, and its versions are exact', () => {
    const examples = readdirSync(join(root, 'examples'))
      .map(name => `examples/${name}/`)
      .filter(path => existsSync(join(root, path, 'package.json')))
    assert.ok(examples.length >= 7)
    for (const path of ['', 'bench/', ...examples]) {
      const lock = JSON.parse(readFileSync(join(root, path, 'package-lock.json'), 'utf8'))
      for (const [name, entry] of Object.entries(lock.packages)) {
        // The tarball of an example: made anew each time, so it has no checksum either.
        const packed = examples.includes(path) && name === 'node_modules/plinth'
        assert.equal(entry.resolved, packed ? 'file:../plinth.tgz' : entry.link && 'scripts/command', path + name)
        if (packed) assert.deepEqual([entry.version, entry.integrity], [manifest.version, undefined], path)
      }
      const { dependencies = {}, devDependencies = {} } = JSON.parse(
        readFileSync(join(root, path, 'package.json'), 'utf8'),
      )
      for (const range of Object.values({ ...dependencies, ...devDependencies }))
        assert.match(range, /^((npm:[\w-]+@)?\d+\.\d+\.\d+(-[\w.]+)?|file:scripts\/command|file:\.\.\/plinth\.tgz)$/)
    }
    assert.match(readFileSync(join(root, '.npmrc'), 'utf8'), /^omit-lockfile-registry-resolved=true$/m)
  })

  test('without cargo the build says one sentence', t => {
    const cwd = folder(t)
    const { code, stdout, stderr } = run(
      root,
      process.execPath,
      ['scripts/build.mjs', '--addon', '--target', 'linux-arm64-musl'],
      {
        env: { PATH: cwd },
      },
    )
    assert.deepEqual([code, stdout], [1, ''])
    assert.equal(
      stderr.trim(),
      'Plinth is built from source here and needs the Rust toolchain (cargo 1.89 or later): install it from rustup.rs, then run npm ci again.',
    )
  })
})
