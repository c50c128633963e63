/** The bundled models of work: tasks with their events, and the job queue. The functions that keep them in step are in tasks.ts. */

import { c, index, model } from 'plinth'
import { created, timestamps } from './columns.js'

/** The states of a task. */
const taskStatuses = ['pending', 'running', 'succeeded', 'failed', 'cancelled'] as const

/** Something a service does for a user, and shows how far it is. */
export const tasks = model(
  'tasks',
  {
    id: c.uuid().primaryKey().defaultRandom(),
    type: c.text({ max: 100 }),
    status: c.enum('task_status', taskStatuses).default('pending'),
    payload: c.json().default({}),
    result: c.json().nullable(),
    error: c.text().nullable(),
    priority: c.integer().default(0),
    createdBy: c.integer().nullable().references('users.id', { onDelete: 'set null' }),
    startedAt: c.timestamp().nullable(),
    finishedAt: c.timestamp().nullable(),
    ...timestamps,
  },
  t => [
    index(t.priority, t.createdAt).where("status = 'pending'").name('tasks_pending_idx'),
    index(t.status, t.createdAt),
    index(t.createdBy, t.createdAt),
  ],
)

/** The events of a task. Never changed, only added to. */
export const taskEvents = model(
  'taskEvents',
  {
    id: c.id(),
    taskId: c.uuid().references('tasks.id', { onDelete: 'cascade' }),
    kind: c.enum('task_event_kind', ['created', 'status_changed', 'progress', 'log']),
    fromStatus: c.enum('task_status', taskStatuses).nullable(),
    toStatus: c.enum('task_status', taskStatuses).nullable(),
    detail: c.json().nullable(),
    ...created,
  },
  t => [index(t.taskId, t.createdAt)],
)

/** Work for the service itself, taken by one worker at a time: see jobs.ts. */
export const jobQueue = model(
  'jobQueue',
  {
    id: c.id(),
    queue: c.text({ max: 100 }).default('default'),
    uniqueKey: c.text({ max: 200 }).nullable().unique(),
    payload: c.json().default({}),
    status: c.enum('job_status', ['queued', 'running', 'done', 'dead']).default('queued'),
    priority: c.integer().default(0),
    attempts: c.integer().default(0),
    maxAttempts: c.integer().default(5),
    runAt: c.timestamp().defaultNow(),
    token: c.uuid().nullable(),
    lockedBy: c.text({ max: 200 }).nullable(),
    lockedUntil: c.timestamp().nullable(),
    lastError: c.text().nullable(),
    ...timestamps,
  },
  t => [
    // In the order of claims, and not partial: a prepared statement has its status as a parameter, which no partial index is chosen for.
    index(t.queue, t.status, t.priority.desc(), t.runAt, t.id).name('job_queue_claim_idx'),
    index(t.status, t.createdAt),
  ],
)
