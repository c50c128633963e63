// Built from models/index.ts by `npm run build:js`. Do not edit.
import * as plinth from './index.js';
import { Insert, Update, Add, Row, Key } from './index.js';

/** The bundled models of access: API keys, webhooks and connections to Procore. What is secret in them is private. */
/** A key that programs call with: its prefix finds it, its hash proves it. */
declare const apiKeys: plinth.Model<"apiKeys", {
    updatedAt: plinth.Column<"order", Date, "default">;
    createdAt: plinth.Column<"order", Date, "default">;
    id: plinth.Column<"number", number, "default" | "key">;
    organizationId: plinth.Column<"number", number, never>;
    userId: plinth.Column<"number", number, never>;
    name: plinth.Column<"text", string, never>;
    prefix: plinth.Column<"text", string, never>;
    keyHash: plinth.Column<"text", string, "private">;
    scopes: plinth.Column<"json", string[], "default">;
    expiresAt: plinth.Column<"order", Date, "nullable">;
    revokedAt: plinth.Column<"order", Date, "nullable">;
    lastUsedAt: plinth.Column<"order", Date, "nullable">;
}>;
/** A URL to tell of events. */
declare const webhooks: plinth.Model<"webhooks", {
    updatedAt: plinth.Column<"order", Date, "default">;
    createdAt: plinth.Column<"order", Date, "default">;
    id: plinth.Column<"number", number, "default" | "key">;
    organizationId: plinth.Column<"number", number, never>;
    url: plinth.Column<"text", string, never>;
    secret: plinth.Column<"text", string, "private">;
    events: plinth.Column<"json", string[], "default">;
    isActive: plinth.Column<"equal", boolean, "default">;
    lastStatus: plinth.Column<"number", number, "nullable">;
    failureCount: plinth.Column<"number", number, "default">;
}>;
/** A user's connection to a company in Procore. */
declare const procoreConnections: plinth.Model<"procoreConnections", {
    updatedAt: plinth.Column<"order", Date, "default">;
    createdAt: plinth.Column<"order", Date, "default">;
    id: plinth.Column<"number", number, "default" | "key">;
    userId: plinth.Column<"number", number, never>;
    companyId: plinth.Column<"number", number, never>;
    accessToken: plinth.Column<"text", string, "private">;
    refreshToken: plinth.Column<"text", string, "nullable" | "private">;
    scopes: plinth.Column<"json", string[], "default">;
    expiresAt: plinth.Column<"order", Date, "nullable">;
    status: plinth.Column<"equal", "connected" | "expired" | "revoked", "default">;
}>;

/** The bundled models of content: items, their tags, comments and attachments. */
/** Whatever the service is about. */
declare const items: plinth.Model<"items", {
    updatedAt: plinth.Column<"order", Date, "default">;
    createdAt: plinth.Column<"order", Date, "default">;
    id: plinth.Column<"number", number, "default" | "key">;
    organizationId: plinth.Column<"number", number, never>;
    ownerId: plinth.Column<"number", number, "nullable">;
    title: plinth.Column<"text", string, never>;
    description: plinth.Column<"text", string, "nullable">;
    status: plinth.Column<"equal", "draft" | "active" | "archived", "default">;
    priority: plinth.Column<"number", number, "default">;
    metadata: plinth.Column<"json", Record<string, unknown>, "default">;
}>;
/** A word to find items by. */
declare const tags: plinth.Model<"tags", {
    updatedAt: plinth.Column<"order", Date, "default">;
    createdAt: plinth.Column<"order", Date, "default">;
    id: plinth.Column<"number", number, "default" | "key">;
    name: plinth.Column<"text", string, never>;
    color: plinth.Column<"text", string, "nullable">;
}>;
/** Which items have which tags. */
declare const itemTags: plinth.Model<"itemTags", {
    createdAt: plinth.Column<"order", Date, "default">;
    itemId: plinth.Column<"number", number, "key">;
    tagId: plinth.Column<"number", number, "key">;
}>;
/** A comment of a person on an item, or in answer to another comment. */
declare const comments: plinth.Model<"comments", {
    updatedAt: plinth.Column<"order", Date, "default">;
    createdAt: plinth.Column<"order", Date, "default">;
    id: plinth.Column<"number", number, "default" | "key">;
    itemId: plinth.Column<"number", number, never>;
    authorId: plinth.Column<"number", number, "nullable">;
    parentId: plinth.Column<"number", number, "nullable">;
    body: plinth.Column<"text", string, never>;
}>;
/** A file that belongs to an item or to a comment on it; its bytes are stored elsewhere. */
declare const attachments: plinth.Model<"attachments", {
    createdAt: plinth.Column<"order", Date, "default">;
    id: plinth.Column<"number", number, "default" | "key">;
    itemId: plinth.Column<"number", number, never>;
    commentId: plinth.Column<"number", number, "nullable">;
    uploaderId: plinth.Column<"number", number, "nullable">;
    filename: plinth.Column<"text", string, never>;
    contentType: plinth.Column<"text", string, never>;
    size: plinth.Column<"number", bigint, never>;
    storageKey: plinth.Column<"text", string, never>;
    checksum: plinth.Column<"equal", Uint8Array, "nullable">;
}>;

