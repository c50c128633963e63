// `online --write`: puts the figures of a run into docs/guide/online-migrations.md, as a table.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../scripts/run.mjs'
import { pair } from './online-report.mjs'
import { withTextBetween, wrapped } from './page.mjs'

const page = join(root, 'docs/guide/online-migrations.md')
const MARKS = ['<!-- figures of the benchmark -->', '<!-- end of the figures -->']
const HEADS = ['change', 'way', 'took', 'reads p99.9', 'reads max', 'writes p99.9', 'writes max', 'failed calls']

const row = list => `| ${list.join(' | ')} |`

function cells({ change, way, took, reads, writes, failed }) {
  if (!took) return [change, way, 'no steps', ...Array(5).fill('-')]
  const times = [took, reads['p99.9'], reads.max, writes['p99.9'], writes.max]
  return [change || 'none', way, ...times.map(time => pair(time)), pair(failed, 0)]
}

/** The text between the marks. */
export function figures({ date, node, cpus, model, postgres, rows, rounds, clients, results }) {
  const count = rows.toLocaleString('en-US')
  return [
    wrapped(
      `Measured on ${date} on PostgreSQL ${postgres}, with Node ${node} on ${cpus} CPUs (${model}), a table of ${count} rows and ${clients} clients. Each figure: the median of ${rounds} runs / the worst, in milliseconds; of failed calls their number.`,
    ),
    '',
    row(HEADS),
    `|${'---|'.repeat(HEADS.length)}`,
    ...results.map(result => row(cells(result))),
  ].join('\n')
}

/** The page with the figures between its marks. */
export const withFigures = (text, report) => withTextBetween(text, MARKS, page, figures(report))

/** Writes the page. */
export function write(report) {
  writeFileSync(page, withFigures(readFileSync(page, 'utf8'), report))
  console.error(`bench: wrote ${page}`)
}
