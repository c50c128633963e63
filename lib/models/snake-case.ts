/** How a name of JavaScript becomes a name of the database. Constraints are named in the core. */

/**
 * camelCase to snake_case: `organizationId` is `organization_id`, `HTMLBody` is `html_body`, `oauth2Token` is `oauth2_token`.
 * What is snake_case already stays as it is.
 */
export function snakeCase(name: string): string {
  // Most names: the search for capital letters of all scripts takes longer.
  if (/^[a-z\d_]*$/.test(name)) return name
  return name
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1_$2')
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1_$2')
    .toLowerCase()
}
