// `node scripts/reports.mjs`: writes docs/reference/reports.md, the fields of every report, from the declarations and their docstrings.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { root } from './run.mjs'

/** The page, and the section of each type: the title, which call returns it, and the types in it. */
const SECTIONS = [
  [
    'Start and reset',
    '`initDb`, `resetDb`, `surveyDb`, `protect`',
    ['InitReport', 'ResetReport', 'SurveyReport', 'ProtectReport'],
  ],
  [
    'Revisions',
    '`revision`, `upgrade`, `downgrade`, `stamp`, `history`, `status`, `check`',
    [
      'RevisionReport',
      'WrittenRevision',
      'ReleaseWarning',
      'UpgradeReport',
      'DowngradeReport',
      'RanRevision',
      'StampReport',
      'HistoryReport',
      'KnownRevision',
      'LogEntry',
      'RepairEntry',
      'StatusReport',
      'RevisionProblem',
      'CheckReport',
    ],
  ],
  ['Drift and repair', '`drift`, `repair`', ['DriftReport', 'DriftDifference', 'DriftGrades', 'RepairReport']],
  [
    'Kept rows',
    '`kept`, `restoreKept`, `dropKept`',
    ['KeptReport', 'KeptEntry', 'KeptRows', 'RestoreKeptReport', 'RestoredEntry', 'DropKeptReport'],
  ],
  ['Backup', '`backup`, `restore`', ['BackupReport', 'RestoreReport']],
  ['Health', '`db.health`, `healthHandler`', ['Health', 'PoolUse', 'HealthBody']],
  ['Progress', '`onProgress`, `onWait`', ['Progress', 'ScanProgress', 'CopyProgress', 'Wait']],
  ['In errors', '`problems`, `lost`, the argument of `confirm`', ['Problem', 'Lost', 'Loss']],
]

const cell = text => text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').trim()

/** The text of docs/reference/reports.md. */
export function reports() {
  const path = join(root, 'index.d.ts')
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
  const types = new Map(source.statements.filter(ts.isInterfaceDeclaration).map(type => [type.name.text, type]))
  const docOf = node => (ts.getJSDocCommentsAndTags(node).at(-1)?.comment ?? '').toString()
  const rows = name =>
    types.get(name).members.map(member => {
      const type = cell(member.type.getText(source).replaceAll(/\/\*\*[\s\S]*?\*\//g, ''))
      return `| \`${member.name.getText(source)}${member.questionToken ? '?' : ''}\` | \`${type}\` | ${cell(docOf(member))} |`
    })
  const tableOf = name => {
    const parent = types.get(name).heritageClauses?.[0].types[0].getText(source)
    const from = parent ? `All fields of \`${parent}\`, and:\n\n` : ''
    return `### ${name}\n\n${from}| field | type | |\n|---|---|---|\n${rows(name).join('\n')}\n`
  }
  const sections = SECTIONS.map(
    ([title, calls, names]) => `## ${title}\n\nOf ${calls}.\n\n${names.map(tableOf).join('\n')}`,
  )
  return `# Reports

The objects that calls return, and that callbacks and errors receive. \`?\` marks a field that may be
missing. The command line prints the same objects with \`--json\`. This page is made from the
declarations by \`node scripts/reports.mjs\`.

${sections.join('\n')}`
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  writeFileSync(join(root, 'docs/reference/reports.md'), reports())
