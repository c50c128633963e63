/** The rows of an answer: decoded chunk by chunk from the shared arrays, those of includes put where they belong. */

import type { Handle } from './native-types.js'
import type { Plan } from './plans.js'
import { Head, ints } from './wire.js'

const NO_BYTES = new Uint8Array(0)

/** All rows of an answer, with what was included; `narrow` is the string of its first rows. `beside` gets what goes beside them. */
export function rowsOf(handle: Handle, plan: Plan, narrow: string, beside?: unknown[]): unknown[] {
  const { nodes } = plan
  if (nodes.length === 1) {
    const out: unknown[] = []
    const { decode } = nodes[0] as Plan['nodes'][0]
    for (let text = narrow; ; text = handle.chunk()) {
      decode(ints[Head.rows] as number, text, wide(handle), bytes(handle), out, beside)
      if (ints[Head.more] === 0) return out
    }
  }
  const rows: Record<string, unknown>[][] = nodes.map(() => [])
  for (let text = narrow; ; text = handle.chunk()) {
    const node = ints[Head.node] as number
    const more = ints[Head.more]
    const count = ints[Head.rows] as number
    if (count > 0) nodes[node]?.decode(count, text, wide(handle), bytes(handle), rows[node] as unknown[], beside)
    if (more === 0) break
  }
  for (let node = 1; node < nodes.length; node++) attach(handle, plan, rows, node)
  return rows[0] as unknown[]
}

const wide = (handle: Handle): string => (ints[Head.wide] ? handle.wide() : '')

const bytes = (handle: Handle): Uint8Array => (ints[Head.bytes] ? handle.bytes() : NO_BYTES)

/** Puts the rows of an include where they belong. */
function attach(handle: Handle, plan: Plan, rows: Record<string, unknown>[][], node: number): void {
  const link = plan.nodes[node]?.link
  if (!link) return
  ints[Head.node] = node
  const links = handle.links()
  const parents = rows[link.parent] as Record<string, unknown>[]
  const children = rows[node] as Record<string, unknown>[]
  const count = parents.length
  const groups: Record<string, unknown>[][] = []
  for (let i = 0; i < children.length; i++) {
    const group = links[count + i] as number
    const list = groups[group]
    if (list) list.push(children[i] as Record<string, unknown>)
    else groups[group] = [children[i] as Record<string, unknown>]
  }
  for (let i = 0; i < count; i++) {
    const group = groups[links[i] as number]
    const parent = parents[i] as Record<string, unknown>
    // Each parent has an array of its own; a row that several parents share is one object.
    if (link.gives === 'many') parent[link.relation] = group ? group.slice() : []
    else if (link.gives === 'one') parent[link.relation] = group?.[0] ?? null
    else {
      parent._count ??= {}
      const counts = parent._count as Record<string, unknown>
      counts[link.relation] = group?.[0]?.value ?? 0
    }
  }
}
