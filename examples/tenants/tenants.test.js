// Tenants on SQLite, or on the PostgreSQL that DATABASE_URL names: their rows are apart, and their number is not limited by what is open.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Tenants } from './tenants.js'

const folder = mkdtempSync(join(tmpdir(), 'tenants-'))
const url = process.env.DATABASE_URL ?? `sqlite:///${join(folder, 'registry.db')}`
let tenants

before(async () => {
  tenants = new Tenants(url, { limit: 2 })
  await tenants.start()
  for (const name of ['acme', 'globex', 'initech']) await tenants.create(name)
})
after(async () => {
  await tenants.close()
  rmSync(folder, { recursive: true })
})

const emails = async name => (await tenants.use(name, db => db.customers.list())).map(({ email }) => email)

test('each tenant has rows of its own', async () => {
  for (const name of ['acme', 'globex'])
    await tenants.use(name, db =>
      db.transaction(async tx => {
        const { id } = await tx.customers.create({ email: `ada@${name}.example` })
        await tx.invoices.create({ customerId: id, total: '99.00' })
      }),
    )
  assert.deepEqual(await emails('acme'), ['ada@acme.example'])
  assert.deepEqual(await emails('globex'), ['ada@globex.example'])
  assert.deepEqual(await emails('initech'), [])
})

test('a database is closed only when no caller uses it', async () => {
  const answers = await Promise.all(
    ['acme', 'globex', 'initech', 'acme'].map(name => tenants.use(name, db => db.customers.count())),
  )
  assert.deepEqual(answers, [1, 1, 0, 1])
})

test('the next start finds all tenants, and nothing to do', async () => {
  const again = new Tenants(url)
  await again.start()
  assert.deepEqual(await again.names(), ['acme', 'globex', 'initech'])
  await again.use('acme', async db => {
    const { differences } = await db.drift()
    assert.deepEqual(differences, [])
  })
  await again.close()
})

test('unknown tenants and names that could reach elsewhere are refused', async () => {
  await assert.rejects(
    tenants.use('umbrella', () => {}),
    /There is no tenant umbrella/,
  )
  for (const name of ['../acme', 'a,public', '']) await assert.rejects(tenants.create(name), /is not a name/)
  await assert.rejects(tenants.create('acme'), { code: 'UNIQUE_VIOLATION' })
})

test('on SQLite each tenant is a file', { skip: !url.startsWith('sqlite') }, () => {
  for (const name of ['acme', 'globex', 'initech']) assert.ok(existsSync(join(folder, `tenant_${name}.db`)))
})
