/** Models as JSON, whichever way they were given, and checked by the core. */

import { ConfigError, nativeError, SchemaError } from '../base/errors.js'
import { shown } from '../base/shown.js'
import { native } from '../bridge/addon.js'
import { RESERVED_NAMES } from '../handle/calls.js'
import { builtJson, isSchema } from '../models/schema-builder.js'
import type { Dialect, SchemaJson } from '../types/index.js'

/** Models as the core takes them, checked for these databases. Throws SCHEMA_INVALID. */
export function checked(json: SchemaJson, dialects: readonly Dialect[]): string {
  const schema = written(json)
  const reserved = JSON.stringify({ models: RESERVED_NAMES, dialects: [...new Set(dialects)] })
  try {
    native().checkSchema(schema, reserved)
  } catch (thrown) {
    throw nativeError(thrown)
  }
  return schema
}

/** JSON.stringify() writes the half of a surrogate pair, and nothing else, as an escape of this form. */
const HALF_PAIR = /(?:^|[^\\])(?:\\\\)*\\ud[89a-f]/

function written(json: SchemaJson): string {
  const schema = textOf(json)
  if (!schema.includes('\\ud') || !HALF_PAIR.test(schema)) return schema
  const model = json.models.find(one => HALF_PAIR.test(JSON.stringify(one)))
  const column = model?.columns?.find(one => HALF_PAIR.test(JSON.stringify(one)))
  const place = [model?.model, column?.property].filter(name => name !== undefined).join('.')
  throw new SchemaError(`${place.toWellFormed()}: a name or a text has half of a surrogate pair.`, {
    ...(model && { table: model.table }),
    hint: 'Clean it with String.prototype.toWellFormed().',
  })
}

function textOf(json: SchemaJson): string {
  try {
    const text: string | undefined = JSON.stringify(json)
    if (text === undefined) throw new TypeError('their toJSON() gives nothing')
    return text
  } catch (cause) {
    throw new ConfigError('CONFIG_INVALID', `The models cannot be written as JSON: ${(cause as Error).message}`, {
      cause,
    })
  }
}

/** The JSON of models, whichever way they were given; a copy if a user could still change it. */
export function jsonOf(call: string, models: unknown): SchemaJson {
  if (isSchema(models)) return builtJson(models)
  if (typeof models === 'object' && models !== null && Array.isArray((models as SchemaJson).models))
    return JSON.parse(textOf(models as SchemaJson))
  throw new ConfigError('CONFIG_INVALID', `${call}() expected models from schema(), found ${shown(models)}.`, {
    hint: 'Pass schema({ ... }), or the JSON that `plinth schema` prints.',
  })
}
