// The report of a run as text: a table for each workload.
import { existsSync, readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'

/** A load beyond which figures are not to be trusted. */
const QUIET = 1

export const number = (n, digits = 2) =>
  n.toLocaleString('en-US', {
    maximumFractionDigits: n >= 100 ? 0 : digits,
    minimumFractionDigits: n >= 100 ? 0 : digits,
  })

/** The load of the machine in the last minute, with a warning if other work was under way. */
export function load(tell = console.error) {
  const [minute] = loadavg()
  if (minute > QUIET)
    tell(`WARNING: the load of this machine is ${number(minute)}. Figures are to be trusted only below ${QUIET}.`)
  return minute
}

export const machine = () => ({
  date: new Date().toISOString().slice(0, 10),
  node: process.version,
  cpus: cpus().length,
  model: cpus()[0]?.model,
})

/** The versions of Plinth and of the installed peers. */
export function versions() {
  const read = path => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
  const all = { plinth: read('../package.json').version }
  for (const name of Object.keys(read('./package.json').devDependencies))
    if (existsSync(new URL(`./node_modules/${name}/package.json`, import.meta.url)))
      all[name] = read(`./node_modules/${name}/package.json`).version
  return all
}

const HEADS = ['median', 'p50', 'p99', 'CPU', 'x plinth', 'spread', 'x CPU']

function cells({ median, p50, p99, cpu, ratio, cpuRatio }) {
  const optional = value => (value === undefined ? '-' : number(value))
  const spread = ratio ? `${number(ratio.low)}-${number(ratio.high)}` : '-'
  return [
    number(median),
    optional(p50),
    optional(p99),
    optional(cpu),
    optional(ratio?.median),
    spread,
    optional(cpuRatio),
  ]
}

const others = ({ also = {} }) =>
  Object.entries(also)
    .map(([name, value]) => `   ${name} ${number(value)}`)
    .join('')

/** A workload as lines of text. `base` is the name that ratios are to. */
export function table({ title, note, unit, variants, absent = [] }, database, base = 'plinth') {
  const name = Math.max(30, ...variants.map(variant => variant.name.length + 2))
  const row = words => words.map((word, i) => word.padStart(i === 5 ? 16 : 11)).join('')
  const heads = HEADS.map(head => head.replace('plinth', base))
  return [
    `\n${database}: ${title}${note ? ` (${note})` : ''}, ${unit}`,
    `  ${' '.repeat(name)}${row(heads)}`,
    ...variants.map(variant => `  ${variant.name.padEnd(name)}${row(cells(variant))}${others(variant)}`),
    ...absent.map(({ name: missing, reason }) => `  absent: ${missing}: ${reason}`),
  ].join('\n')
}
