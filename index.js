// Built from lib/index.ts by `npm run build:js`. Do not edit.
"use strict";
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __export = (target2, all2) => {
  for (var name in all2)
    __defProp(target2, name, { get: all2[name], enumerable: true });
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key2 of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key2) && key2 !== except)
        __defProp(to, key2, { get: () => from[key2], enumerable: !(desc = __getOwnPropDesc(from, key2)) || desc.enumerable });
  }
  return to;
};
var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

// lib/index.ts
var index_exports = {};
__export(index_exports, {
  CheckViolationError: () => CheckViolationError,
  ConfigError: () => ConfigError,
  ConstraintError: () => ConstraintError,
  ForeignKeyViolationError: () => ForeignKeyViolationError,
  NotFoundError: () => NotFoundError,
  NotNullViolationError: () => NotNullViolationError,
  PlinthError: () => PlinthError,
  SchemaError: () => SchemaError,
  UniqueViolationError: () => UniqueViolationError,
  ValidationError: () => ValidationError,
  c: () => c,
  check: () => check3,
  downgrade: () => downgrade,
  expressScope: () => expressScope,
  expression: () => expression2,
  fastifyScope: () => fastifyScope,
  fetchScope: () => fetchScope,
  foreignKey: () => foreignKey,
  healthHandler: () => healthHandler,
  history: () => history,
  honoScope: () => honoScope,
  index: () => index,
  initDb: () => initDb,
  jsonNull: () => jsonNull,
  loadConfig: () => loadConfig,
  model: () => model,
  open: () => open2,
  resetDb: () => resetDb,
  revision: () => revision,
  schema: () => schema,
  stamp: () => stamp,
  status: () => status,
  unique: () => unique,
  upgrade: () => upgrade,
  version: () => version
});
module.exports = __toCommonJS(index_exports);

// lib/base/errors.ts
var PlinthError = class extends Error {
  /** What went wrong, as a name that never changes: `UNIQUE_VIOLATION`. The README lists them all. */
  code;
  /** Whether the same call, or the transaction that it was part of, may succeed when it is made again. */
  retryable;
  constructor(code, message, fields = {}) {
    const { cause, retryable = false, ...rest } = fields;
    super(message, cause === void 0 ? void 0 : { cause });
    this.name = new.target.name;
    this.code = code;
    Object.assign(this, rest);
    this.retryable = retryable;
  }
};
var SchemaError = class extends PlinthError {
  constructor(message, fields) {
    super("SCHEMA_INVALID", message, fields);
  }
};
var ConfigError = class extends PlinthError {
};
var ValidationError = class extends PlinthError {
  constructor(message, fields) {
    super("VALUE_INVALID", message, fields);
  }
};
var NotFoundError = class extends PlinthError {
  constructor(message, fields) {
    super("NOT_FOUND", message, fields);
  }
};
var ConstraintError = class extends PlinthError {
};
var UniqueViolationError = class extends ConstraintError {
};
var ForeignKeyViolationError = class extends ConstraintError {
};
var NotNullViolationError = class extends ConstraintError {
};
var CheckViolationError = class extends ConstraintError {
};
var CLASSES = {
  UNIQUE_VIOLATION: UniqueViolationError,
  FOREIGN_KEY_VIOLATION: ForeignKeyViolationError,
  NOT_NULL_VIOLATION: NotNullViolationError,
  CHECK_VIOLATION: CheckViolationError
};
function fromNative({ code, message, param, key: key2, ...rest }) {
  const fields = key2 ? { ...rest, key: keyOf(key2) } : rest;
  if (code === "SCHEMA_INVALID") return new SchemaError(message, fields);
  if (code === "VALUE_INVALID") return new ValidationError(message, fields);
  return new (CLASSES[code] ?? PlinthError)(code, message, fields);
}
function keyOf(parts2) {
  const value2 = ({ kind, text: text3 }) => {
    if (kind === "text") return text3;
    return kind === "int" && Number.isSafeInteger(Number(text3)) ? Number(text3) : BigInt(text3);
  };
  const [first] = parts2;
  return parts2.length === 1 ? value2(first) : Object.fromEntries(parts2.map((part2) => [part2.name, value2(part2)]));
}
function rethrown(thrown) {
  const message = thrown instanceof Error ? thrown.message : "";
  return message.startsWith('{"code":') ? fromNative(JSON.parse(message)) : thrown;
}

// lib/base/json-null.ts
var brand = /* @__PURE__ */ Symbol.for("plinth.jsonNull");
var jsonNull = Object.freeze({
  toJSON: () => null,
  toString: () => "jsonNull",
  [/* @__PURE__ */ Symbol.for("nodejs.util.inspect.custom")]: () => "jsonNull",
  [brand]: true
});
function isJsonNull(value2) {
  return typeof value2 === "object" && value2 !== null && value2[brand] === true;
}

// lib/base/version.ts
var version = "0.1.0";

// lib/base/functions.ts
function functionKind(value2) {
  const tag = value2[Symbol.toStringTag];
  if (tag === "GeneratorFunction" || tag === "AsyncGeneratorFunction") return "generator function";
  const fixed = Object.getOwnPropertyDescriptor(value2, "prototype")?.writable === false;
  return fixed && /^class\b/.test(Function.prototype.toString.call(value2)) ? "class" : "function";
}
function isRunnable(value2) {
  return typeof value2 === "function" && functionKind(value2) === "function";
}