/** The bundled models of identity: organizations, users, teams, their settings and companies. */
/** A customer: whom users and data belong to. */
declare const organizations: plinth.Model<"organizations", {
    updatedAt: plinth.Column<"order", Date, "default">;
    createdAt: plinth.Column<"order", Date, "default">;
    id: plinth.Column<"number", number, "default" | "key">;
    name: plinth.Column<"text", string, never>;
    slug: plinth.Column<"text", string, never>;
    plan: plinth.Column<"equal", "free" | "team" | "enterprise", "default">;
    ownerId: plinth.Column<"number", number, "nullable">;
}>;
/** A person who can log in, once a password is set. */
declare const users: plinth.Model<"users", {
    updatedAt: plinth.Column<"order", Date, "default">;
    createdAt: plinth.Column<"order", Date, "default">;
    id: plinth.Column<"number", number, "default" | "key">;
    organizationId: plinth.Column<"number", number, "nullable">;
    email: plinth.Column<"text", string, never>;
    name: plinth.Column<"text", string, "nullable">;
    role: plinth.Column<"equal", "owner" | "admin" | "member" | "viewer", "default">;
    passwordHash: plinth.Column<"text", string, "nullable" | "private">;
    isActive: plinth.Column<"equal", boolean, "default">;
    lastSeenAt: plinth.Column<"order", Date, "nullable">;
}>;
/** A group of users within an organization. */
declare const teams: plinth.Model<"teams", {
    updatedAt: plinth.Column<"order", Date, "default">;
    createdAt: plinth.Column<"order", Date, "default">;
    id: plinth.Column<"number", number, "default" | "key">;
    organizationId: plinth.Column<"number", number, never>;
    name: plinth.Column<"text", string, never>;
}>;
/** Which users are in which teams. */
declare const teamMembers: plinth.Model<"teamMembers", {
    updatedAt: plinth.Column<"order", Date, "default">;
    createdAt: plinth.Column<"order", Date, "default">;
    teamId: plinth.Column<"number", number, "key">;
    userId: plinth.Column<"number", number, "key">;
    role: plinth.Column<"equal", "member" | "lead", "default">;
}>;
/** The settings of a user: at most one row for each user. */
declare const userSettings: plinth.Model<"userSettings", {
    updatedAt: plinth.Column<"order", Date, "default">;
    createdAt: plinth.Column<"order", Date, "default">;
    userId: plinth.Column<"number", number, "key">;
    theme: plinth.Column<"equal", "system" | "light" | "dark", "default">;
    locale: plinth.Column<"text", string, "default">;
    timeZone: plinth.Column<"text", string, "default">;
    preferences: plinth.Column<"json", Record<string, unknown>, "default">;
}>;
/** A company that an organization works with, perhaps known to another system too. */
declare const companies: plinth.Model<"companies", {
    updatedAt: plinth.Column<"order", Date, "default">;
    createdAt: plinth.Column<"order", Date, "default">;
    id: plinth.Column<"number", number, "default" | "key">;
    organizationId: plinth.Column<"number", number, never>;
    name: plinth.Column<"text", string, never>;
    externalId: plinth.Column<"text", string, "nullable">;
    isActive: plinth.Column<"equal", boolean, "default">;
}>;

