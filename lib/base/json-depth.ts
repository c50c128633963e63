/** How deep JSON may nest, as a value and as a default. */

/** The most levels of lists and objects: well below the limits of SQLite (1,000) and of PostgreSQL's stack. */
export const JSON_DEPTH = 512

/** Whether parsed JSON nests deeper than {@link JSON_DEPTH}, or than `levels`. */
export function isTooDeep(json: unknown, levels = JSON_DEPTH): boolean {
  if (typeof json !== 'object' || json === null) return false
  return levels === 0 || Object.values(json).some(value => isTooDeep(value, levels - 1))
}