// lib/base/nearest.ts
function nearest(given2, names2) {
  const allowed = given2.length >= 7 ? 2 : given2.length >= 4 ? 1 : 0;
  let best;
  let least = allowed + 1;
  for (const name of names2) {
    const distance = edits(given2.toLowerCase(), name.toLowerCase());
    if (distance < least) {
      best = name;
      least = distance;
    }
  }
  return best;
}
function edits(from, to) {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const changed2 = row[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(changed2, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[to.length];
}

// lib/base/shown.ts
function kindOf(value2) {
  if (value2 === null) return "null";
  if (typeof value2 === "function") return `a ${functionKind(value2)}`;
  if (typeof value2 !== "object") return value2 === void 0 ? "undefined" : `a ${typeof value2}`;
  if (Array.isArray(value2)) return "an array";
  const maker = Object.getPrototypeOf(value2)?.constructor;
  const name = typeof maker === "function" && maker !== Object ? maker.name : "object";
  return `${/^[aeio]/i.test(name) ? "an" : "a"} ${name}`;
}
function shown(value2) {
  switch (typeof value2) {
    case "string": {
      const text3 = value2.length > 60 ? `${value2.slice(0, 60)}…` : value2;
      return JSON.stringify(text3);
    }
    case "bigint":
      return `${value2}n`;
    case "number":
      return Object.is(value2, -0) ? "-0" : String(value2);
    case "boolean":
      return String(value2);
    case "object":
      if (value2 instanceof Date)
        return Number.isNaN(value2.getTime()) ? "an invalid Date" : `the Date ${value2.toISOString()}`;
      return kindOf(value2);
    default:
      return kindOf(value2);
  }
}

// lib/bridge/check-options.ts
var import_node_fs = require("node:fs");
function plainOptions(call, given2, known2) {
  if (given2 === void 0) return;
  if (typeof given2 !== "object" || given2 === null || Array.isArray(given2)) {
    throw new PlinthError("QUERY_INVALID", `${call}() expected an object of options, found ${shown(given2)}.`);
  }
  for (const key2 in given2) {
    if (known2.includes(key2)) continue;
    throw new PlinthError("UNKNOWN_OPTION", `${call}() has no option "${key2}".`, {
      hint: `The options are: ${known2.join(", ")}.`
    });
  }
}
function projectOptions(call, given2, known2) {
  plainOptions(call, given2, known2);
  const { url, env, cwd } = given2 ?? {};
  const wrong5 = (name, expected, value2) => new PlinthError("QUERY_INVALID", `${call}(): ${name} must be ${expected}, found ${shown(value2)}.`);
  if (url !== void 0 && typeof url !== "string") throw wrong5("url", "a text", url);
  if (url !== void 0 && !url.isWellFormed()) {
    throw new PlinthError("QUERY_INVALID", `${call}(): url must be text without half of a surrogate pair.`);
  }
  if (env !== void 0 && (typeof env !== "object" || env === null || Array.isArray(env))) {
    throw wrong5("env", "an object of variables", env);
  }
  if (cwd !== void 0 && !(isPath(cwd) && isFolder(cwd))) throw wrong5("cwd", "the path of an existing folder", cwd);
}
function isText(value2) {
  return typeof value2 === "string" && value2.isWellFormed() && !value2.includes("\0");
}
function isPath(value2) {
  return isText(value2) && value2.trim() !== "";
}
function isFolder(path) {
  return (0, import_node_fs.statSync)(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
function queryError(message, model2, hint) {
  return new PlinthError("QUERY_INVALID", message, { table: model2.table, ...hint && { hint } });
}
function isFields(value2) {
  if (typeof value2 !== "object" || value2 === null) return false;
  const prototype = Object.getPrototypeOf(value2);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
function options(model2, call, value2, known2) {
  if (value2 === void 0) return {};
  if (!isFields(value2))
    throw queryError(`${model2.name}.${call}: expected an object of options, found ${shown(value2)}.`, model2);
  for (const key2 in value2) {
    if (!known2.includes(key2)) {
      throw new PlinthError("UNKNOWN_OPTION", `${model2.name}.${call} has no option "${key2}".`, {
        table: model2.table,
        hint: `The options are: ${known2.join(", ")}.`
      });
    }
  }
  return value2;
}

// lib/bridge/stopping.ts
var LIMITS = ["signal", "timeout"];
var LONGEST = 2 ** 31 - 1;
var NONE = { signals: [], timeout: Number.POSITIVE_INFINITY };
function limitsOf(call, given2) {
  if (given2 === void 0) return void 0;
  const { signal, timeout } = given2;
  if (signal === void 0 && timeout === void 0) return void 0;
  if (signal !== void 0 && !isSignal(signal)) throw wrong(call, "signal", "an AbortSignal", signal);
  if (timeout !== void 0 && !(typeof timeout === "number" && timeout > 0)) {
    throw wrong(call, "timeout", "a number of milliseconds above 0", timeout);
  }
  return { signals: signal ? [signal] : [], timeout: timeout ?? Number.POSITIVE_INFINITY };
}
function onlyLimits(call, given2) {
  plainOptions(call, given2, LIMITS);
  return limitsOf(`${call}()`, given2);
}
function both(one, other) {
  if (!one || !other) return one ?? other;
  return { signals: [...one.signals, ...other.signals], timeout: Math.min(one.timeout, other.timeout) };
}
function isSignal(value2) {
  const signal = value2;
  return typeof signal === "object" && signal !== null && typeof signal.aborted === "boolean" && typeof signal.addEventListener === "function" && typeof signal.removeEventListener === "function";
}
function wrong(call, name, expected, found4) {
  return new PlinthError("QUERY_INVALID", `${call}: ${name} must be ${expected}, found ${shown(found4)}.`, {
    expected,
    found: shown(found4)
  });
}
function late(timeout) {
  return new PlinthError("TIMEOUT", `The call took longer than its timeout of ${timeout} ms.`, {
    mayHaveCommitted: false
  });
}
function aborted(signal) {
  return new PlinthError("ABORTED", "The call was stopped by its signal.", {
    cause: signal.reason,
    mayHaveCommitted: false
  });
}
function again(error, told = error) {
  const { code, message, cause } = error;
  const { hint, mayHaveCommitted } = told;
  return new PlinthError(code, message, {
    cause,
    ...hint !== void 0 && { hint },
    ...mayHaveCommitted !== void 0 && { mayHaveCommitted }
  });
}
var isStopped = (error) => error instanceof PlinthError && (error.code === "ABORTED" || error.code === "TIMEOUT");
var waiting = /* @__PURE__ */ new WeakMap();
function listen(signal, stopper) {
  let entry = waiting.get(signal);
  if (!entry) {
    const stoppers = /* @__PURE__ */ new Set();
    const fired = () => {
      for (const each of [...stoppers]) each.stop(aborted(signal));
    };
    entry = { stoppers, fired };
    waiting.set(signal, entry);
  }
  if (entry.stoppers.size === 0) signal.addEventListener("abort", entry.fired);
  entry.stoppers.add(stopper);
}
function unlisten(signal, stopper) {
  const entry = waiting.get(signal);
  if (!entry?.stoppers.delete(stopper) || entry.stoppers.size > 0) return;
  signal.removeEventListener("abort", entry.fired);
}
var Stopper = class {
  /** Why it is stopped, when it is. */
  error;
  /** Whether it is for a transaction or a session as a whole, which rejects with it: its calls need not be looked after. */
  whole = false;
  #limits;
  #stops = /* @__PURE__ */ new Set();
  #timer;
  /** Throws ABORTED where a signal has fired already. `idle`: it does not keep the process alive. */
  constructor(limits, idle = false) {
    const { signals, timeout } = limits;
    for (const signal of signals) if (signal.aborted) throw aborted(signal);
    this.#limits = limits;
    for (const signal of signals) listen(signal, this);
    if (timeout > LONGEST) return;
    this.#timer = setTimeout(() => this.stop(late(timeout)), timeout);
    if (idle) this.#timer.unref();
  }
  /** Calls this when it is to stop; gives what takes that back. */
  on(stop) {
    this.#stops.add(stop);
    return () => this.#stops.delete(stop);
  }
  stop(error) {
    if (this.error) return;
    this.error = error;
    this.end();
    for (const stop of [...this.#stops]) stop(error);
  }
  /** Nothing is stopped any more: it is over. */
  end() {
    clearTimeout(this.#timer);
    for (const signal of this.#limits.signals) unlisten(signal, this);
  }
};
function within(limits, work) {
  if (!limits) return work();
  const stopper = new Stopper(limits);
  try {
    return work(stopper).finally(() => stopper.end());
  } catch (error) {
    stopper.end();
    throw error;
  }
}
function checkAll(stoppers) {
  for (const { error } of stoppers) if (error) throw again(error);
}
function unlessStopped(promise, stoppers) {
  if (stoppers.length === 0) return promise;
  return new Promise((resolve5, reject) => {
    const takeBack = [];
    const settle = (done) => {
      for (const off of takeBack) off();
      done();
    };
    for (const stopper of stoppers) takeBack.push(stopper.on((error) => settle(() => reject(again(error)))));
    promise.then(
      (value2) => settle(() => resolve5(value2)),
      (error) => settle(() => reject(error))
    );
    for (const { error } of stoppers) if (error) settle(() => reject(again(error)));
  });
}
function partOf(promise, stoppers) {
  const stopped = () => {
    promise.catch(() => {
    });
  };
  const takeBack = stoppers.filter((stopper) => stopper.whole).map((stopper) => stopper.on(stopped));
  if (takeBack.length === 0) return promise;
  const over = () => {
    for (const off of takeBack) off();
  };
  promise.then(over, over);
  return promise;
}

// lib/unit/deadline.ts
var Deadline = class {
  constructor(timeout, outer2) {
    this.timeout = timeout;
    this.outer = outer2;
    this.#at = performance.now() + timeout;
  }
  timeout;
  outer;
  #at;
  /** Milliseconds that are left; 0 and below: it is late. */
  left() {
    return Math.min(this.#at - performance.now(), this.outer?.left() ?? Number.POSITIVE_INFINITY);
  }
  /** Throws TIMEOUT when it is late. */
  check() {
    this.outer?.check();
    if (this.left() <= 0) throw late(this.timeout);
  }
};

// lib/unit/refusals.ts
function outer(what) {
  return new PlinthError("OUTER_DB_IN_TRANSACTION", `A call was made on the outer database from inside its ${what}.`, {
    hint: what === "scope" ? "Use the session of the scope: what scope() hands to your function, or db.current()." : "Use what transaction() hands to your function: transaction(async tx => { await tx.... })."
  });
}
function closed() {
  return new PlinthError("CLOSED", "The database handle is closed.", {
    hint: "Make calls before close(), or open() a new handle."
  });
}
function ended(what) {
  return new PlinthError("SESSION_ENDED", `The ${what} has ended.`, {
    hint: `Make calls before it ends: await each one inside it.`
  });
}

// lib/unit/retry.ts
var LONGEST2 = 500;
async function attempts(retries, transaction, stopper) {
  for (let done = 0; ; done++) {
    try {
      return await transaction();
    } catch (error) {
      if (done >= retries || !passes(error)) throw error;
      if (stopper?.error) throw again(stopper.error);
      await paused(pause(done), stopper);
    }
  }
}
function paused(ms, stopper) {
  return new Promise((resolve5, reject) => {
    const over = (settle) => {
      clearTimeout(timer);
      off?.();
      settle();
    };
    const timer = setTimeout(() => over(resolve5), ms);
    const off = stopper?.on((error) => over(() => reject(again(error))));
  });
}
function attemptsSync(retries, transaction, deadline) {
  for (let done = 0; ; done++) {
    try {
      return transaction();
    } catch (error) {
      if (done >= retries || !passes(error)) throw error;
      deadline?.check();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause(done));
    }
  }
}
function passes(error) {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (at instanceof PlinthError) return at.retryable && at.mayHaveCommitted !== true;
  }
  return false;
}
var pause = (done) => Math.random() * Math.min(LONGEST2, 10 * 2 ** done);

// lib/bridge/addon.ts
var import_node_fs2 = require("node:fs");
var import_node_path = require("node:path");
var loaded;
function native() {
  loaded ??= load();
  return loaded;
}
function triple() {
  const base = `${process.platform}-${process.arch}`;
  if (process.platform === "win32") return `${base}-msvc`;
  if (process.platform !== "linux") return base;
  const report = process.report?.getReport();
  return `${base}-${report?.header?.glibcVersionRuntime ? "gnu" : "musl"}`;
}
function load() {
  const named2 = process.env.PLINTH_NATIVE;
  if (named2) return loadFile(named2, "PLINTH_NATIVE");
  const platform = triple();
  const beside = (0, import_node_path.join)(__dirname, `plinth.${platform}.node`);
  if ((0, import_node_fs2.existsSync)(beside)) return loadFile(beside, beside);
  return loadPackage(`plinth-${platform}`, platform);
}
function loadFile(path, from) {
  try {
    return require(path);
  } catch (cause) {
    throw missing(`Plinth's binary cannot be loaded from ${from}: ${reason(cause)}`, triple(), cause);
  }
}
function loadPackage(name, platform) {
  let path;
  try {
    path = require.resolve(name);
  } catch (cause) {
    throw missing(
      `Plinth has no binary for this platform (${platform}): the package ${name} is not installed.`,
      platform,
      cause
    );
  }
  return loadFile(path, name);
}
function missing(message, platform, cause) {
  const hint = `Install plinth-${platform}, in the version of plinth (npm does so by itself, unless told --omit=optional); or build Plinth from source and name the file in PLINTH_NATIVE.`;
  return new PlinthError("NATIVE_MISSING", message, { hint, cause });
}
function reason(cause) {
  return (cause instanceof Error ? cause.message : String(cause)).split("\n")[0];
}

// lib/bridge/memory.ts
var DATA = 64;
var NULL = -2147483648;
var BIG = -2147483647;
var SLOTS = 1 << 16;
var Head = {
  ticket: 0,
  plan: 1,
  session: 2,
  rows: 3,
  more: 4,
  failed: 5,
  wide: 6,
  bytes: 7,
  node: 8,
  keys: 9,
  columns: 10,
  watched: 11,
  stream: 12,
  batch: 13,
  open: 14,
  skipped: 15
};
var ints = new Int32Array(DATA + SLOTS);
var floats = new Float64Array(DATA + SLOTS);
var bigints = new BigInt64Array(floats.buffer);
var loose = {
  text: "",
  bytes: void 0,
  /** The last JSON value that was made ready, as a read will give it. */
  copy: void 0
};
var busy = false;
function pack(call, from) {
  if (busy) {
    throw new PlinthError("QUERY_INVALID", "A call was made by a getter of the values of another call.", {
      hint: "Read such values first, then make the call with plain ones."
    });
  }
  loose.text = "";
  loose.bytes = void 0;
  busy = true;
  try {
    return call.put(from);
  } finally {
    busy = false;
  }
}
function put(slot, wire, value2) {
  const at = DATA + slot;
  switch (wire) {
    case "int":
      return putInt(at, value2);
    case "bool":
      ints[at] = value2 === null ? NULL : value2 ? 1 : 0;
      return;
    case "bigint":
      ints[at] = value2 === null ? -1 : 0;
      if (value2 !== null) bigints[at] = value2;
      return;
    case "real":
    case "time":
      floats[at] = value2 === null ? Number.NaN : value2;
      return;
    case "bytes":
      ints[at] = value2 === null ? -1 : value2.length;
      if (value2 !== null) putBytes(value2);
      return;
    default:
      if (value2 === null) ints[at] = -1;
      else {
        ints[at] = value2.length;
        loose.text += value2;
      }
  }
}
function putInt(at, value2) {
  if (value2 === null) ints[at] = NULL;
  else if ((value2 | 0) === value2 && value2 > BIG) ints[at] = value2;
  else {
    ints[at] = BIG;
    floats[at] = value2;
  }
}
function putBytes(value2) {
  loose.bytes ??= [];
  loose.bytes.push(value2);
}
function takeBytes() {
  const list2 = loose.bytes;
  if (list2 === void 0) return void 0;
  loose.bytes = void 0;
  return list2.length === 1 ? list2[0] : Buffer.concat(list2);
}
function takeText() {
  const text3 = loose.text;
  loose.text = "";
  return text3;
}
function uuid() {
  return native().uuid();
}
var rowsAtOnce = (params) => Math.max(1, Math.min(64, Math.floor(SLOTS / Math.max(params, 1))));

// lib/unit/stream-batches.ts
var batchOf = (rows) => ({ rows, open: ints[Head.open] !== 0 });
var nothing = () => {
};
var Reading = class {
  /** Why there is nothing to read any more, where its transaction or its database ended before it. */
  failure;
  #state = "new";
  #streams;
  constructor(place4) {
    this.#streams = place4.streams;
  }
  /** Whether there is no more to be asked for. */
  get over() {
    return this.#state === "over";
  }
  /** Whether this is the first batch: then it is open now. */
  opens() {
    if (this.#state !== "new") return false;
    this.#state = "open";
    this.#streams.add(this);
    return true;
  }
  /** It is over; whether it was open until now. */
  closes() {
    const open3 = this.#state === "open";
    this.#state = "over";
    this.#streams.delete(this);
    return open3;
  }
};
var Batches = class extends Reading {
  #request;
  #place;
  /** Its own limits, which are those of all its batches together. */
  #stopper;
  #stoppers;
  #closed;
  constructor(request, place4) {
    super(place4);
    this.#request = request;
    this.#place = place4;
    this.#stopper = request.limits && new Stopper(request.limits, true);
    this.#stoppers = this.#stopper ? [...place4.stoppers, this.#stopper] : place4.stoppers;
    this.#stopper?.on((error) => {
      this.end(again(error));
    });
  }
  /** The next rows; undefined when there are none. */
  async next() {
    if (this.failure) throw this.failure;
    if (this.over) return void 0;
    this.#place.guard();
    let batch;
    try {
      batch = await (this.opens() ? this.#first() : this.#further());
      if (this.failure) throw this.failure;
      if (!batch.open) this.#done();
    } catch (error) {
      this.#done();
      throw this.failure ?? error;
    }
    batch.tell?.();
    return batch.rows;
  }
  async #first() {
    const { client, session, own, run: run3 } = this.#place;
    if (!own) return run3(() => client.send(this.#request, session, this.#stoppers));
    const begun = client.control(session, "beginRead", 0, this.#stoppers);
    const first = client.send(this.#request, session, this.#stoppers);
    first.catch(nothing);
    await begun;
    return first;
  }
  #further() {
    const { client, session, run: run3 } = this.#place;
    return run3(() => client.control(session, "fetch", this.#number, this.#stoppers, this.#request));
  }
  get #number() {
    return this.#request.stream?.number ?? 0;
  }
  /** The core has closed it; a session of its own is still to be ended. */
  #done() {
    this.#stopper?.end();
    if (this.closes() && this.#place.own) this.#tell("rollback");
  }
  #tell(word) {
    const { client, session } = this.#place;
    this.#closed = client.control(session, word, this.#number).catch(nothing);
  }
  /** Frees what it holds; resolves when that is free. */
  async close() {
    this.#stopper?.end();
    if (this.closes()) this.#tell(this.#place.own ? "rollback" : "close");
    await this.#closed;
  }
  /** Its transaction or its database ends: whoever reads on learns why there is nothing. */
  end(error) {
    this.failure ??= error;
    return this.close();
  }
};
var BlockingBatches = class extends Reading {
  #request;
  #place;
  constructor(request, place4) {
    super(place4);
    this.#request = request;
    this.#place = place4;
  }
  /** The next rows; undefined when there are none. */
  next() {
    if (this.failure) throw this.failure;
    if (this.over) return void 0;
    this.#place.guard();
    const { client, session, own, call } = this.#place;
    let batch;
    try {
      const opens = this.opens();
      if (opens && own) call((ms) => client.controlSync(session, "beginRead", 0, ms));
      batch = opens ? call((ms) => client.sendSync(this.#request, session, ms)) : call((ms) => client.controlSync(session, "fetch", this.#number, ms, this.#request));
      if (!batch.open) this.#done();
    } catch (error) {
      this.#done();
      throw error;
    }
    batch.tell?.();
    return batch.rows;
  }
  get #number() {
    return this.#request.stream?.number ?? 0;
  }
  #done() {
    if (this.closes() && this.#place.own) this.#tell("rollback");
  }
  #tell(word) {
    const { client, session } = this.#place;
    try {
      client.controlSync(session, word, this.#number);
    } catch {
    }
  }
  /** Frees what it holds. */
  close() {
    if (this.closes()) this.#tell(this.#place.own ? "rollback" : "close");
  }
  /** Its transaction or its database ends: whoever reads on learns why there is nothing. */
  end(error) {
    this.failure ??= error;
    this.close();
  }
};

// lib/unit/transaction.ts
var Transaction = class {
  constructor(session, parent, stopper) {
    this.session = session;
    this.parent = parent;
    const outer2 = parent?.stoppers ?? [];
    if (stopper) stopper.whole = true;
    this.stoppers = stopper ? [...outer2, stopper] : outer2;
  }
  session;
  parent;
  #ended = false;
  #reason;
  /** What stops it, and what it runs in. */
  stoppers;
  #streams;
  /** Settles when the savepoints that are running in it have ended; calls on it wait for that. */
  turn;
  /** Whether it is over: by itself, or with one that it runs in. */
  get ended() {
    return this.#ended || this.parent?.ended === true;
  }
  /** Streams that are open in it. */
  get streams() {
    this.#streams ??= /* @__PURE__ */ new Set();
    return this.#streams;
  }
  /** It is over, and its streams with it: to be said before the database is told. Where it was stopped, for this reason. */
  end(reason2) {
    this.#reason ??= reason2;
    this.#ended = true;
    if (this.#streams) endAll(this.#streams, this.over());
  }
  /** The error for a call after its end. */
  over() {
    for (let transaction = this; transaction; transaction = transaction.parent) {
      if (transaction.#reason) return again(transaction.#reason);
    }
    return ended("transaction");
  }
  /** The transaction that it is part of. */
  get outermost() {
    return this.parent?.outermost ?? this;
  }
  /** Whether it runs in another, at any depth. */
  inside(outer2) {
    for (let transaction = this.parent; transaction; transaction = transaction.parent)
      if (transaction === outer2) return true;
    return false;
  }
};
async function endAll(streams, error) {
  await Promise.allSettled([...streams].map((stream2) => stream2.end(error)));
}

// lib/unit/transaction-options.ts
var ISOLATIONS = ["read committed", "repeatable read", "serializable"];
function checkOptions(options2) {
  plainOptions("transaction", options2, ["isolation", "readOnly", "retries", ...LIMITS]);
  const { isolation, readOnly, retries } = options2 ?? {};
  if (isolation !== void 0 && !ISOLATIONS.includes(isolation)) {
    throw wrong2("isolation", ISOLATIONS.map((name) => `'${name}'`).join(" or "), isolation);
  }
  if (readOnly !== void 0 && typeof readOnly !== "boolean") throw wrong2("readOnly", "true or false", readOnly);
  if (retries !== void 0 && !(Number.isSafeInteger(retries) && retries >= 0)) {
    throw wrong2("retries", "a whole number from 0", retries);
  }
}
function wrong2(name, expected, found4) {
  return new PlinthError("QUERY_INVALID", `transaction(): ${name} must be ${expected}, found ${shown(found4)}.`);
}
function onlyOutside(options2) {
  const named2 = ["isolation", "readOnly", "retries"].find((name) => options2?.[name]);
  if (named2 === void 0) return;
  throw new PlinthError("QUERY_INVALID", `A transaction inside another cannot have ${named2} of its own.`, {
    hint: `Say ${named2} on the outer one.`
  });
}
function isolationOf(options2) {
  return options2?.isolation === void 0 ? 0 : ISOLATIONS.indexOf(options2.isolation) + 1;
}

// lib/unit/blocking-channel.ts
var BlockingChannel = class _BlockingChannel {
  constructor(database, transaction, deadline) {
    this.database = database;
    this.#transaction = transaction;
    this.#deadline = deadline;
  }
  database;
  blocking = true;
  #transaction;
  #deadline;
  get belongsTo() {
    return this.#transaction?.outermost;
  }
  send(request) {
    this.#guard(request.plan.writes);
    const { limits } = request;
    const deadline = limits ? deadlineOf(limits, this.#deadline) : this.#deadline;
    const session = this.#transaction?.session ?? 0;
    if (!deadline) return this.database.client.sendSync(request, session);
    return stoppedAt(deadline, (ms) => this.database.client.sendSync(request, session, ms));
  }
  batches(request) {
    const { database } = this;
    const transaction = this.#transaction;
    const guard = () => this.#guard(false);
    guard();
    const { limits } = request;
    const deadline = limits ? deadlineOf(limits, this.#deadline) : this.#deadline;
    const call = (call2) => deadline ? stoppedAt(deadline, call2) : call2();
    const place4 = transaction ? { client: database.client, session: transaction.session, own: false, streams: transaction.streams, guard } : database.snapshot(database.streams, () => database.guardBlocking(false));
    return new BlockingBatches(request, { ...place4, call });
  }
  #guard(writes) {
    if (this.#transaction?.ended) throw ended("transaction");
    this.database.guardBlocking(writes);
    if (this.database.blocking !== this.#transaction) {
      throw outer("blocking transaction");
    }
  }
  transaction(work, options2, limits) {
    if (this.#transaction) onlyOutside(options2);
    this.#guard(options2?.readOnly !== true);
    const deadline = limits ? deadlineOf(limits, this.#deadline) : this.#deadline;
    return attemptsSync(options2?.retries ?? 0, () => this.#runOnce(work, options2, deadline), deadline);
  }
  #runOnce(work, options2, deadline) {
    const { database } = this;
    const outer2 = this.#transaction;
    const transaction = new Transaction(outer2?.session ?? database.number(false), outer2);
    const n = outer2 ? database.savepoint() : isolationOf(options2);
    const control = (word) => database.client.controlSync(transaction.session, word, n);
    const begin = outer2 ? "savepoint" : options2?.readOnly ? "beginRead" : "begin";
    if (deadline) stoppedAt(deadline, (ms) => database.client.controlSync(transaction.session, begin, n, ms));
    else control(begin);
    database.blocking = transaction;
    try {
      const result = work(new _BlockingChannel(database, transaction, deadline));
      if (typeof result?.then === "function") {
        Promise.resolve(result).catch(() => {
        });
        throw new PlinthError("QUERY_INVALID", "The function of a blocking transaction gave a promise.", {
          hint: "Use db.transaction() for asynchronous work."
        });
      }
      deadline?.check();
      transaction.end();
      control(outer2 ? "release" : "commit");
      return result;
    } catch (error) {
      transaction.end();
      try {
        control(outer2 ? "undo" : "rollback");
      } catch {
      }
      throw error;
    } finally {
      database.blocking = outer2;
    }
  }
};
function deadlineOf(limits, outer2) {
  if (limits.signals.length > 0) {
    throw new PlinthError(
      "UNKNOWN_OPTION",
      'A blocking call has no option "signal": nothing can fire while it blocks.',
      {
        hint: "Use timeout, or the same call without sync."
      }
    );
  }
  return new Deadline(limits.timeout, outer2);
}
function stoppedAt(deadline, call) {
  deadline.check();
  const left = deadline.left();
  return call(left > LONGEST ? 0 : Math.ceil(left));
}

// lib/unit/channel.ts
function snapshot(database, streams, stoppers, guard) {
  return { ...database.snapshot(streams, guard), stoppers, run: (call) => call() };
}
var LimitedChannel = class {
  constructor(inner, limits) {
    this.inner = inner;
    this.limits = limits;
    this.database = inner.database;
    this.blocking = inner.blocking;
  }
  inner;
  limits;
  database;
  blocking;
  get belongsTo() {
    return this.inner.belongsTo;
  }
  send(request) {
    request.limits = both(request.limits, this.limits);
    return this.inner.send(request);
  }
  batches(request) {
    request.limits = both(request.limits, this.limits);
    return this.inner.batches(request);
  }
  transaction(work, options2, limits) {
    return this.inner.transaction(work, options2, both(limits, this.limits));
  }
};

// lib/unit/request-scope.ts
var RequestScope = class {
  /** `make`: makes its session, when that is first asked for; most requests of a service ask for files. */
  constructor(database, make) {
    this.database = database;
    this.make = make;
    database.request(1);
  }
  database;
  make;
  #made;
  /** Why there is no session any more. */
  #over;
  get ended() {
    return this.#over !== void 0;
  }
  /** What its user holds of it. */
  get session() {
    if (!this.#made) {
      this.#made = this.make();
      if (this.#over) this.#made.channel.state.drop(this.#over()).catch(() => {
      });
    }
    return this.#made.session;
  }
  /** Its session as far as it was asked for. */
  get state() {
    return this.#made?.channel.state;
  }
  /** Runs a function, and all that it begins, in this scope. */
  run(work) {
    return this.database.requests.run(this, work);
  }
  /**
   * Commits or rolls back, and closes the session. Rejects where a commit fails: then nothing of it is in the database.
   * Undefined where there is nothing to wait for, or the scope has ended.
   */
  settle(commit) {
    if (this.#over) return void 0;
    this.#end(() => ended("session"));
    const { state } = this;
    if (!state) return void 0;
    if (commit && state.lost) return Promise.reject(ended("session"));
    if (state.transaction) return commit ? state.finish() : state.drop(ended("session")).catch(() => {
    });
    state.close().catch(() => {
    });
    return void 0;
  }
  /** Rolls back at once, whatever still runs in it. */
  async abort(reason2) {
    if (this.#over) return;
    this.#end(() => reason2);
    await this.state?.drop(reason2).catch(() => {
    });
  }
  #end(over) {
    this.#over = over;
    this.database.request(-1);
  }
};
function outsideScope(database) {
  if (open(database)) throw nested();
}
function nested() {
  return new PlinthError("SCOPE_NESTED", "A scope was begun inside another scope of the same database.", {
    hint: "Use the session that is there: db.current(). A middleware that begins the scope of each request is installed once."
  });
}
function open(database) {
  const scope = database.requests.getStore();
  return scope?.ended ? void 0 : scope;
}
function scopeOf(database) {
  const scope = open(database);
  if (scope) return scope;
  throw new PlinthError("NO_SCOPE", "There is no scope here: current() was called outside of one.", {
    hint: "Run it inside db.scope(async session => { ... }), or behind a middleware such as expressScope(db)."
  });
}
async function scoped(database, begin, work, options2, outer2) {
  if (!isRunnable(work)) {
    throw new PlinthError("QUERY_INVALID", `scope() expected a function, found ${shown(work)}.`, {
      hint: "Write db.scope(async session => { ... })."
    });
  }
  const stopper = new Stopper(both(onlyLimits("scope", options2), outer2) ?? NONE);
  try {
    const scope = begin(database, stopper);
    const whole = async () => await work(scope.session);
    return await within2(scope, () => unlessStopped(whole(), [stopper])).catch(async (error) => {
      if (stopper.error) await scope.state?.close().catch(() => {
      });
      throw error;
    });
  } finally {
    stopper.end();
  }
}
async function within2(scope, work, keep2 = () => true) {
  try {
    const result = await scope.run(work);
    await scope.settle(keep2(result));
    return result;
  } catch (error) {
    await scope.settle(false);
    throw error;
  }
}

// lib/bridge/frozen-request.ts
function keep(request) {
  const pieces = [];
  for (let done = 0; done < request.rows; ) {
    const rows = pack(request, done);
    const end = DATA + rows * request.plan.params.length;
    pieces.push({
      rows,
      ints: ints.slice(DATA, end),
      floats: floats.slice(DATA, end),
      text: loose.text,
      bytes: loose.bytes?.map((bytes2) => bytes2.slice())
    });
    done += rows;
  }
  loose.text = "";
  loose.bytes = void 0;
  let next = 0;
  const put2 = () => {
    const piece = pieces[next++];
    ints.set(piece.ints, DATA);
    floats.set(piece.floats, DATA);
    loose.text = piece.text;
    loose.bytes = piece.bytes?.slice();
    return piece.rows;
  };
  return {
    plan: request.plan,
    rows: request.rows,
    put: put2,
    read: (answer, narrow) => request.read(answer, narrow),
    explain: (error) => request.explain(error),
    ...request.columns && { columns: request.columns },
    ...request.first && { first: request.first },
    ...request.stream && { stream: request.stream }
  };
}

// lib/unit/transaction-channel.ts
var TransactionChannel = class {
  constructor(database, transaction) {
    this.database = database;
    this.#transaction = transaction;
  }
  database;
  blocking = false;
  #transaction;
  get belongsTo() {
    return this.#transaction.outermost;
  }
  send(request) {
    this.#guard();
    return within(request.limits, (stopper) => sendIn(this.database, this.#transaction, request, stopper));
  }
  batches(request) {
    return new Batches(
      request,
      placeIn(this.database, this.#transaction, () => this.#guard())
    );
  }
  #guard() {
    if (this.#transaction.ended) throw this.#transaction.over();
    this.database.outside(this.#transaction);
  }
  transaction(work, options2, limits) {
    this.#guard();
    onlyOutside(options2);
    return within(limits, (stopper) => savepoint(this.database, this.#transaction, work, stopper));
  }
};
async function during(database, transaction, work) {
  if (transaction.ended) throw transaction.over();
  const all2 = async () => {
    const result2 = await work(new TransactionChannel(database, transaction));
    while (transaction.turn) await transaction.turn;
    return result2;
  };
  const result = await unlessStopped(database.running.run(transaction, all2), transaction.stoppers);
  if (transaction.ended) throw transaction.over();
  return result;
}
function sendIn(database, transaction, request, stopper) {
  const stoppers = stopper ? [...transaction.stoppers, stopper] : transaction.stoppers;
  if (!transaction.turn) return database.client.send(request, transaction.session, stoppers);
  const kept = keep(request);
  return inTurn(transaction, stoppers, () => database.client.send(kept, transaction.session, stoppers));
}
function inTurn(transaction, stoppers, call) {
  if (!transaction.turn) return call();
  const sent = unlessStopped(transaction.turn, stoppers).then(() => {
    if (transaction.ended) throw transaction.over();
    return call();
  });
  return partOf(sent, transaction.stoppers);
}
function placeIn(database, transaction, guard) {
  const { session, streams, stoppers } = transaction;
  const run3 = (call) => inTurn(transaction, stoppers, call);
  return { client: database.client, session, own: false, streams, stoppers, guard, run: run3 };
}
function savepoint(database, transaction, work, stopper) {
  const before = transaction.turn;
  const inner = new Transaction(transaction.session, transaction, stopper);
  const off = stopper?.on((error) => inner.end(error));
  const mine = (async () => {
    if (before) await unlessStopped(before, inner.stoppers);
    if (inner.ended) throw inner.over();
    const n = database.savepoint();
    const control = (word) => database.client.control(transaction.session, word, n);
    await control("savepoint");
    try {
      const result = await during(database, inner, work);
      inner.end();
      off?.();
      await control("release");
      return result;
    } catch (error) {
      inner.end();
      off?.();
      if (!transaction.ended) await control("undo").catch(() => {
      });
      throw error;
    }
  })();
  const turn = mine.then(
    () => before,
    () => before
  );
  transaction.turn = turn;
  turn.then(() => {
    if (transaction.turn === turn) transaction.turn = void 0;
  });
  return partOf(mine, transaction.stoppers);
}

// lib/unit/root-channel.ts
var RootChannel = class {
  constructor(database) {
    this.database = database;
  }
  database;
  blocking = false;
  send(request) {
    const { repeats } = this.database;
    this.database.guard();
    const call = this.#sent(request);
    return repeats ? repeats.follow(call) : call;
  }
  #sent(request) {
    const { client } = this.database;
    if (request.limits) return within(request.limits, (stopper) => client.send(request, 0, stopper && [stopper]));
    return request.point ? client.sendPoint(request) : client.send(request, 0);
  }
  batches(request) {
    const { database } = this;
    database.guard();
    const guard = () => database.alive();
    return new Batches(request, snapshot(database, database.streams, [], guard));
  }
  transaction(work, options2, limits) {
    this.database.guard();
    const retries = options2?.retries ?? 0;
    const run3 = (stopper) => {
      const once2 = () => this.#transaction(work, options2, stopper);
      return retries > 0 ? attempts(retries, once2, stopper) : once2();
    };
    return this.database.track(within(limits, run3));
  }
  async #transaction(work, options2, stopper) {
    const { database } = this;
    const readOnly = options2?.readOnly === true;
    const transaction = new Transaction(database.number(readOnly), void 0, stopper);
    const off = stopper?.on((error) => transaction.end(error));
    const control = (word, n, stoppers) => database.client.control(transaction.session, word, n, stoppers);
    const holds = !readOnly || database.inMemory;
    if (holds) database.writing(1);
    try {
      await control(readOnly ? "beginRead" : "begin", isolationOf(options2), transaction.stoppers);
      let result;
      try {
        result = await during(database, transaction, work);
      } catch (error) {
        transaction.end();
        await control("rollback").catch(() => {
        });
        throw error;
      }
      transaction.end();
      await control("commit");
      return result;
    } finally {
      transaction.end();
      off?.();
      if (holds) database.writing(-1);
    }
  }
};

// lib/unit/session-state.ts
var SessionState = class {
  constructor(database, stopper) {
    this.database = database;
    this.stoppers = stopper ? [stopper] : [];
    stopper?.on((error) => {
      this.drop(error).catch(() => {
      });
    });
    database.sessions.add(this);
  }
  database;
  transaction;
  /** Whether a call was made in it since its last commit or rollback. */
  busy = false;
  /** Whether something that was not committed has been lost with its end. */
  lost = false;
  /** Streams that are open in it outside of its transaction. */
  streams = /* @__PURE__ */ new Set();
  #begin;
  #open = false;
  /** Whether it counts among those that a blocking write would wait for. */
  #writing = false;
  #closing;
  /** What gives up the transactions that run in it. */
  #given = /* @__PURE__ */ new Set();
  /** What limits it as a whole. */
  stoppers;
  /** Throws after the end, and for a call from inside a transaction of the session: it would wait for itself. */
  guard() {
    checkAll(this.stoppers);
    if (this.#closing) throw ended("session");
    if (this.transaction) this.database.outside(this.transaction);
  }
  /** The transaction that is open; it begins now where none is. */
  begin(writes) {
    const transaction = this.transaction ?? this.#begun();
    if (writes && !this.#writing) {
      this.#writing = true;
      this.database.writing(1);
    }
    return transaction;
  }
  #begun() {
    const { database } = this;
    database.guard(this);
    const transaction = new Transaction(database.number(false), void 0, this.stoppers[0]);
    this.transaction = transaction;
    this.busy = true;
    this.#begin = database.client.control(transaction.session, "begin", 0, transaction.stoppers);
    this.#begin.then(
      () => {
        if (this.transaction === transaction) this.#open = true;
      },
      () => {
        if (this.transaction !== transaction) return;
        if (this.#writing) database.writing(-1);
        this.#over(transaction);
      }
    );
    return transaction;
  }
  /** A call that was sent behind the begin: where that fails, so does the call, and for the same reason. */
  begun(call) {
    const begin = this.#begin;
    if (this.#open || !begin) return call;
    return call.catch(async (error) => {
      if (!isStopped(error)) await begin;
      throw error;
    });
  }
  #over(transaction) {
    transaction.end();
    this.transaction = void 0;
    this.#begin = void 0;
    this.#open = false;
    this.#writing = false;
    this.busy = false;
  }
  async end(word) {
    const { transaction } = this;
    const freed = this.#free(ended("transaction"));
    if (transaction) {
      while (transaction.turn) await transaction.turn;
      if (this.transaction === transaction) await this.#ended(transaction, word);
    } else this.busy = false;
    await freed;
  }
  /** Ends streams that are none of its transaction's. */
  #free(error) {
    return this.streams.size > 0 ? endAll(this.streams, error) : void 0;
  }
  async #ended(transaction, word) {
    const { database } = this;
    const begin = this.#begin;
    const writing2 = this.#writing;
    transaction.end();
    const done = database.client.control(transaction.session, word).catch((error) => {
      if (word === "commit" || !isGone(error)) throw error;
    });
    this.#over(transaction);
    done.catch(() => {
    });
    try {
      await begin;
      await done;
    } finally {
      if (writing2) database.writing(-1);
    }
  }
  async close() {
    if (!this.#closing) {
      if (this.transaction) this.database.outside(this.transaction);
      this.#close(() => this.end("rollback"));
    }
    await this.#closing;
  }
  /** Commits, and closes it: what is called on it from here on is refused. */
  async finish() {
    this.#closing ??= this.end("commit");
    this.database.sessions.delete(this);
    await this.#closing;
  }
  /** Closes it at once, whoever asks and whatever runs in it: what was begun in it is refused, and its transactions reject with `reason`. */
  async drop(reason2) {
    if (!this.#closing) {
      const { transaction } = this;
      if (reason2 instanceof PlinthError) transaction?.end(reason2);
      this.#close(async () => {
        const freed = this.#free(reason2 instanceof PlinthError ? again(reason2) : ended("session"));
        if (transaction) await this.#ended(transaction, "rollback");
        await freed;
      });
    }
    for (const give of this.#given) give(reason2);
    if (reason2 instanceof PlinthError) for (const stopper of this.stoppers) stopper.stop(reason2);
    await this.#closing;
  }
  #close(rollback) {
    this.lost = this.transaction !== void 0;
    this.busy = false;
    const failed2 = this.#begin?.then(
      () => false,
      () => true
    );
    this.#closing = rollback().catch(async (error) => {
      if (!await failed2) throw error;
    });
    this.database.sessions.delete(this);
    for (const stopper of this.stoppers) stopper.end();
  }
  /** A transaction in it, which is waited for until it ends or is dropped: its function may never end. */
  untilDropped(work) {
    return new Promise((resolve5, reject) => {
      this.#given.add(reject);
      work.then(resolve5, reject).finally(() => this.#given.delete(reject));
    });
  }
};
var isGone = (error) => error instanceof PlinthError && (error.code === "CONNECTION_LOST" || error.code === "SESSION_ENDED");

// lib/unit/session-channel.ts
var SessionChannel = class {
  /** `stopper`: what limits the session as a whole; it is rolled back and closed when that stops. */
  constructor(database, stopper) {
    this.database = database;
    database.guard();
    this.state = new SessionState(database, stopper);
    forgotten.register(this, this.state);
  }
  database;
  blocking = false;
  state;
  get belongsTo() {
    return this.state.transaction ?? this.state;
  }
  send(request) {
    const { database, state } = this;
    state.guard();
    const { writes } = request.plan;
    if (!state.transaction && !writes && database.dialect === "sqlite") {
      database.guard(state);
      return within(request.limits, (stopper) => {
        state.busy = true;
        return database.client.send(request, 0, stopper ? [...state.stoppers, stopper] : state.stoppers);
      });
    }
    return within(request.limits, (stopper) => state.begun(sendIn(database, state.begin(writes), request, stopper)));
  }
  batches(request) {
    const { database, state } = this;
    const guard = () => state.guard();
    guard();
    if (!state.transaction && database.dialect === "sqlite") {
      database.guard(state);
      state.busy = true;
      return new Batches(request, snapshot(database, state.streams, state.stoppers, guard));
    }
    const place4 = placeIn(database, state.begin(false), guard);
    return new Batches(request, { ...place4, run: (call) => state.begun(place4.run(call)) });
  }
  transaction(work, options2, limits) {
    const { database, state } = this;
    state.guard();
    onlyOutside(options2);
    const run3 = (stopper) => state.begun(savepoint(database, state.begin(true), work, stopper));
    return database.track(state.untilDropped(within(limits, run3)));
  }
  async commit() {
    this.state.guard();
    await this.state.end("commit");
  }
  async rollback() {
    this.state.guard();
    await this.state.end("rollback");
  }
  /** Rolls back what was not committed; again: nothing. */
  async close() {
    await this.state.close();
  }
};
var forgotten = new FinalizationRegistry((state) => {
  state.close().catch(() => {
  });
});

// lib/handle/health.ts
var import_node_fs3 = require("node:fs");
var import_promises = require("node:fs/promises");

// lib/bridge/check-value.ts
var FIRST_MOMENT = -621355968e5;
var LAST_MOMENT = 253402300799999;
var UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
var DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;
var DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
var MAX_BIGINT = 2n ** 63n - 1n;
var JSON_DEPTH = 512;
var WELL_FORMED = "text without half of a surrogate pair";
function ready(column3, value2) {
  if (value2 === null) {
    if (column3.nullable) return null;
    throw invalid(column3, "a value that is not null", value2, nullHint(column3));
  }
  if (value2 === void 0)
    throw invalid(column3, "a value", value2, "Leave the column out, or give null where it is nullable.");
  return present(column3, value2);
}
function present(column3, value2) {
  switch (column3.kind) {
    case "id":
    case "integer":
      if (typeof value2 === "number" && Number.isSafeInteger(value2)) return value2 === 0 ? 0 : value2;
      throw invalid(
        column3,
        "a safe integer (within 2^53 - 1)",
        value2,
        typeof value2 === "bigint" ? "Declare the column as c.bigint() for more." : void 0
      );
    case "int32":
      if (typeof value2 === "number" && (value2 | 0) === value2) return value2 === 0 ? 0 : value2;
      throw invalid(column3, "an integer from -2147483648 to 2147483647", value2);
    case "bigId":
    case "bigint":
      if (typeof value2 === "bigint" && value2 <= MAX_BIGINT && value2 >= -MAX_BIGINT - 1n) return value2;
      throw invalid(
        column3,
        "a bigint of 64 bits",
        value2,
        typeof value2 === "number" ? `Write it as ${value2}n or BigInt(...).` : void 0
      );
    case "real":
      if (typeof value2 === "number" && Number.isFinite(value2)) return value2;
      throw invalid(column3, "a finite number", value2);
    case "boolean":
      if (typeof value2 === "boolean") return value2;
      throw invalid(column3, "true or false", value2);
    case "timestamp":
      return moment(column3, value2);
    case "text":
      return text(column3, value2);
    case "uuid":
      if (typeof value2 === "string") {
        const lower = value2.toLowerCase();
        if (UUID.test(lower)) return lower;
      }
      throw invalid(column3, "a UUID such as 018f3c1e-8d2a-7c3b-9f10-2b6a5d4c3e2f", value2);
    case "enum":
      if (typeof value2 === "string" && column3.values?.has(value2)) return value2;
      throw invalid(column3, `one of ${[...column3.values ?? []].map((v) => `'${v}'`).join(", ")}`, value2);
    case "date":
      if (typeof value2 === "string" && isDate(value2)) return value2;
      throw invalid(column3, "a day such as '2026-11-20'", value2);
    case "decimal":
      return decimal(column3, value2);
    case "bytes":
      if (value2 instanceof Uint8Array) return value2;
      throw invalid(column3, "a Uint8Array", value2);
    default:
      return json(column3, value2);
  }
}
function moment(column3, value2) {
  if (value2 instanceof Date) {
    const millis = value2.getTime();
    if (millis >= FIRST_MOMENT && millis <= LAST_MOMENT) return millis;
    throw invalid(column3, "a valid Date from the years 0001 to 9999", value2);
  }
  throw invalid(column3, "a Date", value2, typeof value2 === "string" ? "Write new Date(text)." : void 0);
}
function text(column3, value2, max = column3.max ?? Number.POSITIVE_INFINITY) {
  if (typeof value2 !== "string") throw invalid(column3, "text", value2);
  if (!value2.isWellFormed()) throw invalid(column3, WELL_FORMED, value2, "Clean it with String.prototype.toWellFormed().");
  const stored2 = column3.lowercase ? value2.toLowerCase() : value2;
  if (stored2.length > max && codePoints(stored2) > max) {
    const fault2 = invalid(column3, `at most ${max} characters`, value2);
    throw column3.private ? fault2 : describe(fault2, `${codePoints(stored2)} characters`);
  }
  return stored2;
}
function codePoints(value2) {
  let n = 0;
  for (const _ of value2) n++;
  return n;
}
function isDate(value2) {
  const match = DATE.exec(value2);
  if (!match || match[1] === "0000") return false;
  const date = /* @__PURE__ */ new Date(`${value2}T00:00:00.000Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value2);
}
function decimal(column3, value2) {
  const { precision, scale } = column3;
  const expected = `text with a number of at most ${precision - scale} digits before and ${scale} after the point`;
  const match = typeof value2 === "string" ? DECIMAL.exec(value2) : null;
  if (!match)
    throw invalid(
      column3,
      expected,
      value2,
      typeof value2 === "number" ? "Numbers lose digits: write it as text, '12.50'." : void 0
    );
  const whole = match[2].replace(/^0+(?=\d)/, "");
  const fraction = (match[3] ?? "").replace(/0+$/, "");
  if (fraction.length > scale || (whole === "0" ? 0 : whole.length) > precision - scale)
    throw invalid(column3, expected, value2);
  const digits = scale === 0 ? whole : `${whole}.${fraction.padEnd(scale, "0")}`;
  return match[1] && /[1-9]/.test(digits) ? `-${digits}` : digits;
}
function json(column3, value2) {
  if (isJsonNull(value2)) {
    loose.copy = jsonNull;
    return "null";
  }
  const copy = copyJson(column3, value2, []);
  loose.copy = copy;
  return JSON.stringify(copy);
}
function copyJson(column3, value2, path) {
  const wrong5 = (expected, found4, hint, said = false) => invalid(column3, expected, found4, hint, pathText(path), said);
  switch (typeof value2) {
    case "boolean":
      return value2;
    case "string":
      if (value2.isWellFormed()) return value2;
      throw wrong5(WELL_FORMED, value2);
    case "number":
      if (Number.isFinite(value2)) return value2 === 0 ? 0 : value2;
      throw wrong5("a finite number", value2);
    case "object":
      break;
    default:
      throw wrong5("JSON: null, true, false, a number, text, an array or a plain object", value2);
  }
  if (value2 === null || isJsonNull(value2)) return null;
  if (path.includes(value2)) throw wrong5("JSON", "an object that contains itself", void 0, true);
  if (path.length > 2 * JSON_DEPTH) throw wrong5(`JSON of at most ${JSON_DEPTH} levels`, "more", void 0, true);
  path.push(value2);
  const copy = Array.isArray(value2) ? copyArray(column3, value2, path) : copyObject(column3, value2, path, wrong5);
  path.pop();
  return copy;
}
function copyArray(column3, value2, path) {
  const copy = [];
  for (let i = 0; i < value2.length; i++) {
    path.push(i);
    copy.push(copyJson(column3, value2[i], path));
    path.pop();
  }
  return copy;
}
function copyObject(column3, value2, path, wrong5) {
  const prototype = Object.getPrototypeOf(value2);
  if (prototype !== Object.prototype && prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw wrong5(
      "JSON",
      value2,
      value2 instanceof Date ? "Write it as text: .toISOString()." : "Turn it into a plain object first."
    );
  }
  const copy = {};
  for (const key2 of Object.keys(value2)) {
    const inner = value2[key2];
    if (inner === void 0) continue;
    if (!key2.isWellFormed()) throw wrong5("keys without half of a surrogate pair", key2);
    path.push(key2);
    const it = copyJson(column3, inner, path);
    path.pop();
    if (key2 === "__proto__")
      Object.defineProperty(copy, key2, { value: it, enumerable: true, configurable: true, writable: true });
    else copy[key2] = it;
  }
  return copy;
}
function pathText(path) {
  return path.filter((step) => typeof step !== "object").map((step) => typeof step === "number" ? `[${step}]` : `.${step}`).join("");
}
function invalid(column3, expected, value2, hint, inner = "", said = false) {
  const path = `${column3.model.name}.${column3.property}${column3.private ? "" : inner}`;
  const found4 = said ? String(value2) : column3.private ? kindOf(value2) : shown(value2);
  return new ValidationError(`${path}: expected ${expected}, found ${found4}.`, {
    table: column3.model.table,
    columns: [column3.property],
    expected,
    found: found4,
    ...hint && { hint }
  });
}
function describe(error, found4) {
  return new ValidationError(error.message.replace(/found .*$/s, `found ${found4}.`), {
    ...error,
    found: found4,
    retryable: false
  });
}
function nullHint(column3) {
  if (column3.kind === "json") return "Declare the column .nullable(), or write jsonNull for the JSON value null.";
  return column3.default === void 0 ? "Declare the column .nullable() if it may be absent." : "Leave it out to get its default.";
}

// lib/bridge/decode.ts
var cache = /* @__PURE__ */ new Map();
var NOT_JSON = /* @__PURE__ */ Symbol("not JSON");
function decoder(columns, finds = false) {
  const key2 = JSON.stringify([finds, columns]);
  let decode = cache.get(key2);
  if (!decode) {
    if (cache.size > 1e3) cache.clear();
    decode = generate(columns, finds ? found : parse);
    cache.set(key2, decode);
  }
  return decode;
}
function generate(columns, read3) {
  let i = 0;
  let f = 0;
  const text3 = "t>=0?s.substring(o,o+=t):w.substring(x,x-=t+2)";
  const values = columns.map(({ wire }) => {
    const int = `I[p+${i}]`;
    const float = `F[q+${f}]`;
    const big = `B[q+${f}]`;
    const [ni, nf] = slots(wire);
    const any = `any(${int},I[p+${i + 1}],${float},${big})`;
    i += ni;
    f += nf;
    return expression(wire, int, float, big, text3, any);
  });
  const own = columns.filter((column3) => !column3.beside);
  const fields = own.map(({ name }, at) => `[${JSON.stringify(name)}]:${values[at]}`);
  const rest = values.slice(own.length);
  const beside = rest.length ? `;beside.push(${rest.join(",")})` : "";
  const literal = `{${fields.map((field2) => field2.replace(/^\["(?!__proto__)([A-Za-z_$][\w$]*)"\]/, "$1")).join(",")}}`;
  const body = `return function(n,s,w,u,out,beside){
let o=0,x=0,b=0,t=0,v=0,p=${DATA},q=${DATA};
function any(tag,l,d,g){switch(tag){case 1:return d;case 2:t=l;return ${text3};case 3:return u.slice(b,b+=l);case 4:return g;default:return null}}
for(let r=0;r<n;r++){out.push(${literal})${beside};p+=${i};q+=${f}}}`;
  return new Function("I", "F", "B", "parse", body)(ints, floats, bigints, read3);
}
function expression(wire, int, float, big, text3, any) {
  switch (wire) {
    case "int":
      return `(t=${int})>${BIG}?t:t===${BIG}?${float}:null`;
    case "bool":
      return `(t=${int})===${NULL}?null:t!==0`;
    case "bigint":
      return `${int}===0?${big}:null`;
    case "real":
      return `(v=${float})===v?v:null`;
    case "time":
      return `(v=${float})===v?new Date(v):null`;
    case "text":
      return `(t=${int})===-1?null:${text3}`;
    case "json":
      return `(t=${int})===-1?null:parse(${text3})`;
    case "bytes":
      return `(t=${int})<0?null:u.slice(b,b+=t)`;
    case "any":
      return any;
  }
}
function slots(wire) {
  switch (wire) {
    case "int":
    case "bigint":
      return [1, 1];
    case "real":
    case "time":
      return [0, 1];
    case "any":
      return [2, 1];
    default:
      return [1, 0];
  }
}
function parse(text3) {
  if (text3 === "null") return jsonNull;
  try {
    return JSON.parse(text3);
  } catch {
    throw new NotJson();
  }
}
var NotJson = class extends Error {
};
function found(text3) {
  try {
    return parse(text3);
  } catch {
    return NOT_JSON;
  }
}

// lib/handle/sql.ts
function sqlCall(channel3) {
  return (pieces, ...values) => {
    if (channel3.blocking) return run(channel3, pieces, values);
    try {
      return run(channel3, pieces, values);
    } catch (error) {
      return Promise.reject(error);
    }
  };
}
function run(channel3, pieces, values) {
  if (!Array.isArray(pieces) || !Array.isArray(pieces.raw)) {
    throw new PlinthError("SQL_REFUSED", "sql is a template tag: write db.sql`SELECT ...`, not db.sql(...).", {
      hint: "What stands in the template as a placeholder is bound, never put into the text."
    });
  }
  if (pieces.includes(void 0)) {
    throw new PlinthError("SQL_REFUSED", "The SQL has an escape that JavaScript does not know.", {
      hint: "Write a backslash in a template as \\\\."
    });
  }
  if (pieces.some((piece) => piece.includes("\0"))) {
    throw new PlinthError("SQL_REFUSED", "The SQL has a NUL character, where databases stop reading.", {
      hint: "Put text that holds one into the template as a value."
    });
  }
  const bound = values.map(bind);
  const query = `{"op":"sql","pieces":${JSON.stringify(pieces)},"params":${JSON.stringify(bound.map((b) => b.wire))}}`;
  const plan = channel3.database.client.plans.of(query);
  const request = {
    plan,
    rows: 1,
    put: () => {
      bound.forEach((b, i) => {
        put(i, b.wire, b.value);
      });
      return 1;
    },
    read: (answer, narrow) => {
      if (ints[Head.columns] === 0) return [];
      const columns = answer.columns();
      return answer.rows(
        { ...plan, nodes: [{ columns, decode: decoder(columns), link: null, of: null, key: [] }] },
        narrow
      );
    },
    explain: (error) => error
  };
  return channel3.send(request);
}
function bind(value2, at) {
  switch (typeof value2) {
    case "string":
      return { wire: "text", value: value2 };
    case "boolean":
      return { wire: "bool", value: value2 };
    case "number":
      if (Number.isSafeInteger(value2) && !Object.is(value2, -0)) return { wire: "int", value: value2 };
      if (Number.isFinite(value2)) return { wire: "real", value: value2 };
      break;
    case "bigint":
      if (BigInt.asIntN(64, value2) === value2) return { wire: "bigint", value: value2 };
      break;
    case "object":
      if (value2 === null) return { wire: "text", value: null };
      if (value2 instanceof Uint8Array) return { wire: "bytes", value: value2 };
      if (value2 instanceof Date && value2.getTime() >= FIRST_MOMENT && value2.getTime() <= LAST_MOMENT) {
        return { wire: "time", value: value2.getTime() };
      }
  }
  throw new ValidationError(`Value ${at + 1} of the SQL cannot be bound: ${shown(value2)}.`, {
    expected: "null, a boolean, a finite number, a bigint of 64 bits, text, a valid Date or a Uint8Array",
    found: shown(value2),
    hint: "Write JSON as JSON.stringify(value)."
  });
}

// lib/handle/health.ts
var DEFAULT_TIMEOUT = 5e3;
var LONGEST3 = 2 ** 31 - 1;
var Probe = class {
  constructor(database) {
    this.database = database;
  }
  database;
  blocking = false;
  send(request) {
    this.database.alive();
    return this.database.client.send(request, 0);
  }
  batches() {
    throw new Error("A probe has no streams.");
  }
  transaction() {
    throw new Error("A probe has no transactions.");
  }
};
async function ask(database) {
  const sql = sqlCall(new Probe(database));
  const [row] = database.dialect === "postgres" ? await sql`SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
          (to_regclass('__diesel_schema_migrations') IS NOT NULL)::int AS recorded` : await sql`SELECT sqlite_version() AS version,
          (SELECT count(*) FROM sqlite_schema WHERE name = '__diesel_schema_migrations') AS recorded`;
  const serverVersion = row?.version ?? null;
  if (!row?.recorded) return { serverVersion, applied: [] };
  const rows = await sql`SELECT version FROM __diesel_schema_migrations`.catch(() => null);
  return { serverVersion, applied: rows?.map(({ version: version2 }) => version2).sort() ?? null };
}
function folderOf(database) {
  if (!folders.has(database)) folders.set(database, found2(database.openedFrom));
  return folders.get(database);
}
var folders = /* @__PURE__ */ new WeakMap();
function found2(openedFrom) {
  try {
    return openedFrom.migrations();
  } catch {
    return void 0;
  }
}
async function pendingOf(folder2, applied) {
  if (folder2 === void 0 || !applied) return null;
  const names2 = await (0, import_promises.readdir)(folder2).catch((error) => error.code === "ENOENT" ? [] : null);
  return names2?.filter((name) => REVISION.test(name) && !applied.includes(name.slice(0, 14))).sort() ?? null;
}
var REVISION = /^\d{14}_/;
function prepares(database) {
  const kept = database.client.handle.prepares();
  return kept === void 0 ? null : kept === 1;
}
async function health(database, options2) {
  const start = performance.now();
  const report = (status2, seen) => ({
    status: status2,
    version,
    dialect: database.dialect,
    prepare: prepares(database),
    latencyMs: Math.round((performance.now() - start) * 100) / 100,
    url: database.url,
    ...seen
  });
  const timeoutMs = options2?.timeoutMs ?? DEFAULT_TIMEOUT;
  let timer;
  try {
    if (typeof timeoutMs !== "number" || !(timeoutMs > 0)) {
      throw new PlinthError("QUERY_INVALID", `timeoutMs must be a number above 0, found ${shown(timeoutMs)}.`);
    }
    database.alive();
    database.client.verify();
    if (database.file !== void 0 && !(0, import_node_fs3.existsSync)(database.file)) {
      throw new PlinthError("CANNOT_OPEN", "The database file does not exist: run initDb() or plinth init.");
    }
    const late2 = new Promise((_, reject) => {
      const error = () => new PlinthError("TIMEOUT", `No answer within ${timeoutMs} ms.`);
      timer = setTimeout(() => reject(error()), Math.min(timeoutMs, LONGEST3));
    });
    const { serverVersion, applied } = await Promise.race([ask(database), late2]);
    const pending = await Promise.race([pendingOf(folderOf(database), applied), late2]);
    return report("ok", { serverVersion, revision: applied?.at(-1) ?? null, pending });
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown.message : String(thrown);
    const code = thrown instanceof PlinthError ? thrown.code : "INTERNAL";
    return report("down", { serverVersion: null, revision: null, pending: null, error, code });
  } finally {
    clearTimeout(timer);
  }
}

// lib/bridge/value-error.ts
function loneSurrogate(request, before, slot) {
  const error = new ValidationError("expected well-formed text, found half of a surrogate pair.", {
    expected: "well-formed text",
    found: "half of a surrogate pair",
    hint: "Clean it with String.prototype.toWellFormed()."
  });
  return placed(error, request, before * request.plan.params.length + slot);
}
function placed(error, request, param) {
  const params = request.plan.params.length;
  const column3 = request.columns?.[param % params];
  const place4 = column3 ? `${column3.model.name}.${column3.property}` : "A value of the query";
  Object.assign(error, { message: `${place4}: ${error.message}` });
  if (column3) Object.assign(error, { table: column3.model.table, columns: [column3.property] });
  const { rows, first = 0 } = request;
  return rows > 1 || first > 0 ? inRow(error, first + Math.floor(param / params)) : error;
}
function withValues(error, columns, values) {
  if (!error.columns?.length || error.found !== void 0 || !error.code.endsWith("_VIOLATION")) return error;
  const parts2 = [];
  for (const name of error.columns) {
    const at = columns.findIndex((c2) => c2.property === name && c2.model.table === error.table);
    if (at < 0 || columns[at]?.private) return error;
    const value2 = values[at];
    const moment2 = columns[at]?.wire === "time" && typeof value2 === "number";
    parts2.push(`${name} = ${shown(moment2 ? new Date(value2) : value2)}`);
  }
  return Object.assign(error, { found: parts2.join(", ") });
}
function inRow(error, row) {
  if (!(error instanceof PlinthError)) return error;
  return Object.assign(error, { message: `Row ${row}: ${error.message}`, row });
}

// lib/bridge/call.ts
var Call = class {
  constructor(plan, values, read3, columns, point = false) {
    this.plan = plan;
    this.values = values;
    this.read = read3;
    this.columns = columns;
    this.point = point;
  }
  plan;
  values;
  read;
  columns;
  point;
  rows = 1;
  limits;
  put() {
    const { values, plan } = this;
    for (let i = 0; i < values.length; i++) put(i, plan.params[i], values[i]);
    return 1;
  }
  explain(error) {
    return this.columns ? withValues(error, this.columns, this.values) : error;
  }
};

// lib/models/metadata.ts
var WIRES = {
  id: "int",
  integer: "int",
  int32: "int",
  bigId: "bigint",
  bigint: "bigint",
  real: "real",
  boolean: "bool",
  timestamp: "time",
  json: "json",
  bytes: "bytes"
};
function metaOf(json2) {
  const all2 = /* @__PURE__ */ new Map();
  for (const model2 of json2.models) {
    const columns = [];
    const identities = model2.columns.filter((c2) => c2.kind === "id" || c2.kind === "bigId").map((c2) => c2.name);
    const primaryKey = model2.primaryKey?.length ? model2.primaryKey : identities;
    const meta = {
      name: model2.model,
      table: model2.table,
      columns,
      relations: /* @__PURE__ */ new Map()
    };
    for (const c2 of model2.columns) {
      columns.push({
        model: meta,
        property: c2.property,
        name: c2.name,
        kind: c2.kind,
        wire: WIRES[c2.kind] ?? "text",
        nullable: c2.nullable === true,
        private: c2.private === true,
        touch: c2.touch === true,
        lowercase: c2.lowercase === true,
        default: c2.default,
        max: c2.max,
        precision: c2.precision ?? 0,
        scale: c2.scale ?? 0,
        values: c2.values && new Set(c2.values),
        identity: c2.kind === "id" || c2.kind === "bigId"
      });
    }
    meta.byProperty = new Map(columns.map((c2) => [c2.property, c2]));
    meta.key = primaryKey.map((name) => columns.find((c2) => c2.name === name));
    meta.identity = columns.find((c2) => c2.identity);
    meta.touched = columns.filter((c2) => c2.touch);
    all2.set(model2.model, meta);
  }
  for (const model2 of json2.models) {
    const relations = all2.get(model2.model).relations;
    for (const r of model2.relations ?? []) {
      relations.set(r.name, { target: all2.get(r.target), many: r.kind === "many" });
    }
  }
  return all2;
}
function columnOf(model2, property, orRelation = false) {
  const column3 = model2.byProperty.get(property);
  if (column3) return column3;
  const relations = orRelation && model2.relations.size ? ` The relations are: ${[...model2.relations.keys()].join(", ")}.` : "";
  throw new PlinthError("UNKNOWN_COLUMN", `There is no column "${property}" in ${model2.name}.`, {
    table: model2.table,
    columns: [property],
    hint: `The columns are: ${[...model2.byProperty.keys()].join(", ")}.${relations}`
  });
}

// lib/bridge/encode.ts
function encoder(model2, withKey) {
  const columns = inserted(model2, withKey);
  const lines = [];
  const fields = [];
  columns.forEach((column3, k) => {
    const name = JSON.stringify(column3.property);
    const get2 = column3.property in Object.prototype ? `(x=Object.hasOwn(o,${name})?o[${name}]:undefined)` : `(x=o[${name}])`;
    lines.push(line(column3, k, get2));
  });
  for (const column3 of model2.columns) {
    if (column3.private) continue;
    const k = columns.indexOf(column3);
    const value2 = k < 0 ? column3.kind === "bigId" ? "0n" : "0" : field(column3, k);
    fields.push(`${JSON.stringify(column3.property)}:${value2}`);
  }
  const known2 = `{__proto__:null,${model2.columns.map((c2) => `${JSON.stringify(c2.property)}:1`).join(",")}}`;
  const body = `const K=${known2};return function(o,slot,now){
for(const k in o)if(K[k]!==1)unknown(k);
let x,s='';const at=slot+${DATA};let ${columns.map((_, k) => `v${k}`).join(",") || "_"};
${lines.join("\n")}
if(s!=='')L.text+=s;
return {${fields.join(",")}}}`;
  const unknown = (key2) => columnOf(model2, key2);
  const slow = (k, value2, now2) => absent(columns[k], value2, now2);
  const make = new Function("I", "F", "B", "L", "slow", "unknown", "bytes", body);
  return make(ints, floats, bigints, loose, slow, unknown, putBytes);
}
function inserted(model2, withKey) {
  return withKey ? model2.columns : model2.columns.filter((c2) => !c2.identity);
}
function line(column3, k, get2) {
  const int = `I[at+${k}]`;
  const float = `F[at+${k}]`;
  const slow = `v${k}=slow(${k},x,now)`;
  switch (column3.kind) {
    case "id":
    case "integer":
    case "int32": {
      const fits = column3.kind === "int32" ? "(x|0)===x" : "Number.isSafeInteger(x)";
      return `if(typeof ${get2}==='number'&&${fits}){v${k}=x===0?0:x}else ${slow};
if(v${k}===null)${int}=${NULL};else if((v${k}|0)===v${k}&&v${k}>${BIG})${int}=v${k};else{${int}=${BIG};${float}=v${k}}`;
    }
    case "bigId":
    case "bigint":
      return `${get2};${slow};if(v${k}===null)${int}=-1;else{${int}=0;B[at+${k}]=v${k}}`;
    case "real":
      return `if(typeof ${get2}==='number'&&x-x===0)v${k}=x;else ${slow};${float}=v${k}===null?NaN:v${k};`;
    case "boolean":
      return `if(typeof ${get2}==='boolean')v${k}=x;else ${slow};${int}=v${k}===null?${NULL}:v${k}?1:0;`;
    case "timestamp":
      return `${get2};if(!(x instanceof Date&&(v${k}=x.getTime())>=${FIRST_MOMENT}&&v${k}<=${LAST_MOMENT}))${slow};${float}=v${k}===null?NaN:v${k};`;
    case "bytes":
      return `${get2};${slow};if(v${k}===null)${int}=-1;else{${int}=v${k}.length;bytes(v${k})}`;
    case "text": {
      const plain2 = !column3.lowercase && column3.max === void 0 ? `typeof ${get2}==='string'` : fitting(column3, get2);
      return `if(${plain2})v${k}=x;else ${slow};${putText(k, int)}`;
    }
    case "json":
      return `${get2};${slow};const c${k}=L.copy;${putText(k, int)}`;
    default:
      return `${get2};${slow};${putText(k, int)}`;
  }
}
function fitting(column3, get2) {
  return column3.lowercase ? `(${get2},false)` : `typeof ${get2}==='string'&&x.length<=${column3.max}`;
}
var putText = (k, int) => `if(v${k}===null)${int}=-1;else{${int}=v${k}.length;s+=v${k}}`;
function field(column3, k) {
  const v = `v${k}`;
  switch (column3.kind) {
    case "timestamp":
      return `${v}===null?null:new Date(${v})`;
    case "json":
      return `${v}===null?null:c${k}`;
    case "bytes":
      return `${v}===null?null:new Uint8Array(${v})`;
    default:
      return v;
  }
}
function absent(column3, value2, now2) {
  if (value2 !== void 0) return ready(column3, value2);
  const fallback = column3.default;
  if (fallback === "now") return column3.kind === "date" ? new Date(now2).toISOString().slice(0, 10) : now2;
  if (fallback === "random") return uuid();
  if (fallback !== void 0) return constant(column3, fallback.value);
  if (column3.touch) return column3.kind === "date" ? new Date(now2).toISOString().slice(0, 10) : now2;
  if (column3.nullable) return null;
  throw required(column3);
}
var constants = /* @__PURE__ */ new WeakMap();
function constant(column3, value2) {
  let it = constants.get(column3);
  if (it === void 0) {
    it = fromJson(column3, value2);
    constants.set(column3, it);
  }
  if (column3.kind === "json") loose.copy = parse(it);
  return it;
}
function fromJson(column3, value2) {
  if (value2 === null && column3.kind !== "json") return null;
  switch (column3.kind) {
    case "bigint":
      return BigInt(value2);
    case "timestamp":
      return Date.parse(value2);
    case "bytes":
      return new Uint8Array(Buffer.from(value2, "hex"));
    case "real":
      return Number(value2);
    case "json":
      return value2 === null ? "null" : json(column3, value2);
    default:
      return present(column3, value2);
  }
}
function required(column3) {
  const path = `${column3.model.name}.${column3.property}`;
  return new ValidationError(`${path} is required.`, {
    table: column3.model.table,
    columns: [column3.property],
    expected: "a value",
    found: "nothing",
    hint: "Give it a value, or declare the column .nullable() or with a default."
  });
}
function noRow(model2, value2) {
  const column3 = model2.columns[0];
  const error = invalid(column3, "an object of columns", value2);
  return new ValidationError(error.message.replace(`${model2.name}.${column3.property}`, model2.name), {
    table: model2.table
  });
}

// lib/bridge/insert.ts
var Insert = class {
  constructor({ plan, encode, columns }, model2, given2, withKey, result, first = 0) {
    this.model = model2;
    this.given = given2;
    this.result = result;
    this.first = first;
    this.plan = plan;
    this.columns = columns;
    this.rows = given2.length;
    this.#encode = encode;
    this.#withKey = withKey;
  }
  model;
  given;
  result;
  first;
  plan;
  rows;
  made = [];
  columns;
  limits;
  #encode;
  #withKey;
  #now = Date.now();
  put(from) {
    const params = this.plan.params.length;
    const end = Math.min(this.rows, from + rowsAtOnce(params));
    for (let i = from; i < end; i++) {
      try {
        this.made.push(this.#encode(this.given[i], (i - from) * params, this.#now));
      } catch (error) {
        throw this.rows > 1 || this.first > 0 ? inRow(error, this.first + i) : error;
      }
    }
    return end - from;
  }
  read = (answer) => {
    const { identity } = this.model;
    if (identity && !this.#withKey && !identity.private) this.#setKeys(answer, identity);
    return this.result(this.made);
  };
  #setKeys(answer, identity) {
    const name = identity.property;
    const big = identity.kind === "bigId";
    if (this.rows === 1) {
      ;
      this.made[0][name] = big ? answer.lastKey() : answer.lastKeyNumber();
      return;
    }
    const keys = answer.keys();
    for (let i = 0; i < this.rows; i++) this.made[i][name] = big ? keys[i] : Number(keys[i]);
  }
  explain(error) {
    if (!error.code.endsWith("_VIOLATION")) return error;
    const { row = 0 } = error;
    const made = this.made[row];
    const values = this.columns.map((c2) => c2.private ? null : made?.[c2.property]);
    const explained = withValues(error, this.columns, values);
    return this.rows > 1 || this.first > 0 ? inRow(explained, this.first + row) : explained;
  }
};

// lib/query/like.ts
function sought(column3, value2) {
  return text(column3, value2, Number.POSITIVE_INFINITY);
}
function textPattern(column3, operator, value2) {
  const wanted = sought(column3, value2);
  if (operator !== "like") {
    const [before, after2] = [operator === "startsWith" ? "" : "%", operator === "endsWith" ? "" : "%"];
    return `${before}${escaped(wanted)}${after2}`;
  }
  if (!/(^|[^\\])(\\\\)*\\$/.test(wanted)) return wanted;
  throw invalid(
    column3,
    "a pattern that does not end with a single backslash",
    value2,
    "Write \\\\ for a backslash itself."
  );
}
function escaped(text3) {
  return text3.replace(/[\\%_]/g, "\\$&");
}
function startsWith(column3, value2) {
  const start = sought(column3, value2);
  const points = Array.from(start, (c2) => c2.codePointAt(0));
  while (points.length && points[points.length - 1] === 1114111) points.pop();
  const last = points.pop();
  if (last === void 0) return [start];
  return [start, String.fromCodePoint(...points, last === 55295 ? 57344 : last + 1)];
}

// lib/query/json-path.ts
var OPERATORS = [
  "eq",
  "ne",
  "in",
  "notIn",
  "lt",
  "lte",
  "gt",
  "gte",
  "contains",
  "startsWith",
  "endsWith",
  "like",
  "isNull"
];
var MAX_INDEX = 2 ** 31 - 1;
var MAX_STEPS = 1e3;
function jsonPath(column3, path) {
  const expected = "a path of keys and indexes";
  if (!Array.isArray(path)) throw invalid(column3, expected, path, "Write { path: ['user', 'age', 0], ... }.");
  if (path.length > MAX_STEPS) throw invalid(column3, `a path of at most ${MAX_STEPS} steps`, path);
  const steps = Array.from(path, (step) => {
    if (typeof step === "string") {
      if (step.isWellFormed() && !step.includes("\0")) return `.${JSON.stringify(step)}`;
      throw invalid(column3, "a path of keys without half of a surrogate pair and without NUL", step);
    }
    if (typeof step === "number" && Number.isInteger(step) && step >= 0 && step <= MAX_INDEX) return `[${step}]`;
    throw invalid(column3, `${expected}, indexes whole numbers from 0 to ${MAX_INDEX}`, step);
  });
  return `$${steps.join("")}`;
}
function atPath(column3, given2, values, parts2) {
  const path = jsonPath(column3, given2.path);
  const operators = Object.keys(given2).filter((name) => name !== "path");
  if (operators.length === 0) {
    throw new PlinthError(
      "QUERY_INVALID",
      `${column3.model.name}: where.${column3.property} has a path and no operator.`,
      { table: column3.model.table, columns: [column3.property], hint: `The operators are: ${OPERATORS.join(", ")}.` }
    );
  }
  for (const operator of operators) {
    const value2 = given2[operator];
    if (value2 === void 0)
      throw invalid(column3, `a value for ${operator}`, value2, 'undefined is never "no filter": leave the operator out.');
    const [reading, word, operands] = asked(column3, operator, value2);
    values.push(path, ...operands);
    parts2.push(`[${JSON.stringify(column3.property)},"path","${reading}","${word}"]`);
  }
}
function asked(column3, operator, value2) {
  switch (operator) {
    case "isNull":
      if (typeof value2 !== "boolean") throw invalid(column3, "true or false for isNull", value2);
      return ["json", value2 ? "null" : "notNull", []];
    case "eq":
    case "ne":
      return ["json", operator, [jsonOf(column3, operator, value2)]];
    case "in":
    case "notIn": {
      if (!Array.isArray(value2)) throw invalid(column3, `an array for ${operator}`, value2);
      const list2 = Array.from(value2, (element) => jsonOf(column3, operator, element));
      return ["json", operator, [`[${list2.join(",")}]`]];
    }
    case "lt":
    case "lte":
    case "gt":
    case "gte":
      if (typeof value2 === "string") return ["text", operator, [sought(column3, value2)]];
      if (typeof value2 === "number") return ["number", operator, [present(column3, value2)]];
      throw invalid(column3, `a number or text for ${operator}`, value2);
    case "like":
    case "contains":
    case "endsWith":
      return ["text", "like", [textPattern(column3, operator, value2)]];
    case "startsWith": {
      const range2 = startsWith(column3, value2);
      return ["text", range2.length === 2 ? "prefix" : "gte", range2];
    }
    default:
      throw new PlinthError(
        "UNKNOWN_OPERATOR",
        `A place in ${column3.model.name}.${column3.property} has no operator "${operator}".`,
        {
          table: column3.model.table,
          columns: [column3.property],
          hint: `The operators are: ${OPERATORS.join(", ")}.`
        }
      );
  }
}
function jsonOf(column3, operator, value2) {
  if (value2 === null || value2 === void 0) {
    const hint = value2 === null ? "Write jsonNull for the JSON value null, or ask { isNull: true }." : void 0;
    throw invalid(column3, `a JSON value for ${operator}`, value2, hint);
  }
  return isJsonNull(value2) ? "null" : present(column3, value2);
}

// lib/query/order.ts
var OPTIONS = ["direction", "nulls"];
function orderParts(model2, call, given2) {
  const parts2 = [];
  for (const entry of Array.isArray(given2) ? given2 : [given2]) {
    if (!isFields(entry))
      throw queryError(
        `${model2.name}.${call}: orderBy must be an object such as { id: 'desc' }, found ${shown(entry)}.`,
        model2
      );
    for (const property of Object.keys(entry)) parts2.push(orderPart(columnOf(model2, property), call, entry[property]));
  }
  return parts2;
}
function orderPart(column3, call, given2) {
  if (!isFields(given2)) return { column: column3, desc: direction(column3, call, "", given2) };
  const known2 = column3.kind === "json" ? ["path", ...OPTIONS] : OPTIONS;
  for (const name of Object.keys(given2)) {
    if (known2.includes(name)) continue;
    throw new PlinthError("UNKNOWN_OPTION", `${place(column3, call)} has no option "${name}".`, {
      table: column3.model.table,
      columns: [column3.property],
      hint: `The options are: ${known2.join(", ")}.`
    });
  }
  const desc = direction(column3, call, ".direction", given2.direction);
  const path = "path" in given2 ? { path: jsonPath(column3, given2.path) } : {};
  if (!("nulls" in given2)) return { column: column3, desc, ...path };
  const { nulls } = given2;
  if (nulls !== "first" && nulls !== "last") {
    throw queryError(`${place(column3, call)}.nulls must be 'first' or 'last', found ${shown(nulls)}.`, column3.model);
  }
  return { column: column3, desc, nulls, ...path };
}
var place = (column3, call) => `${column3.model.name}.${call}: orderBy.${column3.property}`;
function direction(column3, call, at, given2) {
  if (given2 === "asc" || given2 === "desc") return given2 === "desc";
  throw queryError(`${place(column3, call)}${at} must be 'asc' or 'desc', found ${shown(given2)}.`, column3.model);
}
function orderJson(parts2, values) {
  return JSON.stringify(
    parts2.map(({ column: column3, desc, nulls, path }) => {
      const part2 = [column3.property, desc ? "desc" : "asc"];
      if (nulls || path !== void 0) part2.push(nulls ?? "");
      if (path !== void 0) {
        part2.push("path");
        values.push(path);
      }
      return part2;
    })
  );
}

// lib/query/unreadable.ts
var UNREADABLE = ["unreadable", "onUnreadable"];
var Skipping = class {
  #call;
  #to;
  #warned = false;
  constructor(call, to) {
    this.#call = call;
    this.#to = to;
  }
  /** What was read of an answer with `read`, and the rows that were left out of it. */
  with = (answer, read3) => {
    const skipped = answer.skipped();
    return { result: read3(), skipped };
  };
  /** Tells of rows; what the caller's function throws fails the call. */
  tell(skipped) {
    const [first] = skipped;
    if (!first) return;
    if (this.#to) for (const { error } of skipped) this.#to(error);
    else if (!this.#warned) {
      this.#warned = true;
      const message = `${this.#call}: rows that cannot be read were left out, the first of them: ${first.error.message}`;
      process.emitWarning(message, {
        type: "PlinthWarning",
        code: "PLINTH_ROWS_SKIPPED",
        detail: "Pass onUnreadable to learn of each."
      });
    }
  }
  /** Tells of the rows that were left out of an answer, and gives the rest. */
  settle = ({ result, skipped }) => {
    this.tell(skipped);
    return result;
  };
};
function skipping(model2, call, given2) {
  const { unreadable, onUnreadable } = given2 ?? {};
  const name = `${model2.name}.${call}`;
  if (unreadable !== void 0 && unreadable !== "error" && unreadable !== "skip") {
    throw queryError(`${name}: unreadable must be 'error' or 'skip', found ${shown(unreadable)}.`, model2);
  }
  if (onUnreadable !== void 0 && typeof onUnreadable !== "function") {
    throw queryError(`${name}: onUnreadable must be a function, found ${shown(onUnreadable)}.`, model2);
  }
  if (unreadable === "skip") return new Skipping(name, onUnreadable);
  if (onUnreadable === void 0) return void 0;
  throw queryError(
    `${name}: onUnreadable is for unreadable: 'skip'.`,
    model2,
    "Without it the call fails with the error."
  );
}

// lib/query/where.ts
var MAX_VALUES = 32766;
var MAX_LEVELS = 100;
var MAX_RELATIONS = 16;
function where(model2, given2, values, level = 0, followed = 0) {
  if (level > MAX_LEVELS)
    throw queryError(`${model2.name}: where has and, or, not and relations more than ${MAX_LEVELS} levels deep.`, model2);
  if (followed > MAX_RELATIONS)
    throw queryError(`${model2.name}: where follows relations more than ${MAX_RELATIONS} levels deep.`, model2);
  if (!isFields(given2)) {
    throw queryError(
      `${model2.name}: where must be an object of columns, found ${shown(given2)}.`,
      model2,
      "Leave where out to match every row."
    );
  }
  const parts2 = [];
  for (const name of Object.keys(given2)) {
    const value2 = given2[name];
    if (name === "and" || name === "or") {
      if (!Array.isArray(value2))
        throw queryError(`${model2.name}: where.${name} must be an array, found ${shown(value2)}.`, model2);
      parts2.push(`["${name}",[${Array.from(value2, (w) => where(model2, w, values, level + 1, followed)).join(",")}]]`);
    } else if (name === "not") parts2.push(`["not",${where(model2, value2, values, level + 1, followed)}]`);
    else {
      const relation2 = model2.relations.get(name);
      const inner = (target2, filter) => where(target2, filter, values, level + 1, followed + 1);
      if (relation2) relates(model2, name, relation2, value2, parts2, inner);
      else compare(columnOf(model2, name, true), value2, values, parts2);
    }
  }
  if (values.length > MAX_VALUES) {
    throw queryError(
      `${model2.name}: a query has ${MAX_VALUES} values at most, found ${values.length}.`,
      model2,
      "Put many values of one column into { in: [...] }, which is one value."
    );
  }
  return `[${parts2.join(",")}]`;
}
var MANY = { some: "some", none: "none", every: "every" };
var ONE = { is: "some", isNot: "none" };
function asked2(relation2, operator) {
  const known2 = relation2.many ? MANY : ONE;
  return Object.hasOwn(known2, operator) ? known2[operator] : void 0;
}
function relates(model2, name, relation2, given2, parts2, filter) {
  const operators = Object.keys(relation2.many ? MANY : ONE);
  const hint = `Say one of: ${operators.map((it) => `{ ${name}: { ${it}: ... } }`).join(", ")}.`;
  if (!isFields(given2) || Object.keys(given2).length === 0) {
    throw queryError(
      `${model2.name}: where.${name} must say what is asked of the relation, found ${isFields(given2) ? "{}" : shown(given2)}.`,
      model2,
      hint
    );
  }
  for (const operator of Object.keys(given2)) {
    const word = asked2(relation2, operator);
    if (!word) {
      throw new PlinthError("UNKNOWN_OPERATOR", `The relation ${model2.name}.${name} has no operator "${operator}".`, {
        table: model2.table,
        hint
      });
    }
    const inner = given2[operator];
    if (inner === null && !relation2.many) {
      parts2.push(`[${JSON.stringify(name)},"${word === "some" ? "none" : "some"}",[]]`);
      continue;
    }
    if (!isFields(inner)) {
      throw queryError(
        `${model2.name}: where.${name}.${operator} must be an object of columns of ${relation2.target.name}, found ${shown(inner)}.`,
        model2,
        inner === void 0 ? 'undefined is never "no filter": {} is met by every row.' : void 0
      );
    }
    parts2.push(`[${JSON.stringify(name)},"${word}",${filter(relation2.target, inner)}]`);
  }
}
var alwaysTrue = (model2, filter) => constant2(model2, filter) === true;
function constant2(model2, filter) {
  const parts2 = Object.keys(filter).map((name) => {
    const value2 = filter[name];
    const several2 = () => value2.map((inner) => constant2(model2, inner));
    if (name === "and") return all(several2());
    if (name === "or") return negated(all(several2().map(negated)));
    if (name === "not") return negated(constant2(model2, value2));
    const relation2 = model2.relations.get(name);
    return relation2 && all(Object.entries(value2).map((it) => constantRelation(relation2, ...it)));
  });
  return all(parts2);
}
function constantRelation(relation2, operator, given2) {
  if (given2 === null) return void 0;
  const inner = constant2(relation2.target, given2);
  if (asked2(relation2, operator) === "every") return inner === true ? true : void 0;
  if (inner !== false) return void 0;
  return asked2(relation2, operator) === "none";
}
function all(parts2) {
  if (parts2.includes(false)) return false;
  return parts2.includes(void 0) ? void 0 : true;
}
var negated = (it) => it === void 0 ? void 0 : !it;
function compare(column3, value2, values, parts2, name = JSON.stringify(column3.property)) {
  if (value2 === null) {
    if (column3.kind === "json") throw jsonOperator(column3);
    nullable(column3);
    parts2.push(`[${name},"null"]`);
    return;
  }
  if (value2 === void 0)
    throw invalid(column3, "a value to compare with", value2, 'undefined is never "no filter": leave the column out.');
  if (!isFields(value2) || isJsonNull(value2)) {
    if (column3.kind === "json") throw jsonOperator(column3);
    values.push(compared(column3, value2));
    parts2.push(`[${name},"eq"]`);
    return;
  }
  if (column3.kind === "json") {
    if (Object.hasOwn(value2, "path")) return atPath(column3, value2, values, parts2);
    if (!Object.keys(value2).every((k) => JSON_OPERATORS.includes(k))) throw jsonOperator(column3);
  }
  const operators = Object.keys(value2);
  if (operators.length === 0) {
    throw queryError(
      `${column3.model.name}: where.${column3.property} has no operator.`,
      column3.model,
      "Leave the column out to compare nothing."
    );
  }
  for (const operator of operators) parts2.push(`[${name},${operand(column3, operator, value2[operator], values)}]`);
}
var JSON_OPERATORS = ["eq", "ne", "isNull"];
var ORDERED = ["lt", "lte", "gt", "gte"];
var PATTERNS = ["like", "contains", "startsWith", "endsWith"];
function jsonOperator(column3) {
  return new PlinthError(
    "UNKNOWN_OPERATOR",
    `${column3.model.name}.${column3.property} holds JSON: compare it with { eq }, { ne } or { isNull }, or what is at a { path } in it.`,
    {
      table: column3.model.table,
      columns: [column3.property]
    }
  );
}
function nullable(column3) {
  if (!column3.nullable) throw invalid(column3, "a value that is not null", null, "The column is never null.");
}
function operatorsOf(column3) {
  switch (column3.kind) {
    case "json":
      return JSON_OPERATORS;
    case "text":
      return ["eq", "ne", "in", "notIn", ...ORDERED, ...PATTERNS];
    case "boolean":
    case "uuid":
    case "bytes":
    case "enum":
      return ["eq", "ne", "in", "notIn"];
    default:
      return ["eq", "ne", "in", "notIn", ...ORDERED];
  }
}
function operand(column3, operator, value2, values) {
  const known2 = operatorsOf(column3);
  if (!known2.includes(operator)) {
    throw new PlinthError(
      "UNKNOWN_OPERATOR",
      `${column3.model.name}.${column3.property} has no operator "${operator}".`,
      {
        table: column3.model.table,
        columns: [column3.property],
        hint: `The operators are: ${known2.join(", ")}.`
      }
    );
  }
  if (value2 === void 0)
    throw invalid(column3, `a value for ${operator}`, value2, 'undefined is never "no filter": leave the operator out.');
  switch (operator) {
    case "isNull":
      if (typeof value2 !== "boolean") throw invalid(column3, "true or false for isNull", value2);
      return value2 ? '"null"' : '"notNull"';
    case "in":
    case "notIn":
      values.push(listOf(column3, operator, value2));
      return `"${operator}"`;
    case "eq":
    case "ne":
      if (value2 === null) {
        nullable(column3);
        return operator === "eq" ? '"null"' : '"notNull"';
      }
      values.push(compared(column3, value2));
      return `"${operator}"`;
    case "like":
    case "contains":
    case "endsWith":
      values.push(textPattern(column3, operator, value2));
      return '"like"';
    case "startsWith": {
      const range2 = startsWith(column3, value2);
      if (range2.length === 1) values.push(textPattern(column3, operator, value2));
      else values.push(...range2);
      return range2.length === 2 ? '"prefix"' : '"like"';
    }
    default:
      values.push(compared(column3, notNull(column3, operator, value2)));
      return `"${operator}"`;
  }
}
function notNull(column3, operator, value2) {
  if (value2 === null) throw invalid(column3, `a value for ${operator}`, value2, "Nothing is less or greater than null.");
  return value2;
}
function compared(column3, value2) {
  return column3.kind === "text" ? sought(column3, value2) : present(column3, value2);
}
function listOf(column3, operator, value2) {
  if (!Array.isArray(value2)) throw invalid(column3, `an array for ${operator}`, value2);
  const elements = Array.from(value2, (element) => {
    if (element === null || element === void 0) {
      throw invalid(
        column3,
        `values in ${operator}`,
        element,
        "Compare with null apart: or: [{ column: { in: [...] } }, { column: null }]."
      );
    }
    const it = compared(column3, element);
    switch (column3.wire) {
      case "int":
      case "bool":
      case "bigint":
        return String(it);
      case "real":
        return it.toExponential();
      case "time":
        return `"${new Date(it).toISOString()}"`;
      case "bytes":
        return `"${Buffer.from(it).toString("hex")}"`;
      default:
        return JSON.stringify(it);
    }
  });
  return `[${elements.join(",")}]`;
}

// lib/query/select.ts
var MAX_INCLUDES = 16;
var LIST = ["where", "orderBy", "limit", "offset", "select", "include", ...LIMITS];
var STREAM = ["where", "orderBy", "select", "include", "batch", ...UNREADABLE, ...LIMITS];
var RELATED = ["where", "orderBy", "limit", "select", "include"];
function list(model2, call, query, values, first = false) {
  const known2 = first ? LIST : [...LIST, ...UNREADABLE, ...call === "list" ? ["distinct"] : []];
  const given2 = options(model2, call, query, first ? known2.filter((o) => o !== "limit") : known2);
  const limited = first ? { ...given2, limit: 1 } : given2;
  const told = distinct(model2, call, given2.distinct);
  const checks = call === "stream" ? ',"checks":true' : "";
  return `{"op":"list","model":${JSON.stringify(model2.name)}${told}${skips(given2)}${checks}${part(model2, call, limited, values)}}`;
}
var skips = (given2) => given2.unreadable === "skip" ? ',"skips":true' : "";
function distinct(model2, call, given2) {
  if (given2 === void 0) return "";
  if (!Array.isArray(given2) || given2.length === 0) {
    throw queryError(
      `${model2.name}.${call}: distinct must name at least one column, found ${Array.isArray(given2) ? "[]" : shown(given2)}.`,
      model2
    );
  }
  return `,"distinct":${JSON.stringify([...new Set(named(model2, `${call}: distinct`, given2).map((column3) => column3.property))])}`;
}
var BATCH = 500;
var LONGEST_BATCH = 1e6;
function stream(model2, query, values) {
  const { batch = BATCH, ...given2 } = options(model2, "stream", query, STREAM);
  if (!(Number.isSafeInteger(batch) && batch >= 1 && batch <= LONGEST_BATCH)) {
    const expected = `a whole number from 1 to ${LONGEST_BATCH}`;
    throw queryError(`${model2.name}.stream: batch must be ${expected}, found ${shown(batch)}.`, model2);
  }
  return { shape: list(model2, "stream", given2, values), batch };
}
function get(model2, id, opts, values) {
  const given2 = options(model2, "get", opts, ["select", "include", ...LIMITS]);
  const where2 = key(model2, "get", id, values);
  return `{"op":"list","model":${JSON.stringify(model2.name)},"where":${where2}${part(model2, "get", given2, values)}}`;
}
function part(model2, call, given2, values, level = 0) {
  let json2 = "";
  if ("where" in given2) json2 += `,"where":${where(model2, given2.where, values)}`;
  if (given2.orderBy !== void 0) json2 += `,"orderBy":${orderJson(orderParts(model2, call, given2.orderBy), values)}`;
  if (given2.select !== void 0) json2 += `,"select":${select(model2, call, given2.select)}`;
  json2 += range(model2, call, given2, values);
  if (given2.include !== void 0) json2 += include(model2, call, given2.include, values, level + 1);
  return json2;
}
function range(model2, call, given2, values) {
  let json2 = "";
  for (const name of ["limit", "offset"]) {
    if (given2[name] === void 0) continue;
    if (!(Number.isSafeInteger(given2[name]) && given2[name] >= 0)) {
      throw queryError(
        `${model2.name}.${call}: ${name} must be a whole number from 0, found ${shown(given2[name])}.`,
        model2
      );
    }
    json2 += `,"${name}":true`;
    values.push(given2[name]);
  }
  return json2;
}
function include(model2, call, given2, values, level) {
  if (!isFields(given2))
    throw queryError(`${model2.name}.${call}: include must be an object, found ${shown(given2)}.`, model2);
  if (level > MAX_INCLUDES)
    throw queryError(`${model2.name}: relations are included more than ${MAX_INCLUDES} levels deep.`, model2);
  const parts2 = [];
  for (const name of Object.keys(given2)) {
    if (name === "_count") continue;
    const relation2 = relationOf(model2, name);
    const args = given2[name];
    if (args === void 0 || args === false) continue;
    const label = `${call}.${name}`;
    const inner = args === true ? "" : part(relation2.target, label, options(relation2.target, label, args, RELATED), values, level);
    parts2.push(`[${JSON.stringify(name)},{${inner.slice(1)}}]`);
  }
  const counted = given2._count === void 0 ? "" : counts(model2, `${call}._count`, given2._count, values);
  return `,"include":[${parts2.join(",")}]${counted}`;
}
function counts(model2, call, given2, values) {
  if (!isFields(given2))
    throw queryError(`${model2.name}.${call} must be an object of relations, found ${shown(given2)}.`, model2);
  const parts2 = [];
  for (const name of Object.keys(given2)) {
    const { target: target2, many: many2 } = relationOf(model2, name);
    if (!many2) {
      throw queryError(
        `${model2.name}.${call}.${name} leads to one row: there is nothing to count.`,
        model2,
        `Include the relation itself: { ${name}: true }.`
      );
    }
    const args = given2[name];
    if (args === void 0 || args === false) continue;
    const label = `${call}.${name}`;
    const filtered = args === true ? {} : options(target2, label, args, ["where"]);
    const filter = "where" in filtered ? where(target2, filtered.where, values) : "[]";
    parts2.push(`[${JSON.stringify(name)},${filter}]`);
  }
  return parts2.length ? `,"counts":[${parts2.join(",")}]` : "";
}
function relationOf(model2, name) {
  const relation2 = model2.relations.get(name);
  if (relation2) return relation2;
  const names2 = [...model2.relations.keys()];
  throw new PlinthError("UNKNOWN_RELATION", `There is no relation "${name}" in ${model2.name}.`, {
    table: model2.table,
    hint: names2.length ? `The relations are: ${names2.join(", ")}.` : `${model2.name} has no relations; declare them in the second argument of schema().`
  });
}
function select(model2, call, given2) {
  if (!Array.isArray(given2) || given2.length === 0) {
    throw queryError(
      `${model2.name}.${call}: select must name at least one column.`,
      model2,
      "Leave select out for all columns that are not private."
    );
  }
  return JSON.stringify([...new Set(named(model2, `${call}: select`, given2).map((column3) => column3.property))]);
}
function named(model2, place4, names2) {
  return Array.from(names2, (name) => {
    if (typeof name === "string") return columnOf(model2, name);
    throw queryError(`${model2.name}.${place4} holds names of columns, found ${shown(name)}.`, model2);
  });
}
function many(model2, call, query, values) {
  const given2 = options(model2, call, query, ["where", "all", ...LIMITS]);
  if (given2.all === true && !("where" in given2)) return "[]";
  const required2 = () => new PlinthError("WHERE_REQUIRED", `${model2.name}.${call} needs a where.`, {
    table: model2.table,
    hint: "Say { all: true } to mean every row."
  });
  if (given2.all !== void 0 || !("where" in given2)) throw required2();
  const filter = where(model2, given2.where, values);
  if (alwaysTrue(model2, given2.where)) throw required2();
  return filter;
}
function key(model2, call, id, values) {
  const first = model2.key[0];
  if (model2.key.length === 1) {
    if (id === null || id === void 0)
      throw invalid(first, "a key", id, `Pass the value of ${first.property} to ${call}().`);
    values.push(compared(first, id));
    return `[[${JSON.stringify(first.property)},"key"]]`;
  }
  const names2 = model2.key.map((c2) => c2.property);
  const example = `{ ${names2.map((n) => `${n}: ...`).join(", ")} }`;
  if (!isFields(id) || Object.keys(id).length !== names2.length || !names2.every((n) => Object.hasOwn(id, n))) {
    throw queryError(
      `${model2.name}.${call}: the key has ${names2.length} columns, expected ${example}, found ${shown(id)}.`,
      model2
    );
  }
  for (const column3 of model2.key) {
    const value2 = id[column3.property];
    values.push(value2 === null || value2 === void 0 ? ready(column3, value2) : compared(column3, value2));
  }
  return `[${names2.map((n) => `[${JSON.stringify(n)},"key"]`).join(",")}]`;
}

// lib/query/aggregation.ts
var WHOLE = ["id", "integer", "int32"];
var NUMBERS = [...WHOLE, "bigId", "bigint", "real", "decimal"];
var VALUES = [...NUMBERS, "text", "timestamp", "date"];
var GROUPS = { takes: (kind) => kind !== "json" && kind !== "bytes", words: "every kind but JSON and bytes" };
var NUMERIC = { takes: (kind) => NUMBERS.includes(kind), words: "numbers and decimals" };
var ORDERED2 = {
  takes: (kind) => VALUES.includes(kind),
  words: "numbers, decimals, text, timestamps and dates"
};
var MEASURES = {
  countDistinct: GROUPS,
  sum: NUMERIC,
  avg: NUMERIC,
  min: ORDERED2,
  max: ORDERED2
};
var ASKED = ["count", ...Object.keys(MEASURES)];
var OPTIONS2 = ["where", "groupBy", ...ASKED, "having", "orderBy", "limit", "offset", ...LIMITS];
var MAX_LEVELS2 = 100;
var AggregateCall = class extends Call {
  constructor(model2, plan, values, read3) {
    super(plan, values, read3);
    this.model = model2;
  }
  model;
  explain(error) {
    return error.code === "VALUE_INVALID" ? outOfRange(this.model) : error;
  }
};
function aggregation(model2, query, values) {
  const given2 = options(model2, "aggregate", query, OPTIONS2);
  const groups = groupsOf(model2, given2.groupBy);
  const asked4 = new Asked(groups.length);
  const readers = groups.map((column3, at) => [
    column3.property,
    (row) => plain(row[at])
  ]);
  if (asksCount(model2, given2.count)) {
    const at = asked4.place("count");
    readers.push(["count", (row) => row[at]]);
  }
  for (const name of Object.keys(MEASURES)) {
    if (given2[name] === void 0) continue;
    const of = columnsOf(model2, name, given2[name]).map(
      (column3) => [column3.property, reader(asked4, name, column3)]
    );
    readers.push([name, (row) => read(of, row)]);
  }
  if (readers.length === 0) {
    throw queryError(`${model2.name}.aggregate asks for nothing.`, model2, `Name one of: groupBy, ${ASKED.join(", ")}.`);
  }
  let json2 = "";
  if ("where" in given2) json2 += `,"where":${where(model2, given2.where, values)}`;
  if (groups.length > 0) json2 += grouped(model2, groups, given2, values);
  else {
    for (const name of ["having", "orderBy", "limit", "offset"]) {
      if (given2[name] === void 0) continue;
      throw queryError(`${model2.name}.aggregate: ${name} is for groups.`, model2, "Without groupBy there is one result.");
    }
  }
  return {
    query: `{"op":"aggregate","model":${JSON.stringify(model2.name)},"measures":[${asked4.measures.join(",")}]${json2}}`,
    read: (rows) => {
      const results = rows.map((row) => read(readers, row));
      return groups.length > 0 ? results : results[0];
    }
  };
}
var Asked = class {
  /** @param first the place of the first in a row */
  constructor(first) {
    this.first = first;
  }
  first;
  measures = [];
  /** Where in a row a measure is. */
  place(name, column3) {
    const measure = measureJson(name, column3);
    const known2 = this.measures.indexOf(measure);
    return this.first + (known2 < 0 ? this.measures.push(measure) - 1 : known2);
  }
};
var measureJson = (name, column3) => JSON.stringify(column3 ? [name, column3.property] : [name]);
function read(readers, row) {
  const result = {};
  for (const [name, value2] of readers) result[name] = value2(row);
  return result;
}
var plain = (value2) => value2 === 0 ? 0 : value2;
function reader(asked4, name, column3) {
  const at = asked4.place(name === "avg" ? "sum" : name, column3);
  if (name === "sum") return (row) => sum(column3, row[at]);
  if (name !== "avg") return (row) => plain(row[at]);
  const count2 = asked4.place("count", column3);
  return (row) => row[at] === null ? null : plain(Number(row[at]) / row[count2]);
}
function sum(column3, value2) {
  if (value2 === null) return null;
  switch (column3.kind) {
    case "bigId":
    case "bigint":
      return BigInt(value2);
    case "decimal":
      return value2;
    case "real":
      return plain(value2);
    default: {
      const number = Number(value2);
      if (Number.isSafeInteger(number)) return number;
      throw outOfRange(column3.model, column3);
    }
  }
}
function outOfRange(model2, column3) {
  const place4 = column3 ? `the sum of ${column3.property}` : "a sum";
  const whole = column3 !== void 0;
  return new PlinthError("OUT_OF_RANGE", `${model2.name}.aggregate: ${place4} is out of range.`, {
    table: model2.table,
    ...column3 && { columns: [column3.property] },
    expected: whole ? "a safe integer (within 2^53 - 1)" : "a finite number",
    ...whole && { hint: "Declare the column as c.bigint(): its sum is a bigint, which has no end." }
  });
}
function asksCount(model2, given2) {
  if (given2 === void 0 || given2 === true) return given2 === true;
  throw queryError(
    `${model2.name}.aggregate: count must be true, found ${shown(given2)}.`,
    model2,
    "Leave it out for none."
  );
}
function groupsOf(model2, given2) {
  if (given2 === void 0) return [];
  const columns = distinctNames(model2, "groupBy", given2);
  for (const column3 of columns) {
    const { property } = column3;
    checkKind(GROUPS, column3, `rows cannot be grouped by ${property}`);
    if (ASKED.includes(property)) {
      throw queryError(
        `${model2.name}.aggregate: a result has one place for the column ${property} and for ${property} itself.`,
        model2,
        "Rename the property, and keep the column with .name()."
      );
    }
  }
  return columns;
}
function columnsOf(model2, name, given2) {
  const columns = distinctNames(model2, name, given2);
  for (const column3 of columns) checkMeasure(name, column3);
  return columns;
}
var checkMeasure = (name, column3) => checkKind(MEASURES[name], column3, `there is no ${name} of ${column3.property}`);
function checkKind({ takes, words }, column3, message) {
  const { model: model2, kind, property } = column3;
  if (takes(kind)) return;
  throw new PlinthError("QUERY_INVALID", `${model2.name}.aggregate: ${message}, which is ${kind}.`, {
    table: model2.table,
    columns: [property],
    expected: words,
    found: kind
  });
}
function distinctNames(model2, name, given2) {
  if (!Array.isArray(given2) || given2.length === 0) {
    throw queryError(
      `${model2.name}.aggregate: ${name} must be an array of columns, found ${shown(given2)}.`,
      model2,
      "Leave it out for none."
    );
  }
  return [...new Set(named(model2, `aggregate: ${name}`, given2))];
}
function grouped(model2, groups, given2, values) {
  let json2 = `,"groupBy":${JSON.stringify(groups.map((column3) => column3.property))}`;
  if (given2.having !== void 0) json2 += `,"having":${having(model2, given2.having, values)}`;
  if (given2.orderBy !== void 0) json2 += `,"orderBy":[${groupOrder(model2, groups, given2.orderBy).join(",")}]`;
  return json2 + range(model2, "aggregate", given2, values);
}
function having(model2, given2, values, level = 0) {
  if (level > MAX_LEVELS2)
    throw queryError(`${model2.name}.aggregate: having has and, or, not more than ${MAX_LEVELS2} levels deep.`, model2);
  const parts2 = [];
  for (const [name, value2] of conditions(model2, given2)) {
    if (name === "and" || name === "or") {
      if (!Array.isArray(value2))
        throw queryError(`${model2.name}.aggregate: having.${name} must be an array, found ${shown(value2)}.`, model2);
      parts2.push(`["${name}",[${Array.from(value2, (inner) => having(model2, inner, values, level + 1)).join(",")}]]`);
    } else if (name === "not") parts2.push(`["not",${having(model2, value2, values, level + 1)}]`);
    else if (name === "count") compare(measured(model2, "count"), value2, values, parts2, '["count"]');
    else {
      for (const [column3, operand2] of measuredColumns(model2, "having", name, value2))
        compare(measured(model2, name, column3), operand2, values, parts2, measureJson(name, column3));
    }
  }
  return `[${parts2.join(",")}]`;
}
function measured(model2, name, column3) {
  const base = column3 ?? model2.columns[0];
  const property = column3 ? `${name}.${column3.property}` : name;
  if (name === "min" || name === "max") return { ...base, property, nullable: true };
  const counts2 = name === "count" || name === "countDistinct";
  const kind = counts2 || name === "sum" && WHOLE.includes(base.kind) ? "integer" : name === "avg" ? "real" : base.kind;
  return { ...base, property, kind, wire: WIRES2[kind] ?? base.wire, precision: MAX_PRECISION, nullable: !counts2 };
}
var WIRES2 = { integer: "int", real: "real" };
var MAX_PRECISION = 18;
function conditions(model2, given2) {
  const known2 = [...ASKED, "and", "or", "not"];
  if (!isFields(given2)) {
    throw queryError(
      `${model2.name}.aggregate: having must be an object such as { count: { gt: 1 } }, found ${shown(given2)}.`,
      model2
    );
  }
  for (const name of Object.keys(given2)) {
    if (known2.includes(name)) continue;
    throw new PlinthError("UNKNOWN_OPTION", `${model2.name}.aggregate: having has no "${name}".`, {
      table: model2.table,
      hint: `There are: ${known2.join(", ")}.${model2.byProperty.has(name) ? " Conditions on columns go into where." : ""}`
    });
  }
  return Object.entries(given2);
}
function measuredColumns(model2, place4, name, given2) {
  if (!isFields(given2)) {
    throw queryError(
      `${model2.name}.aggregate: ${place4}.${name} must be an object of columns, found ${shown(given2)}.`,
      model2
    );
  }
  return Object.entries(given2).map(([property, value2]) => {
    const column3 = columnOf(model2, property);
    checkMeasure(name, column3);
    return [column3, value2];
  });
}
function groupOrder(model2, groups, given2) {
  const parts2 = [];
  const add = (column3, name, direction2) => {
    const { desc, nulls } = orderPart(column3, "aggregate", direction2);
    parts2.push(`[${name},"${desc ? "desc" : "asc"}"${nulls ? `,"${nulls}"` : ""}]`);
  };
  for (const entry of Array.isArray(given2) ? given2 : [given2]) {
    if (!isFields(entry)) {
      throw queryError(
        `${model2.name}.aggregate: orderBy must be an object such as { count: 'desc' }, found ${shown(entry)}.`,
        model2
      );
    }
    for (const [name, value2] of Object.entries(entry)) {
      if (name === "count") add(measured(model2, name), '["count"]', value2);
      else if (Object.hasOwn(MEASURES, name)) {
        for (const [column3, direction2] of measuredColumns(model2, "orderBy", name, value2))
          add(measured(model2, name, column3), measureJson(name, column3), direction2);
      } else {
        const column3 = columnOf(model2, name);
        if (!groups.includes(column3)) {
          throw queryError(
            `${model2.name}.aggregate: orderBy.${name} is not what the rows are grouped by.`,
            model2,
            `There are: ${[...groups.map((group) => group.property), ...ASKED].join(", ")}.`
          );
        }
        add(column3, JSON.stringify(name), value2);
      }
    }
  }
  return parts2;
}

// lib/query/write.ts
function insertQuery(op, model2, columns, more = "") {
  return `{"op":"${op}","model":${JSON.stringify(model2.name)},"columns":${JSON.stringify(columns.map((c2) => c2.property))}${more}}`;
}
function updateQuery(model2, columns, filter, returning) {
  const set = JSON.stringify(columns.map((c2) => c2.property));
  return `{"op":"update","model":${JSON.stringify(model2.name)},"set":${set},"returning":${returning},"where":${filter}}`;
}
function deleteQuery(model2, filter) {
  return `{"op":"delete","model":${JSON.stringify(model2.name)},"where":${filter}}`;
}
function changed(model2, call, values, set) {
  if (!isFields(values))
    throw queryError(`${model2.name}.${call}: expected an object of columns, found ${shown(values)}.`, model2);
  for (const name in values) columnOf(model2, name);
  const columns = [];
  for (const column3 of model2.columns) {
    const value2 = Object.hasOwn(values, column3.property) ? values[column3.property] : void 0;
    if (value2 === void 0) continue;
    columns.push(column3);
    set.push(ready(column3, value2));
  }
  if (columns.length === 0 && call === "updateMany") return columns;
  for (const column3 of model2.touched) {
    if (columns.includes(column3)) continue;
    const now2 = /* @__PURE__ */ new Date();
    columns.push(column3);
    set.push(present(column3, column3.kind === "date" ? now2.toISOString().slice(0, 10) : now2));
  }
  return columns;
}

// lib/query/model-plans.ts
var known = /* @__PURE__ */ new WeakMap();
function modelPlans(plans, model2) {
  let models = known.get(plans);
  if (!models) {
    models = /* @__PURE__ */ new Map();
    known.set(plans, models);
  }
  let found4 = models.get(model2);
  if (!found4) {
    found4 = new ModelPlans(plans, model2);
    models.set(model2, found4);
  }
  return found4;
}
var ModelPlans = class {
  #plans;
  #model;
  #get;
  #inserts = [];
  constructor(plans, model2) {
    this.#plans = plans;
    this.#model = model2;
  }
  /** The row with a key. */
  get get() {
    const where2 = this.#model.key.map((c2) => `[${JSON.stringify(c2.property)},"key"]`);
    this.#get ??= this.#plans.of(
      `{"op":"list","model":${JSON.stringify(this.#model.name)},"where":[${where2.join(",")}]}`
    );
    return this.#get;
  }
  /** An insert, with or without the identity among its values. */
  insert(withKey) {
    const at = withKey ? 1 : 0;
    const known2 = this.#inserts[at];
    if (known2) return known2;
    const columns = inserted(this.#model, withKey);
    const plan = this.#plans.of(insertQuery("insert", this.#model, columns));
    const made = { plan, encode: encoder(this.#model, withKey), columns };
    this.#inserts[at] = made;
    return made;
  }
};

// lib/query/cursor.ts
var import_node_crypto = require("node:crypto");
function cursorOf(model2, parts2, row, exact) {
  const one = (part2) => {
    const value2 = row[part2.column.property];
    const stored2 = part2.column.wire === "time" ? exact(part2) : isOurs(part2.column, value2) ? null : value2;
    return stored2 === null ? written(value2) : [stored2];
  };
  const values = JSON.stringify(parts2.map(one));
  const order = orderSum(model2, parts2);
  return Buffer.from(`[${values},"${order}","${sum2(values + order)}"]`).toString("base64url");
}
function read2(model2, parts2, cursor) {
  if (typeof cursor !== "string") throw invalid2(model2, `found ${shown(cursor)}`);
  const bytes2 = Buffer.from(cursor, "base64url");
  if (bytes2.toString("base64url") !== cursor) throw invalid2(model2, "it was changed");
  let values;
  let order;
  try {
    const [given2, of, check4] = JSON.parse(bytes2.toString());
    if (check4 === sum2(JSON.stringify(given2) + of)) {
      values = given2;
      order = of;
    }
  } catch {
  }
  if (values === void 0) throw invalid2(model2, "it was changed");
  if (order !== orderSum(model2, parts2)) throw invalid2(model2, "it is of another model or order");
  if (!Array.isArray(values) || values.length !== parts2.length) throw invalid2(model2, "it was changed");
  return parts2.map(({ column: column3 }, at) => {
    const given2 = values[at];
    if (Array.isArray(given2)) return stored(column3, given2);
    const it = value(column3, given2);
    return { known: it === null ? "null" : "value", value: it };
  });
}
var sum2 = (text3) => (0, import_node_crypto.createHash)("sha256").update(text3).digest("base64url").slice(0, 11);
function orderSum(model2, parts2) {
  return sum2(JSON.stringify([model2.name, parts2.map(({ column: c2, desc, nulls }) => [c2.property, c2.kind, desc, nulls])]));
}
function written(value2) {
  if (typeof value2 === "bigint") return String(value2);
  return value2 instanceof Date ? value2.getTime() : value2;
}
function isOurs(column3, value2) {
  if (value2 === null || column3.wire !== "text" || column3.kind === "text") return true;
  try {
    return present(column3, value2) === value2;
  } catch {
    return false;
  }
}
var MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;
var NUMBER = /^-?\d+(\.\d+)?$/;
function stored(column3, [text3, ...more]) {
  const shape = column3.wire === "time" ? MOMENT : column3.kind === "decimal" ? NUMBER : /^/;
  const fits = (column3.wire === "time" || column3.wire === "text") && more.length === 0;
  if (!fits || typeof text3 !== "string" || !text3.isWellFormed() || !shape.test(text3)) throw noValue(column3);
  return { known: column3.wire === "time" ? "exact" : "value", value: text3 };
}
function value(column3, given2) {
  if (given2 === null && column3.nullable) return null;
  if (column3.kind === "text" && typeof given2 === "string" && given2.isWellFormed()) return given2;
  try {
    if (column3.kind === "text") return present(column3, void 0);
    if (column3.wire === "bigint") return present(column3, typeof given2 === "string" ? BigInt(given2) : given2);
    if (column3.wire === "time") return present(column3, typeof given2 === "number" ? new Date(given2) : given2);
    return present(column3, given2);
  } catch {
    throw noValue(column3);
  }
}
var noValue = (column3) => invalid2(column3.model, `it holds no value of ${column3.property}`);
function invalid2(model2, reason2) {
  return new PlinthError("CURSOR_INVALID", `${model2.name}.page: after is no cursor of this page: ${reason2}.`, {
    table: model2.table,
    expected: "`next` of a page of this model in this order",
    hint: "Pass `next` as it was given, with the same orderBy; leave after out for the first page."
  });
}

// lib/query/page.ts
var OPTIONS3 = ["where", "orderBy", "limit", "after", "select", "include", ...UNREADABLE, ...LIMITS];
function paging(model2, query, values, rows) {
  const given2 = options(model2, "page", query, OPTIONS3);
  const { limit } = given2;
  if (!(Number.isSafeInteger(limit) && limit > 0 && limit < Number.MAX_SAFE_INTEGER)) {
    throw queryError(`${model2.name}.page: limit must be a whole number from 1, found ${shown(limit)}.`, model2);
  }
  const parts2 = total(model2, given2.orderBy === void 0 ? [] : orderParts(model2, "page", given2.orderBy));
  let json2 = "";
  if ("where" in given2) json2 += `,"where":${where(model2, given2.where, values)}`;
  if (given2.after !== void 0 && given2.after !== null) {
    const cursor = read2(model2, parts2, given2.after);
    for (const { value: value2 } of cursor) if (value2 !== null) values.push(value2);
    json2 += `,"after":${JSON.stringify(cursor.map(({ known: known2 }) => known2))}`;
  }
  const moments = parts2.filter(({ column: column3 }) => column3.wire === "time");
  if (moments.length) json2 += `,"exact":${JSON.stringify(moments.map(({ column: column3 }) => column3.property))}`;
  json2 += `,"orderBy":${orderJson(parts2, values)}`;
  const more = given2.select === void 0 ? [] : missing2(model2, parts2, given2.select);
  const select2 = more.length === 0 ? given2.select : [...given2.select, ...more];
  const seen = Math.min(rows ?? limit + 1, Number.MAX_SAFE_INTEGER);
  const rest = { limit: seen, ...select2 !== void 0 && { select: select2 } };
  json2 += part(model2, "page", { ...rest, ...given2.include !== void 0 && { include: given2.include } }, values);
  const pageOf = (found4, beside, skipped = 0) => {
    const rows2 = found4.length > limit ? found4.slice(0, limit) : found4;
    const last = rows2.at(-1);
    const goesOn = rows2.length < found4.length || skipped > 0 && found4.length + skipped >= seen;
    if (goesOn && !last) return void 0;
    const from = (rows2.length - 1) * moments.length;
    const exact = (part2) => beside[from + moments.indexOf(part2)] ?? null;
    const next = goesOn && last ? cursorOf(model2, parts2, last, exact) : null;
    return { rows: more.length === 0 ? rows2 : rows2.map((row) => without(row, more)), next };
  };
  return {
    query: `{"op":"list","model":${JSON.stringify(model2.name)}${skips(given2)}${json2}}`,
    rows: seen,
    read: pageOf
  };
}
function total(model2, given2) {
  const parts2 = [];
  const left = new Set(model2.key);
  for (const part2 of given2) {
    const { column: column3 } = part2;
    if (column3.kind === "json" || column3.kind === "bytes") {
      throw queryError(
        `${model2.name}.page: rows cannot be paged by ${column3.property}, which is ${column3.kind}.`,
        model2,
        "Order a list by it, or page by a column."
      );
    }
    if (left.size === 0 || parts2.some((other) => other.column === column3)) continue;
    parts2.push(part2);
    left.delete(column3);
  }
  const desc = parts2.at(-1)?.desc ?? false;
  for (const column3 of left) parts2.push({ column: column3, desc });
  for (const { column: column3 } of parts2) {
    if (!column3.private) continue;
    throw queryError(
      `${model2.name}.page: rows cannot be paged by ${column3.property}, which is private.`,
      model2,
      "A cursor holds the values of the order, and goes to clients."
    );
  }
  return parts2;
}
function missing2(model2, parts2, select2) {
  if (!Array.isArray(select2) || select2.length === 0) return [];
  const selected = named(model2, "page: select", select2);
  return parts2.map((part2) => part2.column).filter((column3) => !selected.includes(column3)).map((column3) => column3.property);
}
function without(row, names2) {
  const rest = {};
  for (const name of Object.keys(row)) if (!names2.includes(name)) rest[name] = row[name];
  return rest;
}

// lib/unit/stream.ts
var forgotten2 = new FinalizationRegistry((batches) => {
  batches.close();
});
var Once = class {
  #batches;
  #name;
  #taken = false;
  /** @param name the call, for errors  @param batches where the rows come from; asked when they are iterated */
  constructor(name, batches) {
    this.#name = name;
    this.#batches = batches;
  }
  iterator(make) {
    if (this.#taken) {
      throw new PlinthError("QUERY_INVALID", `${this.#name}: a stream can be iterated only once.`, {
        hint: "Call stream() again, or use list() for rows that are needed more than once."
      });
    }
    this.#taken = true;
    const batches = this.#batches();
    const iterator = make(batches);
    forgotten2.register(iterator, batches);
    return iterator;
  }
};
var Stream = class extends Once {
  [Symbol.asyncIterator]() {
    return this.iterator((batches) => new Rows(batches));
  }
};
var BlockingStream = class extends Once {
  [Symbol.iterator]() {
    return this.iterator(blockingRows);
  }
};
var DONE = { value: void 0, done: true };
var Rows = class {
  #batches;
  #rows = [];
  #at = 0;
  /** The batch behind the one that is being given out. */
  #ahead;
  /** Calls that are not answered yet, and the end of the last of them. */
  #waiting = 0;
  #last = Promise.resolve();
  #over = false;
  constructor(batches) {
    this.#batches = batches;
  }
  next() {
    const here = this.#at < this.#rows.length && this.#waiting === 0 && this.#batches.failure === void 0;
    return here ? Promise.resolve(this.#take()) : this.#inTurn(() => this.#more());
  }
  return(value2) {
    return this.#inTurn(async () => {
      await this.#end();
      return { value: await value2, done: true };
    });
  }
  throw(error) {
    return this.#inTurn(async () => {
      await this.#end();
      throw error;
    });
  }
  #inTurn(work) {
    const counted = async () => {
      try {
        return await work();
      } finally {
        this.#waiting--;
      }
    };
    const mine = this.#waiting === 0 ? counted() : this.#last.then(counted, counted);
    this.#waiting++;
    this.#last = mine;
    return mine;
  }
  #take() {
    const value2 = this.#rows[this.#at++];
    if (this.#at === 2 && !this.#batches.over) {
      this.#ahead = this.#batches.next();
      this.#ahead.catch(() => {
      });
    }
    return { value: value2, done: false };
  }
  async #more() {
    try {
      for (; ; ) {
        if (this.#over) return DONE;
        if (this.#batches.failure) throw this.#batches.failure;
        if (this.#at < this.#rows.length) return this.#take();
        const next = this.#ahead ?? this.#batches.next();
        this.#ahead = void 0;
        const rows = await next;
        if (rows === void 0) {
          await this.#end();
          return DONE;
        }
        this.#rows = rows;
        this.#at = 0;
      }
    } catch (error) {
      await this.#end();
      throw error;
    }
  }
  #end() {
    this.#over = true;
    this.#rows = [];
    return this.#batches.close();
  }
};
function* blockingRows(batches) {
  try {
    for (let rows = batches.next(); rows; rows = batches.next()) {
      for (const row of rows) {
        if (batches.failure) throw batches.failure;
        yield row;
      }
    }
  } finally {
    batches.close();
  }
}

// lib/handle/create-many.ts
var JOB = 2048;
function jobsOf(model2, rows) {
  const jobs = [];
  for (let start = 0; start < rows.length; ) {
    const withKey = hasKey(model2, rows[start]);
    let end = start + 1;
    while (end < rows.length && end - start < JOB && hasKey(model2, rows[end]) === withKey) end++;
    jobs.push({ start, end, withKey });
    start = end;
  }
  return jobs;
}
async function pipelined(jobs, send2, total2, onProgress) {
  const made = [];
  let running;
  const settle = async () => {
    for (const row of await running ?? []) made.push(row);
    if (running) onProgress?.(made.length, total2);
  };
  for (const job of jobs) {
    const next = send2(job);
    next.catch(() => {
    });
    await settle();
    running = next;
  }
  await settle();
  return made;
}
function hasKey(model2, values) {
  return model2.identity === void 0 || values[model2.identity.property] !== void 0;
}

// lib/handle/table.ts
var Table = class {
  #channel;
  #model;
  #plans;
  constructor(channel3, model2) {
    this.#channel = channel3;
    this.#model = model2;
    this.#plans = modelPlans(channel3.database.client.plans, model2);
  }
  #run(work) {
    if (this.#channel.blocking) return work();
    try {
      return work();
    } catch (error) {
      return Promise.reject(error);
    }
  }
  /** Sends a call with the limits among its options. */
  #send(request, call, given2) {
    request.limits = this.#limits(call, given2);
    const { repeats } = this.#channel.database;
    if (repeats && request instanceof Call && !request.plan.writes) {
      return repeats.send(this.#channel, this.#model, call, request);
    }
    return this.#channel.send(request);
  }
  /** The limits among the options of a call, which are known to be options. */
  #limits(call, given2) {
    return given2 === void 0 ? void 0 : limitsOf(`${this.#model.name}.${call}`, given2);
  }
  #insert(rows, withKey, result, first = 0) {
    return new Insert(this.#plans.insert(withKey), this.#model, rows, withKey, result, first);
  }
  #plan(query) {
    return this.#channel.database.client.plans.of(query);
  }
  get(id, opts) {
    return this.#run(() => {
      const values = [];
      if (opts === void 0) {
        const plan = this.#plans.get;
        key(this.#model, "get", id, values);
        return this.#one(plan, values, "get", void 0, true);
      }
      return this.#one(this.#plan(get(this.#model, id, opts, values)), values, "get", opts);
    });
  }
  find(query) {
    return this.#run(() => {
      const values = [];
      return this.#one(this.#plan(list(this.#model, "find", query, values, true)), values, "find", query);
    });
  }
  #one(plan, values, call, given2, point = false) {
    const read3 = (answer, narrow) => answer.rows(plan, narrow)[0] ?? null;
    return this.#send(new Call(plan, values, read3, void 0, point), call, given2);
  }
  list(query) {
    return this.#run(() => {
      const values = [];
      const plan = this.#plan(list(this.#model, "list", query, values));
      const read3 = (answer, narrow) => answer.rows(plan, narrow);
      const skips2 = skipping(this.#model, "list", query);
      if (!skips2) return this.#send(new Call(plan, values, read3), "list", query);
      const readable = (answer, narrow) => skips2.with(answer, () => read3(answer, narrow));
      return after(this.#send(new Call(plan, values, readable), "list", query), skips2.settle);
    });
  }
  /** Of what is wrong it says so at once; the rest waits for the rows to be iterated. */
  stream(query) {
    const channel3 = this.#channel;
    const model2 = this.#model;
    const values = [];
    const { batch, shape } = stream(model2, query, values);
    const plan = this.#plan(shape);
    const skips2 = skipping(model2, "stream", query);
    const read3 = (answer, narrow) => {
      const skipped = skips2 ? answer.skipped() : [];
      const batch2 = batchOf(answer.rows(plan, narrow));
      return skipped.length > 0 ? { ...batch2, tell: () => skips2?.tell(skipped) } : batch2;
    };
    const call = keep(new Call(plan, values, read3));
    const kept = {
      ...call,
      stream: { number: channel3.database.stream(), batch },
      limits: this.#limits("stream", query)
    };
    const batches = () => channel3.batches(kept);
    const name = `${model2.name}.stream`;
    return channel3.blocking ? new BlockingStream(name, batches) : new Stream(name, batches);
  }
  page(query) {
    return this.#run(() => {
      const skips2 = skipping(this.#model, "page", query);
      if (skips2) return this.#pageOf(query, skips2);
      const values = [];
      const asked4 = paging(this.#model, query, values);
      const plan = this.#plan(asked4.query);
      const read3 = (answer, narrow) => {
        const beside = [];
        return asked4.read(answer.rows(plan, narrow, beside), beside);
      };
      return this.#send(new Call(plan, values, read3), "page", query);
    });
  }
  /** A page without the rows that cannot be read. A cursor is of a row that can: where there is none, more rows are looked at. */
  #pageOf(query, skips2, rows) {
    const values = [];
    const asked4 = paging(this.#model, query, values, rows);
    const plan = this.#plan(asked4.query);
    const readable = (answer, narrow) => skips2.with(answer, () => {
      const beside = [];
      return { rows: answer.rows(plan, narrow, beside), beside };
    });
    return after(this.#send(new Call(plan, values, readable), "page", query), ({ result, skipped }) => {
      const page = asked4.read(result.rows, result.beside, skipped.filter(({ node }) => node === 0).length);
      if (page === void 0) return this.#pageOf(query, skips2, 2 * asked4.rows);
      skips2.tell(skipped);
      return page;
    });
  }
  count(query) {
    return this.#scalar("count", query, (answer) => answer.scalar());
  }
  exists(query) {
    return this.#scalar("exists", query, (answer) => answer.scalar() > 0);
  }
  #scalar(op, query, read3) {
    return this.#run(() => {
      const model2 = this.#model;
      const values = [];
      const given2 = options(model2, op, query, ["where", ...op === "count" ? ["distinct"] : [], ...LIMITS]);
      const told = distinct(model2, op, given2.distinct);
      const filter = told + ("where" in given2 ? `,"where":${where(model2, given2.where, values)}` : "");
      const plan = this.#plan(`{"op":"${op}","model":${JSON.stringify(model2.name)}${filter}}`);
      return this.#send(new Call(plan, values, read3), op, query);
    });
  }
  aggregate(query) {
    return this.#run(() => {
      const values = [];
      const asked4 = aggregation(this.#model, query, values);
      const plan = this.#plan(asked4.query);
      const read3 = (answer, narrow) => asked4.read(answer.rows(plan, narrow));
      return this.#send(new AggregateCall(this.#model, plan, values, read3), "aggregate", query);
    });
  }
  create(values, opts) {
    return this.#run(() => {
      const model2 = this.#model;
      if (!isRow(values)) throw noRow(model2, values);
      if (opts !== void 0) options(model2, "create", opts, LIMITS);
      const insert = this.#insert([values], hasKey(model2, values), (made) => made[0]);
      return this.#send(insert, "create", opts);
    });
  }
  createMany(rows, opts) {
    return this.#run(() => {
      const model2 = this.#model;
      const { onProgress } = options(model2, "createMany", opts, ["onProgress", ...LIMITS]);
      if (onProgress !== void 0 && !isRunnable(onProgress)) {
        throw queryError(`${model2.name}.createMany: onProgress must be a function, found ${shown(onProgress)}.`, model2);
      }
      if (!Array.isArray(rows))
        throw queryError(`${model2.name}.createMany: expected an array of rows, found ${shown(rows)}.`, model2);
      for (let i = 0; i < rows.length; i++) if (!isRow(rows[i])) throw inRow(noRow(model2, rows[i]), i);
      if (rows.length === 0) return this.#channel.blocking ? [] : Promise.resolve([]);
      const jobs = jobsOf(model2, rows);
      const only = jobs.length === 1 ? jobs[0] : void 0;
      if (only && !onProgress) {
        return this.#send(
          this.#insert(rows, only.withKey, (made) => made),
          "createMany",
          opts
        );
      }
      const limits = this.#limits("createMany", opts);
      const send2 = (channel3, job) => channel3.send(this.#insert(rows.slice(job.start, job.end), job.withKey, (made) => made, job.start));
      return this.#channel.blocking ? this.#channel.transaction(
        (channel3) => {
          const made = [];
          for (const job of jobs) {
            for (const row of send2(channel3, job)) made.push(row);
            onProgress?.(made.length, rows.length);
          }
          return made;
        },
        void 0,
        limits
      ) : this.#channel.transaction(
        (channel3) => pipelined(jobs, (job) => send2(channel3, job), rows.length, onProgress),
        void 0,
        limits
      );
    });
  }
  update(id, values, opts) {
    return this.#run(() => {
      const model2 = this.#model;
      if (opts !== void 0) options(model2, "update", opts, LIMITS);
      const set = [];
      const columns = changed(model2, "update", values, set);
      const filter = key(model2, "update", id, set);
      const found4 = (row) => {
        if (row) return row;
        throw notFound(model2, "update", id);
      };
      if (columns.length === 0) {
        const plan2 = this.#plans.get;
        const read4 = (answer, narrow) => found4(answer.rows(plan2, narrow)[0]);
        return this.#send(new Call(plan2, set, read4), "update", opts);
      }
      const plan = this.#plan(updateQuery(model2, columns, filter, true));
      const read3 = (answer, narrow) => found4(answer.rows(plan, narrow)[0]);
      return this.#send(new Call(plan, set, read3, columns), "update", opts);
    });
  }
  updateMany(query, values) {
    return this.#run(() => {
      const model2 = this.#model;
      const set = [];
      const columns = changed(model2, "updateMany", values, set);
      if (columns.length === 0) throw queryError(`${model2.name}.updateMany: there is nothing to change.`, model2);
      const matching = [];
      const filter = many(model2, "updateMany", query, matching);
      const plan = this.#plan(updateQuery(model2, columns, filter, false));
      const read3 = (answer) => answer.changes();
      return this.#send(new Call(plan, [...set, ...matching], read3, columns), "updateMany", query);
    });
  }
  upsert(values, opts) {
    return this.#run(() => {
      const model2 = this.#model;
      if (!isRow(values)) throw noRow(model2, values);
      const given2 = options(model2, "upsert", opts, ["on", "update", ...LIMITS]);
      if (!Array.isArray(given2.on) || given2.on.length === 0) {
        throw queryError(
          `${model2.name}.upsert: on must name the columns of a unique key, found ${shown(given2.on)}.`,
          model2
        );
      }
      const on = named(model2, "upsert: on", given2.on);
      const withKey = hasKey(model2, values);
      const columns = inserted(model2, withKey);
      const encode = encoderOf(model2, withKey);
      const set = [];
      const update = given2.update === void 0 ? without2(values, on) : given2.update;
      const names2 = changed(model2, "upsert", update, set);
      const tail = `,"on":${JSON.stringify(on.map((c2) => c2.property))},"set":${JSON.stringify(names2.map((c2) => c2.property))}`;
      const plan = this.#plan(insertQuery("upsert", model2, columns, tail));
      const request = {
        plan,
        rows: 1,
        columns: [...columns, ...names2],
        put: () => {
          encode(values, 0, Date.now());
          for (let i = 0; i < set.length; i++) {
            const slot = columns.length + i;
            put(slot, plan.params[slot], set[i]);
          }
          return 1;
        },
        read: (answer, narrow) => answer.rows(plan, narrow)[0],
        explain: (error) => error
      };
      return this.#send(request, "upsert", opts);
    });
  }
  delete(id, opts) {
    return this.#run(() => {
      const model2 = this.#model;
      if (opts !== void 0) options(model2, "delete", opts, LIMITS);
      const values = [];
      const plan = this.#plan(deleteQuery(model2, key(model2, "delete", id, values)));
      const read3 = (answer) => {
        if (answer.changes() === 0) throw notFound(model2, "delete", id);
      };
      return this.#send(new Call(plan, values, read3), "delete", opts);
    });
  }
  deleteMany(query) {
    return this.#run(() => {
      const values = [];
      const plan = this.#plan(deleteQuery(this.#model, many(this.#model, "deleteMany", query, values)));
      return this.#send(new Call(plan, values, (answer) => answer.changes()), "deleteMany", query);
    });
  }
};
function after(answer, then) {
  return answer instanceof Promise ? answer.then(then) : then(answer);
}
var encoders = /* @__PURE__ */ new WeakMap();
function encoderOf(model2, withKey) {
  let both2 = encoders.get(model2);
  if (!both2) {
    both2 = [];
    encoders.set(model2, both2);
  }
  const at = withKey ? 1 : 0;
  both2[at] ??= encoder(model2, withKey);
  return both2[at];
}
function isRow(value2) {
  return isFields(value2) || typeof value2 === "object" && value2 !== null && !Array.isArray(value2) && !(value2 instanceof Date) && !ArrayBuffer.isView(value2);
}
function without2(values, columns) {
  const rest = { ...values };
  for (const column3 of columns) delete rest[column3.property];
  return rest;
}
function notFound(model2, call, id) {
  const found4 = model2.key.some((c2) => c2.private) ? "no row with this key" : `no row with the key ${model2.key.length === 1 ? shown(id) : parts(model2, id)}`;
  return new NotFoundError(`${model2.name}.${call}: there is ${found4}.`, {
    table: model2.table,
    columns: model2.key.map((c2) => c2.property),
    found: found4,
    hint: "Use get() or find() where the row may be absent."
  });
}
var parts = (model2, id) => `{ ${model2.key.map((c2) => `${c2.property}: ${shown(id[c2.property])}`).join(", ")} }`;

