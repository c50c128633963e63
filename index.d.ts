// Built from lib/index.ts by `npm run build:js`. Do not edit.
/** A change of a number: see {@link add}. */
interface Add<V> {
    /** @internal the kind of number */
    readonly $add: V;
}
/** A change of a JSON array: see {@link append}. */
interface Append<V> {
    /** @internal the type of the element */
    readonly $append: V;
}
/** A change of a JSON object: see {@link merge}. */
interface Merge<V> {
    /** @internal the members */
    readonly $merge: V;
}
/**
 * Adds a number to a column, in the database: changes of others at the same time are not lost. For numbers, bigints and decimals, in
 * the values of `update` and `updateMany`, `upsert`'s `update` and `claim`'s `set`. NULL stays NULL. A sum that the column cannot hold is OUT_OF_RANGE,
 * and changes nothing.
 * @param amount a value of the column's kind; a negative one subtracts
 * @example
 * await db.tasks.update(1, { points: add(3) })
 */
declare function add(amount: number): Add<number>;
declare function add(amount: bigint): Add<bigint>;
declare function add(amount: string): Add<string>;
/**
 * Appends an element to a JSON array, in the database. In the values of `update` and `updateMany`, `upsert`'s `update` and `claim`'s `set`. NULL counts as
 * an empty array. JSON of another type in the column is VALUE_INVALID, and changes nothing.
 * @param element any JSON
 * @example
 * await db.tasks.update(1, { labels: append('urgent') })
 */
declare function append<V>(element: V): Append<V>;
/**
 * Sets members of a JSON object, in the database; its other members stay. A member that is an object itself is replaced as a whole. In
 * the values of `update` and `updateMany`, `upsert`'s `update` and `claim`'s `set`. NULL counts as an empty object. JSON of another type in the column is
 * VALUE_INVALID, and changes nothing.
 * @param members a plain object; a member that is null becomes JSON null
 * @example
 * await db.tasks.update(1, { settings: merge({ theme: 'dark' }) })
 */
declare function merge<V extends object>(members: V): Merge<V>;

/** The codes of errors: the type names each one, docs/reference/errors.md says when it occurs. */
/** The kind of failure, as a name that never changes. */
type ErrorCode = 'SCHEMA_INVALID' | 'CONFIG_NOT_FOUND' | 'CONFIG_INVALID' | 'URL_INVALID' | 'CANNOT_OPEN' | 'NOT_A_DATABASE' | 'CORRUPT' | 'READ_ONLY' | 'DISK_FULL' | 'IO_FAILED' | 'FILE_GONE' | 'BUSY' | 'HOST_UNREACHABLE' | 'CONNECTION_REFUSED' | 'TLS_FAILED' | 'AUTHENTICATION_FAILED' | 'UNKNOWN_DATABASE' | 'PERMISSION_DENIED' | 'TOO_MANY_CONNECTIONS' | 'SERVER_UNAVAILABLE' | 'POOL_TIMEOUT' | 'CONNECTION_LOST' | 'SERIALIZATION_FAILURE' | 'DEADLOCK' | 'TIMEOUT' | 'UNKNOWN_MODEL' | 'UNKNOWN_COLUMN' | 'UNKNOWN_OPERATOR' | 'UNKNOWN_RELATION' | 'UNKNOWN_OPTION' | 'QUERY_INVALID' | 'WHERE_REQUIRED' | 'CURSOR_INVALID' | 'OUT_OF_RANGE' | 'VALUE_INVALID' | 'VALUE_UNREADABLE' | 'NOT_FOUND' | 'STALE_ROW' | 'UNIQUE_VIOLATION' | 'FOREIGN_KEY_VIOLATION' | 'NOT_NULL_VIOLATION' | 'CHECK_VIOLATION' | 'SQL_FAILED' | 'SQL_REFUSED' | 'CLOSED' | 'SESSION_ENDED' | 'SESSION_FAILED' | 'OUTER_DB_IN_TRANSACTION' | 'NO_SCOPE' | 'SCOPE_NESTED' | 'ABORTED' | 'SYNC_BLOCKED' | 'DECISION_REQUIRED' | 'CHOICE_INVALID' | 'CONVERSION_UNSUPPORTED' | 'PROOF_FAILED' | 'REVISION_INVALID' | 'REVISION_UNKNOWN' | 'REVISION_EDITED' | 'REVISION_MISSING' | 'ONLINE_REFUSED' | 'REVISION_AHEAD' | 'REVISION_UNFINISHED' | 'REVISION_CONFLICT' | 'REVISION_FAILED' | 'ROWS_REFUSED' | 'DRIFTED' | 'ADOPTION_REFUSED' | 'RESET_REFUSED' | 'KEEP_REFUSED' | 'KEPT_UNKNOWN' | 'RESTORE_REFUSED' | 'PROTECTED' | 'NATIVE_MISSING' | 'INTERNAL';

/**
 * The lists that an error can hold: faults of a schema, differences of a database, and questions
 * that only a person can answer.
 */
/**
 * A question that `revision` cannot answer by itself: whether something was renamed; what existing rows get in a new column, or
 * instead of NULL (`backfill`), or in a dropped one if the revision is reverted (`restore`), a `backfill` answers both; whether a loss of data is meant (`loss`);
 * why a table of PostgreSQL that has rows may be blocked (`blocking`).
 */
type Question = {
    question: 'rename';
    table?: string;
    from: string;
    to: string[];
}
/** `default`: the default of an existing column in words, if it has one. The value 'default' is then the first answer. */
 | {
    question: 'backfill';
    table: string;
    column: string;
    kind: string;
    default?: string;
} | {
    question: 'restore';
    table: string;
    column: string;
    kind: string;
} | {
    question: 'loss';
    losses: string[];
}
/** `reasons`: what blocks other sessions, a sentence each. */
 | {
    question: 'blocking';
    reasons: string[];
};
/** One fault of a schema, one thing to decide, or one difference that keeps a database from being adopted. */
interface Problem {
    /** The model, by its name in schema(). */
    model?: string;
    /** The property of the column. */
    column?: string;
    /** What is wrong, and how to mend it. */
    message: string;
}
/** A loss of data that a call on a protected database would cause. */
interface Lost {
    /** The table; null if only the author of the SQL knows it. */
    table: string | null;
    /** How many rows it has; null if they cannot be counted. */
    rows: number | null;
    /** The loss: `drops the column users.phone with all its values`. */
    what: string;
}

/** The errors of Plinth as JavaScript sees them: one class with a stable code, and a subclass where a caller tells them apart. */

/** The fields of an error beside its code and message: the fields of {@link PlinthError}. */
type ErrorFields = Partial<Omit<PlinthError, keyof Error | 'code'>> & {
    readonly cause?: unknown;
};
/** Every error that Plinth throws. */
declare class PlinthError extends Error {
    readonly message: string;
    /**
     * The kind of failure, as a name that never changes: `UNIQUE_VIOLATION`. docs/reference/errors.md
     * lists them all.
     */
    readonly code: ErrorCode;
    /** Of VALUE_UNREADABLE: the model it is about, by its name in schema(). */
    readonly model?: string;
    /** The table it is about, by its name in the database. */
    readonly table?: string;
    /** The columns it is about, by their names in the database. */
    readonly columns?: readonly string[];
    /** Of VALUE_UNREADABLE and STALE_ROW: the primary key of the row, as get() takes it; not where it is private, or was not selected. */
    readonly key?: unknown;
    /** The name of the constraint that refused. */
    readonly constraint?: string;
    /** The value or state that was expected. */
    readonly expected?: string;
    /** The value or state that was found; never a private value. */
    readonly found?: string;
    /** What to do about it. */
    readonly hint?: string;
    /** Of SCHEMA_INVALID and others that find several faults: each of them. */
    readonly problems?: readonly Problem[];
    /** Of DECISION_REQUIRED: what has to be decided. */
    readonly questions?: readonly Question[];
    /** Of PROTECTED: what the call would destroy. */
    readonly lost?: readonly Lost[];
    /** Which of the rows of createMany, from 0. */
    readonly row?: number;
    /** Whether the same call, or the transaction that it was part of, may succeed when it is made again. */
    readonly retryable: boolean;
    /**
     * Of a write whose connection broke, or whose answer cannot be read. `false`: nothing of it is in the database. `true`: it
     * may be committed; look before you make the call again.
     */
    readonly mayHaveCommitted?: boolean;
    constructor(code: ErrorCode, message: string, fields?: ErrorFields);
    /**
     * Whether a value is an error of this class: `NotFoundError.is(error)` is `error instanceof NotFoundError`. Both hold for the errors of
     * another copy of the package in the process as well.
     */
    static is<E extends PlinthError>(this: abstract new (...args: any[]) => E, value: unknown): value is E;
}
/** The models contradict themselves. */
declare class SchemaError extends PlinthError {
    constructor(message: string, fields?: ErrorFields, frames?: readonly string[]);
}
/** A configuration that is missing or cannot be used: CONFIG_NOT_FOUND, CONFIG_INVALID. */
declare class ConfigError extends PlinthError {
}
/** A value that its column cannot hold: VALUE_INVALID. */
declare class ValidationError extends PlinthError {
    constructor(message: string, fields?: ErrorFields);
}
/** No row with this key: NOT_FOUND. */
declare class NotFoundError extends PlinthError {
    constructor(message: string, fields?: ErrorFields);
}
/** A row that is not as the call expects it, since something else changed it: STALE_ROW. */
declare class StaleRowError extends PlinthError {
    constructor(message: string, fields?: ErrorFields);
}
/** A row that a constraint refuses: one of the four classes below. */
declare class ConstraintError extends PlinthError {
}
/** A second row with the same unique values: UNIQUE_VIOLATION. */
declare class UniqueViolationError extends ConstraintError {
}
/** A foreign key without its row, or a row that others still point to: FOREIGN_KEY_VIOLATION. */
declare class ForeignKeyViolationError extends ConstraintError {
}
/** A null in a column that forbids it: NOT_NULL_VIOLATION. */
declare class NotNullViolationError extends ConstraintError {
}
/** A row that a check refuses: CHECK_VIOLATION. */
declare class CheckViolationError extends ConstraintError {
}

/** The JSON value `null`, as opposed to SQL NULL. Nothing else lives here. */
/**
 * The type of {@link jsonNull}. Declare a column that stores it with
 * `c.json<Settings | JsonNull>()`.
 */
interface JsonNull {
    /** `JSON.stringify` writes it as `null`. */
    toJSON(): null;
}
/**
 * The JSON value `null` of a JSON column. Plain `null` is SQL NULL, the absence of a value.
 *
 * @example
 * await db.settings.create({ data: jsonNull })       // stored as the JSON text null
 * await db.settings.list({ where: { data: { eq: jsonNull } } })
 */
declare const jsonNull: JsonNull;

/** The version of the package; a test holds it against package.json. */
declare const version = "0.1.0";

/**
 * The operators of a `where` for one column, by its kind. Which rows `and`, `or` and `not` combine
 * is in model.ts.
 */

/** Operators every column but JSON has. `N` is `null` on a nullable column, else `never`. */
interface EqualOps<V, N> {
    /** equal */
    eq?: V | N;
    /** not equal; unlike SQL, a null is not equal to a value */
    ne?: V | N;
    /** one of */
    in?: readonly V[];
    /** none of */
    notIn?: readonly V[];
}
/** Operators of columns with an order: numbers, decimals, dates, text. */
interface OrderOps<V, N> extends EqualOps<V, N> {
    /** greater than */
    gt?: V;
    /** greater than or equal */
    gte?: V;
    /** less than */
    lt?: V;
    /** less than or equal */
    lte?: V;
}
/** Operators of text columns. */
interface TextOps<V, N> extends OrderOps<V, N> {
    /** contains this text; `%` and `_` stand for themselves */
    contains?: string;
    /** begins with this text */
    startsWith?: string;
    /** ends with this text */
    endsWith?: string;
    /** SQL LIKE pattern: `%` any text, `_` any character */
    like?: string;
}
/** Operators of JSON columns. A bare value is not allowed: say `eq`. */
interface JsonOps<V, N> {
    /** equal as JSON: the order of keys does not matter */
    eq?: V | JsonNull;
    /** not equal as JSON */
    ne?: V | JsonNull;
    /** SQL NULL or not (JSON null is a value) */
    isNull?: [N] extends [never] ? never : boolean;
    path?: never;
}
/**
 * The conditions on a place in JSON: if the place is missing, only `ne`, `notIn` and `isNull` are
 * true.
 */
interface JsonPathOps {
    /** the keys and indexes that lead there: `['user', 'age', 0]` */
    path: readonly (string | number)[];
    /** equal as JSON */
    eq?: NonNullable<unknown>;
    /** not equal as JSON, or not there */
    ne?: NonNullable<unknown>;
    /** one of */
    in?: readonly NonNullable<unknown>[];
    /** none of */
    notIn?: readonly NonNullable<unknown>[];
    /** a number less than this number, text before this text */
    lt?: number | string;
    /** less than or equal */
    lte?: number | string;
    /** greater than */
    gt?: number | string;
    /** greater than or equal */
    gte?: number | string;
    /** text that contains this */
    contains?: string;
    /** text that begins with this */
    startsWith?: string;
    /** text that ends with this */
    endsWith?: string;
    /** text that matches this SQL LIKE pattern */
    like?: string;
    /** nothing there, or SQL NULL (JSON null is a value) */
    isNull?: boolean;
}
/** The operators of a `where` for a column of each family of kinds. */
interface FilterByKind<V, N> {
    equal: V | N | EqualOps<V, N>;
    number: V | N | OrderOps<V, N>;
    order: V | N | OrderOps<V, N>;
    text: V | N | TextOps<V, N>;
    json: JsonOps<V, N> | JsonPathOps;
}
/** The values that `create` and `update` take for a column of each family, without NULL. */
interface InputByKind<V> {
    equal: V;
    number: V;
    order: V;
    text: V;
    json: V | JsonNull;
}
/** The atomic changes that `update` takes for a column of each family. */
interface ChangeByKind<V> {
    equal: never;
    number: Add<V>;
    order: never;
    text: never;
    json: JsonChange<V>;
}
/** The atomic changes of JSON: of an array its elements, of an object its members. */
type JsonChange<V> = unknown extends V ? Append<unknown> | Merge<object> : V extends readonly (infer E)[] ? Append<E> : V extends object ? Merge<Partial<V>> : never;
/** Upward or downward. */
type Direction = 'asc' | 'desc';
/** One part of an order in full. */
interface Ordering {
    /** upward or downward */
    direction: Direction;
    /** where NULL goes: without it first, and last downward */
    nulls?: 'first' | 'last';
}
/** An order by a place in JSON: nothing there, null, false, true, numbers, text, all else. */
interface PathOrdering extends Ordering {
    /** the keys and indexes that lead there */
    path: readonly (string | number)[];
}
/** The directions that `orderBy` takes for a column of each family. */
interface OrderByKind {
    equal: Direction | Ordering;
    number: Direction | Ordering;
    order: Direction | Ordering;
    text: Direction | Ordering;
    json: PathOrdering;
}
/** A family of kinds that share their operators. */
type Kind = keyof InputByKind<unknown>;

/**
 * The column builder's types: `c.text().nullable().unique()`.
 *
 * How all of lib/types stays cheap to check (read before editing):
 * - A column is `Column<Kind, Value, Flags>`: three plain arguments, so
 *   `Column<'text', string, never>` is ONE type shared by every such column of a project. A column's
 *   part in a row, an insert or a filter is computed in phantom members of that interface, once per
 *   distinct column type, and read by property access (`C[K]['$out']`).
 *  - Keys are kept or dropped by intersection (`K & C[K]['$shown']`, unknown keeps, never drops), not by conditional types.
 *  - A model's row, insert, where... are anonymous mapped types in members of `Model`: lazy, cached, and hovers expand them.
 *  - No table knows another until schema(); `references` takes a string.
 * scripts/check-types-budget.mjs holds the instantiations to a budget.
 */

