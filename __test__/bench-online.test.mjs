// The report of the benchmark of revisions in steps: medians and the worst of its runs, verdicts against the control, and the table of its page.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { figures, withFigures } from '../bench/online-page.mjs'
import { figuresOf, print, summary, verdicts } from '../bench/online-report.mjs'

/** A run of 1,000 reads and 1,000 writes, of which the longest take so many milliseconds. */
const run = (took, reads, writes, failures = []) => {
  const list = longest => [...Array(999).fill(1), longest]
  return figuresOf(took, { reads: list(reads), writes: list(writes), failures: new Map(failures) })
}
const result = (change, way, ...runs) => ({ change, way, ...summary(runs) })

const REPORT = {
  date: '2026-01-02',
  node: 'v24.1.0',
  cpus: 2,
  model: 'A processor',
  postgres: '15.1',
  rows: 1_000_000,
  rounds: 3,
  clients: 32,
  results: [
    result('', 'control', run(5000, 10, 20), run(5000, 12, 22), run(5000, 11, 30)),
    result('a unique', 'in steps', run(900, 62, 273), run(800, 61, 272), run(1000, 300, 10)),
    result('a unique', 'Prisma', run(700, 700, 710, [['no', 2]]), run(600, 9, 9, [['no', 1]]), run(650, 8, 8)),
    result('a rename', 'in steps'),
    result('a rename', 'one transaction', run(30, 4, 4), run(20, 5, 5), run(25, 6, 6)),
  ],
}

test('each figure is the median and the worst of the runs', () => {
  const [control, steps, prisma, none] = REPORT.results
  assert.deepEqual(control.reads['p99.9'], { median: 11, worst: 12 })
  assert.deepEqual(control.reads.p99, { median: 1, worst: 1 })
  assert.deepEqual(
    [steps.took, steps.writes.max],
    [
      { median: 900, worst: 1000 },
      { median: 272, worst: 273 },
    ],
  )
  assert.deepEqual([prisma.failed, prisma.failures], [{ median: 1, worst: 2 }, { no: 3 }])
  assert.equal(none.took, undefined)
})

test('a revision is judged against the control, in steps or in the one transaction that it has', () => {
  const lines = []
  const found = verdicts(REPORT, line => lines.push(line))
  assert.deepEqual(
    found.map(({ change, way, kind, value, limit, verdict }) => [change, way, kind, value, limit, verdict]),
    [
      ['a unique', 'in steps', 'reads', 62, 61, 'OVER'],
      ['a unique', 'in steps', 'writes', 272, 272, 'good'],
      ['a rename', 'one transaction', 'reads', 5, 61, 'good'],
      ['a rename', 'one transaction', 'writes', 5, 272, 'good'],
    ],
  )
  assert.match(lines.join('\n'), /a unique, in steps: reads, p99\.9 \(worst 300\) +62 ms +of 61 ms +OVER/)
})

test('the lines name the ways that do not exist and the calls that failed', () => {
  const lines = []
  print(REPORT, line => lines.push(line))
  assert.match(lines.join('\n'), /a rename +in steps +no steps\n/)
  assert.match(lines.at(-1), /a unique, Prisma: 3 calls failed: no/)
})

test('the table goes between the marks of its page', () => {
  const table = `| change | way | took | reads p99.9 | reads max | writes p99.9 | writes max | failed calls |
|---|---|---|---|---|---|---|---|
| none | control | 5,000 / 5,000 | 11.0 / 12.0 | 11.0 / 12.0 | 22.0 / 30.0 | 22.0 / 30.0 | 0 / 0 |`
  const text = figures(REPORT)
  assert.ok(text.includes(table), text)
  assert.ok(text.includes('| a rename | in steps | no steps | - | - | - | - | - |'), text)
  const page = 'Before.\n<!-- figures of the benchmark -->\nold\n<!-- end of the figures -->\nAfter.\n'
  const whole = withFigures(page, REPORT)
  assert.ok(
    whole.startsWith('Before.\n<!-- figures of the benchmark -->\nMeasured on 2026-01-02 on PostgreSQL 15.1'),
    whole,
  )
  assert.ok(whole.endsWith('\n<!-- end of the figures -->\nAfter.\n') && !whole.includes('old'), whole)
  assert.throws(() => withFigures('Before.\n', REPORT), /has no place for figures/)
})
