// Plinth and bundlers, installed from tarballs as npm publishes it: left out of a bundle, inside of one, and its files found by a tracer.
import assert from 'node:assert/strict'
import { copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import commonjs from '@rollup/plugin-commonjs'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { nodeFileTrace } from '@vercel/nft'
import { build } from 'esbuild'
import { rollup } from 'rollup'
import webpack from 'webpack'
import { platforms } from '../scripts/platforms.mjs'
import { blocks, documents } from './support/documents.mjs'
import { installTarballs, packPublished } from './support/packed-install.mjs'
import { folder, run, write } from './support/project.mjs'

/** The program and the configurations of the page for users, by file name. */
const page = new Map(blocks(documents.get('docs/guide/bundlers.md')).map(({ name, text }) => [name, text]))

/** A program in CommonJS, with its models as objects. It prints an error as JSON. */
const program = `
const { c, initDb, model, open, schema } = require('plinth')
const models = schema({ notes: model('notes', { id: c.id(), text: c.text() }) })
async function main() {
  const db = open({ models, url: 'sqlite::memory:' })
  await initDb({ db, migrations: false })
  console.log((await db.notes.create({ text: 'hello' })).text)
  await db.close()
}
main().catch(({ code, message, hint }) => console.log(JSON.stringify({ code, message, hint })))
`
/** A program whose models are a file in TypeScript, which the configuration names. */
const configured = `
const { initDb, open } = require('plinth')
initDb({ url: 'sqlite:///./app.db', migrations: false }).then(({ created }) => console.log(created.tables.join()))
`
const modelsInTypeScript = `
import { c, model, schema } from 'plinth'
export default schema({ notes: model('notes', { id: c.id(), text: c.text() as any }) })
`

let temporary
let cwd
let platform

before(() => {
  temporary = mkdtempSync(join(tmpdir(), 'plinth-bundlers-'))
  const tarballs = packPublished(temporary)
  platform = tarballs.platform.manifest
  cwd = join(temporary, 'project')
  const files = [tarballs.main.file, tarballs.platform.file, ...tarballs.dependencies]
  installTarballs(cwd, files, join(temporary, 'cache'))
  write(cwd, { 'main.cjs': program, 'app.mjs': page.get('app.mjs') })
})
after(() => rmSync(temporary, { recursive: true, force: true }))

/** The output of a file of JavaScript, which runs in its folder. */
function outputOf(file, env) {
  const { code, stdout, stderr } = run(dirname(file), process.execPath, [file], { env })
  assert.deepEqual([code, stderr], [0, ''], stdout)
  return stdout
}

/** Runs webpack. A warning is a failure here, as in the two functions below. */
async function runWebpack(configuration) {
  const compiler = webpack({ context: cwd, ...configuration })
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, stats) => compiler.close(() => (error ? reject(error) : resolve(stats))))
  })
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true })
  noneOf([...errors, ...warnings])
}

async function runEsbuild(configuration) {
  const { warnings } = await build({ absWorkingDir: cwd, logLevel: 'silent', ...configuration })
  noneOf(warnings.map(({ text }) => ({ message: text })))
}

async function runRollup({ input, output, ...configuration }) {
  const warnings = []
  const bundle = await rollup({ ...configuration, input: join(cwd, input), onwarn: warning => warnings.push(warning) })
  await bundle.write({ ...output, file: join(cwd, output.file) })
  await bundle.close()
  noneOf(warnings)
}

function noneOf(warnings) {
  assert.deepEqual(
    warnings.map(({ message }) => message),
    [],
  )
}

describe('Plinth left out, by the configurations of the page', () => {
  const expected = page.get('app.mjs').match(/console\.log\(.*\) \/\/ (.*)/)[1]
  const load = async name => {
    write(cwd, { [name]: page.get(name) })
    return (await import(pathToFileURL(join(cwd, name)).href)).default
  }
  const bundlers = {
    webpack: async () => runWebpack(await load('webpack.config.cjs')),
    rollup: async () => runRollup(await load('rollup.config.mjs')),
    // The block calls esbuild itself, which the project does not have installed.
    esbuild: async () => {
      const [, options] = page.get('esbuild.config.mjs').match(/await build\(([\s\S]*)\)/)
      await runEsbuild(new Function(`return ${options}`)())
    },
  }
  for (const [name, bundle] of Object.entries(bundlers)) {
    test(name, async () => {
      rmSync(join(cwd, 'bundle.mjs'), { force: true })
      await bundle()
      assert.equal(outputOf(join(cwd, 'bundle.mjs')), `${expected}\n`)
    })
  }
})