// lib/handle/handles.ts
var asyncDispose = Symbol.asyncDispose ?? /* @__PURE__ */ Symbol.for("Symbol.asyncDispose");
var databases = /* @__PURE__ */ new WeakMap();
function databaseOf(db) {
  const database = databases.get(db);
  if (database) return database;
  throw new PlinthError("QUERY_INVALID", "This is not a database handle of open().", { hint: "Pass what open() gave." });
}
function withTables(channel3) {
  const object = Object.create(prototypeOf(channel3.database));
  object[CHANNEL] = channel3;
  Object.defineProperty(object, CHANNEL, { enumerable: false });
  return object;
}
var CHANNEL = /* @__PURE__ */ Symbol("channel");
var prototypes = /* @__PURE__ */ new WeakMap();
function prototypeOf(database) {
  const known2 = prototypes.get(database.models);
  if (known2) return known2;
  const prototype = Object.create(misspelt(database.models));
  for (const [name, model2] of database.models) {
    Object.defineProperty(prototype, name, {
      enumerable: true,
      get() {
        const value2 = new Table(this[CHANNEL], model2);
        Object.defineProperty(this, name, { value: value2, enumerable: true });
        return value2;
      }
    });
  }
  prototypes.set(database.models, prototype);
  return prototype;
}
function misspelt(models) {
  return new Proxy(/* @__PURE__ */ Object.create(null), {
    get(_, name) {
      const meant = typeof name === "string" ? nearest(name, models.keys()) : void 0;
      if (meant === void 0) return void 0;
      throw new PlinthError("UNKNOWN_MODEL", `There is no model "${String(name)}" in the schema.`, {
        hint: `Did you mean ${meant}? The models are: ${[...models.keys()].join(", ")}.`
      });
    }
  });
}
function withCalls(channel3, calls) {
  const object = withTables(channel3);
  const sql = sqlCall(channel3);
  const transaction = (work, options2) => transact(channel3, work, options2);
  for (const [name, value2] of [...entries({ sql, transaction }), ...entries(calls)]) {
    Object.defineProperty(object, name, { value: value2, enumerable: typeof name === "string" });
  }
  return object;
}
var entries = (calls) => Reflect.ownKeys(calls).map((key2) => [key2, calls[key2]]);
var txOf = (channel3) => withCalls(channel3, channel3.blocking ? {} : { with: viewsOf((limits) => txOf(new LimitedChannel(channel3, limits))) });
function viewsOf(view) {
  return (options2) => {
    if (options2 === void 0) {
      throw new PlinthError("QUERY_INVALID", "with() expected an object of options, found undefined.", {
        hint: "Write db.with({ timeout: 1000 }) or db.with({ signal })."
      });
    }
    return view(onlyLimits("with", options2) ?? NONE);
  };
}
function transact(channel3, work, options2) {
  const run3 = () => {
    if (!isRunnable(work)) {
      throw new PlinthError("QUERY_INVALID", `transaction() expected a function, found ${shown(work)}.`, {
        hint: "Write db.transaction(async tx => { ... })."
      });
    }
    checkOptions(options2);
    const limits = limitsOf("transaction()", options2);
    return channel3.transaction((inner) => work(txOf(inner)), options2, limits);
  };
  if (channel3.blocking) return run3();
  try {
    return run3();
  } catch (error) {
    return Promise.reject(error);
  }
}
function dbOf(database) {
  return dbOver(database, new RootChannel(database));
}
function dbOver(database, channel3, limits) {
  let sync;
  const db = withCalls(channel3, {
    session: (options2) => {
      const limited = both(onlyLimits("session", options2), limits);
      return sessionOf(new SessionChannel(database, limited && new Stopper(limited, true)));
    },
    with: viewsOf((added) => dbOver(database, new LimitedChannel(channel3, added), both(added, limits))),
    scope: (work, options2) => scoped(database, beginScope, work, options2, limits),
    current: () => scopeOf(database).session,
    health: (options2) => health(database, options2),
    close: () => database.close(),
    [asyncDispose]: () => database.close()
  });
  Object.defineProperty(db, "sync", {
    enumerable: true,
    get: () => {
      if (!sync) {
        const blocking = new BlockingChannel(database);
        sync = txOf(limits ? new LimitedChannel(blocking, limits) : blocking);
      }
      return sync;
    }
  });
  databases.set(db, database);
  return db;
}
function sessionOf(session) {
  const close = () => session.close();
  const over = (channel3) => withCalls(channel3, {
    with: viewsOf((added) => over(new LimitedChannel(channel3, added))),
    commit: () => session.commit(),
    rollback: () => session.rollback(),
    close,
    [asyncDispose]: close
  });
  return over(session);
}
function beginScope(database, stopper) {
  outsideScope(database);
  database.guard();
  return new RequestScope(database, () => {
    const channel3 = new SessionChannel(database, stopper ?? new Stopper(NONE));
    return { channel: channel3, session: sessionOf(channel3) };
  });
}

