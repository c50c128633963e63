/** SHA-256 of texts. */

import type { BinaryToTextEncoding } from 'node:crypto'
import { requireHere } from './own-file.js'

let crypto: typeof import('node:crypto') | undefined

/** The SHA-256 of a text. Node's crypto is loaded with the first: that would be 2 to 3 ms of each start. */
export function sha256(text: string, encoding: BinaryToTextEncoding): string {
  crypto ??= requireHere('node:crypto') as typeof import('node:crypto')
  return crypto.createHash('sha256').update(text).digest(encoding)
}