/** The bundled models of telemetry: used features, and actions of users. Both only grow. */
/** So much of a metric, used at a moment. */
declare const usageLogs: plinth.Model<"usageLogs", {
    createdAt: plinth.Column<"order", Date, "default">;
    id: plinth.Column<"number", bigint, "default" | "key">;
    organizationId: plinth.Column<"number", number, "nullable">;
    userId: plinth.Column<"number", number, "nullable">;
    apiKeyId: plinth.Column<"number", number, "nullable">;
    metric: plinth.Column<"text", string, never>;
    quantity: plinth.Column<"number", string, never>;
    occurredAt: plinth.Column<"order", Date, "default">;
}>;
/** Who did what to which thing. */
declare const activityLogs: plinth.Model<"activityLogs", {
    createdAt: plinth.Column<"order", Date, "default">;
    id: plinth.Column<"number", bigint, "default" | "key">;
    organizationId: plinth.Column<"number", number, "nullable">;
    actorId: plinth.Column<"number", number, "nullable">;
    action: plinth.Column<"text", string, never>;
    entityType: plinth.Column<"text", string, never>;
    entityId: plinth.Column<"text", string, never>;
    changes: plinth.Column<"json", Record<string, unknown>, "nullable">;
    ip: plinth.Column<"text", string, "nullable">;
}>;

/** The bundled models of work: tasks with their events, and the job queue. The functions that keep them in step are in tasks.ts. */
/** Something a service does for a user, and shows how far it is. */
declare const tasks: plinth.Model<"tasks", {
    updatedAt: plinth.Column<"order", Date, "default">;
    createdAt: plinth.Column<"order", Date, "default">;
    id: plinth.Column<"equal", string, "default" | "key">;
    type: plinth.Column<"text", string, never>;
    status: plinth.Column<"equal", "pending" | "running" | "succeeded" | "failed" | "cancelled", "default">;
    payload: plinth.Column<"json", unknown, "default">;
    result: plinth.Column<"json", unknown, "nullable">;
    error: plinth.Column<"text", string, "nullable">;
    priority: plinth.Column<"number", number, "default">;
    createdBy: plinth.Column<"number", number, "nullable">;
    startedAt: plinth.Column<"order", Date, "nullable">;
    finishedAt: plinth.Column<"order", Date, "nullable">;
}>;
/** The events of a task. Never changed, only added to. */
declare const taskEvents: plinth.Model<"taskEvents", {
    createdAt: plinth.Column<"order", Date, "default">;
    id: plinth.Column<"number", number, "default" | "key">;
    taskId: plinth.Column<"equal", string, never>;
    kind: plinth.Column<"equal", "created" | "status_changed" | "progress" | "log", never>;
    fromStatus: plinth.Column<"equal", "pending" | "running" | "succeeded" | "failed" | "cancelled", "nullable">;
    toStatus: plinth.Column<"equal", "pending" | "running" | "succeeded" | "failed" | "cancelled", "nullable">;
    detail: plinth.Column<"json", unknown, "nullable">;
}>;
/** Work for the service itself, taken by one worker at a time: see jobs.ts. */
declare const jobQueue: plinth.Model<"jobQueue", {
    updatedAt: plinth.Column<"order", Date, "default">;
    createdAt: plinth.Column<"order", Date, "default">;
    id: plinth.Column<"number", number, "default" | "key">;
    queue: plinth.Column<"text", string, "default">;
    uniqueKey: plinth.Column<"text", string, "nullable">;
    payload: plinth.Column<"json", unknown, "default">;
    status: plinth.Column<"equal", "running" | "queued" | "done" | "dead", "default">;
    priority: plinth.Column<"number", number, "default">;
    attempts: plinth.Column<"number", number, "default">;
    maxAttempts: plinth.Column<"number", number, "default">;
    runAt: plinth.Column<"order", Date, "default">;
    token: plinth.Column<"equal", string, "nullable">;
    lockedBy: plinth.Column<"text", string, "nullable">;
    lockedUntil: plinth.Column<"order", Date, "nullable">;
    lastError: plinth.Column<"text", string, "nullable">;
}>;

