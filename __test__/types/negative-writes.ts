// Mistakes in calls that lock, or that write many rows: each must not compile.
import { open } from 'plinth'
import { db, models } from './fixture.js'

export async function locks() {
  // @ts-expect-error no such lock
  await db.users.get(1, { lock: 'exclusive' })
  // @ts-expect-error yes or no
  await db.users.list({ lock: 'update', skipLocked: 'yes' })
  // @ts-expect-error misspelt
  await db.users.find({ lock: 'update', nowait: true })
  // @ts-expect-error a page is read without locks
  await db.users.page({ limit: 1, lock: 'update' })
  // @ts-expect-error a count is of no rows
  await db.users.count({ lock: 'update' })
  // @ts-expect-error a stream is read without locks
  db.users.stream({ lock: 'update' })
  // @ts-expect-error rows that are included are not locked
  await db.users.list({ include: { organization: { lock: 'update' } } })
}

export async function bulk() {
  // @ts-expect-error misspelt column
  await db.tags.createMany([{ name: 'a' }], { skipDuplicates: ['nmae'] })
  // @ts-expect-error a list of columns, or true
  await db.tags.createMany([{ name: 'a' }], { skipDuplicates: 'name' })
  // @ts-expect-error one row; upsertMany() takes several
  await db.tags.upsertMany({ name: 'a' }, { on: ['name'] })
  // @ts-expect-error the columns of a unique key are missing
  await db.tags.upsertMany([{ name: 'a' }])
  // @ts-expect-error misspelt column
  await db.tags.upsertMany([{ nmae: 'a' }], { on: ['name'] })
  // @ts-expect-error misspelt column
  await db.tags.upsertMany([{ name: 'a' }], { on: ['nmae'] })
  // @ts-expect-error misspelt column to change
  await db.tags.upsertMany([{ name: 'a' }], { on: ['name'], update: { nmae: 'b' } })
  // @ts-expect-error yes or no
  await db.users.updateMany({ all: true, returning: ['id'] }, { role: 'admin' })
  // @ts-expect-error without returning it gives a number
  ;(await db.users.deleteMany({ all: true })).length
  // @ts-expect-error private columns are left out
  ;(await db.users.deleteMany({ all: true, returning: true }))[0]?.passwordHash
  // @ts-expect-error yes or no
  await db.tags.create({ name: 'a' }, { returning: ['id'] })
  // @ts-expect-error without the row there is no id
  ;(await db.tags.create({ name: 'a' }, { returning: false })).id
  // @ts-expect-error without the row there is no id
  ;(await db.tags.upsert({ name: 'a' }, { on: ['name'], returning: false })).id
  // @ts-expect-error a delete gives nothing in any case
  await db.tags.delete(1, { returning: false })
  // @ts-expect-error misspelt option
  await db.tags.createMany([{ name: 'a' }], { returnnig: false })
  // @ts-expect-error a where or all
  await db.users.updateMany({ returning: true }, { role: 'admin' })
}

export function isolation() {
  // @ts-expect-error no such level
  open({ models, isolation: 'snapshot' })
}

export async function claims() {
  // @ts-expect-error which rows
  await db.users.claim({ limit: 1, set: { role: 'admin' } })
  // @ts-expect-error how many
  await db.users.claim({ where: { role: 'member' }, set: { role: 'admin' } })
  // @ts-expect-error what they are changed to
  await db.users.claim({ where: { role: 'member' }, limit: 1 })
  // @ts-expect-error misspelt column to change
  await db.users.claim({ where: { role: 'member' }, limit: 1, set: { rloe: 'admin' } })
  // @ts-expect-error the primary key never changes by a claim
  await db.users.claim({ where: { role: 'member' }, limit: 1, set: { id: 2, role: 'admin' } })
  // @ts-expect-error misspelt column of the order
  await db.users.claim({ where: {}, orderBy: { emial: 'asc' }, limit: 1, set: { role: 'admin' } })
  // @ts-expect-error private columns are left out
  ;(await db.users.claim({ where: {}, limit: 1, set: { role: 'admin' } }))[0]?.passwordHash
}
