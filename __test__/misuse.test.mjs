// Every public call has a misuse in __test__/types that does not compile: the error is found, and whose call it is in.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import ts from 'typescript'
import { publicCalls } from './support/api.mjs'
import { root } from './support/project.mjs'

const folder = join(root, '__test__/types')
const files = readdirSync(folder)
  .filter(name => name.startsWith('negative'))
  .map(name => join(folder, name))

/** The type tests as a program in which the errors that they expect are errors. */
function program() {
  const { config } = ts.readConfigFile(join(folder, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, folder)
  const host = ts.createCompilerHost(options, true)
  const { getSourceFile } = host
  host.getSourceFile = (name, ...more) => {
    if (!files.includes(name)) return getSourceFile(name, ...more)
    return ts.createSourceFile(
      name,
      ts.sys.readFile(name).replaceAll('@ts-expect-error', '@ts-known-mistake'),
      more[0],
      true,
    )
  }
  return ts.createProgram({ rootNames: files, options, host })
}

/** The innermost node at a position. */
function nodeAt(file, position) {
  let node = file
  for (;;) {
    const inner = ts.forEachChild(node, child =>
      child.getStart(file) <= position && position < child.end ? child : undefined,
    )
    if (!inner) return node
    node = inner
  }
}

/** The identifier of a call in publicCalls(). */
function idOf(checker, call) {
  const { expression } = call
  const tag = call.kind === ts.SyntaxKind.TaggedTemplateExpression ? call.tag : expression
  const name = ts.isPropertyAccessExpression(tag) ? tag.name : tag
  let symbol = checker.getSymbolAtLocation(name)
  if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol)
  const declaration = symbol?.declarations?.[0]
  if (!declaration) return undefined
  if (ts.isNewExpression(call)) return `new ${symbol.name}`
  const { parent } = declaration
  return ts.isInterfaceDeclaration(parent) ? `${parent.name.text}.${symbol.name}` : symbol.name
}

/** Interfaces whose calls are those of functions that are exported themselves, or that the user hands in. */
const SAME = ['ModelHooks', 'TableFunctions', 'TaskDb', 'TaskTables']

const isCall = node => ts.isCallExpression(node) || ts.isNewExpression(node) || ts.isTaggedTemplateExpression(node)

test('every public call has a misuse that does not compile', () => {
  const made = program()
  const checker = made.getTypeChecker()
  const { calls } = publicCalls()
  const known = new Set(calls.map(({ id }) => id).filter(id => !SAME.includes(id.split('.')[0])))
  const misused = new Set()
  for (const name of files) {
    const file = made.getSourceFile(name)
    for (const { start } of made.getSemanticDiagnostics(file)) {
      let node = nodeAt(file, start)
      while (node) {
        const id = isCall(node) ? idOf(checker, node) : undefined
        if (known.has(id)) {
          misused.add(id)
          break
        }
        // What is wrong with a result is a misuse of the call that gave it.
        const given = ts.isPropertyAccessExpression(node) || ts.isCallExpression(node) ? node.expression : undefined
        const inner = given && isCall(given) ? idOf(checker, given) : undefined
        if (known.has(inner)) misused.add(inner)
        node = node.parent
      }
    }
  }
  assert.ok(misused.size > 20)
  assert.deepEqual(
    [...known].filter(id => !misused.has(id)).toSorted(),
    [],
    'calls without an error that __test__/types expects',
  )
})
