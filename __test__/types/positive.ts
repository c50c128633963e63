/** What must compile, and the types it must have: one assertion or more for each public call. */

import {
  add,
  append,
  type CheckReport,
  check,
  type Db,
  type Dialect,
  downgrade,
  drift,
  type Filter,
  type Health,
  history,
  type Insert,
  type Isolation,
  initDb,
  jsonNull,
  type Key,
  type LogOptions,
  merge,
  type OrderBy,
  open,
  type Page,
  PlinthError,
  type PoolOptions,
  type Question,
  type Row,
  resetDb,
  revision,
  type SchemaJson,
  type Seeds,
  type Session,
  type StatementEvent,
  type SyncDb,
  schema,
  stamp,
  status,
  type Target,
  type Tx,
  UniqueViolationError,
  type Update,
  upgrade,
  type WarningEvent,
  type Where,
} from 'plinth'
import bundled, {
  type ClaimedJob,
  claimJobs,
  createTask,
  enqueue,
  extendJob,
  failJob,
  finishJob,
  type Job,
  type JobDb,
  setTaskStatus,
  type tasks,
} from 'plinth/models'
import {
  type comments,
  db,
  type drafts,
  type Equal,
  type everything,
  is,
  type itemTags,
  models,
  type Same,
  type Settings,
  type userSettings,
  type users,
} from './fixture.js'

type User = Row<typeof users>
type Everything = Row<typeof everything>

export function rowsAndInserts() {
  is<
    Same<
      User,
      {
        id: number
        email: string
        role: 'admin' | 'member' | 'viewer'
        settings: Settings
        organizationId: number | null
        createdAt: Date
        updatedAt: Date
      }
    >
  >()
  is<
    Same<
      Everything,
      {
        id: bigint
        integer: number
        bigint: bigint
        int32: number
        real: number
        decimal: string
        text: string
        boolean: boolean
        uuid: string
        timestamp: Date
        date: string
        json: { a: number }[]
        anyJson: unknown
        bytes: Uint8Array
        enum: 'a' | 'b'
      }
    >
  >()
  const least: Insert<typeof users> = { email: 'a@b.c', passwordHash: 'x' }
  const most: Insert<typeof users> = {
    ...least,
    id: 1,
    role: 'admin',
    settings: jsonNull,
    organizationId: null,
    createdAt: new Date(),
    updatedAt: new Date(),
  }
  const update: Update<typeof users> = { passwordHash: 'y', settings: { theme: 'light' } }
  const where: Where<typeof users> = { not: { or: [{ id: 1 }, { and: [{ email: 'a' }] }] } }
  const order: OrderBy<typeof users>[] = [
    { createdAt: 'desc' },
    [{ role: 'asc' }, { id: 'desc' }],
    { organizationId: { direction: 'asc', nulls: 'last' }, id: { direction: 'desc' } },
  ]
  is<Equal<Key<typeof users>, number>>()
  is<Same<Key<typeof itemTags>, { itemId: number; tagId: number }>>()
  is<Equal<Key<typeof comments>, string>>()
  is<Equal<Key<typeof everything>, bigint>>()
  return [most, update, where, order]
}

export async function reads() {
  const user = await db.users.get(1)
  is<Equal<typeof user, User | null>>()
  const found = await db.users.find({ where: { email: 'a' }, orderBy: { id: 'asc' }, offset: 1, select: ['email'] })
  is<Same<NonNullable<typeof found>, { email: string }>>()
  const page = await db.users.list({
    where: {
      role: 'admin',
      createdAt: { gte: new Date() },
      or: [{ email: { startsWith: 'a' } }, { organizationId: null }],
    },
    orderBy: { createdAt: 'desc' },
    limit: 20,
    offset: 40,
    select: ['id', 'passwordHash'],
  })
  is<Same<(typeof page)[number], { id: number; passwordHash: string }>>()
  const n: number = await db.users.count({ where: { organizationId: { ne: null } } })
  const any: boolean = await db.users.exists({ where: { role: { in: ['admin', 'member'] } } })
  await db.users.count()
  await db.users.count({ distinct: ['role', 'email'] })
  await db.users.list({
    distinct: ['organizationId'],
    orderBy: { createdAt: 'desc' },
    limit: 5,
    include: { settings_: true },
  })
  await db.users.exists()
  await db.itemTags.get({ itemId: 1, tagId: 2 })
  await db.everything.get(1n, { select: ['bytes'] })
  return [n, any]
}

