// The process, over HTTP: each test starts `bun server.ts` on an empty database of its own.
import { afterEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** Starts the service; gives a function that sends requests to it, and its process. */
async function started() {
  const folder = mkdtempSync(join(tmpdir(), 'links-'))
  const env = { ...process.env, PORT: '0', DATABASE_URL: `sqlite:///${join(folder, 'links.db')}` }
  const child = Bun.spawn([process.execPath, 'server.ts'], { env, stdout: 'pipe', stderr: 'inherit' })
  ends.push(async () => {
    child.kill('SIGKILL')
    await child.exited
    rmSync(folder, { recursive: true })
  })
  let log = ''
  let port: string | undefined
  const decoder = new TextDecoder()
  for await (const chunk of child.stdout) {
    log += decoder.decode(chunk)
    port = /port (\d+)/.exec(log)?.[1]
    if (port) break
  }
  if (!port) throw new Error(`The service did not start: ${log}`)
  const send = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`http://localhost:${port}${path}`, {
      method,
      redirect: 'manual',
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const { status, headers } = answer
    const isJson = headers.get('content-type')?.startsWith('application/json')
    return { status, location: headers.get('location'), json: isJson ? ((await answer.json()) as any) : undefined }
  }
  return { send, child }
}

const target = 'https://example.com/a?b=c'

test('links are created, followed, listed and deleted', async () => {
  const { send } = await started()
  const created = await send('POST', '/links', { code: 'docs', target })
  expect(created.status).toBe(201)
  expect(created.json).toMatchObject([{ code: 'docs', target, visits: 0 }])
  await send('POST', '/links', { code: 'home', target: 'https://example.com/' })
  for (const answer of await Promise.all(Array.from({ length: 10 }, () => send('GET', '/docs')))) {
    expect([answer.status, answer.location]).toEqual([302, target])
  }
  const { rows } = (await send('GET', '/links')).json
  expect(rows.map((link: { code: string; visits: number }) => [link.code, link.visits])).toEqual([
    ['docs', 10],
    ['home', 0],
  ])
  expect((await send('DELETE', '/links/docs')).status).toBe(204)
  expect((await send('DELETE', '/links/docs')).status).toBe(404)
  expect((await send('GET', '/docs')).status).toBe(404)
})

test('an answer that is an error leaves nothing behind', async () => {
  const { send } = await started()
  const link = (code: string) => ({ code, target })
  const answers: [unknown, number, string][] = [
    [[link('a'), link('b'), link('a')], 409, 'UNIQUE_VIOLATION'],
    [[link('a'), link('x'.repeat(33))], 422, 'VALUE_INVALID'],
    [[link('a'), { code: 'b', target: 'javascript:alert(1)' }], 400, 'BAD_REQUEST'],
    [{ code: 'a' }, 400, 'BAD_REQUEST'],
    ['{"code": ', 400, 'BAD_REQUEST'],
  ]
  for (const [body, status, code] of answers) {
    const answer = await send('POST', '/links', body)
    expect([answer.status, answer.json.code]).toEqual([status, code])
  }
  expect((await send('GET', '/links')).json.rows).toEqual([])
  expect((await send('GET', '/links?after=nonsense')).status).toBe(422)
})

test('the process answers health checks, and ends after SIGTERM', async () => {
  const { send, child } = await started()
  const health = await send('GET', '/health')
  expect(health.status).toBe(200)
  expect(health.json).toMatchObject({ status: 'ok', pending: [] })
  child.kill('SIGTERM')
  expect(await child.exited).toBe(0)
})
