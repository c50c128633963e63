// The README holds: its blocks run as written in an empty project, and what it says of operators, NULL and rows is so. Whether it is complete is
// reference.test.mjs's.
import assert from 'node:assert/strict'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as exported from 'plinth'
import { blocks, found, patched, readme, tables } from './support/documents.mjs'
import { project, root, run, tsc, write } from './support/project.mjs'

const plinth = { ...exported }

test('every block runs as written', t => {
  const cwd = project(t, {
    'tsconfig.json': { compilerOptions: { module: 'nodenext', strict: true, noEmit: true, skipLibCheck: false } },
  })
  for (const name of ['express', 'fastify', 'hono'])
    symlinkSync(join(root, 'node_modules', name), join(cwd, 'node_modules', name), 'junction')
  let output = ''
  const command = line => {
    // The link that project() made stands for it; installing from a tarball is package.test.mjs's.
    if (line === 'npm install plinth') return
    const { code, stdout, stderr } = run(cwd, line, [], { shell: true })
    assert.equal(code, 0, `${line}\n${stdout}\n${stderr}`)
    output += stdout
  }
  // Files first: a command may need one that the reader sees a little later.
  for (const { language, name, text } of blocks(readme)) {
    if (language === 'sh' || language === 'diff') continue
    assert.ok(name, `a ${language} block of the README has no file name:\n${text}`)
    write(cwd, { [name]: text })
  }
  for (const { language, name, text } of blocks(readme)) {
    if (language === 'sh') text.trim().split('\n').forEach(command)
    if (language === 'diff') write(cwd, { [name]: patched(readFileSync(join(cwd, name), 'utf8'), text) })
  }
  // No command of the README runs this one.
  command('npx jiti bundled.ts')
  assert.match(output, /created +2 tables/)
  assert.match(output, /seeded +admin/)
  assert.match(output, /status +ok/)
  assert.match(output, /Compute the numbers \(ada@example\.com\)\nWrite the notes \(ada@example\.com\)\n/)
  assert.match(output, /ada@example\.com has 2\nqueued 2\n2 tasks on two pages\n/)
  assert.match(output, /UNIQUE_VIOLATION users \[ 'email' \]\n1 done\n2 users\nok\n/)
  assert.match(output, /adopted +a database/)
  assert.match(output, /wrote +migrations\/\d{14}_names_and_phones/)
  assert.match(output, /reverted +\d{14}_names_and_phones/)
  assert.match(output, /running \[ 'created', 'status_changed' \]\n$/)

  const { code, stdout } = tsc(cwd, '-p', '.')
  assert.equal(code, 0, stdout)

  // The services of the README, which export what a user lets listen.
  const services = `
    import { once } from 'node:events'
    import { app, db } from './express.mjs'
    import { app as fastify, hono, default as served } from './others.mjs'
    const server = app.listen(0)
    await once(server, 'listening')
    const url = 'http://localhost:' + server.address().port
    const post = { method: 'POST', headers: { 'content-type': 'application/json' } }
    const body = JSON.stringify({ email: 'grace@example.com', title: 'served' })
    const said = [await fetch(url + '/health'), await fetch(url + '/tasks', { ...post, body })]
    for (const path of ['/health', '/tasks']) {
      const { statusCode: status, body } = await fastify.inject(path)
      said.push({ status, text: () => body }, await hono.request(path))
    }
    said.push(await served.fetch(new Request(url)))
    for (const answer of said) console.log(answer.status, /served|"ok"/.test(await answer.text()))
    process.exit()`
  write(cwd, { 'services.mjs': services })
  output = ''
  command('node services.mjs')
  assert.equal(output, ['200 true', '201 true', ...Array(5).fill('200 true'), ''].join('\n'))
})

