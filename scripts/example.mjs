// `npm run example`: builds what is missing, then starts examples/service.
import { buildAddon } from './addon.mjs'
import { writeBundle } from './bundle.mjs'
import { script } from './run.mjs'

await script(async () => {
  await buildAddon({ profile: 'debug', any: true })
  await writeBundle()
  await import('../examples/service/server.mjs')
})
