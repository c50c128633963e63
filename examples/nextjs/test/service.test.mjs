// The standalone output of `next build`, copied to a folder without other packages, over HTTP: good and bad input, the page, the end.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

const folder = mkdtempSync(join(tmpdir(), 'books-'))
const service = join(folder, 'service')
let child
let origin

before(() => {
  cpSync('.next/standalone', service, { recursive: true, verbatimSymlinks: true })
  cpSync('.next/static', join(service, '.next/static'), { recursive: true })
  return start()
})
after(() => {
  child?.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

async function start() {
  const DATABASE_URL = `sqlite:///${join(folder, 'books.db')}`
  const env = { ...process.env, NODE_ENV: 'production', HOSTNAME: '127.0.0.1', PORT: '0', DATABASE_URL }
  child = spawn(process.execPath, ['server.js'], { cwd: service, env, stdio: ['ignore', 'pipe', 'inherit'] })
  let log = ''
  for await (const chunk of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    log += chunk
    origin = /http:\/\/127\.0\.0\.1:\d+/.exec(log)?.[0]
    if (origin && log.includes('Ready')) break
  }
  assert.ok(origin, `The service did not start: ${log}`)
  child.stdout.resume()
}

async function send(method, path, body) {
  const answer = await fetch(origin + path, {
    method,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await answer.text()
  const isJson = answer.headers.get('content-type')?.startsWith('application/json')
  return { status: answer.status, text, json: isJson ? JSON.parse(text) : undefined }
}

test('the pending revisions are applied before the first request', async () => {
  const { status, json } = await send('GET', '/health')
  assert.deepEqual([status, json.status, json.pending], [200, 'ok', []])
  assert.match(json.revision, /^\d{14}$/)
})

test('books are created, shown by the page, reviewed and deleted', async () => {
  const created = await send('POST', '/api/books', {
    isbn: '9780131103627',
    title: 'C & <b>more</b>',
    reviews: [{ stars: 4 }],
  })
  assert.equal(created.status, 201)
  const path = `/api/books/${created.json.id}`
  assert.equal((await send('POST', `${path}/reviews`, { stars: 5, text: 'short' })).status, 201)
  const { json: book } = await send('GET', path)
  assert.deepEqual(
    [book.title, book.reviews.map(({ stars, text }) => [stars, text])],
    [
      'C & <b>more</b>',
      [
        [4, ''],
        [5, 'short'],
      ],
    ],
  )

  const page = await send('GET', '/')
  assert.equal(page.status, 200)
  assert.ok(page.text.includes('C &amp; &lt;b&gt;more&lt;/b&gt;: 4.5 of 5 stars'), page.text)
  const [script] = /\/_next\/static\/[^"]+\.js/.exec(page.text)
  assert.equal((await send('GET', script)).status, 200)

  assert.deepEqual([(await send('DELETE', path)).status, (await send('DELETE', path)).status], [204, 404])
  assert.ok((await send('GET', '/')).text.includes('<ul></ul>'), 'the page reads the rows of its request')
})

test('an answer that is an error leaves nothing behind', async () => {
  const title = 'A book'
  const { json: kept } = await send('POST', '/api/books', { isbn: '1', title })
  for (const [path, body, status, code] of [
    ['/api/books', { isbn: '1', title }, 409, 'UNIQUE_VIOLATION'],
    ['/api/books', { isbn: '2' }, 422, 'VALUE_INVALID'],
    ['/api/books', { isbn: '2', title: 'x'.repeat(201) }, 422, 'VALUE_INVALID'],
    ['/api/books', { isbn: '2', title, reviews: [{ stars: 3 }, { stars: 6 }] }, 422, 'CHECK_VIOLATION'],
    ['/api/books', { isbn: '2', title, reviews: [null] }, 422, 'VALUE_INVALID'],
    ['/api/books', '{"isbn": ', 400, 'BAD_REQUEST'],
    ['/api/books', 'null', 400, 'BAD_REQUEST'],
    [`/api/books/${kept.id}/reviews`, { stars: 'five' }, 422, 'VALUE_INVALID'],
    ['/api/books/4711/reviews', { stars: 5 }, 404, 'FOREIGN_KEY_VIOLATION'],
  ]) {
    const answer = await send('POST', path, body)
    assert.deepEqual([answer.status, answer.json?.code], [status, code], `${path} ${JSON.stringify(body)}`)
  }
  for (const id of ['4711', 'x']) {
    const { status } = await send('GET', `/api/books/${id}`)
    assert.equal(status, id === 'x' ? 422 : 404)
  }
  assert.deepEqual((await send('GET', '/api/books')).json, [{ ...kept, reviews: [] }])
})

test('the process ends after SIGTERM, and the next one has the rows', { timeout: 60_000 }, async () => {
  const { json: books } = await send('GET', '/api/books')
  assert.equal(books.length, 1)
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  assert.equal(code, 128 + 15) // as Next.js ends: the signal's number after the running requests
  await start()
  assert.deepEqual((await send('GET', '/api/books')).json, books)
})
