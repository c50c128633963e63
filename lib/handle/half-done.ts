/** How far a half-done revision has come, as a probe reads it: from `plinth_steps`, and from the script that began. */

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../base/sha256.js'
import type { UnfinishedRevision } from '../types/index.js'

/** A row of `plinth_steps`. */
export interface StepsRow {
  revision: string
  /** The SHA-256 of the script that began, over text with LF. */
  checksum: string
  direction: 'up' | 'down'
  step: number
}

/** The half-done revision of a row, with the number of its steps if the folder has the script that began. */
export async function halfDone(
  row: StepsRow | undefined,
  folder: string | undefined,
): Promise<UnfinishedRevision | null> {
  if (row === undefined) return null
  const { revision: version, direction } = row
  const steps = await stepsOf(row, folder)
  return { version, direction, step: Number(row.step), ...(steps !== undefined && { steps }) }
}

/** How many steps the script has that began; undefined if the folder does not have it, or not as it was. */
async function stepsOf(row: StepsRow, folder: string | undefined): Promise<number | undefined> {
  if (folder === undefined) return undefined
  try {
    const name = (await readdir(folder)).find(name => name.startsWith(`${row.revision}_`))
    if (name === undefined) return undefined
    const script = await readFile(join(folder, name, `${row.direction}.postgres.online.sql`), 'utf8')
    const text = script.replaceAll('\r\n', '\n')
    if (sha256(text, 'hex') !== row.checksum) return undefined
    return text.match(STEP)?.length
  } catch {
    // The steps are counted where the folder can be read: what is half done is known without it.
    return undefined
  }
}

/** The heading of a step: src/migrate/disk/online.rs writes it. */
const STEP = /^-- plinth: step /gm
