// The example service over HTTP: what its routes answer, with which status, and what they leave in the database.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { initDb, open } from 'plinth'
import models, { createTask } from 'plinth/models'
import { brokenUrl, noDatabase } from '../support/dialect.mjs'
import { running, serving } from '../support/example.mjs'
import { environment, folder, root } from '../support/project.mjs'

/** A request; gives the status, the body and the headers of its answer. */
async function ask(url, method = 'GET', body = undefined, headers = {}) {
  const response = await fetch(url, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json')
  return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers }
}

test('a task is created, found, changed, and has its events', async t => {
  const { db, url } = await running(t)
  const made = await ask(`${url}/api/tasks`, 'POST', { title: ' Write the notes ', type: 'report', priority: 3 })
  assert.equal(made.status, 201)
  const { id } = made.body
  assert.equal(made.headers.get('location'), `/api/tasks/${id}`)
  assert.deepEqual(
    [made.body.payload, made.body.type, made.body.priority, made.body.status],
    [{ title: 'Write the notes', search: 'WRITE THE NOTES' }, 'report', 3, 'pending'],
  )
  assert.deepEqual(await ask(`${url}/api/tasks/${id}`).then(({ status, body }) => [status, body]), [200, made.body])

  const changed = await ask(`${url}/api/tasks/${id}`, 'PATCH', { status: 'running', from: 'pending' })
  assert.deepEqual([changed.status, changed.body.status], [200, 'running'])
  assert.ok(changed.body.startedAt)
  const events = await ask(`${url}/api/tasks/${id}/events`)
  assert.deepEqual(
    events.body.map(event => [event.kind, event.fromStatus, event.toStatus]),
    [
      ['created', null, 'pending'],
      ['status_changed', 'pending', 'running'],
    ],
  )
  assert.equal((await db.tasks.get(id)).status, 'running')
})

test('the type of a task is trimmed, and todo without words', async t => {
  const { db, url } = await running(t)
  const made = []
  for (const type of [' report ', '', ' \t', undefined]) {
    const { body } = await ask(`${url}/api/tasks`, 'POST', { title: 'x', type })
    made.push(body.type)
  }
  assert.deepEqual(made, ['report', 'todo', 'todo', 'todo'])
  assert.equal(await db.tasks.count({ where: { type: 'todo' } }), 3)
})

test('lists filter by status, in pages that leave nothing out and say nothing twice', async t => {
  const { db, url } = await running(t)
  for (let n = 0; n < 25; n++) {
    await createTask(db, { type: 'todo', priority: n % 3, status: n % 5 ? 'pending' : 'failed', payload: { n } })
  }
  const seen = []
  let pages = 0
  for (let after = ''; after !== null; pages++) {
    const { status, body } = await ask(`${url}/api/tasks?limit=7${after && `&after=${encodeURIComponent(after)}`}`)
    assert.equal(status, 200)
    seen.push(...body.rows)
    after = body.next
  }
  assert.deepEqual([pages, seen.length, new Set(seen.map(task => task.id)).size], [4, 25, 25])
  assert.deepEqual(
    seen.map(task => task.priority),
    seen.map(task => task.priority).toSorted((a, b) => b - a),
  )
  const failed = await ask(`${url}/api/tasks?status=failed`)
  assert.deepEqual(
    failed.body.rows.map(task => task.payload.n).toSorted((a, b) => a - b),
    [0, 5, 10, 15, 20],
  )
  assert.equal(failed.body.next, null)
  const { body: counts } = await ask(`${url}/api/counts`)
  assert.deepEqual(Object.fromEntries(counts.map(({ status, count }) => [status, count])), { failed: 5, pending: 20 })
})

test('a search finds a text in titles, whatever its case, also of tasks of other programs', async t => {
  const { db, url } = await running(t)
  for (const title of ['Call Ada', 'RECALL the Straße', 'ΟΔΟΣ', '100% done', '100 done']) {
    await ask(`${url}/api/tasks`, 'POST', { title })
  }
  await createTask(db, { type: 'call', payload: { title: 'Call by program' } })
  await createTask(db, { type: 'call', payload: ['call'] })
  const found = async query => {
    const { body } = await ask(`${url}/api/tasks?${new URLSearchParams(query)}`)
    return body.rows.map(task => task.payload.title).toSorted()
  }
  for (const [q, titles] of [
    ['call', ['Call Ada', 'RECALL the Straße']],
    ['Call', ['Call Ada', 'Call by program', 'RECALL the Straße']],
    [' aDA ', ['Call Ada']],
    ['STRASSE', ['RECALL the Straße']],
    ['straße', ['RECALL the Straße']],
    ['οδος', ['ΟΔΟΣ']],
    ['οδοσ', ['ΟΔΟΣ']],
    ['100%', ['100% done']],
    ['_', []],
    ["' OR 1=1 --", []],
  ]) {
    assert.deepEqual(await found({ q }), titles, q)
    assert.deepEqual(await found({ q, status: 'failed' }), [], q)
    const { body: counts } = await ask(`${url}/api/counts?${new URLSearchParams({ q })}`)
    assert.deepEqual(counts, titles.length ? [{ status: 'pending', count: titles.length }] : [], q)
  }
  assert.equal((await found({ q: ' ' })).length, 7)
})