// lib/http/scope-options.ts
function commitsOf(call, options2, known2 = ["commit"]) {
  plainOptions(call, options2, known2);
  const commit = options2?.commit;
  if (commit === void 0) return (status2) => status2 < 400;
  if (isRunnable(commit)) return commit;
  throw new PlinthError(
    "QUERY_INVALID",
    `${call}(): commit must be a function of the status, found ${shown(commit)}.`,
    { hint: "Write commit: status => status < 500." }
  );
}
function nameOf(call, options2) {
  const { as = "db" } = options2 ?? {};
  if (typeof as === "string" && as !== "") return as;
  throw new PlinthError("QUERY_INVALID", `${call}(): as must be a name, found ${shown(as)}.`);
}
function taken(call, as) {
  return new PlinthError("QUERY_INVALID", `${call}(): the request has something of the name "${as}" already.`, {
    hint: `Give the session another name: ${call}(db, { as: 'reports' }).`
  });
}
var gone = () => new PlinthError("ABORTED", "The client went away before it was answered.");
var OF_THE_ANSWER = [
  "accept-ranges",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-range",
  "content-type",
  "digest",
  "etag",
  "expires",
  "last-modified",
  "link",
  "location",
  "refresh",
  "set-cookie",
  "trailer",
  "transfer-encoding"
];

