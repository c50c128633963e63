// The revisions lead to the models, and each of them goes up, down and up again with rows in every table.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check } from 'plinth'

test('the revisions are complete and proven', async () => {
  const { upToDate, operations, proven } = await check({ prove: true })
  assert.deepEqual({ upToDate, operations }, { upToDate: true, operations: [] })
  for (const { version, sqlite, message } of proven) assert.ok(sqlite, `${version}: ${message}`)
})
