// `npm run example`: builds what is old, then starts examples/service.
import { buildOld } from './built.mjs'
import { script } from './run.mjs'

await script(async () => {
  await buildOld()
  await import('../examples/service/server.mjs')
})