// lib/http/hold.ts
function hold(res, scope, commits, failed2) {
  const { end, write, writeHead, flushHeaders } = res;
  const call = (method, args) => method?.apply(res, args);
  let phase = "open";
  let announced = false;
  let sent = res.headersSent;
  let left;
  let kept = [];
  const after2 = [];
  const settle = () => {
    forget();
    try {
      return scope.settle(commits(statusOf(res)));
    } catch (error) {
      return Promise.resolve(scope.settle(false)).then(() => Promise.reject(error));
    }
  };
  const release = (args) => {
    phase = "free";
    for (const piece of kept.splice(0)) call(write, piece);
    call(end, args);
    for (const again2 of after2.splice(0)) again2();
  };
  const refuse = (error, args) => {
    phase = "free";
    announced = false;
    kept = [];
    const callback = args.at(-1);
    if (typeof callback === "function") callback(error);
    if (sent) return sever(res);
    if (res.destroyed) return;
    for (const name of OF_THE_ANSWER) res.removeHeader(name);
    res.statusCode = 500;
    res.statusMessage = "";
    failed2(error);
  };
  const overrides = {
    writeHead(...args) {
      if (sent || phase === "free") return call(writeHead, args);
      if (announced || phase === "held") throw tooLate("write");
      announce(res, args);
      announced = true;
      return res;
    },
    flushHeaders() {
      if (phase === "held") return;
      sent = true;
      call(flushHeaders, []);
    },
    write(...args) {
      if (phase === "held") {
        after2.push(() => call(write, args));
        return false;
      }
      if (phase === "free" || !isPiece(args[0])) return call(write, args);
      left ??= Number(res.getHeader("content-length") ?? Number.NaN) || Number.POSITIVE_INFINITY;
      left -= Buffer.byteLength(args[0], typeof args[1] === "string" ? args[1] : void 0);
      if (left <= 0) {
        const callback = args.at(-1);
        kept.push(typeof callback === "function" ? args.slice(0, -1) : args);
        if (typeof callback === "function") process.nextTick(callback);
        return true;
      }
      sent = true;
      return call(write, args);
    },
    end(...args) {
      if (phase === "held") {
        after2.push(() => call(end, args));
        return res;
      }
      if (phase === "free") return call(end, args);
      if (!isEnd(args[0]) || !isStatus(statusOf(res))) {
        phase = "free";
        try {
          return call(end, args);
        } finally {
          phase = "open";
        }
      }
      const settling = settle();
      if (!settling) {
        release(args);
        return res;
      }
      phase = "held";
      const thaw = freeze(res);
      settling.then(
        () => {
          thaw();
          release(args);
        },
        (error) => {
          thaw();
          refuse(error, args);
        }
      ).catch((error) => res.destroy(error));
      return res;
    }
  };
  Object.assign(res, overrides);
  const proto = Object.getPrototypeOf(res);
  Object.defineProperties(res, {
    headersSent: {
      configurable: true,
      get: () => announced || phase === "held" || Reflect.get(proto, "headersSent", res)
    },
    writableEnded: { configurable: true, get: () => phase === "held" || Reflect.get(proto, "writableEnded", res) }
  });
  const leave = () => {
    if (phase !== "open") return;
    phase = "free";
    scope.abort(gone());
  };
  res.once("close", leave);
  const forget = whenClosed(res, leave);
  return {
    settle() {
      if (phase !== "open") return void 0;
      phase = "free";
      return settle();
    }
  };
}
var connections = /* @__PURE__ */ new WeakMap();
function whenClosed(res, tell) {
  const socket = res.req?.socket;
  if (!socket || "stream" in res) return () => {
  };
  let told = connections.get(socket);
  if (!told) {
    const all2 = /* @__PURE__ */ new Set();
    told = all2;
    connections.set(socket, all2);
    socket.once("close", () => {
      for (const each of all2) each();
    });
  }
  told.add(tell);
  return () => told.delete(tell);
}
var isPiece = (chunk) => typeof chunk === "string" || chunk instanceof Uint8Array;
var isEnd = (chunk) => chunk === void 0 || chunk === null || typeof chunk === "function" || isPiece(chunk);
var isStatus = (status2) => status2 >= 100 && status2 <= 999;
var statusOf = (res) => res.statusCode | 0;
function announce(res, [status2, reason2, more]) {
  const headers = typeof reason2 === "string" ? more : more ?? reason2;
  if (Array.isArray(headers)) {
    for (let i = 0; i < headers.length; i += 2) res.removeHeader(String(headers[i]));
    for (let i = 0; i < headers.length; i += 2) res.appendHeader(String(headers[i]), headers[i + 1]);
  } else if (headers) {
    for (const name of Object.keys(headers)) if (name) res.setHeader(name, headers[name]);
  }
  res.statusCode = status2;
  if (typeof reason2 === "string") res.statusMessage = reason2;
}
function freeze(res) {
  const { statusCode, statusMessage } = res;
  const names2 = ["setHeader", "appendHeader", "removeHeader", "setHeaders"];
  const own = names2.map((name) => Object.getOwnPropertyDescriptor(res, name));
  for (const name of names2) {
    Object.defineProperty(res, name, {
      configurable: true,
      value: () => {
        throw tooLate("set");
      }
    });
  }
  return () => {
    names2.forEach((name, i) => {
      const before = own[i];
      if (before) Object.defineProperty(res, name, before);
      else delete res[name];
    });
    res.statusCode = statusCode;
    res.statusMessage = statusMessage;
  };
}
function tooLate(what) {
  const code = "ERR_HTTP_HEADERS_SENT";
  return Object.assign(new Error(`Cannot ${what} headers after they are sent to the client`), { code });
}
function sever(res) {
  const { stream: stream2 } = res;
  if (stream2) return stream2.close(2);
  try {
    res.socket?.resetAndDestroy();
  } catch {
    res.destroy();
  }
}

// lib/http/express.ts
function expressScope(db, options2) {
  const call = "expressScope";
  const database = databaseOf(db);
  const commits = commitsOf(call, options2, ["commit", "as"]);
  const as = nameOf(call, options2);
  return (req, res, next) => {
    let scope;
    try {
      scope = beginScope(database);
      if (req[as] !== void 0) {
        scope.settle(false);
        throw taken(call, as);
      }
    } catch (error) {
      return next(error);
    }
    Object.defineProperty(req, as, { configurable: true, get: () => scope.session });
    hold(res, scope, commits, next);
    scope.run(() => next());
  };
}

// lib/http/fastify.ts
var installed = /* @__PURE__ */ new WeakMap();
var OF_REGISTER = ["prefix", "logLevel", "logSerializers"];
function fastifyScope(app, options2, done) {
  try {
    install(app, "fastifyScope", options2);
  } catch (error) {
    return done(error);
  }
  done();
}
Object.assign(fastifyScope, {
  // For the application as a whole, not only for what is registered in here.
  [/* @__PURE__ */ Symbol.for("skip-override")]: true,
  [/* @__PURE__ */ Symbol.for("fastify.display-name")]: "plinth",
  [/* @__PURE__ */ Symbol.for("plugin-meta")]: { name: "plinth", fastify: ">=5" }
});
function install(app, call, options2) {
  const commits = commitsOf(call, options2, ["db", "commit", "as", ...OF_REGISTER]);
  if (options2?.db === void 0) {
    throw new PlinthError("QUERY_INVALID", `${call}() needs the database.`, {
      hint: "Write app.register(fastifyScope, { db })."
    });
  }
  const database = databaseOf(options2.db);
  const as = nameOf(call, options2);
  const databases2 = installed.get(app) ?? [];
  if (databases2.includes(database)) throw nested();
  if (app.hasRequestDecorator(as)) throw taken(call, as);
  installed.set(app, [...databases2, database]);
  app.decorateRequest(as, null);
  const requests = /* @__PURE__ */ new WeakMap();
  app.addHook("onRequest", (request, reply, done) => {
    let scope;
    try {
      scope = beginScope(database);
    } catch (error) {
      return done(error);
    }
    Object.defineProperty(request, as, { configurable: true, get: () => scope.session });
    requests.set(request, { scope, held: hold(reply.raw, scope, commits, () => apologize(reply.raw)) });
    scope.run(() => done());
  });
  app.addHook("preValidation", (request, _, done) => {
    const scope = requests.get(request)?.scope;
    if (scope && !scope.ended) scope.run(() => done());
    else done();
  });
  app.addHook("onSend", (request, reply, payload, done) => {
    const settling = isStream(payload) ? void 0 : requests.get(request)?.held.settle();
    if (!settling) return done(null, payload);
    settling.then(
      () => done(null, payload),
      (error) => {
        for (const name of OF_THE_ANSWER) reply.removeHeader(name);
        reply.code(500);
        done(error);
      }
    );
  });
}
function isStream(payload) {
  if (typeof payload !== "object" || payload === null) return false;
  return "pipe" in payload || "getReader" in payload || "body" in payload;
}
function apologize(res) {
  res.setHeader("content-type", "application/json; charset=utf-8");
  res.end('{"statusCode":500,"error":"Internal Server Error"}');
}

// lib/http/fetch.ts
async function answered(scope, signal, work, keep2) {
  const onAbort = () => scope.abort(gone());
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await within2(scope, work, keep2);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}
function honoScope(db, options2) {
  const call = "honoScope";
  const database = databaseOf(db);
  const commits = commitsOf(call, options2, ["commit", "as"]);
  const as = nameOf(call, options2);
  return async (c2, next) => {
    const scope = beginScope(database);
    if (c2.get(as) !== void 0) {
      scope.settle(false);
      throw taken(call, as);
    }
    c2.set(as, scope.session);
    let reached = false;
    const status2 = () => {
      reached = true;
      return commits(c2.res.status);
    };
    try {
      await answered(scope, c2.req.raw.signal, next, status2);
    } catch (error) {
      if (reached) for (const name of OF_THE_ANSWER) c2.header(name, void 0);
      throw error;
    }
  };
}
function fetchScope(db, handler, options2) {
  const call = "fetchScope";
  const database = databaseOf(db);
  if (!isRunnable(handler)) {
    throw new PlinthError("QUERY_INVALID", `${call}() expected a handler, found ${shown(handler)}.`, {
      hint: "Write fetchScope(db, async (request, session) => Response.json(await session.tasks.list()))."
    });
  }
  const commits = commitsOf(call, options2);
  return async (request, ...more) => {
    const scope = beginScope(database);
    const work = () => handler(request, scope.session, ...more);
    return answered(scope, request?.signal, work, (answer) => {
      if (typeof answer?.status === "number") return commits(answer.status);
      throw new PlinthError("QUERY_INVALID", `The handler of ${call}() gave no Response, but ${shown(answer)}.`);
    });
  };
}

// lib/http/health-handler.ts
function healthHandler(db, options2 = {}) {
  const call = "healthHandler";
  const database = databaseOf(db);
  plainOptions(call, options2, ["timeoutMs", "allowPending"]);
  const { timeoutMs, allowPending = true } = options2;
  if (timeoutMs !== void 0 && !(typeof timeoutMs === "number" && timeoutMs > 0)) {
    throw new PlinthError("QUERY_INVALID", `${call}(): timeoutMs must be a number above 0, found ${shown(timeoutMs)}.`);
  }
  if (typeof allowPending !== "boolean") {
    throw new PlinthError(
      "QUERY_INVALID",
      `${call}(): allowPending must be true or false, found ${shown(allowPending)}.`
    );
  }
  return async (first, second) => {
    const seen = await health(database, timeoutMs === void 0 ? {} : { timeoutMs });
    const waiting2 = seen.status === "ok" && !allowPending && (seen.pending?.length ?? 0) > 0;
    const body = {
      status: waiting2 ? "pending" : seen.status,
      latencyMs: seen.latencyMs,
      revision: seen.revision,
      pending: seen.pending,
      ...seen.code !== void 0 && { error: seen.code }
    };
    return send(first, second, body.status === "ok" ? 200 : 503, JSON.stringify(body));
  };
}
var HEADERS = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" };
function send(first, second, status2, text3) {
  if (typeof second?.setHeader === "function" && typeof second.end === "function") {
    if (second.headersSent || second.destroyed) return void 0;
    for (const [name, value2] of Object.entries(HEADERS)) second.setHeader(name, value2);
    second.statusCode = status2;
    second.setHeader("content-length", Buffer.byteLength(text3));
    second.end(text3);
    return void 0;
  }
  if (typeof second?.code === "function" && typeof second.send === "function") {
    return second.code(status2).headers(HEADERS).send(text3);
  }
  if (typeof first?.body === "function" && first.req) return first.body(text3, status2, HEADERS);
  return new Response(text3, { status: status2, headers: HEADERS });
}

// lib/models/fault.ts
function fault(message, builder) {
  const at = {};
  Error.captureStackTrace(at, builder);
  return { message, stack: at.stack ?? "" };
}
function schemaError(model2, faults, columns) {
  const problems = faults.map(({ message }, i) => ({
    ...model2 !== void 0 && { model: model2 },
    ...columns[i] !== void 0 && { column: columns[i] },
    message
  }));
  const lines = problems.map((p) => [[p.model, p.column].filter(Boolean).join("."), p.message].filter(Boolean).join(": "));
  const error = new SchemaError(lines.join("\n"), {
    problems,
    ...model2 !== void 0 && { table: model2 },
    columns: [...new Set(columns.filter((c2) => c2 !== void 0))]
  });
  const frames2 = faults[0]?.stack.split("\n").filter((line2) => /^\s+at /.test(line2)) ?? [];
  if (frames2.length > 0) error.stack = [`${error.name}: ${error.message}`, ...frames2].join("\n");
  return error;
}
function found3(value2) {
  if (value2 === null) return "null";
  if (Array.isArray(value2)) return "an array";
  switch (typeof value2) {
    case "string":
      return JSON.stringify(value2);
    case "number":
    case "boolean":
    case "undefined":
      return String(value2);
    case "bigint":
      return `${value2}n`;
    case "object":
      return "an object";
    case "function":
      return `a ${functionKind(value2)}`;
    default:
      return `a ${typeof value2}`;
  }
}

