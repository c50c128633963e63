// The CLI at a terminal: a real pseudo-terminal by script(1) of util-linux.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cliPath, environment } from './project.mjs'

/** Why tests at a terminal are skipped; false where they run. */
export const noTerminal = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux')
  ? false
  : 'there is no script(1) of util-linux on this machine'

/** The CLI at a terminal: answers are typed when their question is there. */
export async function atTerminal(cwd, args, answers, env = {}) {
  const quoted = [process.execPath, cliPath, ...args].map(word => `'${word}'`).join(' ')
  const child = spawn('script', ['-qec', quoted, '/dev/null'], {
    cwd,
    env: environment(cwd, { TERM: 'xterm', ...env }),
    timeout: 60_000,
  })
  const left = [...answers]
  let text = ''
  let from = 0
  child.stdout.setEncoding('utf8').on('data', more => {
    text += more
    const [question, answer] = left[0] ?? []
    if (question && text.slice(from).includes(question)) {
      from = text.length
      left.shift()
      child.stdin.write(answer)
    }
  })
  const [code] = await once(child, 'close')
  return { code, text }
}
