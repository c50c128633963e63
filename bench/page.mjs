// `--write`: puts the figures of a run into docs/guide/performance.md, as a table for each database and one chart.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, root } from '../scripts/run.mjs'
import { number } from './report.mjs'

const page = join(root, 'docs/guide/performance.md')
const picture = join(root, 'docs/guide/performance.svg')
const MARKS = ['<!-- figures of the benchmark -->', '<!-- end of the figures -->']
const TITLES = { sqlite: 'SQLite', postgres: 'PostgreSQL' }

/** The columns of a table: the usual form of each library, and those other ones that are quicker. */
const COLUMNS = {
  sqlite: [
    'plinth',
    'plinth sync',
    'better-sqlite3',
    'better-sqlite3, dates as integers',
    'node:sqlite',
    'drizzle',
    'drizzle prepared',
    'kysely',
    'typeorm',
    'mikro-orm',
    'prisma',
  ],
  postgres: [
    'plinth',
    'plinth sync',
    'pg',
    'pg, pipelined',
    'postgres.js',
    'drizzle',
    'drizzle prepared',
    'kysely',
    'typeorm',
    'mikro-orm',
    'prisma',
  ],
}
/** The workloads of the chart. */
const CHARTED = ['get', 'get-64', 'list-1000', 'nested', 'create', 'create-64']
/** A bar ends here, with a gap before its end: some libraries take dozens of times as long. */
const LONGEST = 8
const CHART_TITLE = "Times of other libraries as multiples of Plinth's"

/** The variants of a result that have a column, in the order of the columns. */
const shown = (database, { variants }) =>
  COLUMNS[database].map(name => variants.find(variant => variant.name === name)).filter(Boolean)

/** A table in Markdown: Plinth's own figure, and the others as multiples of it. */
function table({ database, results }) {
  const names = COLUMNS[database].filter(name => results.some(result => result.variants.some(own => own.name === name)))
  const others = names.filter(name => name !== 'plinth')
  const cell = (variants, name) => {
    const found = variants.find(variant => variant.name === name)
    if (!found) return '-'
    const text = number(found.ratio.median)
    // As it is shown: 0.998 is 1.00, and no loss.
    return Number(text) < 1 ? `**${text}**` : text
  }
  return [
    `| ${TITLES[database]} | plinth | ${others.join(' | ')} |`,
    `|${'---|'.repeat(others.length + 2)}`,
    ...results.map(({ title, unit, variants }) => {
      const own = variants.find(({ name }) => name === 'plinth')
      const figure = `${number(own.median)} ${unit.split(' ')[0]}`
      return `| ${title} | ${figure} | ${others.map(name => cell(variants, name)).join(' | ')} |`
    }),
  ].join('\n')
}

/** A sentence of words, broken into lines of at most 100 columns. */
export function wrapped(text) {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line && line.length + word.length >= 100) lines.push(word)
    else lines[lines.length - 1] = line ? `${line} ${word}` : word
  }
  return lines.join('\n')
}

/** The text between the marks. */
export function figures({ date, node, cpus, model, rows, versions = {}, databases }) {
  const absent = databases.flatMap(part => part.absent.map(({ name }) => `${name} on ${TITLES[part.database]}`))
  const measured = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [
    wrapped(
      `Measured on ${date}, with Node ${node} on ${cpus} CPUs (${model}) and tables of ${rows.toLocaleString('en-US')} rows.`,
    ),
    ...(measured.length ? [wrapped(`Versions: ${measured.join(', ')}.`)] : []),
    '',
    wrapped(
      "The column `plinth` has the median of the rounds: microseconds (us) of a call, a row or a request, milliseconds (ms) or megabytes (MB). The column of another library has its figure as a multiple of Plinth's: 2 takes twice as long. **Bold** is below 1: Plinth is slower there. A dash: the library does not offer it.",
    ),
    ...(absent.length ? ['', 'Absent from this run:', '', ...absent.map(name => `- ${name}`)] : []),
    '',
    `![${CHART_TITLE}](performance.svg)`,
    '',
    databases.map(table).join('\n\n'),
  ].join('\n')
}

