// Costs beside those of single calls: how long other work waits meanwhile, a process from its start to its first row, and its memory.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const LISTS = 50
const child = fileURLToPath(new URL('../child.mjs', import.meta.url))

const report = (variant, task, rows) => reportOf(child, variant, { task, rows }, `${task} of ${variant.name}`)

/** The report of a process of its own: a program that gets the variant and `more` as JSON, and prints one line of JSON. */
export function reportOf(program, variant, more, what) {
  return new Promise((resolve, reject) => {
    const { it: _, ...plain } = variant
    const asked = JSON.stringify({ ...plain, ...more })
    const process_ = spawn(process.execPath, [program, asked], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    process_.stdout.on('data', chunk => {
      text += chunk
    })
    process_.once('error', reject).once('close', code => {
      if (code === 0) resolve(JSON.parse(text))
      else reject(new Error(`${what} ended with ${code}`))
    })
  })
}

/** The longest time that a timer of 1 ms waits while lists are asked for, all at once, in milliseconds. */
async function longestWait({ it }, asked) {
  let longest = 0
  let last = performance.now()
  const look = () => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }
  const timer = setInterval(look, 1)
  const limit = Math.min(1_000, asked.rows >> 1)
  await new Promise(resolve => setTimeout(resolve, 5))
  longest = 0
  await Promise.all(Array.from({ length: LISTS }, (_, i) => it.list(asked.after(i, limit), limit)))
  look()
  clearInterval(timer)
  return { value: longest }
}

export const processes = [
  {
    name: 'loop',
    title: `longest wait of a timer while ${LISTS} lists of 1,000 rows run at once`,
    unit: 'ms',
    needs: ['list'],
    sample: longestWait,
  },
  {
    name: 'start',
    title: 'a new process until its first row',
    unit: 'ms',
    needs: ['get'],
    alone: true,
    sample: variant => report(variant, 'start'),
  },
  {
    name: 'memory',
    title: 'memory of a process after 100 lists of 1,000 rows',
    unit: 'MB',
    needs: ['list'],
    alone: true,
    sample: (variant, asked) => report(variant, 'memory', asked.rows),
  },
]
