// Which folder of lib/ may import which, as docs/decisions/parts.md lists it: read from the sources, types included. tests/layers.rs holds src/ to the same.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import { test } from 'node:test'
import ts from 'typescript'
import { root } from '../scripts/run.mjs'

/**
 * Each folder of lib/, and index.ts, with all that it may import: folders, or single files. An arrow that is not here is not allowed.
 * cli.js is bundled apart from index.js: of lib/ it imports index.ts, and one file without classes, which would exist twice.
 */
const LAYERS = {
  base: [],
  types: ['base'],
  models: ['base', 'types'],
  bridge: ['base', 'types', 'models'],
  query: ['base', 'types', 'models', 'bridge'],
  observe: ['base', 'types', 'models', 'bridge'],
  unit: ['base', 'types', 'models', 'bridge', 'observe'],
  handle: ['base', 'types', 'models', 'bridge', 'query', 'unit'],
  http: ['base', 'types', 'bridge', 'unit', 'handle'],
  project: ['base', 'types', 'models', 'bridge', 'observe', 'unit', 'handle'],
  migrate: ['base', 'types', 'models', 'bridge', 'project'],
  index: ['base', 'types', 'models', 'http', 'project', 'migrate'],
  cli: ['index', 'base/terminal'],
}

/** All that the bundled models may import from lib/ beside `plinth`: files without classes, which would exist twice. */
const FOR_MODELS = ['base/nearest', 'base/option-kinds', 'base/shown']

/** The files of lib/ without their extension, each with the files of lib/ that it imports: `{ 'unit/channel': ['base/errors'] }`. */
function sources() {
  const lib = join(root, 'lib')
  const paths = readdirSync(lib, { recursive: true }).filter(path => /\.[cm]?tsx?$/.test(path))
  return Object.fromEntries(
    paths.map(path => {
      const name = path.split(sep).join('/')
      return [withoutExtension(name), importsOf(name, readFileSync(join(lib, path), 'utf8'))]
    }),
  )
}

const withoutExtension = path => path.replace(/\.[cm]?[jt]sx?$/, '')

/**
 * The files that a file imports by a relative path, from the root of lib/: imports, exports from,
 * `import()`, of types or values.
 */
function importsOf(path, text) {
  const specifiers = ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName)
  const relative = specifiers.filter(specifier => specifier.startsWith('.'))
  return relative.map(specifier => withoutExtension(posix.join(posix.dirname(path), specifier)))
}

/** The folder of a file; of a file beside the folders its own name. */
const folderOf = file => file.split('/')[0]

/** Files that are in no folder of the table. */
function misplaced(files) {
  const fits = file => (file.includes('/') ? folderOf(file) in LAYERS && folderOf(file) !== 'index' : file === 'index')
  return Object.keys(files).filter(file => !fits(file))
}

/** Imports that the table does not allow. */
function forbidden(files) {
  const arrows = Object.entries(files).flatMap(([file, imports]) => imports.map(imported => [file, imported]))
  return arrows.filter(([file, imported]) => !mayImport(file, imported)).map(arrow => arrow.join(' -> '))
}

function mayImport(file, imported) {
  const allowed = LAYERS[folderOf(file)] ?? []
  return folderOf(imported) === folderOf(file) || allowed.includes(folderOf(imported)) || allowed.includes(imported)
}

/** The same arrows between folders; one inside a folder is none. */
function byFolder(files) {
  const folders = {}
  for (const [file, imports] of Object.entries(files)) {
    const folder = folderOf(file)
    const others = imports.map(folderOf).filter(other => other !== folder)
    folders[folder] = [...new Set([...(folders[folder] ?? []), ...others])]
  }
  return folders
}

/** One circle among the arrows, if there is any: `a -> b -> a`. */
function circle(arrows) {
  const done = new Set()
  const visit = (node, path) => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node]
    if (done.has(node)) return undefined
    for (const next of arrows[node] ?? []) {
      const found = visit(next, [...path, node])
      if (found) return found
    }
    done.add(node)
    return undefined
  }
  for (const node of Object.keys(arrows)) {
    const found = visit(node, [])
    if (found) return found.join(' -> ')
  }
  return undefined
}

/** Names that more than one file has. Each folder may have an index. */
function repeated(files) {
  const names = Object.keys(files).map(file => posix.basename(file))
  return [...new Set(names.filter((name, at) => name !== 'index' && names.indexOf(name) !== at))]
}

const files = sources()

test('the sources are found', () => {
  assert.ok(Object.keys(files).length > 50)
  assert.deepEqual(
    Object.keys(LAYERS).filter(folder => !Object.keys(files).some(file => folderOf(file) === folder)),
    [],
    'folders of the table that lib/ does not have',
  )
})

test('each file is in a folder that the table has', () => assert.deepEqual(misplaced(files), []))

test('folders import only what the table allows', () => assert.deepEqual(forbidden(files), []))

test('the bundled models import only what the table allows them', () => {
  const names = readdirSync(join(root, 'models')).filter(name => name.endsWith('.ts'))
  const imports = names.flatMap(name =>
    importsOf(`../models/${name}`, readFileSync(join(root, 'models', name), 'utf8')),
  )
  const ofLib = imports.filter(path => path.startsWith('../lib/')).map(path => path.slice('../lib/'.length))
  assert.deepEqual([...new Set(ofLib)].toSorted(), FOR_MODELS)
})

test('no circle of imports between folders', () => {
  assert.equal(circle(byFolder(files)), undefined)
  assert.equal(circle(LAYERS), undefined, 'in the table')
})

test('no circle of imports between files', () => assert.equal(circle(files), undefined))

test('no two files have the same name', () => assert.deepEqual(repeated(files), []))

test('each kind of fault is found', () => {
  const text = `
    import './a.js'
    import type { B } from '../base/b.js'
    import { type C } from './deep/c.js'
    export type * from '../d.js'
    const e: import('./e.js').E = await import('../base/f.js')
    // import './comment.js'
    import { join } from 'node:path'`
  const imports = ['unit/a', 'base/b', 'unit/deep/c', 'd', 'unit/e', 'base/f']
  assert.deepEqual(importsOf('unit/x.ts', text).sort(), imports.sort())
  assert.deepEqual(importsOf('base/x.ts', `import '../../models/index.js'`), ['../models/index'])

  assert.deepEqual(misplaced({ index: [], 'base/a': [], b: [], 'other/c': [], 'index/d': [] }), [
    'b',
    'other/c',
    'index/d',
  ])

  assert.deepEqual(forbidden({ 'unit/a': ['unit/b', 'base/c', 'index', 'handle/d', '../models/index'] }), [
    'unit/a -> index',
    'unit/a -> handle/d',
    'unit/a -> ../models/index',
  ])
  assert.deepEqual(forbidden({ 'cli/a': ['index', 'base/terminal', 'base/errors'] }), ['cli/a -> base/errors'])

  assert.equal(circle({ a: ['b', 'd'], b: ['c'], c: ['b'], d: [] }), 'b -> c -> b')
  assert.equal(circle({ a: ['b', 'c'], b: ['c'], c: [] }), undefined)
  assert.equal(circle(byFolder({ 'unit/a': ['base/b', 'unit/c'], 'base/d': ['unit/a'] })), 'unit -> base -> unit')

  assert.deepEqual(repeated({ index: [], 'types/index': [], 'a/x': [], 'b/x': [], 'b/y': [] }), ['x'])
})
