/** Reading the file .env. */

import { readFileSync } from 'node:fs'
import { ConfigError } from '../base/errors.js'
import { shownPath } from './load-module.js'

/** Reads variables, and leaves the environment as it is: that belongs to the service. */
export function readDotenv(path: string): Record<string, string> {
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