/** What happens to this row when the row it refers to is deleted, or its key changes. */
type Action = 'cascade' | 'set null' | 'set default' | 'restrict' | 'no action';
/** Options of a foreign key. */
interface ForeignKeyOptions {
    /** What happens to this row when the other is deleted. Without it the deletion is refused. */
    onDelete?: Action | undefined;
    /** What happens to this row when the other's key changes. Without it the change is refused. */
    onUpdate?: Action | undefined;
    /** The constraint's name in the database; `<table>_<columns>_fkey` without it. */
    name?: string | undefined;
}
/** The properties of a column beyond its type. */
type Flag = 'nullable' | 'default' | 'private' | 'key' | 'version';
/** A column under construction: `c.text().nullable().unique()`. Every call gives a new one. */
interface Column<K extends Kind, V, F extends Flag = never> {
    /** May be NULL; left out of an insert, it is NULL. */
    nullable(): Column<K, V, F | 'nullable'>;
    /** The value when an insert leaves it out. */
    default(value: InputByKind<V>[K]): Column<K, V, F | 'default'>;
    /** The clock when an insert leaves it out. For timestamps and dates. */
    defaultNow(): Column<K, V, F | 'default'>;
    /** A random UUID (version 7) when an insert leaves it out. For UUIDs. */
    defaultRandom(): Column<K, V, F | 'default'>;
    /** Set to the clock on every update. For timestamps and dates. */
    touch(): Column<K, V, F | 'default'>;
    /** Counts the updates of its row, from 1; Plinth alone writes it. At most one a model, for `c.integer()` and `c.int32()`. */
    version(): Column<K, V, F | 'version'>;
    /** Never in a result unless `select` names it. */
    private(): Column<K, V, F | 'private'>;
    /** The primary key, or a part of it: on several columns it is a composite key, in this order. */
    primaryKey(): Column<K, V, F | 'key'>;
    /** No two rows alike. The constraint's name is `<table>_<column>_key` unless given. */
    unique(options?: {
        name?: string | undefined;
    }): this;
    /** A foreign key to `model.column`. A plain string, since models may refer to each other in circles. */
    references(target: `${string}.${string}`, options?: ForeignKeyOptions): this;
    /** Lower-cased on write and in filters: the portable way to a case-insensitive unique. For text. */
    lowercase(): this;
    /** Its name in the database, when not the snake_case of the property. */
    name(name: string): this;
    /** A SQL condition that every row must meet. */
    check(sql: string, options?: {
        name?: string | undefined;
    }): this;
    /** Its former name in the database: the next revision renames instead of dropping. */
    renamedFrom(name: string): this;
    /** The purpose of the column. */
    comment(text: string): this;
    /** @internal value read */
    readonly $out: V | ('nullable' extends F ? null : never);
    /** @internal value written */
    readonly $in: 'version' extends F ? never : InputByKind<V>[K] | ('nullable' extends F ? null : never);
    /** @internal value or atomic change of an update */
    readonly $set: 'version' extends F ? never : InputByKind<V>[K] | ChangeByKind<V>[K] | ('nullable' extends F ? null : never);
    /** @internal filter */
    readonly $filter: FilterByKind<V, 'nullable' extends F ? null : never>[K];
    /** @internal order */
    readonly $order: OrderByKind[K];
    /** @internal unknown | never: kept in a row? */
    readonly $shown: 'private' extends F ? never : unknown;
    /** @internal unknown | never: required on insert? */
    readonly $must: [F & ('nullable' | 'default' | 'version')] extends [never] ? unknown : never;
    /** @internal unknown | never: optional on insert? */
    readonly $may: [F & ('nullable' | 'default' | 'version')] extends [never] ? never : unknown;
    /** @internal unknown | never: in the primary key? */
    readonly $key: 'key' extends F ? unknown : never;
    /** @internal unknown | never: does it count the updates? */
    readonly $version: 'version' extends F ? unknown : never;
    /** @internal unknown | never: can values be added up? */
    readonly $numeric: K extends 'number' ? unknown : never;
    /** @internal unknown | never: is there a least and a greatest value? */
    readonly $ordered: K extends 'number' | 'order' | 'text' ? unknown : never;
    /** @internal unknown | never: can rows be grouped by it? */
    readonly $groups: K extends 'json' ? never : V extends Uint8Array ? never : unknown;
}
/** Any column: only what the mapped types read, so that the check is trivial comparisons, never a structural one. */
interface AnyColumn {
    readonly $out: unknown;
    readonly $in: unknown;
    readonly $set: unknown;
    readonly $filter: unknown;
    readonly $order: unknown;
    readonly $shown: unknown;
    readonly $must: unknown;
    readonly $may: unknown;
    readonly $key: unknown;
    readonly $version: unknown;
    readonly $numeric: unknown;
    readonly $ordered: unknown;
    readonly $groups: unknown;
}
/** The columns of a model, by property. */
type Columns = Record<string, AnyColumn>;
/** The kinds of column: what `c` offers. */
interface ColumnFactory {
    /** The identity primary key, a number. */
    id(): Column<'number', number, 'default' | 'key'>;
    /** The identity primary key, a bigint. */
    bigId(): Column<'number', bigint, 'default' | 'key'>;
    /** A safe integer (within 2^53 - 1), as wide as an id. */
    integer(): Column<'number', number>;
    /** A 64-bit integer, a bigint. */
    bigint(): Column<'number', bigint>;
    /** A 32-bit integer. */
    int32(): Column<'number', number>;
    /** A double-precision number; never NaN or infinite. */
    real(): Column<'number', number>;
    /** An exact number, a string: `'12.50'`. `precision` digits (at most 18), `scale` (0 without it) of them after the point. */
    decimal(precision: number, scale?: number): Column<'number', string>;
    /** Text, of at most `max` characters where given. */
    text(options?: {
        max?: number | undefined;
    }): Column<'text', string>;
    /** true or false. */
    boolean(): Column<'equal', boolean>;
    /** A UUID, a string: lower case with dashes. */
    uuid(): Column<'equal', string>;
    /** A moment in UTC, a Date, to the millisecond. */
    timestamp(): Column<'order', Date>;
    /** A day: `'2026-11-20'`. */
    date(): Column<'order', string>;
    /** JSON of the type given: `c.json<Settings>()`. JSON null is `jsonNull`, SQL NULL is null. */
    json<T = unknown>(): Column<'json', T>;
    /** Bytes. */
    bytes(): Column<'equal', Uint8Array>;
    /** One of these words. */
    enum<const V extends string>(name: string, values: readonly V[]): Column<'equal', V>;
}

/** Whether a type is one type, not a union of several. */
/** `true` where `K` is one type; `boolean` or `false` where it is a union; `never` of `never`. */
type Single<K, U = K> = K extends unknown ? ([U] extends [K] ? true : false) : never;

/** The types of model() and of its rows: what a table declares by itself, before schema() relates it to others. */

/** The key of an index: a column, an expression, either of them downward. */
interface IndexPart {
    /** @internal */
    readonly $part: true;
}
/** A column as the third argument of model() sees it. */
interface ColumnRef extends IndexPart {
    /** Its name in the database. */
    readonly column: string;
    /** Downward, in an index. */
    desc(): IndexPart;
}
/** A SQL expression in an index. */
interface Expression extends IndexPart {
    /** Downward. */
    desc(): IndexPart;
}
/** Whatever stands in the third argument of model(). */
interface TableExtra {
    /** @internal */
    readonly $extra: true;
}
/** An index under construction. */
interface Index extends TableExtra {
    /** Partial: only rows that meet this SQL condition. */
    where(sql: string): Index;
    /** No two rows alike in it. */
    unique(): Index;
    /** Its name in the database; `<table>_<columns>_idx` without it. */
    name(name: string): Index;
}
/** A constraint under construction: unique, check or foreign key. */
interface Constraint extends TableExtra {
    /** Its name in the database; made of the table and its columns without it. */
    name(name: string): Constraint;
}
/** The functions of the table level, as lib/models/table-level.ts has them. */
interface TableFunctions {
    /** Declares an index: `index(t.status, t.createdAt.desc())`. */
    index(...parts: [IndexPart, ...IndexPart[]]): Index;
    /** Declares that no two rows are alike in all of these columns. */
    unique(...columns: [ColumnRef, ...ColumnRef[]]): Constraint;
    /** Declares a SQL condition that every row must meet. */
    check(sql: string): Constraint;
    /** Declares a foreign key of one or several columns: `foreignKey([t.a, t.b], 'others', ['a', 'b'])`. */
    foreignKey(columns: readonly [ColumnRef, ...ColumnRef[]], target: string, references: readonly [string, ...string[]], options?: ForeignKeyOptions): Constraint;
}
/** A declared table. `Row<typeof users>` is the type of its rows. */
interface Model<Name extends string, C extends Columns> {
    /** The name given to model(). */
    readonly name: Name;
    /** Its columns, by property. */
    readonly columns: C;
    /** The table's name in the database, when not the snake_case of the model's. */
    table(name: string): this;
    /** The purpose of the table. */
    comment(text: string): this;
    /** The table's former name: the next revision renames instead of dropping. */
    renamedFrom(name: string): this;
    /** @internal all columns */
    readonly $all: {
        [K in keyof C]: C[K]['$out'];
    };
    /** @internal without private columns */
    readonly $row: {
        [K in keyof C as K & C[K]['$shown']]: C[K]['$out'];
    };
    /** @internal */
    readonly $insert: {
        [K in keyof C as K & C[K]['$must']]: C[K]['$in'];
    } & {
        [K in keyof C as K & C[K]['$may']]?: C[K]['$in'] | undefined;
    };
    /** @internal */
    readonly $update: {
        [K in keyof C]?: C[K]['$set'] | undefined;
    };
    /** @internal what claim() sets: no column of the key */
    readonly $claimed: {
        [K in keyof C]?: (K & C[K]['$key'] extends never ? C[K]['$set'] : never) | undefined;
    };
    /** @internal */
    readonly $filter: {
        [K in keyof C]?: C[K]['$filter'];
    };
    /** @internal */
    readonly $order: {
        [K in keyof C]?: C[K]['$order'];
    };
    /** @internal columns whose values can be added up */
    readonly $numeric: {
        [K in keyof C]: K & C[K]['$numeric'];
    }[keyof C];
    /** @internal columns with a least and a greatest value */
    readonly $ordered: {
        [K in keyof C]: K & C[K]['$ordered'];
    }[keyof C];
    /** @internal columns by which rows can be grouped */
    readonly $groups: {
        [K in keyof C]: K & C[K]['$groups'];
    }[keyof C];
    /** @internal what get() takes: the value, or an object where the key is composite */
    readonly $id: Id<{
        [K in keyof C as K & C[K]['$key']]: C[K]['$out'];
    }>;
    /** @internal what update() and delete() take: the key, or of a model with a version the columns of a row that they look at */
    readonly $target: {
        [K in keyof C]: K & C[K]['$version'];
    }[keyof C] extends never ? this['$id'] : {
        [K in keyof C as K & (C[K]['$key'] | C[K]['$version'])]: C[K]['$out'];
    };
    /** @internal what a version is compared with, if the model has one */
    readonly $compared: {
        [K in keyof C]: K & C[K]['$version'];
    }[keyof C] extends never ? never : number;
    /** @internal the key, if the model has a version */
    readonly $versioned: {
        [K in keyof C]: K & C[K]['$version'];
    }[keyof C] extends never ? never : this['$id'];
}
type Id<Key> = Single<keyof Key> extends true ? Key[keyof Key] : Key;
/** Any model: only what the query types read. */
interface AnyModel {
    readonly name: string;
    readonly columns: any;
    readonly $all: any;
    readonly $row: any;
    readonly $insert: any;
    readonly $update: any;
    readonly $claimed: any;
    readonly $filter: any;
    readonly $order: any;
    readonly $numeric: any;
    readonly $ordered: any;
    readonly $groups: any;
    readonly $id: any;
    readonly $target: any;
    readonly $versioned: any;
    readonly $compared: any;
}
/** Models by their names in schema(). */
type Models = Record<string, AnyModel>;
/** A row as `list` returns it: without private columns. */
type Row<M extends AnyModel> = M['$row'];
/** The input of `create`: nullable columns and columns with a default may be left out. */
type Insert<M extends AnyModel> = M['$insert'];
/** The input of `update`. */
type Update<M extends AnyModel> = M['$update'];
/** The key that `get` takes: the primary key, an object if it is composite. */
type Key<M extends AnyModel> = M['$id'];
/**
 * The row that `update` and `delete` take: its primary key, or of a model with a version an object
 * with its key and its version.
 */
type Target<M extends AnyModel> = M['$target'];
/**
 * The `where` of one model: values or operators by column, `and`, `or`, `not`. With its relations
 * it is a `Filter`.
 */
type Where<M extends AnyModel> = M['$filter'] & Logic<M>;
/** Conditions made of conditions. */
interface Logic<M extends AnyModel> {
    /** all of these */
    and?: readonly Where<M>[];
    /** any of these */
    or?: readonly Where<M>[];
    /** not this */
    not?: Where<M>;
}
/** `{ createdAt: 'desc' }`, `{ dueAt: { direction: 'asc', nulls: 'last' } }`; an array where the order of several must be plain. */
type OrderBy<M extends AnyModel> = M['$order'] | readonly M['$order'][];

/** The types of schema(): models together, and how they are related. Its JSON is what the core receives. */

/** A relation: `target` is a model's name in schema(). */
interface Relation<RelationKind extends 'one' | 'has' | 'many', Target, Key> {
    readonly kind: RelationKind;
    readonly target: Target;
    readonly key: Key;
}
/**
 * The argument of the callback that declares a model's relations. `Name` stands for `keyof M`:
 * TypeScript keeps the type of a parameter, and makes `keyof M` anew at each place.
 */
interface RelationFactory<M extends Models, Source extends keyof M, Name extends keyof M = keyof M> {
    /** The row that this row's foreign key points to: `r.one('organizations', 'organizationId')`. */
    one<T extends Name, K extends keyof M[Source]['columns']>(target: T, key: K): Relation<'one', T, K>;
    /** The one row, if any, whose foreign key points to this row: `r.has('userSettings', 'userId')`. */
    has<T extends Name>(target: T, key: keyof M[T]['columns']): Relation<'has', T, never>;
    /** The rows whose foreign key points to this row, or those reached through an association table. */
    many<T extends Name>(target: T, key: keyof M[T]['columns'] | {
        through: Name;
    }): Relation<'many', T, never>;
}
/** The relations of models with these names. */
type Related<Name extends PropertyKey> = {
    readonly [K in Name]?: Record<string, Relation<any, Name, any>>;
};
/**
 * The relations that schema() takes: for each model that has some, a function that returns them.
 * `R`, what the functions give, is what is inferred: the functions themselves would name all models
 * in each model's relations, in every declaration file.
 */
type RelationsFor<M extends Models, R, Name extends keyof M = keyof M> = {
    [K in keyof R]: K extends Name ? (r: RelationFactory<M, K, Name>) => R[K] : never;
};
/** All models and how they are related. */
interface Schema<M extends Models, R> {
    /** The models, by name. */
    readonly models: M;
    /** The relations, as given. */
    readonly relations: {
        readonly [K in keyof R]: unknown;
    };
    /** The schema as JSON: what `plinth schema` prints and the core receives. */
    toJSON(): SchemaJson;
    /** @internal */
    readonly $rel: {
        [K in keyof M]: K extends keyof R ? R[K] : {};
    };
}
/** Any schema: only what the query types read. */
interface AnySchema {
    readonly models: Models;
    readonly relations: any;
    readonly $rel: any;
}
/** A schema as JSON. Loosely typed where an imported `.json` file is: the core validates it whole. */
interface SchemaJson {
    /** The version of the format: 1. */
    readonly format: number;
    /** The models, in the order of their declaration. */
    readonly models: readonly ModelJson[];
}
/** One model of a {@link SchemaJson}. */
interface ModelJson {
    readonly model: string;
    readonly table: string;
    readonly comment?: string;
    readonly renamedFrom?: string;
    readonly columns: readonly ColumnJson[];
    readonly primaryKey: readonly string[];
    readonly uniques?: readonly {
        readonly name?: string;
        readonly columns: readonly string[];
    }[];
    readonly checks?: readonly {
        readonly name?: string;
        readonly sql: string;
        readonly columns?: readonly string[];
    }[];
    readonly foreignKeys?: readonly ForeignKeyJson[];
    readonly indexes?: readonly IndexJson[];
    readonly relations?: readonly RelationJson[];
}
/** One column of a {@link ModelJson}. */
interface ColumnJson {
    readonly property: string;
    readonly name: string;
    readonly kind: string;
    readonly max?: number;
    readonly precision?: number;
    readonly scale?: number;
    readonly enum?: string;
    readonly values?: readonly string[];
    readonly nullable?: boolean;
    readonly default?: {
        readonly value?: unknown;
    } | string;
    readonly private?: boolean;
    readonly touch?: boolean;
    readonly version?: boolean;
    readonly lowercase?: boolean;
    readonly comment?: string;
    readonly renamedFrom?: string;
}
/** One foreign key of a {@link ModelJson}. */
interface ForeignKeyJson {
    readonly name?: string;
    readonly columns: readonly string[];
    readonly target: string;
    readonly references: readonly string[];
    readonly onDelete?: Action | (string & {});
    readonly onUpdate?: Action | (string & {});
}
/** One index of a {@link ModelJson}. */
interface IndexJson {
    readonly name?: string;
    readonly parts: readonly {
        readonly column?: string;
        readonly expression?: string;
        readonly desc?: boolean;
    }[];
    readonly unique?: boolean;
    readonly where?: string;
}
/** One relation of a {@link ModelJson}. */
interface RelationJson {
    readonly name: string;
    readonly kind: string;
    readonly target: string;
    readonly key?: string;
    readonly through?: string;
}

/**
 * The `where` of a table among others: its columns, and conditions on the rows of its relations.
 */

type Relations$1<S extends AnySchema, K> = S['$rel'][K & keyof S['$rel']];
/** The `where` of table `K`: values or operators by column, relations, `and`, `or`, `not`. */
type Filter<S extends AnySchema, K> = S['models'][K & keyof S['models']]['$filter'] & RelatedTo<S, Relations$1<S, K>> & FilterLogic<S, K>;
/** Conditions made of conditions. */
interface FilterLogic<S extends AnySchema, K> {
    /** all of these */
    and?: readonly Filter<S, K>[];
    /** any of these */
    or?: readonly Filter<S, K>[];
    /** not this */
    not?: Filter<S, K>;
}
type RelatedTo<S extends AnySchema, R> = {
    [N in keyof R]?: R[N] extends Relation<infer Kind, infer Target, any> ? RelationOps<S, Target>[Kind] : never;
};
/**
 * The conditions of a `where` on the rows of table `K`, by the kind of relation that leads to them.
 */
interface RelationOps<S extends AnySchema, K> {
    one: ToOneOps<S, K>;
    has: ToOneOps<S, K>;
    many: ToManyOps<S, K>;
}
/** What is asked of the one row of a relation. */
interface ToOneOps<S extends AnySchema, K> {
    /** there is a row, and it meets this; null: there is none */
    is?: Filter<S, K> | null;
    /** not so: there is none, or it does not meet this; null: there is one */
    isNot?: Filter<S, K> | null;
}
/** What is asked of the rows of a relation. */
interface ToManyOps<S extends AnySchema, K> {
    /** at least one of them meets this */
    some?: Filter<S, K>;
    /** none of them meets this */
    none?: Filter<S, K>;
    /** all of them meet this; true if there are none */
    every?: Filter<S, K>;
}