export async function operators() {
  await db.everything.list({
    where: {
      integer: { eq: 1, ne: 2, in: [1], notIn: [2], lt: 1, lte: 1, gt: 1, gte: 1 },
      bigint: { gt: 1n },
      decimal: { lt: '1.5' },
      text: { eq: 'a', gt: 'a', like: 'a%', contains: 'a', startsWith: 'a', endsWith: 'a' },
      boolean: true,
      uuid: { in: ['x'] },
      timestamp: { lt: new Date() },
      date: { gte: '2026-11-20' },
      json: { eq: [{ a: 1 }] },
      anyJson: { isNull: true, ne: jsonNull },
      bytes: { eq: new Uint8Array() },
      enum: { notIn: ['a'] },
    },
  })
}

export async function places() {
  const age = { path: ['user', 'age', 0], gte: 18 } as const
  await db.everything.list({
    where: {
      anyJson: age,
      json: { path: [0, 'a'], in: [1, jsonNull, { x: [] }], ne: 'a', isNull: false },
      or: [{ anyJson: { path: [], like: 'a%', contains: 'a', startsWith: 'a', endsWith: 'a', lt: 'b' } }],
    },
    orderBy: [{ anyJson: { path: ['a'], direction: 'asc', nulls: 'last' } }, { id: 'asc' }],
  })
  await db.users.count({ where: { settings: { path: ['theme'], eq: 'dark' } } })
}

export async function relationFilters() {
  const rows = await db.organizations.list({
    where: {
      items: { some: { title: 'a', tags: { every: { name: { startsWith: 'a' } } } }, none: {} },
      users: { every: { role: 'admin', settings_: { is: null } } },
      or: [{ owner: { is: { email: 'a' } } }, { not: { owner: { isNot: { organization: { isNot: null } } } } }],
    },
    include: { items: { where: { organization: { is: { name: 'x' } }, comments: { none: { body: 'x' } } } } },
  })
  is<Equal<(typeof rows)[0]['items'][0]['title'], string>>()
  const where: Filter<typeof models, 'comments'> = {
    replies: { some: { replies: { some: { parent: { is: { body: 'a' } } } } } },
  }
  // A filter without relations is a filter beside them too.
  const own: Where<typeof users> = { role: 'admin' }
  const n: number = await db.users.count({ where: own })
  await db.comments.exists({ where })
  await db.comments.deleteMany({ where: { and: [where, { parent: { is: null } }] } })
  await db.comments.updateMany({ where }, { body: 'x' })
  return n
}

export async function pages() {
  let after: string | null = null
  do {
    const page: Page<{ email: string }> = await db.users.page({
      where: { organization: { is: { name: 'x' } } },
      orderBy: [{ createdAt: 'desc' }, { organizationId: { direction: 'asc', nulls: 'last' } }],
      limit: 20,
      after,
      select: ['email'],
    })
    after = page.next
  } while (after !== null)
  const first = await db.organizations.page({ limit: 1, include: { owner: true } })
  is<Equal<(typeof first.rows)[number]['owner'], User | null>>()
  const blocking = db.sync.tags.page({ limit: 1 })
  is<Same<(typeof blocking.rows)[number], { id: number; name: string }>>()
}