/** The job queue: jobs are enqueued, claimed for a time, and finished or failed by the claim that still holds them. */

type JobRow = Row<typeof jobQueue>;
/** A job of the queue. `Payload` is the type of its payload, which nothing checks at run time. */
type Job<Payload = unknown> = Omit<JobRow, 'payload'> & {
    payload: Payload;
};
/** A job that a worker holds, until `lockedUntil` and longer if no other worker claims it. */
type ClaimedJob<Payload = unknown> = Job<Payload> & {
    status: 'running';
    token: string;
    lockedUntil: Date;
};
/** A job to enqueue. */
interface NewJob<Payload = unknown> {
    /** The work: any JSON; `{}` without it. */
    payload?: Payload | undefined;
    /** The queue that it waits in; `default` without it. */
    queue?: string | undefined;
    /** Jobs of a higher priority are claimed first; 0 without it. */
    priority?: number | undefined;
    /** Not to be claimed before this time; at once without it. */
    runAt?: Date | undefined;
    /** How often it may be claimed before it is dead; 5 without it. */
    maxAttempts?: number | undefined;
    /** At most one job has this key, whatever its status, as long as its row exists. */
    uniqueKey?: string | undefined;
}
/** Options of `claimJobs`. */
interface ClaimJobsOptions {
    /** The queue; `default` without it. */
    queue?: string | undefined;
    /** At most so many; 1 without it. */
    limit?: number | undefined;
    /** How many milliseconds the claim holds the jobs; 60,000 without it. */
    lease?: number | undefined;
    /** The name of the worker, for the column `lockedBy`. */
    worker?: string | undefined;
}
/** Options of `extendJob`. */
interface ExtendJobOptions {
    /** How many milliseconds from now the claim holds the job; 60,000 without it. */
    lease?: number | undefined;
}
/** Options of `failJob`. */
interface FailJobOptions {
    /** `false`: the job is dead at once, however many attempts are left. */
    retry?: boolean | undefined;
    /** How many milliseconds the job waits after its first attempt; 1,000 without it. Each further attempt doubles the wait. */
    backoff?: number | undefined;
    /** The longest wait in milliseconds; 3,600,000 without it, an hour. */
    backoffLimit?: number | undefined;
}
/** A database, a transaction or a session whose schema has `jobQueue`. */
interface JobDb {
    readonly jobQueue: {
        find(query: {
            where: {
                id: number;
            };
            select: Seen[];
        }): Promise<Pick<JobRow, Seen> | null>;
        find(query: {
            where: {
                uniqueKey: string;
            };
        }): Promise<JobRow | null>;
        create(values: Insert<typeof jobQueue>): Promise<JobRow>;
        createMany(rows: Insert<typeof jobQueue>[], options: {
            skipDuplicates: 'uniqueKey'[];
        }): Promise<JobRow[]>;
        update(id: number, values: Update<typeof jobQueue>, options: {
            where: Held;
        }): Promise<JobRow>;
        updateMany(query: {
            where: {
                id: {
                    in: number[];
                };
                token: string;
            };
        }, values: Changes): Promise<number>;
        claim(query: JobClaim): Promise<JobRow[]>;
    };
}
type Seen = 'status' | 'lockedBy';
type Held = {
    token: string;
    status: 'running';
};
type Changes = Omit<Update<typeof jobQueue>, 'id' | 'attempts'> & {
    attempts?: Add<number>;
};
type Waiting = {
    runAt: {
        lte: Date;
    };
} | {
    lockedUntil: {
        lte: Date;
    };
};
interface JobClaim {
    where: {
        queue: string;
        status: 'queued' | 'running';
    } & Waiting;
    orderBy: ({
        priority: 'desc';
    } | {
        runAt: 'asc';
    } | {
        id: 'asc';
    })[];
    limit: number;
    set: Changes;
}
/**
 * Adds a job to its queue. In a transaction the job exists once that is committed. If there is a job with the same `uniqueKey`,
 * nothing is added, and that job is returned as it is.
 *
 * @param db a database, transaction or session
 * @param values the job
 * @example
 * const job = await enqueue(db, { payload: { to: 'ada@example.com' }, uniqueKey: 'welcome ada' })
 */
