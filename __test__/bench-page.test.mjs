// The page of the benchmark: the figures of a small report as text between its marks, and as a chart.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chart, figures, withFigures } from '../bench/page.mjs'

const variant = (name, median, ratio) => ({ name, median, ratio: { median: ratio, low: ratio, high: ratio } })

const REPORT = {
  date: '2026-01-02',
  node: 'v24.1.0',
  cpus: 2,
  model: 'A processor',
  rows: 20_000,
  versions: { plinth: '1.2.3', kysely: '4.5.6' },
  databases: [
    {
      database: 'sqlite',
      absent: [{ name: 'node:sqlite', reason: 'No such built-in module' }],
      results: [
        {
          name: 'get',
          title: 'get by key',
          unit: 'us per call',
          variants: [
            variant('plinth', 12.345, 1),
            variant('better-sqlite3', 6.17, 0.5),
            variant('better-sqlite3, as stored', 5, 0.4),
            variant('kysely', 24.69, 2),
          ],
        },
        {
          name: 'start',
          title: 'a new process until its first row',
          unit: 'ms',
          variants: [variant('plinth', 123.4, 1), variant('kysely', 1234, 10)],
        },
      ],
    },
    {
      database: 'postgres',
      absent: [],
      results: [
        {
          name: 'get',
          title: 'get by key',
          unit: 'us per call',
          variants: [variant('plinth', 50, 1), variant('pg', 75, 1.5)],
        },
      ],
    },
  ],
}

const TEXT = `Measured on 2026-01-02, with Node v24.1.0 on 2 CPUs (A processor) and tables of 20,000 rows.
Versions: plinth 1.2.3, kysely 4.5.6.

The column \`plinth\` has the median of the rounds: microseconds (us) of a call, a row or a request,
milliseconds (ms) or megabytes (MB). The column of another library has its figure as a multiple of
Plinth's: 2 takes twice as long. **Bold** is below 1: Plinth is slower there. A dash: the library
does not offer it.

Absent from this run:

- node:sqlite on SQLite

![Times of other libraries as multiples of Plinth's](performance.svg)

| SQLite | plinth | better-sqlite3 | kysely |
|---|---|---|---|
| get by key | 12.35 us | **0.50** | 2.00 |
| a new process until its first row | 123 ms | - | 10.00 |

| PostgreSQL | plinth | pg |
|---|---|---|
| get by key | 50.00 us | 1.50 |`

test('the text between the marks is that of the report, and a second run replaces it', () => {
  const [from, to] = ['<!-- figures of the benchmark -->', '<!-- end of the figures -->']
  const page = `# A page\n\n${from}\nold figures\n${to}\n\nThe rest.\n`
  const written = `# A page\n\n${from}\n${TEXT}\n${to}\n\nThe rest.\n`
  assert.equal(figures(REPORT), TEXT)
  assert.equal(withFigures(page, REPORT), written)
  assert.equal(withFigures(written, REPORT), written)
  assert.throws(() => withFigures('# A page', REPORT), { message: /has no place for figures/ })
})

test('the chart has a bar for each shown variant of a charted workload, the longest ones cut off', () => {
  const picture = chart(REPORT)
  const lengths = [...picture.matchAll(/<rect x="\d+" y="\d+" width="([\d.]+)"/g)].map(([, width]) => Number(width))
  assert.deepEqual(lengths, [25, 12.5, 50, 25, 37.5])
  assert.doesNotMatch(picture, /as stored|first row/)
  const slow = structuredClone(REPORT)
  slow.databases[0].results[0].variants[3] = variant('kysely', 1234, 100)
  assert.match(chart(slow), /width="200\.0"/)
  assert.match(chart(slow), />100</)
  const gap = /<rect [^>]*width="5" [^>]*fill="#ffffff"/
  assert.match(chart(slow), gap)
  assert.doesNotMatch(picture, gap)
})

test('no table has more than 12 columns', () => {
  const names = ['plinth', 'plinth sync', 'better-sqlite3', 'better-sqlite3, dates as integers', 'node:sqlite']
  const others = [
    'drizzle',
    'drizzle prepared',
    'kysely',
    'kysely, dates as integers',
    'typeorm',
    'mikro-orm',
    'prisma',
  ]
  const [first] = REPORT.databases
  const variants = [...names, ...others].map(name => variant(name, 1, 1))
  const all = { ...REPORT, databases: [{ ...first, results: [{ ...first.results[0], variants }] }] }
  const [head] = figures(all).match(/^\| SQLite .*$/m)
  assert.equal(head.split('|').length - 2, 12)
})