test('messages are for people: what a field takes, never a word of the database layer', async t => {
  const { db, url } = await running(t)
  for (const [body, message] of [
    [{ title: ' ' }, 'A task needs a title.'],
    [{ title: 'x'.repeat(201) }, 'Use at most 200 characters, these are 201.'],
    [{ title: 'x', priority: 1.5 }, 'Use a whole number of at most 15 digits, such as 5.'],
    [{ title: 'x', priority: null }, 'Use a whole number of at most 15 digits, such as 5.'],
    [{ title: 'x', priority: 1e20 }, 'Use a whole number of at most 15 digits, such as 5.'],
    [{ title: 'x', type: 'y'.repeat(101) }, 'Use at most 100 characters.'],
    [{ title: '\ud800' }, 'The title has a character that cannot be used.'],
    [{ title: 'a\0b' }, 'The title has a character that cannot be used.'],
    [{ title: 'x', type: 'a\0b' }, 'The type has a character that cannot be used.'],
    ['{ "title": ', 'The request cannot be read.'],
    [{ title: 'x'.repeat(200_000) }, 'This is too long.'],
  ]) {
    const answer = await ask(`${url}/api/tasks`, 'POST', body)
    assert.equal(answer.body.error.message, message, JSON.stringify(body).slice(0, 80))
  }
  for (const [path, message] of [
    ['/tasks/1', 'There is no such task.'],
    ['/tasks?status=nonsense', 'Use pending, running, succeeded, failed or cancelled.'],
    ['/tasks?limit=-1', 'The list cannot be shown in this way.'],
    ['/tasks?after=x', 'The next tasks cannot be found: load the list again.'],
    ['/tasks?q=a&q=b', 'Search for one text.'],
    ['/tasks?q=a%00b', 'The search has a character that cannot be used.'],
    ['/counts?q=a%00b', 'The search has a character that cannot be used.'],
    ['/counts?q=a&q=b', 'Search for one text.'],
  ]) {
    const answer = await ask(`${url}/api${path}`)
    assert.deepEqual([answer.status, answer.body.error?.message], [422, message], path)
  }
  assert.equal(await db.tasks.count(), 0)
})

test('impossible requests have their status, and change nothing', async t => {
  const { db, url } = await running(t)
  const task = await createTask(db, { type: 'todo', payload: { title: 'the only one' } })
  const nowhere = '01890a5d-ac96-774b-bcce-b302099a8057'
  const one = `/api/tasks/${task.id}`
  for (const [status, code, columns, path, method, body] of [
    [404, 'NOT_FOUND', [], `/api/tasks/${nowhere}`],
    [404, 'NOT_FOUND', [], `/api/tasks/${nowhere}/events`],
    [404, 'NOT_FOUND', [], `/api/tasks/${nowhere}`, 'PATCH', { status: 'running', from: 'pending' }],
    [404, 'NOT_FOUND', [], '/api/nothing'],
    [404, 'NOT_FOUND', [], one, 'DELETE'],
    [422, 'VALUE_INVALID', ['id'], '/api/tasks/1; DROP TABLE tasks'],
    [422, 'VALUE_INVALID', ['status'], '/api/tasks?status=nonsense'],
    [422, 'VALUE_INVALID', ['status'], "/api/tasks?status=pending' OR '1'='1"],
    [422, 'VALUE_INVALID', ['status'], '/api/tasks?status=pending&status=failed'],
    [422, 'QUERY_INVALID', [], '/api/tasks?limit=many'],
    [422, 'QUERY_INVALID', [], '/api/tasks?limit=-1'],
    [422, 'INVALID', ['q'], '/api/tasks?q=a&q=b'],
    [422, 'CURSOR_INVALID', [], "/api/tasks?after=' OR 1=1 --"],
    [422, 'INVALID', ['title'], '/api/tasks', 'POST', {}],
    [422, 'INVALID', ['title'], '/api/tasks', 'POST', { title: '   ' }],
    [422, 'INVALID', ['title'], '/api/tasks', 'POST', { title: 5 }],
    [422, 'INVALID', ['title'], '/api/tasks', 'POST', { title: 'x'.repeat(201) }],
    [422, 'INVALID', ['title'], '/api/tasks', 'POST', { title: 'a\0b' }],
    [422, 'INVALID', ['type'], '/api/tasks', 'POST', { title: 'x', type: 'a\0b' }],
    [422, 'VALUE_INVALID', ['type'], '/api/tasks', 'POST', { title: 'x', type: 'x'.repeat(101) }],
    [422, 'VALUE_INVALID', ['type'], '/api/tasks', 'POST', { title: 'x', type: null }],
    [422, 'VALUE_INVALID', ['priority'], '/api/tasks', 'POST', { title: 'x', priority: 1.5 }],
    [422, 'VALUE_INVALID', ['priority'], '/api/tasks', 'POST', { title: 'x', priority: '1' }],
    [422, 'VALUE_INVALID', ['payload'], '/api/tasks', 'POST', '{ "title": "\\ud800" }'],
    [400, 'BAD_REQUEST', [], '/api/tasks', 'POST', '{ "title": '],
    [413, 'BAD_REQUEST', [], '/api/tasks', 'POST', { title: 'x'.repeat(200_000) }],
    [422, 'INVALID', ['title'], '/api/tasks', 'POST', '[]'],
    [400, 'BAD_REQUEST', [], '/api/tasks', 'POST', '5'],
    [422, 'INVALID', [], '/api/tasks', 'POST'],
    [422, 'INVALID', ['status'], one, 'PATCH', { status: 'running' }],
    [422, 'VALUE_INVALID', ['status'], one, 'PATCH', { status: 'paused', from: 'pending' }],
    [422, 'VALUE_INVALID', ['status'], one, 'PATCH', { status: { eq: 'x' }, from: 'pending' }],
    [409, 'CONFLICT', [], one, 'PATCH', { status: 'running', from: 'failed' }],
  ]) {
    const answer = await ask(url + path, method, body)
    const { error } = answer.body
    const what = `${method ?? 'GET'} ${path} ${JSON.stringify(body)?.slice(0, 80)}: ${JSON.stringify(answer.body)}`
    assert.deepEqual([answer.status, error?.code, error?.columns], [status, code, columns], what)
    assert.ok(error.message, what)
  }
  assert.deepEqual(await db.tasks.list(), [task])
  assert.equal(await db.taskEvents.count(), 1)
})

