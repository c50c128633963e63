/** The rows of an answer: decoded chunk by chunk from the shared arrays, those of includes put where they belong. */

import { PlinthError } from '../base/errors.js'
import { shown } from '../base/shown.js'
import type { Handle } from './addon-types.js'
import { decoder, NOT_JSON, NotJson } from './decode.js'
import { Head, ints } from './memory.js'
import type { Plan, PlanNode } from './plans.js'

const NO_BYTES = new Uint8Array(0)

/** All rows of an answer, with what was included; `narrow` is the string of its first rows. `beside` gets what goes beside them. */
export function rowsOf(handle: Handle, plan: Plan, narrow: string, beside?: unknown[]): unknown[] {
  const { nodes } = plan
  if (nodes.length === 1) {
    const out: unknown[] = []
    const node = nodes[0] as PlanNode
    for (let text = narrow; ; text = handle.chunk()) {
      decodeChunk(handle, node, text, out, beside)
      if (ints[Head.more] === 0) return out
    }
  }
  const rows: Record<string, unknown>[][] = nodes.map(() => [])
  for (let text = narrow; ; text = handle.chunk()) {
    const node = ints[Head.node] as number
    const more = ints[Head.more]
    if ((ints[Head.rows] as number) > 0) {
      decodeChunk(handle, nodes[node] as PlanNode, text, rows[node] as unknown[], beside)
    }
    if (more === 0) break
  }
  for (let node = 1; node < nodes.length; node++) attach(handle, plan, rows, node)
  return rows[0] as unknown[]
}

/** Decodes the rows that are in the arrays. Throws VALUE_UNREADABLE for text that is not JSON. */
function decodeChunk(handle: Handle, node: PlanNode, narrow: string, out: unknown[], beside?: unknown[]): void {
  const count = ints[Head.rows] as number
  const text = wide(handle)
  const data = bytes(handle)
  try {
    node.decode(count, narrow, text, data, out, beside)
  } catch (error) {
    if (!(error instanceof NotJson)) throw error
    const rows: Record<string, unknown>[] = []
    decoder(node.columns, true)(count, narrow, text, data, rows, [])
    throw notJson(node, rows)
  }
}

/** The error for the first of these rows that has text where JSON should be. */
function notJson({ of, key }: PlanNode, rows: readonly Record<string, unknown>[]): PlinthError {
  const row = rows.find(row => Object.values(row).includes(NOT_JSON)) ?? {}
  const column = Object.keys(row).find(name => row[name] === NOT_JSON) ?? ''
  const parts = key.map(name => [name, row[name]] as const)
  const known = parts.length > 0 && parts.every(([, value]) => value !== undefined)
  const id = parts.length === 1 ? parts[0]?.[1] : Object.fromEntries(parts)
  const shownKey =
    parts.length === 1 ? shown(id) : `{ ${parts.map(([name, value]) => `${name}: ${shown(value)}`).join(', ')} }`
  const place = of ? `${of.model}.${column}` : `the result's column ${column}`
  return new PlinthError(
    'VALUE_UNREADABLE',
    `A stored value of ${place} is not of the column's kind${known ? `, in the row with the key ${shownKey}` : ''}.`,
    {
      ...of,
      columns: [column],
      ...(known && { key: id }),
      found: 'text that is not JSON',
      hint: of
        ? "Something else wrote it: correct it with sql``. `unreadable: 'skip'` reads the other rows."
        : 'Something else wrote it: correct it, or cast it in the SQL to what it is.',
    },
  )
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
