// Preloaded into a program of another library: reports the milliseconds of its process at its end, to the fourth stream.
import { writeSync } from 'node:fs'

process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  // The clock of performance.now begins with the process.
  writeSync(3, JSON.stringify({ value: performance.now(), cpu: (user + system) / 1000 }))
})
