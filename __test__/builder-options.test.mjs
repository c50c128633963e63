// Every call of the model builder: options that it does not have, words and values that none takes, and arguments behind the last.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, check, expression, foreignKey, index, jsonNull, model, schema, unique } from 'plinth'
import { publicCalls } from './support/api.mjs'

const KINDS = ['id', 'bigId', 'integer', 'bigint', 'int32', 'real', 'boolean', 'uuid', 'timestamp', 'date', 'json']
const users = model('users', { id: c.id() })

const column = made => model('notes', { id: c.id(), it: made })
const extra = make => model('notes', { id: c.id(), it: c.text() }, t => [make(t)])
const related = make => schema({ users }, { users: r => ({ it: make(r) }) })

const IN_COLUMN = 'notes.it: '
const IN_EXTRA = 'notes: '
const IN_RELATION = 'users.it: '

/** Each call with all its arguments and `rest` behind them; where the error places it, and what it calls it. */
const CALLS = {
  ...Object.fromEntries(
    [...KINDS, 'bytes'].map(kind => [
      `ColumnFactory.${kind}`,
      [rest => column(c[kind](...rest)), IN_COLUMN, `c.${kind}`],
    ]),
  ),
  'ColumnFactory.text': [rest => column(c.text({ max: 3 }, ...rest)), IN_COLUMN, 'c.text'],
  'ColumnFactory.decimal': [rest => column(c.decimal(9, 2, ...rest)), IN_COLUMN, 'c.decimal'],
  'ColumnFactory.enum': [rest => column(c.enum('e', ['a'], ...rest)), IN_COLUMN, 'c.enum'],
  ...Object.fromEntries(
    ['nullable', 'private', 'primaryKey', 'lowercase'].map(name => [
      `Column.${name}`,
      [rest => column(c.text()[name](...rest)), IN_COLUMN, name],
    ]),
  ),
  'Column.default': [rest => column(c.text().default('a', ...rest)), IN_COLUMN, 'default'],
  'Column.defaultNow': [rest => column(c.timestamp().defaultNow(...rest)), IN_COLUMN, 'defaultNow'],
  'Column.defaultRandom': [rest => column(c.uuid().defaultRandom(...rest)), IN_COLUMN, 'defaultRandom'],
  'Column.version': [rest => column(c.integer().version(...rest)), IN_COLUMN, 'version'],
  'Column.touch': [rest => column(c.timestamp().touch(...rest)), IN_COLUMN, 'touch'],
  'Column.unique': [rest => column(c.text().unique({}, ...rest)), IN_COLUMN, 'unique'],
  'Column.references': [rest => column(c.integer().references('a.id', {}, ...rest)), IN_COLUMN, 'references'],
  'Column.check': [rest => column(c.text().check('1', {}, ...rest)), IN_COLUMN, 'check'],
  ...Object.fromEntries(
    ['name', 'comment', 'renamedFrom'].map(name => [
      `Column.${name}`,
      [rest => column(c.text()[name]('a', ...rest)), IN_COLUMN, name],
    ]),
  ),
  'ColumnRef.desc': [rest => extra(t => index(t.it.desc(...rest))), IN_EXTRA, 'desc'],
  'Expression.desc': [rest => extra(() => index(expression('a').desc(...rest))), IN_EXTRA, 'desc'],
  expression: [rest => extra(() => index(expression('a', ...rest))), IN_EXTRA, 'expression'],
  index: [rest => extra(t => index(t.it, ...rest)), IN_EXTRA, 'index'],
  'Index.where': [rest => extra(t => index(t.it).where('a', ...rest)), IN_EXTRA, 'where'],
  'Index.unique': [rest => extra(t => index(t.it).unique(...rest)), IN_EXTRA, 'unique'],
  'Index.name': [rest => extra(t => index(t.it).name('a', ...rest)), IN_EXTRA, 'name'],
  unique: [rest => extra(t => unique(t.it, ...rest)), IN_EXTRA, 'unique'],
  check: [rest => extra(() => check('1', ...rest)), IN_EXTRA, 'check'],
  foreignKey: [rest => extra(t => foreignKey([t.it], 'a', ['b'], {}, ...rest)), IN_EXTRA, 'foreignKey'],
  'Constraint.name': [rest => extra(t => unique(t.it).name('a', ...rest)), IN_EXTRA, 'name'],
  model: [rest => model('notes', { id: c.id() }, () => [], ...rest), IN_EXTRA, 'model'],
  ...Object.fromEntries(
    ['table', 'comment', 'renamedFrom'].map(name => [
      `Model.${name}`,
      [rest => users[name]('a', ...rest), 'users: ', name],
    ]),
  ),
  schema: [rest => schema({ users }, {}, ...rest), '', 'schema'],
  'RelationFactory.one': [rest => related(r => r.one('users', 'id', ...rest)), IN_RELATION, 'r.one'],
  'RelationFactory.has': [rest => related(r => r.has('users', 'id', ...rest)), IN_RELATION, 'r.has'],
  'RelationFactory.many': [rest => related(r => r.many('users', 'id', ...rest)), IN_RELATION, 'r.many'],
}

