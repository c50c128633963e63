// The types of models.mjs.
import { models } from './models.js'

export * from './models.js'
export default models
