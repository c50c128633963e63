// plinth/models for `import`: the same objects as models.js, with the default export where an ES module expects it.
import { models } from './models.js'

export * from './models.js'
export default models