const HALF = 'a\ud800'
const TEXT = [1, null, {}, [], '', ' ', HALF, 'a\0b']
const ACTION = ['cascad', 'CASCADE', 'delete', '', 1, null, true, {}]
const FOREIGN_KEY = { onDelete: ACTION, onUpdate: ACTION, name: TEXT }

/** Each call that takes options: how it is made with them, where the error places it, and wrong values of each. */
const OPTIONS = {
  'ColumnFactory.text': [
    o => column(c.text(o)),
    'c.text',
    { max: ['3', -1, 0, 1.5, Number.NaN, 2 ** 32, 3n, null, []] },
  ],
  'Column.unique': [o => column(c.text().unique(o)), 'unique', { name: TEXT }],
  'Column.check': [o => column(c.text().check('1', o)), 'check', { name: TEXT }],
  'Column.references': [o => column(c.integer().references('a.id', o)), 'references', FOREIGN_KEY],
  foreignKey: [o => extra(t => foreignKey([t.it], 'a', ['b'], o)), 'foreignKey', FOREIGN_KEY],
}

/** The builder's own calls among the public ones; `check` is also one about revisions. */
const BUILDER = /^(ColumnFactory|Column|IndexPart|ColumnRef|Expression|Index|Constraint|Model|RelationFactory)\./
const FUNCTIONS = ['model', 'schema', 'index', 'unique', 'check', 'foreignKey', 'expression']
const declared = publicCalls().calls.filter(({ id }) => BUILDER.test(id) || FUNCTIONS.includes(id))

/** The problems of a call that must be refused. */
function refused(call, what) {
  try {
    call()
  } catch (error) {
    if (error.code !== 'SCHEMA_INVALID') throw error
    const [frame] = error.stack.split('\n').filter(line => line.startsWith('    at '))
    assert.match(frame, /builder-options\.test\.mjs/, what)
    assert.equal(
      error.message,
      error.problems
        .map(({ model, column, message }) => {
          const place = [model, column].filter(Boolean).join('.')
          return place === '' ? message : `${place}: ${message}`
        })
        .join('\n'),
    )
    return error.message.split('\n')
  }
  assert.fail(`${what} was accepted`)
}

test('every call of the builder that is declared is made here, and every one that takes options', () => {
  assert.deepEqual(declared.map(({ id }) => id).sort(), Object.keys(CALLS).sort())
  const takes = declared.filter(({ id, options }) => options.size > 0 && id !== 'check')
  assert.deepEqual(
    Object.fromEntries(takes.map(({ id, options }) => [id, [...options].sort()]).sort()),
    Object.fromEntries(
      Object.entries(OPTIONS)
        .map(([id, [, , options]]) => [id, Object.keys(options).sort()])
        .sort(),
    ),
  )
})

test('every call that the objects of the builder have is declared', () => {
  const has = (object, name) => declared.some(({ id }) => id.endsWith(`.${name}`)) || assert.fail(`${object}.${name}`)
  const calls = object => Object.keys(object).filter(name => typeof object[name] === 'function')
  for (const kind of Object.keys(c)) has('ColumnFactory', kind)
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(c.id())))
    if (name !== 'constructor') has('Column', name)
  for (const name of calls(users)) has('Model', name)
  extra(t => {
    for (const object of [t.it, expression('a'), index(t.it), unique(t.it)])
      for (const name of calls(object)) has('extra', name)
    return index(t.it)
  })
  related(r => {
    for (const name of calls(r)) has('RelationFactory', name)
    return r.one('users', 'id')
  })
})

test('an argument behind the last is refused, with model and column', () => {
  for (const [id, [call, place, title]] of Object.entries(CALLS)) {
    call([])
    // As where an optional argument is passed on.
    if (id !== 'index' && id !== 'unique') call([undefined])
    for (const [value, found] of [
      ['x', '"x"'],
      [3, '3'],
      [null, 'null'],
      [{ unique: true }, 'an object'],
      [new Map(), 'a Map'],
      [() => {}, 'a function'],
    ]) {
      const [message, ...more] = refused(() => call([value]), id)
      assert.deepEqual(more, [], id)
      assert.ok(message.startsWith(`${place}${title}() takes `), message)
      assert.ok(message.includes(`, found ${found}`), message)
    }
  }
})