// lib/models/column-builder.ts
var columnBrand = /* @__PURE__ */ Symbol.for("plinth.column");
function columnSpec(value2) {
  return typeof value2 === "object" && value2 !== null ? value2[columnBrand] : void 0;
}
function nameOf2(options2) {
  return options2?.name === void 0 ? {} : { name: options2.name };
}
var ColumnBuilder = class _ColumnBuilder {
  [columnBrand];
  constructor(spec) {
    this[columnBrand] = Object.freeze(spec);
    Object.freeze(this);
  }
  #with(change, problem2) {
    const spec = this[columnBrand];
    return new _ColumnBuilder({ ...spec, ...change, faults: problem2 ? [...spec.faults, problem2] : spec.faults });
  }
  #text(key2, value2, builder) {
    if (typeof value2 === "string" && value2 !== "") return this.#with({ [key2]: value2 });
    return this.#with({}, fault(`${key2}() takes a text that is not empty, found ${found3(value2)}`, builder));
  }
  nullable() {
    return this.#with({ nullable: true });
  }
  default(value2) {
    const json2 = defaultJson(this[columnBrand].kind.kind, value2);
    if ("problem" in json2) return this.#with({}, fault(json2.problem, this.default));
    return this.#with({ default: json2 });
  }
  defaultNow() {
    return this.#with({ default: "now" });
  }
  defaultRandom() {
    return this.#with({ default: "random" });
  }
  touch() {
    return this.#with({ touch: true });
  }
  private() {
    return this.#with({ private: true });
  }
  primaryKey() {
    return this.#with({ primaryKey: true });
  }
  lowercase() {
    return this.#with({ lowercase: true });
  }
  unique(options2) {
    return this.#with({ unique: nameOf2(options2) });
  }
  name(name) {
    return this.#text("name", name, this.name);
  }
  comment(text3) {
    return this.#text("comment", text3, this.comment);
  }
  renamedFrom(name) {
    return this.#text("renamedFrom", name, this.renamedFrom);
  }
  references(target2, options2 = {}) {
    const dot = typeof target2 === "string" ? target2.lastIndexOf(".") : -1;
    if (dot > 0 && dot < target2.length - 1) {
      return this.#with({ references: { target: target2.slice(0, dot), column: target2.slice(dot + 1), options: options2 } });
    }
    return this.#with({}, fault(`references() takes 'model.column', found ${found3(target2)}`, this.references));
  }
  check(sql, options2) {
    if (typeof sql === "string" && sql.trim() !== "") {
      return this.#with({ checks: [...this[columnBrand].checks ?? [], { ...nameOf2(options2), sql }] });
    }
    return this.#with({}, fault(`check() takes a SQL condition, found ${found3(sql)}`, this.check));
  }
};
function defaultJson(kind, value2) {
  if (value2 === null) {
    return {
      problem: "default(null) says nothing: a nullable column is NULL without a default (JSON null is jsonNull)"
    };
  }
  if (isJsonNull(value2)) return { value: null };
  if (kind === "json") {
    try {
      const text3 = JSON.stringify(value2);
      if (text3 !== void 0) return { value: JSON.parse(text3) };
    } catch (error) {
      return { problem: `default() takes a value that JSON can hold: ${error.message.split("\n")[0]}` };
    }
    return { problem: `default() takes a value that JSON can hold, found ${found3(value2)}` };
  }
  if (kind === "real" && Object.is(value2, -0)) return { value: "-0" };
  if (typeof value2 === "bigint") return { value: value2.toString() };
  if (value2 instanceof Uint8Array) return { value: Buffer.from(value2).toString("hex") };
  if (value2 instanceof Date && !Number.isNaN(value2.getTime())) return { value: value2.toISOString() };
  if (typeof value2 === "string" || typeof value2 === "boolean" || Number.isFinite(value2)) return { value: value2 };
  return {
    problem: `default() takes a value of the column's kind, found ${value2 instanceof Date ? "an invalid Date" : found3(value2)}`
  };
}
function column(kind, ...faults) {
  return new ColumnBuilder({ kind, faults: faults.filter((f) => f !== false) });
}
var isCount = (value2, least) => Number.isInteger(value2) && value2 >= least;
var c = Object.freeze({
  id: () => column({ kind: "id" }),
  bigId: () => column({ kind: "bigId" }),
  integer: () => column({ kind: "integer" }),
  bigint: () => column({ kind: "bigint" }),
  int32: () => column({ kind: "int32" }),
  real: () => column({ kind: "real" }),
  decimal: (precision, scale = 0) => column(
    { kind: "decimal", precision, scale },
    !(isCount(precision, 1) && isCount(scale, 0)) && fault(
      `c.decimal() takes whole numbers (precision, scale), found ${found3(precision)}, ${found3(scale)}`,
      c.decimal
    )
  ),
  text: (options2) => column(
    { kind: "text", ...options2?.max !== void 0 && { max: options2.max } },
    options2 !== void 0 && (typeof options2 !== "object" || options2 === null || options2.max !== void 0 && !isCount(options2.max, 1)) && fault(`c.text() takes { max: a whole number }, found ${found3(options2?.max ?? options2)}`, c.text)
  ),
  boolean: () => column({ kind: "boolean" }),
  uuid: () => column({ kind: "uuid" }),
  timestamp: () => column({ kind: "timestamp" }),
  date: () => column({ kind: "date" }),
  json: () => column({ kind: "json" }),
  bytes: () => column({ kind: "bytes" }),
  enum: (name, values) => column(
    { kind: "enum", enum: name, values: Array.isArray(values) ? [...values] : [] },
    (typeof name !== "string" || name === "") && fault(`c.enum() takes a name and an array of words; the name is ${found3(name)}`, c.enum),
    (!Array.isArray(values) || values.some((v) => typeof v !== "string")) && fault(`c.enum() takes a name and an array of words; the words are ${found3(values)}`, c.enum)
  )
});

// lib/models/snake-case.ts
function snakeCase(name) {
  return name.replace(new RegExp("(\\p{Lu}+)(\\p{Lu}\\p{Ll})", "gu"), "$1_$2").replace(new RegExp("([\\p{Ll}\\d])(\\p{Lu})", "gu"), "$1_$2").toLowerCase();
}

// lib/models/table-level.ts
var extraBrand = /* @__PURE__ */ Symbol.for("plinth.extra");
var partBrand = /* @__PURE__ */ Symbol.for("plinth.part");
function extraSpec(value2) {
  return typeof value2 === "object" && value2 !== null ? value2[extraBrand] : void 0;
}
var partOf2 = (value2) => typeof value2 === "object" && value2 !== null ? value2[partBrand] : void 0;
var descending = (part2) => Object.freeze({ [partBrand]: { ...part2, desc: true } });
function columnRef(column3) {
  const part2 = { column: column3 };
  return Object.freeze({ column: column3, desc: () => descending(part2), [partBrand]: part2 });
}
function expression2(sql) {
  requireSql("expression", sql, expression2);
  const part2 = { expression: sql };
  return Object.freeze({ desc: () => descending(part2), [partBrand]: part2 });
}
function index(...parts2) {
  const list2 = parts2.map((part2) => partOf2(part2) ?? wrong3("index", "columns (t.name) or expression(sql)", part2, index));
  if (list2.length === 0) wrong3("index", "at least one column", void 0, index);
  return extra({ list: "indexes", entry: { parts: list2 } });
}
function unique(...columns) {
  return extra({ list: "uniques", entry: { columns: names("unique", columns, unique) } });
}
function check(sql, caller = check) {
  requireSql("check", sql, caller);
  return extra({ list: "checks", entry: { sql } });
}
function foreignKey(columns, target2, references, options2 = {}) {
  if (!Array.isArray(columns)) wrong3("foreignKey", "an array of columns", columns, foreignKey);
  if (typeof target2 !== "string" || target2 === "") wrong3("foreignKey", "the other model's name", target2, foreignKey);
  if (!Array.isArray(references) || references.some((r) => typeof r !== "string")) {
    wrong3("foreignKey", "an array of the other model's columns", references, foreignKey);
  }
  const entry = foreignKeyEntry(names("foreignKey", columns, foreignKey), target2, references, options2);
  return extra({ list: "foreignKeys", entry });
}
function foreignKeyEntry(columns, target2, references, options2) {
  return {
    ...nameOf2(options2),
    columns,
    target: target2,
    references: [...references],
    ...options2.onDelete !== void 0 && { onDelete: options2.onDelete },
    ...options2.onUpdate !== void 0 && { onUpdate: options2.onUpdate }
  };
}
function extra(spec) {
  const change = (entry) => extra({ list: spec.list, entry: { ...spec.entry, ...entry } });
  const named2 = {
    [extraBrand]: spec,
    name(name) {
      if (typeof name !== "string" || name === "") wrong3("name", "a text that is not empty", name, named2.name);
      return change({ name });
    }
  };
  if (spec.list !== "indexes") return Object.freeze(named2);
  const ofIndex = {
    ...named2,
    unique: () => change({ unique: true }),
    where(sql) {
      requireSql("where", sql, ofIndex.where);
      return change({ where: sql });
    }
  };
  return Object.freeze(ofIndex);
}
function names(call, columns, builder) {
  if (columns.length === 0) wrong3(call, "at least one column", void 0, builder);
  return columns.map((ref) => {
    const part2 = partOf2(ref);
    return part2?.column !== void 0 && !part2.desc ? part2.column : wrong3(call, "columns (t.name)", ref, builder);
  });
}
function requireSql(call, sql, builder) {
  if (typeof sql !== "string" || sql.trim() === "") wrong3(call, "SQL text", sql, builder);
}
function wrong3(call, expected, value2, builder) {
  throw schemaError(void 0, [fault(`${call}() takes ${expected}, found ${found3(value2)}`, builder)], []);
}

// lib/models/schema-builder.ts
var FORMAT = 1;
var modelBrand = /* @__PURE__ */ Symbol.for("plinth.model");
var schemaBrand = /* @__PURE__ */ Symbol.for("plinth.schema");
var relationBrand = /* @__PURE__ */ Symbol.for("plinth.relation");
function isSchema(value2) {
  return typeof value2 === "object" && value2 !== null && value2[schemaBrand] === FORMAT;
}
function model(name, columns, extras) {
  if (typeof name !== "string" || name === "") {
    throw schemaError(void 0, [fault(`model() takes a name first, found ${found3(name)}`, model)], []);
  }
  if (typeof columns !== "object" || columns === null || Array.isArray(columns)) {
    throw schemaError(name, [fault(`model() takes columns by property second, found ${found3(columns)}`, model)], []);
  }
  const specs = columnSpecs(name, columns);
  const json2 = tableJson(name, specs);
  if (extras !== void 0) addExtras(name, json2, specs, extras);
  return modelOf(name, columns, json2);
}
function columnSpecs(name, columns) {
  const specs = /* @__PURE__ */ new Map();
  const faults = [];
  const properties = [];
  for (const [property, column3] of Object.entries(columns)) {
    const spec = columnSpec(column3);
    const own = spec?.faults ?? [fault(`a column is written like c.text(), found ${found3(column3)}`, model)];
    faults.push(...own);
    properties.push(...own.map(() => property));
    if (spec !== void 0) specs.set(property, { ...spec, name: spec.name ?? snakeCase(property) });
  }
  if (faults.length > 0) throw schemaError(name, faults, properties);
  return specs;
}
function tableJson(name, specs) {
  const json2 = {
    table: snakeCase(name),
    columns: [],
    primaryKey: [],
    uniques: [],
    checks: [],
    foreignKeys: [],
    indexes: []
  };
  for (const [property, spec] of specs) {
    const columns = [spec.name];
    json2.columns.push(columnJson(property, spec));
    if (spec.primaryKey || spec.kind.kind === "id" || spec.kind.kind === "bigId") json2.primaryKey.push(spec.name);
    if (spec.unique) json2.uniques?.push({ ...spec.unique, columns });
    for (const { sql, ...named2 } of spec.checks ?? []) json2.checks?.push({ ...named2, sql, columns });
    if (spec.references) {
      const { target: target2, column: column3, options: options2 } = spec.references;
      json2.foreignKeys?.push(foreignKeyEntry(columns, target2, [column3], options2));
    }
  }
  return json2;
}
function columnJson(property, spec) {
  return {
    property,
    name: spec.name,
    ...spec.kind,
    ...spec.nullable && { nullable: true },
    ...spec.default !== void 0 && { default: spec.default },
    ...spec.private && { private: true },
    ...spec.touch && { touch: true },
    ...spec.lowercase && { lowercase: true },
    ...spec.comment !== void 0 && { comment: spec.comment },
    ...spec.renamedFrom !== void 0 && { renamedFrom: spec.renamedFrom }
  };
}
function addExtras(name, json2, specs, extras) {
  const refs = Object.fromEntries([...specs].map(([property, spec]) => [property, columnRef(spec.name)]));
  const get2 = (_, property) => {
    if (typeof property !== "string" || Object.hasOwn(refs, property)) return refs[property];
    const problem2 = fault(`the model has no column ${property}; it has ${Object.keys(refs).join(", ")}`, get2);
    throw schemaError(name, [problem2], [property]);
  };
  const t = new Proxy(refs, { get: get2 });
  const list2 = isRunnable(extras) ? extras(t) : void 0;
  if (!Array.isArray(list2)) {
    const problem2 = fault(
      `model() takes a function third that gives an array: t => [index(t.a)], found ${found3(list2 ?? extras)}`,
      model
    );
    throw schemaError(name, [problem2], []);
  }
  for (const item of list2) {
    const spec = extraSpec(item);
    if (spec === void 0) {
      const problem2 = fault(
        `the third argument holds index(), unique(), check() and foreignKey(), found ${found3(item)}`,
        model
      );
      throw schemaError(name, [problem2], []);
    }
    ;
    json2[spec.list].push(spec.entry);
  }
}
function modelOf(name, columns, json2) {
  const change = (key2, builder, text3) => {
    if (typeof text3 === "string" && text3 !== "") return modelOf(name, columns, { ...json2, [key2]: text3 });
    throw schemaError(name, [fault(`${key2}() takes a text that is not empty, found ${found3(text3)}`, builder)], []);
  };
  const made = {
    name,
    columns: Object.freeze({ ...columns }),
    table: (text3) => change("table", made.table, text3),
    comment: (text3) => change("comment", made.comment, text3),
    renamedFrom: (text3) => change("renamedFrom", made.renamedFrom, text3),
    [modelBrand]: json2
  };
  return Object.freeze(made);
}
function schema(models, relations) {
  if (typeof models !== "object" || models === null || Array.isArray(models)) {
    throw schemaError(void 0, [fault(`schema() takes models by name, found ${found3(models)}`, schema)], []);
  }
  const prototype = Object.getPrototypeOf(models);
  if (typeof prototype === "object" && prototype !== null && modelBrand in prototype) {
    const problem2 = fault("a model named __proto__ is not a property of the object; give it another name", schema);
    throw schemaError("__proto__", [problem2], []);
  }
  const callbacks = Object.assign(/* @__PURE__ */ Object.create(null), relations);
  const json2 = deepFreeze({
    format: FORMAT,
    models: Object.entries(models).map(([name, m]) => modelJson(name, m, callbacks[name]))
  });
  for (const name of Object.keys(callbacks)) {
    if (Object.hasOwn(models, name)) continue;
    const problem2 = fault(
      `there is no model of this name to have relations; the models are ${Object.keys(models).join(", ")}`,
      schema
    );
    throw schemaError(name, [problem2], []);
  }
  const made = {
    models: Object.freeze({ ...models }),
    relations: callbacks,
    toJSON: () => json2,
    [schemaBrand]: FORMAT
  };
  return Object.freeze(made);
}
function modelJson(name, value2, relations) {
  const table = typeof value2 === "object" && value2 !== null ? value2[modelBrand] : void 0;
  if (table === void 0) {
    throw schemaError(name, [fault(`schema() takes what model() made, found ${found3(value2)}`, schema)], []);
  }
  const { table: tableName, comment, renamedFrom, columns, primaryKey, ...lists } = table;
  const filled = Object.entries(lists).filter(([, list2]) => list2 !== void 0 && list2.length > 0);
  const related = relations === void 0 ? [] : relationsJson(name, relations);
  return {
    model: name,
    table: tableName,
    ...comment !== void 0 && { comment },
    ...renamedFrom !== void 0 && { renamedFrom },
    columns,
    primaryKey,
    ...Object.fromEntries(filled),
    ...related.length > 0 && { relations: related }
  };
}
function relationsJson(model2, callback) {
  if (!isRunnable(callback)) {
    const problem2 = fault(
      `relations are a function: r => ({ owner: r.one('users', 'ownerId') }), found ${found3(callback)}`,
      schema
    );
    throw schemaError(model2, [problem2], []);
  }
  const made = callback(relationFactory);
  return Object.entries(made ?? {}).map(([name, relation2]) => {
    const json2 = relation2?.[relationBrand];
    if (json2 !== void 0) return { name, ...json2 };
    throw schemaError(
      model2,
      [fault(`a relation is written r.one(), r.has() or r.many(), found ${found3(relation2)}`, schema)],
      [name]
    );
  });
}
function relation(kind, builder, target2, key2) {
  const through = typeof key2 === "object" && key2 !== null ? key2.through : void 0;
  const reached = kind === "many" && typeof through === "string" ? { through } : typeof key2 === "string" ? { key: key2 } : void 0;
  if (typeof target2 !== "string" || reached === void 0) {
    const way = kind === "many" ? "a column, or { through: a model }" : "a column";
    const problem2 = fault(`r.${kind}() takes a model and ${way}, found ${found3(target2)}, ${found3(key2)}`, builder);
    throw schemaError(void 0, [problem2], []);
  }
  return Object.freeze({ kind, target: target2, key: key2, [relationBrand]: { kind, target: target2, ...reached } });
}
var relationFactory = Object.freeze({
  one: (target2, key2) => relation("one", relationFactory.one, target2, key2),
  has: (target2, key2) => relation("has", relationFactory.has, target2, key2),
  many: (target2, key2) => relation("many", relationFactory.many, target2, key2)
});
function deepFreeze(value2) {
  if (typeof value2 === "object" && value2 !== null && !Object.isFrozen(value2)) {
    Object.freeze(value2);
    for (const part2 of Object.values(value2)) deepFreeze(part2);
  }
  return value2;
}

// lib/migrate/verbs.ts
var import_node_fs7 = require("node:fs");
var import_node_path6 = require("node:path");

// lib/base/user.ts
var import_node_os = require("node:os");
function whoami() {
  let user;
  try {
    user = (0, import_node_os.userInfo)().username;
  } catch {
    user = String(process.getuid?.() ?? "unknown");
  }
  return `${user}@${(0, import_node_os.hostname)()}`;
}

// lib/project/config.ts
var import_node_fs6 = require("node:fs");
var import_node_path3 = require("node:path");

// lib/project/dotenv.ts
var import_node_fs5 = require("node:fs");

