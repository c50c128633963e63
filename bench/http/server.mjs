// The process that is measured: a server of node:http over one peer. Its parent sends `usage` and gets its CPU and memory.
import { createServer } from 'node:http'
import { answer } from './routes.mjs'

const { peer, ...place } = JSON.parse(process.argv[2])
const { open } = await import(`./${peer}-http.mjs`)
const it = await open(place)

const server = createServer(async (request, response) => {
  try {
    const result = await answer(it, request.url)
    const isPage = typeof result === 'string'
    response.writeHead(result === undefined ? 404 : 200, {
      'content-type': isPage ? 'text/html; charset=utf-8' : 'application/json',
    })
    response.end(isPage ? result : JSON.stringify(result ?? null))
  } catch (error) {
    console.error(`${request.url} of ${place.name}: ${error.stack}`)
    response.writeHead(500).end(`${error.message}`)
  }
})

server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send({ cpu: user + system, memory: process.memoryUsage.rss() / 1_000_000 })
})
process.on('disconnect', async () => {
  server.closeAllConnections()
  server.close()
  await it.close()
  process.exit()
})