/** What is kept of rows that were destroyed, as reports tell it. */
/** What was kept of something that was destroyed. */
interface KeptRows {
    /** Its number, by which `restoreKept` brings it back. */
    number: number;
    /** `users.phone`, or `users` for all its rows. */
    what: string;
    /** How many rows. */
    rows: number;
    /** Older entries of the same that were dropped for it. */
    dropped?: number[];
}
/** An entry of what is kept. */
interface KeptEntry {
    number: number;
    /** `users.phone`, or `users` for all its rows. */
    what: string;
    table: string;
    /** The columns whose values are kept; empty if all rows are kept whole. */
    columns: string[];
    rows: number;
    /** The bytes of their values. */
    bytes: number;
    /** Since when. */
    keptAt: string;
    /** The user that destroyed it: `user@host`. */
    by: string;
    /** The step that destroyed it: `upgrade 20260101000000_drop_phone`. */
    why: string;
    /** What was destroyed, as SQL declares it. */
    definition: string;
}
/** The report of `kept`. */
interface KeptReport {
    /** The database, without a password. */
    url: string;
    /** The oldest first. */
    kept: KeptEntry[];
}
/** The rows that `restoreKept` brought back, or would bring back. */
interface RestoreKeptReport {
    /** The database, without a password. */
    url: string;
    /** Whether it was only tried, without a change. */
    plan: boolean;
    /** Each entry, in the order in which the rows came back. */
    entries: RestoredEntry[];
    /** How many rows were written, of all entries. */
    rows: number;
    /** How many rows held the kept values already. */
    same: number;
    /** How many rows of a table are gone, so that their columns have no place. */
    gone: number;
    /** How long it took, in milliseconds. */
    durationMs: number;
}
/** An entry that `restoreKept` brought back, or would bring back. */
interface RestoredEntry {
    number: number;
    /** The kept part: `users.phone`, or `users` for all its rows. */
    what: string;
    /** What was made again: `the table users`, `the column users.phone`. */
    made: string[];
    /** How many rows were written. */
    rows: number;
    /** How many rows held the kept values already. */
    same: number;
    /** How many rows of the table are gone, so that their columns have no place. */
    gone: number;
}
/** The kept rows that `dropKept` dropped. */
interface DropKeptReport {
    /** The database, without a password. */
    url: string;
    /** The entries as they were. */
    dropped: KeptEntry[];
    /** SQLite: whether none of its rows can be read in the file and its `-wal` any more. */
    erased?: boolean;
    /** Why one still can, where `erased` is false. */
    notErased?: string;
    /** How long it took, in milliseconds. */
    durationMs: number;
}

/** The words that options and reports share: the database systems and the isolation of transactions. */
/** A database system, as reports name it. */
type Dialect = 'sqlite' | 'postgres';
/** How much a transaction sees of those beside it. On SQLite every transaction is serializable. */
type Isolation = 'read committed' | 'repeatable read' | 'serializable';

/** The reports of drift and repair: differences, their grades, and what a repair did about them. */

/**
 * The risk of repairing a difference. `missing-data`: it was there and is gone. `blocked`: a person
 * has to decide.
 */
type DriftGrade = 'safe' | 'missing-data' | 'destructive' | 'blocked';
/** One difference between the live database and what it should hold. */
interface DriftDifference {
    /** The table, by its name in the database; empty for damage of the file. */
    table: string;
    /**
     * The part of the table that differs. `rows`: they break a rule that the table has. `damage`: of
     * the file.
     */
    object: 'table' | 'column' | 'nullable' | 'default' | 'primary key' | 'unique' | 'check' | 'foreign key' | 'constraint' | 'index' | 'options' | 'comment' | 'sequence' | 'rows' | 'damage';
    /** The column, constraint or index; null for the table itself, and for a constraint without a name. */
    name: string | null;
    /** How it should be, in the database's own terms; null if it should not exist. */
    expected: string | null;
    /** How it is; null if it is missing. */
    found: string | null;
    grade: DriftGrade;
    /** The difference as a sentence. */
    message: string;
    /** Why it has this grade. */
    why: string;
    /** What to do about it. */
    fix: string;
    /** The line of the models that would declare what was found; null if no line can. */
    model: string | null;
    /**
     * The rows that keep it from being repaired, or that are the difference: how many, and the primary keys of at most 10, of
     * several columns as a list, of private ones none. Null if rows were not read for it.
     */
    rows: {
        count: number;
        keys: unknown[];
    } | null;
    /** Names under which it may be there now: somebody may have renamed it. */
    alike: string[];
}
/** How far `drift` has come with reading rows. */
interface ScanProgress {
    /** The table that is read; null for the file as a whole. */
    table: string | null;
    /** How many steps are done. */
    done: number;
    /** Of how many. */
    of: number;
}
/** The report of `drift`: the live database against its revisions, or against the models. */
interface DriftReport {
    /** The database, without a password. */
    url: string;
    dialect: Dialect;
    /** The expected state: `models` if the database has no revisions. */
    against: 'revisions' | 'models';
    /** The last revision that is applied; null if none is. */
    current: string | null;
    /** Applied revisions that this release does not know. */
    ahead: string[];
    /** The revision that is half done, whose changes are not drift; null if none is. */
    unfinished: string | null;
    /** How many differences have which grade. */
    grades: DriftGrades;
    differences: DriftDifference[];
    /** Objects that are not drift: other tables, views, triggers, policies, and indexes that Plinth did not create. */
    foreign: {
        what: string;
        name: string;
        table: string | null;
    }[];
    /** How long it took, in milliseconds. */
    durationMs: number;
}
/** The corrections that `repair` made, or would make. */
interface RepairReport {
    /** The database, without a password. */
    url: string;
    dialect: Dialect;
    /** The expected state: `models` if the database has no revisions. */
    against: 'revisions' | 'models';
    /** `nothing`: there was nothing that it may do. `planned`: nothing was changed, since only the plan was asked for. */
    outcome: 'nothing' | 'planned' | 'repaired';
    /** The statements, in order. */
    steps: {
        table: string;
        sql: string;
    }[];
    /** The differences that it ended, or would end; of what is made again the values are gone, as `why` says. */
    repaired: DriftDifference[];
    /** The differences that are left; `why` and `fix` say for which reason and what to do. */
    remaining: DriftDifference[];
    /** What was kept of the values that it destroyed; `restoreKept` brings it back. */
    kept: KeptRows[];
    /** How many of those that are left have which grade. */
    grades: DriftGrades;
    /** How long it took, in milliseconds. */
    durationMs: number;
}
/** How many differences have which grade. */
interface DriftGrades {
    safe: number;
    missingData: number;
    destructive: number;
    blocked: number;
}

/** The reports of the verbs of migrations: which revisions were written, ran, are applied or are missing. */

/** How far a revision has come. */
interface Progress {
    revision: string;
    name: string;
    direction: 'up' | 'down';
    /** Which statement, from 1; of a revision that runs in steps, which step. */
    statement: number;
    /** Of how many. */
    statements: number;
    /** Its first line. */
    text: string;
    /** Rows that it has copied or given values, where it does so for some rows at a time. */
    rows?: number;
    /** Of how many. */
    of?: number;
    /**
     * How long the revision will keep others from writing to an SQLite file, in milliseconds, as estimated from a sample of
     * the rows: the real time is between a third and three times that. Only before the first statement, and only if a table
     * of 20,000 rows or more is made anew.
     */
    estimatedMs?: number;
    /** Why a revision with steps runs as one transaction, if its tables are large. Only before the first statement. */
    notOnline?: string;
}
/** The report of `revision`. */
interface RevisionReport {
    /** `nothing`: the models need no revision. `written`: files were written. `printed`: the report is that of `written`, and no file was written. */
    outcome: 'nothing' | 'written' | 'printed';
    /** The revisions, in order; several if one transaction cannot hold the change. */
    revisions: WrittenRevision[];
    /** How long it took, in milliseconds. */
    durationMs: number;
}
/** A revision as it was written. */
interface WrittenRevision {
    /** The 14 digits before its name. */
    version: string;
    /** The name made from its message: `add_phone`. */
    name: string;
    /** The path of its folder. */
    folder: string;
    /** Its changes, a line each. */
    operations: string[];
    /** Its losses, a sentence each. */
    destructive: string[];
    /** Its changes that the running release cannot live with. */
    warnings: ReleaseWarning[];
    /** Its files, by name. */
    files: Record<string, string>;
    /** On which databases it was proven. */
    proven: Partial<Record<Dialect, boolean>>;
    /** Tables that no row could be made up for: the proof says nothing of their rows. */
    unseeded?: {
        table: string;
        reason: string;
    }[];
}
/** A change that the release which still runs cannot live with, once it is applied. */
interface ReleaseWarning {
    /** The revision that has it; missing if no revision has it yet. */
    version?: string;
    /** The table, by the name that the running release uses. */
    table: string;
    /** The column; missing if the change concerns the table, or several columns. */
    column?: string;
    /** The change, and why the running release fails. */
    message: string;
    /** What to do instead, or before. */
    hint: string;
}
/** A revision that ran. */
interface RanRevision {
    /** The 14 digits before its name. */
    version: string;
    /** The name made from its message: `add_phone`. */
    name: string;
    /** How long it took, in milliseconds. */
    tookMs: number;
    /** Its SQL was made anew from its operations, since others had come before it. */
    rendered?: boolean;
    /** Its SQL did not run: the database held already what it makes, and it is recorded as done. */
    adopted?: boolean;
    /** It ran in steps, beside the sessions that use its tables. */
    online?: boolean;
    /** Why it did not run in steps, if its tables are large and it has some: a sentence. */
    notOnline?: string;
    /** How many steps it has; of a revision that was taken back, how many had been done. */
    steps?: number;
    /** It was half done, and was taken back to where it began. */
    takenBack?: boolean;
    /** How often it was tried, if others held locks that it needed. */
    tries?: number;
    /** The rows that it destroyed and that were kept before; missing if there were none. */
    kept?: KeptRows[];
}
/** The report of `upgrade`. */
interface UpgradeReport {
    /** The database, without a password. */
    url: string;
    dialect: Dialect;
    /** The revisions that had been applied before. */
    from: string[];
    applied: RanRevision[];
    /** The last revision that is applied now; null if none is. */
    current: string | null;
    /** How many had been applied before. */
    alreadyApplied: number;
    /** Whether the tables were there before the first revision, and count as made by the revisions now. */
    adopted: boolean;
    /** The script that does it, if only that was asked for; empty if there is nothing to do. */
    sql?: string;
    /** How long it took, in milliseconds. */
    durationMs: number;
}
/** The report of `downgrade`. */
interface DowngradeReport {
    /** The database, without a password. */
    url: string;
    dialect: Dialect;
    reverted: RanRevision[];
    /** The last revision that is applied now; null if none is. */
    current: string | null;
    /** The script that does it, if only that was asked for; empty if there is nothing to do. */
    sql?: string;
    /** How long it took, in milliseconds. */
    durationMs: number;
}
/** The report of `stamp`. */
interface StampReport {
    /** The database, without a password. */
    url: string;
    /** Revisions that count as applied now. */
    stamped: string[];
    /** Revisions that count as applied no longer. */
    removed: string[];
    current: string | null;
    /** How long it took, in milliseconds. */
    durationMs: number;
}
/** One revision, as the folder and the database know it. */
interface KnownRevision {
    /** The 14 digits before its name. */
    version: string;
    /** The name made from its message: `add_phone`. */
    name: string;
    /** The revisions that were the last when it was written. */
    after: string[];
    applied: boolean;
    /** When, in UTC: `2026-11-20T10:15:00.000Z`. */
    appliedAt?: string;
    /** How long it took, in milliseconds. */
    tookMs?: number;
    /** The user that ran it: `user@host`. */
    by?: string;
    /** Whether the file has changed since it ran. */
    edited?: boolean;
    /** It was applied, and its folder is gone. */
    missing?: boolean;
    /** It is not applied, and later ones are. */
    outOfOrder?: boolean;
    /** How far it is, if it is half done. */
    unfinished?: UnfinishedRevision;
}
/** A revision that is half done: `upgrade` goes on with its up and takes its down back, `downgrade` the other way round. */
interface UnfinishedRevision {
    /** The 14 digits before its name. */
    version: string;
    direction: 'up' | 'down';
    /** How many of its steps are done. */
    step: number;
    /** How many it has; missing if the folder has not the script that began. */
    steps?: number;
}
/** One line of the database's log. */
interface LogEntry {
    /** The 14 digits before its name. */
    version: string;
    /** The name made from its message: `add_phone`. */
    name: string;
    direction: 'up' | 'down' | 'stamp' | 'unstamp';
    /** When, in UTC: `2026-11-20T10:15:00.000Z`. */
    startedAt: string;
    /** How long it took, in milliseconds. */
    tookMs: number;
    /** The user that ran it: `user@host`. */
    by: string;
    /** The SHA-256 of its up for this database, that of one transaction even if the steps ran. */
    checksum: string;
    /** The file that ran, if it was the one in steps. */
    script?: string;
    /** The SHA-256 of that file. */
    scriptChecksum?: string;
}
/** One repair of drift, as the database's log has it. */
interface RepairEntry {
    direction: 'repair';
    /** When, in UTC: `2026-11-20T10:15:00.000Z`. */
    startedAt: string;
    /** How long it took, in milliseconds. */
    tookMs: number;
    /** The user that ran it: `user@host`. */
    by: string;
    /** The statements that ran. */
    sql: string;
    /** The differences that it ended. */
    differences: Pick<DriftDifference, 'table' | 'object' | 'name' | 'grade' | 'message'>[];
}
/** The report of `history`. */
interface HistoryReport {
    /** The database, without a password. */
    url: string;
    revisions: KnownRevision[];
    /** What was done to this database, in order. */
    log: (LogEntry | RepairEntry)[];
}
/** What is wrong with the revisions of a database. */
interface RevisionProblem {
    code: ErrorCode;
    message: string;
    hint?: string;
}
/** The report of `status`: the newest revision against the database. */
interface StatusReport {
    /** The database, without a password. */
    url: string;
    current: string | null;
    head: string | null;
    /** Revisions that `upgrade` would apply. */
    pending: {
        version: string;
        name: string;
        outOfOrder: boolean;
    }[];
    /** How many are applied. */
    applied: number;
    /** The revision that is half done; null if none is. */
    unfinished: UnfinishedRevision | null;
    problems: RevisionProblem[];
    /** Whether what would destroy data asks for a word (`protect`); null if that cannot be read. */
    protected: boolean | null;
    /**
     * How many differences `drift` would report; null if counting them needs more than reading, or no
     * revision is applied.
     */
    drift: DriftGrades | null;
    /** Why `drift` is null. */
    driftUnknown?: string;
}
/** The report of `check`: the models against the newest revision. */
interface CheckReport {
    /** Nothing is missing, and nothing is wrong. */
    upToDate: boolean;
    /** The changes in the models that no revision has, a line each. */
    operations: string[];
    /** The decisions that they need. */
    questions: Question[];
    /**
     * SQL that was edited by hand: whether it still leads to the schema of its operations; without
     * `ok` if there was no server to try it on. Steps that were not edited beside an edited script are `stale`, and not `ok`.
     */
    edited: {
        version: string;
        file: string;
        ok?: boolean;
        stale?: boolean;
        differences?: string[];
    }[];
    /** Revisions that were written beside later ones, without knowing of them. */
    outOfOrder: string[];
    /** Revisions that cannot both be applied, a sentence each. */
    conflicts: string[];
    /** The changes that the running release cannot live with. `upToDate` does not depend on them. */
    warnings: ReleaseWarning[];
    /** The results of the proofs. */
    proven?: {
        version: string;
        sqlite?: boolean;
        postgres?: boolean;
        message?: string;
    }[];
    /** How long it took, in milliseconds. */
    durationMs: number;
}

/** The reports of calls that work on a whole database: init, reset, backup, health. */

/** The report of `initDb`. */
interface InitReport {
    /** The database, without a password. */
    url: string;
    dialect: Dialect;
    /** The revisions that were applied. */
    migrated: RanRevision[];
    /** Whether the tables were there before the first revision, and count as made by the revisions now. */
    adopted: boolean;
    /** The revisions that a newer release has applied. If there are some, this release has changed nothing. */
    ahead: string[];
    /** The differences that were repaired, one sentence each. */
    repaired: string[];
    /** What was kept of what the repair took away; missing if nothing was. */
    kept?: KeptRows[];
    /** How many differences `drift` would report; null if counting them needs more than reading. */
    drift: DriftGrades | null;
    /** Why `drift` is null. */
    driftUnknown?: string;
    created: {
        tables: string[];
        indexes: string[];
    };
    existing: {
        tables: string[];
    };
    /** Differences seen and left, and seeds that wait for a table, one sentence each. */
    pending: string[];
    /** The seeds that ran. */
    seeded: string[];
    /** The seeds that had run before. */
    alreadySeeded: string[];
    /** How long it took, in milliseconds. */
    durationMs: number;
}
/** The report of `surveyDb`: the objects that a reset would destroy. */
interface SurveyReport {
    /** The database, without a password. */
    url: string;
    /** Its name: of a file without folder and ending. */
    name: string;
    dialect: Dialect;
    /** `rows` is null if they cannot be counted. */
    tables: {
        name: string;
        rows: number | null;
    }[];
    views: string[];
    triggers: string[];
    /** Sequences, types and functions of PostgreSQL. */
    others: string[];
    /** Its size in bytes; 0 if the database does not exist. */
    bytes: number;
}
/** The report of `protect`. */
interface ProtectReport {
    /** The database, without a password. */
    url: string;
    dialect: Dialect;
    /** Whether the database is protected now. */
    protected: boolean;
    /** Whether that was changed. */
    changed: boolean;
    /** How long it took, in milliseconds. */
    durationMs: number;
}
/** The report of `resetDb`: dropped and created objects. */
interface ResetReport {
    /** The database, without a password. */
    url: string;
    dialect: Dialect;
    /**
     * `rows` is null if they cannot be counted; `others` are sequences, types and functions of
     * PostgreSQL.
     */
    dropped: {
        tables: {
            name: string;
            rows: number | null;
        }[];
        views: string[];
        triggers: string[];
        others?: string[];
    };
    /** PostgreSQL: what of it was kept before, an entry for each table with rows; see `kept`. Empty if nothing was. */
    kept: KeptRows[];
    /** SQLite: the copy of the database as it was before; missing if none was made. */
    keptFile?: string;
    /** Older copies that were deleted for it. */
    droppedFiles?: string[];
    /** SQLite: whether no old row can be read in the file and its `-wal` any more. */
    erased?: boolean;
    /** Why one still can, where `erased` is false. */
    notErased?: string;
    /** The report of `initDb`, which ran afterwards. */
    init: InitReport;
    /** How long it took, in milliseconds. */
    durationMs: number;
}
/** How far `backup` or `restore` has come. */
interface CopyProgress {
    /** Pages that are copied; of a restore together with those of the backup that it makes first. */
    pages: number;
    /** Of how many. */
    of: number;
}
/** The report of `backup`. */
interface BackupReport {
    /** The database, without a password. */
    url: string;
    /** The file that was written. */
    path: string;
    bytes: number;
    /** Pages of SQLite. */
    pages: number;
    /** How long it took, in milliseconds. */
    durationMs: number;
}
/** The report of `restore`: the file that replaced the previous content. */
interface RestoreReport {
    /** The database, without a password. */
    url: string;
    /** The file that was restored. */
    path: string;
    /** The file with what the database held before; null if there was no database. */
    backup: string | null;
    bytes: number;
    /** Pages of SQLite. */
    pages: number;
    /**
     * The version of the newest revision that is applied now; null if none is, or it is not known.
     */
    revision: string | null;
    /**
     * The names of the revisions that are not applied now; null if no folder of revisions is known,
     * or they are not known.
     */
    pending: string[] | null;
    /** How long it took, in milliseconds. */
    durationMs: number;
}
/** How far a pool of connections is in use. */
interface PoolUse {
    /** Connections at most. */
    size: number;
    /** Those at work, or kept by a transaction or a stream. */
    used: number;
    /** Calls and transactions that wait for one. */
    waiting: number;
}
/** The report of `health`. */
interface Health {
    /** Whether the database answered in time. */
    status: 'ok' | 'down';
    /** Plinth's version. */
    version: string;
    dialect: Dialect;
    /** The database's version; null if it did not answer, or has no connection left for the probe while all of the pool are in use. */
    serverVersion: string | null;
    /**
     * PostgreSQL: whether statements are kept prepared on their connections; `false` behind a pooler of connections, which is
     * found out, or as `prepare` says. Null on SQLite, and where it is not known.
     */
    prepare: boolean | null;
    /** PostgreSQL: how far the pool of this handle is in use. A probe has a connection of its own beside it. Null on SQLite. */
    pool: PoolUse | null;
    /** How long the answer took, or the failure, in milliseconds. */
    latencyMs: number;
    /** The database, without a password. */
    url: string;
    /** The version of the newest revision that is applied; null if none is, or it is not known. */
    revision: string | null;
    /**
     * The names of the revisions that are not applied yet; null if no folder of revisions is known,
     * or they are not known.
     */
    pending: string[] | null;
    /** The revision that is half done, and how far it is; null if none is, or it is not known. */
    unfinished: UnfinishedRevision | null;
    /** Why it is down. */
    error?: string;
    /** The same as a code, as errors have it. */
    code?: ErrorCode;
}

