// Calls that change tables wait for each other: as long as the timeout says, and onWait hears of
// it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resetDb } from 'plinth'
import { fails } from '../support/db.mjs'
import { holder, projectFiles, projectUrl, slow } from '../support/dialect.mjs'
import { program, start } from '../support/engine.mjs'
import { byHand, plain, workshop } from '../support/migrations.mjs'
import { entryPath, plinth, project } from '../support/project.mjs'

const models = plain('one')

/** A process that applies a revision and is stopped in the middle of it, until `goOn`. */
async function stopped(t, { url, migrations, cwd }) {
  byHand(migrations, '20260101000000', 'slow', { up: `${slow};\n`, down: 'DROP TABLE IF EXISTS slow;\n' })
  const { child, ended, printed } = start(
    url,
    `const { upgrade } = require(${JSON.stringify(entryPath)})
    upgrade({ url, migrations: ${JSON.stringify(migrations)}, cwd: ${JSON.stringify(cwd)}, onProgress: () => console.log('works') })
      .then(({ applied }) => console.log('applied ' + applied.length))`,
  )
  t.after(() => child.kill('SIGKILL'))
  await printed('works')
  child.kill('SIGSTOP')
  const goOn = async () => {
    child.kill('SIGCONT')
    const { code, stdout, stderr } = await ended
    assert.deepEqual([code, stderr], [0, ''], stdout)
    assert.match(stdout, /applied 1/)
  }
  return { pid: child.pid, goOn }
}

test('initDb and upgrade wait for another process, and say for whom', async t => {
  const shop = await workshop(t)
  const { pid, goOn } = await stopped(t, shop)
  const told = []
  const onWait = wait => {
    told.push(wait)
    if (told.length === 2) goOn().catch(error => told.push(error))
  }
  const [inited, upgraded] = await Promise.all([
    shop.init(models, { onWait, timeout: 30_000 }),
    shop.upgrade('head', { onWait }),
  ])
  assert.deepEqual([inited.migrated, inited.adopted, upgraded.applied], [[], false, []])
  assert.ok(told.length >= 2, String(told.length))
  for (const wait of told) {
    assert.match(String(wait.holder), holder(pid))
    assert.ok(wait.waitedMs >= 1000 && wait.waitedMs < 30_000, wait.waitedMs)
  }
})

test('after its timeout every call is BUSY, and names the process that it waited for', async t => {
  const shop = await workshop(t)
  await shop.init(models, { migrations: false })
  const { pid, goOn } = await stopped(t, shop)
  const busy = { code: 'BUSY', retryable: true, message: /for 300 milliseconds/, hint: /`timeout`/, found: holder(pid) }
  const { url, migrations, cwd } = shop
  for (const call of [
    () => shop.init(models, { timeout: 300 }),
    () => shop.init(plain('one', 'two'), { timeout: 300, migrations: false }),
    () => resetDb({ models, url, migrations, cwd, timeout: 300 }),
    () => shop.upgrade('head', { timeout: 300 }),
  ])
    await fails(call, busy)
  await goOn()
  assert.equal((await shop.status()).applied, 1)
  assert.equal((await shop.downgrade('-1', { timeout: 300 })).reverted.length, 1)
})

test('downgrade waits as upgrade does', async t => {
  const shop = await workshop(t)
  byHand(shop.migrations, '20250101000000', 'first')
  await shop.upgrade()
  const { goOn } = await stopped(t, shop)
  await fails(() => shop.downgrade('-1', { timeout: 300 }), { code: 'BUSY' })
  await goOn()
})

test('a process that waits ends on a signal, and log: true writes a line', async t => {
  const shop = await workshop(t)
  const { goOn } = await stopped(t, shop)
  const json = JSON.stringify(models.toJSON())
  const { code, stderr, stdout } = await program(
    shop.url,
    `initDb({ models: ${json}, url, log: true, timeout: 1500 }).catch(error => console.log(error.code))`,
  )
  assert.deepEqual([code, stdout], [0, 'BUSY\n'])
  assert.match(stderr, /^plinth waits for .*: 1\.\d s so far\n$/)
  await goOn()
})

test('what onWait throws is thrown when the work has ended', async t => {
  const shop = await workshop(t)
  const { goOn } = await stopped(t, shop)
  const onWait = () => {
    goOn()
    throw new RangeError('mine')
  }
  await assert.rejects(shop.init(models, { onWait }), { name: 'RangeError', message: 'mine' })
  assert.equal((await shop.status()).applied, 1)
})

test('plinth --timeout', async t => {
  const source = `import { c, model, schema } from 'plinth'
    export default schema({ one: model('one', { id: c.id(), text: c.text().nullable() }) })`
  const manifest = { name: 'app', private: true, plinth: { models: './models.mjs' } }
  const cwd = project(t, { 'package.json': manifest, 'models.mjs': source, ...(await projectFiles(t)) })
  assert.equal(plinth(cwd, ['init']).code, 0)
  const { goOn } = await stopped(t, { url: projectUrl(cwd), migrations: `${cwd}/migrations`, cwd })
  const { code, stderr } = plinth(cwd, ['upgrade', '--timeout', '1500'])
  assert.equal(code, 2)
  assert.match(stderr, /plinth waits for .* so far\n[\s\S]*for 1\.5 seconds\.[\s\S]*BUSY/)
  for (const verb of [['init'], ['reset', '--force'], ['downgrade', 'base']]) {
    const { code, stderr } = plinth(cwd, [...verb, '--timeout', 'soon'])
    assert.equal(code, 2, stderr)
    assert.match(stderr, /timeout/)
  }
  await goOn()
})
