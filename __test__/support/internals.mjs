// Parts of lib/ that are not public, for tests of what no public call shows. All come from one bundle, so that each class exists once.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { commonJsOptions } from '../../scripts/bundle.mjs'
import { root } from '../../scripts/run.mjs'

/**
 * The exports of these files of lib/, by name: `internals('lib/index.js', 'lib/query/select.js')`.
 */
export function internals(...files) {
  const contents = files.map(file => `export * from './${file}'`).join('\n')
  const { outputFiles } = buildSync({
    ...commonJsOptions,
    stdin: { contents, resolveDir: root, loader: 'ts' },
  })
  // As if it were a built file: the binary lies beside those.
  const dist = join(root, 'dist')
  const path = join(dist, 'internals.cjs')
  const module = { exports: {} }
  const run = new Function('module', 'require', '__filename', '__dirname', outputFiles[0].text)
  run(module, createRequire(path), path, dist)
  return module.exports
}