export async function aggregates() {
  const all = await db.users.aggregate({ where: { role: 'admin' }, count: true, max: ['createdAt', 'email'] })
  is<Same<typeof all, { count: number; max: { createdAt: Date | null; email: string | null } }>>()
  const sums = await db.everything.aggregate({
    sum: ['integer', 'bigint', 'decimal', 'real', 'int32', 'id'],
    avg: ['bigint', 'decimal'],
    countDistinct: ['enum', 'boolean'],
    min: ['date', 'text'],
  })
  is<Equal<(typeof sums)['sum']['bigint' | 'id'], bigint | null>>()
  is<Equal<(typeof sums)['sum']['integer' | 'int32' | 'real'], number | null>>()
  is<Equal<(typeof sums)['sum']['decimal'], string | null>>()
  is<Equal<(typeof sums)['avg'], { bigint: number | null; decimal: number | null }>>()
  is<Equal<(typeof sums)['countDistinct'], { enum: number; boolean: number }>>()
  is<Equal<keyof typeof sums, 'sum' | 'avg' | 'countDistinct' | 'min'>>()
  const groups = await db.users.aggregate({
    groupBy: ['role', 'organizationId'],
    count: true,
    having: {
      or: [{ count: { gt: 5 } }, { not: { max: { email: { startsWith: 'a' } }, sum: { id: { in: [1] } } } }],
      avg: { organizationId: { gte: 1.5 } },
      min: { organizationId: null },
    },
    orderBy: [{ count: 'desc' }, { role: 'asc' }, { max: { createdAt: { direction: 'desc', nulls: 'last' } } }],
    limit: 10,
    offset: 10,
  })
  type Group = { role: 'admin' | 'member' | 'viewer'; organizationId: number | null; count: number }
  is<Same<(typeof groups)[number], Group>>()
  const blocking = db.sync.items.aggregate({ groupBy: ['organizationId'], sum: ['price'] })
  is<Same<(typeof blocking)[number], { organizationId: number; sum: { price: string | null } }>>()
}

export async function includes() {
  const deep = await db.organizations.list({
    where: { name: { contains: 'x' } },
    include: {
      owner: true,
      items: {
        where: { title: { like: '%' } },
        orderBy: { id: 'asc' },
        limit: 3,
        select: ['id', 'title'],
        include: { tags: true, organization: { include: { users: { select: ['email'] } } } },
      },
    },
  })
  const first = deep[0]
  if (first === undefined) return
  is<Equal<typeof first.owner, User | null>>()
  is<Same<(typeof first.items)[0]['tags'][0], { id: number; name: string }>>()
  is<Equal<(typeof first.items)[0]['title'], string>>()
  const emails: { email: string }[] | undefined = first.items[0]?.organization.users
  const tree = await db.comments.get('x', { include: { parent: true, replies: { include: { replies: true } } } })
  is<Equal<NonNullable<typeof tree>['parent'], Row<typeof comments> | null>>()
  const own = await db.users.find({ include: { settings_: true, organization: { select: ['name'] } } })
  is<Equal<NonNullable<typeof own>['settings_'], Row<typeof userSettings> | null>>()
  return emails
}

export async function counts() {
  const [first] = await db.organizations.list({
    include: {
      _count: { users: true, items: { where: { title: 'a', tags: { some: {} } } } },
      items: { include: { _count: { tags: true } } },
    },
  })
  if (first === undefined) return
  is<Same<typeof first._count, { users: number; items: number }>>()
  is<Same<(typeof first.items)[0]['_count'], { tags: number }>>()
  is<Equal<(typeof first.items)[0]['title'], string>>()
}

