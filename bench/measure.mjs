// Measuring: variants in turn, round after round, and the report of them.

export const median = list => [...list].sort((a, b) => a - b)[list.length >> 1]

export const number = n => n.toLocaleString('en-US', { maximumFractionDigits: 1 })

/** Prints one figure and whether it is within its limit; gives the verdict. */
export function tell(what, value, limit, unit, print = console.log) {
  const verdict = value <= limit ? 'good' : 'OVER'
  print(`  ${what.padEnd(66)}${`${number(value)} ${unit}`.padStart(12)}  of ${number(limit)} ${unit}  ${verdict}`)
  return verdict
}

/** Calls one after the other. */
export const loop = (n, work) => async () => {
  for (let i = 0; i < n; i++) await work(i)
}

/** ... without a promise. */
export const syncLoop = (n, work) => () => {
  for (let i = 0; i < n; i++) work(i)
}

/** Calls by 64 callers at once, each its own one after the other. */
export const callers = (n, work) => () => {
  let next = 0
  const caller = async () => {
    while (next < n) await work(next++)
  }
  return Promise.all(Array.from({ length: 64 }, caller))
}

/**
 * Runs each variant in turn, round after round, so that what the machine does else falls on all of them, and prints the
 * medians. A variant is [name, run, before?]; `run` makes `per` units of work, `before` is not measured. `against` names
 * the variants that all are compared with: how many times as fast they are, round by round.
 */
export async function measure(title, unit, per, variants, { rounds, against }) {
  const times = variants.map(() => [])
  for (let round = -2; round < rounds; round++) {
    for (const at of round % 2 ? variants.keys() : [...variants.keys()].reverse()) {
      const [, run, before] = variants[at]
      await before?.()
      const start = process.hrtime.bigint()
      await run()
      if (round >= 0) times[at].push(Number(process.hrtime.bigint() - start) / per / 1000)
    }
  }
  const bases = against.map(name => variants.findIndex(variant => variant[0] === name))
  const heads = [`us per ${unit}`, ...against.map(name => `x ${name}`)]
  const cells = words => words.map((word, i) => word.padStart(heads[i].length + 3)).join('')
  console.log(`\n${title}\n  ${' '.repeat(38)}${cells(heads)}`)
  variants.forEach(([name], at) => {
    const ratios = bases.map(base => median(times[base].map((time, i) => time / times[at][i])).toFixed(2))
    console.log(`  ${name.padEnd(38)}${cells([median(times[at]).toFixed(2), ...ratios])}`)
  })
}
