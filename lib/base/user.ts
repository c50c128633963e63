/** The user of this process, for the log of a database. */

import { hostname, userInfo } from 'node:os'

/** `user@host`; the number of a user that the system has no name for. */
export function whoami(): string {
  let user: string
  try {
    user = userInfo().username
  } catch {
    user = String(process.getuid?.() ?? 'unknown')
  }
  return `${user}@${hostname()}`
}