test('every operator works on the kinds it names, and on no other', async t => {
  const { c, initDb, model, open, schema } = plinth
  const columns = {
    integer: [c.integer(), 1],
    bigint: [c.bigint(), 1n],
    int32: [c.int32(), 1],
    real: [c.real(), 1.5],
    decimal: [c.decimal(5, 2), '1.50'],
    text: [c.text(), 'a'],
    boolean: [c.boolean(), true],
    uuid: [c.uuid(), '01890a5d-ac96-774b-bcce-b302099a8057'],
    timestamp: [c.timestamp(), new Date(0)],
    date: [c.date(), '2026-11-20'],
    json: [c.json().nullable(), { a: 1 }],
    bytes: [c.bytes(), new Uint8Array([1])],
    enum: [c.enum('e', ['a', 'b']), 'a'],
  }
  const kinds = Object.keys(columns)
  const ordered = kinds.filter(kind => !['boolean', 'uuid', 'bytes', 'enum', 'json'].includes(kind))
  const on = {
    'every kind but JSON': kinds.filter(kind => kind !== 'json'),
    'numbers, text, timestamps, dates': ordered,
    'text, by code points whatever its collation; only in `like` are `%` and `_` wildcards': ['text'],
    'JSON, compared by value': ['json'],
  }
  const ofRelations = []
  const allowed = new Map()
  for (const [head, where] of tables('Operators of `where`')) {
    if (where === 'conditions') continue
    if (where.startsWith('a relation')) {
      ofRelations.push(...found(head, /`(\w+)`/g))
      continue
    }
    for (const operator of found(head, /`(\w+)`/g)) {
      assert.ok(on[where], where)
      allowed.set(operator, [...(allowed.get(operator) ?? []), ...on[where]])
    }
  }
  assert.equal(allowed.size, 13)

  const declared = Object.fromEntries(kinds.map(kind => [kind, columns[kind][0]]))
  const all = model('all', { id: c.id(), ...declared, up: c.integer().nullable().references('all.id') })
  const models = schema({ all }, { all: r => ({ one: r.one('all', 'up'), many: r.many('all', 'up') }) })
  const db = open({ models, url: 'sqlite::memory:' })
  t.after(() => db.close())
  await initDb({ db })
  await db.all.create(Object.fromEntries(kinds.map(kind => [kind, columns[kind][1]])))
  for (const [operator, names] of allowed) {
    for (const kind of kinds) {
      const value = columns[kind][1]
      const operand = { in: [value], notIn: [value], isNull: false }[operator] ?? value
      const count = db.all.count({ where: { [kind]: { [operator]: operand } } })
      if (!names.includes(kind)) await assert.rejects(count, { code: 'UNKNOWN_OPERATOR' }, `${kind} ${operator}`)
      else assert.equal(await count, ['ne', 'notIn', 'lt', 'gt'].includes(operator) ? 0 : 1, `${kind} ${operator}`)
    }
  }
  assert.equal(ofRelations.length, 5)
  for (const operator of ofRelations) {
    const [its, other] = operator.startsWith('is') ? ['one', 'many'] : ['many', 'one']
    const count = db.all.count({ where: { [its]: { [operator]: {} } } })
    assert.equal(await count, ['none', 'every', 'isNot'].includes(operator) ? 1 : 0, operator)
    await assert.rejects(db.all.count({ where: { [other]: { [operator]: {} } } }), { code: 'UNKNOWN_OPERATOR' })
  }
})

test('what it says of NULL, order and included rows', async t => {
  const { c, initDb, model, open, schema } = plinth
  const things = model('things', {
    id: c.id(),
    n: c.integer().nullable(),
    parentId: c.integer().nullable().references('things.id'),
    at: c.timestamp().touch(),
  })
  const models = schema(
    { things },
    { things: r => ({ parent: r.one('things', 'parentId'), parts: r.many('things', 'parentId') }) },
  )
  const db = open({ models, url: 'sqlite::memory:' })
  t.after(() => db.close())
  await initDb({ db })
  await db.things.createMany([{ n: 1 }, { n: null, parentId: 1 }, { n: 2, parentId: 1, at: undefined }])
  const ids = async where => (await db.things.list({ where, orderBy: { id: 'asc' } })).map(row => row.id)
  assert.deepEqual(await ids({ n: null }), [2])
  for (const opposite of [{ n: { ne: 1 } }, { n: { notIn: [1] } }, { not: { n: 1 } }])
    assert.deepEqual(await ids(opposite), [2, 3])
  assert.deepEqual(await ids({ not: { n: { gt: 1 } } }), [1, 2])
  for (const never of [{ n: { lt: 9 } }, { n: { gte: 0 } }]) assert.deepEqual(await ids(never), [1, 3])
  for (const [direction, order] of [
    ['asc', [null, 1, 2]],
    ['desc', [2, 1, null]],
  ]) {
    const rows = await db.things.list({ orderBy: { n: direction } })
    assert.deepEqual(
      rows.map(row => row.n),
      order,
    )
  }
  const [one, two, three] = await db.things.list({
    include: { parent: true, parts: { limit: 1 } },
    orderBy: { id: 'asc' },
  })
  assert.ok(two.parent === three.parent && two.parent.id === 1)
  assert.deepEqual([one.parts.length, two.parts.length], [1, 0])
  await assert.rejects(db.things.list({ where: { n: undefined } }), { code: 'VALUE_INVALID' })
  await assert.rejects(db.things.deleteMany({}), { code: 'WHERE_REQUIRED' })
})
