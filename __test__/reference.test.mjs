// docs/reference/ is complete, and names nothing that does not exist: exports, calls, options, verbs, variables, codes.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as exports from 'plinth'
import { reports } from '../scripts/reports.mjs'
import { callOptions, exported } from './support/api.mjs'
import { documentedOptions, documents, found, heads, reference, words } from './support/documents.mjs'
import { cliPath, project, root, run } from './support/project.mjs'

const { default: _, 'module.exports': __, ...plinth } = exports
const read = path => readFileSync(join(root, path), 'utf8')
const sources = folder =>
  readdirSync(join(root, folder), { recursive: true })
    .filter(name => /\.(m?[jt]s|rs)$/.test(name) && !name.includes('node_modules'))
    .map(name => read(join(folder, name)))
const page = name => `docs/reference/${name}.md`
/** The words in code of all pages in a folder. */
const wordsUnder = folder =>
  new Set([...documents.keys()].filter(name => name.startsWith(folder)).flatMap(name => [...words(name)]))
const without = (all, some) => [...all].filter(name => !some.has(name)).toSorted()

test('every exported name of plinth and plinth/models is named, and every type that is named is exported', () => {
  const index = exported('index.d.ts')
  const models = exported('models.d.ts')
  assert.deepEqual(index.values.toSorted(), Object.keys(plinth).toSorted())
  const named = wordsUnder('docs/reference/')
  for (const { values, types } of [index, models]) {
    assert.deepEqual(without(values, named), [], 'values that no page of docs/reference/ names')
    assert.deepEqual(without(types, named), [], 'types that no page of docs/reference/ names')
  }
  assert.deepEqual(without(found(heads(page('types')), /`(\w+)`/g), new Set(index.types)), [], 'no type has this name')
  const all = new Set([...models.values, ...models.types])
  assert.deepEqual(without(found(heads(page('bundled-models')), /(?<![(,] ?)\b(\w+)(?=[`(])/g), all), [])
})

test('every call is there, and all are named', async t => {
  const { c, model, open, schema } = plinth
  const db = open({ models: schema({ things: model('things', { id: c.id() }) }), url: 'sqlite::memory:' })
  t.after(() => db.close())
  const ofTable = Object.getOwnPropertyNames(Object.getPrototypeOf(db.things)).filter(name => name !== 'constructor')
  const ofDatabase = Object.keys(db).filter(name => name !== 'things')
  assert.deepEqual(found(heads(page('calls'), 'Calls'), /`(\w+)[(`]/g), [...ofTable, ...ofDatabase].toSorted())
})

test('every option of every call is named, and all that are named are there', () => {
  const options = callOptions()
  const documented = documentedOptions()
  assert.ok(options.has('list where') && options.has('pool size') && options.has('resetDb force'))
  const shared = new Set([...documented].filter(pair => pair.startsWith('* ')).map(pair => pair.slice(2)))
  for (const pair of options) if (shared.has(pair.split(' ')[1])) documented.add(pair)
  for (const option of shared) documented.delete(`* ${option}`)
  assert.deepEqual(without(options, documented), [], 'options that no table `| option | of | |` has')
  assert.deepEqual(without(documented, options), [], 'options of which index.d.ts knows nothing')
})

test('every kind, modifier and function of the table level is there, and all are named', () => {
  const { c } = plinth
  assert.deepEqual(found(heads(page('models'), 'Kinds of column'), /(\w+)(?:<T>)?\(/g), Object.keys(c).toSorted())
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(c.text())).filter(name => name !== 'constructor')
  assert.deepEqual(found(heads(page('models'), 'Modifiers'), /\.(\w+)\(/g), methods.toSorted())
  for (const name of ['index', 'unique', 'check', 'foreignKey', 'expression', 'model', 'schema']) {
    assert.equal(typeof plinth[name], 'function')
    assert.match(reference('models'), new RegExp(`\`[^\`]*\\b${name}\\(`))
  }
})

test('the codes of errors are the same in their type and in their table, and each one is used', () => {
  const [, type] = read('lib/base/error-code.ts').match(/type ErrorCode =([\s\S]*)/)
  const codes = found(type, /'([A-Z_]+)'/g)
  assert.deepEqual(found(heads(page('errors')), /`([A-Z_]+)`/g), codes)
  const rust = read('src/error/code.rs').match(/pub enum Code \{([\s\S]*?)\n\}/)[1]
  const ofCore = found(rust, /^ {4}(\w+),/gm).map(name => name.replace(/(?<!^)([A-Z])/g, '_$1').toUpperCase())
  assert.ok(ofCore.length > 25)
  // The library throws no code that its type lacks: the compiler sees to that.
  const ofLibrary = found(sources('lib').join('\n').replace(type, ''), /'([A-Z]+_?[A-Z_]+)'/g)
  assert.deepEqual(
    codes.filter(code => !ofCore.includes(code) && !ofLibrary.includes(code)),
    [],
  )
  assert.deepEqual(
    ofCore.filter(code => !codes.includes(code)),
    [],
  )
})

test('every warning is named', () => {
  const warnings = found(sources('lib'), /\bcode: '(PLINTH_[A-Z_]+)'/g)
  assert.ok(warnings.includes('PLINTH_LOG_FAILED'))
  const named = wordsUnder('docs/')
  for (const code of warnings) assert.ok(named.has(code), `the warning ${code} is not named`)
})

test('every class of errors is named, and exported; every field of an error is named', () => {
  const isError = value => typeof value === 'function' && value.prototype instanceof Error
  const classes = Object.keys(plinth).filter(name => isError(plinth[name]))
  assert.deepEqual(found(reference('errors'), /`(\w+Error)`/g), classes.toSorted())
  const [, body] = read('index.d.ts').match(/declare class PlinthError extends Error \{([\s\S]*?)\n\}/)
  const fields = found(body, /^ {4}readonly (\w+)\??:/gm)
  assert.ok(fields.length >= 15, `only ${fields}`)
  for (const field of [...fields, 'cause'].filter(name => name !== 'message'))
    assert.match(reference('errors'), new RegExp(`\`${field}\``))
})

test('the page of reports has every field of every report', () => {
  const { types } = exported('index.d.ts')
  const page = reference('reports')
  assert.equal(page, reports(), 'run `node scripts/reports.mjs`')
  assert.deepEqual(
    types.filter(name => /Report$/.test(name) && !page.includes(`### ${name}\n`)),
    [],
  )
})

test('every verb and option of the command line is there, and all are named', t => {
  const cwd = project(t)
  const help = (...args) => run(cwd, process.execPath, [cliPath, ...args, '--help']).stdout
  const verbs = found(help().split('Commands:')[1], /^ {2}(\w+) \[options\]/gm)
  assert.deepEqual(found(heads(page('commands')), /^`(\w+)`/g), verbs)
  const options = verbs.flatMap(verb => found(help(verb), /(--\w[\w-]*)/g))
  assert.deepEqual(found(reference('commands'), /`[^`]*?(--\w[\w-]*)/g), [...new Set(options)].toSorted())
})

test('every environment variable is named', () => {
  const lib = sources('lib')
  const used = [
    ...found(lib, /\benv\)?\??\.([A-Z][A-Z_]+)\b/g),
    ...found(lib, /\benv\)?(?:\?\.)?\[['"]([A-Z][A-Z_]+)['"]\]/g),
    ...found(lib, /\b(?:variable|urlIn)\('([A-Z][A-Z_]+)'\)/g),
    ...found(lib, /#setting\('([A-Z][A-Z_]+)'\)/g),
    ...found(sources('src'), /\benv::var(?:_os)?\(\s*"([A-Z][A-Z_]+)"/g),
  ]
  assert.deepEqual(found(heads(page('variables')), /`([A-Z_]+)[`=]/g), [...new Set(used)].toSorted())
})

test('every variable of the tests and the scripts is named in CONTRIBUTING.md', () => {
  const used = found(
    [...sources('__test__'), ...sources('tests'), ...sources('scripts'), ...sources('bench'), ...sources('campaigns')],
    /(?:\benv\??\.|\bvar(?:_os)?\(")(PLINTH_\w+)/g,
  )
  assert.ok(used.includes('PLINTH_TEST_POSTGRES'))
  const named = new Set(found([read('CONTRIBUTING.md'), reference('variables')], /\b(PLINTH_\w+)/g))
  assert.deepEqual(without(used, named), [])
})

test('every parameter of a PostgreSQL URL that is ours is named', () => {
  const [, body] = read('src/engine/postgres/connect/url.rs').match(
    /fn set\(&mut self, key: &str[\s\S]*?match key \{([\s\S]*?)\n {8}\}/,
  )
  const names = found(found(body, /^ {12}("[^=]*) =>/gm), /"(\w+)"/g)
  assert.ok(names.includes('sslmode'))
  assert.deepEqual(without(names, words(page('urls'))), [])
})

test('every form of the configuration is named', () => {
  const [, extensions] = read('lib/project/config.ts').match(/CONFIG_FILES = \[(.*?)\]/)
  const [, named] = reference('opening').match(/`plinth\.config\.\{(.*?)\}`/)
  assert.equal(named, extensions.replace(/['\s]/g, ''))
})

test('every script, file and section that is linked exists', () => {
  const { scripts } = JSON.parse(read('package.json'))
  const anchors = text =>
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    )
  const others = ['ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md'].map(name => [name, read(name)])
  for (const [document, text] of [...documents, ...others]) {
    for (const [, name] of text.matchAll(/npm run ([\w:]+)/g)) assert.ok(scripts[name], `${document}: npm run ${name}`)
    for (const [, link] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [path, anchor] = link.split('#')
      const file = join(document, '..', path)
      assert.ok(path === '' || existsSync(join(root, file)), `${document}: ${link}`)
      if (anchor !== undefined)
        assert.ok(anchors(path === '' ? text : read(file)).includes(anchor), `${document}: ${link}`)
    }
  }
})

test('every message of the troubleshooting page is one of the sources', () => {
  const text = [...sources('lib'), ...sources('src')].join('\n')
  const messages = heads('docs/guide/troubleshooting.md').map(head => head.slice(1, -1))
  const sentences = messages.filter(message => message.includes(' '))
  assert.ok(sentences.length > 25)
  const parts = sentences.flatMap(message => message.split('…').map(part => part.trim()))
  assert.deepEqual(
    parts.filter(part => part.length > 3 && !text.includes(part)),
    [],
  )
})

test('docs/README.md leads to every page of docs/', () => {
  const links = [...documents.get('docs/README.md').matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => `docs/${link}`)
  const pages = [...documents.keys()].filter(name => name.startsWith('docs/') && name !== 'docs/README.md')
  assert.deepEqual(without(pages, new Set(links)), [])
})

test('CONTRIBUTING.md names files that exist for each kind of change', () => {
  const [, text] = read('CONTRIBUTING.md').split('\n### Where a change goes\n')
  const rows = text
    .split('\n#')[0]
    .split('\n')
    .filter(line => line.startsWith('|'))
    .slice(2)
  assert.equal(rows.length, 7)
  for (const row of rows) {
    const paths = found(row, /`([\w-]+(?:\/[\w.-]+)*\.\w+)`/g)
    assert.ok(paths.length > 2, row)
    assert.deepEqual(
      paths.filter(path => !existsSync(join(root, path))),
      [],
      row,
    )
  }
})