export async function writes() {
  const user = await db.users.create({ email: 'a@b.c', passwordHash: 'x' })
  is<Equal<typeof user, User>>()
  const many = await db.tags.createMany([{ name: 'a' }, { name: 'b' }], { onProgress: (done, total) => done / total })
  is<Equal<(typeof many)[number]['name'], string>>()
  await db.users.update(1, { role: 'admin' }, { where: { role: 'member' }, timeout: 100 })
  await db.users.update(1, { organizationId: add(-1), settings: merge({ theme: 'light' }) })
  await db.everything.updateMany({ all: true }, { json: append({ a: 1 }), anyJson: append('x'), real: add(0.5) })
  await db.everything.updateMany({ all: true }, { anyJson: merge({ any: 1 }) })
  await db.items.updateMany({ all: true }, { size: add(2n), price: add('0.50') })
  await db.items.upsert({ organizationId: 1, title: 'a' }, { on: ['id'], update: { size: add(1n) } })
  const draft = await db.drafts.create({ title: 'a' })
  is<Same<typeof draft, { id: number; title: string; version: number }>>()
  const next = await db.drafts.update(draft, { title: 'b' })
  is<Same<typeof next, { id: number; title: string; version: number }>>()
  await db.drafts.update(draft, { title: 'b' }, { where: { title: 'a' }, timeout: 100 })
  await db.drafts.update({ id: 1, version: 2 }, { title: 'b' })
  await db.drafts.update(1, { title: 'b' }, { version: 2 })
  await db.drafts.update(1, { title: 'b' }, { version: 'any', where: { title: 'a' } })
  await db.drafts.updateMany({ all: true }, { title: 'b' })
  await db.drafts.upsert({ title: 'a' }, { on: ['id'], version: 3 })
  await db.drafts.delete(next)
  await db.drafts.delete(1, { version: 'any' })
  const drawer = await db.drawers.create({ shelf: 'a', number: 1, full: false })
  await db.drawers.update(drawer, { full: true })
  await db.drawers.delete({ shelf: 'a', number: 1 }, { version: 1, timeout: 100 })
  is<Equal<Target<typeof drafts>, { id: number; version: number }>>()
  is<Equal<Target<typeof users>, number>>()
  const changed = await db.users.update(1, { role: 'admin' })
  is<Equal<typeof changed, User>>()
  const counts: number[] = [
    await db.users.updateMany({ where: { role: 'viewer' } }, { role: 'member' }),
    await db.users.updateMany({ all: true }, { role: 'member' }),
    await db.users.deleteMany({ where: { id: { gt: 3 } } }),
    await db.users.deleteMany({ all: true }),
  ]
  const nothing = [
    await db.users.create({ email: 'ada@example.com', passwordHash: 'x' }, { returning: false }),
    await db.tags.createMany([{ name: 'a' }], { returning: false, skipDuplicates: true }),
    await db.users.update(1, { role: 'admin' }, { returning: false }),
    await db.tags.upsert({ name: 'a' }, { on: ['name'], returning: false }),
    db.sync.users.update(1, { role: 'admin' }, { returning: false, timeout: 100 }),
  ]
  is<Equal<(typeof nothing)[number], void>>()
  // TypeScript takes the last overload for these: the one that gives the row.
  is<Equal<Awaited<ReturnType<typeof db.users.create>>, User>>()
  is<Equal<Awaited<ReturnType<typeof db.users.createMany>>, User[]>>()
  is<Equal<Awaited<ReturnType<typeof db.users.update>>, User>>()
  is<Equal<Awaited<ReturnType<typeof db.users.upsert>>, User>>()
  const wanted = await db.users.update(1, { role: 'admin' }, { returning: true })
  is<Equal<typeof wanted, User>>()
  const returned = await db.users.updateMany({ where: { id: 1 }, returning: true }, { role: 'member' })
  is<Equal<typeof returned, User[]>>()
  const deleted = await db.users.deleteMany({ all: true, returning: true })
  is<Equal<typeof deleted, User[]>>()
  const perhaps = await db.users.deleteMany({ all: true, returning: counts.length > 0 })
  is<Equal<typeof perhaps, User[] | number>>()
  const fresh = await db.tags.createMany([{ name: 'a' }], { skipDuplicates: ['name'] })
  is<Equal<(typeof fresh)[number]['name'], string>>()
  const locked = await db.users.get(1, { lock: 'update', noWait: true })
  is<Equal<typeof locked, User | null>>()
  const puts = await db.users.upsertMany([{ email: 'a', passwordHash: 'b' }], {
    on: ['email'],
    update: { role: 'admin' },
  })
  is<Equal<typeof puts, User[]>>()
  const put = await db.users.upsert({ email: 'a', passwordHash: 'b' }, { on: ['email'], update: { role: 'admin' } })
  is<Equal<typeof put, User>>()
  await db.users.upsert({ email: 'a', passwordHash: 'b' }, { on: ['email'] })
  const gone = await db.itemTags.delete({ itemId: 1, tagId: 2 })
  is<Equal<typeof gone, void>>()
  await db.everything.create({
    integer: 1,
    bigint: 1n,
    int32: 1,
    real: 0.5,
    decimal: '1.5',
    text: '',
    boolean: false,
    uuid: 'x',
    timestamp: new Date(),
    date: '2026-11-20',
    json: jsonNull,
    anyJson: null,
    bytes: Buffer.from([]),
    enum: 'a',
  })
  return counts
}