/** Options that several calls take. */

/** The platform's AbortSignal; where a project's TypeScript knows none (no DOM, no types of Node), any object, instead of an error in our types. */
type Signal = typeof globalThis extends {
    AbortSignal: {
        prototype: infer S;
    };
} ? S : object;
/** The options that every call takes. With `db.sync` `timeout` alone. */
interface CallOptions {
    /** Stops the call when it fires: the statement ends, and the error is ABORTED with the signal's reason as its `cause`. */
    signal?: Signal | undefined;
    /** Milliseconds that the call may take, its waiting included; then it is stopped, and the error is TIMEOUT. */
    timeout?: number | undefined;
}
/** A lock on the rows of a read, until the transaction, the session's transaction or the scope ends. */
interface LockOptions {
    /**
     * Locks the rows that are given, not those included. `'update'`: no other transaction locks, changes or deletes them. `'share'`: others may
     * lock them in the same way, and none changes or deletes them.
     */
    lock?: 'update' | 'share' | undefined;
    /** Leaves out rows that another transaction has locked, instead of waiting for it. */
    skipLocked?: boolean | undefined;
    /** Fails at once (BUSY) if another transaction has locked a row, instead of waiting for it. */
    noWait?: boolean | undefined;
}
/** A call waits for another process, or another transaction of this one, that changes the tables of the same database. */
interface Wait {
    /** The process or the session, as far as it is known. */
    holder?: string;
    /** For how long the call has waited, in milliseconds. */
    waitedMs: number;
    /** How often a transaction was tried whose locks others hold (PostgreSQL). */
    tries?: number;
}
/** The options of calls that wait for others which change the tables of the same database. */
interface WaitOptions {
    /**
     * So many milliseconds the call waits in all, then it is BUSY; 600,000 without it. It is BUSY sooner if the one it waits for makes
     * no progress for a minute.
     */
    timeout?: number | undefined;
    /** Called after the first second of waiting, and every five seconds from then on. */
    onWait?: ((wait: Wait) => void) | undefined;
}
/** How a transaction that changes tables asks for their locks (PostgreSQL). */
interface TableLockOptions {
    /** So many milliseconds it waits for the lock of a table at once, and keeps others from the table; 40 by default. */
    lockTimeoutMs?: number | undefined;
    /** So often it is tried, with growing pauses, then it is BUSY; 200 by default. */
    lockTries?: number | undefined;
    /** For so many milliseconds it is tried again, then it is BUSY; 300,000 by default. */
    lockWaitMs?: number | undefined;
}
/** The option `migrations` as an object. */
interface MigrationRunOptions extends TableLockOptions {
    /** The folder of the revisions; without it the one that the configuration names, `./migrations` beside it. */
    folder?: string | undefined;
}
/** The options of `backup` and `restore` beside the database. */
interface CopyOptions {
    /** The file that is written, or restored: a path, relative to `cwd`. */
    file: string;
    /** How long it may take, in milliseconds, waiting for locks included; then it is TIMEOUT. */
    timeout?: number | undefined;
    /** Called after each 1,000 pages that were copied. */
    onProgress?: ((progress: CopyProgress) => void) | undefined;
}
/** How much is kept of what a call destroys. */
interface KeepOptions {
    /**
     * The most bytes that the rows to keep may have; 268,435,456 (256 MB) by default. More is refused
     * before anything is done.
     */
    maxBytes?: number | undefined;
    /** So many entries of the same table and columns stay, the oldest is dropped for a new one; 3 without it. */
    count?: number | undefined;
}
/** The options of calls that may destroy rows. */
interface KeepingOptions {
    /**
     * Whether what is destroyed is kept before, in the database itself. Without it: in production (`NODE_ENV=production`), on
     * another machine, and where the database is protected; the command line keeps everywhere.
     */
    keep?: boolean | KeepOptions | undefined;
}
/** The option of calls that run revisions. */
interface OnlineOptions {
    /**
     * Whether revisions run in steps beside the sessions that use their tables, if they have a script for that
     * (`up.postgres.online.sql`); the others run as one transaction. Without it: those that touch a table of more than 32 MB.
     */
    online?: boolean | undefined;
}
/** The permissions of `repair`. */
interface RepairWish extends WaitOptions, KeepingOptions, ConfirmOptions {
    /** Only tell what it would do, its SQL, and what rows forbid; change nothing. */
    plan?: boolean;
    /** Also drop extra objects, with the values in it, and narrow types. */
    destructive?: boolean;
    /** `{ 'users.full_name': 'users.name', people: 'users' }`: what somebody renamed, and the name that it gets back. */
    rename?: Readonly<Record<string, string>>;
    /** `['users.name']`: what is made again although something extra may be it under another name; what it held is gone. */
    recreate?: readonly string[];
}
/** How `drift` reads rows. */
interface ScanOptions {
    /** Read rows: how many of them keep a difference from being repaired, or break a foreign key that is declared. */
    rows?: boolean | undefined;
    /** Let the database look for damage, too; PostgreSQL has no such check. Needs `rows`. */
    deep?: boolean | undefined;
    /** How long it may take, in milliseconds. Needs `rows`. */
    timeout?: number | undefined;
    /** Called before each step and when all are done. Needs `rows`. */
    onProgress?: ((progress: ScanProgress) => void) | undefined;
}
/** The loss that a call would cause in a protected database, as `confirm` gets it. */
interface Loss {
    /** The database, without a password. */
    url: string;
    /** The loss, as a sentence. */
    message: string;
    /** The same as data. */
    lost: readonly Lost[];
}
/** The options of calls that may destroy data. */
interface ConfirmOptions {
    /**
     * Called if the database is protected and the call would destroy data: gives the word that a person has entered, or undefined
     * if that person declines. Without it such a call is refused: PROTECTED.
     */
    confirm?: ((loss: Loss) => string | undefined | Promise<string | undefined>) | undefined;
}

/** Aggregates: what `aggregate` takes, and the exact shape of what it gives. */

/**
 * The options of `aggregate`. Every measure is an array of columns, but `count`, which counts rows.
 */
interface AggregateQuery<S extends AnySchema, K, G, N, D, Sum, Avg, Min, Max> extends CallOptions {
    /** Which rows. */
    where?: Filter<S, K>;
    /** The columns whose values make a group. Without it there is one result for all rows. */
    groupBy?: readonly G[] | undefined;
    /** How many rows. */
    count?: N | undefined;
    /** How many different values; NULL is none. */
    countDistinct?: readonly D[] | undefined;
    /** The sum, in the kind of the column; null without values. */
    sum?: readonly Sum[] | undefined;
    /** The average, a number; null without values. */
    avg?: readonly Avg[] | undefined;
    /** The least value; null without values. */
    min?: readonly Min[] | undefined;
    /** The greatest value; null without values. */
    max?: readonly Max[] | undefined;
    /** Which groups. */
    having?: Having<S['models'][K & keyof S['models']]> | undefined;
    /** In which order; groups that are alike in it, or all without it, follow the columns of groupBy. */
    orderBy?: GroupOrderBy<S['models'][K & keyof S['models']]> | readonly GroupOrderBy<S['models'][K & keyof S['models']]>[] | undefined;
    /** At most so many groups. */
    limit?: number | undefined;
    /** Skip so many. */
    offset?: number | undefined;
}
/** Conditions on groups: `{ count: { gt: 5 }, sum: { points: { gte: 10 } } }`, `and`, `or`, `not`. */
interface Having<M extends AnyModel> {
    /** how many rows */
    count?: number | OrderOps<number, never>;
    /** how many different values */
    countDistinct?: {
        [P in M['$groups']]?: number | OrderOps<number, never>;
    };
    /** the sum */
    sum?: {
        [P in M['$numeric']]?: M['$filter'][P] | null;
    };
    /** the average */
    avg?: {
        [P in M['$numeric']]?: number | null | OrderOps<number, null>;
    };
    /** the least value */
    min?: {
        [P in M['$ordered']]?: M['$filter'][P] | null;
    };
    /** the greatest value */
    max?: {
        [P in M['$ordered']]?: M['$filter'][P] | null;
    };
    /** all of these */
    and?: readonly Having<M>[];
    /** any of these */
    or?: readonly Having<M>[];
    /** not this */
    not?: Having<M>;
}
/** `{ status: 'asc' }`, `{ count: 'desc' }`, `{ sum: { points: 'desc' } }`; an array where the order of several must be plain. */
type GroupOrderBy<M extends AnyModel> = Sorted<M['$groups']> & MeasureOrder<M>;
/** An order of some of these. */
type Sorted<C> = {
    [P in C & PropertyKey]?: Direction | Ordering;
};
/** Orders of groups by what is measured of them. */
interface MeasureOrder<M extends AnyModel> {
    /** how many rows */
    count?: Direction;
    /** how many different values */
    countDistinct?: {
        [P in M['$groups']]?: Direction;
    };
    /** the sum */
    sum?: Sorted<M['$numeric']>;
    /** the average */
    avg?: Sorted<M['$numeric']>;
    /** the least value */
    min?: Sorted<M['$ordered']>;
    /** the greatest value */
    max?: Sorted<M['$ordered']>;
}
/**
 * The result of `aggregate`: one object, or with groupBy one for each group. The object is written
 * as an argument, without a name of its own: TypeScript would work out how a name varies with each
 * of its parameters, which costs more than all the rest.
 */
type Aggregated<M extends AnyModel, G extends PropertyKey, N, D, Sum, Avg, Min, Max> = Grouped<G, {
    [P in G | Asked$1<N, 'count'> | Asked$1<D, 'countDistinct'> | Asked$1<Sum, 'sum'> | Asked$1<Avg, 'avg'> | Asked$1<Min, 'min'> | Asked$1<Max, 'max'>]: P extends keyof MeasuresOf<M, D, Sum, Avg, Min, Max> ? MeasuresOf<M, D, Sum, Avg, Min, Max>[P] : M['$all'][P & keyof M['$all']];
}>;
type Grouped<G, T> = [G] extends [never] ? T : T[];
type Asked$1<C, Name> = [C] extends [never] ? never : Name;
interface MeasuresOf<M extends AnyModel, D, Sum, Avg, Min, Max> {
    count: number;
    countDistinct: {
        [P in D & PropertyKey]: number;
    };
    sum: {
        [P in Sum & keyof M['$all']]: M['$all'][P] | null;
    };
    avg: {
        [P in Avg & PropertyKey]: number | null;
    };
    min: {
        [P in Min & keyof M['$all']]: M['$all'][P] | null;
    };
    max: {
        [P in Max & keyof M['$all']]: M['$all'][P] | null;
    };
}

/** The results of calls, pages of rows, and how reads handle rows that cannot be read. */

/**
 * How `list`, `page` and `stream` handle rows that cannot be read, since something else wrote them.
 */
interface UnreadableOptions {
    /** `'error'`, without it: the call fails with VALUE_UNREADABLE. `'skip'`: such rows, and related ones, are left out. */
    unreadable?: 'error' | 'skip' | undefined;
    /** Receives the error of each row that was left out, before the rows are given; what it throws fails the call. Without it there is one warning a call. */
    onUnreadable?: ((error: PlinthError) => void) | undefined;
}
/** The result of a call: a promise, or with `db.sync` the value itself. */
interface Gives<T> {
    async: Promise<T>;
    sync: T;
}
/** The result of `stream`: rows to iterate, with `for await`, or with `db.sync` a plain `for`. */
interface Streamed<T> {
    async: AsyncIterable<T>;
    sync: Iterable<T>;
}
/** Whether calls give promises or block. */
type Mode = keyof Gives<any>;
/** The options of `page` beside `select` and `include`. */
interface PageQuery<S extends AnySchema, K> {
    /** Values or operators by column, relations, `and`, `or`, `not`. */
    where?: Filter<S, K>;
    /** `{ createdAt: 'desc' }`; rows that are alike in it follow their primary key. */
    orderBy?: OrderBy<S['models'][K & keyof S['models']]> | undefined;
    /** So many rows a page, from 1. */
    limit: number;
    /** `next` of the page before; without it, or null, the first page. */
    after?: string | null | undefined;
}
/** A page of rows. */
interface Page<T> {
    /** At most as many as `limit`. */
    rows: T[];
    /**
     * The cursor that `after` takes for the next page; null if this is the last. It holds the last
     * row's values in the order, readable.
     */
    next: string | null;
}

/** The options of the calls that write, and what `claim` takes. */

/** The rows of a table to change or delete: those that match, or, stated explicitly, all. */
type Many<S extends AnySchema, K> = ({
    where: Filter<S, K>;
    all?: never;
} | {
    all: true;
    where?: never;
}) & CallOptions;
/** The result of `updateMany` and `deleteMany`. */
interface Returning<R> {
    /** `true`: the rows, private columns left out. Without it how many they were. */
    returning?: R | undefined;
}
/** Option of `create`, `createMany`, `update` and `upsert` that give what they wrote. */
interface GivingRow {
    /** `false`: the call gives nothing, which costs less. */
    returning?: true | undefined;
}
/** Option of the same calls if what they wrote is not needed. */
interface GivingNothing {
    /** The call gives nothing, which costs less. */
    returning: false;
}
/** Which rows a `claim` picks, and what it changes. */
interface ClaimQuery<S extends AnySchema, K> extends CallOptions {
    /** Which rows; what `set` writes should end that, lest they are claimed again. */
    where: Filter<S, K>;
    /** Which of them first, and in which order they come. */
    orderBy?: OrderBy<S['models'][K & keyof S['models']]> | undefined;
    /** So many at most, from 1. */
    limit: number;
    /** The columns that they get; never the primary key. */
    set: S['models'][K & keyof S['models']]['$claimed'];
}
/** Options of `createMany`. */
interface CreateManyOptions<Column = string> extends CallOptions {
    /**
     * Leaves out rows whose unique values exist, in the table or in a row before: `true` those of any unique key, or the columns of one.
     * Every other violation fails the call.
     */
    skipDuplicates?: boolean | readonly Column[] | undefined;
    /** Called after each chunk with the rows done so far and the rows in all. */
    onProgress?: ((done: number, total: number) => void) | undefined;
}
/** Options of `update`. */
interface UpdateOptions<S extends AnySchema, K> extends CallOptions {
    /** Changes the row only if it meets this; without a row that does, the call fails with STALE_ROW. */
    where?: Filter<S, K>;
}
/** Options of `update` and `delete` of a row by its key, if the model has a version. */
interface VersionOptions extends CallOptions {
    /** The version that the row must have, or `'any'`; a row with another fails the call with STALE_ROW. */
    version: number | 'any';
}
/** Options of `upsert` and `upsertMany`: the columns of the table, what changes them, and its versions; never if it has none. */
interface UpsertOptions<Column, Change, Version = number> extends CallOptions {
    /** The columns of a unique constraint or of the primary key. */
    on: readonly Column[];
    /** What to change where the row is there; without it, the values given. */
    update?: Change | undefined;
    /** Of a model with a version: the one that an existing row must have, else the call fails with STALE_ROW. */
    version?: Version | undefined;
}

/** The calls of one table, what they take and what they give. The database around the tables is in db.ts. */

type Relations<S extends AnySchema, K> = S['$rel'][K & keyof S['$rel']];
/**
 * The `include` of table `K`: relation names, each `true` or its own arguments (`false` and
 * undefined bring none); `_count` for how many there are.
 */
