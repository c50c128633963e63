// The models that tests of bad input share, and the check that a refused call left everything as it was.
import assert from 'node:assert/strict'
import { c, check, index, model, schema, unique } from 'plinth'
import { database, fails } from './db.mjs'
import { objects } from './dialect.mjs'

export const models = schema(
  {
    users: model(
      'users',
      {
        id: c.id(),
        email: c.text({ max: 20 }).lowercase().unique(),
        name: c.text().nullable(),
        age: c.integer().nullable().check('age >= 0'),
        small: c.int32().nullable(),
        big: c.bigint().nullable(),
        ratio: c.real().nullable(),
        price: c.decimal(6, 2).nullable(),
        active: c.boolean().default(true),
        role: c.enum('role', ['admin', 'member']).default('member'),
        token: c.uuid().nullable(),
        seenAt: c.timestamp().nullable(),
        birthday: c.date().nullable(),
        settings: c.json().default({}),
        picture: c.bytes().nullable(),
        pinCode: c.text({ max: 8 }).nullable().private().unique().check("pin_code <> 'zero'"),
        vault: c.json().nullable().private(),
        grade: c.enum('grade', ['high', 'low']).nullable().private(),
        nick: c.text().nullable(),
      },
      t => [
        unique(t.name, t.age),
        check('small < big').name('small_before_big'),
        index(t.nick).unique().name('one_nick'),
      ],
    ),
    posts: model('posts', {
      id: c.id(),
      authorId: c.integer().references('users.id', { onDelete: 'restrict' }),
      editorId: c.integer().nullable().references('users.id').name('edited_by'),
      title: c.text(),
    }),
    seats: model('seats', { row: c.text().primaryKey(), number: c.bigint().primaryKey(), note: c.text().nullable() }),
  },
  {
    users: r => ({ posts: r.many('posts', 'authorId') }),
    posts: r => ({ author: r.one('users', 'authorId'), editor: r.one('users', 'editorId') }),
  },
)

/** A database with one user, Ada, and one post of hers; `refused` is how its calls fail. */
export async function setUp(t) {
  const db = await database(t, models)
  await db.users.create({ email: 'ada@x', name: 'Ada', age: 36, pinCode: '1234', nick: 'a' })
  await db.posts.create({ authorId: 1, title: 'first' })
  const all = async () => [
    await db.users.list({ select: Object.keys(models.models.users.columns) }),
    await db.posts.list(),
    await db.seats.list(),
    await objects(db),
  ]
  const before = await all()
  /** Fails with these fields, has changed nothing, and leaves a handle that reads and writes. */
  const refused = async (call, fields) => {
    const error = await fails(call, fields)
    assert.deepEqual(await all(), before, 'something was written')
    const { id } = await db.users.create({ email: 'after' })
    await db.users.delete(id)
    return error
  }
  return { db, refused }
}
