// A process that owns one PostgreSQL server: when its parent is gone, in any way, so are the server
// and its folders.
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

let server
let { command, args, options, folder, temporary = [] } = {}

const log = () => join(folder, 'log')

/** Starts the server; resolves when it takes connections, rejects with the end of its log when it does not. */
async function start() {
  server = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const own = server
  for (const stream of [own.stdout, own.stderr]) stream.on('data', text => appendFileSync(log(), text))
  let ended = false
  own.ended = new Promise(resolve => own.once('close', resolve).once('error', resolve)).then(() => {
    ended = true
  })
  const status = join(folder, 'data/postmaster.pid')
  for (;;) {
    if (ended)
      throw new Error(
        `PostgreSQL did not start: ${existsSync(log()) ? readFileSync(log(), 'utf8').slice(-2000) : command}`,
      )
    // Its eighth line is what the server says of itself, which may be a replica; the first is of which process.
    const lines = existsSync(status) ? readFileSync(status, 'utf8').split('\n') : []
    if (Number(lines[0]) === own.pid && ['ready', 'standby'].includes(lines[7]?.trim())) return
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** SIGTERM waits for clients, SIGINT ends them, SIGQUIT is a crash. */
async function stop(signal) {
  server?.kill(signal)
  await server?.ended
}

async function end() {
  await stop('SIGQUIT')
  for (const path of temporary) rmSync(path, { recursive: true, force: true, maxRetries: 5 })
  process.exit()
}

const tasks = {
  begin: async settings => {
    ;({ command, args, options, folder, temporary } = settings)
    await start()
  },
  start,
  stop: ({ signal }) => stop(signal),
}

process.on('message', async ({ task, ...settings }) => {
  try {
    await tasks[task](settings)
    process.send({})
  } catch (error) {
    process.send({ error: error.message })
  }
})
process.on('disconnect', end)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})
