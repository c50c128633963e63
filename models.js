// Built from models/index.ts by `npm run build:js`. Do not edit.
"use strict";
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __export = (target, all) => {
  for (var name in all)
    __defProp(target, name, { get: all[name], enumerable: true });
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

// models/index.ts
var index_exports = {};
__export(index_exports, {
  activityLogs: () => activityLogs,
  apiKeys: () => apiKeys,
  attachments: () => attachments,
  comments: () => comments,
  companies: () => companies,
  createTask: () => createTask,
  default: () => models,
  itemTags: () => itemTags,
  items: () => items,
  jobQueue: () => jobQueue,
  models: () => models,
  organizations: () => organizations,
  procoreConnections: () => procoreConnections,
  setTaskStatus: () => setTaskStatus,
  tags: () => tags,
  taskEvents: () => taskEvents,
  tasks: () => tasks,
  teamMembers: () => teamMembers,
  teams: () => teams,
  usageLogs: () => usageLogs,
  userSettings: () => userSettings,
  users: () => users,
  webhooks: () => webhooks
});
module.exports = __toCommonJS(index_exports);
var import_plinth7 = require("./index.js");

// models/access.ts
var import_plinth2 = require("./index.js");

// models/columns.ts
var import_plinth = require("./index.js");
var created = { createdAt: import_plinth.c.timestamp().defaultNow() };
var timestamps = { ...created, updatedAt: import_plinth.c.timestamp().defaultNow().touch() };

// models/access.ts
var apiKeys = (0, import_plinth2.model)(
  "apiKeys",
  {
    id: import_plinth2.c.id(),
    organizationId: import_plinth2.c.integer().references("organizations.id", { onDelete: "cascade" }),
    userId: import_plinth2.c.integer().references("users.id", { onDelete: "cascade" }),
    name: import_plinth2.c.text({ max: 200 }),
    prefix: import_plinth2.c.text({ max: 32 }),
    keyHash: import_plinth2.c.text().private().unique(),
    scopes: import_plinth2.c.json().default([]),
    expiresAt: import_plinth2.c.timestamp().nullable(),
    revokedAt: import_plinth2.c.timestamp().nullable(),
    lastUsedAt: import_plinth2.c.timestamp().nullable(),
    ...timestamps
  },
  (t) => [
    (0, import_plinth2.index)(t.organizationId, t.createdAt),
    (0, import_plinth2.index)(t.userId),
    (0, import_plinth2.index)(t.prefix).where("revoked_at IS NULL").name("api_keys_live_prefix_idx")
  ]
);
var webhooks = (0, import_plinth2.model)(
  "webhooks",
  {
    id: import_plinth2.c.id(),
    organizationId: import_plinth2.c.integer().references("organizations.id", { onDelete: "cascade" }),
    url: import_plinth2.c.text({ max: 2048 }),
    secret: import_plinth2.c.text().private(),
    events: import_plinth2.c.json().default([]),
    isActive: import_plinth2.c.boolean().default(true),
    lastStatus: import_plinth2.c.integer().nullable(),
    failureCount: import_plinth2.c.integer().default(0),
    ...timestamps
  },
  (t) => [(0, import_plinth2.index)(t.organizationId, t.createdAt), (0, import_plinth2.index)(t.organizationId).where("is_active").name("webhooks_active_idx")]
);
var procoreConnections = (0, import_plinth2.model)(
  "procoreConnections",
  {
    id: import_plinth2.c.id(),
    userId: import_plinth2.c.integer().references("users.id", { onDelete: "cascade" }),
    companyId: import_plinth2.c.integer().references("companies.id", { onDelete: "cascade" }),
    accessToken: import_plinth2.c.text().private(),
    refreshToken: import_plinth2.c.text().nullable().private(),
    scopes: import_plinth2.c.json().default([]),
    expiresAt: import_plinth2.c.timestamp().nullable(),
    status: import_plinth2.c.enum("procore_connection_status", ["connected", "expired", "revoked"]).default("connected"),
    ...timestamps
  },
  // The unique constraint begins with user_id: it is that key's index too.
  (t) => [(0, import_plinth2.unique)(t.userId, t.companyId), (0, import_plinth2.index)(t.companyId), (0, import_plinth2.index)(t.status, t.expiresAt)]
);

// models/content.ts
var import_plinth3 = require("./index.js");
var items = (0, import_plinth3.model)(
  "items",
  {
    id: import_plinth3.c.id(),
    organizationId: import_plinth3.c.integer().references("organizations.id", { onDelete: "cascade" }),
    ownerId: import_plinth3.c.integer().nullable().references("users.id", { onDelete: "set null" }),
    title: import_plinth3.c.text({ max: 500 }),
    description: import_plinth3.c.text().nullable(),
    status: import_plinth3.c.enum("item_status", ["draft", "active", "archived"]).default("draft"),
    priority: import_plinth3.c.integer().default(0),
    metadata: import_plinth3.c.json().default({}),
    ...timestamps
  },
  (t) => [
    (0, import_plinth3.index)(t.organizationId, t.status, t.createdAt),
    (0, import_plinth3.index)(t.organizationId, t.createdAt).where("status = 'active'").name("items_active_idx"),
    (0, import_plinth3.index)(t.ownerId)
  ]
);
var tags = (0, import_plinth3.model)("tags", {
  id: import_plinth3.c.id(),
  name: import_plinth3.c.text({ max: 100 }).unique(),
  color: import_plinth3.c.text({ max: 32 }).nullable(),
  ...timestamps
});
var itemTags = (0, import_plinth3.model)(
  "itemTags",
  {
    itemId: import_plinth3.c.integer().primaryKey().references("items.id", { onDelete: "cascade" }),
    tagId: import_plinth3.c.integer().primaryKey().references("tags.id", { onDelete: "cascade" }),
    ...created
  },
  (t) => [(0, import_plinth3.index)(t.tagId)]
);
var comments = (0, import_plinth3.model)(
  "comments",
  {
    id: import_plinth3.c.id(),
    itemId: import_plinth3.c.integer().references("items.id", { onDelete: "cascade" }),
    authorId: import_plinth3.c.integer().nullable().references("users.id", { onDelete: "set null" }),
    parentId: import_plinth3.c.integer().nullable().references("comments.id", { onDelete: "cascade" }),
    body: import_plinth3.c.text(),
    ...timestamps
  },
  (t) => [(0, import_plinth3.index)(t.itemId, t.createdAt), (0, import_plinth3.index)(t.authorId), (0, import_plinth3.index)(t.parentId)]
);
var attachments = (0, import_plinth3.model)(
  "attachments",
  {
    id: import_plinth3.c.id(),
    itemId: import_plinth3.c.integer().references("items.id", { onDelete: "cascade" }),
    commentId: import_plinth3.c.integer().nullable().references("comments.id", { onDelete: "cascade" }),
    uploaderId: import_plinth3.c.integer().nullable().references("users.id", { onDelete: "set null" }),
    filename: import_plinth3.c.text({ max: 255 }),
    contentType: import_plinth3.c.text({ max: 255 }),
    size: import_plinth3.c.bigint().check("size >= 0"),
    storageKey: import_plinth3.c.text({ max: 1024 }).unique(),
    checksum: import_plinth3.c.bytes().nullable(),
    ...created
  },
  (t) => [(0, import_plinth3.index)(t.itemId, t.createdAt), (0, import_plinth3.index)(t.commentId), (0, import_plinth3.index)(t.uploaderId)]
);

// models/identity.ts
var import_plinth4 = require("./index.js");
var organizations = (0, import_plinth4.model)(
  "organizations",
  {
    id: import_plinth4.c.id(),
    name: import_plinth4.c.text({ max: 200 }),
    slug: import_plinth4.c.text({ max: 100 }).unique(),
    plan: import_plinth4.c.enum("organization_plan", ["free", "team", "enterprise"]).default("free"),
    ownerId: import_plinth4.c.integer().nullable().references("users.id", { onDelete: "set null" }),
    ...timestamps
  },
  (t) => [(0, import_plinth4.index)(t.ownerId), (0, import_plinth4.index)(t.createdAt)]
);
var users = (0, import_plinth4.model)(
  "users",
  {
    id: import_plinth4.c.id(),
    organizationId: import_plinth4.c.integer().nullable().references("organizations.id", { onDelete: "set null" }),
    email: import_plinth4.c.text({ max: 320 }).lowercase().unique(),
    name: import_plinth4.c.text({ max: 200 }).nullable(),
    role: import_plinth4.c.enum("user_role", ["owner", "admin", "member", "viewer"]).default("member"),
    passwordHash: import_plinth4.c.text().nullable().private(),
    isActive: import_plinth4.c.boolean().default(true),
    lastSeenAt: import_plinth4.c.timestamp().nullable(),
    ...timestamps
  },
  (t) => [(0, import_plinth4.index)(t.organizationId, t.createdAt), (0, import_plinth4.index)(t.role, t.createdAt)]
);
var teams = (0, import_plinth4.model)(
  "teams",
  {
    id: import_plinth4.c.id(),
    organizationId: import_plinth4.c.integer().references("organizations.id", { onDelete: "cascade" }),
    name: import_plinth4.c.text({ max: 200 }),
    ...timestamps
  },
  // The unique constraint begins with the foreign key: it is the key's index too.
  (t) => [(0, import_plinth4.unique)(t.organizationId, t.name)]
);
var teamMembers = (0, import_plinth4.model)(
  "teamMembers",
  {
    teamId: import_plinth4.c.integer().primaryKey().references("teams.id", { onDelete: "cascade" }),
    userId: import_plinth4.c.integer().primaryKey().references("users.id", { onDelete: "cascade" }),
    role: import_plinth4.c.enum("team_role", ["lead", "member"]).default("member"),
    ...timestamps
  },
  (t) => [(0, import_plinth4.index)(t.userId)]
);
var userSettings = (0, import_plinth4.model)("userSettings", {
  userId: import_plinth4.c.integer().primaryKey().references("users.id", { onDelete: "cascade" }),
  theme: import_plinth4.c.enum("user_theme", ["system", "light", "dark"]).default("system"),
  locale: import_plinth4.c.text({ max: 35 }).default("en"),
  timeZone: import_plinth4.c.text({ max: 64 }).default("UTC"),
  preferences: import_plinth4.c.json().default({}),
  ...timestamps
});
var companies = (0, import_plinth4.model)(
  "companies",
  {
    id: import_plinth4.c.id(),
    organizationId: import_plinth4.c.integer().references("organizations.id", { onDelete: "cascade" }),
    name: import_plinth4.c.text({ max: 200 }),
    externalId: import_plinth4.c.text({ max: 200 }).nullable(),
    isActive: import_plinth4.c.boolean().default(true),
    ...timestamps
  },
  (t) => [(0, import_plinth4.index)(t.organizationId, t.name), (0, import_plinth4.index)(t.externalId).unique().where("external_id IS NOT NULL")]
);

// models/telemetry.ts
var import_plinth5 = require("./index.js");
var usageLogs = (0, import_plinth5.model)(
  "usageLogs",
  {
    id: import_plinth5.c.bigId(),
    organizationId: import_plinth5.c.integer().nullable().references("organizations.id", { onDelete: "set null" }),
    userId: import_plinth5.c.integer().nullable().references("users.id", { onDelete: "set null" }),
    apiKeyId: import_plinth5.c.integer().nullable().references("apiKeys.id", { onDelete: "set null" }),
    metric: import_plinth5.c.text({ max: 100 }),
    quantity: import_plinth5.c.decimal(18, 6),
    occurredAt: import_plinth5.c.timestamp().defaultNow(),
    ...created
  },
  (t) => [
    (0, import_plinth5.index)(t.organizationId, t.metric, t.occurredAt),
    (0, import_plinth5.index)(t.userId, t.occurredAt),
    (0, import_plinth5.index)(t.apiKeyId, t.occurredAt)
  ]
);
var activityLogs = (0, import_plinth5.model)(
  "activityLogs",
  {
    id: import_plinth5.c.bigId(),
    organizationId: import_plinth5.c.integer().nullable().references("organizations.id", { onDelete: "set null" }),
    actorId: import_plinth5.c.integer().nullable().references("users.id", { onDelete: "set null" }),
    action: import_plinth5.c.text({ max: 100 }),
    entityType: import_plinth5.c.text({ max: 100 }),
    entityId: import_plinth5.c.text({ max: 100 }),
    changes: import_plinth5.c.json().nullable(),
    ip: import_plinth5.c.text({ max: 45 }).nullable(),
    ...created
  },
  (t) => [
    (0, import_plinth5.index)(t.entityType, t.entityId, t.createdAt),
    (0, import_plinth5.index)(t.organizationId, t.createdAt),
    (0, import_plinth5.index)(t.actorId, t.createdAt)
  ]
);

// models/work.ts
var import_plinth6 = require("./index.js");
var taskStatuses = ["pending", "running", "succeeded", "failed", "cancelled"];
var tasks = (0, import_plinth6.model)(
  "tasks",
  {
    id: import_plinth6.c.uuid().primaryKey().defaultRandom(),
    type: import_plinth6.c.text({ max: 100 }),
    status: import_plinth6.c.enum("task_status", taskStatuses).default("pending"),
    payload: import_plinth6.c.json().default({}),
    result: import_plinth6.c.json().nullable(),
    error: import_plinth6.c.text().nullable(),
    priority: import_plinth6.c.integer().default(0),
    createdBy: import_plinth6.c.integer().nullable().references("users.id", { onDelete: "set null" }),
    startedAt: import_plinth6.c.timestamp().nullable(),
    finishedAt: import_plinth6.c.timestamp().nullable(),
    ...timestamps
  },
  (t) => [
    (0, import_plinth6.index)(t.priority, t.createdAt).where("status = 'pending'").name("tasks_pending_idx"),
    (0, import_plinth6.index)(t.status, t.createdAt),
    (0, import_plinth6.index)(t.createdBy, t.createdAt)
  ]
);
var taskEvents = (0, import_plinth6.model)(
  "taskEvents",
  {
    id: import_plinth6.c.id(),
    taskId: import_plinth6.c.uuid().references("tasks.id", { onDelete: "cascade" }),
    kind: import_plinth6.c.enum("task_event_kind", ["created", "status_changed", "progress", "log"]),
    fromStatus: import_plinth6.c.enum("task_status", taskStatuses).nullable(),
    toStatus: import_plinth6.c.enum("task_status", taskStatuses).nullable(),
    detail: import_plinth6.c.json().nullable(),
    ...created
  },
  (t) => [(0, import_plinth6.index)(t.taskId, t.createdAt)]
);
var jobQueue = (0, import_plinth6.model)(
  "jobQueue",
  {
    id: import_plinth6.c.id(),
    queue: import_plinth6.c.text({ max: 100 }).default("default"),
    payload: import_plinth6.c.json().default({}),
    status: import_plinth6.c.enum("job_status", ["queued", "running", "done", "dead"]).default("queued"),
    attempts: import_plinth6.c.integer().default(0),
    maxAttempts: import_plinth6.c.integer().default(5),
    runAt: import_plinth6.c.timestamp().defaultNow(),
    lockedBy: import_plinth6.c.text({ max: 200 }).nullable(),
    lockedUntil: import_plinth6.c.timestamp().nullable(),
    lastError: import_plinth6.c.text().nullable(),
    ...timestamps
  },
  (t) => [
    (0, import_plinth6.index)(t.queue, t.runAt).where("status = 'queued'").name("job_queue_queued_idx"),
    (0, import_plinth6.index)(t.lockedUntil).where("status = 'running'").name("job_queue_running_idx"),
    (0, import_plinth6.index)(t.status, t.createdAt)
  ]
);

// models/tasks.ts
function createTask(db, values) {
  return db.transaction(async (tx) => {
    const task = await tx.tasks.create(values);
    await tx.taskEvents.create({ taskId: task.id, kind: "created", toStatus: task.status });
    return task;
  });
}
function setTaskStatus(db, id, status, detail) {
  return db.transaction(async (tx) => {
    const before = await tx.tasks.get(id);
    const task = await tx.tasks.update(id, { status, ...moments(before, status, /* @__PURE__ */ new Date()) });
    await tx.taskEvents.create({
      taskId: id,
      kind: "status_changed",
      fromStatus: before?.status ?? null,
      toStatus: status,
      detail: detail ?? null
    });
    return task;
  });
}
function moments(before, status, now) {
  if (status === "pending") return { startedAt: null, finishedAt: null };
  if (status !== "running") return { finishedAt: now };
  return { startedAt: before?.status === "running" ? before.startedAt ?? now : now, finishedAt: null };
}

// models/index.ts
var tables = {
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
  activityLogs
};
var models = (0, import_plinth7.schema)(tables, {
  organizations: (r) => ({
    owner: r.one("users", "ownerId"),
    users: r.many("users", "organizationId"),
    teams: r.many("teams", "organizationId"),
    companies: r.many("companies", "organizationId"),
    items: r.many("items", "organizationId"),
    apiKeys: r.many("apiKeys", "organizationId"),
    webhooks: r.many("webhooks", "organizationId"),
    usageLogs: r.many("usageLogs", "organizationId"),
    activityLogs: r.many("activityLogs", "organizationId")
  }),
  users: (r) => ({
    organization: r.one("organizations", "organizationId"),
    ownedOrganizations: r.many("organizations", "ownerId"),
    settings: r.has("userSettings", "userId"),
    teams: r.many("teams", { through: "teamMembers" }),
    memberships: r.many("teamMembers", "userId"),
    items: r.many("items", "ownerId"),
    comments: r.many("comments", "authorId"),
    attachments: r.many("attachments", "uploaderId"),
    apiKeys: r.many("apiKeys", "userId"),
    procoreConnections: r.many("procoreConnections", "userId"),
    tasks: r.many("tasks", "createdBy"),
    usageLogs: r.many("usageLogs", "userId"),
    activityLogs: r.many("activityLogs", "actorId")
  }),
  teams: (r) => ({
    organization: r.one("organizations", "organizationId"),
    members: r.many("users", { through: "teamMembers" }),
    memberships: r.many("teamMembers", "teamId")
  }),
  teamMembers: (r) => ({ team: r.one("teams", "teamId"), user: r.one("users", "userId") }),
  userSettings: (r) => ({ user: r.one("users", "userId") }),
  companies: (r) => ({
    organization: r.one("organizations", "organizationId"),
    procoreConnections: r.many("procoreConnections", "companyId")
  }),
  items: (r) => ({
    organization: r.one("organizations", "organizationId"),
    owner: r.one("users", "ownerId"),
    tags: r.many("tags", { through: "itemTags" }),
    comments: r.many("comments", "itemId"),
    attachments: r.many("attachments", "itemId")
  }),
  tags: (r) => ({ items: r.many("items", { through: "itemTags" }) }),
  itemTags: (r) => ({ item: r.one("items", "itemId"), tag: r.one("tags", "tagId") }),
  comments: (r) => ({
    item: r.one("items", "itemId"),
    author: r.one("users", "authorId"),
    parent: r.one("comments", "parentId"),
    replies: r.many("comments", "parentId"),
    attachments: r.many("attachments", "commentId")
  }),
  attachments: (r) => ({
    item: r.one("items", "itemId"),
    comment: r.one("comments", "commentId"),
    uploader: r.one("users", "uploaderId")
  }),
  apiKeys: (r) => ({
    organization: r.one("organizations", "organizationId"),
    user: r.one("users", "userId"),
    usageLogs: r.many("usageLogs", "apiKeyId")
  }),
  webhooks: (r) => ({ organization: r.one("organizations", "organizationId") }),
  procoreConnections: (r) => ({ user: r.one("users", "userId"), company: r.one("companies", "companyId") }),
  tasks: (r) => ({ creator: r.one("users", "createdBy"), events: r.many("taskEvents", "taskId") }),
  taskEvents: (r) => ({ task: r.one("tasks", "taskId") }),
  usageLogs: (r) => ({
    organization: r.one("organizations", "organizationId"),
    user: r.one("users", "userId"),
    apiKey: r.one("apiKeys", "apiKeyId")
  }),
  activityLogs: (r) => ({
    organization: r.one("organizations", "organizationId"),
    actor: r.one("users", "actorId")
  })
});
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  activityLogs,
  apiKeys,
  attachments,
  comments,
  companies,
  createTask,
  itemTags,
  items,
  jobQueue,
  models,
  organizations,
  procoreConnections,
  setTaskStatus,
  tags,
  taskEvents,
  tasks,
  teamMembers,
  teams,
  usageLogs,
  userSettings,
  users,
  webhooks
});
