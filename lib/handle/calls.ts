/** The calls that handles have beside their tables, and so the names that no model can have: `db.<name>` would be two things. */

import type { DbCalls, SessionCalls, SyncCalls, TxCalls } from '../types/index.js'

/** The name of a call of a database, a transaction, a session or a blocking database. */
export type CallName = Extract<
  keyof DbCalls<any> | keyof TxCalls<any> | keyof SessionCalls<any> | keyof SyncCalls<any>,
  string
>

/** The calls of one handle; its symbols beside them. */
export type Calls = { readonly [K in CallName]?: unknown } & { readonly [key: symbol]: unknown }

/** Each call once: the compiler refuses a call that is missing here, and a name that is not a call. */
const CALLS: Readonly<Record<CallName, true>> = {
  afterScope: true,
  close: true,
  commit: true,
  current: true,
  drift: true,
  health: true,
  repair: true,
  rollback: true,
  scope: true,
  session: true,
  sql: true,
  sync: true,
  transaction: true,
  with: true,
}

/**
 * Properties that JavaScript and its tools read from any object: as a table it would be taken for a
 * promise, a converter or a method.
 */
const OF_OBJECTS = [
  ...Object.getOwnPropertyNames(Object.prototype),
  'catch',
  'finally',
  'inspect',
  'prototype',
  'then',
  'toJSON',
]

/** The names that no model can have. */
export const RESERVED_NAMES: readonly string[] = [...Object.keys(CALLS), ...OF_OBJECTS]
