/** Reading the file .env. */

import { existsSync, readFileSync } from 'node:fs'
import { ConfigError } from '../base/errors.js'
import { shownPath } from './load-module.js'

/** Read, never put into the environment: what a service sets there is its own. */
export function readDotenv(path: string): Record<string, string> {
  if (!existsSync(path)) return {}
  const { parse } = require('dotenv') as typeof import('dotenv')
  try {
    return parse(readFileSync(path))
  } catch (cause) {
    throw new ConfigError('CONFIG_INVALID', `${shownPath(path)} cannot be read: ${(cause as Error).message}`, {
      hint: 'Make it a readable file, or set DATABASE_URL in the environment.',
      cause,
    })
  }
}
