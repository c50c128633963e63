// Completion: how long an editor waits for names and for a hover in a project of 300 models, asked of TypeScript's own server: of
// the schema as inferred, with a name for its type, and with the declarations of its package (docs/guide/typescript.md).
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { root } from '../scripts/run.mjs'
import { median, number } from './measure.mjs'

const MODELS = 300
const ROUNDS = 5

/** The names of a service's file, and how its project holds the schema. */
const FORMS = {
  inferred: 'as inferred',
  named: 'with a name',
  declared: 'declarations',
}

/** Measures the three forms in turn, a new server each time. */
export async function completion() {
  console.log(`\nCompletion in ${MODELS} models, TypeScript ${ts.version}, medians of ${ROUNDS} servers`)
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'))
  try {
    const rounds = []
    for (const form of Object.keys(FORMS)) write(join(folder, form), form)
    for (let round = 0; round < ROUNDS; round++) {
      const answers = []
      for (const form of Object.keys(FORMS)) answers.push(await ask(join(folder, form, 'service.ts')))
      rounds.push(answers)
    }
    const row = (name, cells) => console.log(`  ${name.padEnd(40)}${cells.map(cell => cell.padStart(16)).join('')}`)
    row('', Object.values(FORMS))
    for (const name of Object.keys(rounds[0][0])) {
      const cells = Object.keys(FORMS).map((_, at) =>
        number(Math.round(median(rounds.map(answers => answers[at][name])))),
      )
      row(name, cells)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A project of many models, ten in a file, with four relations each; and a service that uses them. */
function write(folder, form) {
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  symlinkSync(root, join(folder, 'node_modules', 'plinth'), 'dir')
  const put = (name, text) => writeFileSync(join(folder, name), text)
  const options = { strict: true, skipLibCheck: true, target: 'es2022', module: 'nodenext', types: [] }
  put('tsconfig.json', JSON.stringify({ compilerOptions: { ...options, noEmit: true }, files: ['service.ts'] }))
  put('package.json', JSON.stringify({ type: 'module' }))
  const near = (i, by) => `m${(i + by + MODELS) % MODELS}`
  const numbers = Array.from({ length: MODELS }, (_, i) => i)
  const files = numbers.filter(i => i % 10 === 0).map(first => numbers.slice(first, first + 10))
  files.forEach((names, at) => {
    const models = names.map(
      i => `export const m${i} = model('m${i}', { id: c.id(), parentId: c.integer().references('${near(i, 1)}.id'),
  otherId: c.integer().nullable(), title: c.text({ max: 200 }), body: c.text().nullable(), status: c.enum('s${i}', ['open', 'done']).default('open'),
  createdAt: c.timestamp().defaultNow(), price: c.decimal(12, 2), isPublic: c.boolean().default(true), secret: c.text().private() })`,
    )
    put(`models${at}.ts`, `import { c, model } from 'plinth'\n${models.join('\n')}\n`)
  })
  const relations = numbers.map(
    i => `m${i}: r => ({ parent: r.one('${near(i, 1)}', 'parentId'), other: r.one('${near(i, 2)}', 'otherId'),
  children: r.many('${near(i, -1)}', 'parentId'), others: r.many('${near(i, -2)}', 'otherId') })`,
  )
  put(
    'models.ts',
    `import { schema } from 'plinth'
${files.map((names, at) => `import { ${names.map(i => `m${i}`).join(', ')} } from './models${at}.js'`).join('\n')}
export const models = schema({ ${numbers.map(i => `m${i}`).join(', ')} }, { ${relations.join(',\n')} })
type Models = typeof models
export interface App extends Models {}
`,
  )
  const named = form === 'inferred' ? '' : '<App>'
  put(
    'service.ts',
    `import { open } from 'plinth'
import { ${named ? 'type App, ' : ''}models } from './models.js'
const db = open${named}({ models })
export const rows = await db.m7.list({ where: { title: 'a' }, include: { parent: true } })
`,
  )
  if (form === 'declared') declare(folder, files.length)
}

/** Puts the declarations of the models in the place of their sources, as a package of its own has them. */
function declare(folder, count) {
  const sources = ['models.ts', ...Array.from({ length: count }, (_, at) => `models${at}.ts`)].map(name =>
    join(folder, name),
  )
  const { options } = ts.convertCompilerOptionsFromJson(
    { strict: true, skipLibCheck: true, target: 'es2022', module: 'nodenext', types: [] },
    folder,
  )
  ts.createProgram(sources, { ...options, declaration: true, emitDeclarationOnly: true }).emit()
  for (const source of sources) rmSync(source)
}

/**
 * The answers of a new server about a file, and their durations: the first completion with the
 * project unread, then others, then the hover.
 */
async function ask(file) {
  const server = serve()
  const used = 'export const rows = await db.m7.list({ where: {'
  const at = offset => ({ file, line: 4, offset })
  const complete = async (offset, wanted) => {
    const begun = performance.now()
    const { entries } = await server.ask('completionInfo', at(offset))
    const took = performance.now() - begun
    if (!entries.some(entry => entry.name === wanted))
      throw new Error(`${file}: no completion at ${offset} names ${wanted}`)
    return took
  }
  try {
    server.tell('open', { file })
    const tables = used.indexOf('m7') + 1
    const opened = await complete(tables, `m${MODELS - 1}`)
    server.tell('change', { ...at(1), endLine: 4, endOffset: 1, insertString: ' ' })
    const edited = await complete(tables + 1, `m${MODELS - 1}`)
    const columns = await complete(used.length + 3, 'createdAt')
    const begun = performance.now()
    const { displayString } = await server.ask('quickinfo', { file, line: 3, offset: 'const d'.length })
    const hover = performance.now() - begun
    return {
      'ms, tables, a project just opened': opened,
      'ms, tables, after an edit': edited,
      'ms, columns in where': columns,
      'ms, hover of db': hover,
      'characters, hover of db': displayString.length,
    }
  } finally {
    server.end()
  }
}

/** TypeScript's server as a child: requests by a number, answers by it. */
function serve() {
  const program = createRequire(import.meta.url).resolve('typescript/lib/tsserver.js')
  const child = spawn(process.execPath, [program, '--disableAutomaticTypingAcquisition'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const waiting = new Map()
  let seq = 0
  let text = ''
  child.stdout.setEncoding('utf8').on('data', chunk => {
    text += chunk
    const lines = text.split('\n')
    text = lines.pop()
    for (const line of lines.filter(one => one.startsWith('{'))) {
      const message = JSON.parse(line)
      if (message.type !== 'response') continue
      const { resolve, reject } = waiting.get(message.request_seq) ?? {}
      waiting.delete(message.request_seq)
      if (message.success) resolve?.(message.body)
      else reject?.(new Error(message.message))
    }
  })
  const tell = (command, args) => {
    child.stdin.write(`${JSON.stringify({ seq: ++seq, type: 'request', command, arguments: args })}\n`)
    return seq
  }
  return {
    tell,
    ask: (command, args) => new Promise((resolve, reject) => waiting.set(tell(command, args), { resolve, reject })),
    end: () => child.kill(),
  }
}