type Include<S extends AnySchema, K> = {
    [R in keyof Relations<S, K>]?: boolean | IncludeArgs<S, Relations<S, K>[R]['target']> | undefined;
} & Counting<S, Relations<S, K>>;
/** What is counted of related rows. */
interface Counting<S extends AnySchema, R> {
    /** How many rows of a relation there are: `row._count.events`. */
    _count?: {
        [N in keyof R as R[N] extends Relation<'many', any, any> ? N : never]?: boolean | CountOptions<S, R[N]> | undefined;
    } | undefined;
}
/** Which rows of relation `R` are counted. */
interface CountOptions<S extends AnySchema, R> {
    /** Which of them. */
    where?: R extends Relation<any, infer Target, any> ? Filter<S, Target> : never;
}
/** Which related rows, and what of them. */
interface IncludeOptions<S extends AnySchema, K> {
    /** Which of them. */
    where?: Filter<S, K>;
    /** In which order. */
    orderBy?: OrderBy<Of<S, K>> | undefined;
    /** At most so many of each. */
    limit?: number | undefined;
    /** Only these columns; may name private ones. */
    select?: readonly (keyof Of<S, K>['$all'])[] | undefined;
}
/** The arguments of one relation in an `include`. */
interface IncludeArgs<S extends AnySchema, K> extends IncludeOptions<S, K> {
    /** Their relations in turn. */
    include?: Include<S, K> | undefined;
}
/**
 * A query as it was written, for the result's type. The condition always holds, so that the query itself is checked against the
 * concrete types: a wrong name is an error where it stands, at any depth, and editors complete every name. The other branch exists
 * so that TypeScript infers from it.
 */
type Captured<Q> = [Q] extends [object] ? {} : Q;
/**
 * The part of a captured query under a name; undefined if the query has none of it, or not in all
 * of its cases.
 */
type Given<Q, Name> = Q extends unknown ? (Name extends keyof Q ? Q[Name] : undefined) : never;
/**
 * A result: the columns selected (all that are not private when none are), and what was included. A
 * part that a query may or may not ask for (`include: { owner: wanted }`) is optional in the
 * result.
 */
type Result<S extends AnySchema, K, Q> = Made<S, K, Given<Q, 'select'>, Given<Q, 'include'>>;
type Made<S extends AnySchema, K, Sel, I> = [I] extends [undefined] ? Picked<S, K, Sel> : Picked<S, K, Sel> & Brought<S, K, I & object, undefined extends I ? never : Surely<I>>;
type Picked<S extends AnySchema, K, Sel> = [Sel] extends [undefined] ? RowOf<S, K> : Selected<Of<S, K>, Sel>;
type Selected<M extends AnyModel, Sel> = [Sel] extends [readonly (infer P)[]] ? IsLiteral<Sel> extends true ? Pick<M['$all'], P & keyof M['$all']> : Partial<Pick<M['$all'], P & keyof M['$all']>> : Partial<M['$row'] & Pick<M['$all'], NonNullable<Sel>[number & keyof NonNullable<Sel>] & keyof M['$all']>>;
/** Whether a selection is one list of names, written out: not some of several, nor a variable of any length. */
type IsLiteral<Sel extends readonly unknown[]> = number extends Sel['length'] ? false : Single<Sel>;
/** The names in `I` whose value can be nothing but "yes". */
type Surely<I> = {
    [R in keyof I]-?: I[R] extends true | object ? R : never;
}[keyof I];
/** The names in `I` whose value can be "yes". */
type Possibly<I> = {
    [R in keyof I]-?: [I[R]] extends [false | undefined] ? never : R;
}[keyof I];
/** What was included: `Sure` in any case. */
type Brought<S extends AnySchema, K, I, Sure> = [Exclude<Possibly<I>, Sure>] extends [never] ? {
    [R in Sure & keyof I]: Asked<S, K, R, I[R]>;
} : {
    [R in Sure & keyof I]: Asked<S, K, R, I[R]>;
} & {
    [R in Exclude<Possibly<I>, Sure> & keyof I]?: Asked<S, K, R, Exclude<I[R], false | undefined>>;
};
type Asked<S extends AnySchema, K, R, A> = R extends '_count' ? Counts<A, Surely<A>> : Included<S, K, Relations<S, K>[R & keyof Relations<S, K>], A>;
type Counts<A, Sure> = [Exclude<Possibly<A>, Sure>] extends [never] ? {
    [N in Sure & keyof A]: number;
} : {
    [N in Sure & keyof A]: number;
} & {
    [N in Exclude<Possibly<A>, Sure> & keyof A]?: number;
};
type Included<S extends AnySchema, K, Rel extends Relation<any, any, any>, A> = Rel['kind'] extends 'many' ? Child<S, Rel['target'], A>[] : Child<S, Rel['target'], A> | (Rel['kind'] extends 'has' ? null : Of<S, K>['$all'][Rel['key']] & null);
type Child<S extends AnySchema, K, A> = A extends boolean ? Of<S, K>['$row'] : Result<S, K, A>;
interface Shape<S extends AnySchema, K> extends CallOptions {
    /** Only these columns; may name private ones. */
    select?: readonly (keyof Of<S, K>['$all'])[] | undefined;
    /** Related rows to bring along, to any depth. `false` and undefined bring none. */
    include?: Include<S, K> | undefined;
}
interface Lockable<S extends AnySchema, K> extends Shape<S, K>, LockOptions {
}
interface Sought<S extends AnySchema, K> {
    /** Values or operators by column, relations, `and`, `or`, `not`. */
    where?: Filter<S, K>;
    /** `{ createdAt: 'desc' }` */
    orderBy?: OrderBy<Of<S, K>> | undefined;
}
interface Filtered<S extends AnySchema, K> extends Sought<S, K> {
    /** Skip so many. */
    offset?: number | undefined;
}
/** Which rows a `stream` gives, and how. */
interface StreamOptions<S extends AnySchema, K> extends Sought<S, K> {
    /** Rows read at once: 500 without it. */
    batch?: number | undefined;
}
interface Paged<S extends AnySchema, K> extends Filtered<S, K> {
    /** At most so many. */
    limit?: number | undefined;
}
interface Distinct<S extends AnySchema, K> {
    /** Of rows that are alike in these columns the first alone, by `orderBy` and then by key. */
    distinct?: readonly Of<S, K>['$groups'][] | undefined;
}
interface Counted<S extends AnySchema, K> {
    /** Which rows. */
    where?: Filter<S, K>;
    /** Counts the combinations of values that these columns have in them. */
    distinct?: readonly Of<S, K>['$groups'][] | undefined;
}
/** The model of table `K`. */
type Of<S extends AnySchema, K> = S['models'][K & keyof S['models']];
/**
 * A row of table `K`: `RowOf<App, 'users'>` is `Row<App['models']['users']>`. In a function over all tables TypeScript writes it in
 * declarations by this name, where `Row` would repeat every model.
 */
type RowOf<S extends AnySchema, K> = Of<S, K>['$row'];
/** The calls of one table. */
interface Table<S extends AnySchema, K, A extends Mode = 'async'> {
    /**
     * The row with this primary key, or null. A composite key is an object.
     * @example
     * const task = await db.tasks.get(1, { include: { owner: true } })
     */
    get<const Q extends object = {}>(id: Of<S, K>['$id'], options?: Lockable<S, K> & Captured<Q>): Gives<Result<S, K, Q> | null>[A];
    /**
     * The first row that matches, or null.
     * @example
     * const ada = await db.users.find({ where: { email: 'ada@example.com' } })
     */
    find<const Q extends object = {}>(query?: Filtered<S, K> & Lockable<S, K> & Captured<Q>): Gives<Result<S, K, Q> | null>[A];
    /**
     * The rows that match.
     * @example
     * const tasks = await db.tasks.list({ where: { done: false }, orderBy: { title: 'asc' }, limit: 20 })
     */
    list<const Q extends object = {}>(query?: Paged<S, K> & Distinct<S, K> & UnreadableOptions & Lockable<S, K> & Captured<Q>): Gives<Result<S, K, Q>[]>[A];
    /**
     * The rows that match, one by one and as they were at the first of them, however many: a batch is read when it is needed,
     * one ahead at most. To be iterated once; the connection is free again after the last row, or when the loop is left.
     * @example
     * for await (const task of db.tasks.stream({ where: { done: false } })) console.log(task.title)
     */
    stream<const Q extends object = {}>(query?: StreamOptions<S, K> & UnreadableOptions & Shape<S, K> & Captured<Q>): Streamed<Result<S, K, Q>>[A];
    /**
     * The rows that match, a page at a time; `next` is where the next one begins.
     * @example
     * const { rows, next } = await db.tasks.page({ orderBy: { title: 'asc' }, limit: 20 })
     * if (next) await db.tasks.page({ orderBy: { title: 'asc' }, limit: 20, after: next })
     */
    page<const Q extends object = {}>(query: PageQuery<S, K> & UnreadableOptions & Shape<S, K> & Captured<Q>): Gives<Page<Result<S, K, Q>>>[A];
    /**
     * How many rows match.
     * @example
     * const open = await db.tasks.count({ where: { done: false } })
     */
    count(query?: Counted<S, K> & CallOptions): Gives<number>[A];
    /**
     * Whether any row matches.
     * @example
     * const taken = await db.users.exists({ where: { email: 'ada@example.com' } })
     */
    exists(query?: {
        where?: Filter<S, K>;
    } & CallOptions): Gives<boolean>[A];
    /**
     * Numbers over the rows that match: counts, sums, averages, least and greatest values, for all of them or by group.
     * @example
     * const byState = await db.tasks.aggregate({ groupBy: ['done'], count: true, sum: ['points'] })
     */
    aggregate<G extends Of<S, K>['$groups'] = never, N extends true = never, D extends Of<S, K>['$groups'] = never, Sum extends Of<S, K>['$numeric'] = never, Avg extends Of<S, K>['$numeric'] = never, Min extends Of<S, K>['$ordered'] = never, Max extends Of<S, K>['$ordered'] = never>(query: AggregateQuery<S, K, G, N, D, Sum, Avg, Min, Max>): Gives<Aggregated<Of<S, K>, G, N, D, Sum, Avg, Min, Max>>[A];
    /**
     * Insert one row and return nothing.
     * @example
     * await db.tasks.create({ ownerId: 1, title: 'Write' }, { returning: false })
     */
    create(values: Of<S, K>['$insert'], options: CallOptions & GivingNothing): Gives<void>[A];
    /**
     * Insert one row and return it.
     * @example
     * const task = await db.tasks.create({ ownerId: 1, title: 'Write' })
     */
    create(values: Of<S, K>['$insert'], options?: CallOptions & GivingRow): Gives<RowOf<S, K>>[A];
    /**
     * Insert many rows, all or none, and return nothing.
     * @example
     * await db.tasks.createMany([{ ownerId: 1, title: 'Write' }], { returning: false })
     */
    createMany(rows: readonly Of<S, K>['$insert'][], options: CreateManyOptions<keyof Of<S, K>['$all']> & GivingNothing): Gives<void>[A];
    /**
     * Insert many rows, all or none, and return them in the same order. With `skipDuplicates` rows whose unique values exist are left
     * out, and only those that were made are returned.
     * @example
     * await db.tasks.createMany([{ ownerId: 1, title: 'Write' }, { ownerId: 1, title: 'Rest' }])
     */
    createMany(rows: readonly Of<S, K>['$insert'][], options?: CreateManyOptions<keyof Of<S, K>['$all']> & GivingRow): Gives<RowOf<S, K>[]>[A];
    /**
     * Change the row with this primary key and return nothing.
     * @example
     * await db.tasks.update(1, { done: true }, { returning: false })
     */
    update(id: Of<S, K>['$versioned'], values: Of<S, K>['$update'], options: UpdateOptions<S, K> & VersionOptions & GivingNothing): Gives<void>[A];
    /**
     * The same: by the key, or of a model with a version by the row that was read.
     * @example
     * await db.tasks.update(1, { done: true }, { returning: false })
     */
    update(row: Of<S, K>['$target'], values: Of<S, K>['$update'], options: UpdateOptions<S, K> & GivingNothing): Gives<void>[A];
    /**
     * Change the row with this primary key and return it; throws NotFound, and StaleRow if the row does
     * not meet `where` or has another version. A model with a version takes the row that was read instead of its key.
     * @example
     * const task = await db.tasks.update(1, { done: true })
     * await db.tasks.update(1, { points: 5 }, { where: { done: true } })
     */
    update(id: Of<S, K>['$versioned'], values: Of<S, K>['$update'], options: UpdateOptions<S, K> & VersionOptions & GivingRow): Gives<RowOf<S, K>>[A];
    /**
     * The same: by the key, or of a model with a version by the row that was read.
     * @example
     * const task = await db.tasks.update(1, { done: true })
     */
    update(row: Of<S, K>['$target'], values: Of<S, K>['$update'], options?: UpdateOptions<S, K> & GivingRow): Gives<RowOf<S, K>>[A];
    /**
     * Change every row that matches; gives how many, or with `returning: true` the changed rows, in no particular order. Without
     * values it changes nothing, and gives the same of the rows that match.
     * @example
     * const changed = await db.tasks.updateMany({ where: { done: false } }, { points: 2 })
     */
    updateMany<R extends boolean | undefined = undefined>(query: Many<S, K> & Returning<R>, values: Of<S, K>['$update']): Gives<R extends true ? RowOf<S, K>[] : number>[A];
    /**
     * Pick rows that no other transaction has locked, change them and give them, in one statement: for work that several processes
     * share. The rows come in the order of `orderBy`, as they are now.
     * @example
     * const mine = await db.tasks.claim({ where: { done: false }, orderBy: { id: 'asc' }, limit: 10, set: { done: true } })
     */
    claim(query: ClaimQuery<S, K>): Gives<RowOf<S, K>[]>[A];
    /**
     * Insert, or change the existing row with these unique columns; gives nothing.
     * @example
     * await db.users.upsert({ email: 'ada@example.com', name: 'Ada' }, { on: ['email'], returning: false })
     */
    upsert(values: Of<S, K>['$insert'], options: UpsertOptions<keyof Of<S, K>['$all'], Of<S, K>['$update'], Of<S, K>['$compared']> & GivingNothing): Gives<void>[A];
    /**
     * Insert, or change the existing row with these unique columns; gives the row.
     * @example
     * await db.users.upsert({ email: 'ada@example.com', name: 'Ada' }, { on: ['email'] })
     */
    upsert(values: Of<S, K>['$insert'], options: UpsertOptions<keyof Of<S, K>['$all'], Of<S, K>['$update'], Of<S, K>['$compared']> & GivingRow): Gives<RowOf<S, K>>[A];
    /**
     * Insert many rows, or change the existing ones by these unique columns, all or none; gives the rows in the same order.
     * Two rows with the same unique values are VALUE_INVALID.
     * @example
     * await db.users.upsertMany([{ email: 'ada@example.com', name: 'Ada' }, { email: 'bob@example.com', name: 'Bob' }], { on: ['email'] })
     */
    upsertMany(rows: readonly Of<S, K>['$insert'][], options: Omit<UpsertOptions<keyof Of<S, K>['$all'], Of<S, K>['$update']>, 'version'>): Gives<RowOf<S, K>[]>[A];
    /**
     * Delete the row with this primary key; throws NotFound, and StaleRow if the row has another version.
     * @example
     * await db.tasks.delete(1)
     */
    delete(id: Of<S, K>['$versioned'], options: VersionOptions): Gives<void>[A];
    /**
     * The same: by the key, or of a model with a version by the row that was read.
     * @example
     * await db.tasks.delete(1)
     */
    delete(row: Of<S, K>['$target'], options?: CallOptions): Gives<void>[A];
    /**
     * Delete every row that matches; gives how many, or with `returning: true` the deleted rows, in no particular order.
     * @example
     * const deleted = await db.tasks.deleteMany({ where: { done: true } })
     */
    deleteMany<R extends boolean | undefined = undefined>(query: Many<S, K> & Returning<R>): Gives<R extends true ? RowOf<S, K>[] : number>[A];
}

/** The hooks of `open()`, and the events that they get after commits. */

/** The writes of one call, after its commit: the rows as the call returned them, or a condition and a number. */
type AfterCommitEvent<Row = object, Where = object> = {
    readonly call: 'create' | 'createMany' | 'update' | 'upsert' | 'upsertMany' | 'claim';
    readonly rows: readonly Row[];
} | {
    readonly call: 'delete' | 'updateMany' | 'deleteMany';
    /** The condition of the call; of `delete` the columns of the key, and `{}` for all rows. */
    readonly where: Where;
    /** How many rows were changed or deleted, at least 1. */
    readonly changes: number;
};
/** The hooks of one model. */
interface ModelHooks<S extends AnySchema, K> {
    /**
     * Called after the commit that holds the writes of a call: at most once, one event after the other. The caller does not wait
     * for it. An error that it throws becomes a warning. Not called for raw SQL, for foreign-key actions, if no row was changed,
     * and if the commit is unclear (`mayHaveCommitted`).
     */
    afterCommit(event: AfterCommitEvent<RowOf<S, K>, Filter<S, K>>): void | Promise<void>;
}
/** The hooks of `open()`, by model. */
type Hooks<S extends AnySchema> = {
    readonly [K in keyof S['models']]?: ModelHooks<S, K> | undefined;
};

/** The events of statements: the `log` of open(), and the events of node:diagnostics_channel. */

/**
 * The action of a statement. `sql` is one that a person wrote; those behind it steer a transaction.
 */
