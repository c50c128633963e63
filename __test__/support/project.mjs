// A user's project in a temporary folder, and the commands a user would run in it.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')

const require = createRequire(import.meta.url)
/** The file that `require('plinth')` loads, for programs that cannot find it by this name. */
export const entryPath = require.resolve('plinth')
/** The file of the command `plinth`. */
export const cliPath = join(root, require('plinth/package.json').bin.plinth)

/** A temporary folder that goes when the test ends. */
export function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'plinth-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A project with these files (objects become JSON) that has Plinth in its node_modules, as a link to the repository. */
export function project(t, files = {}) {
  const path = folder(t)
  const bin = join(path, 'node_modules/.bin')
  mkdirSync(bin, { recursive: true })
  symlinkSync(root, join(path, 'node_modules/plinth'), 'junction')
  symlinkSync(cliPath, join(bin, 'plinth'))
  symlinkSync(join(root, 'node_modules/.bin/jiti'), join(bin, 'jiti'))
  write(path, files)
  return path
}

/** Writes files into a project. */
export function write(path, files) {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), typeof content === 'string' ? content : JSON.stringify(content, null, 2))
  }
}

/**
 * The environment of a user's shell: without what `npm test` and this machine say about this repository, npm and the database.
 * node:test's own variables go too: a child must not report to this run.
 */
export function environment(cwd, extra = {}) {
  const ours =
    /^(npm_|INIT_CWD$|NODE_TEST_CONTEXT$|NODE_ENV$|NODE_OPTIONS$|(MIGRATION_)?DATABASE_URL$|PG_SSL_|PLINTH_|NO_COLOR$|FORCE_COLOR$|DEBUG$)/i
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)))
  return { ...env, PATH: join(cwd, 'node_modules/.bin') + delimiter + env.PATH, ...extra }
}

/** Runs a program in a project; answers its exit code and what it printed. */
export function run(cwd, command, args, { env = {}, ...options } = {}) {
  const result = spawnSync(command, args, {
    cwd,
    env: environment(cwd, env),
    encoding: 'utf8',
    timeout: 120_000,
    ...options,
  })
  if (result.error) throw result.error
  return { code: result.status, stdout: result.stdout, stderr: result.stderr }
}

/**
 * Runs a line of a document's shell block, and answers what it printed. The line ends with 0, or as its comment says:
 * `npx plinth drift # ends with 1`. project() has installed Plinth already; package.test.mjs installs from a tarball.
 */
export function runLine(cwd, line, env = {}) {
  if (line.startsWith('npm install ')) return ''
  // The project's programs are in PATH: npx would find the same ones, 0.4 s later each time.
  const { code, stdout, stderr } = run(cwd, line.replace(/^npx /, ''), [], { shell: true, env })
  const expected = Number(line.match(/# ends with (\d)/)?.[1] ?? 0)
  if (code !== expected) throw new Error(`${line}\nended with ${code}, expected ${expected}\n${stdout}\n${stderr}`)
  return stdout
}

/** Runs the CLI in a project. */
export const plinth = (cwd, args, env) => run(cwd, process.execPath, [cliPath, ...args], { env })

/** Runs npm in a folder. It may have to compile, on a machine that does other things. */
export const npm = (cwd, args, env) =>
  run(cwd, process.platform === 'win32' ? 'npm.cmd' : 'npm', args, {
    env,
    shell: process.platform === 'win32',
    timeout: 900_000,
  })

/** Runs the repository's TypeScript compiler in a project. */
export const tsc = (cwd, ...args) =>
  run(cwd, process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...args])

/** The native compiler, which says the same in a fifth of the time. */
export const nativeTsc = (cwd, ...args) =>
  run(cwd, process.execPath, [join(root, 'node_modules/typescript-7/bin/tsc'), ...args])