// lib/project/load-module.ts
var import_node_fs4 = require("node:fs");
var import_node_module = require("node:module");
var import_node_path2 = require("node:path");
var import_node_url = require("node:url");
function loadModule(path) {
  if ((0, import_node_path2.extname)(path) !== "" && !(0, import_node_fs4.existsSync)(path)) {
    throw new ConfigError("CONFIG_INVALID", `${shownPath(path)} does not exist.`, {
      hint: "Correct the path in the configuration: it is relative to the file that holds it."
    });
  }
  try {
    return load2(path);
  } catch (error) {
    throw failed(path, error);
  }
}
function defaultExport(exports2) {
  let value2 = exports2;
  for (let i = 0; i < 2; i++) {
    if (typeof value2 !== "object" || value2 === null || !("default" in value2)) break;
    value2 = value2.default;
  }
  return value2;
}
function shownPath(path) {
  const near = (0, import_node_path2.relative)(process.cwd(), path);
  return near === "" || near.startsWith("..") ? path : near;
}
function load2(path) {
  switch ((0, import_node_path2.extname)(path)) {
    case ".json":
      return parseJson(path, (0, import_node_fs4.readFileSync)(path, "utf8").replace(/^\uFEFF/, ""));
    case ".cjs":
      return plainRequire(path);
    case ".mjs":
      return loadEsm(path);
    case ".js":
      if (isModulePackage((0, import_node_path2.dirname)(path))) return loadEsm(path);
      return hasEsmSyntax((0, import_node_fs4.readFileSync)(path, "utf8")) ? transformed(path) : plainRequire(path);
    default:
      return transformed(path);
  }
}
function parseJson(path, text3) {
  try {
    return JSON.parse(text3);
  } catch (error) {
    const position = /at position (\d+)/.exec(error.message)?.[1];
    const line2 = text3.slice(0, position === void 0 ? text3.length : Number(position)).split("\n").length;
    error.stack = `${path}:${line2}
${error.stack}`;
    throw error;
  }
}
function plainRequire(path) {
  return (0, import_node_module.createRequire)((0, import_node_path2.join)((0, import_node_path2.dirname)(path), "node_modules", "plinth.js"))(path);
}
function loadEsm(path) {
  if (!process.features.require_module) return transformed(path);
  try {
    return plainRequire(path);
  } catch (error) {
    if (error.code === "ERR_UNKNOWN_FILE_EXTENSION") return transformed(path);
    throw error;
  }
}
function transformed(path) {
  const { createJiti } = require("jiti");
  const jiti = createJiti(path, { fsCache: false, nativeModules: ["plinth"] });
  return jiti(path);
}
function isModulePackage(dir) {
  try {
    return JSON.parse((0, import_node_fs4.readFileSync)((0, import_node_path2.join)(dir, "package.json"), "utf8")).type === "module";
  } catch (error) {
    const parent = (0, import_node_path2.dirname)(dir);
    return error.code === "ENOENT" && parent !== dir && isModulePackage(parent);
  }
}
function hasEsmSyntax(source) {
  return /^[ \t]*(?:import\s*(?:[\w*{$"']|type\b)|export\s*(?:[*{]|(?:default|const|let|var|class|function|async)\b))/m.test(
    source
  );
}
function failed(path, error) {
  const place4 = placeOf(path, error);
  const said = error instanceof Error ? error.message : String(error);
  const lines = said.split("\n").filter((line2) => line2.trim() !== "" && !/^(Require stack:|- )|:\d+:\d+$/.test(line2.trim()));
  const message = (lines.join("\n") || String(error)).replace(/^ParseError:\s*/, "").trim();
  const { problems, hint } = error instanceof Error ? error : {};
  return new ConfigError("CONFIG_INVALID", `${place4}: ${message}`, {
    ...problems !== void 0 && { problems },
    hint: hint ?? hintFor(error),
    cause: error
  });
}
function hintFor(error) {
  const { code, name, message } = error ?? {};
  if (code === "ERR_REQUIRE_ASYNC_MODULE" || /await is only valid/.test(message ?? "")) {
    return "Models are loaded at once: a model file cannot have await at its top level, nor import a module that has.";
  }
  if (code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND") {
    return "Correct the import, or install the package.";
  }
  if (name === "SyntaxError" || /^ParseError/.test(message ?? "")) return "Correct the syntax of the file.";
  return "The file must load without an error: correct the line named; the original error is the cause of this one.";
}
function placeOf(path, error) {
  const stack = error instanceof Error ? `${error.message}
${error.stack ?? ""}` : "";
  const places = stack.split("\n").map(place2);
  const found4 = places.find((at) => at !== void 0 && isUsers(at.file));
  return found4 === void 0 ? shownPath(path) : `${shownPath(found4.file)}:${found4.line}`;
}
function place2(text3) {
  const match = /(?:^|\(|\s)((?:file:\/\/|[A-Za-z]:[\\/]|\/)[^()]*?):(\d+)(?::\d+)?\)?\s*$/.exec(text3);
  if (match === null) return void 0;
  const [, file = "", line2 = ""] = match;
  return { file: file.startsWith("file://") ? (0, import_node_url.fileURLToPath)(file) : file, line: line2 };
}
function isUsers(file) {
  const ours = [__filename, (0, import_node_path2.join)(__dirname, "index.js"), (0, import_node_path2.join)(__dirname, "cli.js")];
  return !/[\\/]node_modules[\\/]/.test(file) && !ours.includes(file);
}

// lib/project/dotenv.ts
function readDotenv(path) {
  if (!(0, import_node_fs5.existsSync)(path)) return {};
  const { parse: parse2 } = require("dotenv");
  try {
    return parse2((0, import_node_fs5.readFileSync)(path));
  } catch (cause) {
    throw new ConfigError("CONFIG_INVALID", `${shownPath(path)} cannot be read: ${cause.message}`, {
      hint: "Make it a readable file, or set DATABASE_URL in the environment.",
      cause
    });
  }
}

// lib/project/config.ts
var DEFAULT_URL = "sqlite:///./app.db";
var CONFIG_FILES = ["ts", "mts", "cts", "js", "mjs", "cjs", "json"].map((extension) => `plinth.config.${extension}`);
var KEYS = ["models", "seed", "url", "migrations", "dialects", "template"];
var DIALECTS = ["sqlite", "postgres"];
var EXAMPLE = '"plinth": { "models": "./models.ts" }';
function findConfig(cwd = process.cwd()) {
  for (let dir = (0, import_node_path3.resolve)(cwd); ; dir = (0, import_node_path3.dirname)(dir)) {
    const files = CONFIG_FILES.map((name) => (0, import_node_path3.join)(dir, name)).filter((file) => (0, import_node_fs6.existsSync)(file));
    const manifest = (0, import_node_path3.join)(dir, "package.json");
    if ((0, import_node_fs6.existsSync)(manifest) && readManifest(manifest) !== void 0) files.push(manifest);
    if (files.length > 1) {
      throw new ConfigError("CONFIG_INVALID", `There are two configurations: ${files.map(shownPath).join(" and ")}.`, {
        hint: "Keep one of them."
      });
    }
    if (files[0] !== void 0) return files[0];
    if ((0, import_node_path3.dirname)(dir) === dir) return void 0;
  }
}
function readConfig(path) {
  const isManifest = /[\\/]package\.json$/.test(path);
  const value2 = isManifest ? readManifest(path) : defaultExport(loadModule(path));
  const where2 = isManifest ? `The key "plinth" of ${shownPath(path)}` : shownPath(path);
  if (typeof value2 !== "object" || value2 === null || Array.isArray(value2)) {
    throw invalid3(`${where2} is not an object.`, `Write ${EXAMPLE}.`);
  }
  const unknown = Object.keys(value2).filter((key2) => !KEYS.includes(key2));
  if (unknown.length > 0)
    throw invalid3(`${where2} has an unknown key: ${unknown.join(", ")}.`, `It may have ${KEYS.join(", ")}.`);
  const { models, seed, url, migrations, dialects, template } = value2;
  if (models !== void 0 && typeof models !== "string" && !isModels(models)) {
    throw invalid3(`${where2}: models is neither a path nor a schema.`, `Write ${EXAMPLE}.`);
  }
  if (seed !== void 0 && typeof seed !== "string" && (typeof seed !== "object" || seed === null)) {
    throw invalid3(`${where2}: seed is neither a path nor an object of functions.`, 'Write "seed": "./seed.ts".');
  }
  if (url !== void 0 && !isText(url)) throw invalid3(`${where2}: url is not a text.`, `Write "url": "${DEFAULT_URL}".`);
  if (migrations !== void 0 && !isPath(migrations))
    throw invalid3(`${where2}: migrations is not the path of a folder.`, 'Write "migrations": "./migrations".');
  if (dialects !== void 0 && !isDialects(dialects)) {
    throw invalid3(`${where2}: dialects is not a list of databases.`, 'Write "dialects": ["sqlite", "postgres"], or one.');
  }
  if (template !== void 0 && !isPath(template))
    throw invalid3(`${where2}: template is not the path of a file.`, 'Write "template": "./migrations/header.txt".');
  return {
    path,
    dir: (0, import_node_path3.dirname)(path),
    ...models !== void 0 && { models },
    ...seed !== void 0 && { seed },
    ...url !== void 0 && { url },
    ...migrations !== void 0 && { migrations },
    ...dialects !== void 0 && { dialects },
    ...template !== void 0 && { template }
  };
}
function isDialects(value2) {
  if (!Array.isArray(value2) || value2.length === 0) return false;
  return value2.every((name) => DIALECTS.includes(name)) && new Set(value2).size === value2.length;
}
function loadConfig(cwd = process.cwd()) {
  if (!isPath(cwd)) {
    throw invalid3(
      `loadConfig() expected the path of a folder, found ${shown(cwd)}.`,
      "Write loadConfig(import.meta.dirname)."
    );
  }
  const path = findConfig(cwd);
  if (path === void 0) {
    throw new ConfigError(
      "CONFIG_NOT_FOUND",
      `No models were found: neither ${(0, import_node_path3.resolve)(cwd)} nor a folder above it has a configuration.`,
      {
        hint: `Name the models in package.json: ${EXAMPLE}; or pass them: open({ models }).`
      }
    );
  }
  const config = readConfig(path);
  if (config.models === void 0) throw invalid3(`${shownPath(path)} names no models.`, `Write ${EXAMPLE}.`);
  return { ...config, models: loadModels(config.models, config.dir) };
}
function loadModels(source, dir = process.cwd()) {
  if (typeof source !== "string") return source;
  const path = (0, import_node_path3.resolve)(dir, source);
  const exports2 = loadModule(path);
  const main = defaultExport(exports2);
  const named2 = [exports2, main].flatMap((from) => {
    const { models, schema: schema2 } = typeof from === "object" && from !== null ? from : {};
    return [models, schema2];
  });
  const found4 = [main, ...named2].find(isModels);
  if (found4 !== void 0) return found4;
  throw invalid3(
    `${shownPath(path)} has no schema.`,
    path.endsWith(".json") ? "Write it with: plinth schema > schema.json" : "Its default export, or an export named models or schema, must be what schema({...}) gives."
  );
}
function loadSeeds(source, dir = process.cwd()) {
  const path = typeof source === "string" ? (0, import_node_path3.resolve)(dir, source) : void 0;
  const exports2 = path === void 0 ? source : loadModule(path);
  const value2 = path === void 0 ? source : defaultExport(exports2);
  const where2 = path === void 0 ? "seed" : shownPath(path);
  const hint = "Seeds are functions by name: export default { tags: async tx => { await tx.tags.create(...) } }.";
  if (typeof value2 !== "object" || value2 === null) throw invalid3(`${where2} has no seeds.`, hint);
  const seeds = Array.isArray(value2) ? value2 : Object.entries(value2).map(([name, run3]) => ({ name, run: run3 }));
  const names2 = /* @__PURE__ */ new Set();
  for (const [i, seed] of seeds.entries()) {
    const name = seed?.name;
    if (typeof name !== "string" || name === "") throw invalid3(`Seed ${i + 1} of ${where2} has no name.`, hint);
    if (!isRunnable(seed.run))
      throw invalid3(`The seed ${name} of ${where2} is not a function, found ${shown(seed.run)}.`, hint);
    if (names2.has(name))
      throw invalid3(`${where2} has two seeds named ${name}.`, "Each seed runs once by its name: give each its own.");
    names2.add(name);
  }
  return seeds;
}
function* environments(lookup) {
  const cwd = (0, import_node_path3.resolve)(lookup.cwd ?? process.cwd());
  yield { env: lookup.env ?? process.env, dir: cwd, source: "DATABASE_URL" };
  const path = findConfig(cwd);
  for (const dir of /* @__PURE__ */ new Set([cwd, path === void 0 ? cwd : (0, import_node_path3.dirname)(path)])) {
    yield { env: readDotenv((0, import_node_path3.join)(dir, ".env")), dir, source: ".env" };
  }
}
function resolveUrl(options2 = {}) {
  const cwd = (0, import_node_path3.resolve)(options2.cwd ?? process.cwd());
  if (options2.url !== void 0) return { url: options2.url, base: cwd, source: "option" };
  for (const { env, dir: dir2, source } of environments(options2)) {
    const url2 = variable(env, "DATABASE_URL");
    if (url2 !== void 0) return { url: url2, base: dir2, source };
  }
  const path = findConfig(cwd);
  if (path === void 0) return { url: DEFAULT_URL, base: cwd, source: "default" };
  const { url, dir } = readConfig(path);
  return url === void 0 ? { url: DEFAULT_URL, base: dir, source: "default" } : { url, base: dir, source: "config" };
}
function variable(env, name) {
  const value2 = env[name];
  if (value2 === void 0 || value2 === null) return void 0;
  if (isText(value2)) return value2.trim() || void 0;
  const kind = typeof value2 === "string" ? "text with NUL or half of a surrogate pair" : `a value of type ${typeof value2}`;
  throw new ConfigError("CONFIG_INVALID", `The variable ${name} is ${kind}.`, { expected: "text" });
}
function readManifest(path) {
  return loadModule(path)?.plinth;
}
function isModels(value2) {
  if (isSchema(value2)) return true;
  const json2 = value2;
  return typeof json2 === "object" && json2 !== null && typeof json2.format === "number" && Array.isArray(json2.models);
}
function invalid3(message, hint) {
  return new ConfigError("CONFIG_INVALID", message, { hint });
}

// lib/project/location.ts
var import_node_path4 = require("node:path");
var MOST = 2 ** 31 - 1;
var POOL = { size: 1, acquireTimeoutMs: 1, idleTimeoutMs: 0 };
function locate(call, options2) {
  const checked3 = checkedOptions(call, options2);
  const lookup = { env: options2.env, cwd: options2.cwd };
  const found4 = resolveUrl({ ...lookup, url: options2.url });
  const database = described(found4, checked3, lookup);
  return { database, migration: () => migration(found4, database, checked3, lookup) };
}
function checkedOptions(call, options2) {
  const { durability = "full", pool = {}, prepare } = options2;
  const wrong5 = (name, expected, value2) => new PlinthError("QUERY_INVALID", `${call}(): ${name} must be ${expected}, found ${shown(value2)}.`);
  if (durability !== "full" && durability !== "normal") throw wrong5("durability", "'full' or 'normal'", durability);
  if (prepare !== void 0 && typeof prepare !== "boolean") throw wrong5("prepare", "true or false", prepare);
  if (typeof pool !== "object" || pool === null || Array.isArray(pool)) throw wrong5("pool", "an object", pool);
  for (const [name, value2] of Object.entries(pool)) {
    const least = Object.hasOwn(POOL, name) ? POOL[name] : void 0;
    if (least === void 0) {
      throw new PlinthError("UNKNOWN_OPTION", `${call}(): pool has no option "${name}".`, {
        hint: `The options are: ${Object.keys(POOL).join(", ")}.`
      });
    }
    if (value2 !== void 0 && !(Number.isInteger(value2) && value2 >= least && value2 <= MOST)) {
      throw wrong5(`pool.${name}`, `a whole number from ${least}`, value2);
    }
  }
  return { durability, pool, prepare };
}
function described({ url, base }, options2, lookup) {
  const ask2 = (settings) => JSON.parse(native().describeUrl(settings));
  try {
    const place4 = ask2(JSON.stringify({ url, base, ...options2 }));
    const tls = place4.dialect === "postgres" ? tlsSettings(lookup) : {};
    const settings = JSON.stringify({ url, base, ...options2, ...tls });
    return { ...place4, settings: () => settings };
  } catch (thrown) {
    throw rethrown(thrown);
  }
}
function tlsSettings(lookup) {
  let rootCert;
  let allowed;
  for (const { env, dir } of environments(lookup)) {
    rootCert ??= certificate(variable(env, "PG_SSL_ROOT_CERT"), dir);
    allowed ??= variable(env, "PG_SSL_ALLOW_SELF_SIGNED")?.toLowerCase();
  }
  if (allowed !== void 0 && !["true", "1", "false", "0"].includes(allowed)) {
    throw new ConfigError("CONFIG_INVALID", `PG_SSL_ALLOW_SELF_SIGNED is neither true nor false: ${shown(allowed)}.`, {
      expected: "true or false",
      found: allowed
    });
  }
  return { ...rootCert && { rootCert }, ...allowed && { allowSelfSigned: allowed === "true" || allowed === "1" } };
}
function certificate(value2, dir) {
  if (value2 === void 0) return void 0;
  return value2.includes("-----BEGIN") ? value2.replaceAll("\\n", "\n") : (0, import_node_path4.resolve)(dir, value2);
}
function migration(found4, database, options2, lookup) {
  if (found4.source === "option") return database;
  for (const { env, dir, source } of environments(lookup)) {
    if (source === ".env" && found4.source === "DATABASE_URL") break;
    const url = variable(env, "MIGRATION_DATABASE_URL");
    if (url !== void 0) return sameDatabase(described({ url, base: dir, source }, options2, lookup), database);
  }
  return database;
}
function sameDatabase(migration2, database) {
  if (migration2.dialect === database.dialect) {
    if (migration2.dialect === "postgres") return migration2;
    if (migration2.shown === database.shown) return database;
  }
  throw new ConfigError(
    "CONFIG_INVALID",
    `MIGRATION_DATABASE_URL is ${migration2.shown}, but the database is ${database.shown}.`,
    {
      expected: "a direct way to the same database",
      found: migration2.shown,
      hint: "It is for a PostgreSQL database whose DATABASE_URL goes through a pooler; unset it where there is none."
    }
  );
}

// lib/project/project.ts
var import_node_path5 = require("node:path");

// lib/handle/calls.ts
var CALLS = {
  close: true,
  commit: true,
  current: true,
  health: true,
  rollback: true,
  scope: true,
  session: true,
  sql: true,
  sync: true,
  transaction: true,
  with: true
};
var OF_OBJECTS = [
  ...Object.getOwnPropertyNames(Object.prototype),
  "catch",
  "finally",
  "inspect",
  "prototype",
  "then",
  "toJSON"
];
var RESERVED_NAMES = [...Object.keys(CALLS), ...OF_OBJECTS];

// lib/project/project.ts
function projectOf(call, options2) {
  const cwd = options2.cwd ?? process.cwd();
  const given2 = options2.models;
  const config = given2 === void 0 ? loadConfig(cwd) : void 0;
  const json2 = jsonOf2(call, given2 === void 0 ? config?.models : given2);
  const databases2 = locate(call, { ...options2, cwd });
  return {
    ...databases2,
    schema: checked(json2, [databases2.database.dialect, ...config?.dialects ?? []]),
    json: json2,
    seeds: () => seedsOf(options2, cwd),
    migrations: () => migrationsOf(call, options2, cwd)
  };
}
function checked(json2, dialects) {
  const schema2 = written2(json2);
  const reserved = JSON.stringify({ models: RESERVED_NAMES, dialects: [...new Set(dialects)] });
  try {
    native().checkSchema(schema2, reserved);
  } catch (thrown) {
    throw rethrown(thrown);
  }
  return schema2;
}
var HALF_PAIR = /(?:^|[^\\])(?:\\\\)*\\ud[89a-f]/;
function written2(json2) {
  let schema2;
  try {
    schema2 = JSON.stringify(json2);
  } catch (cause) {
    throw new ConfigError("CONFIG_INVALID", `The models cannot be written as JSON: ${cause.message}`, {
      cause
    });
  }
  if (!HALF_PAIR.test(schema2)) return schema2;
  const model2 = json2.models.find((one) => HALF_PAIR.test(JSON.stringify(one)));
  const column3 = model2?.columns?.find((one) => HALF_PAIR.test(JSON.stringify(one)));
  const place4 = [model2?.model, column3?.property].filter((name) => name !== void 0).join(".");
  throw new SchemaError(`${place4.toWellFormed()}: a name or a text has half of a surrogate pair.`, {
    ...model2 && { table: model2.table },
    hint: "Clean it with String.prototype.toWellFormed()."
  });
}
function jsonOf2(call, models) {
  if (isSchema(models)) return models.toJSON();
  if (typeof models === "object" && models !== null && Array.isArray(models.models))
    return models;
  throw new ConfigError(
    "CONFIG_INVALID",
    `${call}() expected models to be what schema() gives, found ${shown(models)}.`,
    {
      hint: "Pass schema({ ... }), or the JSON that `plinth schema` prints."
    }
  );
}
function seedsOf(options2, cwd) {
  if (options2.seed === false) return [];
  if (options2.seed !== void 0) return loadSeeds(options2.seed, cwd);
  if (options2.models !== void 0 || options2.db !== void 0) return [];
  const path = findConfig(cwd);
  const config = path === void 0 ? void 0 : readConfig(path);
  return config?.seed === void 0 ? [] : loadSeeds(config.seed, config.dir);
}
function migrationsOf(call, options2, cwd) {
  if (options2.migrations === false) return void 0;
  const byHand = options2.url !== void 0 || options2.env !== void 0;
  if (options2.migrations === void 0 && options2.models !== void 0 && byHand) return void 0;
  return migrationsDir(call, options2, cwd);
}
function migrationsDir(call, options2, cwd) {
  const given2 = options2.migrations;
  if (given2 !== void 0) {
    if (isPath(given2)) return (0, import_node_path5.resolve)(cwd, given2);
    throw new PlinthError("QUERY_INVALID", `${call}(): migrations must be the path of a folder, found ${shown(given2)}.`);
  }
  const path = findConfig(cwd);
  if (path === void 0) return void 0;
  const { dir, migrations = "./migrations" } = readConfig(path);
  return (0, import_node_path5.resolve)(dir, migrations);
}
var YES = ["true", "1", "yes"];
var NO = ["false", "0", "no"];
function autoMigration(options2) {
  for (const { env } of environments({ env: options2.env, cwd: options2.cwd })) {
    const value2 = variable(env, "ENABLE_AUTO_MIGRATION")?.toLowerCase();
    if (value2 === void 0) continue;
    if (YES.includes(value2)) return true;
    if (NO.includes(value2)) return false;
    throw new ConfigError("CONFIG_INVALID", `ENABLE_AUTO_MIGRATION is neither true nor false: ${shown(value2)}.`, {
      expected: "true or false (also 1 or 0, yes or no)",
      found: value2
    });
  }
  return true;
}
function target(call, options2) {
  if (options2.db !== void 0) {
    if (options2.models !== void 0 || options2.url !== void 0) throw either(call);
    const cwd = options2.cwd ?? process.cwd();
    const opened = openedBy(options2.db);
    const project2 = {
      ...opened.project,
      seeds: () => seedsOf(options2, cwd),
      migrations: () => options2.migrations === void 0 ? opened.project.migrations() : migrationsOf(call, options2, cwd)
    };
    return { ...opened, project: project2 };
  }
  const project = projectOf(call, options2);
  if (project.database.shown === "sqlite::memory:") throw gone2(call);
  return { project, place: project.migration(), handle: void 0 };
}
function openedBy(db) {
  const database = databaseOf(db);
  database.guard();
  const project = database.openedFrom;
  const place4 = project.migration();
  return { project, place: place4, handle: place4 === project.database ? database.client.handle : void 0 };
}
function either(call) {
  return new PlinthError("QUERY_INVALID", `${call}() takes either db, or models and url.`);
}
function gone2(call) {
  return new PlinthError("QUERY_INVALID", `${call}() would make a database in memory that is gone when it returns.`, {
    hint: `Open it first, and pass the handle: const db = open({ url: 'sqlite::memory:' }); await ${call}({ db }).`
  });
}
async function asked3(work) {
  try {
    return JSON.parse(await work());
  } catch (thrown) {
    throw rethrown(thrown);
  }
}
var since = (start) => Math.round((performance.now() - start) * 10) / 10;

// lib/migrate/choices.ts
function choicesJson({ rename = {}, drop = [], backfill = {}, map = {} }) {
  if (!Array.isArray(drop)) throw wrong4("drop", "a list such as ['users.phone']", drop);
  for (const name of drop) place3("drop", name);
  return {
    renames: pairs("rename", rename, "an object such as { 'users.phone': 'users.mobile' }").map(renamed),
    drops: drop,
    backfills: pairs("backfill", backfill, `an object such as { 'users.country': "'XX'" }`).map(([name, sql]) => {
      if (!isText(sql) || sql.trim() === "") throw wrong4(`backfill of ${name}`, "a SQL expression", sql);
      return { ...column2("backfill", name), sql };
    }),
    maps: pairs("map", map, "an object such as { 'tasks.status': { paused: 'queued' } }").flatMap(
      ([name, words]) => pairs(`map of ${name}`, words, "an object such as { paused: 'queued' }").map(([from, to]) => {
        if (!isText(to)) throw wrong4(`map of ${name}`, "words", to);
        return { ...column2("map", name), from, to };
      })
    )
  };
}
function renamed([old, now2]) {
  const from = place3("rename", old);
  const to = place3("rename", now2);
  if (from.column === void 0 !== (to.column === void 0)) {
    throw invalid4(`rename: ${old} and ${String(now2)} are not both tables, nor both columns.`, RENAMES);
  }
  if (from.column === void 0 || to.column === void 0) return { from: from.table, to: to.table };
  if (from.table !== to.table) {
    throw invalid4(
      `rename: a column stays in its table, ${old} and ${String(now2)} are in two.`,
      "Where the table is renamed too, name it by its new name: rename people:users, rename users.phone:users.mobile."
    );
  }
  return { table: to.table, from: from.column, to: to.column };
}
var RENAMES = "Write 'users.phone': 'users.mobile', or people: 'users'.";
function place3(option, name) {
  const [table = "", ...rest] = isText(name) ? name.split(".") : [];
  const column3 = rest.join(".");
  if (table === "" || rest.length > 0 && column3 === "") throw wrong4(option, "a table, or table.column", name);
  return rest.length > 0 ? { table, column: column3 } : { table };
}
function column2(option, name) {
  const found4 = place3(option, name);
  if (found4.column === void 0) throw wrong4(option, "table.column", name);
  return { table: found4.table, column: found4.column };
}
function pairs(option, value2, expected) {
  if (typeof value2 !== "object" || value2 === null || Array.isArray(value2)) throw wrong4(option, expected, value2);
  return Object.entries(value2);
}
var wrong4 = (option, expected, value2) => invalid4(`${option}: expected ${expected}, found ${shown(value2)}.`);
function invalid4(message, hint) {
  return new PlinthError("CHOICE_INVALID", message, { ...hint !== void 0 && { hint } });
}
function answers(question) {
  if (question.question !== "rename") return [`--backfill "${question.table}.${question.column}=<SQL expression>"`];
  const { table, from, to } = question;
  const named2 = (name) => table === void 0 ? name : `${table}.${name}`;
  return [...to.map((name) => `--rename ${named2(from)}:${named2(name)}`), `--drop ${named2(from)}`];
}
function undecided(questions) {
  const problems = questions.map(problem);
  const many2 = questions.length === 1 ? "One thing has" : `${questions.length} things have`;
  return new PlinthError("DECISION_REQUIRED", `${many2} to be decided before the revision can be written.`, {
    problems,
    questions,
    hint: `Say it: ${questions.map((question) => answers(question).join(", or ")).join("; and ")}.`
  });
}
function problem(question) {
  const flags = answers(question).join(", or ");
  if (question.question === "restore") {
    const { table: table2, column: column3, kind } = question;
    return {
      model: table2,
      column: column3,
      message: `is dropped, and a constraint decides about its values: which ${kind} do rows get if the revision is reverted? ${flags}`
    };
  }
  if (question.question === "backfill") {
    const { table: table2, column: column3, kind } = question;
    return {
      model: table2,
      column: column3,
      message: `may not be NULL and has no default: which ${kind} do the rows get that are there? ${flags}`
    };
  }
  const { table, from, to } = question;
  const what = table === void 0 ? "table" : "column";
  const others = to.join(" or ");
  const message = `the ${what} is gone, and ${others} is new: was it renamed, or is it to be dropped? ${flags}`;
  return table === void 0 ? { model: from, message } : { model: table, column: from, message };
}

// lib/migrate/verbs.ts
var COMMON = ["models", "url", "env", "cwd", "migrations"];
var DATABASE = [...COMMON, "db"];
var PROOF = ["dialects", "prove", "proveUrl"];
var CHOICES = ["rename", "drop", "backfill", "map"];
var RUN = [...DATABASE, "to", "sql", "onProgress"];
var BOTH = ["sqlite", "postgres"];
async function revision(options2) {
  const call = "revision";
  projectOptions(call, options2, [...COMMON, ...PROOF, ...CHOICES, "message", "empty", "sql", "template"]);
  const { message, empty = false, sql = false, prove = true } = options2 ?? {};
  if (!isText(message) || message.trim() === "") {
    throw new PlinthError("QUERY_INVALID", `${call}() needs a message, found ${shown(message)}.`, {
      hint: `Say in a few words what changes: revision({ message: 'add phone' }), plinth revision "add phone".`
    });
  }
  for (const [name, value2] of Object.entries({ empty, sql, prove })) truth(call, name, value2);
  const start = performance.now();
  const { dir, schema: schema2, dialects, template } = sources(call, options2);
  const request = {
    dir,
    message,
    empty,
    print: sql,
    dialects,
    choices: choicesJson(options2),
    template,
    prove
  };
  const proof = prove ? proofSettings(call, options2, dialects) : void 0;
  const {
    outcome,
    questions = [],
    revisions = []
  } = await asked3(() => native().revise(schema2, JSON.stringify(request), proof));
  if (outcome === "questions") throw undecided(questions);
  const written3 = revisions.map((made) => ({ ...made, folder: (0, import_node_path6.join)(dir, `${made.version}_${made.name}`) }));
  return { outcome, revisions: written3, durationMs: since(start) };
}
async function upgrade(options2 = {}) {
  projectOptions("upgrade", options2, RUN);
  return run2(
    "upgrade",
    options2,
    "head",
    (target2, request, onProgress) => native().upgrade(given(options2, target2), request, target2.place.settings(), target2.handle, onProgress)
  );
}
async function downgrade(options2 = {}) {
  projectOptions("downgrade", options2, RUN);
  return run2(
    "downgrade",
    options2,
    "-1",
    (target2, request, onProgress) => native().downgrade(request, target2.place.settings(), target2.handle, onProgress)
  );
}
async function stamp(options2) {
  projectOptions("stamp", options2, [...DATABASE, "to"]);
  const start = performance.now();
  const to = text2("stamp", "to", options2?.to);
  const { place: place4, handle, dir } = databaseAndRevisions("stamp", options2);
  const request = JSON.stringify({ dir, to, by: whoami() });
  const report = await asked3(() => native().stamp(request, place4.settings(), handle));
  return { url: place4.shown, ...report, durationMs: since(start) };
}
async function history(options2 = {}) {
  projectOptions("history", options2, DATABASE);
  const { place: place4, handle, dir } = databaseAndRevisions("history", options2);
  const report = await asked3(
    () => native().history(JSON.stringify({ dir }), place4.settings(), handle)
  );
  return { url: place4.shown, ...report };
}
async function status(options2 = {}) {
  projectOptions("status", options2, DATABASE);
  const { place: place4, handle, dir } = databaseAndRevisions("status", options2);
  const report = await asked3(
    () => native().status(JSON.stringify({ dir }), place4.settings(), handle)
  );
  return { url: place4.shown, ...report };
}
async function check2(options2 = {}) {
  const call = "check";
  projectOptions(call, options2, [...COMMON, ...PROOF]);
  const { prove = false } = options2;
  truth(call, "prove", prove);
  const start = performance.now();
  const { dir, schema: schema2, dialects } = sources(call, options2);
  const request = JSON.stringify({ dir, prove, dialects });
  const proof = proofSettings(call, options2, dialects);
  const report = await asked3(() => native().check(schema2, request, proof));
  return { ...report, durationMs: since(start) };
}
async function run2(call, options2, usual, work) {
  const { sql = false, onProgress } = options2;
  const to = text2(call, "to", options2.to ?? usual);
  truth(call, "sql", sql);
  if (onProgress !== void 0 && !isRunnable(onProgress))
    throw new PlinthError("QUERY_INVALID", `${call}(): onProgress must be a function, found ${shown(onProgress)}.`);
  const start = performance.now();
  const target2 = databaseAndRevisions(call, options2);
  const request = JSON.stringify({ dir: target2.dir, to, sql, by: whoami() });
  const heard = onProgress && listener(onProgress);
  const asking = asked3(() => work(target2, request, heard?.hear));
  const report = await asking.finally(heard?.all);
  if (heard?.failed) throw heard.failed.error;
  return { url: target2.place.shown, ...report, durationMs: since(start) };
}
function listener(onProgress) {
  const listening = {
    failed: void 0,
    heard: 0,
    hear(json2) {
      listening.heard++;
      if (listening.failed) return;
      try {
        onProgress(JSON.parse(json2));
      } catch (error) {
        listening.failed = { error };
      }
    },
    /** Steps and the end of the work come on ways of their own: the end can overtake steps that were told before it. */
    async all() {
      for (let before = -1; before !== listening.heard; ) {
        before = listening.heard;
        await new Promise((resolve5) => setImmediate(resolve5));
      }
    }
  };
  return listening;
}
function databaseAndRevisions(call, options2) {
  const cwd = options2.cwd ?? process.cwd();
  if (options2.db !== void 0) {
    if (options2.models !== void 0 || options2.url !== void 0) throw either(call);
    return { ...openedBy(options2.db), dir: folder(call, options2, cwd) };
  }
  const { database, migration: migration2 } = locate(call, { ...options2, cwd });
  if (database.shown === "sqlite::memory:") throw gone2(call);
  return { place: migration2(), handle: void 0, dir: folder(call, options2, cwd) };
}
function given({ models, db }, { place: place4 }) {
  if (db !== void 0) return openedBy(db).project.schema;
  return models === void 0 ? null : checked(jsonOf2("upgrade", models), [place4.dialect]);
}
function folder(call, options2, cwd) {
  const dir = migrationsDir(call, options2, cwd);
  if (dir !== void 0) return dir;
  throw new ConfigError(
    "CONFIG_NOT_FOUND",
    `${call}() found no revisions: there is no configuration in ${(0, import_node_path6.resolve)(cwd)} or above it.`,
    {
      hint: `Name the models in package.json ("plinth": { "models": "./models.ts" }): their revisions are in ./migrations beside it; or pass the folder: ${call}({ migrations }).`
    }
  );
}
function sources(call, options2) {
  const cwd = options2.cwd ?? process.cwd();
  const path = findConfig(cwd);
  const config = path === void 0 ? {} : readConfig(path);
  const dialects = dialectsOf(call, options2, config);
  const schema2 = checked(jsonOf2(call, options2.models ?? loadConfig(cwd).models), dialects);
  const dir = folder(call, options2, cwd);
  return { dir, schema: schema2, dialects, template: templateOf(call, options2, config, cwd) };
}
function dialectsOf(call, { dialects }, config) {
  if (dialects === void 0) return config.dialects ?? BOTH;
  if (isDialects(dialects)) return dialects;
  throw new PlinthError("QUERY_INVALID", `${call}(): dialects is not a list of databases, found ${shown(dialects)}.`, {
    expected: "one or both of 'sqlite' and 'postgres'"
  });
}
function templateOf(call, options2, config, cwd) {
  if (options2.template === void 0) {
    if (config.template === void 0 || config.dir === void 0) return void 0;
    return textOf((0, import_node_path6.resolve)(config.dir, config.template));
  }
  return textOf((0, import_node_path6.resolve)(cwd, text2(call, "template", options2.template)));
}
function textOf(path) {
  try {
    return (0, import_node_fs7.readFileSync)(path, "utf8");
  } catch (cause) {
    throw new ConfigError(
      "CONFIG_INVALID",
      `The template ${shownPath(path)} cannot be read: ${cause.message}`,
      {
        hint: "Name a text file: its lines head the SQL of each revision.",
        cause
      }
    );
  }
}
function proofSettings(call, options2, dialects) {
  if (options2.proveUrl === void 0 && !dialects.includes("postgres")) return void 0;
  const { proveUrl: url = options2.url } = options2;
  const { migration: migration2 } = locate(call, { ...options2, ...url !== void 0 && { url } });
  const place4 = migration2();
  if (place4.dialect === "postgres") return place4.settings();
  if (options2.proveUrl === void 0) return void 0;
  throw new PlinthError("QUERY_INVALID", `${call}(): proveUrl is no PostgreSQL URL: ${place4.shown}.`, {
    hint: "SQLite is always proven, in memory: proveUrl names a PostgreSQL server."
  });
}
function text2(call, name, value2) {
  if (isText(value2) && value2.trim() !== "") return value2.trim();
  throw new PlinthError("QUERY_INVALID", `${call}(): ${name} must be a text, found ${shown(value2)}.`);
}
function truth(call, name, value2) {
  if (typeof value2 !== "boolean")
    throw new PlinthError("QUERY_INVALID", `${call}(): ${name} must be true or false, found ${shown(value2)}.`);
}

// lib/migrate/check.ts
function check3(...given2) {
  const [first] = given2;
  if (given2.length === 0 || typeof first === "object" && first !== null) return check2(first);
  return check(first, check3);
}

// lib/bridge/plans.ts
var KEPT = 1e3;
var Plans = class {
  #handle;
  #plans = /* @__PURE__ */ new Map();
  constructor(handle) {
    this.#handle = handle;
  }
  /** The plan of a query, given as the JSON that the core reads. */
  of(query) {
    const known2 = this.#plans.get(query);
    if (known2) return known2;
    const plan = this.#compile(query);
    this.#keep(plan);
    return plan;
  }
  /** Has the core compile a plan again that somebody held on to while it was forgotten. */
  again(plan) {
    plan.number = this.#described(plan.query).plan;
    this.#keep(plan);
    return plan.number;
  }
  /** The statements of a plan that the core knows, as JSON. */
  statements(plan) {
    ints[Head.plan] = plan.number || this.again(plan);
    return this.#handle.statements();
  }
  #keep(plan) {
    if (this.#plans.size >= KEPT) this.#forget();
    const other = this.#plans.get(plan.query);
    if (other) this.#release(other);
    this.#plans.set(plan.query, plan);
  }
  #described(query) {
    try {
      return JSON.parse(this.#handle.compile(query));
    } catch (thrown) {
      throw rethrown(thrown);
    }
  }
  #compile(query) {
    const { plan, action, params, nodes } = this.#described(query);
    return {
      number: plan,
      query,
      action,
      params,
      nodes: nodes.map((node) => ({ ...node, decode: decoder(node.columns) })),
      writes: action === "raw" ? rawWrites(query) : action !== "select"
    };
  }
  /** Half of them, oldest first: a table of shapes that never recur must not make every call pay. */
  #forget() {
    let left = KEPT / 2;
    for (const [query, plan] of this.#plans) {
      if (left-- === 0) break;
      this.#plans.delete(query);
      this.#release(plan);
    }
  }
  #release(plan) {
    ints[Head.plan] = plan.number;
    this.#handle.release();
    plan.number = 0;
  }
};
function rawWrites(query) {
  const text3 = JSON.parse(query).pieces.join(" ");
  return !/^\s*(select|values)\b/i.test(text3) || /\bfor\s+(no\s+key\s+|key\s+)?(update|share)\b/i.test(text3);
}

// lib/bridge/read-rows.ts
var NO_BYTES = new Uint8Array(0);
function rowsOf(handle, plan, narrow, beside) {
  const { nodes } = plan;
  if (nodes.length === 1) {
    const out = [];
    const node = nodes[0];
    for (let text3 = narrow; ; text3 = handle.chunk()) {
      decodeChunk(handle, node, text3, out, beside);
      if (ints[Head.more] === 0) return out;
    }
  }
  const rows = nodes.map(() => []);
  for (let text3 = narrow; ; text3 = handle.chunk()) {
    const node = ints[Head.node];
    const more = ints[Head.more];
    if (ints[Head.rows] > 0) {
      decodeChunk(handle, nodes[node], text3, rows[node], beside);
    }
    if (more === 0) break;
  }
  for (let node = 1; node < nodes.length; node++) attach(handle, plan, rows, node);
  return rows[0];
}
function decodeChunk(handle, node, narrow, out, beside) {
  const count2 = ints[Head.rows];
  const text3 = wide(handle);
  const data = bytes(handle);
  try {
    node.decode(count2, narrow, text3, data, out, beside);
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    const rows = [];
    decoder(node.columns, true)(count2, narrow, text3, data, rows, []);
    throw notJson(node, rows);
  }
}
function notJson({ of, key: key2 }, rows) {
  const row = rows.find((row2) => Object.values(row2).includes(NOT_JSON)) ?? {};
  const column3 = Object.keys(row).find((name) => row[name] === NOT_JSON) ?? "";
  const parts2 = key2.map((name) => [name, row[name]]);
  const known2 = parts2.length > 0 && parts2.every(([, value2]) => value2 !== void 0);
  const id = parts2.length === 1 ? parts2[0]?.[1] : Object.fromEntries(parts2);
  const shownKey = parts2.length === 1 ? shown(id) : `{ ${parts2.map(([name, value2]) => `${name}: ${shown(value2)}`).join(", ")} }`;
  const place4 = of ? `${of.model}.${column3}` : `the result's column ${column3}`;
  return new PlinthError(
    "VALUE_UNREADABLE",
    `A stored value of ${place4} is not of the column's kind${known2 ? `, in the row with the key ${shownKey}` : ""}.`,
    {
      ...of,
      columns: [column3],
      ...known2 && { key: id },
      found: "text that is not JSON",
      hint: of ? "Something else wrote it: correct it with sql``. `unreadable: 'skip'` reads the other rows." : "Something else wrote it: correct it, or cast it in the SQL to what it is."
    }
  );
}
var wide = (handle) => ints[Head.wide] ? handle.wide() : "";
var bytes = (handle) => ints[Head.bytes] ? handle.bytes() : NO_BYTES;
function attach(handle, plan, rows, node) {
  const link = plan.nodes[node]?.link;
  if (!link) return;
  ints[Head.node] = node;
  const links = handle.links();
  const parents = rows[link.parent];
  const children = rows[node];
  const count2 = parents.length;
  const groups = [];
  for (let i = 0; i < children.length; i++) {
    const group = links[count2 + i];
    const list2 = groups[group];
    if (list2) list2.push(children[i]);
    else groups[group] = [children[i]];
  }
  for (let i = 0; i < count2; i++) {
    const group = groups[links[i]];
    const parent = parents[i];
    if (link.gives === "many") parent[link.relation] = group ? group.slice() : [];
    else if (link.gives === "one") parent[link.relation] = group?.[0] ?? null;
    else {
      parent._count ??= {};
      const counts2 = parent._count;
      counts2[link.relation] = group?.[0]?.value ?? 0;
    }
  }
}

// lib/bridge/client.ts
var GATHER = 16;
var SETTLED = Promise.resolve();
var owing = /* @__PURE__ */ new Set();
var Client = class {
  /** @param schema the schema as JSON  @param settings where the database is, as JSON: see lib/project/location.ts */
  constructor(schema2, settings, observer) {
    this.observer = observer;
    const core = native();
    if (core.wireLength() !== DATA + SLOTS) {
      throw new PlinthError("NATIVE_MISSING", "Plinth's binary is of another version than its JavaScript.", {
        hint: "Install both in the same version."
      });
    }
    const self = new WeakRef(this);
    try {
      this.handle = core.openDatabase(schema2, settings, ints, floats, () => self.deref()?.wake());
    } catch (thrown) {
      throw rethrown(thrown);
    }
    this.plans = new Plans(this.handle);
  }
  observer;
  handle;
  plans;
  #pending = /* @__PURE__ */ new Map();
  #ticket = 0;
  /** Calls that have crossed and wait for the next flush. */
  #gathered = 0;
  #idle = [];
  /** Runs a call in a session; 0 is none. It ends when one of the stoppers fires. */
  send(request, session, stoppers) {
    const ticket = this.#next();
    const watched = this.#watch(request.plan);
    if (!stoppers?.length) {
      this.#cross(request, session, ticket, "submit", watched);
      return this.#promise(ticket, request, watched, session === 0);
    }
    checkAll(stoppers);
    this.#cross(request, session, ticket, "submit", watched, 0);
    return this.#stoppable(ticket, this.#promise(ticket, request, watched, session === 0), stoppers);
  }
  /** Stops a call when one of the stoppers fires; it is answered all the same, with its result where that came first. */
  #stoppable(ticket, answer, stoppers) {
    let why;
    const stop = (error) => {
      if (why) return;
      why = error;
      ints[Head.ticket] = ticket;
      ints[Head.rows] = error.code === "TIMEOUT" ? 1 : 0;
      this.handle.stop();
    };
    const takeBack = stoppers.map((stopper) => stopper.on(stop));
    const over = () => {
      for (const off of takeBack) off();
    };
    const result = answer.then(
      (given2) => {
        over();
        return given2;
      },
      (error) => {
        over();
        throw why && isStopped(error) ? again(why, error) : error;
      }
    );
    return partOf(result, stoppers);
  }
  /**
   * Runs a read that the core answers at once where that is cheap: one row by its key takes less time than handing it to
   * another thread. Where it would have to wait, it goes the usual way.
   */
  sendPoint(request) {
    const ticket = this.#next();
    const watched = this.#watch(request.plan);
    const narrow = this.#cross(request, 0, ticket, "inline", watched);
    if (narrow === void 0) return this.#promise(ticket, request, watched);
    return Promise.resolve(this.#answer(narrow, request, watched, true));
  }
  /**
   * Steers a session: begin, beginRead, commit, rollback; savepoint, release and undo of number `n`; fetch from the stream
   * of number `n`, which `request` opened, and close of one.
   */
  control(session, word, n = 0, stoppers = [], request) {
    const ticket = this.#next();
    checkAll(stoppers);
    if (stoppers.length > 0) this.#limit(0);
    ints[Head.ticket] = ticket;
    ints[Head.session] = session;
    ints[Head.rows] = n;
    const watched = this.#watch(request?.plan);
    ints[Head.watched] = watched ? 1 : 0;
    this.handle.control(word);
    const done = this.#promise(ticket, request, watched);
    return stoppers.length > 0 ? this.#stoppable(ticket, done, stoppers) : done;
  }
  /** The call that crosses next can be stopped; after so many milliseconds by itself, where they are not 0. */
  #limit(ms) {
    ints[Head.rows] = ms;
    this.handle.limit();
  }
  /** The same, blocking; stopped after so many milliseconds, where they are given. */
  sendSync(request, session, ms) {
    const watched = this.#watch(request.plan);
    const narrow = this.#cross(request, session, 0, "call", watched, ms);
    return this.#answer(narrow, request, watched, session === 0);
  }
  /** The same, blocking. */
  controlSync(session, word, n = 0, ms, request) {
    if (ms !== void 0) this.#limit(ms);
    ints[Head.session] = session;
    ints[Head.rows] = n;
    const watched = this.#watch(request?.plan);
    ints[Head.watched] = watched ? 1 : 0;
    return this.#answer(this.handle.callControl(word), request, watched);
  }
  /** Throws FILE_GONE where the database is not any more the one that was opened. */
  verify() {
    try {
      this.handle.verify();
    } catch (thrown) {
      throw rethrown(thrown);
    }
  }
  /** Resolves when nothing is running. */
  idle() {
    if (this.#pending.size === 0) return Promise.resolve();
    return new Promise((resolve5) => this.#idle.push(resolve5));
  }
  /** Closes the connections when what is running is done. */
  async close() {
    await this.idle();
    const ticket = this.#next();
    ints[Head.ticket] = ticket;
    this.handle.end();
    await this.#promise(ticket, void 0, void 0);
    this.handle.close();
  }
  #next() {
    this.#ticket = this.#ticket + 1 & 1073741823;
    return this.#ticket;
  }
  /** Where somebody listens, the call's statements are told. */
  #watch(plan) {
    const { observer } = this;
    return observer.listens ? observer.watch(plan, () => this.plans.statements(plan)) : void 0;
  }
  #promise(ticket, request, watched, alone = false) {
    return new Promise((resolve5, reject) => {
      this.#pending.set(ticket, { request, alone, watched, resolve: resolve5, reject });
      if (this.#pending.size === 1) this.#hold(1);
      this.#gathered++;
      if (this.#gathered === GATHER) this.#flush();
      else if (this.#gathered === 1) SETTLED.then(this.#flush);
    });
  }
  #flush = () => {
    if (this.#gathered === 0) return;
    this.#gathered = 0;
    this.handle.flush();
  };
  #hold(yes) {
    if (yes) owing.add(this);
    else owing.delete(this);
    ints[Head.rows] = yes;
    this.handle.hold();
  }
  /** Hands a call over, in several pieces where it has many rows. */
  #cross(request, session, ticket, way, watched, ms) {
    const { plan, rows, stream: stream2 } = request;
    const number = plan.number || this.plans.again(plan);
    let done = 0;
    for (; ; ) {
      let put2;
      try {
        put2 = pack(request, done);
      } catch (error) {
        if (done > 0) this.handle.discard();
        throw error;
      }
      done += put2;
      if (watched) this.observer.packed(watched, plan);
      ints[Head.ticket] = ticket;
      ints[Head.plan] = number;
      ints[Head.session] = session;
      ints[Head.rows] = put2;
      ints[Head.more] = done < rows ? 1 : 0;
      ints[Head.watched] = watched ? 1 : 0;
      ints[Head.stream] = stream2 === void 0 ? 0 : stream2.number;
      if (stream2 !== void 0) ints[Head.batch] = stream2.batch;
      const text3 = takeText();
      const bytes2 = takeBytes();
      if (ms !== void 0 && done >= rows) {
        this.#limit(ms);
        ints[Head.rows] = put2;
      }
      const result = this.handle[way](text3, bytes2);
      if (typeof result === "number") throw loneSurrogate(request, done - put2, result);
      if (done >= rows) return result;
    }
  }
  /** Reads all answers that are there. */
  wake() {
    for (; ; ) {
      const narrow = this.handle.next();
      if (narrow === void 0) break;
      const pending = this.#pending.get(ints[Head.ticket]);
      if (!pending) continue;
      this.#pending.delete(ints[Head.ticket]);
      try {
        pending.resolve(this.#answer(narrow, pending.request, pending.watched, pending.alone));
      } catch (error) {
        pending.reject(error);
      }
    }
    if (this.#pending.size > 0) return;
    this.#hold(0);
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve5 of idle) resolve5();
  }
  #answer(narrow, request, watched, alone = false) {
    try {
      if (watched && ints[Head.watched]) return this.#told(narrow, request, watched);
      return this.#read(narrow, request);
    } catch (error) {
      if (alone && request?.plan.writes) unknownWrite(error);
      throw error;
    }
  }
  /** Statements are told when the answer is read: those who hear of them may make calls, which use the arrays anew. */
  #told(narrow, request, watched) {
    const timings = this.handle.timings();
    const failed2 = ints[Head.failed] !== 0;
    let error;
    try {
      return this.#read(narrow, request);
    } catch (thrown) {
      if (failed2) error = thrown;
      throw thrown;
    } finally {
      this.observer.tell(watched, timings, error);
    }
  }
  #read(narrow, request) {
    if (ints[Head.failed]) {
      const native2 = JSON.parse(this.handle.error());
      const error = fromNative(native2);
      if (!request) throw error;
      throw native2.param === void 0 ? request.explain(error) : placed(error, request, native2.param);
    }
    return request?.read(this, narrow);
  }
  /** All rows of an answer, with what was included. `beside` gets what goes beside them. */
  rows(plan, narrow, beside) {
    return rowsOf(this.handle, plan, narrow, beside);
  }
  /** The rows that were left out of an answer. */
  skipped() {
    if (ints[Head.skipped] === 0) return [];
    const all2 = JSON.parse(this.handle.skipped());
    return all2.map(([node, error]) => ({ node, error: fromNative(error) }));
  }
  /** The columns of the rows of raw SQL. */
  columns() {
    return JSON.parse(this.handle.columns());
  }
  /** The generated keys of an insert. */
  keys() {
    return this.handle.keys();
  }
  /** The one number of an answer such as a count. */
  scalar() {
    return ints[Head.rows] === 0 ? 0 : ints[DATA] > -2147483647 ? ints[DATA] : floats[DATA];
  }
  /** How many rows a statement changed. */
  changes() {
    return floats[0];
  }
  /** The key that the database made for the last row, as a bigint. */
  lastKey() {
    const keys = ints[Head.keys] ? this.handle.keys() : bigints.subarray(0, 0);
    return keys[keys.length - 1] ?? 0n;
  }
  /** The key that the database made for the last row, as a number. */
  lastKeyNumber() {
    return floats[1];
  }
};
function unknownWrite(error) {
  if (!(error instanceof PlinthError) || error.code !== "VALUE_UNREADABLE" || error.mayHaveCommitted !== void 0)
    return;
  const hint = `The write may have been committed: look before you make the call again. ${error.hint ?? ""}`.trim();
  Object.assign(error, { mayHaveCommitted: true, hint });
}

