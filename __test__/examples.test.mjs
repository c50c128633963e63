// The examples in docstrings of calls hold: each compiles and runs, on a database of its own; every call of a database has one.
import assert from 'node:assert/strict'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import ts from 'typescript'
import { project, root, run as started, tsc } from './support/project.mjs'

/** The calls of a user's database. */
const INTERFACES = ['Table', 'TxCalls', 'SessionCalls', 'DbCalls', 'SyncCalls']
/** Functions whose example is complete by itself; those of the others show a line of a project. */
const FUNCTIONS = ['initDb', 'resetDb', 'surveyDb', 'history', 'status', 'index', 'unique', 'foreignKey', 'expression']
/** Members that are not calls, or only carry a call of another interface. */
const WITHOUT = ['DbCalls.sync']

const declared = name =>
  ts.createSourceFile(name, readFileSync(join(root, name), 'utf8'), ts.ScriptTarget.Latest, true).statements
const exampleOf = node =>
  ts
    .getJSDocTags(node)
    .find(tag => tag.tagName.text === 'example')
    ?.comment?.toString()

/** Each function of plinth/models, with the text of its example, which runs on a database of the bundled models. */
const bundled = new Map(
  declared('models.d.ts')
    .filter(ts.isFunctionDeclaration)
    .map(node => [node.name.text, exampleOf(node)]),
)
/** Each call by its name, with the text of its example. */
const examples = new Map(
  declared('index.d.ts').flatMap(node => {
    if (ts.isInterfaceDeclaration(node) && INTERFACES.includes(node.name.text))
      return node.members
        .filter(({ name }) => name)
        .map(member => [`${node.name.text}.${member.name.text}`, exampleOf(member)])
    if (ts.isFunctionDeclaration(node) && FUNCTIONS.includes(node.name.text)) return [[node.name.text, exampleOf(node)]]
    return []
  }),
)

const prelude = `import * as plinth from 'plinth'
import bundled, { claimJobs, createTask, enqueue, extendJob, failJob, finishJob, setTaskStatus } from 'plinth/models'
const { c, foreignKey, expression, history, index, initDb, model, open, resetDb, schema, status, surveyDb, unique, upgrade } = plinth
const users = model('users', { id: c.id(), email: c.text().unique(), name: c.text().nullable() })
const tasks = model('tasks', {
  id: c.id(),
  ownerId: c.integer().references('users.id', { onDelete: 'cascade' }),
  title: c.text(),
  done: c.boolean().default(false),
  points: c.integer().default(1),
})
const models = schema(
  { users, tasks },
  { users: r => ({ tasks: r.many('tasks', 'ownerId') }), tasks: r => ({ owner: r.one('users', 'ownerId') }) },
)
const migrations = './migrations'
async function database(name: string) {
  const url = \`sqlite:///./\${name}.db\`
  const db = open({ models, url })
  await initDb({ db, migrations: false })
  const { id: ownerId } = await db.users.create({ email: 'ada@example.com', name: 'Ada' })
  await db.tasks.create({ ownerId, title: 'Rest' })
  return { db, url }
}
async function bundledDatabase(name: string) {
  const db = open({ models: bundled, url: \`sqlite:///./\${name}.db\` })
  await initDb({ db, migrations: false, seed: false })
  const user = await db.users.create({ email: 'ada@example.com' })
  const task = await createTask(db, { type: 'report' })
  await enqueue(db, { payload: { to: 'ada@example.com' } })
  return { db, user, task }
}
`

test('every call of a database has an example', () => {
  const lacking = [...examples].filter(([name, text]) => !text && !WITHOUT.includes(name)).map(([name]) => name)
  assert.deepEqual(lacking, [])
  assert.ok(examples.size > 35)
  assert.ok(bundled.size >= 7 && ![...bundled.values()].includes(undefined))
})

test('every example compiles and runs', t => {
  const run = (made, name, text) => `{
  const ${made}('${name}')
  await (async () => {
${text}
  })()
  await db.close()
  console.log('ran ${name}')
}`
  const complete = [...examples].filter(([, text]) => text)
  const bodies = [
    ...complete.map(([name, text]) => run('{ db, url } = await database', name, text)),
    ...[...bundled].map(([name, text]) => run('{ db, user, task } = await bundledDatabase', name, text)),
  ]
  const cwd = project(t, {
    'package.json': { type: 'module' },
    'tsconfig.json': {
      compilerOptions: {
        module: 'nodenext',
        strict: true,
        noEmit: true,
        types: ['node'],
        lib: ['es2023', 'esnext.disposable'],
      },
    },
    'examples.ts': `${prelude}${bodies.join('\n')}\n`,
  })
  symlinkSync(join(root, 'node_modules/@types'), join(cwd, 'node_modules/@types'))
  const { code, stdout, stderr } = started(cwd, 'npx', ['jiti', 'examples.ts'])
  assert.equal(code, 0, stderr)
  assert.deepEqual(stdout.match(/(?<=^ran ).*$/gm), [...complete.map(([name]) => name), ...bundled.keys()])
  assert.equal(tsc(cwd, '-p', '.').stdout, '')
})
