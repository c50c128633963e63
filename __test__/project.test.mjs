// Whole projects through the real CLI: models, configuration and seeds in TypeScript, and a deployment with the schema as JSON.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { cliPath, plinth, project, run, tsc, write } from './support/project.mjs'

const typescript = {
  'tsconfig.json': {
    compilerOptions: { module: 'nodenext', target: 'es2022', strict: true, types: [], outDir: 'dist', rootDir: '.' },
    include: ['**/*.ts'],
  },
  'plinth.config.ts': `
import type { Seeds } from 'plinth'
import models from './db/models.js'
const seeds: Seeds<typeof models> = {
  people: async tx => {
    const team = await tx.teams.create({ name: 'Engines' as const })
    await tx.people.create({ email: 'Ada@example.com', teamId: team.id })
  },
}
enum Where { File = 'sqlite:///./data/people.db' }
export default { models, seed: seeds, url: Where.File satisfies string }
`,
  'db/models.ts': `
import { schema } from 'plinth'
import { apiKeys, organizations, users } from 'plinth/models'
import { people } from './people.js'
import { teams } from './teams.js'
export default schema(
  { people, teams, apiKeys, organizations, users },
  { people: r => ({ team: r.one('teams', 'teamId') }), teams: r => ({ people: r.many('people', 'teamId') }) },
)
`,
  'db/people.ts': `
import { c, model, type Row } from 'plinth'
export interface Settings { theme?: 'dark' | 'light' }
export const people = model('people', {
  id: c.id(),
  email: c.text({ max: 320 }).lowercase().unique(),
  teamId: c.integer().references('teams.id', { onDelete: 'cascade' }),
  settings: c.json<Settings>().default({}),
})
export type Person = Row<typeof people>
`,
  'db/teams.ts': `
import { c, model } from 'plinth'
export const teams = model('teams', { id: c.id(), name: c.text(), createdAt: c.timestamp().defaultNow() })
`,
  'app.ts': `
import { open } from 'plinth'
import models from './db/models.js'
import type { Person } from './db/people.js'
async function main() {
  const db = open({ models })
  const [person] = await db.people.list({ include: { team: true } })
  const row: Person = person!
  console.log(row.email, person!.team.name, row.settings.theme ?? 'none')
  await db.close()
}
main()
`,
}
const succeed = ({ code, stdout, stderr }) => {
  assert.deepEqual([code, stderr], [0, ''], stdout)
  return stdout
}

for (const type of ['commonjs', 'module']) {
  test(`a project in TypeScript, its package ${type}`, t => {
    const cwd = project(t, { 'package.json': { name: 'app', private: true, type }, ...typescript })
    const init = succeed(plinth(cwd, ['init']))
    assert.match(init, /data\/people\.db/)
    assert.match(init, /created +5 tables/)
    assert.match(init, /seeded +people/)
    assert.ok(existsSync(join(cwd, 'data/people.db')), 'the folder was made')
    assert.match(succeed(plinth(cwd, ['seed'])), /unchanged +1 seed: people/)
    assert.match(
      succeed(plinth(join(cwd, 'db'), ['health'])),
      /data\/people\.db\n +status +ok/,
      'from a folder further in',
    )
    assert.match(succeed(plinth(cwd, ['reset'])), /dropped +7 tables with 8 rows/)

    assert.equal(succeed(run(cwd, 'jiti', ['app.ts'])), 'ada@example.com Engines none\n')
    assert.equal(tsc(cwd, '-p', '.').stdout, '')
    assert.equal(succeed(run(cwd, process.execPath, ['dist/app.js'])), 'ada@example.com Engines none\n')
    assert.deepEqual(
      readdirSync(cwd).filter(
        name => !(name in typescript) && !['db', 'data', 'dist', 'node_modules', 'package.json'].includes(name),
      ),
      [],
      'nothing is left in the folder',
    )
  })
}

test('an error in a model file further in names that file and its line', t => {
  const cwd = project(t, {
    'package.json': { name: 'app' },
    ...typescript,
    'db/teams.ts':
      "import { c, model } from 'plinth'\ninterface Unused { a: 1 }\n\nexport const teams = model('teams', {\n  id: c.id(),\n  name: c.text({ max: 0 }),\n})\n",
  })
  const { code, stderr } = plinth(cwd, ['init'])
  assert.equal(code, 2)
  assert.match(stderr, /^plinth: db\/teams\.ts:6: teams\.name: /)
})

test('deployed with the schema as JSON: no TypeScript, no model files, the same database', t => {
  const cwd = project(t, { 'package.json': { name: 'app' }, ...typescript })
  const schema = succeed(plinth(cwd, ['schema']))
  succeed(plinth(cwd, ['init']))

  const server = project(t, {
    'package.json': { name: 'app', plinth: { models: './schema.json', url: 'sqlite:///./server.db' } },
    'schema.json': schema,
    'app.cjs': `
const { open } = require('plinth')
const db = open()
db.teams.create({ name: 'Looms' })
  .then(team => db.people.create({ email: 'Joseph@example.com', teamId: team.id }))
  .then(() => db.people.list({ include: { team: true } }))
  .then(([person]) => console.log(person.email, person.team.name, person.settings))
  .then(() => db.close())
`,
  })
  // Neither jiti nor TypeScript may be asked for.
  write(server, {
    'deny.cjs':
      "require('module')._load = (load => (name, ...rest) => { if (/^(jiti|typescript)/.test(name)) throw new Error(name + ' was asked for'); return load(name, ...rest) })(require('module')._load)",
  })
  const cli = (...args) => run(server, process.execPath, ['--require', './deny.cjs', cliPath, ...args])
  const created = JSON.parse(succeed(cli('init', '--json'))).created
  assert.deepEqual(created.tables.toSorted(), ['api_keys', 'organizations', 'people', 'teams', 'users'])
  assert.match(succeed(cli('init')), /Nothing to do/)
  assert.equal(succeed(cli('schema')), schema)
  assert.equal(
    succeed(run(server, process.execPath, ['--require', './deny.cjs', 'app.cjs'])),
    'joseph@example.com Looms {}\n',
  )
  // The one made from TypeScript is the one made from JSON.
  rmSync(join(server, 'server.db'))
  const there = JSON.parse(succeed(cli('init', '--json', '--url', join(cwd, 'data/people.db'))))
  assert.deepEqual([there.created.tables, there.created.indexes, there.pending], [[], [], []])
})
