// The packed tarball is what package managers, bundlers and TypeScript expect: publint, and attw for require, import and bundlers.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packInto } from './packed.mjs'
import { bin, run, script } from './run.mjs'

await script(() => {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-check-package-'))
  try {
    const tarball = packInto(folder)
    const checks = [
      [...bin('publint', 'src/cli.js'), '--strict', tarball],
      // node10 is the resolution of before `exports`, which TypeScript 7 no longer has.
      [...bin('@arethetypeswrong/cli', 'dist/index.js'), '--profile', 'node16', '--no-color', '--no-emoji', tarball],
    ]
    return checks.filter(([command, ...args]) => run(command, args) !== 0).length
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