type StatementAction = 'select' | 'insert' | 'upsert' | 'update' | 'delete' | 'sql' | 'begin' | 'commit' | 'rollback' | 'savepoint' | 'release' | 'rollbackTo';
/** A statement that ran, as the channel `plinth:statement` and `open({ log })` tell it. */
interface StatementEvent {
    /** Its text, with placeholders. Of createMany: that of one row. */
    readonly sql: string;
    /** How long it ran, in milliseconds, measured beside the database; what it waited for its turn is not part of it. */
    readonly durationMs: number;
    /** Rows it gave, or else inserted, changed or deleted. */
    readonly rows: number;
    /** Why it failed. */
    readonly error?: {
        readonly code: ErrorCode;
        readonly message: string;
    };
    /** The model whose rows they are; none of SQL that a person wrote. */
    readonly model?: string;
    readonly action: StatementAction;
    readonly dialect: Dialect;
    /** Present where it took at least `log.slowMs`. */
    readonly slow?: true;
    /**
     * The values of its placeholders, in their order, if `log.values` asks for them: private columns
     * as `[private]`, long text cut short, bytes as their number. Of createMany: the first row's.
     */
    readonly values?: readonly unknown[];
}
/** A warning, as the channel `plinth:warning` tells it. */
type WarningEvent = RepeatedReadEvent | IdleTransactionEvent | LostUpdateEvent | AfterCommitWarningEvent;
/** A session that keeps a transaction open while no call runs in it. */
interface IdleTransactionEvent {
    readonly code: 'PLINTH_IDLE_TRANSACTION';
    /** All of it in a sentence, the hint left out. */
    readonly message: string;
    /** Whose session it is: a route such as `POST /tasks`, or the call that made it. */
    readonly owner: string;
    readonly hint: string;
}
/** An update by key of a row that was read before, without anything that would notice a change in between. */
interface LostUpdateEvent {
    readonly code: 'PLINTH_LOST_UPDATE';
    /** All of it in a sentence, the hint left out. */
    readonly message: string;
    /** The model, and the columns that were read and set to other values. */
    readonly model: string;
    readonly columns: readonly string[];
    /** The line that made the update; empty if it is not known. */
    readonly place: string;
    /** The calls that notice or keep such a change. */
    readonly hint: string;
}
/** A hook `afterCommit` that failed, or events that were dropped since too many waited. */
interface AfterCommitWarningEvent {
    readonly code: 'PLINTH_AFTER_COMMIT';
    /** All of it in a sentence, the hint left out. */
    readonly message: string;
    readonly hint: string;
    /** The error that the hook threw; missing if events were dropped. */
    readonly error?: unknown;
}
/** A read that is repeated for each of many rows. */
interface RepeatedReadEvent {
    readonly code: 'PLINTH_N_PLUS_ONE';
    /** All of it in a sentence, the hint left out. */
    readonly message: string;
    /** The model and the call that was repeated: `users`, `get`. */
    readonly model: string;
    readonly call: string;
    /** How often it had run when the warning was made. */
    readonly count: number;
    /** The line that made the calls; empty if it is not known. */
    readonly place: string;
    /** The call that would read the same at once. */
    readonly hint: string;
}
/** The settings of `log` of open(), beside `true` and a function. */
interface LogOptions {
    /** Whether every statement is reported; true without it, unless `slowMs`, `nPlusOne` or `lostUpdates` is given. */
    statements?: boolean | undefined;
    /** Reports statements that take at least so many milliseconds, and marks them as slow. */
    slowMs?: number | undefined;
    /** Whether events have the values of statements; false without it. */
    values?: boolean | undefined;
    /**
     * Whether a read that is repeated for each of many rows is warned of, or after how many repetitions: 10 for true. Without
     * it, only with NODE_ENV=development.
     */
    nPlusOne?: boolean | number | undefined;
    /**
     * Whether an update is warned of that sets what was read before to another value, so that a change in between would be lost. Without
     * it, only with NODE_ENV=development.
     */
    lostUpdates?: boolean | undefined;
    /** Receives what is reported; without it, lines on the standard error output. */
    to?: ((event: StatementEvent) => void) | undefined;
}

/** The database around its tables: Db, its transactions and sessions, and the options of open, init and reset. */

/** The tables of a schema, by their names in schema(). */
type Tables<S extends AnySchema, A extends Mode = 'async'> = {
    readonly [K in keyof S['models']]: Table<S, K, A>;
};
/** SQL, wherever there are tables. */
interface SqlCall<A extends Mode> {
    /** One statement with bound values: db.sql`SELECT ... ${value}`; gives its rows as the database has them. */
    sql<T = Record<string, unknown>>(text: TemplateStringsArray, ...values: unknown[]): Gives<T[]>[A];
}
/**
 * Options of `transaction`. `signal` and `timeout` are for all of it, attempts included: it is rolled back, and rejects, whatever
 * its function does. Inside another, where it is a savepoint, it takes those two alone.
 */
interface TransactionOptions extends CallOptions {
    /** How much it sees of others; without it as `open` says, or else as the database does: PostgreSQL `read committed`. */
    isolation?: Isolation | undefined;
    /** A snapshot that only reads and never waits for a writer. */
    readOnly?: boolean | undefined;
    /**
     * How often the function is run again, from its beginning and in a new transaction, after an error whose `retryable` is
     * true: a serialization failure, a deadlock, a lock that did not come. And after STALE_ROW of a row that it has read. 0 without it.
     */
    retries?: number | undefined;
}
/** Options of `session` and `scope`. `signal` and `timeout` are for all of it: it is rolled back and closed. */
interface SessionOptions extends CallOptions {
    /**
     * How much its transaction sees of others; without it as `open` says, or else as the database does: PostgreSQL `read committed`. At read committed
     * reads stand alone until the first write begins the transaction, at any other isolation the first call begins it.
     */
    isolation?: Isolation | undefined;
    /**
     * How many milliseconds its transaction may be open while no call and no stream runs in it; then it is rolled back, and what is
     * called after that is TIMEOUT. No limit without it; 30,000 in scopes of requests.
     */
    idleTimeout?: number | undefined;
}
/** Options of `scope`. */
interface ScopeOptions extends SessionOptions {
    /**
     * How many times the function is run again, in a new session, if it fails for a reason that passes: see `retries` of `transaction`. It is not
     * run again if it has committed a part itself.
     */
    retries?: number | undefined;
}
/** The members of a transaction beside its tables. */
interface TxCalls<S extends AnySchema> extends SqlCall<'async'> {
    /**
     * All of it or nothing. Inside another: a savepoint.
     * @example
     * await db.transaction(async tx => {
     *   await tx.transaction(inner => inner.tasks.create({ ownerId: 1, title: 'Write' }))
     * })
     */
    transaction<T>(work: (tx: Tx<S>) => Promise<T>, options?: TransactionOptions): Promise<T>;
    /**
     * The same with limits for every call on it, beside those of the call itself.
     * @example
     * await db.transaction(async tx => {
     *   await tx.with({ timeout: 1_000 }).tasks.list()
     * })
     */
    with(options: CallOptions): Tx<S>;
}
/** The members of a session beside its tables. */
interface SessionCalls<S extends AnySchema> extends Omit<TxCalls<S>, 'with'> {
    /**
     * The same with limits for every call on it, beside those of the call itself.
     * @example
     * await using session = db.session()
     * await session.with({ timeout: 1_000 }).tasks.list()
     */
    with(options: CallOptions): Session<S>;
    /**
     * Keeps what was written since the last commit. The session goes on.
     * @example
     * await using session = db.session()
     * await session.tasks.create({ ownerId: 1, title: 'Write' })
     * await session.commit()
     */
    commit(): Promise<void>;
    /**
     * Drops what was written since the last commit. The session goes on.
     * @example
     * await using session = db.session()
     * await session.tasks.deleteMany({ all: true })
     * await session.rollback()
     */
    rollback(): Promise<void>;
    /**
     * Ends the session; drops what was not committed. Again: nothing.
     * @example
     * const session = db.session()
     * try {
     *   await session.tasks.create({ ownerId: 1, title: 'Write' })
     *   await session.commit()
     * } finally {
     *   await session.close()
     * }
     */
    close(): Promise<void>;
}
/** The members of the database beside its tables. */
interface DbCalls<S extends AnySchema> extends SqlCall<'async'> {
    /**
     * All of it or nothing: commits when `work` resolves, rolls back when it rejects.
     * @example
     * await db.transaction(
     *   async tx => {
     *     const task = await tx.tasks.find({ where: { done: false } })
     *     if (task) await tx.tasks.update(task.id, { done: true })
     *   },
     *   { isolation: 'serializable', retries: 5 },
     * )
     */
    transaction<T>(work: (tx: Tx<S>) => Promise<T>, options?: TransactionOptions): Promise<T>;
    /**
     * An explicit unit of work. Close it in a `finally`, or hold it with `await using`.
     * @example
     * await using session = db.session()
     * await session.tasks.create({ ownerId: 1, title: 'Write' })
     * await session.commit()
     */
    session(options?: SessionOptions): Session<S>;
    /**
     * The same database with limits for every call on it, `sql` among them, beside those of the call itself.
     * @example
     * const quick = db.with({ timeout: 1_000 })
     * await quick.tasks.list()
     */
    with(options: CallOptions): Db<S>;
    /**
     * A session as long as `work` runs: committed when it resolves, rolled back when it rejects,
     * closed in any case. Functions that it calls find the session by `current()`.
     * @example
     * await db.scope(async session => {
     *   await session.tasks.create({ ownerId: 1, title: 'Write' })
     * })
     */
    scope<T>(work: (session: Session<S>) => Promise<T>, options?: ScopeOptions): Promise<T>;
    /**
     * The session of the scope that this is called in, `db.scope` or that of a request. Throws NO_SCOPE outside of one.
     * @example
     * const add = (title: string) => db.current().tasks.create({ ownerId: 1, title })
     * await db.scope(() => add('Write'))
     */
    current(): Session<S>;
    /**
     * Runs `work` at once, and gives what it gives. In a scope its calls on the database wait until the scope is settled and its
     * connection is free, and belong to no scope: for a body that is sent after the scope, and for work after an answer. They reject
     * if the commit of the scope fails. Outside of a scope `work` just runs. Do not await it in the scope: it waits for the end of
     * that.
     * @example
     * let log: Promise<unknown> | undefined
     * await db.scope(async session => {
     *   await session.tasks.create({ ownerId: 1, title: 'Write' })
     *   log = db.afterScope(() => db.tasks.create({ ownerId: 1, title: 'Tell' }))
     * })
     * await log
     */
    afterScope<T>(work: () => T): T;
    /** The same calls, blocking: for scripts. */
    readonly sync: SyncDb<S>;
    /**
     * Whether the database answers; never throws.
     * @example
     * const { status, latencyMs } = await db.health()
     */
    health(options?: HealthOptions): Promise<Health>;
    /**
     * The live database against what its revisions or the models say: see the function `drift`. Changes nothing.
     * @example
     * const { differences } = await db.drift()
     */
    drift(options?: ScanOptions): Promise<DriftReport>;
    /**
     * Corrects the live database to what its revisions or the models say: see the function `repair`.
     * @example
     * const { outcome, remaining } = await db.repair({ plan: true })
     */
    repair(options?: RepairWish): Promise<RepairReport>;
    /**
     * Refuses new calls and sessions, waits for calls and streams that run and for sessions that have a transaction open, and closes the
     * connections. What is not done in time is rolled back. Throws OUTER_DB_IN_TRANSACTION inside a scope or a transaction.
     * @example
     * await db.close({ timeout: 5_000 })
     */
    close(options?: CloseOptions): Promise<void>;
}
/** The members of the blocking database beside its tables. */
interface SyncCalls<S extends AnySchema> extends SqlCall<'sync'> {
    /**
     * All of it or nothing. Inside another: a savepoint.
     * @example
     * db.sync.transaction(tx => {
     *   tx.tasks.create({ ownerId: 1, title: 'Write' })
     * })
     */
    transaction<T>(work: (tx: SyncDb<S>) => T, options?: TransactionOptions): T;
}
/**
 * A member of a database: a call, or else the table of that name. The mapped types below ask it for
 * each name, since in an intersection TypeScript finds no table of a name that is a type parameter:
 * `db[name].get(id)` would be an error in a function over all tables. If the names are unknown
 * (`Db` alone), a table is `any`, so that every database is a `Db`.
 */
type Member<S extends AnySchema, K, A extends Mode, Calls> = [K] extends [keyof Calls] ? Calls[K & keyof Calls] : string extends K ? any : Table<S, K, A>;
/** A database: its tables by name, and the calls beside them. */
type Db<S extends AnySchema = AnySchema> = {
    readonly [K in keyof (Tables<S> & DbCalls<S>)]: Member<S, K, 'async', DbCalls<S>>;
};
/** A database whose calls block. */
type SyncDb<S extends AnySchema = AnySchema> = {
    readonly [K in keyof (Tables<S> & SyncCalls<S>)]: Member<S, K, 'sync', SyncCalls<S>>;
};
/** A transaction: what `db.transaction` hands to its function. */
type Tx<S extends AnySchema = AnySchema> = {
    readonly [K in keyof (Tables<S> & TxCalls<S>)]: Member<S, K, 'async', TxCalls<S>>;
};
/** An explicit unit of work. */
type Session<S extends AnySchema = AnySchema> = {
    readonly [K in keyof (Tables<S> & SessionCalls<S> & AsyncDispose)]: Member<S, K, 'async', SessionCalls<S> & AsyncDispose>;
};
/**
 * `[Symbol.asyncDispose]()`, if the user's TypeScript knows that symbol; none if it does not,
 * instead of an error in our types.
 */
type AsyncDispose = SymbolConstructor extends {
    readonly asyncDispose: infer K;
} ? {
    [P in K & symbol]: () => Promise<void>;
} : {};
/**
 * The sources of models, URL and settings. All optional: the `plinth` key of package.json,
 * DATABASE_URL and .env fill in.
 */
interface OpenOptions<S extends AnySchema = AnySchema> {
    /** The schema, or its JSON. Without it the one that the configuration names. */
    models?: S | SchemaJson | undefined;
    /** `postgresql://user@host/db`, `sqlite:///./app.db`, `sqlite::memory:`, a path. Without it DATABASE_URL, then .env, then the configuration. */
    url?: string | undefined;
    /** Environment variables to look in, by their exact names; `process.env` without it. */
    env?: Readonly<Record<string, string | undefined>>;
    /** Where the search for the configuration begins; the current directory without it. */
    cwd?: string | undefined;
    /** SQLite. `full`: what was confirmed survives a power cut. `normal`: only a crash of the process; faster. */
    durability?: 'full' | 'normal' | undefined;
    /** PostgreSQL: its connections. */
    pool?: PoolOptions | undefined;
    /**
     * PostgreSQL: whether connections keep their statements prepared. Without it they do, but where a pooler of connections is
     * found before the server.
     */
    prepare?: boolean | undefined;
    /**
     * How much transactions, sessions and scopes see of others, if they do not name a level; without it the level of the database:
     * PostgreSQL `read committed`. At a higher one a change that would be lost fails the transaction: SERIALIZATION_FAILURE.
     */
    isolation?: Isolation | undefined;
    /** Reports statements: `true` writes a line for each on the standard error output, a function receives each. */
    log?: boolean | ((event: StatementEvent) => void) | LogOptions | undefined;
    /** What is called after commits, by model: `{ users: { afterCommit(event) { ... } } }`. */
    hooks?: Hooks<S> | undefined;
}
/** The connections to a server. They are made as they are needed. */
interface PoolOptions {
    /** So many at most; 10 without it. */
    size?: number | undefined;
    /** How many milliseconds a call waits for one, then it is POOL_TIMEOUT; 10,000 without it, 0 for no limit. */
    acquireTimeoutMs?: number | undefined;
    /** After how many milliseconds without work one is closed; 30,000 without it, 0 for never. */
    idleTimeoutMs?: number | undefined;
}
/** Options of `initDb`. */
interface InitOptions<S extends AnySchema = AnySchema> extends Omit<OpenOptions<S>, 'hooks'>, WaitOptions, KeepingOptions, OnlineOptions, ConfirmOptions {
    /** Seeds to run, each once by name; without it those that the configuration names; `false` for none. */
    seed?: Seeds<S> | false | undefined;
    /** A database that is open already, to use instead of opening one. */
    db?: Db<S> | undefined;
    /** Whether drift is repaired, as far as that loses nothing and reads no large table; without it AUTO_SCHEMA_REPAIR, then `safe`. */
    repair?: 'safe' | 'off' | undefined;
    /**
     * The folder of the revisions that the database is brought to; `false` for none. Without it the
     * one that the configuration names, `./migrations` beside it; none if models and url are both
     * passed. Or an object: the folder, and how locks are asked for.
     */
    migrations?: string | MigrationRunOptions | false | undefined;
}
/** Options of `SchemaManager`. */
interface SchemaManagerOptions<S extends AnySchema = AnySchema> extends Omit<OpenOptions<S>, 'hooks'>, Pick<InitOptions<S>, 'seed'> {
    /** The folder of the revisions, or an object with settings; without it as `initDb` finds it. */
    migrations?: string | MigrationRunOptions | undefined;
}
/** Options of `resetDb`. */
interface ResetOptions<S extends AnySchema = AnySchema> extends Omit<InitOptions<S>, 'online'> {
    /** Also in production, and on another machine. */
    force?: boolean | undefined;
}
/** Options of `surveyDb`. */
interface SurveyOptions<S extends AnySchema = AnySchema> extends Pick<InitOptions<S>, 'models' | 'url' | 'env' | 'cwd' | 'db'> {
}
/** Options of `protect`. */
interface ProtectOptions<S extends AnySchema = AnySchema> extends SurveyOptions<S> {
    /** The word: a new one, or with `off` the one that the database is protected by. */
    word: string;
    /** End the protection. */
    off?: boolean | undefined;
}
/** One seed: what to insert, in a transaction of its own. */
type SeedRun<S extends AnySchema = AnySchema> = (tx: Tx<S>) => Promise<unknown>;
/** Seeds by name, or in an array. Each runs once in the life of a database. */
type Seeds<S extends AnySchema = AnySchema> = {
    readonly [name: string]: SeedRun<S>;
} | readonly {
    readonly name: string;
    readonly run: SeedRun<S>;
}[];
/** Options of `close`. */
interface CloseOptions {
    /** After so many milliseconds what is still at work is ended; 10,000 without it, 0 for at once. */
    timeout?: number | undefined;
}
/** Options of `health`. */
interface HealthOptions {
    /** After so many milliseconds the database counts as down. */
    timeoutMs?: number | undefined;
}

/**
 * The options of a service over HTTP: the middlewares of its scopes, and its health. Their shapes
 * are those of the frameworks, which are not needed to compile.
 */

