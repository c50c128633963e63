/** Queries that ask for something conditionally: it is optional in their results. */

import type { Row } from 'plinth'
import { db, type Equal, is, type Same, type users } from './fixture.js'

type User = Row<typeof users>
declare const wanted: boolean

export async function includes() {
  const a = await db.organizations.list({ include: wanted ? { owner: true } : undefined })
  is<Equal<NonNullable<(typeof a)[0]>['owner'], User | null | undefined>>()
  // @ts-expect-error it may not be there
  a[0]?.owner.email
  const b = await db.organizations.list({ include: { owner: wanted ? true : undefined }, limit: 3 })
  is<Equal<(typeof b)[0]['owner'], User | null | undefined>>()
  const c = await db.organizations.find({ include: { owner: wanted, items: true } })
  is<Equal<NonNullable<typeof c>['owner'], User | null | undefined>>()
  is<Equal<NonNullable<typeof c>['items'][0]['title'], string>>()
  const d = await db.organizations.find({ ...(wanted ? { include: { owner: true } } : {}), where: { name: 'x' } })
  is<Equal<NonNullable<typeof d>['owner'], User | null | undefined>>()
  const e = await db.organizations.find({ include: { ...(wanted ? { owner: true } : {}), items: { limit: 1 } } })
  is<Equal<NonNullable<typeof e>['owner'], User | null | undefined>>()
  is<Equal<NonNullable<typeof e>['items'][0]['title'], string>>()
  const f = await db.organizations.find({ include: { owner: false, items: undefined } })
  // @ts-expect-error false brings none
  f?.owner
  // @ts-expect-error nor does undefined
  f?.items
  const g = await db.organizations.find({ include: undefined })
  is<Same<NonNullable<typeof g>, { id: number; name: string; ownerId: number | null }>>()
  const h = await db.organizations.find({
    include: { items: { include: { tags: wanted }, select: wanted ? ['id'] : undefined } },
  })
  is<Equal<NonNullable<typeof h>['items'][0]['tags'], { id: number; name: string }[] | undefined>>()
  is<Equal<NonNullable<typeof h>['items'][0]['title'], string | undefined>>()
  const i = await db.organizations.list({ include: { _count: { users: wanted, items: true } } })
  is<Equal<(typeof i)[0]['_count']['users'], number | undefined>>()
  is<Equal<(typeof i)[0]['_count']['items'], number>>()
  // @ts-expect-error a misspelt relation behind a condition
  await db.organizations.list({ include: wanted ? { ownre: true } : undefined })
  // @ts-expect-error a misspelt option behind a condition
  await db.organizations.list({ include: { owner: wanted ? { selct: ['id'] } : undefined } })
}

export async function selections() {
  const a = await db.users.list({ select: wanted ? ['id'] : undefined })
  is<Equal<(typeof a)[0]['email'], string | undefined>>()
  is<Equal<(typeof a)[0]['id'], number | undefined>>()
  const names: ('id' | 'email' | 'passwordHash')[] = ['id']
  const b = await db.users.list({ select: names })
  is<Same<(typeof b)[0], { id?: number; email?: string; passwordHash?: string }>>()
  const c = await db.users.list({ select: wanted ? ['id'] : ['id', 'email'] })
  is<Same<(typeof c)[0], { id?: number; email?: string }>>()
  const written = ['id', 'email'] as const
  const d = await db.users.list({
    select: written,
    include: { organization: { select: written.length ? ['id'] : ['name'] } },
  })
  is<Equal<(typeof d)[0]['email'], string>>()
  const e = await db.users.get(1, { ...(wanted ? { select: ['id'] as const } : {}) })
  is<Equal<NonNullable<typeof e>['email'], string | undefined>>()
  // @ts-expect-error a misspelt column behind a condition
  await db.users.list({ select: wanted ? ['id', 'emial'] : undefined })
}

export async function values() {
  // What is written as a value stays one, though the query is read as a constant.
  await db.everything.list({ where: { json: { eq: [{ a: 1 }] }, bytes: new Uint8Array([1]) } })
  await db.organizations.list({
    include: { items: { where: { id: { in: [1, 2] }, or: [{ title: 'x' }] }, orderBy: [{ id: 'asc' }] } },
  })
  for await (const row of db.users.stream({ include: { organization: wanted } })) row.organization?.name
  const { rows } = await db.users.page({ limit: 1, include: { organization: wanted } })
  rows[0]?.organization?.name
}
