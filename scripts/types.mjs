// `npm run types`: the sources compile, the type tests of __test__/types hold, and the checker's budget is kept.
import { bin, run, script } from './run.mjs'

/** The compilers that the types hold in: the last one written in JavaScript, and the native one. */
const compilers = { 'TypeScript 5': bin('typescript', 'bin/tsc'), 'TypeScript 7': bin('typescript-7', 'bin/tsc') }

/**
 * The sources that each compiles. The last reads the declarations that are published, as a project
 * with that option does.
 */
const projects = {
  'the sources': 'tsconfig.json',
  '__test__/types': '__test__/types',
  '__test__/types, exact': '__test__/types/tsconfig.exact.json',
}

const steps = Object.entries(projects).flatMap(([name, project]) =>
  Object.entries(compilers).map(([compiler, tsc]) => [`${name}, ${compiler}`, ...tsc, '--noEmit', '-p', project]),
)
steps.push(['the budget', process.execPath, 'scripts/check-types-budget.mjs'])

await script(() => {
  const failed = steps.filter(([name, command, ...args]) => {
    const code = run(command, args)
    console.log(`types: ${name} ${code === 0 ? 'good' : 'FAILED'}`)
    return code !== 0
  })
  return failed.length ? 1 : 0
})
