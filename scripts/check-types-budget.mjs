// Holds the public types to their budget: how many instantiations TypeScript makes for a column, a model, a first call.
// Instantiations do not depend on the machine, as seconds do. Each number is the difference of two programs, of which the
// second has one thing more.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const head = `import { c, index, model, schema } from './models/schema-builder.js'
import type { AnySchema, Db } from './types/index.js'
declare function open<S extends AnySchema>(options: { models: S }): Db<S>
`
const KINDS = [
  'c.text()',
  'c.integer()',
  'c.timestamp().defaultNow()',
  'c.text().nullable()',
  'c.boolean().default(true)',
  'c.integer().nullable()',
  'c.decimal(12, 2)',
  'c.text().private()',
]
/** Columns of the kinds in turn, or each an enum of its own. */
const columns = (count, kind = i => KINDS[i % KINDS.length]) =>
  Array.from({ length: count }, (_, i) => `p${i}: ${kind(i)}`).join(', ')
const ownEnum = i => `c.enum('e${i}', ['a${i}', 'b${i}'])`

const oneModel = (count, kind) => `${head}
const m = model('m', { id: c.id(), ${columns(8)}, ${columns(count, kind).replaceAll(/\bp(\d)/g, 'q$1')} })
const db = open({ models: schema({ m }) })
`
const used = (count, kind) => `${oneModel(count, kind)}
db.m.list({ where: { id: 1 } })
declare const values: Parameters<typeof db.m.create>[0]
db.m.create(values)
`

const wide = name => `const ${name} = model('${name}', {
  id: c.id(), parentId: c.integer().references('first.id', { onDelete: 'cascade' }), ${columns(10)} }, t => [index(t.parentId)])
`
const relations = name =>
  `${name}: r => ({ parent: r.one('first', 'parentId'), children: r.many('${name}', 'parentId'), extra: r.has('first', 'parentId') }),`
/** \`names\` are models of 12 columns with 3 relations each. */
const models = names => `${head}${names.map(wide).join('')}
const db = open({ models: schema({ ${names.join(', ')} }, { ${names.map(relations).join(' ')} }) })
`
const base = models(['first', 'second'])
const list = `db.first.list({ where: { p0: 'a', p1: { gt: 3 } }, orderBy: { p2: 'desc' } })
`

/** A model with a document, and a first list of it. */
const json = `${head}const j = model('j', { id: c.id(), data: c.json<{ user: { age: number[] } }>().nullable() })
const db = open({ models: schema({ j }) })
db.j.list({ where: { id: 1 }, orderBy: { id: 'asc' } })
`

/** What is measured: the program without it, the program with it, how often it is in there, and the most it may cost. */
const measures = [
  ['column, declared', oneModel(8), oneModel(48), 40, 25],
  ['column, used in list and create', used(8), used(48), 40, 25],
  ['enum of its own, declared', oneModel(8, ownEnum), oneModel(48, ownEnum), 40, 26],
  ['enum of its own, used in list and create', used(8, ownEnum), used(48, ownEnum), 40, 26],
  ['model of 12 columns, 3 relations', base, models(['first', 'second', 'third']), 1, 300],
  ['first list, where and orderBy', base, `${base}${list}`, 1, 1000],
  [
    'select',
    `${base}${list}`,
    `${base}${list}db.first.list({ select: ['id', 'p0'] }).then(rows => rows[0]!.p0)
`,
    1,
    1000,
  ],
  [
    'include of 2 levels, 3 relations',
    `${base}${list}`,
    `${base}${list}db.first.list({ include: { parent: true, children: { include: { extra: true } } } }).then(rows => rows[0]!.children[0]!.extra)
`,
    1,
    1500,
  ],
  [
    'aggregate, by group',
    `${base}${list}`,
    `${base}${list}db.first.aggregate({ groupBy: ['p0'], count: true, sum: ['p1'], having: { count: { gt: 1 } }, orderBy: { sum: { p1: 'desc' } } }).then(rows => rows[0]!.sum.p1)
`,
    1,
    1000,
  ],
  [
    'relation filter of 2 levels',
    `${base}${list}`,
    `${base}${list}db.first.list({ where: { parent: { is: { p0: 'a' } }, children: { some: { p1: 1, extra: { isNot: { p0: 'b' } } } } } })
`,
    1,
    1000,
  ],
  [
    'orderBy with nulls',
    `${base}${list}`,
    `${base}${list}db.first.list({ orderBy: [{ p2: { direction: 'desc', nulls: 'last' } }, { p1: 'asc' }] })
`,
    1,
    1000,
  ],
  [
    'page',
    `${base}${list}`,
    `${base}${list}db.first.page({ where: { p0: 'a' }, orderBy: { p2: 'desc' }, limit: 20, after: null, include: { parent: true } }).then(({ rows, next }) => next ?? rows[0]!.parent)
`,
    1,
    1000,
  ],
  [
    'stream',
    `${base}${list}`,
    `${base}${list}export const read = async () => { for await (const row of db.first.stream({ where: { p0: 'a' }, include: { children: true } })) row.children[0]!.p0 }
`,
    1,
    1000,
  ],
  [
    'count of related rows',
    `${base}${list}`,
    `${base}${list}db.first.list({ include: { _count: { children: true } } }).then(rows => rows[0]!._count.children)
`,
    1,
    1000,
  ],
  [
    'JSON path, where and orderBy',
    json,
    `${json}db.j.list({ where: { data: { path: ['user', 'age', 0], gte: 18 } }, orderBy: { data: { path: ['user'], direction: 'desc', nulls: 'last' } } })
`,
    1,
    1000,
  ],
  [
    'first create',
    base,
    `${base}db.first.create({ parentId: 1, p0: 'a', p1: 1, p6: '1.50', p7: 'x', p8: 'a', p9: 1 })
`,
    1,
    1000,
  ],
]

const options = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: [],
}
const host = ts.createCompilerHost(options)
const { getSourceFile } = host
const parsed = new Map()
const program = join(root, 'lib', 'budget-program.ts')

/**
 * The figure that `tsc --extendedDiagnostics` calls Instantiations, of one file that is only in
 * memory. It must compile, or the number says nothing.
 */
function instantiations(source) {
  host.fileExists = name => name === program || ts.sys.fileExists(name)
  host.getSourceFile = (name, ...more) => {
    if (name === program) return ts.createSourceFile(name, source, more[0])
    if (!parsed.has(name)) parsed.set(name, getSourceFile(name, ...more))
    return parsed.get(name)
  }
  const made = ts.createProgram({ rootNames: [program], options, host })
  const file = made.getSourceFile(program)
  const errors = [...made.getSyntacticDiagnostics(file), ...made.getSemanticDiagnostics(file)]
  if (errors.length > 0) throw new Error(`A program does not compile:\n${ts.formatDiagnostics(errors, host)}${source}`)
  return made.getInstantiationCount()
}

let over = 0
for (const [name, without, with_, times, budget] of measures) {
  const cost = (instantiations(with_) - instantiations(without)) / times
  if (cost > budget) over++
  const numbers = `${cost.toFixed(1).padStart(7)} of ${String(budget).padStart(5)} instantiations`
  console.log(`${cost > budget ? 'OVER' : 'ok  '}  ${name.padEnd(42)} ${numbers}`)
}
if (over > 0) {
  console.error(`${over} over budget. lib/types/column.ts says how the types stay cheap.`)
  process.exitCode = 1
}
