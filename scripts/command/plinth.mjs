#!/usr/bin/env node
// The command `plinth` in this repository: dist/cli.js, or one line if it was not built. `npm ci` links it into node_modules/.bin,
// where `npx plinth` finds it even if dist/ does not exist.
import { assertBuilt } from '../built.mjs'
import { script } from '../run.mjs'

await script(assertBuilt)
if (process.exitCode === 0) await import('../../dist/cli.js')
