// The model builder: what it says in JSON, that it is immutable, and what it refuses at once.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { c, check, expression, foreignKey, index, jsonNull, model, schema, unique } from 'plinth'

/** The JSON of one model by itself, its relations aside. */
const jsonOf = (name, columns, extras) => schema({ [name]: model(name, columns, extras) }).toJSON().models[0]
const columnOf = column => {
  const { property: _p, name: _n, ...rest } = jsonOf('things', { value: column }).columns[0]
  return rest
}
/** The error of a builder's call, its message and problems to look at. */
const refused = call => {
  try {
    call()
  } catch (error) {
    assert.equal(error.code, 'SCHEMA_INVALID')
    assert.equal(error.name, 'SchemaError')
    return error
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' })
}

test('every kind has its JSON', () => {
  const kinds = {
    id: c.id(),
    bigId: c.bigId(),
    integer: c.integer(),
    bigint: c.bigint(),
    int32: c.int32(),
    real: c.real(),
    text: c.text(),
    boolean: c.boolean(),
    uuid: c.uuid(),
    timestamp: c.timestamp(),
    date: c.date(),
    json: c.json(),
    bytes: c.bytes(),
  }
  for (const [kind, column] of Object.entries(kinds)) assert.deepEqual(columnOf(column), { kind })
  assert.deepEqual(columnOf(c.text({ max: 320 })), { kind: 'text', max: 320 })
  assert.deepEqual(columnOf(c.decimal(12, 2)), { kind: 'decimal', precision: 12, scale: 2 })
  assert.deepEqual(columnOf(c.decimal(12)), { kind: 'decimal', precision: 12, scale: 0 })
  assert.deepEqual(columnOf(c.enum('role', ['a', 'b'])), { kind: 'enum', enum: 'role', values: ['a', 'b'] })
})

test('modifiers of a column', () => {
  const column = c.text().nullable().private().lowercase().comment('Hers').renamedFrom('old')
  assert.deepEqual(columnOf(column), {
    kind: 'text',
    nullable: true,
    private: true,
    lowercase: true,
    comment: 'Hers',
    renamedFrom: 'old',
  })
  assert.deepEqual(columnOf(c.timestamp().defaultNow().touch()), { kind: 'timestamp', default: 'now', touch: true })
  assert.deepEqual(columnOf(c.integer().version()), { kind: 'integer', version: true })
  assert.deepEqual(columnOf(c.uuid().defaultRandom()), { kind: 'uuid', default: 'random' })
})

test('defaults are plain JSON', () => {
  const cases = [
    [c.integer().default(3), 3],
    [c.bigint().default(2n ** 63n - 1n), '9223372036854775807'],
    [c.decimal(12, 2).default('1.50'), '1.50'],
    [c.text().default(''), ''],
    [c.boolean().default(false), false],
    [c.timestamp().default(new Date('2026-11-20T10:00:00.123Z')), '2026-11-20T10:00:00.123Z'],
    [c.bytes().default(Uint8Array.of(0, 255)), '00ff'],
    [c.json().default({ a: [1, jsonNull] }), { a: [1, null] }],
    [c.json().default(jsonNull), null],
    [c.json().default('text'), 'text'],
    [c.enum('e', ['a']).default('a'), 'a'],
  ]
  for (const [column, value] of cases) assert.deepEqual(columnOf(column).default, { value })
})

test('a default is copied: what happens to the object later does not matter', () => {
  const value = { list: [1] }
  const column = c.json().default(value)
  value.list.push(2)
  assert.deepEqual(columnOf(column).default, { value: { list: [1] } })
})

test('names become snake_case', () => {
  const names = {
    organizationId: 'organization_id',
    createdAt: 'created_at',
    passwordHash: 'password_hash',
    HTMLBody: 'html_body',
    oauth2Token: 'oauth2_token',
    already_snake: 'already_snake',
    id: 'id',
    userURL: 'user_url',
  }
  const { table, columns } = jsonOf(
    'itemTags',
    Object.fromEntries(Object.keys(names).map(property => [property, c.integer()])),
  )
  assert.equal(table, 'item_tags')
  assert.deepEqual(Object.fromEntries(columns.map(column => [column.property, column.name])), names)
  assert.equal(jsonOf('a', { someName: c.text().name('Exactly') }).columns[0].name, 'Exactly')
})

test('a whole schema, as the core receives it', () => {
  const users = model(
    'users',
    {
      id: c.id(),
      email: c.text().unique(),
      orgId: c
        .integer()
        .references('organizations.id', { onDelete: 'cascade', onUpdate: 'restrict', name: 'users_org' })
        .check('org_id > 0')
        .check('org_id < 9', { name: 'small' }),
    },
    t => [
      index(t.email.desc(), expression('lower(email)'), expression('length(email)').desc()),
      index(t.orgId).unique().where('org_id IS NOT NULL').name('named'),
      unique(t.email, t.orgId).name('both'),
      check('1 = 1').name('sure'),
      check('2 = 2'),
      foreignKey([t.orgId, t.email], 'others', ['a', 'b'], { onDelete: 'set null' }).name('pair'),
    ],
  )
    .table('app_users')
    .comment('People')
    .renamedFrom('people')
  const organizations = model('organizations', { id: c.bigId() })
  const made = schema(
    { users, orgs: organizations },
    {
      users: r => ({ org: r.one('orgs', 'orgId') }),
      orgs: r => ({
        users: r.many('users', 'orgId'),
        user: r.has('users', 'orgId'),
        all: r.many('users', { through: 'x' }),
      }),
    },
  )
  assert.deepEqual(JSON.parse(JSON.stringify(made)), {
    format: 1,
    models: [
      {
        model: 'users',
        table: 'app_users',
        comment: 'People',
        renamedFrom: 'people',
        columns: [
          { property: 'id', name: 'id', kind: 'id' },
          { property: 'email', name: 'email', kind: 'text' },
          { property: 'orgId', name: 'org_id', kind: 'integer' },
        ],
        primaryKey: ['id'],
        uniques: [{ columns: ['email'] }, { name: 'both', columns: ['email', 'org_id'] }],
        checks: [
          { sql: 'org_id > 0', columns: ['org_id'] },
          { name: 'small', sql: 'org_id < 9', columns: ['org_id'] },
          { name: 'sure', sql: '1 = 1' },
          { sql: '2 = 2' },
        ],
        foreignKeys: [
          {
            name: 'users_org',
            columns: ['org_id'],
            target: 'organizations',
            references: ['id'],
            onDelete: 'cascade',
            onUpdate: 'restrict',
          },
          {
            name: 'pair',
            columns: ['org_id', 'email'],
            target: 'others',
            references: ['a', 'b'],
            onDelete: 'set null',
          },
        ],
        indexes: [
          {
            parts: [
              { column: 'email', desc: true },
              { expression: 'lower(email)' },
              { expression: 'length(email)', desc: true },
            ],
          },
          { name: 'named', parts: [{ column: 'org_id' }], unique: true, where: 'org_id IS NOT NULL' },
        ],
        relations: [{ name: 'org', kind: 'one', target: 'orgs', key: 'orgId' }],
      },
      {
        model: 'orgs',
        table: 'organizations',
        columns: [{ property: 'id', name: 'id', kind: 'bigId' }],
        primaryKey: ['id'],
        relations: [
          { name: 'users', kind: 'many', target: 'users', key: 'orgId' },
          { name: 'user', kind: 'has', target: 'users', key: 'orgId' },
          { name: 'all', kind: 'many', target: 'users', through: 'x' },
        ],
      },
    ],
  })
})

test('a composite key keeps the order of its columns, by their database names', () => {
  const { primaryKey } = jsonOf('a', { tagId: c.integer().primaryKey(), itemId: c.integer().primaryKey() })
  assert.deepEqual(primaryKey, ['tag_id', 'item_id'])
})

test('builders never change', () => {
  const plain = c.text()
  plain.nullable().unique().name('other').check('1')
  assert.deepEqual(jsonOf('a', { b: plain }), {
    model: 'a',
    table: 'a',
    columns: [{ property: 'b', name: 'b', kind: 'text' }],
    primaryKey: [],
  })
  const users = model('users', { id: c.id() })
  users.comment('x').table('y')
  assert.equal(schema({ users }).toJSON().models[0].table, 'users')
  const json = schema({ users }).toJSON()
  assert.throws(() => json.models.push({}), TypeError)
  assert.throws(() => json.models[0].columns.push({}), TypeError)
  let first
  model('a', { b: c.text() }, t => {
    first = index(t.b)
    return [first.unique(), first.where('b'), first.name('c')]
  })
  const { indexes } = jsonOf('a', { b: c.text() }, () => [first])
  assert.deepEqual(indexes, [{ parts: [{ column: 'b' }] }])
})

test('wrong arguments of a column are refused with its property, all of them together', () => {
  const error = refused(() =>
    model('users', {
      id: c.id(),
      role: c.enum('role'),
      orgId: c.integer().references('organizations'),
      name: c.text({ max: '3' }).comment(3),
      price: c.decimal(),
      size: c.real().default(Number.NaN),
      note: c.text().nullable().default(null),
      when: c.timestamp().default(new Date('x')),
      data: c.json().default(1n),
      plain: 'text',
      called: c.text,
    }),
  )
  assert.deepEqual(
    error.problems.map(({ model: on, column }) => `${on}.${column}`),
    ['role', 'orgId', 'name', 'name', 'price', 'size', 'note', 'when', 'data', 'plain', 'called'].map(
      p => `users.${p}`,
    ),
  )
  assert.match(error.message, /users\.role: c\.enum\(\) takes a name and an array of words; the words are undefined/)
  assert.match(error.message, /users\.orgId: references\(\) takes 'model\.column', found "organizations"/)
  assert.match(
    error.stack.split('\n').find(line => line.startsWith('    at ')),
    /builder\.test\.mjs/,
  )
})

test('circular JSON as a default is refused', () => {
  const circular = {}
  circular.self = circular
  assert.match(refused(() => model('a', { b: c.json().default(circular) })).message, /a\.b: default\(\).*circular/i)
})

test('wrong arguments of model and schema are refused', () => {
  const users = model('users', { id: c.id() })
  const cases = [
    [() => model(3, {}), /takes a name first, found 3/],
    [() => model('', {}), /takes a name first, found ""/],
    [() => model('a', []), /takes columns by property second, found an array/],
    [() => model('a', { id: c.id() }, [index]), /a function third/],
    [() => model('a', { id: c.id() }, () => undefined), /a function third/],
    [() => model('a', { id: c.id() }, () => ['id']), /found "id"/],
    [() => model('a', { id: c.id() }, t => [index(t.idd)]), /the model has no column idd; it has id/],
    [() => model('a', { id: c.id() }, () => [index()]), /at least one column/],
    [() => model('a', { id: c.id() }, t => [unique(t.id.desc())]), /unique\(\) takes columns/],
    [() => model('a', { id: c.id() }, () => [check('')]), /check\(\) takes SQL text/],
    [() => model('a', { id: c.id() }, t => [index(t.id).where()]), /where\(\) takes SQL text/],
    [() => model('a', { id: c.id() }, t => [foreignKey([t.id], 'b')]), /foreignKey\(\) takes an array/],
    [() => users.table(), /table\(\) takes a text/],
    [() => schema([users]), /takes models by name/],
    [() => schema({ users: {} }), /users: schema\(\) takes models from model\(\), found an object/],
    [() => schema({ users }, { user: () => ({}) }), /user: there is no model of this name/],
    [() => schema({ users }, { users: {} }), /relations are a function/],
    [() => schema({ users }, { users: () => ({ a: 1 }) }), /users\.a: a relation is written/],
    [() => schema({ users }, { users: r => ({ a: r.one('users') }) }), /r\.one\(\) takes a model and a column/],
    [() => schema({ users }, { users: r => ({ a: r.one('users', { through: 'b' }) }) }), /r\.one\(\) takes/],
  ]
  for (const [call, message] of cases) assert.match(refused(call).message, message)
})

test('jsonNull is JSON null, frozen, and says its name', () => {
  assert.equal(JSON.stringify({ a: jsonNull }), '{"a":null}')
  assert.equal(inspect(jsonNull), 'jsonNull')
  assert.equal(`${jsonNull}`, 'jsonNull')
  assert.ok(Object.isFrozen(jsonNull))
})

test('two copies of the package understand each other', () => {
  const require = createRequire(import.meta.url)
  const path = require.resolve('plinth')
  for (const file of [path, join(dirname(path), 'plinth.js')]) delete require.cache[file]
  const copy = require(path)
  assert.notEqual(copy.model, model)
  const users = copy.model('users', { id: c.id(), data: copy.c.json().default(jsonNull) }, t => [index(t.id)])
  const json = schema({ users }, { users: () => ({}) }).toJSON()
  assert.deepEqual(json.models[0].columns[1].default, { value: null })
  assert.equal(json.models[0].indexes.length, 1)
})
