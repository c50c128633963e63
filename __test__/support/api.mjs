// The content of the declarations: exported names, calls and their options. The documentation and
// the misuse tests are held to it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { root } from './project.mjs'

/** The exported names of a declaration file, `values` and `types`. */
export function exported(name) {
  const text = readFileSync(join(root, name), 'utf8')
  const names = { values: [], types: [] }
  for (const [, type, list] of text.matchAll(/^export (type )?\{ (.*) \};$/gm)) {
    const words = list.split(', ').map(word => word.split(' as ').at(-1))
    names[type ? 'types' : 'values'].push(...words.filter(word => word !== 'default'))
  }
  return names
}

const internal = node => ts.getJSDocTags(node).some(tag => tag.tagName.text === 'internal')

/**
 * Every public call of index.d.ts and models.d.ts: exported functions, methods of exported interfaces, constructors of classes.
 * `id` is `open`, `Table.list`, `new PlinthError`; `options` the names in its parameter `options` or `query`.
 */
export function publicCalls() {
  const files = ['index.d.ts', 'models.d.ts'].map(name => join(root, name))
  const program = ts.createProgram(files, {
    strict: true,
    noEmit: true,
    module: ts.ModuleKind.NodeNext,
    types: ['node'],
  })
  const checker = program.getTypeChecker()
  const calls = new Map()
  const nested = new Map()

  /** The property names of a type, those of each member of a union. */
  const properties = type =>
    type.isUnion()
      ? type.types.flatMap(properties)
      : type.flags & ts.TypeFlags.Object || type.isIntersection()
        ? checker.getPropertiesOfType(type)
        : []

  function add(id, name, signature) {
    const call = calls.get(id) ?? { id, name, options: new Set() }
    calls.set(id, call)
    for (const parameter of signature.parameters) {
      if (!['options', 'query'].includes(parameter.name.getText())) continue
      for (const property of properties(checker.getTypeAtLocation(parameter))) {
        call.options.add(property.name)
        optionsOf(property)
      }
    }
  }

  /** An option that has options of its own: `pool` has PoolOptions. */
  function optionsOf(property) {
    const declaration = property.declarations?.[0]
    if (!declaration?.type) return
    const type = checker.getTypeAtLocation(declaration.type)
    for (const part of type.isUnion() ? type.types : [type]) {
      if (/Options$/.test(part.symbol?.name ?? ''))
        nested.set(property.name, new Set(properties(part).map(({ name }) => name)))
    }
  }

  for (const file of files) {
    for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)))) {
      const real = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      for (const node of real.declarations ?? []) {
        if (node.getSourceFile().fileName !== file) continue
        if (ts.isFunctionDeclaration(node)) add(real.name, real.name, node)
        if (ts.isClassDeclaration(node)) {
          const made = node.members.find(ts.isConstructorDeclaration)
          add(`new ${real.name}`, real.name, made ?? { parameters: [] })
        }
        if (!ts.isInterfaceDeclaration(node)) continue
        for (const member of node.members) {
          if (!ts.isMethodSignature(member) || internal(member)) continue
          const name = member.name.getText()
          add(`${real.name}.${name}`, name, member)
        }
        if (real.name === 'IncludeArgs') {
          const own = properties(checker.getDeclaredTypeOfSymbol(real))
          nested.set('include', new Set(own.map(({ name }) => name)))
        }
      }
    }
  }
  return { calls: [...calls.values()], nested }
}

/** The options of every call by its name: a set of `list where`, `pool size`, ... */
export function callOptions() {
  const { calls, nested } = publicCalls()
  const pairs = new Set()
  for (const { name, options } of calls) for (const option of options) pairs.add(`${name} ${option}`)
  for (const [name, options] of nested) for (const option of options) pairs.add(`${name} ${option}`)
  return pairs
}
