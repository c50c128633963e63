// Making the five built files: index.js, cli.js, models.js (esbuild) and index.d.ts, models.d.ts (rollup-plugin-dts).
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, root } from './run.mjs'

const banner = from => `// Built from ${from} by \`npm run build:js\`. Do not edit.`

/** The built files: what a user installs, committed so that the API can be read in one file. */
export const builtFiles = ['index.js', 'cli.js', 'models.js', 'index.d.ts', 'models.d.ts']

/** Builds all five in memory: file name to text. */
export async function bundle() {
  try {
    return await bundleAll()
  } catch (error) {
    throw new Failure(`The JavaScript was not built: ${error.message}`)
  }
}

async function bundleAll() {
  const [index, cli, models, indexTypes, modelsTypes] = await Promise.all([
    javascript('lib/index.ts'),
    javascript('lib/cli/index.ts', '#!/usr/bin/env node\n'),
    javascript('models/index.ts'),
    types('lib/index.ts'),
    types('models/index.ts'),
  ])
  return { 'index.js': index, 'cli.js': cli, 'models.js': models, 'index.d.ts': indexTypes, 'models.d.ts': modelsTypes }
}

/** Writes those that changed, each atomically; answers their names. */
export async function writeBundle() {
  const files = await bundle()
  const changed = stale(files)
  for (const name of changed) {
    const aside = join(root, `${name}.${process.pid}.tmp`)
    writeFileSync(aside, files[name], { mode: name === 'cli.js' ? 0o755 : 0o644 })
    renameSync(aside, join(root, name))
  }
  return changed
}

/** The names of the built files that are not what the sources make. */
export function stale(files) {
  return builtFiles.filter(
    name => !existsSync(join(root, name)) || readFileSync(join(root, name), 'utf8') !== files[name],
  )
}

/** One CommonJS file. Packages stay outside; esbuild's annotation lets `import { open } from 'plinth'` see the names. */
async function javascript(entry, before = '') {
  const { build } = await import('esbuild')
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    packages: 'external',
    charset: 'utf8',
    legalComments: 'none',
    banner: { js: `${before}${banner(entry)}` },
    plugins: [onePlinth(entry)],
    logLevel: 'error',
  })
  return result.outputFiles[0].text
}

/** Everything reaches the library through the one index.js: twice bundled, it would have two of every class. */
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
