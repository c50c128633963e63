/** Making a task and changing its status, each with its event: the two never disagree, since one transaction writes both. */

import type { Insert, Key, Row, Update } from 'plinth'
import type { taskEvents, tasks } from './work.js'

type Task = Row<typeof tasks>
/** The status of a task. */
export type TaskStatus = Task['status']

/** The tables that the functions need. */
export interface TaskTables {
  readonly tasks: {
    get(id: Key<typeof tasks>): Promise<Task | null>
    create(values: Insert<typeof tasks>): Promise<Task>
    update(id: Key<typeof tasks>, values: Update<typeof tasks>): Promise<Task>
  }
  readonly taskEvents: { create(values: Insert<typeof taskEvents>): Promise<unknown> }
}

/** A database, a transaction or a session whose schema has `tasks` and `taskEvents`. */
export interface TaskDb {
  transaction<T>(work: (tx: TaskTables) => Promise<T>): Promise<T>
}

/**
 * Creates a task and its `created` event.
 *
 * @param db a database, transaction or session
 * @param values the task
 * @example
 * const task = await createTask(db, { type: 'report', payload: { month: '2026-11' }, createdBy: user.id })
 */
export function createTask(db: TaskDb, values: Insert<typeof tasks>): Promise<Task> {
  return db.transaction(async tx => {
    const task = await tx.tasks.create(values)
    await tx.taskEvents.create({ taskId: task.id, kind: 'created', toStatus: task.status })
    return task
  })
}

/**
 * Changes a task's status and records the change. A task that begins to run gets its `startedAt`, one that ends its
 * `finishedAt`; one that goes back to pending loses both. Throws NotFound when there is no such task.
 *
 * @param db a database, transaction or session
 * @param id the task
 * @param status its new status
 * @param detail any JSON to record with the event
 * @example
 * await setTaskStatus(db, task.id, 'failed', { reason: 'timeout' })
 */
export function setTaskStatus(db: TaskDb, id: Key<typeof tasks>, status: TaskStatus, detail?: unknown): Promise<Task> {
  return db.transaction(async tx => {
    const before = await tx.tasks.get(id)
    const task = await tx.tasks.update(id, { status, ...moments(before, status, new Date()) })
    await tx.taskEvents.create({
      taskId: id,
      kind: 'status_changed',
      fromStatus: before?.status ?? null,
      toStatus: status,
      detail: detail ?? null,
    })
    return task
  })
}

function moments(
  before: Task | null,
  status: TaskStatus,
  now: Date,
): Pick<Update<typeof tasks>, 'startedAt' | 'finishedAt'> {
  if (status === 'pending') return { startedAt: null, finishedAt: null }
  if (status !== 'running') return { finishedAt: now }
  // A second call while it runs is still the same run; after an end it is another one.
  return { startedAt: before?.status === 'running' ? (before.startedAt ?? now) : now, finishedAt: null }
}
