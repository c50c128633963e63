// Measuring: the variants of a workload in turn, round after round, so that all of them meet the same disturbances.
import { quantile, ratios } from './statistics.mjs'
import { clear } from './verify.mjs'

/** Rounds of all variants in turn before the measured ones. */
const BEFORE = 1
/** How long each variant runs by itself before that, in milliseconds: until then Node still compiles what it calls. */
const WARMUP = 300
/** Calls of a round at most. */
const MOST = 20_000
/** Rounds of writes are so many times as long: then each has its share of what a database does once for hundreds of them. */
const WRITING = 5

const now = () => performance.now()

/** Makes `calls` calls; the durations in microseconds go to `latencies`. Promises are awaited only if the peer has any. */
async function run({ it, state }, workload, asked, calls, latencies) {
  const { callers = 1, call, callSync = call } = workload
  if (it.sync) {
    for (let i = 0; i < calls; i++) {
      const begun = now()
      callSync.call(workload, it, i, asked, state)
      latencies[i] = (now() - begun) * 1000
    }
    return
  }
  let next = 0
  const caller = async () => {
    while (next < calls) {
      const i = next++
      const begun = now()
      await call.call(workload, it, i, asked, state)
      latencies[i] = (now() - begun) * 1000
    }
  }
  if (callers === 1) await caller()
  else await Promise.all(Array.from({ length: callers }, caller))
}

/** One round, in microseconds for each unit: wall time, CPU of this process, and the single calls, which go to `latencies`. */
async function round(variant, workload, asked, calls, latencies) {
  if (workload.writes) await clear(variant.it, asked)
  const cpuBefore = process.cpuUsage()
  const begun = now()
  await run(variant, workload, asked, calls, latencies)
  const took = (now() - begun) * 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  const per = workload.per?.(asked) ?? 1
  const units = calls * per
  for (let i = 0; i < calls; i++) latencies[i] /= per
  return { took, wall: took / units, cpu: (user + system) / units }
}

/** The number of calls that take about so many milliseconds, once they are warm. */
async function fitting(variant, workload, asked, milliseconds) {
  if (workload.once) return 1
  const least = Math.max(1, (workload.callers ?? 1) * 2)
  const warm = now() + WARMUP
  const latencies = new Float64Array(Math.max(MOST, least))
  let calls = least
  while (true) {
    const { took } = await round(variant, workload, asked, calls, latencies)
    const factor = (milliseconds * 1000) / took
    const fitted = Math.max(least, Math.min(MOST, Math.ceil(calls * Math.min(factor, 8))))
    if (now() >= warm && (fitted === calls || (factor > 0.7 && factor < 1.3))) return fitted
    calls = fitted
  }
}

/** The order of a round: another variant is the first each time, and every second round goes backwards. */
export function turn(length, number) {
  const order = Array.from({ length }, (_, i) => (i + number) % length)
  return number % 2 ? order.reverse() : order
}

/**
 * Measures a workload. The result has a line for each variant: the median of the rounds, the
 * quantiles of the single calls, CPU, and the ratios to `base`, round by round.
 */
export async function measure(workload, opened, asked, { rounds, milliseconds, base = 'plinth' }) {
  const prepared = workload.prepare?.(asked)
  const variants = opened.map(({ name, it }) => ({ name, it, state: { prepared }, walls: [], cpus: [] }))
  const length = workload.writes ? WRITING * milliseconds : milliseconds
  for (const variant of variants) {
    variant.calls = await fitting(variant, workload, asked, length)
    // Made before the rounds: Node would collect the benchmark's garbage in the rounds of peers that let the event loop turn.
    variant.latencies = new Float64Array(rounds * variant.calls)
  }
  for (let number = -BEFORE; number < rounds; number++) {
    for (const at of turn(variants.length, number + BEFORE)) {
      const variant = variants[at]
      const { calls, latencies } = variant
      const own = latencies.subarray(Math.max(0, number) * calls)
      const { wall, cpu } = await round(variant, workload, asked, calls, own)
      if (number < 0) continue
      variant.walls.push(wall)
      variant.cpus.push(cpu)
    }
  }
  for (const { it } of variants) if (workload.writes) await clear(it, asked)
  const { name, title, unit = 'call' } = workload
  return { name, title, unit: `us per ${unit}`, variants: lines(variants, base) }
}

function lines(variants, base) {
  const own = variants.find(variant => variant.name === base)
  return variants.map(({ name, walls, cpus, latencies, also }) => ({
    name,
    median: quantile(walls, 0.5),
    ...(latencies.length && { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) }),
    ...(cpus.length && { cpu: quantile(cpus, 0.5) }),
    ratio: own && ratios(own.walls, walls),
    pairs: own && walls.map((wall, i) => wall / own.walls[i]),
    ...(own?.cpus.length && cpus.length && { cpuRatio: ratios(own.cpus, cpus).median }),
    ...(also && { also }),
  }))
}

/**
 * Measures a workload whose single sample is one figure, as memory after a load:
 * `sample(variant, asked)` gives `{ value, cpu?, latencies? }`, and `also`, other figures by name, as the last sample has them.
 */
export async function sampleAll(workload, variants, asked, { rounds, base = 'plinth' }) {
  const kept = variants.map(variant => ({ name: variant.name, variant, walls: [], cpus: [], latencies: [] }))
  for (let number = 0; number < rounds; number++) {
    for (const at of turn(kept.length, number)) {
      const { value, cpu, latencies = [], also } = await workload.sample(kept[at].variant, asked)
      kept[at].walls.push(value)
      kept[at].also = also
      for (const latency of latencies) kept[at].latencies.push(latency)
      if (cpu !== undefined) kept[at].cpus.push(cpu)
    }
  }
  const { name, title, note, unit } = workload
  return { name, title, note, unit, variants: lines(kept, base) }
}