declare function enqueue<Payload = unknown>(db: JobDb, values: NewJob<Payload>): Promise<Job<Payload>>;
/**
 * Claims jobs whose time has come, for one worker: jobs whose lease ran out before the others, then by priority and time. Every claim
 * of a job is an attempt. A job whose lease runs out is claimed again, or is dead if it has no attempt left: work is done at least
 * once. The jobs of one call share a token, by which `extendJob`, `finishJob` and `failJob` know the claim.
 *
 * @param db a database; a claim in a transaction is undone with it
 * @param options which jobs, how many, and for how long
 * @example
 * for (const job of await claimJobs<{ to: string }>(db, { limit: 10, lease: 30_000 })) {
 *   console.log(job.payload.to)
 *   await finishJob(db, job)
 * }
 */
declare function claimJobs<Payload = unknown>(db: JobDb, options?: ClaimJobsOptions): Promise<ClaimedJob<Payload>[]>;
/**
 * Extends the lease of a claimed job: call it while long work goes on. Throws StaleRow if the claim does not hold the job
 * anymore, and NotFound if there is no such job.
 *
 * @param db a database, transaction or session
 * @param job a job as `claimJobs` returned it
 * @param options for how long
 * @example
 * const [job] = await claimJobs(db)
 * if (job) await extendJob(db, job, { lease: 120_000 })
 */
declare function extendJob<Payload = unknown>(db: JobDb, job: Pick<ClaimedJob<Payload>, 'id' | 'token'>, options?: ExtendJobOptions): Promise<ClaimedJob<Payload>>;
/**
 * Marks a claimed job as done. In the transaction that writes the effect of the job, both are committed together, or neither is.
 * Throws StaleRow if the claim does not hold the job anymore, and NotFound if there is no such job.
 *
 * @param db a database, transaction or session
 * @param job a job as `claimJobs` returned it
 * @example
 * const [job] = await claimJobs(db)
 * if (job) {
 *   await db.transaction(async tx => {
 *     await tx.tags.create({ name: `from job ${job.id}` })
 *     await finishJob(tx, job)
 *   })
 * }
 */
declare function finishJob<Payload = unknown>(db: JobDb, job: Pick<ClaimedJob<Payload>, 'id' | 'token'>): Promise<Job<Payload>>;
/**
 * Ends an attempt that failed: the job is queued again after a wait, which doubles with each attempt, or is dead if it has no
 * attempt left. Throws StaleRow if the claim does not hold the job anymore, and NotFound if there is no such job.
 *
 * @param db a database, transaction or session; not the transaction that failed
 * @param job a job as `claimJobs` returned it
 * @param error what went wrong, for the column `lastError`
 * @param options whether to try again, and when
 * @example
 * const [job] = await claimJobs(db)
 * if (job) {
 *   const { status, runAt } = await failJob(db, job, new Error('no answer'), { backoff: 5_000 })
 *   console.log(status, runAt)
 * }
 */