/** Makes a bundle of main.cjs with Plinth inside, by each bundler; gives its name. */
const inside = {
  'webpack, CommonJS': async () => {
    const filename = 'webpack.cjs'
    const output = { path: cwd, filename }
    await runWebpack({ mode: 'production', target: 'node', entry: './main.cjs', output })
    return filename
  },
  'webpack, ES module': async () => {
    const filename = 'webpack.mjs'
    const output = { path: cwd, filename, module: true }
    const experiments = { outputModule: true }
    await runWebpack({ mode: 'development', devtool: false, target: 'node', entry: './main.cjs', experiments, output })
    return filename
  },
  'esbuild, CommonJS': async () => {
    const outfile = 'esbuild.cjs'
    await runEsbuild({
      entryPoints: ['main.cjs'],
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'cjs',
      outfile,
    })
    return outfile
  },
  ...Object.fromEntries(
    Object.entries({ 'Rollup, CommonJS': ['cjs', 'rollup.cjs'], 'Rollup, ES module': ['es', 'rollup.mjs'] }).map(
      ([name, [format, file]]) => [
        name,
        async () => {
          const plugins = [nodeResolve({ preferBuiltins: true }), commonjs()]
          await runRollup({ input: 'main.cjs', plugins, output: { file, format } })
          return file
        },
      ],
    ),
  ),
}

for (const [name, bundle] of Object.entries(inside)) {
  test(`Plinth inside of a bundle: ${name}`, async t => {
    const file = await bundle()
    assert.equal(outputOf(join(cwd, file)), 'hello\n', 'with the package of the platform')

    const alone = folder(t)
    copyFileSync(join(cwd, file), join(alone, file))
    const error = JSON.parse(outputOf(join(alone, file)))
    assert.equal(error.code, 'NATIVE_MISSING')
    assert.match(error.message, new RegExp(`bundled into another file.*${platform.name} is not found`))
    assert.match(error.hint, /external: \['plinth'\].*externals: \{ plinth: 'commonjs plinth' \}/)
    const inNext = JSON.parse(outputOf(join(alone, file), { NEXT_RUNTIME: 'nodejs' }))
    assert.match(inNext.hint, /serverExternalPackages: \['plinth'\]$/)

    copyFileSync(join(cwd, 'node_modules', platform.name, platform.main), join(alone, platform.main))
    assert.equal(outputOf(join(alone, file)), 'hello\n', 'with the binary beside')
  })
}

test('a package that is not installed is not called a bundle', t => {
  const alone = folder(t)
  cpSync(join(cwd, 'node_modules'), join(alone, 'node_modules'), { recursive: true })
  rmSync(join(alone, 'node_modules', platform.name), { recursive: true })
  write(alone, { 'main.cjs': program })
  const { code, message, hint } = JSON.parse(outputOf(join(alone, 'main.cjs')))
  assert.equal(code, 'NATIVE_MISSING')
  assert.match(message, new RegExp(`the package ${platform.name} is not installed`))
  assert.match(hint, new RegExp(`^Install ${platform.name}`))
})

describe('files that @vercel/nft traces', () => {
  /** Copies the traced files of a program into an empty folder. */
  async function traced(t, name) {
    const { fileList, warnings } = await nodeFileTrace([join(cwd, name)], { base: cwd })
    const alone = folder(t)
    for (const file of fileList) cpSync(join(cwd, file), join(alone, file))
    return { alone, files: [...fileList], missing: [...warnings].map(({ message }) => message.match(/"(.*)"/)[1]) }
  }

  test('the binary of this platform is one of them, and the program runs', async t => {
    const { alone, files, missing } = await traced(t, 'main.cjs')
    const names = Object.keys(platforms).map(triple => `plinth-${triple}`)
    assert.deepEqual([...missing, platform.name].sort(), names.sort(), 'the packages of all platforms are looked for')
    assert.deepEqual(
      files.filter(file => file.endsWith('.node')),
      [join('node_modules', platform.name, platform.main)],
    )
    assert.equal(outputOf(join(alone, 'main.cjs')), 'hello\n')
    // The tracer of Next.js copies the binary alone.
    rmSync(join(alone, 'node_modules', platform.name, 'package.json'))
    assert.equal(outputOf(join(alone, 'main.cjs')), 'hello\n')
  })

  test('models in TypeScript load from them; without jiti the error names it', async t => {
    write(cwd, { 'configured.cjs': configured })
    const { alone } = await traced(t, 'configured.cjs')
    write(alone, {
      'package.json': { private: true, plinth: { models: './models.ts' } },
      'models.ts': modelsInTypeScript,
    })
    assert.equal(outputOf(join(alone, 'configured.cjs')), 'notes\n')
    rmSync(join(alone, 'node_modules/jiti'), { recursive: true })
    const { code, stderr } = run(alone, process.execPath, ['configured.cjs'])
    assert.equal(code, 1)
    assert.match(stderr, /CONFIG_INVALID[\s\S]*install jiti beside Plinth/)
  })

  test('a binary that is packed with the JavaScript is one of them', async t => {
    const { name, main } = platform
    const alone = folder(t)
    cpSync(join(cwd, 'node_modules'), join(alone, 'node_modules'), { recursive: true })
    rmSync(join(alone, 'node_modules', name), { recursive: true })
    copyFileSync(join(cwd, 'node_modules', name, main), join(alone, 'node_modules/plinth/dist', main))
    write(alone, { 'main.cjs': program })
    const { fileList } = await nodeFileTrace([join(alone, 'main.cjs')], { base: alone })
    assert.ok(fileList.has(join('node_modules/plinth/dist', main)))
  })
})
