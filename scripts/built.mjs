// Whether this repository was built, for the commands that need it; and building what is old.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { buildAddon } from './addon.mjs'
import { declarations, javascript, write } from './bundle.mjs'
import { Failure, root } from './run.mjs'

const dist = join(root, 'dist')

/** Fails in one line if dist/ or the addon in it was never made, as after `npm ci --ignore-scripts`. */
export function assertBuilt() {
  const hasAddon = () => process.env.PLINTH_NATIVE || readdirSync(dist).some(name => name.endsWith('.node'))
  if (!existsSync(join(dist, 'index.js')) || !hasAddon()) throw new Failure('Plinth is not built: run npm run build.')
}

/**
 * Builds the parts that are older than their sources, and reports it. The build of `npm ci` is as
 * good as new; after a change the addon is built in the dev profile, which takes seconds where a
 * release takes minutes.
 */
export async function buildOld() {
  assertBuilt()
  const { built } = await buildAddon({ profile: 'debug', any: true })
  const changed = write({ ...(await javascript()), ...(await declarations()) })
  const files = changed.length ? `${changed.join(', ')} built` : 'JavaScript up to date'
  console.log(`addon ${built ? 'built' : 'up to date'}, ${files}`)
}