export async function units() {
  const n: number = await db.transaction(async tx => {
    await tx.users.create({ email: 'a', passwordHash: 'b' })
    await tx.transaction(inner => inner.tags.count())
    await tx.sql`SELECT 1`
    return tx.users.count({ where: { not: { id: 1 } } })
  })
  await db.transaction(tx => tx.users.list(), { readOnly: true })
  const isolation: Isolation = 'serializable'
  await db.transaction(tx => tx.users.list(), { isolation, readOnly: false, retries: 5 })
  const session = db.session()
  try {
    await session.users.update(1, { role: 'admin' })
    await session.transaction(tx => tx.users.delete(1))
    await session.commit()
    await session.rollback()
  } finally {
    await session.close()
  }
  await using held = db.session()
  const raw = await held.sql<{ n: number }>`SELECT ${1} AS n`
  is<Equal<typeof raw, { n: number }[]>>()
  const rows = await db.sql`SELECT 1`
  is<Equal<typeof rows, Record<string, unknown>[]>>()
  const { differences } = await db.drift({
    rows: true,
    deep: true,
    timeout: 1000,
    onProgress: ({ done, of }) => done / of,
  })
  is<Equal<(typeof differences)[number]['rows'], { count: number; keys: unknown[] } | null>>()
  const health: Health = await db.health({ timeoutMs: 100 })
  is<Equal<typeof health.dialect, Dialect>>()
  is<Equal<PlinthError['mayHaveCommitted'], boolean | undefined>>()
  await db.close()
  return [n, health.status]
}

export async function streams() {
  const skip = {
    unreadable: 'skip',
    onUnreadable: (error: PlinthError) => is<Equal<unknown, typeof error.key>>(),
  } as const
  const skipped = await db.users.list(skip)
  is<Equal<typeof skipped, User[]>>()
  for await (const row of db.users.stream({ ...skip, batch: 5 })) is<Equal<typeof row, User>>()
  const { rows } = db.sync.users.page({ limit: 1, ...skip })
  is<Equal<typeof rows, User[]>>()
  for await (const row of db.users.stream({ where: { role: 'admin' }, orderBy: { id: 'desc' }, batch: 100 })) {
    is<Equal<typeof row, User>>()
  }
  for await (const row of db.organizations.stream({ select: ['name'], include: { users: true } })) {
    is<Equal<(typeof row)['users'], User[]>>()
    const name: string = row.name
    if (name) break
  }
  await db.transaction(async tx => {
    for await (const user of tx.users.stream()) await tx.users.update(user.id, { role: 'admin' })
  })
  for (const row of db.sync.users.stream()) is<Equal<typeof row, User>>()
}

