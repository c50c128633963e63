// `npm run types`: the sources compile, the type tests of __test__/types hold, and the checker's budget is kept.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { bin, root, run, script } from './run.mjs'

const tsc = bin('typescript', 'bin/tsc')

const steps = [
  ['the sources', ...tsc, '--noEmit'],
  ['__test__/types', ...tsc, '--noEmit', '-p', '__test__/types'],
  // By the declarations that are published, as a project with this option reads them.
  ['__test__/types, exact', ...tsc, '--noEmit', '-p', '__test__/types/tsconfig.exact.json'],
  ['the budget', process.execPath, 'scripts/check-types-budget.mjs'],
].filter(step => existsSync(join(root, step.at(-1))) || step.at(-1) === '--noEmit')

await script(() => {
  const failed = steps.filter(([name, command, ...args]) => {
    const code = run(command, args)
    console.log(`types: ${name} ${code === 0 ? 'good' : 'FAILED'}`)
    return code !== 0
  })
  return failed.length ? 1 : 0
})
