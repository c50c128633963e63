// Processes that campaigns start: writers that print their promises, and programs that answer one message at a time.
import { fork, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { environment, folder, root } from '../../__test__/support/project.mjs'
import { within } from './campaign.mjs'

const program = name => fileURLToPath(new URL(`../programs/${name}.mjs`, import.meta.url))

/** Starts a program that prints lines of JSON; they are in `lines` as they come. `ended` gives its exit code and signal. */
export function startProgram(campaign, name, settings, env = {}) {
  const child = spawn(process.execPath, [program(name), JSON.stringify(settings)], {
    env: environment(root, env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  campaign.after(() => child.kill('SIGKILL'))
  const lines = []
  let rest = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    const parts = (rest + text).split('\n')
    rest = parts.pop()
    lines.push(...parts.map(line => JSON.parse(line)))
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr = (stderr + text).slice(-2000)
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, stderr }))
  return { child, lines, ended }
}

/** A program that answers messages. After one that ends it, or that it does not answer in time, the next message starts it anew. */
export class Answering {
  #campaign
  #name
  #cwd
  #child
  #ended
  #stderr = ''

  constructor(campaign, name, cwd = root) {
    this.#campaign = campaign
    this.#name = name
    this.#cwd = cwd
    campaign.after(() => this.#child?.kill('SIGKILL'))
  }

  #start() {
    this.#stderr = ''
    this.#child = fork(program(this.#name), [], {
      cwd: this.#cwd,
      env: environment(root),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
      serialization: 'advanced',
    })
    this.#ended = once(this.#child, 'close').then(([code, signal]) => ({ ended: signal ?? `exit code ${code}` }))
    this.#child.stderr.setEncoding('utf8').on('data', text => {
      this.#stderr = (this.#stderr + text).slice(-2000)
    })
  }

  /** The answer to a message; undefined if there is none, which is a loss. */
  async ask(message, limit = 60_000) {
    if (!this.#child || this.#child.exitCode !== null || this.#child.signalCode !== null) this.#start()
    const child = this.#child
    let listener
    const answered = new Promise(resolve => {
      listener = answer => resolve({ answer })
      child.once('message', listener)
    })
    child.send(message)
    try {
      const result = await within(limit, Promise.race([answered, this.#ended]), 'a process')
      const { ended, answer } = result
      if (answer?.result !== undefined) return answer.result
      this.#campaign.lose(answer ? answer.error : `the process ended: ${ended} ${this.#stderr}`)
    } catch (error) {
      child.kill('SIGKILL')
      this.#campaign.lose(`${error.message}: ${JSON.stringify(message).slice(0, 300)}`)
    } finally {
      child.off('message', listener)
    }
  }
}

/** Answers the messages of a campaign, in its program. */
export function answer(work) {
  process.on('message', async message => {
    try {
      process.send({ result: await work(message) })
    } catch (error) {
      process.send({ error: String(error?.stack ?? error) })
    }
  })
}

/** Compiles a library that comes before others (LD_PRELOAD); null if this machine cannot, and the campaign is skipped. */
export function compiled(campaign, name) {
  const reason =
    process.platform !== 'linux'
      ? 'it needs Linux'
      : spawnSync('cc', ['--version'], { stdio: 'ignore' }).status !== 0
        ? 'no C compiler'
        : undefined
  if (reason) {
    campaign.skip(reason)
    return null
  }
  const library = join(folder(campaign), `${name}.so`)
  const source = fileURLToPath(new URL(`../shims/${name}.c`, import.meta.url))
  const args = ['-shared', '-fPIC', '-O2', '-Wall', '-o', library, source, '-ldl', '-lpthread']
  const { status, stderr } = spawnSync('cc', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`cc failed: ${stderr}`)
  return library
}
