// A way to a server that can fall silent, in a thread of its own, so that it also does while a blocking call runs.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

/**
 * A relay to the server of a URL. It ends with the test.
 *
 * `pass()` lets everything through; connections whose client ended meanwhile end, as TCP sends the end again. `drop()` takes what comes and passes nothing on: the sockets stay open, new ones are
 * accepted, and neither side notices. `dropNow()` does so while this thread blocks. `half()` does the same as `drop()`, and ends
 * its side of each connection. `forget()` resets each connection that is open now with the next bytes that come on it, as a
 * firewall does that has forgotten it; others are let through. `cut()` closes all of them, then lets everything through.
 */
export async function relay(t, url) {
  const { hostname, port } = new URL(url)
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { hostname, port: Number(port) } })
  worker.unref()
  t.after(() => worker.terminate())
  const [own] = await once(worker, 'message')
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String(own)
  const tell = mode => async () => {
    worker.postMessage(mode)
    await once(worker, 'message')
  }
  return {
    url: String(through),
    pass: tell('pass'),
    drop: tell('drop'),
    dropNow() {
      const flag = new Int32Array(new SharedArrayBuffer(4))
      worker.postMessage(flag)
      Atomics.wait(flag, 0, 0)
    },
    half: tell('half'),
    forget: tell('forget'),
    cut: tell('cut'),
  }
}

/** The thread: the mode, and the sockets of both sides. */
function serve({ hostname, port }) {
  let mode = 'pass'
  const clients = new Set()
  const servers = new Set()
  const forgotten = new WeakSet()
  /** Sockets to the server whose client ended in a silence. */
  const ended = new Set()
  const server = createServer({ allowHalfOpen: true }, client => {
    clients.add(client)
    client.on('error', () => {})
    client.on('close', () => clients.delete(client))
    if (mode !== 'pass') return client.resume()
    const onward = connect(port, hostname)
    servers.add(onward)
    onward.on('error', () => {})
    client.on('data', bytes => {
      if (forgotten.has(client)) client.resetAndDestroy()
      else if (mode === 'pass') onward.write(bytes)
    })
    onward.on('data', bytes => mode === 'pass' && client.write(bytes))
    client.on('end', () => (mode === 'pass' ? onward.end() : ended.add(onward)))
    client.on('close', () => (mode === 'pass' ? onward.destroy() : ended.add(onward)))
    onward.on('close', () => {
      servers.delete(onward)
      ended.delete(onward)
      if (mode === 'pass') client.destroy()
    })
  })
  parentPort.on('message', next => {
    if (next instanceof Int32Array) {
      mode = 'drop'
      Atomics.store(next, 0, 1)
      Atomics.notify(next, 0)
      return
    }
    mode = next === 'cut' || next === 'forget' ? 'pass' : next
    if (next === 'forget') for (const client of clients) forgotten.add(client)
    if (next === 'pass') for (const socket of [...ended]) socket.destroy()
    if (next === 'half') for (const client of clients) client.end()
    if (next === 'cut') for (const socket of [...clients, ...servers]) socket.destroy()
    parentPort.postMessage(mode)
  })
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
}

if (!isMainThread && workerData?.hostname) serve(workerData)