// lib/base/terminal.ts
function styleOf(stream2, env = process.env) {
  const colours = stream2.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
  const code = (on, off) => (text3) => colours ? `\x1B[${on}m${text3}\x1B[${off}m` : text3;
  return { bold: code(1, 22), dim: code(2, 22), red: code(31, 39), green: code(32, 39), yellow: code(33, 39) };
}
function count(n, one, many2 = one.endsWith("x") ? `${one}es` : `${one}s`) {
  return `${n.toLocaleString("en-US")} ${n === 1 ? one : many2}`;
}

// lib/observe/logger.ts
var REPEATED = 10;
var WIDTH = 240;
var KNOWN = ["statements", "slowMs", "values", "nPlusOne", "to"];
function logOf(call, options2) {
  const given2 = options2.log;
  const { NODE_ENV } = options2.env ?? process.env;
  const development = NODE_ENV === "development" ? REPEATED : void 0;
  const write = (event) => console.error(lineOf(styleOf(process.stderr), event));
  const plain2 = { slowMs: void 0, values: false, nPlusOne: development };
  if (given2 === void 0 || typeof given2 === "boolean") return { ...plain2, statements: given2 === true, to: write };
  if (isRunnable(given2)) return { ...plain2, statements: true, to: given2 };
  const { statements: statements2, slowMs, values, nPlusOne, to } = checked2(call, given2);
  return {
    statements: statements2 ?? (slowMs === void 0 && nPlusOne === void 0),
    slowMs,
    values: values === true,
    nPlusOne: nPlusOne === void 0 ? development : often(nPlusOne),
    to: to ?? write
  };
}
var often = (given2) => typeof given2 === "number" ? given2 : given2 ? REPEATED : void 0;
function checked2(call, given2) {
  const wrong5 = (name, expected, value2) => new PlinthError("QUERY_INVALID", `${call}(): ${name} must be ${expected}, found ${shown(value2)}.`);
  if (typeof given2 !== "object" || given2 === null || Array.isArray(given2)) {
    throw wrong5("log", "true, false, a function or an object", given2);
  }
  for (const name in given2) {
    if (KNOWN.includes(name)) continue;
    throw new PlinthError("UNKNOWN_OPTION", `${call}(): log has no option "${name}".`, {
      hint: `The options are: ${KNOWN.join(", ")}.`
    });
  }
  const log = given2;
  const { statements: statements2, slowMs, values, nPlusOne, to } = log;
  for (const [name, value2] of Object.entries({ statements: statements2, values })) {
    if (value2 !== void 0 && typeof value2 !== "boolean") throw wrong5(`log.${name}`, "true or false", value2);
  }
  if (slowMs !== void 0 && !(typeof slowMs === "number" && slowMs >= 0)) {
    throw wrong5("log.slowMs", "a number of milliseconds from 0", slowMs);
  }
  if (nPlusOne !== void 0 && typeof nPlusOne !== "boolean" && !(Number.isSafeInteger(nPlusOne) && nPlusOne > 0)) {
    throw wrong5("log.nPlusOne", "true, false or a whole number from 1", nPlusOne);
  }
  if (to !== void 0 && !isRunnable(to)) throw wrong5("log.to", "a function", to);
  return log;
}
function lineOf(style, event) {
  const { action, error, model: model2, rows, slow, sql, values } = event;
  const took = slow ? style.yellow(`${time(event.durationMs)} slow`) : time(event.durationMs);
  const steers = model2 === void 0 && action !== "sql";
  const came = error ? `, ${style.red(error.code)}` : steers ? "" : `, ${count(rows, "row")}`;
  const bound = values?.length ? style.dim(`  [${values.map((value2) => shown(value2)).join(", ")}]`) : "";
  return `${style.dim("plinth")} ${took}${came}  ${oneLine(sql)}${bound}`;
}
var time = (ms) => ms < 10 ? `${ms.toFixed(2)} ms` : `${ms.toLocaleString("en-US", { maximumFractionDigits: ms < 100 ? 1 : 0 })} ms`;
function oneLine(sql) {
  const text3 = sql.replace(/\s+/g, " ").trim();
  if (text3.length <= WIDTH) return text3;
  return `${text3.slice(0, WIDTH / 3)} ... ${text3.slice(text3.length - WIDTH * 2 / 3)}`;
}

// lib/observe/n-plus-one.ts
var import_node_async_hooks = require("node:async_hooks");
var import_node_diagnostics_channel = require("node:diagnostics_channel");

// lib/observe/relations.ts
var SHOWN = 3;
var Relations = class {
  #models;
  #all;
  #keys = /* @__PURE__ */ new Map();
  constructor(json2) {
    this.#models = new Map(json2.models.map((model2) => [model2.model, model2]));
    this.#all = json2.models.flatMap(
      (model2) => (model2.relations ?? []).map((relation2) => ({ parent: model2.model, relation: relation2 }))
    );
    for (const model2 of json2.models) this.#keys.set(model2.model, this.#keysOf(model2));
  }
  /** Whether a column says which rows belong to a row of another model: a key of its own, or one that points elsewhere. */
  isKey(model2, column3) {
    return this.#keys.get(model2)?.has(column3) === true;
  }
  #keysOf(model2) {
    const unique2 = (model2.indexes ?? []).filter((index2) => index2.unique).flatMap((index2) => index2.parts.map((part2) => part2.column));
    const names2 = [
      ...model2.primaryKey,
      ...(model2.uniques ?? []).flatMap((unique3) => unique3.columns),
      ...(model2.foreignKeys ?? []).flatMap((key2) => key2.columns),
      ...unique2
    ];
    const keys = new Set(model2.columns.filter((c2) => names2.includes(c2.name)).map((c2) => c2.property));
    for (const { parent, relation: relation2 } of this.#all) {
      const holds = relation2.kind === "one" ? parent : relation2.target;
      if (holds === model2.model && relation2.key !== void 0) keys.add(relation2.key);
    }
    return keys;
  }
  /** What would read at once what a call read by this column for each row; rows of the models of `listed` were read before. */
  remedy(model2, call, column3, listed) {
    const all2 = this.#all.filter((candidate) => this.#leads(candidate, model2, column3));
    const near = all2.filter(({ parent }) => listed.includes(parent));
    const found4 = (near.length > 0 ? near : all2).slice(0, SHOWN);
    const counts2 = call === "count" || call === "exists";
    const includes = found4.map(({ parent, relation: relation2 }) => {
      const inner = `{ ${relation2.name}: true }`;
      const include2 = counts2 && relation2.kind === "many" ? `{ _count: ${inner} }` : inner;
      return `db.${parent}.list({ include: ${include2} })`;
    });
    const together = `with the rows they belong to: ${includes.join(", or ")}`;
    if (near.length > 0) return `Read them ${together}.`;
    const once2 = `Read them at once: db.${model2}.list({ where: { ${column3}: { in: [...] } } })`;
    return includes.length > 0 ? `${once2}; or ${together}.` : `${once2}.`;
  }
  /** Whether a relation finds rows of a model by this column; or, through an association, those behind them. */
  #leads({ parent, relation: relation2 }, model2, column3) {
    if (relation2.through !== void 0) return relation2.through === model2 && this.#target(model2, column3)?.[0] === parent;
    if (relation2.target !== model2) return false;
    if (relation2.kind !== "one") return relation2.key === column3;
    const [, referenced] = this.#target(parent, relation2.key) ?? [];
    return (referenced ?? this.#primary(model2)) === column3;
  }
  /** The model and the column that a foreign key of one column points to. */
  #target(name, property) {
    const model2 = this.#models.get(name);
    const stored2 = model2?.columns.find((c2) => c2.property === property)?.name;
    const key2 = model2?.foreignKeys?.find((key3) => key3.columns.length === 1 && key3.columns[0] === stored2);
    const target2 = key2 && [...this.#models.values()].find((m) => m.table === key2.target || m.model === key2.target);
    return target2 && [target2.model, target2.columns.find((c2) => c2.name === key2.references[0])?.property];
  }
  #primary(name) {
    const model2 = this.#models.get(name);
    const names2 = model2?.primaryKey.length ? model2.primaryKey : model2?.columns.filter((c2) => /^(big)?id$/i.test(c2.kind)).map((c2) => c2.name);
    return model2?.columns.find((c2) => c2.name === names2?.[0])?.property;
  }
};

// lib/observe/n-plus-one.ts
var warnings = (0, import_node_diagnostics_channel.channel)("plinth:warning");
var REMEMBERED = 8;
var FRAMES = 24;
var SETTLED2 = Promise.resolve();
var START = { reads: [], listed: [], turn: 0 };
var paths = new import_node_async_hooks.AsyncLocalStorage();
var current = 0;
var turning = false;
function now() {
  if (!turning) {
    turning = true;
    current++;
    const end = () => {
      turning = false;
    };
    process.nextTick(() => SETTLED2.then(() => process.nextTick(end)));
  }
  return current;
}
var NPlusOne = class {
  constructor(most, json2) {
    this.most = most;
    this.#relations = new Relations(json2);
  }
  most;
  #units = /* @__PURE__ */ new WeakMap();
  #keyed = /* @__PURE__ */ new WeakMap();
  #warned = /* @__PURE__ */ new Set();
  #relations;
  /** Sends a read, and counts it. */
  send(way, model2, call, request) {
    const unit = way.belongsTo;
    const before = (unit ? this.#units.get(unit) : paths.getStore()) ?? START;
    const path = this.#after(before, unit !== void 0, model2, call, request);
    if (unit) this.#units.set(unit, path);
    else paths.enterWith(path);
    const result = way.send(request);
    return unit && result instanceof Promise ? this.#followed(path, result) : result;
  }
  /** A call that stands alone: what follows its answer goes on from what led to it. */
  follow(call) {
    const path = paths.getStore();
    return path?.turn === now() ? this.#followed(path, call) : call;
  }
  #followed(path, call) {
    return call.then(
      (value2) => {
        path.turn = now();
        return value2;
      },
      (error) => {
        path.turn = now();
        throw error;
      }
    );
  }
  #after(before, within3, model2, call, request) {
    const turn = now();
    const column3 = this.#key(model2, request.plan);
    const lists = call === "list" && !before.listed.includes(model2.name);
    const listed = lists ? [...before.listed, model2.name].slice(-REMEMBERED) : before.listed;
    if (column3 === null) return { reads: before.reads, listed, turn };
    const place4 = frames();
    const values = request.values.join();
    const same = before.reads.find((read4) => read4.plan === request.plan && isSame(read4.place, place4));
    const goesOn = same && (before.turn === turn || within3 && same.values !== values);
    const read3 = { plan: request.plan, place: place4, values, count: goesOn ? same.count + 1 : 1 };
    if (read3.count > this.most) this.#warn(model2, call, column3, read3, listed);
    const others = before.reads.filter((other) => other !== same);
    return { reads: [...others, read3].slice(-REMEMBERED), listed, turn };
  }
  /** The column by which a read finds the rows of another one; null for a read of any other kind. */
  #key(model2, plan) {
    let key2 = this.#keyed.get(plan);
    if (key2 === void 0) {
      const { where: where2 = [] } = JSON.parse(plan.query);
      const compared2 = where2.filter((part2) => part2[1] === "eq" || part2[1] === "key").map((part2) => String(part2[0]));
      key2 = compared2.find((column3) => this.#relations.isKey(model2.name, column3)) ?? null;
      this.#keyed.set(plan, key2);
    }
    return key2;
  }
  #warn(model2, call, column3, { plan, place: place4, count: count2 }, listed) {
    const [line2 = ""] = place4;
    const once2 = `${plan.query} ${line2}`;
    if (this.#warned.has(once2)) return;
    this.#warned.add(once2);
    const event = {
      code: "PLINTH_N_PLUS_ONE",
      message: `${model2.name}.${call}() ran ${count2} times one after the other${line2 && `, at ${line2}`}.`,
      model: model2.name,
      call,
      count: count2,
      place: line2,
      hint: this.#relations.remedy(model2.name, call, column3, listed)
    };
    process.emitWarning(event.message, { type: "PlinthWarning", code: event.code, detail: event.hint });
    if (warnings.hasSubscribers) warnings.publish(event);
  }
};
function isSame(one, other) {
  if (one[0] !== other[0]) return false;
  const [short2, long] = one.length < other.length ? [one, other] : [other, one];
  let at = 0;
  for (const line2 of long) if (line2 === short2[at]) at++;
  return at === short2.length;
}
function frames() {
  const before = Error.stackTraceLimit;
  Reflect.set(Error, "stackTraceLimit", FRAMES);
  let stack;
  try {
    stack = new Error().stack;
  } catch {
  }
  Reflect.set(Error, "stackTraceLimit", before);
  if (typeof stack !== "string") return [];
  const lines = stack.split("\n").filter((line2) => line2.startsWith("    at "));
  const first = lines.findIndex((line2) => !line2.includes(__filename));
  const theirs = first < 0 ? [] : lines.slice(first);
  const places = theirs.map(placeOf2).filter((place4) => place4 !== "");
  return places.map((place4, i) => i === 0 ? place4 : place4.replace(/:\d+$/, ""));
}
function placeOf2(frame) {
  const at = /(?:\(|at (?:async )?)((?:file:|\/|[A-Za-z]:[\\/]).*:\d+:\d+)\)?$/.exec(frame)?.[1];
  if (at === void 0 || at.includes(__filename)) return "";
  const path = at.replace(/^file:\/\//, "");
  const folder2 = `${process.cwd()}/`;
  return path.startsWith(folder2) ? path.slice(folder2.length) : path;
}

// lib/observe/statements.ts
var import_node_diagnostics_channel2 = require("node:diagnostics_channel");
var statements = (0, import_node_diagnostics_channel2.channel)("plinth:statement");
var LONGEST4 = 100;
var CONTROL = { of: void 0, values: void 0 };
var StatementObserver = class {
  constructor(dialect, models, log) {
    this.dialect = dialect;
    this.models = models;
    this.log = log;
  }
  dialect;
  models;
  log;
  #plans = /* @__PURE__ */ new WeakMap();
  /** Whether they are being told: what they call meanwhile is not told in its turn. */
  #telling = false;
  #failed = false;
  /** Whether anybody wants to hear of the next call. */
  get listens() {
    const { log } = this;
    return (log.statements || log.slowMs !== void 0 || statements.hasSubscribers) && !this.#telling;
  }
  /** Begins to watch a call. `describe` asks the core for the statements of the plan, as JSON; once. */
  watch(plan, describe2) {
    if (!plan) return CONTROL;
    let of = this.#plans.get(plan);
    if (!of) {
      of = statementsOf(plan, JSON.parse(describe2()), this.models);
      this.#plans.set(plan, of);
    }
    return { of, values: void 0 };
  }
  /** Notes the values of a call, which have just been put into the shared arrays. */
  packed(watched, plan) {
    if (this.log.values && !watched.values) watched.values = valuesOf(plan, watched.of?.hidden);
  }
  /** Tells of the statements of a call; `timings` is JSON, `error` is why the call failed. */
  tell(watched, timings, error) {
    const all2 = JSON.parse(timings);
    const failed2 = error ? Math.max(
      all2.findIndex((timing) => timing[2] === null),
      all2.length - 1
    ) : -1;
    for (const [i, timing] of all2.entries()) this.#event(this.#of(watched, timing, i === failed2 ? error : void 0));
  }
  #of(watched, [what, durationMs, rows, keys], error) {
    const { dialect } = this;
    const { slowMs, values } = this.log;
    const node = typeof what === "number" ? watched.of?.nodes[what] : void 0;
    const { model: model2 } = node ?? {};
    return {
      sql: node ? node.sql : String(what),
      durationMs,
      rows: rows ?? 0,
      ...error && { error: { code: error.code, message: error.message } },
      ...model2 !== void 0 && { model: model2 },
      action: node ? watched.of.action : controlOf(String(what)),
      dialect,
      ...slowMs !== void 0 && durationMs >= slowMs && { slow: true },
      ...values && node && watched.values && { values: boundBy(node, watched.values, keys) }
    };
  }
  #event(event) {
    const { log } = this;
    this.#telling = true;
    try {
      if (log.statements || event.slow) this.#report(event);
      if (statements.hasSubscribers) statements.publish(event);
    } finally {
      this.#telling = false;
    }
  }
  /** What a log function throws is its own affair: it is told once, and breaks no call. */
  #report(event) {
    const failed2 = (reason2) => {
      if (this.#failed) return;
      this.#failed = true;
      const text3 = reason2 instanceof Error ? reason2.message : String(reason2);
      process.emitWarning(`The log function of open() fails: ${text3}`, { code: "PLINTH_LOG_FAILED" });
    };
    try {
      const result = this.log.to(event);
      if (typeof result?.then === "function") Promise.resolve(result).catch(failed2);
    } catch (reason2) {
      failed2(reason2);
    }
  }
};
function statementsOf(plan, described2, models) {
  const metas = [];
  const nodes = described2.nodes.map((node, i) => {
    const link = plan.nodes[i]?.link;
    const meta = link ? metas[link.parent]?.relations.get(link.relation)?.target : models.get(JSON.parse(plan.query).model ?? "");
    metas.push(meta);
    return { ...node, model: meta?.name };
  });
  return { nodes, action: plan.action === "raw" ? "sql" : plan.action, hidden: new Set(described2.private) };
}
function boundBy(node, values, keys) {
  const own = values.slice(node.from, node.to);
  return node.linked ? [`[${keys} ${keys === 1 ? "key" : "keys"}]`, ...own] : own;
}
function valuesOf(plan, hidden) {
  let text3 = 0;
  return plan.params.map((wire, i) => {
    const at = DATA + i;
    const int = ints[at];
    const float = floats[at];
    const value2 = () => {
      switch (wire) {
        case "int":
          return int === NULL ? null : int === BIG ? float : int;
        case "bool":
          return int === NULL ? null : int === 1;
        case "bigint":
          return int === 0 ? bigints[at] : null;
        case "real":
          return Number.isNaN(float) ? null : float;
        case "time":
          return Number.isNaN(float) ? null : new Date(float);
        case "bytes":
          return int < 0 ? null : `[${int} ${int === 1 ? "byte" : "bytes"}]`;
        default:
          if (int < 0) return null;
          text3 += int;
          return short(loose.text.slice(text3 - int, text3));
      }
    };
    const read3 = value2();
    return hidden?.has(i) ? "[private]" : read3;
  });
}
function short(text3) {
  if (text3.length <= LONGEST4) return text3;
  const end = /[\ud800-\udbff]/.test(text3[LONGEST4 - 1]) ? LONGEST4 - 1 : LONGEST4;
  return `${text3.slice(0, end)}... (${text3.length.toLocaleString("en-US")} characters)`;
}
function controlOf(sql) {
  const word = sql.split(" ", 1)[0];
  switch (word) {
    case "BEGIN":
      return "begin";
    case "COMMIT":
      return "commit";
    case "SAVEPOINT":
      return "savepoint";
    case "RELEASE":
      return "release";
    default:
      return sql.startsWith("ROLLBACK TO") ? "rollbackTo" : "rollback";
  }
}

// lib/unit/database-state.ts
var import_node_async_hooks2 = require("node:async_hooks");
var writing = /* @__PURE__ */ new Map();
var SNAPSHOT = 1 << 30;
var memories = 0;
var DatabaseState = class {
  constructor(client, models, location, openedFrom, repeats) {
    this.client = client;
    this.models = models;
    this.openedFrom = openedFrom;
    this.repeats = repeats;
    const url = location.shown;
    this.url = url;
    this.dialect = location.dialect;
    this.inMemory = url === "sqlite::memory:";
    this.file = url.startsWith("sqlite:///") ? url.slice("sqlite:///".length) : void 0;
    this.#name = this.inMemory ? `${url}${++memories}` : url.replace(/\/\/[^/]*@/, "//");
  }
  client;
  models;
  openedFrom;
  repeats;
  running = new import_node_async_hooks2.AsyncLocalStorage();
  /** The scope of the request that is being answered: see request-scope.ts. Apart from `running`, which is switched off in the midst of it. */
  requests = new import_node_async_hooks2.AsyncLocalStorage();
  /** The database, without a password. */
  url;
  dialect;
  /** Whether there is one connection for all calls. */
  inMemory;
  /** The path of its file, where it is one. */
  file;
  /** The blocking transaction that is open. */
  blocking;
  /** Explicit sessions that are open, by what ends them. */
  sessions = /* @__PURE__ */ new Set();
  /** Streams that are open outside of transactions. */
  streams = /* @__PURE__ */ new Set();
  #transactions = /* @__PURE__ */ new Set();
  /** Scopes of requests that have not ended. */
  #requests = 0;
  /** Its name among those that are written to: every handle of a file is of one database. */
  #name;
  #session = 0;
  #savepoint = 0;
  #stream = 0;
  #closing;
  /** A number for a new session. */
  number(readOnly) {
    this.#session = this.#session % (SNAPSHOT - 1) + 1;
    return readOnly ? this.#session | SNAPSHOT : this.#session;
  }
  /** A number for a new savepoint. */
  savepoint() {
    this.#savepoint = this.#savepoint + 1 & 1073741823;
    return this.#savepoint;
  }
  /** A number for a new stream. */
  stream() {
    this.#stream = this.#stream % 1073741823 + 1;
    return this.#stream;
  }
  /** A place for a stream outside of any transaction: a snapshot of its own; in memory, where there is but one connection, none. */
  snapshot(streams, guard) {
    const session = this.inMemory ? 0 : this.number(true);
    return { client: this.client, session, own: session !== 0, streams, guard };
  }
  /** Throws after close(). */
  alive() {
    if (this.#closing) throw closed();
  }
  /** Throws where a call on the database itself would not do what it says; `session`: where it is one of that session. */
  guard(session) {
    this.alive();
    if (this.blocking) throw outer("blocking transaction");
    if (this.#transactions.size > 0) this.outside(void 0);
    if (this.#requests > 0) this.#beside(session);
  }
  /** Throws for a call beside the session of the scope that it comes from, which has begun. */
  #beside(session) {
    const scope = this.requests.getStore();
    if (scope?.state?.busy && scope.state !== session) throw outer("scope");
  }
  /** A scope of a request begins, or ends. */
  request(change) {
    this.#requests += change;
    if (this.#requests === 0) this.requests.disable();
  }
  /** Throws when a call on `transaction` (the database itself: undefined) comes from another that runs in it. */
  outside(transaction) {
    const running = this.running.getStore();
    if (!running || running === transaction || running.ended) return;
    if (transaction && !running.inside(transaction)) return;
    throw outer("transaction");
  }
  /** Counts a transaction while it lasts, so that close() waits for it. */
  track(work) {
    this.#transactions.add(work);
    const done = () => {
      this.#transactions.delete(work);
      if (this.#transactions.size === 0) this.running.disable();
    };
    work.then(done, done);
    return work;
  }
  /** A session that holds the writer begins, or ends. */
  writing(change) {
    const count2 = (writing.get(this.#name) ?? 0) + change;
    if (count2 > 0) writing.set(this.#name, count2);
    else writing.delete(this.#name);
  }
  /** Throws where a blocking call would wait for an asynchronous transaction, which could not go on meanwhile. */
  guardBlocking(writes) {
    this.alive();
    if (writing.has(this.#name) && (writes || this.inMemory)) {
      throw new PlinthError(
        "SYNC_BLOCKED",
        "A blocking call would wait for ever: an asynchronous transaction of this process is open.",
        {
          hint: "Await the transaction or close the session first, or make the call on it."
        }
      );
    }
    if (this.#transactions.size > 0) this.outside(void 0);
    if (this.#requests > 0) this.#beside(void 0);
  }
  /** Refuses new calls, waits for those that run, rolls back open sessions, closes the connections. */
  async close() {
    if (!this.#closing) {
      if (this.blocking) throw outer("blocking transaction");
      if (this.#transactions.size > 0) this.outside(void 0);
      this.#closing = this.#close();
    }
    await this.#closing;
  }
  async #close() {
    await endAll(this.streams, closed());
    await Promise.allSettled([...this.sessions].map((session) => session.close()));
    while (this.#transactions.size > 0) await Promise.allSettled(this.#transactions);
    await this.client.close();
  }
};

// lib/project/seeds.ts
async function runSeeds(db, seeds) {
  const seeded2 = [];
  const alreadySeeded = [];
  for (const seed of seeds) {
    const ran = await db.transaction((tx) => once(tx, seed));
    (ran ? seeded2 : alreadySeeded).push(seed.name);
  }
  return { seeded: seeded2, alreadySeeded };
}
async function once(tx, seed) {
  const recorded = await tx.sql`INSERT INTO plinth_seeds (name, applied_at) VALUES (${seed.name}, ${/* @__PURE__ */ new Date()})
    ON CONFLICT (name) DO NOTHING RETURNING name`;
  if (recorded.length === 0) return false;
  try {
    await seed.run(tx);
  } catch (error) {
    if (error instanceof PlinthError) throw Object.assign(error, { message: `Seed "${seed.name}": ${error.message}` });
    throw error;
  }
  return true;
}

// lib/project/init-reset.ts
var OPEN = ["models", "url", "env", "cwd", "durability", "pool", "prepare", "log"];
var INIT = [...OPEN, "seed", "db", "migrations"];
function open2(options2 = {}) {
  projectOptions("open", options2, OPEN);
  const log = logOf("open", options2);
  const project = projectOf("open", options2);
  return openProject(project, project.database, log);
}
function openProject(project, database, log) {
  const models = metaOf(project.json);
  const client = new Client(project.schema, database.settings(), new StatementObserver(database.dialect, models, log));
  const repeats = log.nPlusOne === void 0 ? void 0 : new NPlusOne(log.nPlusOne, project.json);
  return dbOf(new DatabaseState(client, models, database, project, repeats));
}
async function initDb(options2 = {}) {
  projectOptions("initDb", options2, INIT);
  const log = logOf("initDb", options2);
  const work = target("initDb", options2);
  const start = performance.now();
  const seeds = work.project.seeds();
  const revisions = revisionsOf(work, options2);
  const made = await asked3(
    () => native().initDatabase(work.project.schema, work.place.settings(), work.handle, revisions)
  );
  return initReport(work, made, () => seeded(work, seeds, options2.db, log), start);
}
function revisionsOf({ project }, options2) {
  return JSON.stringify({ dir: project.migrations(), auto: autoMigration(options2), by: whoami() });
}
async function initReport(work, made, seeded2, start) {
  return { url: work.place.shown, ...made, ...await seeded2(), durationMs: since(start) };
}
async function seeded({ project, place: place4 }, seeds, db, log) {
  if (seeds.length === 0) return { seeded: [], alreadySeeded: [] };
  if (db) return runSeeds(db, seeds);
  const own = openProject(project, place4, log);
  try {
    return await runSeeds(own, seeds);
  } finally {
    await own.close();
  }
}
async function resetDb(options2 = {}) {
  projectOptions("resetDb", options2, [...INIT, "force"]);
  const log = logOf("resetDb", options2);
  const work = target("resetDb", options2);
  const env = options2.env ?? process.env;
  const { force = false } = options2;
  if (typeof force !== "boolean") {
    throw new PlinthError("QUERY_INVALID", `resetDb(): force must be true or false, found ${shown(force)}.`);
  }
  if (!force) {
    if (env.NODE_ENV === "production") throw await refusal(work, "in production", "NODE_ENV=production");
    if (work.place.remote || work.project.database.remote) {
      throw await refusal(work, `where the database is on another machine (${work.place.shown})`, "another machine");
    }
  }
  const start = performance.now();
  const seeds = work.project.seeds();
  const revisions = revisionsOf(work, options2);
  const { init, ...rest } = await asked3(
    () => native().resetDatabase(work.project.schema, work.place.settings(), work.handle, revisions)
  );
  const report = await initReport(work, init, () => seeded(work, seeds, options2.db, log), start);
  return { ...rest, url: work.place.shown, init: report, durationMs: since(start) };
}
async function refusal({ place: place4, handle }, where2, found4) {
  const survey = await asked3(() => native().surveyDatabase(place4.settings(), handle));
  const lost = destroyed(survey.tables);
  return new PlinthError("RESET_REFUSED", `A reset is refused ${where2}. ${lost}`, {
    expected: "force",
    found: found4,
    hint: "Say force (resetDb({ force: true }), plinth reset --force) if this database is to be emptied."
  });
}
function destroyed(tables) {
  if (tables.length === 0) return "There are no tables to destroy.";
  const full = tables.filter((t) => t.rows !== 0);
  const rows = full.map((t) => `${t.name} (${t.rows === null ? "rows unknown" : several(t.rows, "row")})`);
  const empty = tables.filter((t) => t.rows === 0).map((t) => t.name);
  if (full.length > 0 && empty.length > 3) rows.push(`and ${empty.length} empty tables`);
  else rows.push(...empty.map((name) => `${name} (empty)`));
  const sum3 = full.reduce((sum4, t) => sum4 + (t.rows ?? 0), 0);
  return `It would have destroyed ${several(tables.length, "table")} with ${several(sum3, "row")}: ${rows.join(", ")}.`;
}
var several = (n, one) => `${n} ${n === 1 ? one : `${one}s`}`;
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  CheckViolationError,
  ConfigError,
  ConstraintError,
  ForeignKeyViolationError,
  NotFoundError,
  NotNullViolationError,
  PlinthError,
  SchemaError,
  UniqueViolationError,
  ValidationError,
  c,
  check,
  downgrade,
  expressScope,
  expression,
  fastifyScope,
  fetchScope,
  foreignKey,
  healthHandler,
  history,
  honoScope,
  index,
  initDb,
  jsonNull,
  loadConfig,
  model,
  open,
  resetDb,
  revision,
  schema,
  stamp,
  status,
  unique,
  upgrade,
  version
});