/** Options of `expressScope`, `fastifyScope`, `honoScope` and `fetchScope`. */
interface HttpScopeOptions {
    /** Whether an answer of this status is committed; below 400 without it. */
    commit?: ((status: number) => boolean) | undefined;
    /** How much the transaction of a session sees of others: see `SessionOptions`. */
    isolation?: Isolation | undefined;
    /**
     * How many milliseconds the transaction of a session may be open while no call and no stream runs in it, 30,000 without it;
     * then it is rolled back, later calls are TIMEOUT, and the request is answered with an error, or its connection is broken.
     */
    idleTimeout?: number | undefined;
    /** How many milliseconds a session may last, from when a request first asks for it; no limit without it. */
    timeout?: number | undefined;
}
/** Options of `expressScope` and `honoScope`. */
interface NamedScopeOptions extends HttpScopeOptions {
    /** The name of the session on the request (of Hono: on the context); `db` without it. For a second database. */
    as?: string | undefined;
}
/** Options of `fastifyScope`. */
interface FastifyScopeOptions extends NamedScopeOptions {
    db: Db<any>;
}
/** A middleware of Express, or of what takes its middlewares. */
type ExpressMiddleware = (req: any, res: any, next: (error?: any) => void) => void;
/** A middleware of Hono. */
type HonoMiddleware = (c: any, next: () => Promise<void>) => Promise<void>;
/** The parts of a request that `fetchScope` needs. */
interface FetchRequest {
    readonly url: string;
    readonly signal?: Signal | null;
}
/** The parts of an answer that `fetchScope` needs. */
interface FetchResponse {
    readonly status: number;
}
/** `Request`, where the user's TypeScript knows it. */
type GlobalRequest = typeof globalThis extends {
    Request: {
        prototype: infer R extends FetchRequest;
    };
} ? R : FetchRequest;
/** A handler of requests as `fetch` has them, with the session of its scope; `more` is what the server hands over beside the request. */
type FetchHandler<S extends AnySchema, Req, Res, More extends unknown[]> = (request: Req, session: Session<S>, ...more: More) => Res | Promise<Res>;
/** Options of `healthHandler`. */
interface HealthHandlerOptions {
    /** After so long the database counts as down; 5000 without it. */
    timeoutMs?: number | undefined;
    /** The version of the application: the body then has it, and Plinth's beside it. */
    version?: string | undefined;
    /** Whether a database that lacks revisions, or has one half done, is good to serve; true without it. */
    allowPending?: boolean | undefined;
    /** Compares the database in the background, at most once in so many milliseconds, and puts the last result into the body. */
    drift?: {
        everyMs: number;
    } | undefined;
    /**
     * Which drift makes the answer 503; none without it. `destructive`: what is gone, what a repair would destroy, and what a person has
     * to decide (all grades but `safe`); `any`: also what a repair would risk nothing for. Unknown drift is none. Needs `drift`.
     */
    failOnDrift?: 'destructive' | 'any' | undefined;
}
/** The answer of `healthHandler`, as JSON. */
interface HealthBody {
    /** `pending`: it answers, but lacks revisions or one is half done, and `allowPending` is false. */
    status: 'ok' | 'pending' | 'drift' | 'down';
    /** The version of the application: the option. */
    version?: string;
    /** The version of Plinth. Only with the option `version`. */
    plinthVersion?: string;
    latencyMs: number;
    revision: string | null;
    pending: string[] | null;
    /** The revision that is half done, and how far it is; null if none is, or it is not known. */
    unfinished: UnfinishedRevision | null;
    /** How far the pool of connections is in use; null on SQLite. */
    pool: PoolUse | null;
    /** The last comparison; null before the first has ended, and if what should be there is not stored. Only with the option `drift`. */
    drift?: (DriftGrades & {
        checkedAt: string;
    }) | null;
    /** Why `drift` is null. */
    driftUnknown?: string;
    /** Why it is down: the code of an error, nothing that strangers should not see. */
    error?: ErrorCode;
}
/** A handler of Express, `node:http`, Fastify, Hono, or of requests as `fetch` has them: it sees which by what it is called with. */
type HealthHandler = (...args: any[]) => Promise<any>;

/** The options of migrations, backups and restores: writing revisions, running them, comparing a database with the models. Their results are in reports.ts. */

/**
 * The options of each of these calls. All optional: the configuration, DATABASE_URL and .env fill
 * in.
 */
interface MigrationOptions<S extends AnySchema = AnySchema> extends Pick<OpenOptions<S>, 'models' | 'url' | 'env' | 'cwd'> {
    /**
     * The folder of the revisions; without it the one that the configuration names, `./migrations` beside it. Or an object: the
     * folder, and how locks are asked for.
     */
    migrations?: string | MigrationRunOptions | undefined;
}
/** Options of the calls that work on a database. */
interface DatabaseOptions<S extends AnySchema = AnySchema> extends MigrationOptions<S> {
    /** A database that is open already, to use instead of opening one. */
    db?: Db<S> | undefined;
}
/** The PostgreSQL server, for a proof. */
interface ProofOptions {
    /** Which databases; without it those that the configuration names, else both. */
    dialects?: readonly Dialect[] | undefined;
    /** A PostgreSQL server to prove on, in a scratch place that is always removed; without it DATABASE_URL, where it is one. */
    proveUrl?: string | undefined;
}
/**
 * Decisions that only a person can take. Tables and columns by their names in the database, the new
 * ones.
 */
interface Choices {
    /** `{ 'users.phone': 'users.mobile', people: 'users' }`: what got another name. */
    rename?: Readonly<Record<string, string>> | undefined;
    /** `['users.phone']`: what is gone, and was not renamed. */
    drop?: readonly string[] | undefined;
    /**
     * `{ 'users.country': "'XX'" }`: a SQL expression over the row: what rows get where a column needs a value. `'default'`: the
     * default of the column. `{ sqlite: '...', postgres: '...' }`: an expression for each database.
     */
    backfill?: Readonly<Record<string, string | Readonly<Partial<Record<Dialect, string | undefined>>>>> | undefined;
    /** `{ 'tasks.status': { paused: 'queued' } }`: what becomes of words that an enum does not have any more. */
    map?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
}
/** Options of `revision`. */
interface RevisionOptions<S extends AnySchema = AnySchema> extends MigrationOptions<S>, ProofOptions, Choices {
    /** The change, in a few words: it names the folder, and heads the SQL. */
    message: string;
    /** A revision without operations, whose SQL is written by hand. */
    empty?: boolean | undefined;
    /** Give the files instead of writing them. */
    sql?: boolean | undefined;
    /** Whether it is proven; true without it. */
    prove?: boolean | undefined;
    /** Whether a loss of data has to be decided before anything is written: DECISION_REQUIRED with the question `loss`. */
    askBeforeLoss?: boolean | undefined;
    /**
     * Why the revision may block other sessions of PostgreSQL, in a few words that its SQL shows. Without it DECISION_REQUIRED with
     * the question `blocking`, if a table has rows and no way in steps exists.
     */
    allowBlocking?: string | undefined;
    /** The path of a text that heads the SQL instead of the usual one; without it the one that the configuration names. */
    template?: string | undefined;
}
/** Options of `upgrade` and `downgrade`. */
interface RunOptions<S extends AnySchema = AnySchema> extends DatabaseOptions<S>, WaitOptions, KeepingOptions, OnlineOptions, ConfirmOptions {
    /**
     * How far. upgrade: `head` (without it), `+2`, a version or the beginning of one. downgrade: `-1` (without it), `-2`,
     * a version that is to be the last, `base`.
     */
    to?: string | undefined;
    /** Give a script that does the same by hand, its records included, instead of running anything. */
    sql?: boolean | undefined;
    /** Called while it runs: when a statement begins, and as rows are copied. */
    onProgress?: ((progress: Progress) => void) | undefined;
}
/** Options of `kept`. */
interface KeptOptions<S extends AnySchema = AnySchema> extends Pick<OpenOptions<S>, 'models' | 'url' | 'env' | 'cwd'> {
    /** A database that is open already, to use instead of opening one. */
    db?: Db<S> | undefined;
}
/** Options of `restoreKept`. */
interface RestoreKeptOptions<S extends AnySchema = AnySchema> extends DatabaseOptions<S>, WaitOptions, ConfirmOptions {
    /** The number of the entry, or the numbers of several. */
    number: number | readonly number[];
    /** Do all of it and take it back, to see what it would do. */
    plan?: boolean | undefined;
}
/** Options of `dropKept`. */
interface DropKeptOptions<S extends AnySchema = AnySchema> extends DatabaseOptions<S>, WaitOptions, ConfirmOptions {
    /** The number of the entry, or the numbers of several. */
    number: number | readonly number[];
}
/** Options of `stamp`. */
interface StampOptions<S extends AnySchema = AnySchema> extends DatabaseOptions<S> {
    /** `head`, `base`, a version or the beginning of one. */
    to: string;
}
/** Options of `check`. */
interface CheckOptions<S extends AnySchema = AnySchema> extends MigrationOptions<S>, ProofOptions {
    /** Prove every existing revision, too. */
    prove?: boolean | undefined;
    /**
     * The newest revision of the release that runs, the beginning of its version, or `base` for a release from before the first:
     * `warnings` are about all later changes.
     * Without it they are about the newest revision, and what has no revision yet.
     */
    since?: string | undefined;
}
/** Options of `backup`. */
interface BackupOptions<S extends AnySchema = AnySchema> extends Omit<DatabaseOptions<S>, 'migrations'>, CopyOptions {
    /**
     * How closely SQLite looks for damage: `full`, the default, or `quick`. `quick` looks at pages and rows, and not whether the
     * indexes hold what the rows do; of a large database it takes much less time.
     */
    check?: 'full' | 'quick' | undefined;
}
/** Options of `restore`. */
interface RestoreOptions<S extends AnySchema = AnySchema> extends DatabaseOptions<S>, CopyOptions, ConfirmOptions {
    /** Also in production. */
    force?: boolean | undefined;
}
/** Options of `repair`. */
interface RepairOptions<S extends AnySchema = AnySchema> extends DatabaseOptions<S>, RepairWish {
}
/** Options of `drift`. */
interface DriftOptions<S extends AnySchema = AnySchema> extends DatabaseOptions<S>, ScanOptions {
}

/** The scope of a request in Express, and wherever its middlewares go. */

/**
 * Gives each request a session, as `req.db` and by `db.current()`: committed before an answer below
 * 400 goes out, else rolled back, always closed, also when the client goes away. A commit that
 * fails goes to the error handlers. The data that a response sends before its end cannot be taken
 * back: if the commit fails then, the connection is broken. An error that comes behind an answer,
 * but in the same turn of the event loop, takes its place; a later one leaves it as it is.
 *
 * Put it behind `compression()`, so that it sees the end of an answer before that does.
 *
 * Throws UNKNOWN_OPTION, QUERY_INVALID; a request fails with SCOPE_NESTED where it is used twice.
 *
 * @example
 * app.use(expressScope(db))
 * app.post('/tasks', async (req, res) => res.status(201).json(await req.db.tasks.create(req.body)))
 */
declare function expressScope(db: Db<any>, options?: NamedScopeOptions): ExpressMiddleware;

/** The scope of a request in Fastify. */

/**
 * Gives each request a session, as `request.db` and by `db.current()`: committed before an answer below 400 goes out, else
 * rolled back, always closed, also when the client goes away. A commit that fails is an error of the request. A body that is a
 * stream is sent while the session lasts, and committed before its end; where that fails, the connection is broken.
 *
 * Registering fails with UNKNOWN_OPTION, QUERY_INVALID, and SCOPE_NESTED where it is done twice.
 *
 * @example
 * app.register(fastifyScope, { db })
 * app.post('/tasks', async (request, reply) => reply.code(201).send(await request.db.tasks.create(request.body)))
 */
declare function fastifyScope(app: any, options: FastifyScopeOptions, done: (error?: Error) => void): void;

/** The scope of a request in Hono, and in handlers of requests as `fetch` has them: Bun, Deno, Next.js, edge servers. */

/**
 * Gives each request a session, as `c.get('db')` and by `db.current()`: committed before an answer below 400 goes out, else
 * rolled back, always closed, also when the client goes away. A commit that fails goes to `app.onError`. The session ends
 * before the body is sent: a body that is a stream reads from the database itself.
 *
 * Throws UNKNOWN_OPTION, QUERY_INVALID; a request fails with SCOPE_NESTED where it is used twice.
 *
 * @example
 * const app = new Hono<{ Variables: { db: Session<typeof models> } }>()
 * app.use(honoScope(db))
 * app.post('/tasks', async c => c.json(await c.get('db').tasks.create(await c.req.json()), 201))
 */
declare function honoScope(db: Db<any>, options?: NamedScopeOptions): HonoMiddleware;
/**
 * A handler of requests that is given a session: committed before an answer below 400 is returned, else rolled back, always
 * closed, also when `request.signal` says that the client went away. A commit that fails rejects. The session ends before the
 * body is sent: a body that is a stream reads from the database itself.
 *
 * Throws UNKNOWN_OPTION, QUERY_INVALID; the handler rejects with SCOPE_NESTED inside another scope.
 *
 * @example
 * export default { fetch: fetchScope(db, async (request, session) => Response.json(await session.tasks.list())) }
 */
declare function fetchScope<S extends AnySchema, Req extends FetchRequest = GlobalRequest, Res extends FetchResponse = FetchResponse, More extends unknown[] = []>(db: Db<S>, handler: FetchHandler<S, Req, Res, More>, options?: HttpScopeOptions): (request: Req, ...more: More) => Promise<Res>;

/** A route that reports whether the database is well, for load balancers and orchestrators. */

/**
 * A handler for `/health`: 200 where the database answers, else 503, with a HealthBody as JSON that no cache keeps. It asks on a
 * connection of its own: a pool whose connections are all in use is `pool` in the body, and no reason for 503. With
 * `allowPending: false` it is 503, too, while revisions are pending or one is half done. With `drift` the body has what the last comparison of
 * the database found; no probe waits for one, and drift changes the status only with `failOnDrift`. With `version` it says that of
 * the application, and Plinth's. It says nothing that strangers should not see: no URL,
 * no text of the server.
 *
 * One function for all: Express and `node:http` (`(req, res)`), Fastify (`(request, reply)`), Hono (`c`) and handlers of a
 * `Request`.
 *
 * Throws UNKNOWN_OPTION, QUERY_INVALID.
 *
 * @example
 * app.get('/health', healthHandler(db))
 */
declare function healthHandler(db: Db<any>, options?: HealthHandlerOptions): HealthHandler;

/** check(): a condition of a model where it is given SQL, else the models against their revisions. One name, since both are the words of their trade. */

/** Declares a SQL condition that every row must meet. The columns in it have their database names. */
declare function check(sql: string): Constraint;
/**
 * The models against the newest revision: is a revision missing? Needs no database; SQL that was edited by hand is replayed
 * in memory, and with `prove` every revision is proven.
 *
 * Throws REVISION_INVALID, and what the models throw.
 *
 * @example
 * if (!(await check()).upToDate) console.log('npx plinth revision "..." writes what is missing')
 */
declare function check<S extends AnySchema = AnySchema>(options?: CheckOptions<S>): Promise<CheckReport>;

/** Rows that destructive steps have kept in a database: listed, brought back, dropped. */

/**
 * Lists what destructive steps have kept in the database, the oldest first. Changes nothing, and reads no kept row.
 *
 * @example
 * const { kept: entries } = await kept()
 * for (const { number, what, rows, keptAt } of entries) console.log(number, what, rows, keptAt)
 */
declare function kept<S extends AnySchema = AnySchema>(options?: KeptOptions<S>): Promise<KeptReport>;
/**
 * Brings back what is kept under a number or several, by the keys of the rows, in one transaction; makes a table or a column
 * again where it is gone. Rows come after those that they point to, in whatever order the numbers are given; rows of tables
 * that point to each other come back together. With `plan` it is all done and taken back, so that the report says what would
 * be. The entries stay until `dropKept`.
 *
 * Throws KEPT_UNKNOWN; RESTORE_REFUSED where it does not fit any more, with each difference in `problems`; PROTECTED without the
 * word of a protected database, unless it is a plan. After an error nothing has changed.
 *
 * @example
 * const { rows, gone } = await restoreKept({ number: 3, plan: true })
 * await restoreKept({ number: [3, 4] })
 */
declare function restoreKept<S extends AnySchema = AnySchema>(options: RestoreKeptOptions<S>): Promise<RestoreKeptReport>;
/**
 * Drops what is kept under a number or several, for good, in one transaction. A number is never given again.
 *
 * Throws KEPT_UNKNOWN; PROTECTED without the word of a protected database.
 *
 * @example
 * await dropKept({ number: 3 })
 * await dropKept({ number: [4, 5] })
 */
declare function dropKept<S extends AnySchema = AnySchema>(options: DropKeptOptions<S>): Promise<DropKeptReport>;

/** Migrations: revision, upgrade, downgrade, history, status, check and stamp; from options and configuration to the core's calls. */

/**
 * Writes the revision that leads from the newest one to the models: compares, renders the SQL for each database there and
 * back, proves it, and only then writes the folder. Needs no database.
 *
 * Throws DECISION_REQUIRED if only a person can decide (`questions` has the questions),
 * CHOICE_INVALID, CONVERSION_UNSUPPORTED, PROOF_FAILED, and REVISION_INVALID for existing folders.
 * After an error nothing was written.
 *
 * @example
 * await revision({ message: 'add phone', rename: { 'users.phone': 'users.mobile' } })
 */
declare function revision<S extends AnySchema = AnySchema>(options: RevisionOptions<S>): Promise<RevisionReport>;
/**
 * Applies revisions up to `to`, in the order of their versions, one transaction each, or in steps (see `online`); if one
 * fails, those before it stay. One that is half done comes first. Several processes may do so at once: one works, the others wait. A database
 * whose tables were there before the first revision is adopted, as initDb() does.
 *
 * If the database is protected, revisions that destroy data need the word (`confirm`), before any of them runs: PROTECTED.
 *
 * Throws REVISION_UNKNOWN, REVISION_INVALID, REVISION_EDITED, REVISION_MISSING, REVISION_CONFLICT, REVISION_FAILED (with the
 * file, the statement and its line), ROWS_REFUSED, DRIFTED, ADOPTION_REFUSED, KEEP_REFUSED, and what the database says.
 *
 * @example
 * const { applied } = await upgrade({ to: '+1', onProgress: ({ text, rows }) => console.log(text, rows) })
 */
