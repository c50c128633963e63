// Revisions that cannot be: each has its code and its message, and nothing changes.
import assert from 'node:assert/strict'
import { appendFileSync, cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fails } from '../support/db.mjs'
import { dialect, objects } from '../support/dialect.mjs'
import { byHand, plain, workshop } from '../support/migrations.mjs'

/** Two revisions, of which the first is applied. */
async function two(t) {
  const shop = await workshop(t)
  const [one] = (await shop.write(plain('one'), 'add one')).revisions
  await shop.upgrade()
  const [next] = (await shop.write(plain('one', 'two'), 'add two')).revisions
  return { shop, one, next }
}

/** An upgrade, and what else has to see it, fails so; nothing changes. */
async function refused(shop, fields, calls = [() => shop.upgrade()]) {
  const names = () => shop.using(plain('one'), objects)
  const before = await names()
  let error
  for (const call of calls) error = await fails(call, fields)
  assert.deepEqual(await names(), before)
  return error
}

test('a folder without its files', async t => {
  for (const file of ['operations.json', `up.${dialect}.sql`, `down.${dialect}.sql`]) {
    const { shop, next } = await two(t)
    rmSync(join(next.folder, file))
    const calls = [
      () => shop.upgrade(),
      () => shop.history(),
      () => shop.status(),
      () => shop.check(plain('one')),
      () => shop.write(plain('one', 'three'), 'three', { drop: ['two'] }),
    ]
    const message = new RegExp(`${file.replaceAll('.', '\\.')} is missing`)
    await refused(shop, { code: 'REVISION_INVALID', message }, calls)
  }
})

test('operations.json that is not JSON, not a record, or of a newer format', async t => {
  for (const [text, message] of [
    ['{', /operations\.json/],
    ['[]', /operations\.json/],
    ['{"format":99,"after":[],"operations":[],"checksums":{}}', /format|newer/],
    ['{"format":1,"after":[],"operations":[{"op":"fly"}],"checksums":{}}', /operations\.json/],
    ['{"format":1,"after":["20200101000000"],"operations":[],"checksums":{}}', /20200101000000/],
  ]) {
    const { shop, next } = await two(t)
    writeFileSync(join(next.folder, 'operations.json'), text)
    await refused(shop, { code: 'REVISION_INVALID', message })
  }
})

test('two revisions of one version', async t => {
  const { shop, next } = await two(t)
  cpSync(next.folder, `${next.folder}_again`, { recursive: true })
  await refused(shop, { code: 'REVISION_INVALID', message: new RegExp(next.version) }, [
    () => shop.upgrade(),
    () => shop.status(),
    () => shop.check(plain('one')),
  ])
})

test('versions that do not exist, and beginnings that several have', async t => {
  const { shop, one } = await two(t)
  for (const to of ['20200101000000', '99', 'nonsense', '+x', '+0', '-1', '+3'])
    await refused(shop, { code: 'REVISION_UNKNOWN' }, [() => shop.upgrade(to)])
  for (const to of ['20200101000000', '-2', '-x', '+1'])
    await refused(shop, { code: 'REVISION_UNKNOWN' }, [() => shop.downgrade(to)])
  for (const to of ['20200101000000', '+1']) await refused(shop, { code: 'REVISION_UNKNOWN' }, [() => shop.stamp(to)])
  const error = await refused(shop, { code: 'REVISION_UNKNOWN', message: /20/ }, [
    () => shop.upgrade('20'),
    () => shop.downgrade('20'),
    () => shop.stamp('20'),
  ])
  assert.ok(`${error.message} ${error.found} ${error.hint}`.includes(one.version), 'it names those that begin so')
})

test('downgrade past base', async t => {
  const { shop } = await two(t)
  await shop.downgrade('base')
  assert.deepEqual((await shop.downgrade('base')).reverted, [])
  await refused(shop, { code: 'REVISION_UNKNOWN' }, [() => shop.downgrade('-1')])
})

test('an applied file that was edited', async t => {
  const { shop, one } = await two(t)
  appendFileSync(join(one.folder, `up.${dialect}.sql`), '\nCREATE TABLE extra (id integer);\n')
  const error = await refused(shop, { code: 'REVISION_EDITED' })
  assert.ok(error.message.includes(one.version), error.message)
  const status = await shop.status()
  assert.equal(status.problems[0].code, 'REVISION_EDITED')
  assert.equal((await shop.history()).revisions[0].edited, true)
  // Line ends are not an edit: git may change them.
  const { shop: other, one: same } = await two(t)
  const file = join(same.folder, `up.${dialect}.sql`)
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('\n', '\r\n'))
  assert.equal((await other.upgrade()).applied.length, 1)
})

test('an applied revision whose folder is gone', async t => {
  const { shop, one, next } = await two(t)
  await shop.upgrade()
  renameSync(next.folder, join(shop.cwd, 'elsewhere'))
  const error = await refused(shop, { code: 'REVISION_MISSING' }, [() => shop.upgrade(), () => shop.downgrade()])
  assert.ok(error.message.includes(next.version), error.message)
  assert.equal((await shop.status()).problems[0].code, 'REVISION_MISSING')
  const { revisions } = await shop.history()
  assert.deepEqual(
    revisions.map(({ version, missing = false }) => [version, missing]),
    [
      [one.version, false],
      [next.version, true],
    ],
  )
})

