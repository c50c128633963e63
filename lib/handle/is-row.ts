/** The test of a row that is given to a call. */

import { isFields } from '../base/check-options.js'
import type { Row } from '../bridge/request.js'

/** Whether a value can be a row: an object of columns, instances of classes among them. */
export function isRow(value: unknown): value is Row {
  return (
    isFields(value) ||
    (typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      !(value instanceof Date) &&
      !ArrayBuffer.isView(value))
  )
}