declare function failJob<Payload = unknown>(db: JobDb, job: Pick<ClaimedJob<Payload>, 'id' | 'token' | 'attempts' | 'maxAttempts'>, error: unknown, options?: FailJobOptions): Promise<Job<Payload>>;

/** Making a task and changing its status, each with its event: the two never disagree, since one transaction writes both. */

type Task = Row<typeof tasks>;
/** The status of a task. */
type TaskStatus = Task['status'];
/** The tables that the functions need. */
interface TaskTables {
    readonly tasks: {
        get(id: Key<typeof tasks>): Promise<Task | null>;
        create(values: Insert<typeof tasks>): Promise<Task>;
        update(id: Key<typeof tasks>, values: Update<typeof tasks>, options?: {
            where: {
                status: TaskStatus;
            };
        }): Promise<Task>;
    };
    readonly taskEvents: {
        create(values: Insert<typeof taskEvents>): Promise<unknown>;
    };
}
/** A database, a transaction or a session whose schema has `tasks` and `taskEvents`. */
interface TaskDb {
    transaction<T>(work: (tx: TaskTables) => Promise<T>): Promise<T>;
}
/**
 * Creates a task and its `created` event.
 *
 * @param db a database, transaction or session
 * @param values the task
 * @example
 * const task = await createTask(db, { type: 'report', payload: { month: '2026-11' }, createdBy: user.id })
 */
declare function createTask(db: TaskDb, values: Insert<typeof tasks>): Promise<Task>;
/**
 * Changes a task's status and records the change. A task that begins to run gets its `startedAt`, one that ends its
 * `finishedAt`; one that goes back to pending loses both. Throws NotFound when there is no such task, and
 * StaleRow when something else changed its status meanwhile.
 *
 * @param db a database, transaction or session
 * @param id the task
 * @param status its new status
 * @param detail any JSON to record with the event
 * @example
 * await setTaskStatus(db, task.id, 'failed', { reason: 'timeout' })
 */
declare function setTaskStatus(db: TaskDb, id: Key<typeof tasks>, status: TaskStatus, detail?: unknown): Promise<Task>;

/**
 * The bundled models by name. Written out, so that the declarations say `Tables` where they would repeat every column of
 * every model for every relation.
 */
