// A process that opens one variant and reports on itself: when its first row came, or its memory after a load.
import { asked as asks } from './data.mjs'

const LISTS = 100
const { task, rows, ...variant } = JSON.parse(process.argv[2])
const { open } = await import(`./peers/${variant.peer}.mjs`)
const it = await open(variant)

if (task === 'start') {
  await it.get(1)
  // The clock of performance.now begins with the process.
  const value = performance.now()
  const { user, system } = process.cpuUsage()
  console.log(JSON.stringify({ value, cpu: (user + system) / 1000 }))
} else {
  const asked = asks(rows)
  const limit = Math.min(1_000, rows >> 1)
  for (let i = 0; i < LISTS; i++) await it.list(asked.after(i, limit), limit)
  console.log(JSON.stringify({ value: process.memoryUsage.rss() / 1_000_000 }))
}
await it.close()