const escaped = text => text.replace(/[&<>"]/g, sign => `&#${sign.charCodeAt(0)};`)

/** Sizes in the chart, in pixels: the widths of names, and of bars with their figures; the heights of a bar, and of the title. */
const [NAMES, BARS, BAR, HEAD] = [210, 250, 12, 48]

/** The bars of one database below each other, from `x` on; the parts, and where they end. */
function bars({ database, results }, x) {
  const unit = (BARS - 50) / LONGEST
  const left = x + NAMES
  const parts = []
  let y = HEAD
  const text = (at, line, words, more = '') =>
    parts.push(`<text x="${Math.round(at)}" y="${line}" ${more}>${escaped(words)}</text>`)
  for (const result of results.filter(({ name }) => CHARTED.includes(name))) {
    y += 24
    text(x + 10, y, `${TITLES[database]}: ${result.title}`, 'font-weight="bold"')
    y += 6
    const from = y
    for (const { name, ratio } of shown(database, result)) {
      const length = Math.min(LONGEST, ratio.median) * unit
      const colour = name.startsWith('plinth') ? '#2b6cb0' : '#94a3b8'
      text(left - 8, y + BAR - 2, name, 'text-anchor="end"')
      parts.push(`<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" fill="${colour}"/>`)
      if (ratio.median > LONGEST)
        parts.push(`<rect x="${left + length - 16}" y="${y - 1}" width="5" height="${BAR + 2}" fill="#ffffff"/>`)
      // Right of the line as well, if the bar is shorter.
      text(left + Math.max(length, unit) + 6, y + BAR - 2, number(ratio.median))
      y += BAR + 3
    }
    const at = left + unit
    parts.push(`<line x1="${at}" y1="${from}" x2="${at}" y2="${y - 3}" stroke="#2b6cb0" stroke-dasharray="3 3"/>`)
  }
  return { parts, end: y }
}

/** Horizontal bars, a column for each database and a group for each workload; the line is Plinth's time. */
export function chart({ databases }) {
  const columns = databases.map((part, at) => bars(part, at * (NAMES + BARS)))
  const [width, height] = [databases.length * (NAMES + BARS), Math.max(...columns.map(({ end }) => end)) + 20]
  // The ground is white on a dark page as well, so that one picture is readable on both.
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title>${CHART_TITLE}</title>
<rect width="100%" height="100%" rx="8" fill="#ffffff"/>
<g font-family="sans-serif" font-size="12" fill="#1f2937">
<text x="10" y="24" font-size="15" font-weight="bold">${CHART_TITLE}</text>
<text x="10" y="44">Shorter is quicker. The dashed line is Plinth's time. A bar with a gap is longer than shown.</text>
${columns.flatMap(({ parts }) => parts).join('\n')}
</g>
</svg>
`
}

/** A page with other text between its two marks. */
export function withTextBetween(text, marks, path, between) {
  const [from, to] = marks.map(mark => text.indexOf(mark))
  if (from < 0 || to < from)
    throw new Failure(`bench: ${path} has no place for figures: expected ${marks.join(' ... ')}`)
  return `${text.slice(0, from + marks[0].length)}\n${between}\n${text.slice(to)}`
}

/** The page with the figures between its marks. */
export const withFigures = (text, report) => withTextBetween(text, MARKS, page, figures(report))

/** Writes page and chart. */
export function write(report) {
  if (!report.databases.some(({ results }) => results.length)) throw new Failure('bench: a run without figures')
  writeFileSync(page, withFigures(readFileSync(page, 'utf8'), report))
  writeFileSync(picture, chart(report))
  console.error(`bench: wrote ${page} and ${picture}`)
}