type Tables = {
    organizations: typeof organizations;
    users: typeof users;
    teams: typeof teams;
    teamMembers: typeof teamMembers;
    userSettings: typeof userSettings;
    companies: typeof companies;
    items: typeof items;
    tags: typeof tags;
    itemTags: typeof itemTags;
    comments: typeof comments;
    attachments: typeof attachments;
    apiKeys: typeof apiKeys;
    webhooks: typeof webhooks;
    procoreConnections: typeof procoreConnections;
    tasks: typeof tasks;
    taskEvents: typeof taskEvents;
    jobQueue: typeof jobQueue;
    usageLogs: typeof usageLogs;
    activityLogs: typeof activityLogs;
};
/** All bundled models and their relations. */
declare const models: plinth.Schema<Tables, {
    organizations: {
        owner: plinth.Relation<"one", "users", "ownerId">;
        users: plinth.Relation<"many", "users", never>;
        teams: plinth.Relation<"many", "teams", never>;
        companies: plinth.Relation<"many", "companies", never>;
        items: plinth.Relation<"many", "items", never>;
        apiKeys: plinth.Relation<"many", "apiKeys", never>;
        webhooks: plinth.Relation<"many", "webhooks", never>;
        usageLogs: plinth.Relation<"many", "usageLogs", never>;
        activityLogs: plinth.Relation<"many", "activityLogs", never>;
    };
    users: {
        organization: plinth.Relation<"one", "organizations", "organizationId">;
        ownedOrganizations: plinth.Relation<"many", "organizations", never>;
        settings: plinth.Relation<"has", "userSettings", never>;
        teams: plinth.Relation<"many", "teams", never>;
        memberships: plinth.Relation<"many", "teamMembers", never>;
        items: plinth.Relation<"many", "items", never>;
        comments: plinth.Relation<"many", "comments", never>;
        attachments: plinth.Relation<"many", "attachments", never>;
        apiKeys: plinth.Relation<"many", "apiKeys", never>;
        procoreConnections: plinth.Relation<"many", "procoreConnections", never>;
        tasks: plinth.Relation<"many", "tasks", never>;
        usageLogs: plinth.Relation<"many", "usageLogs", never>;
        activityLogs: plinth.Relation<"many", "activityLogs", never>;
    };
    teams: {
        organization: plinth.Relation<"one", "organizations", "organizationId">;
        members: plinth.Relation<"many", "users", never>;
        memberships: plinth.Relation<"many", "teamMembers", never>;
    };
    teamMembers: {
        team: plinth.Relation<"one", "teams", "teamId">;
        user: plinth.Relation<"one", "users", "userId">;
    };
    userSettings: {
        user: plinth.Relation<"one", "users", "userId">;
    };
    companies: {
        organization: plinth.Relation<"one", "organizations", "organizationId">;
        procoreConnections: plinth.Relation<"many", "procoreConnections", never>;
    };
    items: {
        organization: plinth.Relation<"one", "organizations", "organizationId">;
        owner: plinth.Relation<"one", "users", "ownerId">;
        tags: plinth.Relation<"many", "tags", never>;
        comments: plinth.Relation<"many", "comments", never>;
        attachments: plinth.Relation<"many", "attachments", never>;
    };
    tags: {
        items: plinth.Relation<"many", "items", never>;
    };
    itemTags: {
        item: plinth.Relation<"one", "items", "itemId">;
        tag: plinth.Relation<"one", "tags", "tagId">;
    };
    comments: {
        item: plinth.Relation<"one", "items", "itemId">;
        author: plinth.Relation<"one", "users", "authorId">;
        parent: plinth.Relation<"one", "comments", "parentId">;
        replies: plinth.Relation<"many", "comments", never>;
        attachments: plinth.Relation<"many", "attachments", never>;
    };
    attachments: {
        item: plinth.Relation<"one", "items", "itemId">;
        comment: plinth.Relation<"one", "comments", "commentId">;
        uploader: plinth.Relation<"one", "users", "uploaderId">;
    };
    apiKeys: {
        organization: plinth.Relation<"one", "organizations", "organizationId">;
        user: plinth.Relation<"one", "users", "userId">;
        usageLogs: plinth.Relation<"many", "usageLogs", never>;
    };
    webhooks: {
        organization: plinth.Relation<"one", "organizations", "organizationId">;
    };
    procoreConnections: {
        user: plinth.Relation<"one", "users", "userId">;
        company: plinth.Relation<"one", "companies", "companyId">;
    };
    tasks: {
        creator: plinth.Relation<"one", "users", "createdBy">;
        events: plinth.Relation<"many", "taskEvents", never>;
    };
    taskEvents: {
        task: plinth.Relation<"one", "tasks", "taskId">;
    };
    usageLogs: {
        organization: plinth.Relation<"one", "organizations", "organizationId">;
        user: plinth.Relation<"one", "users", "userId">;
        apiKey: plinth.Relation<"one", "apiKeys", "apiKeyId">;
    };
    activityLogs: {
        organization: plinth.Relation<"one", "organizations", "organizationId">;
        actor: plinth.Relation<"one", "users", "actorId">;
    };
}>;

export { activityLogs, apiKeys, attachments, claimJobs, comments, companies, createTask, models as default, enqueue, extendJob, failJob, finishJob, itemTags, items, jobQueue, models, organizations, procoreConnections, setTaskStatus, tags, taskEvents, tasks, teamMembers, teams, usageLogs, userSettings, users, webhooks };
export type { ClaimJobsOptions, ClaimedJob, ExtendJobOptions, FailJobOptions, Job, JobDb, NewJob, Tables, TaskDb, TaskStatus, TaskTables };