test('of clients that change the same task at once one succeeds, and the others get an error', async t => {
  const { db, url } = await running(t)
  const { id } = await createTask(db, { type: 'todo' })
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => ask(`${url}/api/tasks/${id}`, 'PATCH', { status: 'running', from: 'pending' })),
  )
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, ...Array(7).fill(409)])
  const told = answers.find(({ status }) => status === 409)
  assert.equal(told.body.error.message, 'The task is running by now.')
  assert.equal(await db.taskEvents.count({ where: { taskId: id } }), 2)
})

test('without its database the service answers 503, and says nothing of it', async t => {
  const cwd = folder(t)
  const { url: broken } = brokenUrl(cwd)
  t.mock.method(console, 'error', () => {})
  const { url } = await serving(t, open({ models, url: broken, cwd }))
  for (const path of ['/api/tasks', '/health']) {
    const { status, body } = await ask(url + path)
    assert.equal(status, 503, JSON.stringify(body))
    assert.ok(!JSON.stringify(body).includes(broken.split('@').at(-1)), JSON.stringify(body))
  }
})

test('health and page', async t => {
  const { url } = await running(t)
  const health = await ask(`${url}/health`)
  assert.deepEqual([health.status, health.body.status, health.headers.get('cache-control')], [200, 'ok', 'no-store'])
  const page = await ask(`${url}/`)
  assert.equal(page.status, 200)
  assert.match(page.headers.get('content-security-policy'), /default-src 'self'/)
  for (const [, file] of page.body.matchAll(/(?:href|src)="([^"]+)"/g)) {
    assert.equal((await ask(`${url}/${file}`)).status, 200, file)
  }
})

test('as a process it creates its database, listens, and ends on a signal', async t => {
  const url = await noDatabase(t)
  const start = async () => {
    const child = spawn(process.execPath, ['examples/service/server.mjs'], {
      cwd: root,
      env: environment(root, { PORT: '0', DATABASE_URL: url }),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.after(() => child.kill('SIGKILL'))
    let said = ''
    for await (const piece of child.stdout.setEncoding('utf8')) {
      said += piece
      if (/http:\S+\n/.test(said)) break
    }
    return { child, place: /http:\S+/.exec(said)[0] }
  }
  for (const round of [1, 2]) {
    const { child, place } = await start()
    const { body } = await ask(`${place}/api/tasks`)
    assert.equal(body.rows.length, 2 + round, 'the seed ran once')
    await ask(`${place}/api/tasks`, 'POST', { title: 'one more' })
    child.kill('SIGTERM')
    assert.deepEqual(await once(child, 'exit'), [0, null])
  }
  const db = open({ models, url })
  t.after(() => db.close())
  await initDb({ db })
  assert.equal(await db.tasks.count(), 5)
})