test('an option that a call does not have, and values that none takes', () => {
  for (const [id, [call, title, options]] of Object.entries(OPTIONS)) {
    const place = id === 'foreignKey' ? IN_EXTRA : IN_COLUMN
    call(undefined)
    call({})
    call(Object.fromEntries(Object.keys(options).map(name => [name, undefined])))
    const all = `The options are: ${Object.keys(options).join(', ')}.`
    const unknown = name => refused(() => call(Object.defineProperty({}, name, { value: 1, enumerable: true })), id)
    for (const name of ['no such', '__proto__', 'constructor'])
      assert.deepEqual(unknown(name), [`${place}${title}() has no option "${name}". ${all}`])
    for (const [name, values] of Object.entries(options)) {
      const mistyped = name[1] + name[0] + name.slice(2)
      assert.deepEqual(unknown(mistyped), [
        `${place}${title}() has no option "${mistyped}". Did you mean ${name}? ${all}`,
      ])
      for (const value of values) {
        const messages = refused(() => call({ [name]: value }), `${id} ${name}`)
        assert.equal(messages.length, 1)
        assert.ok(messages[0].startsWith(`${place}${title}(): ${name} must be `), messages[0])
        assert.match(messages[0], /, found /)
        const getter = Object.create(Object.defineProperty({}, name, { get: () => value }))
        assert.deepEqual(
          refused(() => call(getter), id),
          messages,
        )
      }
    }
    for (const [value, found] of [
      ['x', '"x"'],
      [3, '3'],
      [true, 'true'],
      [null, 'null'],
      [[], 'an array'],
      [new Map([['max', 3]]), 'a Map'],
      [Promise.resolve({}), 'a Promise'],
      [new (class extends Set {})(), 'an instance of a class without a name'],
    ])
      assert.deepEqual(
        refused(() => call(value), id),
        [`${place}${title}(): expected an object of options, found ${found}.`],
      )
  }
})

test('a wrong word suggests the nearest', () => {
  const [message] = refused(() => column(c.integer().references('a.id', { onDelete: 'cascad' })))
  assert.equal(
    message,
    "notes.it: references(): onDelete must be 'cascade' or 'set null' or 'set default' or 'restrict' or 'no action', " +
      'found "cascad". Did you mean cascade?',
  )
})

test('the parameters of a decimal', () => {
  for (const precision of [undefined, null, 0, 19, 300, 1.5, '9', { precision: 9 }])
    assert.match(
      refused(() => column(c.decimal(precision)))[0],
      /^notes\.it: c\.decimal\(\): precision must be a whole number from 1 to 18, found /,
    )
  for (const scale of [null, -1, 300, '2', { scale: 2 }])
    assert.match(
      refused(() => column(c.decimal(9, scale)))[0],
      /^notes\.it: c\.decimal\(\): scale must be a whole number from 0 to 18, found /,
    )
})

test('the table of an association', () => {
  const many = key => refused(() => related(r => r.many('users', key)))
  assert.match(many({ trough: 'a' })[0], /^users\.it: r\.many\(\) has no option "trough"\. Did you mean through\?/)
  for (const through of [undefined, null, 1, '', {}])
    assert.match(many({ through })[0], /^users\.it: r\.many\(\): through must be a text that is not empty, found /)
  for (const key of [undefined, null, 1, '', [], new Map()])
    assert.match(
      many(key)[0],
      /^users\.it: r\.many\(\) takes a model and a column, or \{ through: a model \}, found "users", /,
    )
})

test('all faults of a model, of its third argument and of a schema are one error', () => {
  const inColumns = refused(() =>
    model('notes', {
      id: c.id({ max: 1 }),
      title: c.text({ mxa: 3 }).nullable('x'),
      owner: c.integer().references('users.id', { onDelte: 'cascade', name: '' }).unique('x'),
    }),
  )
  assert.deepEqual(
    inColumns.map(line => line.split(/[:(]/).slice(0, 2).join(':')),
    ['id: c.id', 'title: c.text', 'title: nullable', 'owner: references', 'owner: references', 'owner: unique'].map(
      line => `notes.${line}`,
    ),
  )
  const inExtras = refused(() =>
    model('notes', { id: c.id() }, t => [
      index(t.id, 'x').where('').name(3),
      check('1', { name: 'x' }),
      foreignKey([], '', 'id', { onDelete: 'x' }),
    ]),
  )
  assert.equal(inExtras.length, 8)
  const inSchema = refused(() =>
    schema(
      { users, notes: {}, tags: model('tags', { id: c.id() }) },
      { users: r => ({ a: r.one('tags'), b: r.has('tags', {}) }), tags: () => undefined, user: () => ({}) },
    ),
  )
  assert.deepEqual(
    inSchema.map(line => line.split(': ')[0]),
    ['users.a', 'users.b', 'notes', 'tags', 'user'],
  )
  assert.match(inSchema[3], /found a function that gives undefined$/)
  assert.match(inSchema[4], /Did you mean users\? The models are: users, notes, tags\.$/)
})

test('relations that are no object of functions', () => {
  for (const relations of [null, 5, 'text', [], new Map(), () => ({})])
    assert.match(refused(() => schema({ users }, relations))[0], /^schema\(\) takes relations by model second, found /)
  for (const models of [null, undefined, [], new Map()])
    assert.match(refused(() => schema(models))[0], /^schema\(\) takes models by name, found /)
})

test('options are read when the call is made', () => {
  const options = { onDelete: 'cascade' }
  const made = c.integer().references('users.id', options)
  options.onDelete = 'cascad'
  const notes = model('notes', { id: c.id(), it: made, data: c.json().default(jsonNull) })
  assert.equal(schema({ notes, users }).toJSON().models[0].foreignKeys[0].onDelete, 'cascade')
})