declare function upgrade<S extends AnySchema = AnySchema>(options?: RunOptions<S>): Promise<UpgradeReport>;
/**
 * Reverts the revisions applied last, by the log of the database, down to `to`; one transaction each, or in steps (see
 * `online`). One that is half done is taken back to where it began.
 *
 * Throws the errors of upgrade(), and REVISION_UNKNOWN if there are not so many to revert.
 *
 * @example
 * await downgrade({ to: '-1' })
 */
declare function downgrade<S extends AnySchema = AnySchema>(options?: RunOptions<S>): Promise<DowngradeReport>;
/**
 * Notes revisions as applied, or as not applied, without running anything. Afterwards the database is at `to`.
 *
 * Throws REVISION_UNKNOWN, REVISION_INVALID.
 *
 * @example
 * await stamp({ to: 'head' })
 */
declare function stamp<S extends AnySchema = AnySchema>(options: StampOptions<S>): Promise<StampReport>;
/**
 * The revisions, and what was done to the database. Changes nothing.
 *
 * Throws REVISION_INVALID.
 * @example
 * const { revisions, log } = await history({ models, url, migrations })
 */
declare function history<S extends AnySchema = AnySchema>(options?: DatabaseOptions<S>): Promise<HistoryReport>;
/**
 * The newest revision against the database: is an upgrade pending? Changes nothing; what is wrong is in `problems`.
 *
 * Throws REVISION_INVALID.
 * @example
 * const { pending, problems } = await status({ models, url, migrations })
 */
declare function status<S extends AnySchema = AnySchema>(options?: DatabaseOptions<S>): Promise<StatusReport>;

/**
 * The runtime of columns: `c`, and the builder behind every column. The meaning of each is
 * validated in the core.
 */

/** The column types. */
declare const c: ColumnFactory;

/** The runtime of the third argument of model(): index, unique, check, foreignKey, expression. */

/**
 * A SQL expression in an index: `index(expression('lower(name)'))`. The columns in it have their database names.
 * @example
 * const users = model('users', { id: c.id(), name: c.text() }, () => [index(expression('lower(name)'))])
 */
declare function expression(sql: string): Expression;
/**
 * Declares an index, in the third argument of model(): `index(t.status, t.createdAt.desc())`.
 * @example
 * const tasks = model('tasks', { id: c.id(), title: c.text() }, t => [index(t.title.desc())])
 */
declare function index(...parts: [IndexPart, ...IndexPart[]]): Index;
/**
 * Declares that no two rows are alike in all of these columns.
 * @example
 * const tasks = model('tasks', { id: c.id(), list: c.text(), place: c.integer() }, t => [unique(t.list, t.place)])
 */
declare function unique(...columns: [ColumnRef, ...ColumnRef[]]): Constraint;
/**
 * Declares a foreign key of one or several columns: `foreignKey([t.a, t.b], 'others', ['a', 'b'], { onDelete: 'cascade' })`.
 * @example
 * const parts = model(
 *   'parts',
 *   { id: c.id(), list: c.text(), place: c.integer() },
 *   t => [foreignKey([t.list, t.place], 'tasks', ['list', 'place'], { onDelete: 'cascade' })],
 * )
 */
declare function foreignKey(columns: readonly [ColumnRef, ...ColumnRef[]], target: string, references: readonly [string, ...string[]], options?: ForeignKeyOptions): Constraint;

/** The runtime of model() and schema(): what they gather becomes the schema JSON. Columns are in column-builder.ts, table-level calls in table-level.ts. */

/**
 * Declares a table.
 *
 * @param name its name; the table in the database has it in snake_case
 * @param columns its columns by property
 * @param extras its indexes and constraints over several columns
 * @example
 * const users = model('users', { id: c.id(), email: c.text().lowercase().unique() }, t => [index(t.email)])
 */
declare function model<const Name extends string, C extends Columns>(name: Name, columns: C, extras?: (t: {
    readonly [K in keyof C]: ColumnRef;
}) => readonly TableExtra[]): Model<Name, C>;
/**
 * Gathers the models and says how they are related.
 *
 * @param models the models by name: `db.<name>`
 * @param relations for each model that has some, a function from `r` to its relations by name
 * @example
 * export default schema({ users, organizations }, {
 *   users: r => ({ organization: r.one('organizations', 'organizationId') }),
 *   organizations: r => ({ users: r.many('users', 'organizationId') }),
 * })
 */
declare function schema<M extends Models, R extends Related<Name> = {}, Name extends keyof M = keyof M>(models: M, relations?: RelationsFor<M, R, Name>): Schema<M, R>;

/** backup() and restore(): a database in use copied into a file, and a file put in the place of what a database holds. */

/**
 * Copies an SQLite database into a new file, as it is at one moment, while others read and write. The file gets its name when
 * it is whole, checked and on the disk; until then it is `<file>.part`.
 *
 * Throws CANNOT_OPEN where the file exists already, or the database does not; CORRUPT if the database is damaged; DISK_FULL,
 * BUSY, TIMEOUT; QUERY_INVALID on PostgreSQL, with the line that runs `pg_dump`. After an error no file is left.
 *
 * @example
 * await backup({ file: 'backup.db' })
 * await backup({ file: 'hourly.db', check: 'quick' })
 */
declare function backup<S extends AnySchema = AnySchema>(options: BackupOptions<S>): Promise<BackupReport>;
/**
 * Puts the content of a file in the place of what an SQLite database holds, as one transaction:
 * others keep the database open, and see what it held before or what it holds now. The previous
 * content is kept in a file beside it, whose path is in the report.
 *
 * Throws RESET_REFUSED in production without `force`; PROTECTED without the word of a protected database, which stays protected by
 * it; CANNOT_OPEN, NOT_A_DATABASE, CORRUPT if the file cannot be restored;
 * QUERY_INVALID if it does not fit into the database, and on PostgreSQL, with the line that runs `pg_restore`; DISK_FULL,
 * BUSY, TIMEOUT. After an error nothing has changed.
 *
 * @example
 * const { backup, pending } = await restore({ file: 'backup.db' })
 */
declare function restore<S extends AnySchema = AnySchema>(options: RestoreOptions<S>): Promise<RestoreReport>;

/** The configuration: the `plinth` key of package.json or plinth.config.*, and the models and seeds that it names. */

/** A configuration as it is written. Paths are relative to the file that holds it. */
interface Config {
    /** The file that holds it. */
    readonly path: string;
    /** Its folder. */
    readonly dir: string;
    /** The path of the models' file, or the schema itself. */
    readonly models?: string | AnySchema | SchemaJson;
    /** The path of the seeds' file, or the seeds themselves. */
    readonly seed?: string | object;
    /** The database's URL. */
    readonly url?: string;
    /** The folder of the revisions. */
    readonly migrations?: string;
    /** How migrations ask for the locks of tables. */
    readonly locks?: TableLockOptions;
    /** The databases that revisions are written for. */
    readonly dialects?: readonly Dialect[];
    /** The path of the text that heads the SQL of revisions. */
    readonly template?: string;
    /** How much is kept of what calls destroy. */
    readonly keep?: KeepOptions;
}
/** A configuration whose models are loaded. */
interface LoadedConfig extends Config {
    readonly models: AnySchema | SchemaJson;
}
/**
 * The nearest configuration with its models loaded.
 *
 * @param cwd the folder in which the search begins; it goes on in the folders above
 *
 * Throws CONFIG_NOT_FOUND if there is none, CONFIG_INVALID for one that cannot be used or if `cwd` is not a path.
 */
declare function loadConfig(cwd?: string): LoadedConfig;

/** drift(): the live database against what it should hold; validate() is its other name. */

/**
 * Compares the live database with its own revisions, or with the models if it has no revisions, and reports each difference.
 * Reads catalogs, with `rows` also rows, and changes nothing.
 *
 * The expected tables are stored in the database by the calls that create them (init, upgrade, downgrade, stamp). If they are
 * not stored, they are created in a scratch schema of PostgreSQL that is dropped at once: the role then needs CREATE.
 *
 * Throws CANNOT_OPEN if the database does not exist; REVISION_MISSING if the operations of an applied revision are neither
 * stored in the database nor in the folder; REVISION_UNFINISHED if a revision is half done that the folder does not have; and
 * the errors of the models.
 *
 * @example
 * const { differences } = await drift()
 * for (const { message, grade, fix } of differences) console.log(grade, message, fix)
 */
declare function drift<S extends AnySchema = AnySchema>(options?: DriftOptions<S>): Promise<DriftReport>;
/** The other name of `drift`. */
declare const validate: typeof drift;

/** open(), initDb() and resetDb(): from options and configuration to a database. */

/**
 * Opens a database. Returns at once: it connects with its first call.
 *
 * Without options the models come from the `plinth` key of package.json or from plinth.config.*, the URL from
 * DATABASE_URL, .env or the configuration; else it is `sqlite:///./app.db`, except with NODE_ENV=production.
 *
 * Throws SCHEMA_INVALID, CONFIG_NOT_FOUND, CONFIG_INVALID, URL_INVALID.
 * @example
 * const db = open({ models, url: 'sqlite:///./app.db' })
 */
declare function open<S extends AnySchema = AnySchema>(options?: OpenOptions<S>): Db<S>;
/**
 * Applies the pending revisions (unless ENABLE_AUTO_MIGRATION is false), creates what is missing, and runs the seeds that have
 * not run. Safe at every start, and in several processes at once: one works, the others wait, see `timeout` and `onWait`. A
 * second run changes nothing and reports that.
 *
 * Then repairs the differences that can be repaired without losing data or reading a large table, unless `repair` or
 * AUTO_SCHEMA_REPAIR is `off`.
 *
 * A database that has tables but no revisions yet is adopted: missing objects are added, and the revisions count as applied. If
 * more than that differs, ADOPTION_REFUSED lists it.
 *
 * A protected database keeps the rows that revisions destroy, and needs no word for that. With `keep: false` it needs the word,
 * from `confirm`.
 *
 * Throws the errors of open() and upgrade(), and those of the database: CANNOT_OPEN, NOT_A_DATABASE, READ_ONLY, ...
 * @example
 * const { migrated, created } = await initDb({ models, url })
 */
declare function initDb<S extends AnySchema = AnySchema>(options?: InitOptions<S>): Promise<InitReport>;
/**
 * Drops every table, view and trigger, including those of others, and creates the models' tables,
 * in one transaction: when it fails half-way nothing has changed. Then runs the seeds. With `keep`,
 * in production and on another machine what it destroys is kept before: in tables (see kept()), on
 * SQLite in a copy beside the file.
 *
 * Refused with RESET_REFUSED without `force` in production (`NODE_ENV=production`) and where the database is on another
 * machine; the error says what it would have destroyed. KEEP_REFUSED where that is too much to be kept. Refused with PROTECTED
 * where the database is protected and `confirm` does not give the word, whatever `force` says; a reset keeps the protection.
 * @example
 * const { dropped } = await resetDb({ models, url, keep: false })
 */
declare function resetDb<S extends AnySchema = AnySchema>(options?: ResetOptions<S>): Promise<ResetReport>;
/**
 * The objects that resetDb() would destroy: tables with their rows, views, and how much room they
 * take. Changes nothing.
 * @example
 * const { tables } = await surveyDb({ models, url })
 */
declare function surveyDb<S extends AnySchema = AnySchema>(options?: SurveyOptions<S>): Promise<SurveyReport>;

/** protect(): a word, without which nothing destroys data in a database. */

/**
 * Protects a database by a word, of which it stores the scrypt hash: what would destroy data asks for the word from then on
 * (`confirm`). With `off` it ends the protection, for which it needs the word.
 *
 * This stops mistakes. A role that may write the table `plinth_settings` can remove the protection.
 *
 * Throws PROTECTED if the database is protected already, or the word is not the one; CANNOT_OPEN if it does not exist.
 *
 * @example
 * await protect({ db, word: await askAPerson() })
 */
declare function protect<S extends AnySchema = AnySchema>(options: ProtectOptions<S>): Promise<ProtectReport>;

/** repair(): the live database corrected to what it should hold; fixSchema() is its other name. */

/**
 * Corrects what differs between the live database and its own revisions, or the models if it has
 * none: all that loses nothing, in one transaction, in which the database is compared again before
 * the commit. A correction that loses data needs `destructive`, a possible rename needs a decision,
 * and a correction that rows forbid is left out and named. With `plan` nothing is changed.
 *
 * Throws CHOICE_INVALID for a decision about something that is neither missing nor extra; PROTECTED
 * if it would destroy something in a protected database without its word; DRIFTED if the database
 * refuses a statement, or differs from the plan afterwards; BUSY, DISK_FULL, CONNECTION_LOST;
 * REVISION_UNFINISHED if a revision is half done; CANNOT_OPEN if the database does not exist. After an error nothing has changed.
 *
 * @example
 * const { repaired, remaining } = await repair({ rename: { 'users.full_name': 'users.name' } })
 */
declare function repair<S extends AnySchema = AnySchema>(options?: RepairOptions<S>): Promise<RepairReport>;
/** The other name of `repair`. */
declare const fixSchema: typeof repair;

/** SchemaManager: the schema of one database as an object with four calls, for code that was written around SQLAlchemy. */

/**
 * The schema of one database: creates it, checks it, repairs it. It opens the database as `open` does, with its first call; `close` ends it.
 *
 * @example
 * const manager = new SchemaManager({ models, url })
 * await manager.initializeDatabase()
 * const { differences } = await manager.validateSchema()
 * if (differences.length > 0) await manager.fixSchema()
 * await manager.close()
 */
declare class SchemaManager<S extends AnySchema = AnySchema> {
    #private;
    constructor(options?: SchemaManagerOptions<S>);
    /** Applies the revisions that are pending, creates what is missing, and runs seeds: `initDb`. Safe at every start. */
    initializeDatabase(): Promise<InitReport>;
    /** Compares the live database with what it should hold, and changes nothing: `drift`. */
    validateSchema(): Promise<DriftReport>;
    /** Corrects what differs, as far as nothing is lost; with `destructive` also what is: `repair`, with its options. */
    fixSchema(options?: RepairWish): Promise<RepairReport>;
    /** Waits for what is running and closes the connections. */
    close(): Promise<void>;
}

export { CheckViolationError, ConfigError, ConstraintError, ForeignKeyViolationError, NotFoundError, NotNullViolationError, PlinthError, SchemaError, SchemaManager, StaleRowError, UniqueViolationError, ValidationError, add, append, backup, c, check, downgrade, drift, dropKept, expressScope, expression, fastifyScope, fetchScope, fixSchema, foreignKey, healthHandler, history, honoScope, index, initDb, jsonNull, kept, loadConfig, merge, model, open, protect, repair, resetDb, restore, restoreKept, revision, schema, stamp, status, surveyDb, unique, upgrade, validate, version };
export type { Action, Add, AfterCommitEvent, AfterCommitWarningEvent, AggregateQuery, Aggregated, AnyColumn, AnyModel, AnySchema, Append, AsyncDispose, BackupOptions, BackupReport, CallOptions, ChangeByKind, CheckOptions, CheckReport, Choices, ClaimQuery, CloseOptions, Column, ColumnFactory, ColumnJson, ColumnRef, Columns, ConfirmOptions, Constraint, CopyOptions, CopyProgress, CountOptions, Counting, CreateManyOptions, DatabaseOptions, Db, DbCalls, Dialect, Direction, DowngradeReport, DriftDifference, DriftGrade, DriftGrades, DriftOptions, DriftReport, DropKeptOptions, DropKeptReport, EqualOps, ErrorCode, ExpressMiddleware, Expression, FastifyScopeOptions, FetchHandler, FetchRequest, FetchResponse, Filter, FilterByKind, FilterLogic, Flag, ForeignKeyJson, ForeignKeyOptions, Gives, GivingNothing, GivingRow, GlobalRequest, GroupOrderBy, Having, Health, HealthBody, HealthHandler, HealthHandlerOptions, HealthOptions, HistoryReport, HonoMiddleware, Hooks, HttpScopeOptions, IdleTransactionEvent, Include, IncludeArgs, IncludeOptions, Index, IndexJson, IndexPart, InitOptions, InitReport, InputByKind, Insert, Isolation, JsonNull, JsonOps, JsonPathOps, KeepOptions, KeepingOptions, KeptEntry, KeptOptions, KeptReport, KeptRows, Key, Kind, KnownRevision, LockOptions, LogEntry, LogOptions, Logic, Loss, Lost, LostUpdateEvent, Many, MeasureOrder, Merge, MigrationOptions, MigrationRunOptions, Mode, Model, ModelHooks, ModelJson, Models, NamedScopeOptions, OnlineOptions, OpenOptions, OrderBy, OrderByKind, OrderOps, Ordering, Page, PageQuery, PathOrdering, PoolOptions, PoolUse, Problem, Progress, ProofOptions, ProtectOptions, ProtectReport, Question, RanRevision, Related, Relation, RelationFactory, RelationJson, RelationOps, RelationsFor, ReleaseWarning, RepairEntry, RepairOptions, RepairReport, RepairWish, RepeatedReadEvent, ResetOptions, ResetReport, RestoreKeptOptions, RestoreKeptReport, RestoreOptions, RestoreReport, RestoredEntry, Result, Returning, RevisionOptions, RevisionProblem, RevisionReport, Row, RowOf, RunOptions, ScanOptions, ScanProgress, Schema, SchemaJson, SchemaManagerOptions, ScopeOptions, SeedRun, Seeds, Session, SessionCalls, SessionOptions, Signal, SqlCall, StampOptions, StampReport, StatementAction, StatementEvent, StatusReport, StreamOptions, Streamed, SurveyOptions, SurveyReport, SyncCalls, SyncDb, Table, TableExtra, TableFunctions, TableLockOptions, Tables, Target, TextOps, ToManyOps, ToOneOps, TransactionOptions, Tx, TxCalls, UnfinishedRevision, UnreadableOptions, Update, UpdateOptions, UpgradeReport, UpsertOptions, VersionOptions, Wait, WaitOptions, WarningEvent, Where, WrittenRevision };
