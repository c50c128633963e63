import { openAll } from './session.mjs'
import { sqlitePlaces } from './places.mjs'
import { asked as asks } from './data.mjs'
import { chosenWorkloads } from './workloads/list.mjs'
import { pathToFileURL } from 'node:url'
const [names, roundsText = '60', msText = '6'] = process.argv.slice(2)
const rounds = Number(roundsText), ms = Number(msText)
const base = process.env.BASE ?? '/work/h/fast/target/compare/5714cff547012ede4ad9803e085abab2d6dc07fa-release'
const variants = [
  ...(process.env.NOBASE ? [] : [{ name: 'before', peer: 'plinth', dates: 'native', library: pathToFileURL(base + '/dist/index.js').href }]),
  { name: 'now', peer: 'plinth', dates: 'native' },
  ...(process.env.SYNC ? [{ name: 'sync', peer: 'plinth', dates: 'native', sync: true }] : []),
  { peer: 'better-sqlite3', name: 'better', dates: 'text' },
]
const rows = Number(process.env.ROWS ?? 20000)
const places = sqlitePlaces(rows)
const asked = asks(rows)
const { opened, absent } = await openAll('sqlite', variants, places)
if (absent.length) console.log(absent)
const q = (l, p) => [...l].sort((a, b) => a - b)[Math.floor(l.length * p)]
async function run({ it, state }, w, calls) {
  const { callers = 1, call, callSync = call } = w
  if (it.sync) { for (let i = 0; i < calls; i++) callSync.call(w, it, i, asked, state); return }
  let next = 0
  const caller = async () => { while (next < calls) await call.call(w, it, next++, asked, state) }
  if (callers === 1) await caller()
  else await Promise.all(Array.from({ length: callers }, caller))
}
console.log(process.version, 'wall (20th percentile of rounds), CPU (median); x: against better')
for (const w of chosenWorkloads(names.split(','), rows)) {
  const vs = opened.map(v => ({ name: v.name, it: v.it, state: { prepared: w.prepare?.(asked) }, walls: [], cpus: [] }))
  for (const v of vs) {
    await run(v, w, Math.max(50, (w.callers ?? 1) * 2))
    for (let k = 0; k < 3; k++) { const t = performance.now(); await run(v, w, 200); v.per = (performance.now() - t) / 200 }
    v.calls = Math.max((w.callers ?? 1) * 2, 2, Math.min(20000, Math.ceil(ms / v.per)))
  }
  for (let r = 0; r < rounds; r++) for (const v of r % 2 ? [...vs].reverse() : vs) {
    const c = process.cpuUsage(), t = performance.now()
    await run(v, w, v.calls)
    const took = (performance.now() - t) * 1000, cpu = process.cpuUsage(c)
    v.walls.push(took / v.calls); v.cpus.push((cpu.user + cpu.system) / v.calls)
  }
  const b = vs.at(-1)
  const line = v => `${v.name} ${q(v.walls, .1).toFixed(1)} (${(q(b.walls, .1) / q(v.walls, .1)).toFixed(2)}x) cpu ${q(v.cpus, .2).toFixed(1)} (${(q(b.cpus, .2) / q(v.cpus, .2)).toFixed(2)}x)`
  console.log(w.name.padEnd(10), vs.map(line).join(' | '))
}
for (const { it } of opened) await it.close()
await places.close()
