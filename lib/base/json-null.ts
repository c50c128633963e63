/** The JSON value `null`, as opposed to SQL NULL. Nothing else lives here. */

const brand = Symbol.for('plinth.jsonNull')

/**
 * The type of {@link jsonNull}. Declare a column that stores it with
 * `c.json<Settings | JsonNull>()`.
 */
export interface JsonNull {
  /** `JSON.stringify` writes it as `null`. */
  toJSON(): null
}

/**
 * The JSON value `null` of a JSON column. Plain `null` is SQL NULL, the absence of a value.
 *
 * @example
 * await db.settings.create({ data: jsonNull })       // stored as the JSON text null
 * await db.settings.list({ where: { data: { eq: jsonNull } } })
 */
export const jsonNull: JsonNull = Object.freeze({
  toJSON: () => null,
  toString: () => 'jsonNull',
  [Symbol.for('nodejs.util.inspect.custom')]: () => 'jsonNull',
  [brand]: true,
})

/** Whether a value is {@link jsonNull}, also one made by another copy of this package in the process. */
export function isJsonNull(value: unknown): value is JsonNull {
  return typeof value === 'object' && value !== null && (value as { [brand]?: unknown })[brand] === true
}
