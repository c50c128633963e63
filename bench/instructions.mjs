// The machine instructions of single calls, counted by callgrind: other work of the machine does not change them.
import { spawnSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Failure } from '../scripts/run.mjs'
import { sqlitePlaces } from './places.mjs'

const program = fileURLToPath(new URL('./counted.mjs', import.meta.url))
const CALLS = { get: 200, 'list-100': 20, create: 100 }
/** Rows of the table: a process under callgrind is about 50 times as slow. */
const ROWS = 1_000
/** One thread, no compiler: the same instructions in each run. */
const NODE = ['--jitless', '--single-threaded', '--predictable', '--hash-seed=1', '--random-seed=1']

/** The instructions of a process that makes so many calls. */
function instructionsOf(library, url, task, calls) {
  const args = ['--tool=callgrind', '--callgrind-out-file=/dev/null', process.execPath, ...NODE, program]
  const { status, stderr } = spawnSync('valgrind', [...args, library, url, task, `${calls}`], { encoding: 'utf8' })
  const found = stderr.match(/Collected\s*:\s*(\d+)/)
  if (status !== 0 || !found) throw new Failure(`bench: callgrind failed:\n${stderr}`)
  return Number(found[1])
}

/** For each task the instructions of one call of each build; `{ absent }` without valgrind. */
export async function countInstructions(builds, { workloads }) {
  if (spawnSync('valgrind', ['--version']).status !== 0)
    return { absent: 'valgrind is not installed (a package of Debian)' }
  const places = sqlitePlaces(ROWS)
  try {
    const { file } = await places.place({ dates: 'native' })
    const results = []
    for (const [name, calls] of Object.entries(CALLS)) {
      if (workloads.length && !workloads.includes(name)) continue
      const counts = builds.map(({ library }) => {
        // The start of Node and of the addon is the same with few calls and with many.
        const [few, many] = [calls, calls * 2].map((n, i) => {
          const copy = `${file}-${name}-${i}`
          copyFileSync(file, copy)
          return instructionsOf(library, `sqlite:///${copy}`, name, n)
        })
        return (many - few) / calls
      })
      results.push({ name, counts })
    }
    return { results }
  } finally {
    places.close()
  }
}