test('SQL that fails: which file, which statement, which line; what ran before it is undone', async t => {
  const { shop } = await two(t)
  const up =
    '-- by hand\n\nCREATE TABLE half (id integer);\n\nINSERT INTO half\nVALUES (1);\nINSERT INTO nowhere VALUES (1);\n'
  const path = byHand(shop.migrations, '29990101000000', 'fails', { up, down: 'DROP TABLE half;' })
  const error = await fails(() => shop.upgrade(), { code: 'REVISION_FAILED' })
  assert.match(error.message, /29990101000000_fails/)
  assert.match(`${error.message} ${error.found}`, new RegExp(`up\\.${dialect}\\.sql`))
  assert.match(error.message, /^Statement 3 \(line 7\) of /)
  assert.match(`${error.message} ${error.found} ${error.hint}`, /nowhere/)
  const { current, pending } = await shop.status()
  assert.equal(pending[0].version, '29990101000000', 'those before it stay')
  assert.ok(current)
  assert.ok(!(await shop.using(plain('one'), objects)).includes('half'))
  writeFileSync(join(path, `up.${dialect}.sql`), up.replace('nowhere', 'half'))
  assert.equal((await shop.upgrade()).applied.length, 1)
})

test('a script that ends its own transaction is refused; savepoints are its own', async t => {
  const { shop } = await two(t)
  await shop.upgrade()
  const script = control => `CREATE TABLE half (id integer);\n/* why */ ${control};\nINSERT INTO half VALUES (1);\n`
  const path = byHand(shop.migrations, '29990101000000', 'ends', { up: script('COMMIT'), down: 'DROP TABLE half;' })
  for (const control of ['COMMIT', 'begin', 'END', 'Rollback', 'COMMIT TRANSACTION']) {
    writeFileSync(join(path, `up.${dialect}.sql`), script(control))
    const error = await refused(shop, { code: 'REVISION_INVALID', found: control })
    assert.match(error.message, /^Statement 2 \(line 2\) of .*29990101000000_ends/)
    assert.equal((await shop.status()).pending.length, 1)
    const { edited, upToDate } = await shop.check(plain('one', 'two'))
    assert.deepEqual([edited[0].ok, upToDate], [false, false])
    assert.match(edited[0].differences[0], /must not be in it: a revision is one transaction/)
  }
  writeFileSync(
    join(path, `up.${dialect}.sql`),
    'SAVEPOINT a;\nCREATE TABLE half (id integer);\nROLLBACK TO a;\nRELEASE a;\nCREATE TABLE half (id integer);\n',
  )
  assert.equal((await shop.upgrade()).applied.length, 1)
})

test('a file that opted out of the transaction: the part that ran stays, and is reported', async t => {
  const { shop } = await two(t)
  const up = '-- plinth: no transaction\nCREATE TABLE half (id integer);\nINSERT INTO nowhere VALUES (1);\n'
  byHand(shop.migrations, '29990101000000', 'fails', { up, down: 'DROP TABLE half;' })
  await fails(() => shop.upgrade(), { code: 'REVISION_FAILED' })
  assert.ok((await shop.using(plain('one'), objects)).includes('half'))
  assert.equal((await shop.status()).pending.length, 1)
})

test('a modelled change that only the SQL makes is found by check and by revision', async t => {
  const { shop, next } = await two(t)
  appendFileSync(join(next.folder, `up.${dialect}.sql`), '\nALTER TABLE one ADD COLUMN extra integer;\n')
  const check = await shop.check(plain('one', 'two'))
  assert.equal(check.upToDate, false)
  assert.deepEqual(
    check.edited.map(({ version, ok }) => [version, ok]),
    [[next.version, false]],
  )
  assert.match(check.edited[0].differences.join(), /extra/)
  await fails(() => shop.write(plain('one', 'two', 'three'), 'three'), {
    code: /PROOF_FAILED|REVISION_EDITED|REVISION_INVALID/,
  })
})

test('an edit that leads to the same place is fine, and what it adds beside the models stays', async t => {
  const { shop, next } = await two(t)
  appendFileSync(join(next.folder, `up.${dialect}.sql`), "\nINSERT INTO two (text) VALUES ('by hand');\n")
  const check = await shop.check(plain('one', 'two'))
  assert.deepEqual([check.upToDate, check.edited.map(({ ok }) => ok)], [true, [true]])
  await shop.upgrade()
  assert.equal(await shop.using(plain('two'), db => db.two.count()), 1)
})

test('a folder that cannot be used', async t => {
  const shop = await workshop(t)
  writeFileSync(shop.migrations, 'a file')
  for (const call of [() => shop.upgrade(), () => shop.write(plain('one'), 'one'), () => shop.status()])
    await fails(call, { code: /CANNOT_OPEN|IO_FAILED|REVISION_INVALID/, message: /migrations/ })
})
