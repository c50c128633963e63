/** Reading the file .env. */

import { readFileSync } from 'node:fs'
import { ConfigError } from '../base/errors.js'
import { shownPath } from './load-module.js'

/** Reads variables, and leaves the environment as it is: that belongs to the service. */
export function readDotenv(path: string): Record<string, string> {
  const { parse } = require('dotenv') as typeof import('dotenv')
  const bytes = bytesOf(path)
  // UTF-16, as PowerShell's `>` writes: with its mark or not, each letter of ASCII has a zero beside it.
  if (bytes.includes(0) || UTF_16.some(mark => bytes.subarray(0, 2).equals(mark))) {
    throw new ConfigError('CONFIG_INVALID', `${shownPath(path)} is not text in UTF-8.`, {
      expected: 'UTF-8',
      found: 'UTF-16, or other bytes',
      hint: 'Save it as UTF-8; in PowerShell: Set-Content -Encoding utf8 .env "DATABASE_URL=..."',
    })
  }
  return parse(bytes)
}

const UTF_16 = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])]

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new ConfigError('CONFIG_INVALID', `${shownPath(path)} cannot be read: ${(cause as Error).message}`, {
      hint: 'Make it a readable file, or set DATABASE_URL in the environment.',
      cause,
    })
  }
}
