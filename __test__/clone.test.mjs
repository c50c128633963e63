// A clone of this repository as its users have it: without scripts, without development dependencies, packed, and installed from a git URL.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { binaryName, thisTriple } from '../scripts/platforms.mjs'
import { folder, npm, root, run, write } from './support/project.mjs'

const binary = join('dist', binaryName(thisTriple()))
const notBuilt = 'Plinth is not built: run npm run build.\n'
/** Takes the addon that exists, or builds one in seconds. */
const quick = { PLINTH_BUILD_PROFILE: 'debug' }

/** A clone after `npm ci` without scripts. */
const unbuilt = join(mkdtempSync(join(tmpdir(), 'plinth-')), 'plinth')
after(() => rmSync(dirname(unbuilt), { recursive: true, force: true }))
before(() => {
  copySources(unbuilt)
  const { code, stderr } = npm(unbuilt, ['ci', '--ignore-scripts', '--prefer-offline'])
  assert.equal(code, 0, stderr)
})

/** The sources of this repository in a folder of their own. */
function clone(t) {
  const path = join(folder(t), 'plinth')
  copySources(path)
  return path
}

function copySources(path) {
  const left = ['.git', 'node_modules', 'target', 'dist', 'npm']
  cpSync(root, path, { recursive: true, filter: from => from === root || !left.includes(basename(from)) })
}

/** A user's project with what npm installs from here; its models have one table. */
function user(t, packageFile, env) {
  const cwd = folder(t)
  write(cwd, {
    'package.json': { private: true, plinth: { models: './models.mjs' } },
    'models.mjs':
      "import { c, model, schema } from 'plinth'\nexport default schema({ notes: model('notes', { id: c.id() }) })",
  })
  const { code, stderr } = npm(cwd, ['install', '--prefer-offline', packageFile], env)
  assert.equal(code, 0, stderr)
  return cwd
}

function works(cwd) {
  const { code, stdout, stderr } = run(cwd, 'npx', ['--no-install', 'plinth', 'init', '--json'], {
    shell: process.platform === 'win32',
  })
  assert.equal(code, 0, stderr)
  assert.deepEqual(JSON.parse(stdout).created.tables, ['notes'])
  assert.ok(existsSync(join(cwd, 'app.db')))
}

test('before it is built, every command says in one line what to run', t => {
  const cwd = unbuilt
  for (const script of ['db:init', 'db:health', 'schema', 'test', 'example', 'runtimes', 'bench', 'campaign'])
    assert.deepEqual(npm(cwd, ['run', '--silent', script]), { code: 1, stdout: '', stderr: notBuilt }, script)
  const cache = { npm_config_cache: folder(t), npm_config_offline: 'true' }
  // Twice: the first call links the clone into the cache of npx.
  for (const args of [['--version'], ['init']])
    assert.deepEqual(npm(cwd, ['exec', '--', 'plinth', ...args], cache), { code: 1, stdout: '', stderr: notBuilt })
  assert.equal(existsSync(join(cwd, 'dist')), false)
})

test('without the development dependencies npm ci fails, and says what to run', t => {
  const cwd = clone(t)
  for (const [args, env] of [
    [['--omit=dev'], {}],
    [[], { NODE_ENV: 'production' }],
  ]) {
    const { code, stderr } = npm(cwd, ['ci', '--prefer-offline', ...args], env)
    assert.equal(code, 1)
    assert.match(stderr, /^Plinth is built with .*: run npm ci --include=dev\.$/m)
    assert.doesNotMatch(stderr, /^\s+at /m)
  }
})

test('npm pack takes nothing old, and what it packs runs without a script and without Rust', t => {
  const cwd = unbuilt
  write(cwd, { 'dist/index.js': 'throw new Error("old")', 'dist/more.js': '' })
  cpSync(join(root, binary), join(cwd, binary))
  const pack = () => npm(cwd, ['pack', '--json'], quick)

  const { code, stdout, stderr } = pack()
  assert.equal(code, 0, stderr)
  const report = JSON.parse(stdout.slice(stdout.search(/^[[{]/m)))
  const [entry] = Array.isArray(report) ? report : Object.values(report)
  const names = entry.files.map(({ path }) => path).filter(path => path.startsWith('dist/'))
  const expected = ['cli.js', 'index.js', 'models.js', 'models.mjs', 'plinth.js'].map(name => `dist/${name}`)
  assert.deepEqual(names.toSorted(), [...expected, binary.replaceAll('\\', '/')].toSorted())
  for (const name of expected) assert.equal(read(cwd, name), read(root, name), name)
  const packed = user(t, join(cwd, entry.filename), { npm_config_ignore_scripts: 'true' })
  works(packed)
  const { scripts } = JSON.parse(read(packed, 'node_modules/plinth/package.json'))
  assert.equal(scripts.prepare, undefined, 'npm warns of packages that have it')
  assert.equal(read(cwd, 'package.json'), read(root, 'package.json'))

  appendFileSync(join(cwd, 'models.d.ts'), 'export {}\n')
  const stale = 'models.d.ts: not what the sources make. Run npm run build:js and commit the result.'
  const refused = pack()
  assert.notEqual(refused.code, 0)
  assert.ok(refused.stderr.includes(stale), refused.stderr)
  const check = run(cwd, process.execPath, ['scripts/build.mjs', '--check'])
  assert.deepEqual(check, { code: 1, stdout: '', stderr: `${stale}\n` }, 'npm run lint')
})

test('npm publish refuses a package with a binary of this platform', () => {
  const { code, stderr } = npm(root, ['run', '--silent', 'prepublishOnly'])
  assert.equal(code, 1)
  assert.match(stderr, /^Run node scripts\/pack-platform\.mjs --publish-main first: .*\n$/)
})

test('installed from a git URL it runs', { skip: !found('git') && 'git is not installed' }, t => {
  const repository = clone(t)
  const git = (...args) => {
    const { code, stderr } = run(repository, 'git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args])
    assert.equal(code, 0, stderr)
  }
  git('init', '--quiet')
  git('add', '--all')
  git('commit', '--quiet', '--no-verify', '--message', 'all')
  const env = { ...quick, CARGO_TARGET_DIR: target(t), CARGO_INCREMENTAL: '0' }
  works(user(t, `git+file://${repository}`, env))
})

/**
 * A target folder for cargo that has what this repository's has, by hard links: only Plinth itself is compiled, and nothing of it
 * stays behind.
 */
function target(t) {
  const from = process.env.CARGO_TARGET_DIR ?? join(root, 'target')
  mkdirSync(from, { recursive: true })
  const path = mkdtempSync(join(from, 'from-git-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  for (const part of ['.fingerprint', 'build', 'deps']) {
    const there = join(from, 'debug', part)
    if (!existsSync(there)) continue
    for (const name of readdirSync(there, { recursive: true })) {
      const file = join(path, 'debug', part, name)
      mkdirSync(dirname(file), { recursive: true })
      if (statSync(join(there, name)).isFile()) linkSync(join(there, name), file)
    }
  }
  return path
}

/** The text of a file of a repository. */
function read(path, name) {
  return readFileSync(join(path, name), 'utf8')
}

function found(program) {
  return spawnSync(program, ['--version']).status === 0
}
