// The bundled models by their JSON: the rules that MODELS lays down for all of them; and the two functions of tasks.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as bundled from 'plinth/models'

const exported = { ...bundled }
const json = bundled.models.toJSON().models
const property = (model, name) => json.find(m => m.model === model).columns.find(c => c.property === name)

test('all tables are there, each exported', () => {
  assert.deepEqual(
    json.map(m => m.table),
    [
      ['organizations', 'users', 'teams', 'team_members', 'user_settings', 'companies'],
      ['items', 'tags', 'item_tags', 'comments', 'attachments'],
      ['api_keys', 'webhooks', 'procore_connections'],
      ['tasks', 'task_events', 'job_queue'],
      ['usage_logs', 'activity_logs'],
    ].flat(),
  )
  for (const { model } of json) assert.equal(exported[model].name, model)
})

test('every table says when a row was made, and a touched column is updated_at', () => {
  for (const { table, columns } of json) {
    const created = columns.find(c => c.name === 'created_at')
    assert.deepEqual([created?.kind, created?.default], ['timestamp', 'now'], table)
    for (const column of columns.filter(c => c.touch)) assert.equal(column.name, 'updated_at', table)
  }
})

test('every foreign key has an explicit onDelete and an index that begins with it', () => {
  for (const { table, foreignKeys = [], indexes = [], uniques = [], primaryKey, columns } of json) {
    const leading = [
      primaryKey,
      ...uniques.map(u => u.columns),
      ...indexes.filter(i => i.where === undefined).map(i => i.parts.map(p => p.column)),
    ]
    for (const key of foreignKeys) {
      const name = `${table}.${key.columns}`
      assert.ok(key.onDelete, name)
      assert.ok(
        leading.some(list => key.columns.every((column, i) => list[i] === column)),
        name,
      )
      const nullable = columns.find(c => c.name === key.columns[0]).nullable === true
      if (key.onDelete === 'set null') assert.ok(nullable, name)
    }
  }
})

test('no two indexes of a table would have the same name', () => {
  for (const { table, indexes = [] } of json) {
    const names = indexes.map(i => i.name ?? i.parts.map(p => p.column).join('_'))
    assert.equal(new Set(names).size, names.length, table)
  }
})

test('secrets are private', () => {
  for (const [model, name] of [
    ['users', 'passwordHash'],
    ['apiKeys', 'keyHash'],
    ['webhooks', 'secret'],
    ['procoreConnections', 'accessToken'],
    ['procoreConnections', 'refreshToken'],
  ]) {
    assert.equal(property(model, name).private, true, `${model}.${name}`)
  }
})

test('relations lead to existing models and columns', () => {
  for (const { model, relations = [] } of json) {
    for (const { name, kind, target, key, through } of relations) {
      assert.ok(
        json.some(m => m.model === target),
        `${model}.${name}`,
      )
      if (through) assert.ok(json.some(m => m.model === through))
      else assert.ok(property(kind === 'one' ? model : target, key), `${model}.${name}`)
    }
  }
})

/** Tables that remember: the functions need no more than this of a database. */
function fake() {
  const rows = new Map()
  const events = []
  const tx = {
    tasks: {
      get: async id => rows.get(id) ?? null,
      create: async values => {
        const row = { id: 't1', status: 'pending', startedAt: null, finishedAt: null, ...values }
        rows.set(row.id, row)
        return row
      },
      update: async (id, values) => {
        if (!rows.has(id)) throw Object.assign(new Error('no row'), { code: 'NOT_FOUND' })
        rows.set(id, { ...rows.get(id), ...values })
        return rows.get(id)
      },
    },
    taskEvents: { create: async values => events.push(values) },
  }
  let transactions = 0
  const db = {
    transaction: work => {
      transactions++
      return work(tx)
    },
  }
  return { db, events, count: () => transactions }
}

test('createTask and setTaskStatus write the task and its event in one transaction each', async () => {
  const { db, events, count } = fake()
  const task = await bundled.createTask(db, { type: 'report' })
  const running = await bundled.setTaskStatus(db, task.id, 'running')
  assert.ok(running.startedAt instanceof Date && running.finishedAt === null)
  const again = await bundled.setTaskStatus(db, task.id, 'running')
  assert.equal(again.startedAt, running.startedAt)
  const failed = await bundled.setTaskStatus(db, task.id, 'failed', { reason: 'timeout' })
  assert.ok(failed.finishedAt instanceof Date)
  assert.equal(failed.startedAt, running.startedAt)
  const back = await bundled.setTaskStatus(db, task.id, 'pending')
  assert.deepEqual([back.startedAt, back.finishedAt], [null, null])
  assert.equal(count(), 5)
  assert.deepEqual(
    events.map(e => [e.kind, e.fromStatus ?? null, e.toStatus, e.detail ?? null]),
    [
      ['created', null, 'pending', null],
      ['status_changed', 'pending', 'running', null],
      ['status_changed', 'running', 'running', null],
      ['status_changed', 'running', 'failed', { reason: 'timeout' }],
      ['status_changed', 'failed', 'pending', null],
    ],
  )
})

test('setTaskStatus of a task that does not exist is NotFound and leaves no event', async () => {
  const { db, events } = fake()
  await assert.rejects(bundled.setTaskStatus(db, 'none', 'running'), { code: 'NOT_FOUND' })
  assert.deepEqual(events, [])
})
