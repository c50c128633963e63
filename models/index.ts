/** The bundled models (`plinth/models`) and how they are related. Ordinary models: take those you want beside your own. */

import { schema } from 'plinth'
import { apiKeys, procoreConnections, webhooks } from './access.js'
import { attachments, comments, items, itemTags, tags } from './content.js'
import { companies, organizations, teamMembers, teams, userSettings, users } from './identity.js'
import { activityLogs, usageLogs } from './telemetry.js'
import { jobQueue, taskEvents, tasks } from './work.js'

export {
  type ClaimedJob,
  type ClaimJobsOptions,
  claimJobs,
  type ExtendJobOptions,
  enqueue,
  extendJob,
  type FailJobOptions,
  failJob,
  finishJob,
  type Job,
  type JobDb,
  type NewJob,
} from './jobs.js'
export { createTask, setTaskStatus, type TaskDb, type TaskStatus, type TaskTables } from './tasks.js'
export {
  activityLogs,
  apiKeys,
  attachments,
  comments,
  companies,
  items,
  itemTags,
  jobQueue,
  organizations,
  procoreConnections,
  tags,
  taskEvents,
  tasks,
  teamMembers,
  teams,
  usageLogs,
  userSettings,
  users,
  webhooks,
}

/**
 * The bundled models by name. Written out, so that the declarations say `Tables` where they would repeat every column of
 * every model for every relation.
 */
export type Tables = {
  organizations: typeof organizations
  users: typeof users
  teams: typeof teams
  teamMembers: typeof teamMembers
  userSettings: typeof userSettings
  companies: typeof companies
  items: typeof items
  tags: typeof tags
  itemTags: typeof itemTags
  comments: typeof comments
  attachments: typeof attachments
  apiKeys: typeof apiKeys
  webhooks: typeof webhooks
  procoreConnections: typeof procoreConnections
  tasks: typeof tasks
  taskEvents: typeof taskEvents
  jobQueue: typeof jobQueue
  usageLogs: typeof usageLogs
  activityLogs: typeof activityLogs
}

const tables: Tables = {
  organizations,
  users,
  teams,
  teamMembers,
  userSettings,
  companies,
  items,
  tags,
  itemTags,
  comments,
  attachments,
  apiKeys,
  webhooks,
  procoreConnections,
  tasks,
  taskEvents,
  jobQueue,
  usageLogs,
  activityLogs,
}

/** All bundled models and their relations. */
const models = schema(tables, {
  organizations: r => ({
    owner: r.one('users', 'ownerId'),
    users: r.many('users', 'organizationId'),
    teams: r.many('teams', 'organizationId'),
    companies: r.many('companies', 'organizationId'),
    items: r.many('items', 'organizationId'),
    apiKeys: r.many('apiKeys', 'organizationId'),
    webhooks: r.many('webhooks', 'organizationId'),
    usageLogs: r.many('usageLogs', 'organizationId'),
    activityLogs: r.many('activityLogs', 'organizationId'),
  }),
  users: r => ({
    organization: r.one('organizations', 'organizationId'),
    ownedOrganizations: r.many('organizations', 'ownerId'),
    settings: r.has('userSettings', 'userId'),
    teams: r.many('teams', { through: 'teamMembers' }),
    memberships: r.many('teamMembers', 'userId'),
    items: r.many('items', 'ownerId'),
    comments: r.many('comments', 'authorId'),
    attachments: r.many('attachments', 'uploaderId'),
    apiKeys: r.many('apiKeys', 'userId'),
    procoreConnections: r.many('procoreConnections', 'userId'),
    tasks: r.many('tasks', 'createdBy'),
    usageLogs: r.many('usageLogs', 'userId'),
    activityLogs: r.many('activityLogs', 'actorId'),
  }),
  teams: r => ({
    organization: r.one('organizations', 'organizationId'),
    members: r.many('users', { through: 'teamMembers' }),
    memberships: r.many('teamMembers', 'teamId'),
  }),
  teamMembers: r => ({ team: r.one('teams', 'teamId'), user: r.one('users', 'userId') }),
  userSettings: r => ({ user: r.one('users', 'userId') }),
  companies: r => ({
    organization: r.one('organizations', 'organizationId'),
    procoreConnections: r.many('procoreConnections', 'companyId'),
  }),
  items: r => ({
    organization: r.one('organizations', 'organizationId'),
    owner: r.one('users', 'ownerId'),
    tags: r.many('tags', { through: 'itemTags' }),
    comments: r.many('comments', 'itemId'),
    attachments: r.many('attachments', 'itemId'),
  }),
  tags: r => ({ items: r.many('items', { through: 'itemTags' }) }),
  itemTags: r => ({ item: r.one('items', 'itemId'), tag: r.one('tags', 'tagId') }),
  comments: r => ({
    item: r.one('items', 'itemId'),
    author: r.one('users', 'authorId'),
    parent: r.one('comments', 'parentId'),
    replies: r.many('comments', 'parentId'),
    attachments: r.many('attachments', 'commentId'),
  }),
  attachments: r => ({
    item: r.one('items', 'itemId'),
    comment: r.one('comments', 'commentId'),
    uploader: r.one('users', 'uploaderId'),
  }),
  apiKeys: r => ({
    organization: r.one('organizations', 'organizationId'),
    user: r.one('users', 'userId'),
    usageLogs: r.many('usageLogs', 'apiKeyId'),
  }),
  webhooks: r => ({ organization: r.one('organizations', 'organizationId') }),
  procoreConnections: r => ({ user: r.one('users', 'userId'), company: r.one('companies', 'companyId') }),
  tasks: r => ({ creator: r.one('users', 'createdBy'), events: r.many('taskEvents', 'taskId') }),
  taskEvents: r => ({ task: r.one('tasks', 'taskId') }),
  usageLogs: r => ({
    organization: r.one('organizations', 'organizationId'),
    user: r.one('users', 'userId'),
    apiKey: r.one('apiKeys', 'apiKeyId'),
  }),
  activityLogs: r => ({
    organization: r.one('organizations', 'organizationId'),
    actor: r.one('users', 'actorId'),
  }),
})

// By name too: where a CommonJS file is imported, `default` is the whole of it.
export { models, models as default }