export function blocking() {
  const user: User | null = db.sync.users.get(1)
  const n: number = db.sync.transaction(tx => tx.transaction(inner => inner.tags.count()), { retries: 1 })
  const raw: { n: number }[] = db.sync.sql<{ n: number }>`SELECT 1 AS n`
  const list = db.sync.organizations.list({ include: { users: true } })
  is<Equal<(typeof list)[number]['users'], User[]>>()
  return [user, n, raw]
}

export async function openings(json: SchemaJson) {
  const untyped = open()
  const rows = await untyped.users?.list({ where: { a: 1 }, orderBy: { b: 'asc' }, include: { c: true } })
  const loose: unknown = rows?.[0]?.name
  await untyped.sql`SELECT 1`
  const fromJson = open({ models: json, url: 'sqlite::memory:', env: {}, durability: 'normal' })
  await fromJson.close()
  const pool: PoolOptions = { size: 20, acquireTimeoutMs: 1000, idleTimeoutMs: 0 }
  await open({ models, url: 'postgresql://localhost/app', pool, prepare: false }).close()
  const named = open<typeof models>()
  is<Equal<typeof named, typeof db>>()
  const report = await initDb({ models, seed: { one: async tx => tx.tags.create({ name: 'a' }) } })
  await initDb({ db, models, seed: [{ name: 'one', run: tx => tx.tags.create({ name: 'a' }) }] })
  await initDb()
  const reset = await resetDb({ models, force: true, seed: false })
  return [loose, report.created.tables, reset.dropped.tables[0]?.rows, reset.init.seeded]
}

export async function migrations(handle: Db<typeof models>) {
  const { outcome, revisions } = await revision({
    message: 'add phone',
    models,
    rename: { 'users.phone': 'users.mobile' },
    drop: ['tags'],
    backfill: {
      'users.country': "'XX'",
      'users.name': 'default',
      'users.code': { sqlite: 'hex(id)', postgres: 'to_hex(id)' },
      'users.size': { sqlite: 'id', postgres: undefined },
    },
    map: { 'tasks.status': { paused: 'queued' } },
    dialects: ['sqlite', 'postgres'],
  })
  is<Equal<typeof outcome, 'nothing' | 'written' | 'printed'>>()
  const up = await upgrade({ db: handle, to: '+1', onProgress: ({ statement, rows }) => [statement, rows] })
  is<Equal<typeof up.adopted, boolean>>()
  await initDb({ timeout: 60_000, onWait: ({ holder, waitedMs }) => [holder?.length, waitedMs.toFixed()] })
  const down = await downgrade({ timeout: 1 })
  is<Equal<typeof down.current, string | null>>()
  const { pending, problems } = await status({ models, url: 'app.db', migrations: './migrations' })
  const { log } = await history({ db: handle })
  is<Equal<(typeof log)[number]['direction'], 'up' | 'down' | 'stamp' | 'unstamp' | 'repair'>>()
  const { differences } = await drift({ db: handle })
  is<Equal<(typeof differences)[number]['grade'], 'safe' | 'missing-data' | 'destructive' | 'blocked'>>()
  const report: CheckReport = await check({ models, prove: true })
  is<Equal<ReturnType<typeof check>, Promise<CheckReport>>>()
  const stamped = await stamp({ to: 'head' })
  const made = await initDb({ models, migrations: false })
  is<Equal<PlinthError['questions'], readonly Question[] | undefined>>()
  return [
    revisions[0]?.files,
    up.applied[0]?.tookMs,
    pending,
    problems,
    report.upToDate,
    stamped.removed,
    made.migrated,
  ]
}

/** A service names its types once and passes handles around. */
type App = typeof models
export async function handles(a: Db<App>, b: Tx<App>, c: Session<App>, d: SyncDb<App>, seeds: Seeds<App>) {
  const shared = (tx: Tx<App>) => tx.users.count()
  return [await shared(a), await shared(b), await shared(c), d.users.count(), seeds]
}

