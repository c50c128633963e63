/** Functions and classes over all tables of a schema, as repositories, generic routes and admin pages write them. */

import type { AnySchema, Db, Insert, Key, Row, Session, Table, Tables, Tx, Update } from 'plinth'
import { db, is, models, type Same, type users } from './fixture.js'

type S = typeof models
type Name = keyof S['models']

/** A row of any table, by its key. */
export function byId<T extends Name>(on: Tables<S>, table: T, id: Key<S['models'][T]>) {
  return on[table].get(id)
}

/** The same in a transaction. */
export const inTransaction = <T extends Name>(tx: Tx<S>, table: T, id: Key<S['models'][T]>) => tx[table].get(id)

/** The same in a session. */
export const inSession = <T extends Name>(on: Session<S>, table: T, id: Key<S['models'][T]>) => on[table].get(id)

/** The same for any schema. */
export const ofAny = <A extends AnySchema, T extends keyof A['models']>(tables: Tables<A>, table: T) =>
  tables[table].count()

/** The same for a table of any schema, which the table tells. */
export const ofAnyTable = <A extends AnySchema, T extends keyof A['models']>(table: Table<A, T>) => table.list()

/** The same for one table, whatever it is. */
export const first = <T extends Name>(table: Table<S, T>) => table.list({ limit: 1 })

/** Code that services write once for all tables. */
export class Repo<T extends Name> {
  constructor(
    readonly on: Db<S>,
    readonly table: T,
  ) {}
  get(id: Key<S['models'][T]>) {
    return this.on[this.table].get(id)
  }
  list(limit: number) {
    return this.on[this.table].list({ limit })
  }
  find() {
    return this.on[this.table].find()
  }
  page(after: string | null) {
    return this.on[this.table].page({ limit: 20, after })
  }
  count() {
    return this.on[this.table].count()
  }
  create(values: Insert<S['models'][T]>) {
    return this.on[this.table].create(values)
  }
  update(id: Key<S['models'][T]>, values: Update<S['models'][T]>) {
    return this.on[this.table].update(id, values)
  }
  delete(id: Key<S['models'][T]>) {
    return this.on[this.table].delete(id)
  }
}

/** Any database, whatever its models. */
export const anyHealth = (any: Db) => any.health()

export async function uses() {
  const user = await byId(db, 'users', 1)
  is<Same<NonNullable<typeof user>, Row<typeof users>>>()
  const repo = new Repo(db, 'users')
  const created = await repo.create({ email: 'a@b.c', passwordHash: 'x' })
  is<Same<typeof created, Row<typeof users>>>()
  const rows = await repo.list(10)
  is<Same<(typeof rows)[number], Row<typeof users>>>()
  // @ts-expect-error a key of another kind
  await repo.get('1')
  // @ts-expect-error no such column
  await repo.create({ email: 'a@b.c', passwordHash: 'x', nope: 1 })
  for (const name of Object.keys(models.models) as Name[]) await new Repo(db, name).list(1)
  await db.transaction(async tx => {
    await inTransaction(tx, 'items', 1)
    await byId(tx, 'items', 1)
    await tx.with({ timeout: 10 }).users.get(1)
  })
  await ofAny<S, 'users'>(db, 'users')
  is<Same<Awaited<ReturnType<typeof ofAnyTable<S, 'users'>>>[number], Row<typeof users>>>()
  const listed = await ofAnyTable(db.users)
  is<Same<(typeof listed)[number], Row<typeof users>>>()
  await first(db.items)
  await using session = db.session()
  await inSession(session, 'items', 1)
  await byId(session.with({ timeout: 10 }), 'items', 1)
  await anyHealth(db)
}
