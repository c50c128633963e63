// A process that opens one peer with many models, reads its first row, and reports on itself.
const { peer, models, ...place } = JSON.parse(process.argv[2])
const { open } = await import(`./${peer}-many.mjs`)
const it = await open(place, models)
const row = await it.first()
// The clock of performance.now begins with the process.
const value = performance.now()
const { user, system } = process.cpuUsage()
console.log(JSON.stringify({ value, cpu: (user + system) / 1000, row }))
await it.close()