export async function taskFunctions() {
  const own = open({ models: bundled })
  const task: Row<typeof tasks> = await createTask(own, { type: 'report' })
  await own.transaction(tx => setTaskStatus(tx, task.id, 'running'))
  await setTaskStatus(own.session(), task.id, 'failed', { reason: 'timeout' })
}

interface Mail {
  to: string
}
export async function jobFunctions(limit: number | undefined) {
  const own = open({ models: bundled })
  const queued: Job<Mail> = await enqueue<Mail>(own, {
    payload: { to: 'ada' },
    runAt: new Date(),
    uniqueKey: undefined,
  })
  const inferred: string = (await enqueue(own.session(), { payload: { to: 'ada' } })).payload.to
  const jobs: ClaimedJob<Mail>[] = await claimJobs<Mail>(own, { limit, lease: 5_000, queue: undefined })
  for (const job of jobs) {
    const token: string = job.token
    const until: Date = (await extendJob(own, job)).lockedUntil
    await own.transaction(tx => finishJob(tx, job))
    await own.scope(() => failJob(own.current(), job, new Error(token), { retry: false, backoff: undefined }))
    void until
  }
  const shared = (db: JobDb) => claimJobs(db)
  await own.transaction(tx => shared(tx))
  // The queue beside models of one's own, and with limits.
  const mixed = open({ models: schema({ own: bundled.models.users, jobQueue: bundled.models.jobQueue }) })
  const [first] = await claimJobs(mixed.with({ timeout: 1_000 }))
  const payload: unknown = first?.payload
  return [queued.payload.to, inferred, payload]
}

export function logs() {
  const line = (event: StatementEvent) =>
    `${event.durationMs.toFixed(1)} ${event.sql} ${event.error?.code ?? event.rows}`
  const log: LogOptions = {
    statements: true,
    slowMs: 50,
    values: true,
    nPlusOne: 20,
    lostUpdates: true,
    to: event => line(event),
  }
  const warned = (event: WarningEvent) =>
    event.code === 'PLINTH_N_PLUS_ONE'
      ? [event.model, event.call, event.count, event.place, event.hint, event.message]
      : event.code === 'PLINTH_IDLE_TRANSACTION'
        ? [event.owner, event.hint, event.message]
        : event.code === 'PLINTH_LOST_UPDATE'
          ? [event.model, event.columns, event.place, event.hint, event.message]
          : [event.error, event.hint, event.message]
  return [open({ log }), open({ log: true }), open({ log: event => line(event) }), warned]
}

/** The README's way to short hovers: a name for the schema. */
type Models = typeof models
interface Named extends Models {}
export async function shortNames() {
  const named: Db<Named> = open<Named>({ models })
  const user = await named.users.get(1)
  is<Equal<typeof user, User | null>>()
  const [first] = await named.organizations.list({ include: { items: true } })
  return first?.items[0]?.title
}

export async function limits() {
  const { signal } = new AbortController()
  const options = { signal, timeout: 1000 }
  const user = await db.users.create({ email: 'a', passwordHash: 'x' }, options)
  await db.users.get(user.id, { ...options, select: ['email'] })
  await db.users.update(user.id, { role: 'admin' }, options)
  await db.users.updateMany({ all: true, ...options }, { role: 'admin' })
  await db.users.count({ where: { email: 'a' }, timeout: 10 })
  await db.users.delete(user.id, options)
  const view = db.with({ timeout: 100 })
  is<Equal<typeof view, typeof db>>()
  const [row] = await view.sql<{ n: number }>`SELECT 1 AS n`
  await db.transaction(async tx => tx.with({ signal }).users.count(), { ...options, retries: 1 })
  const session = db.session(options)
  await session.with({ timeout: 5 }).commit()
  return [row?.n, view.sync.users.count({ timeout: 5 })]
}

export function classOf(error: unknown): string {
  if (UniqueViolationError.is(error)) return error.constraint ?? error.code
  if (PlinthError.is(error)) return error.code
  return 'other'
}
