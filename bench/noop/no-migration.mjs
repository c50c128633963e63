// A process that finds no migration to run: `plinth upgrade` and `plinth init` beside the migrators of other libraries.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as plinth from '../../dist/index.js'
import { Failure, root } from '../../scripts/run.mjs'
import { GENERATED } from '../setup.mjs'
import * as files from './revisions.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const reporter = pathToFileURL(join(here, 'report-exit.mjs')).href
const OWN = pathToFileURL(join(root, 'dist/index.js')).href

/** The line of an output that names the error. */
function sentenceOf(text) {
  const lines = text.trim().split('\n')
  return (lines.find(line => /^\w*Error: /.test(line)) ?? lines[0]).trim()
}

/** Runs a program of Node to its end; its time and CPU. */
function runNode(program, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', reporter, program, ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, CHECKPOINT_DISABLE: '1', NO_UPDATE_NOTIFIER: '1' },
    })
    const texts = ['', '']
    child.stdout.resume()
    for (const [at, stream] of [child.stderr, child.stdio[3]].entries())
      stream.on('data', chunk => {
        texts[at] += chunk
      })
    child.once('error', reject).once('close', code => {
      if (code === 0) resolve(JSON.parse(texts[1]))
      else reject(new Failure(`ended with ${code}: ${sentenceOf(texts[0])}`))
    })
  })
}

/** A project of Plinth with ten revisions, and its two commands. */
async function ofPlinth(variant, place, folder) {
  const { library = OWN } = variant
  const migrations = join(folder, 'migrations')
  const options = { dialects: [place.database], prove: false, migrations, cwd: folder }
  await files.eachRevision(plinth, (models, message) => plinth.revision({ ...options, models, message }))
  writeFileSync(
    join(folder, 'models.mjs'),
    `import plinth from ${JSON.stringify(library)}
import { modelsAfter } from ${JSON.stringify(pathToFileURL(join(here, 'revisions.mjs')).href)}
export default modelsAfter(plinth, ${files.COUNT})
`,
  )
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "plinth": { "models": "./models.mjs" } }')
  const command = fileURLToPath(new URL('./cli.js', library))
  const run = verb => () => runNode(command, [verb, '--quiet', '--url', place.url], folder)
  return [
    { ...variant, ...place, run: run('upgrade') },
    { ...variant, ...place, name: `${variant.name} init`, run: run('init') },
  ]
}

const migrator = write => (variant, place, folder) => {
  write(folder, place.database)
  const asked = JSON.stringify({ ...place, peer: variant.peer, folder })
  return [{ ...variant, ...place, run: () => runNode(join(here, 'migrators.mjs'), [asked], folder) }]
}

/** Its command downloads an engine; without one it fails, which is the reason why it is absent. */
function ofPrisma(variant, place, folder) {
  files.writePrisma(folder, place)
  const command = join(here, '../node_modules/prisma/build/index.js')
  const args = ['migrate', 'deploy', '--config', 'prisma.config.mjs']
  return [{ ...variant, ...place, name: 'prisma migrate deploy', run: () => runNode(command, args, folder) }]
}

/** alembic is measured from outside, and only if this machine has it. */
function ofAlembic(variant, place, folder) {
  const driver = place.database === 'sqlite' ? 'sqlite3' : 'psycopg'
  if (spawnSync('python3', ['-c', `import alembic, sqlalchemy, ${driver}`]).status !== 0)
    throw new Failure(`python3 has not all of alembic, sqlalchemy and ${driver}`)
  files.writeAlembic(folder, place)
  const run = () => {
    const begun = performance.now()
    const { status, stderr } = spawnSync('python3', ['-m', 'alembic', 'upgrade', 'head'], { cwd: folder })
    if (status !== 0) throw new Failure(`ended with ${status}: ${stderr}`)
    return { value: performance.now() - begun }
  }
  return [{ ...variant, ...place, run }]
}

const WAYS = {
  plinth: ofPlinth,
  drizzle: migrator(files.writeDrizzle),
  kysely: migrator(files.writeKysely),
  typeorm: migrator(files.writeTypeorm),
  'mikro-orm': migrator(files.writeMikro),
  prisma: ofPrisma,
  alembic: ofAlembic,
}

/** Runs all migrations the first time, and looks for the last table: what is measured afterwards finds nothing to do. */
async function applied(all) {
  const [first] = all
  for (const { run } of all) await run()
  const db = plinth.open({ models: files.modelsAfter(plinth, 1), url: first.url })
  try {
    await db.sql(Object.assign([`SELECT id FROM ${files.LAST}`], { raw: [`SELECT id FROM ${files.LAST}`] }))
  } finally {
    await db.close()
  }
}

async function arrange(opened, places) {
  mkdirSync(GENERATED, { recursive: true })
  // Below the installed peers, which the files of migrations import.
  const kept = mkdtempSync(join(GENERATED, 'no-migration-'))
  const close = () => rmSync(kept, { recursive: true, force: true })
  const variants = []
  const absent = []
  for (const variant of [...opened, { peer: 'alembic', name: 'alembic' }]) {
    const folder = join(kept, variant.name.replaceAll(/\W/g, '-'))
    mkdirSync(folder)
    try {
      const made = await WAYS[variant.peer](variant, await places.empty(), folder)
      await applied(made)
      variants.push(...made)
    } catch (error) {
      if (!(error instanceof Failure) || variant.peer === 'plinth') {
        close()
        throw error
      }
      absent.push({ name: variant.name, reason: error.message })
    }
  }
  return { variants, absent, close }
}

export const noMigration = {
  name: 'no-migration',
  title: 'a process that finds no migration to run',
  note: 'ten are applied',
  unit: 'ms',
  alone: true,
  offeredBy: ({ peer, form }) => !form && Object.hasOwn(WAYS, peer),
  arrange,
  sample: ({ run }) => run(),
}
