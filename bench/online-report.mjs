// The figures of bench/online.mjs: of one run, of all runs of a way, as lines of text, and against the gate.
import { median, tell } from './measure.mjs'
import { number } from './report.mjs'
import { quantile } from './statistics.mjs'

/** Quantiles of the times of reads and of writes. */
const PARTS = { p50: 0.5, p99: 0.99, 'p99.9': 0.999, max: 1 }
/** Milliseconds by which p99.9 beside a revision may exceed that of the control. */
const GATE = { reads: 50, writes: 250 }

/** The figures of one run, times in milliseconds. */
export function figuresOf(took, { reads, writes, failures }) {
  const parts = list =>
    Object.fromEntries(Object.entries(PARTS).map(([name, part]) => [name, list.length ? quantile(list, part) : 0]))
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0)
  return { took, calls: reads.length + writes.length, reads: parts(reads), writes: parts(writes), failed, failures }
}

/** The median and the worst of each figure over the runs of a way; without figures if there was no run. */
export function summary(runs) {
  if (!runs.length) return {}
  const both = of => ({ median: median(runs.map(of)), worst: Math.max(...runs.map(of)) })
  const parts = kind => Object.fromEntries(Object.keys(PARTS).map(name => [name, both(run => run[kind][name])]))
  const failures = {}
  for (const run of runs)
    for (const [message, count] of run.failures) failures[message] = (failures[message] ?? 0) + count
  return {
    took: both(run => run.took),
    calls: median(runs.map(run => run.calls)),
    reads: parts('reads'),
    writes: parts('writes'),
    failed: both(run => run.failed),
    failures,
  }
}

/** A median and the worst, as text. */
export const pair = ({ median: usual, worst }, digits = 1) => `${number(usual, digits)} / ${number(worst, digits)}`

const WIDTH = 15
const cells = list => list.map(text => ` ${text}`.padStart(WIDTH)).join('')

/** Prints a line for each way of each change. */
export function print({ rows, rounds, clients, results }, line) {
  line(`\nRevisions of a table of ${rows.toLocaleString('en-US')} rows beside ${clients} clients, in milliseconds`)
  line(`Each figure: the median of ${rounds} runs / the worst`)
  const names = Object.keys(PARTS)
  const heads = ['took', ...['reads', 'writes'].flatMap(kind => names.map(name => `${kind} ${name}`)), 'failed calls']
  line(`  ${'change'.padEnd(34)}${'way'.padEnd(16)}${cells(heads)}`)
  for (const result of results) line(`  ${result.change.padEnd(34)}${result.way.padEnd(16)}${rowOf(result)}`)
  for (const { change, way, failures = {} } of results)
    for (const [message, count] of Object.entries(failures))
      line(`  ${change ? `${change}, ` : ''}${way}: ${count} calls failed: ${message}`)
}

function rowOf({ took, reads, writes, failed }) {
  if (!took) return '  no steps'
  const times = [took, ...Object.values(reads), ...Object.values(writes)]
  return cells([...times.map(time => pair(time)), pair(failed, 0)])
}

/** Prints and gives the verdict of each change: in steps, or in the one transaction if the revision has no steps. */
export function verdicts({ results }, line) {
  const control = results.find(({ way }) => way === 'control')
  const judged = [...new Set(results.map(({ change }) => change).filter(Boolean))].map(change =>
    results.find(result => result.change === change && /^(in steps|one transaction)$/.test(result.way) && result.took),
  )
  line('')
  return judged.flatMap(({ change, way, ...figures }) =>
    Object.entries(GATE).map(([kind, more]) => {
      const { median: value, worst } = figures[kind]['p99.9']
      const limit = control[kind]['p99.9'].median + more
      const what = `${change}, ${way}: ${kind}, p99.9 (worst ${number(worst, 1)})`
      return { change, way, kind, value, worst, limit, verdict: tell(what, value, limit, 'ms', line) }
    }),
  )
}
