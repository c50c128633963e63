// Making the built files: dist/ (esbuild), and the declarations index.d.ts and models.d.ts beside package.json (rollup-plugin-dts).
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Failure, root } from './run.mjs'

const noDependencies =
  'Plinth is built with its development dependencies, which are not installed: run npm ci --include=dev.'

const banner = from => `// Built from ${from} by \`npm run build:js\`. Do not edit.`

const modelsForImport = `// plinth/models for \`import\`: the same objects as models.js, with the default export where an ES module expects it.
import { models } from './models.js'

export * from './models.js'
export default models
`

/**
 * The entry of the package. Node reads the names that a CommonJS file exports from its text before an `import` runs it: of this
 * one, since the file that has the code is long.
 */
function entry(code) {
  const names = /^0 && \(module\.exports = \{([^}]+)\}\);/m.exec(code)?.[1]
  if (names === undefined) throw new Failure('The JavaScript was not built: esbuild has not annotated its exports.')
  return `${banner('lib/index.ts')}
const plinth = require('./plinth.js')

module.exports = plinth
// For \`import\` alone, which looks for names in this form.
0 && (module.exports = {${names}})
`
}

/** The JavaScript of the package: path to text. */
export function javascript() {
  return building(async () => {
    const [code, cli, models] = await Promise.all([
      commonJs('lib/index.ts'),
      commonJs('lib/cli/index.ts', '#!/usr/bin/env node\n'),
      commonJs('models/index.ts'),
    ])
    return {
      'dist/index.js': entry(code),
      'dist/plinth.js': code,
      'dist/cli.js': cli,
      'dist/models.js': models,
      'dist/models.mjs': modelsForImport,
    }
  })
}

/** The types of the package, which are committed as the report of the public API: path to text. */
export function declarations() {
  return building(async () => {
    const [index, models] = await Promise.all([types('lib/index.ts'), types('models/index.ts')])
    return { 'index.d.ts': index, 'models.d.ts': models }
  })
}

/** Writes the files that changed, each atomically; answers their paths. */
export function write(files) {
  const changed = stale(files)
  for (const path of changed) {
    const aside = join(root, `${path}.${process.pid}.tmp`)
    mkdirSync(dirname(aside), { recursive: true })
    writeFileSync(aside, files[path], { mode: path === 'dist/cli.js' ? 0o755 : 0o644 })
    renameSync(aside, join(root, path))
  }
  return changed
}

/** The paths of the files that are not on the disk with this text. */
export function stale(files) {
  return Object.keys(files).filter(
    path => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== files[path],
  )
}

async function building(build) {
  try {
    return await build()
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND') throw new Failure(noDependencies)
    throw new Failure(`The JavaScript was not built: ${error.message}`)
  }
}

/** How esbuild makes CommonJS of sources, whose packages stay outside. */
export const commonJsOptions = {
  absWorkingDir: root,
  bundle: true,
  write: false,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  packages: 'external',
}

/** One CommonJS file. Packages stay outside; esbuild's annotation lets `import { open } from 'plinth'` see the names. */
async function commonJs(entry, before = '') {
  const { build } = await import('esbuild')
  const result = await build({
    ...commonJsOptions,
    entryPoints: [entry],
    legalComments: 'none',
    banner: { js: `${before}${banner(entry)}` },
    plugins: [onePlinth(entry)],
    logLevel: 'error',
  })
  return result.outputFiles[0].text
}

/** Everything reaches the library through the one dist/index.js: twice bundled, it would have two of every class. */
function onePlinth(entry) {
  return {
    name: 'one-plinth',
    setup(build) {
      if (entry === 'lib/index.ts') return
      build.onResolve({ filter: /^plinth$|^(\.\.\/)+(lib\/)?index\.js$/ }, () => ({
        path: './index.js',
        external: true,
      }))
    },
  }
}

/** One declaration file. */
async function types(entry) {
  const [{ rollup }, { dts }] = await Promise.all([import('rollup'), import('rollup-plugin-dts')])
  const result = await rollup({
    input: join(root, entry),
    external: id => id === 'plinth' || id.startsWith('node:'),
    plugins: [dts({ tsconfig: join(root, 'tsconfig.json') })],
    onwarn(warning) {
      throw new Error(warning.message)
    },
  })
  const { output } = await result.generate({ format: 'es', paths: { plinth: './index.js' }, banner: banner(entry) })
  await result.close()
  // As TypeScript before 5.7 says it, where this type has no parameter.
  return output[0].code.replaceAll('Uint8Array<ArrayBufferLike>', 'Uint8Array')
}
