/** The place of a call in the user's code, for warnings. */

import { ownFile } from '../base/own-file.js'

/** Frames of a stack that tell one place from another, without those of this package. */
const FRAMES = 24

/**
 * The lines of the user's code that lead here, the innermost first; none if the runtime does not
 * report them.
 */
export function frames(): string[] {
  const before = Error.stackTraceLimit
  // It may be frozen.
  Reflect.set(Error, 'stackTraceLimit', FRAMES)
  let stack: unknown
  try {
    stack = new Error().stack
  } catch {
    // The user's own way of writing stacks failed.
  }
  Reflect.set(Error, 'stackTraceLimit', before)
  if (typeof stack !== 'string') return []
  const lines = stack.split('\n').filter(line => line.startsWith('    at '))
  const first = lines.findIndex(line => !line.includes(ownFile))
  const theirs = first < 0 ? [] : lines.slice(first)
  const places = theirs.map(placeOf).filter(place => place !== '')
  // Of callers the line is enough: before they wait the line of the call is reported, later that of
  // the await.
  return places.map((place, i) => (i === 0 ? place : place.replace(/:\d+$/, '')))
}

/** `file:line:column` of a frame; empty if it is not in a file. */
function placeOf(frame: string): string {
  const at = /(?:\(|at (?:async )?)((?:file:|\/|[A-Za-z]:[\\/]).*:\d+:\d+)\)?$/.exec(frame)?.[1]
  if (at === undefined || at.includes(ownFile)) return ''
  const path = at.replace(/^file:\/\//, '')
  const folder = `${process.cwd()}/`
  return path.startsWith(folder) ? path.slice(folder.length) : path
}
