// Projects in TypeScript below the installed peers, and the cost of checking the types of one.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bin, Failure, root } from '../../scripts/run.mjs'
import { GENERATED } from '../setup.mjs'

/** Lines of the compiler's output that a failure shows. */
const SHOWN = 12

/** Seconds for one check. */
const LONGEST = 120

/** Writes the files of a project, whose `service.ts` uses the models; its folder. */
export function writeProject(name, files, compilerOptions = {}) {
  const folder = join(GENERATED, `types-${name}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  // A link to the repository below itself would be a circle for each program that walks through it.
  const paths = { plinth: [join(root, 'index.d.ts')] }
  const common = {
    strict: true,
    skipLibCheck: true,
    target: 'es2022',
    module: 'nodenext',
    types: [],
    noEmit: true,
    paths,
  }
  const config = { compilerOptions: { ...common, ...compilerOptions }, files: ['service.ts'] }
  const all = { ...files, 'package.json': '{ "type": "module" }', 'tsconfig.json': JSON.stringify(config) }
  for (const [file, text] of Object.entries(all)) writeFileSync(join(folder, file), text)
  return folder
}

/** The compiler's own figures of a check: milliseconds, types that it made, and megabytes. */
export function checkTypes(folder) {
  const [program, ...args] = bin('typescript', 'bin/tsc')
  const options = { encoding: 'utf8', timeout: LONGEST * 1000 }
  const { status, stdout, error } = spawnSync(program, [...args, '-p', folder, '--extendedDiagnostics'], options)
  if (error?.code === 'ETIMEDOUT') throw new Failure(`the check of the types takes longer than ${LONGEST} s`)
  if (status !== 0) throw new Error(`${folder}:\n${stdout.split('\n').slice(0, SHOWN).join('\n')}`)
  const figure = name => {
    const found = stdout.match(new RegExp(`^${name}:\\s+([\\d.]+)`, 'm'))
    if (!found) throw new Error(`the compiler reports no "${name}"`)
    return Number(found[1])
  }
  const also = { instantiations: figure('Instantiations'), MB: figure('Memory used') / 1000 }
  return { value: figure('Total time') * 1000, also }
}
