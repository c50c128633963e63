// `--write`: puts the figures of a run into docs/guide/performance.md, as a table for each database and one chart.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, root } from '../scripts/run.mjs'
import { number } from './report.mjs'

const page = join(root, 'docs/guide/performance.md')
const picture = join(root, 'docs/guide/performance.svg')
const MARKS = ['<!-- figures of the benchmark -->', '<!-- end of the figures -->']
const TITLES = { sqlite: 'SQLite', postgres: 'PostgreSQL' }

/** The workloads of the chart. */
const CHARTED = ['get', 'get-64', 'list-1000', 'nested', 'create', 'create-64']
/** A bar ends here: some libraries take dozens of times as long. */
const LONGEST = 8
/** Workloads without single calls are left out of the tables of figures in microseconds. */
const isTimed = ({ unit }) => unit.startsWith('us')

/** A table in Markdown: Plinth's own time, and the others as how many times as long they take. */
function table({ database, results }) {
  const names = [...new Set(results.flatMap(({ variants }) => variants.map(({ name }) => name)))]
  const others = names.filter(name => name !== 'plinth')
  const cell = (variants, name) => {
    const found = variants.find(variant => variant.name === name)
    if (!found) return '-'
    const text = number(found.ratio.median)
    return found.ratio.median < 1 ? `**${text}**` : text
  }
  return [
    `| ${TITLES[database]} | plinth, us | ${others.join(' | ')} |`,
    `|${'---|'.repeat(others.length + 2)}`,
    ...results.filter(isTimed).map(({ title, variants }) => {
      const own = variants.find(({ name }) => name === 'plinth')
      return `| ${title} | ${number(own.median)} | ${others.map(name => cell(variants, name)).join(' | ')} |`
    }),
  ].join('\n')
}

/** The text between the marks. */
export function figures({ node, cpus, rows, databases }) {
  const absent = databases.flatMap(part => part.absent.map(({ name }) => `${name} on ${TITLES[part.database]}`))
  return [
    `Node ${node}, ${cpus} CPUs, a table of ${rows.toLocaleString('en-US')} rows. A column of another library is the`,
    "time that it takes as a multiple of Plinth's, the median of the rounds. **Bold**: Plinth is slower.",
    ...(absent.length ? ['', 'Absent from this run:', ...absent.map(name => `- ${name}`)] : []),
    '',
    "![Times of other libraries as multiples of Plinth's](performance.svg)",
    '',
    databases.map(table).join('\n\n'),
  ].join('\n')
}

const escaped = text => text.replace(/[&<>"]/g, sign => `&#${sign.charCodeAt(0)};`)

/** Horizontal bars, a group for each workload; the line is Plinth's time. */
export function chart({ databases }) {
  const [left, bar, gap, width] = [320, 12, 22, 900]
  const unit = (width - left - 60) / LONGEST
  const parts = []
  let y = 10
  const text = (x, at, words, more = '') => parts.push(`<text x="${x}" y="${at}" ${more}>${escaped(words)}</text>`)
  for (const { database, results } of databases) {
    for (const { title, variants } of results.filter(({ name }) => CHARTED.includes(name))) {
      y += gap
      text(10, y, `${TITLES[database]}: ${title}`, 'font-weight="bold"')
      y += 6
      for (const { name, ratio } of variants) {
        const length = Math.min(LONGEST, ratio.median) * unit
        text(left - 8, y + bar - 2, name, 'text-anchor="end"')
        const colour = name.startsWith('plinth') ? '#2b6cb0' : '#a0aec0'
        parts.push(`<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="${bar}" fill="${colour}"/>`)
        text(left + length + 6, y + bar - 2, number(ratio.median))
        y += bar + 3
      }
    }
  }
  const line = left + unit
  const style = 'font-family="sans-serif" font-size="12" fill="#2d3748"'
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y + 20}" viewBox="0 0 ${width} ${y + 20}">
<rect width="100%" height="100%" fill="#ffffff"/>
<g ${style}>
${parts.join('\n')}
</g>
<line x1="${line}" y1="10" x2="${line}" y2="${y + 6}" stroke="#2b6cb0" stroke-dasharray="3 3"/>
</svg>
`
}

/** The page with the figures between its marks. */
export function withFigures(text, report) {
  const [from, to] = MARKS.map(mark => text.indexOf(mark))
  if (from < 0 || to < from)
    throw new Failure(`bench: ${page} has no place for figures: expected ${MARKS.join(' ... ')}`)
  return `${text.slice(0, from + MARKS[0].length)}\n${figures(report)}\n${text.slice(to)}`
}

/** Writes page and chart. */
export function write(report) {
  if (!report.databases.some(({ results }) => results.length)) throw new Failure('bench: a run without figures')
  writeFileSync(page, withFigures(readFileSync(page, 'utf8'), report))
  writeFileSync(picture, chart(report))
  console.error(`bench: wrote ${page} and ${picture}`)
}
