#!/usr/bin/env node
// Built from lib/cli/index.ts by `npm run build:js`. Do not edit.
"use strict";

// lib/cli/index.ts
var import_commander = require("commander");

// lib/base/terminal.ts
function styleOf(stream, env = process.env) {
  const colours = stream.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
  const code = (on, off) => (text) => colours ? `\x1B[${on}m${text}\x1B[${off}m` : text;
  return { bold: code(1, 22), dim: code(2, 22), red: code(31, 39), green: code(32, 39), yellow: code(33, 39) };
}
function duration(ms) {
  return ms < 1e3 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1e3).toFixed(1)} s`;
}
function count(n, one, many = one.endsWith("x") ? `${one}es` : `${one}s`) {
  return `${n.toLocaleString("en-US")} ${n === 1 ? one : many}`;
}
function wrap(words, width) {
  const lines2 = [];
  for (const [i, word] of words.entries()) {
    const piece = i < words.length - 1 ? `${word},` : word;
    const last = lines2.at(-1);
    if (last !== void 0 && last.length + 1 + piece.length <= width) lines2[lines2.length - 1] = `${last} ${piece}`;
    else lines2.push(piece);
  }
  return lines2;
}

// lib/cli/index.ts
var import__4 = require("./index.js");

// lib/cli/commands.ts
var import__ = require("./index.js");

// lib/cli/report.ts
var import_node_path = require("node:path");
var LABEL = 10;
var WIDTH = 100;
function line(label, head, names = []) {
  const start = `  ${label.padEnd(LABEL)}${head}${names.length ? ": " : ""}`;
  const rest = " ".repeat(LABEL + 4);
  const [first = "", ...more] = wrap(names, WIDTH - rest.length);
  return start.length + first.length <= WIDTH ? [start + first, ...more.map((text) => rest + text)].join("\n") : [start.trimEnd(), rest + first, ...more.map((text) => rest + text)].join("\n");
}
function sentence(label, text) {
  const rest = " ".repeat(LABEL + 2);
  const lines2 = [];
  for (const word of text.split(/\s+/)) {
    const last = lines2.at(-1);
    if (last !== void 0 && rest.length + last.length + 1 + word.length <= WIDTH)
      lines2[lines2.length - 1] = `${last} ${word}`;
    else lines2.push(word);
  }
  return `  ${label.padEnd(LABEL)}${lines2.join(`
${rest}`)}`;
}
var title = (style, verb2, url) => `${style.bold(`plinth ${verb2}`)}  ${style.dim(url)}`;
function shownPath(path) {
  const near = (0, import_node_path.relative)(process.cwd(), path);
  return near === "" || near.startsWith("..") ? path : near;
}
function initText(report, style) {
  return [title(style, "init", report.url), ...initLines(report, style), `  ${done(report, style)}`].join("\n");
}
function initLines(report, style) {
  const { migrated, adopted, created, existing, pending, seeded, alreadySeeded } = report;
  const lines2 = [];
  if (adopted) lines2.push(line("adopted", "a database that was there before its first revision"));
  for (const { version: version2, name, tookMs } of migrated) {
    lines2.push(line("applied", `${version2}_${name} (${duration(tookMs)})`));
  }
  if (created.tables.length) lines2.push(line("created", count(created.tables.length, "table"), created.tables));
  const names = created.tables.length ? [] : created.indexes;
  if (created.indexes.length) lines2.push(line("created", count(created.indexes.length, "index"), names));
  if (existing.tables.length) lines2.push(line("left", `${count(existing.tables.length, "table")} as they were`));
  if (seeded.length) lines2.push(line("seeded", seeded.join(", ")));
  if (alreadySeeded.length)
    lines2.push(line("left", `${count(alreadySeeded.length, "seed")} that had run before`, alreadySeeded));
  for (const difference of pending) lines2.push(style.yellow(line("pending", difference)));
  return lines2;
}
function done({ migrated, adopted, created, seeded, pending, durationMs }, style) {
  const made = created.tables.length + created.indexes.length + seeded.length + migrated.length;
  const nothing = made === 0 && !adopted;
  const left = pending.length ? `; ${count(pending.length, "difference")} left as ${pending.length === 1 ? "it is" : "they are"}` : "";
  return style.green(nothing ? "Nothing to do" : "Done") + style.dim(`${left}, ${duration(durationMs)}`);
}
function resetText({ url, dropped, init: init2, durationMs }, style) {
  const rows = dropped.tables.reduce((sum, table) => sum + (table.rows ?? 0), 0);
  const lines2 = [title(style, "reset", url)];
  if (dropped.tables.length) {
    const names = dropped.tables.map(({ name, rows: rows2 }) => rows2 ? `${name} (${rows2.toLocaleString("en-US")})` : name);
    lines2.push(line("dropped", `${count(dropped.tables.length, "table")} with ${count(rows, "row")}`, names));
  }
  if (dropped.views.length) lines2.push(line("dropped", count(dropped.views.length, "view"), dropped.views));
  if (dropped.triggers.length) lines2.push(line("dropped", count(dropped.triggers.length, "trigger"), dropped.triggers));
  if (dropped.others?.length) lines2.push(line("dropped", `${dropped.others.length} more`, dropped.others));
  lines2.push(...initLines(init2, style), `  ${done({ ...init2, durationMs }, style)}`);
  return lines2.join("\n");
}
function seedText(report, style) {
  const { url, seeded, alreadySeeded, created, durationMs } = report;
  const lines2 = [title(style, "seed", url)];
  if (created.tables.length) lines2.push(line("created", count(created.tables.length, "table"), created.tables));
  if (seeded.length) lines2.push(line("seeded", seeded.join(", ")));
  if (alreadySeeded.length)
    lines2.push(line("left", `${count(alreadySeeded.length, "seed")} that had run before`, alreadySeeded));
  lines2.push(`  ${style.green(seeded.length ? "Done" : "Nothing to do")}${style.dim(`, ${duration(durationMs)}`)}`);
  return lines2.join("\n");
}
function healthText(health2, style) {
  const { status: status2, version: version2, dialect, serverVersion, prepare, latencyMs, url, revision: revision2, pending, error } = health2;
  const lines2 = [
    title(style, "health", url),
    line("status", status2 === "ok" ? style.green("ok") : style.red("down")),
    line("database", serverVersion ? `${dialect} ${serverVersion}` : dialect),
    line("plinth", version2)
  ];
  if (prepare === false) lines2.push(line("prepare", "off: no statement stays prepared"));
  if (revision2 !== null) lines2.push(line("revision", revision2));
  if (pending?.length) lines2.push(line("pending", count(pending.length, "revision"), pending));
  lines2.push(
    status2 === "ok" ? line("answered", `in ${duration(latencyMs)}`) : line("because", error ?? "it did not answer")
  );
  return lines2.join("\n");
}

// lib/cli/commands.ts
var where = ({ url }) => url === void 0 ? {} : { url };
async function init(options) {
  const report = await (0, import__.initDb)(where(options));
  return { json: report, text: (style) => initText(report, style), exitCode: 0 };
}
async function reset(options) {
  const report = await (0, import__.resetDb)({ ...where(options), force: options.force === true });
  return { json: report, text: (style) => resetText(report, style), exitCode: 0 };
}
async function seed(options) {
  const config = (0, import__.loadConfig)();
  if (!config.seed) {
    throw Object.assign(new Error("There are no seeds: the configuration names none."), {
      code: "CONFIG_INVALID",
      found: config.path,
      hint: 'Name a module under "seed", for example "plinth": { "models": "./models.ts", "seed": "./seed.ts" } in package.json.',
      retryable: false
    });
  }
  const report = await (0, import__.initDb)(where(options));
  return { json: report, text: (style) => seedText(report, style), exitCode: 0 };
}
async function health(options) {
  const db = (0, import__.open)(where(options));
  try {
    const report = await db.health();
    return { json: report, text: (style) => healthText(report, style), exitCode: report.status === "ok" ? 0 : 2 };
  } finally {
    await db.close();
  }
}
async function schema() {
  const { models } = (0, import__.loadConfig)();
  const json = "toJSON" in models && typeof models.toJSON === "function" ? models.toJSON() : models;
  return { json, text: () => JSON.stringify(json, null, 2), exitCode: 0 };
}

// lib/cli/failure.ts
var import_node_url = require("node:url");
var FIELDS = ["table", "columns", "constraint", "expected", "found", "hint", "problems", "questions"];
var GUARDS = ["RESET_REFUSED", "ADOPTION_REFUSED", "DRIFTED", "REVISION_EDITED", "REVISION_MISSING"];
function exitCodeOf(failure) {
  return GUARDS.includes(failure.code) ? 1 : 2;
}
function failureOf(thrown) {
  const error = typeof thrown === "object" && thrown !== null ? thrown : { message: String(thrown) };
  const failure = { code: error.code ?? "FAILED", message: error.message || String(thrown) };
  for (const field of FIELDS) if (error[field] !== void 0) Object.assign(failure, { [field]: error[field] });
  const place = failure.problems || isOurs(thrown) ? void 0 : usersLine(thrown);
  return place ? { ...failure, message: `${failure.message} (${place})` } : failure;
}
function failureText(failure, style) {
  const { message, table, columns, constraint, expected, found, hint, problems, code } = failure;
  const lines2 = [`${style.red("plinth:")} ${message}`];
  for (const problem of problems ?? []) {
    const where2 = [problem.model, problem.column].filter(Boolean).join(".");
    const text = where2 ? `${style.bold(where2)}: ${problem.message}` : problem.message;
    if (!message.includes(problem.message)) lines2.push(`  ${text}`);
  }
  const add = (label, text) => {
    if (text) lines2.push(`  ${style.dim(label.padEnd(12))}${text.replaceAll("\n", `
${" ".repeat(14)}`)}`);
  };
  if (table) add("where", columns?.length ? columns.map((column) => `${table}.${column}`).join(", ") : table);
  add("constraint", constraint);
  add("expected", expected);
  add("found", found);
  add("hint", hint);
  add("code", code);
  return lines2.join("\n");
}
function stackText(thrown) {
  const stacks = [];
  for (let error = thrown; error instanceof Error && stacks.length < 5; error = error.cause) {
    stacks.push(error.stack ?? String(error));
  }
  return stacks.join("\ncaused by ");
}
function isOurs(thrown) {
  return thrown instanceof Error && "retryable" in thrown && "code" in thrown;
}
function usersLine(thrown) {
  const frames = thrown instanceof Error ? (thrown.stack ?? "").split("\n").slice(1) : [];
  const frame = frames.find(
    (text) => !/node:|node_modules|\(?native|<anonymous>\)?$/.test(text) && !text.includes(__dirname)
  );
  const place = frame?.replace(/^\s*at (?:async )?/, "").replace(/^.*\((.*)\)$/, "$1");
  const [, file, line2] = /^(.*?):(\d+)(?::\d+)?$/.exec(place ?? "") ?? [];
  return file && `${shownPath(file.startsWith("file:") ? (0, import_node_url.fileURLToPath)(file) : file)}:${line2}`;
}

// lib/cli/flags.ts
var import__2 = require("./index.js");
var several = (value, before = []) => [...before, value];
function choicesOf({ rename = [], drop = [], backfill = [], map = [] }) {
  const choices = { rename: {}, drop, backfill: {}, map: {} };
  for (const text of rename) {
    const [from, to] = halves("--rename", text, ":", "users.phone:users.mobile");
    once("--rename", text, choices.rename, from, to);
  }
  for (const text of backfill) {
    const [column, sql] = halves("--backfill", text, "=", "users.country='XX'");
    once("--backfill", text, choices.backfill, column, sql);
  }
  for (const text of map) {
    const [column, words] = halves("--map", text, ":", "tasks.status:old=new");
    const [from, to] = halves("--map", words, "=", "tasks.status:old=new", text);
    choices.map[column] ??= {};
    once("--map", text, choices.map[column], from, to);
  }
  return choices;
}
function merged(one, two) {
  return {
    rename: { ...one.rename, ...two.rename },
    drop: [...one.drop, ...two.drop],
    backfill: { ...one.backfill, ...two.backfill },
    map: { ...one.map, ...two.map }
  };
}
function halves(flag, text, between, example, whole = text) {
  const at2 = text.indexOf(between);
  const [one, two] = [text.slice(0, at2).trim(), text.slice(at2 + 1).trim()];
  if (at2 > 0 && one !== "" && two !== "") return [one, two];
  throw invalid(`${flag} ${JSON.stringify(whole)} is not understood.`, `Write ${flag} "${example}".`);
}
function once(flag, text, choices, name, value) {
  const before = choices[name];
  if (before !== void 0 && before !== value)
    throw invalid(`${flag} ${JSON.stringify(text)} contradicts another ${flag}.`, "Say it once.");
  choices[name] = value;
}
var invalid = (message, hint) => new import__2.PlinthError("CHOICE_INVALID", message, { hint });

// lib/cli/migrate.ts
var import__3 = require("./index.js");

// lib/cli/migrate-report.ts
var NOTHING = "Nothing to do";
var end = (style, words, more) => `  ${style.green(words)}${style.dim(more)}`;
var folderOf = ({ version: version2, name }) => `${version2}_${name}`;
var ran = (revision2) => `${folderOf(revision2)} (${duration(revision2.tookMs)}${revision2.rendered ? ", written anew for this database" : ""})`;
var at = (current) => line("current", current ?? "base: no revision is applied");
function revisionText({ outcome, revisions, durationMs }, style) {
  const lines2 = [style.bold("plinth revision")];
  for (const revision2 of revisions) lines2.push(...writtenLines(revision2, style));
  const said = outcome === "nothing" ? `${NOTHING}: the revisions lead to the models` : "Done";
  return [...lines2, end(style, said, `, ${duration(durationMs)}`)].join("\n");
}
function writtenLines(revision2, style) {
  const { folder, operations, destructive, files, proven, unseeded = [] } = revision2;
  const on = Object.entries(proven);
  const names = (done2) => on.filter(([, proven2]) => proven2 === done2).map(([name]) => name);
  const lines2 = [line("wrote", shownPath(folder)), ...Object.keys(files).map((name) => line("", name))];
  for (const operation of operations) lines2.push(sentence("change", operation));
  for (const loss of destructive) lines2.push(style.yellow(sentence("loses", loss)));
  if (names(true).length) lines2.push(line("proven", `on ${names(true).join(" and ")}`));
  if (names(false).length) lines2.push(style.yellow(line("unproven", `on ${names(false).join(" and ")}`)));
  for (const { table, reason } of unseeded) lines2.push(style.yellow(sentence("no rows", `in ${table}: ${reason}`)));
  return lines2;
}
function sqlText({ revisions }) {
  const files = revisions.flatMap(
    (revision2) => Object.entries(revision2.files).filter(([name]) => name.endsWith(".sql")).map(([name, text]) => `-- ${folderOf(revision2)}/${name}
${text.trimEnd()}
`)
  );
  return files.length ? files.join("\n").trimEnd() : "-- Nothing to do: the revisions lead to the models.";
}
function upgradeText(report, style) {
  const { url, applied, current, alreadyApplied, durationMs } = report;
  const lines2 = [title(style, "upgrade", url), ...applied.map((revision2) => line("applied", ran(revision2)))];
  if (alreadyApplied) lines2.push(line("left", `${count(alreadyApplied, "revision")} that had been applied before`));
  lines2.push(at(current), end(style, applied.length ? "Done" : NOTHING, `, ${duration(durationMs)}`));
  return lines2.join("\n");
}
function downgradeText({ url, reverted, current, durationMs }, style) {
  const lines2 = [title(style, "downgrade", url), ...reverted.map((revision2) => line("reverted", ran(revision2)))];
  lines2.push(at(current), end(style, reverted.length ? "Done" : NOTHING, `, ${duration(durationMs)}`));
  return lines2.join("\n");
}
function stampText({ url, stamped, removed, current, durationMs }, style) {
  const lines2 = [title(style, "stamp", url)];
  if (stamped.length) lines2.push(line("stamped", count(stamped.length, "revision"), stamped));
  if (removed.length) lines2.push(line("removed", count(removed.length, "revision"), removed));
  const some = stamped.length + removed.length > 0;
  return [...lines2, at(current), end(style, some ? "Done" : NOTHING, `, ${duration(durationMs)}`)].join("\n");
}
function historyText({ url, revisions, log }, style) {
  const lines2 = [title(style, "history", url)];
  const width = Math.max(0, ...revisions.map((revision2) => folderOf(revision2).length));
  for (const revision2 of revisions) lines2.push(`  ${folderOf(revision2).padEnd(width)}  ${standing(revision2, style)}`);
  if (revisions.length === 0) lines2.push("  There are no revisions.");
  if (log.length) lines2.push(`  ${style.dim("log")}`);
  for (const { startedAt, direction, version: version2, name, tookMs, by } of log) {
    const what = folderOf({ version: version2, name }).padEnd(width);
    lines2.push(`  ${moment(startedAt)}  ${direction.padEnd(5)}  ${what}  ${style.dim(`${duration(tookMs)}, ${by}`)}`);
  }
  return lines2.join("\n");
}
function standing(revision2, style) {
  const { applied, appliedAt, by, edited, missing, outOfOrder } = revision2;
  const odd = [
    edited && "edited since",
    missing && "its folder is gone",
    outOfOrder && "older than what is applied"
  ].filter((word) => typeof word === "string");
  const when = appliedAt === void 0 ? "" : ` ${moment(appliedAt)}${by === void 0 ? "" : `, ${by}`}`;
  const base = applied ? `applied${style.dim(when)}` : style.yellow("pending");
  return odd.length ? `${base} ${style.red(odd.join(", "))}` : base;
}
var moment = (iso) => iso.replace("T", " ").replace(/(\.\d+)?Z?$/, "");
function statusText({ url, current, head, pending, applied, problems }, style) {
  const lines2 = [title(style, "status", url), at(current), line("head", head ?? "there are no revisions")];
  if (applied) lines2.push(line("applied", count(applied, "revision")));
  for (const revision2 of pending) {
    const late = revision2.outOfOrder ? ", older than what is applied: from another branch" : "";
    lines2.push(style.yellow(line("pending", `${folderOf(revision2)}${late}`)));
  }
  for (const { message, hint } of problems) {
    lines2.push(style.red(sentence("problem", message)));
    if (hint) lines2.push(sentence("", hint));
  }
  const words = problems.length ? style.red(count(problems.length, "problem")) : pending.length ? style.yellow(`${count(pending.length, "revision")} to apply: plinth upgrade`) : style.green("Up to date");
  return [...lines2, `  ${words}`].join("\n");
}
function checkText(report, style) {
  const { upToDate, operations, edited, outOfOrder, conflicts, proven = [], durationMs } = report;
  const lines2 = [style.bold("plinth check")];
  for (const operation of operations) lines2.push(style.yellow(sentence("missing", operation)));
  for (const question of report.questions) lines2.push(style.yellow(sentence("undecided", asked(question))));
  for (const { version: version2, file, ok, differences = [] } of edited) {
    const text = `${version2} ${file}, by hand`;
    if (ok === false) lines2.push(style.red(line("edited", `${text}; it does not lead where its operations say`)));
    else lines2.push(line("edited", ok ? `${text}; it leads where its operations say` : `${text}; not tried: no server`));
    for (const difference of differences) lines2.push(sentence("", difference));
  }
  for (const version2 of outOfOrder) lines2.push(line("order", `${version2} was written beside later revisions`));
  for (const conflict of conflicts) lines2.push(style.red(sentence("conflict", conflict)));
  for (const { version: version2, sqlite, postgres, message } of proven)
    lines2.push(...provenLines(style, version2, { sqlite, postgres }, message));
  const missing = operations.length + report.questions.length > 0;
  const words = upToDate ? style.green("Up to date") : missing ? style.yellow('A revision is missing: plinth revision "..."') : style.red("The revisions do not hold");
  return [...lines2, `  ${words}${style.dim(`, ${duration(durationMs)}`)}`].join("\n");
}
function provenLines(style, version2, on, message) {
  const names = (done2) => Object.keys(on).filter((name) => on[name] === done2);
  const lines2 = names(true).length ? [line("proven", `${version2} on ${names(true).join(" and ")}`)] : [];
  if (names(false).length) lines2.push(style.red(line("unproven", `${version2} on ${names(false).join(" and ")}`)));
  if (message) lines2.push(sentence("", message));
  return lines2;
}
function asked(question) {
  if (question.question === "restore")
    return `${question.table}.${question.column}: what rows get if the revision is reverted`;
  if (question.question === "backfill") return `${question.table}.${question.column}: what rows get that are there`;
  const named = (name) => question.table === void 0 ? name : `${question.table}.${name}`;
  return `${named(question.from)}: renamed to ${question.to.map(named).join(" or ")}, or dropped`;
}

// lib/cli/progress.ts
var QUICK = 1e3;
var BAR = 24;
function progressOn(stream, { json, quiet }) {
  if (json || quiet) return { end() {
  } };
  return stream.isTTY && process.env.TERM !== "dumb" ? bar(stream) : lines(stream);
}
function bar(stream) {
  let drawn = 0;
  return {
    hear(progress) {
      const now = Date.now();
      const begins = progress.rows === void 0 || progress.rows === progress.of;
      if (!begins && now - drawn < 50) return;
      drawn = now;
      stream.write(`\r${barText(progress).slice(0, Math.max(20, (stream.columns || 80) - 1))}\x1B[K`);
    },
    end() {
      if (drawn > 0) stream.write("\r\x1B[K");
    }
  };
}
function barText(progress) {
  const { rows = 0, of = 0, statement, statements } = progress;
  const part = (statement - 1 + (of > 0 ? Math.min(1, rows / of) : 0)) / Math.max(1, statements);
  const full = Math.round(part * BAR);
  return `[${"#".repeat(full)}${".".repeat(BAR - full)}] ${told(progress)}`;
}
function lines(stream) {
  let latest;
  const timer = setInterval(() => {
    if (latest) stream.write(`${told(latest)}
`);
    latest = void 0;
  }, QUICK).unref();
  return {
    hear(progress) {
      latest = progress;
    },
    end() {
      clearInterval(timer);
    }
  };
}
function told({ revision: revision2, name, direction, statement, statements, text, rows, of }) {
  const number = (n) => n.toLocaleString("en-US");
  const copied = rows === void 0 ? "" : `, ${number(rows)}${of === void 0 ? "" : ` of ${number(of)}`} rows`;
  const said = text.length > 72 ? `${text.slice(0, 71)}…` : text;
  return `${revision2}_${name} ${direction}: statement ${statement} of ${statements}${copied}: ${said}`;
}

// lib/cli/questions.ts
var import_promises = require("node:readline/promises");
var canAsk = () => process.stdin.isTTY === true && process.stderr.isTTY === true;
async function askAll(questions, style) {
  const terminal = (0, import_promises.createInterface)({ input: process.stdin, output: process.stderr });
  const ended = new AbortController();
  terminal.on("SIGINT", () => ended.abort());
  terminal.on("close", () => ended.abort());
  const ask = (text) => terminal.question(text, { signal: ended.signal });
  const say = (text) => process.stderr.write(`${text}
`);
  const choices = { rename: {}, drop: [], backfill: {} };
  try {
    for (const question of questions) {
      if (question.question === "rename") await askRename(question, choices, ask, say, style);
      else await askBackfill(question, choices, ask, say, style);
    }
    return { ...choices, map: {} };
  } catch (thrown) {
    if (thrown?.name !== "AbortError") throw thrown;
    say("");
    return void 0;
  } finally {
    terminal.close();
  }
}
async function askRename({ table, from, to }, choices, ask, say, style) {
  const named = (name) => table === void 0 ? name : `${table}.${name}`;
  const gone = style.bold(named(from));
  const free = to.filter((name) => !Object.values(choices.rename).includes(named(name)));
  if (free.length === 0) {
    choices.drop.push(named(from));
    return;
  }
  say(`${gone} is gone from the models.`);
  for (const [i, name] of free.entries()) say(`  ${i + 1}  it is ${style.bold(named(name))} now, with what is in it`);
  say(`  ${free.length + 1}  it is dropped, ${style.yellow("with what is in it")}`);
  for (; ; ) {
    const answer = (await ask(`Which? [1-${free.length + 1}] `)).trim();
    const number = /^\d+$/.test(answer) ? Number(answer) : 0;
    const name = free[number - 1];
    if (name !== void 0) choices.rename[named(from)] = named(name);
    else if (number === free.length + 1) choices.drop.push(named(from));
    else continue;
    return;
  }
}
async function askBackfill({ question, table, column, kind }, choices, ask, say, style) {
  const [what, when] = question === "backfill" ? ["may not be NULL and has no default.", "What do rows get that are there?"] : ["is dropped, and a constraint decides about its values.", "What do rows get if the revision is reverted?"];
  say(`${style.bold(`${table}.${column}`)} (${kind}) ${what}`);
  for (; ; ) {
    const sql = (await ask(`${when} A SQL expression, such as 'XX' or 0: `)).trim();
    if (sql === "") continue;
    choices.backfill[`${table}.${column}`] = sql;
    return;
  }
}

// lib/cli/migrate.ts
var proof = ({ proveUrl, dialect }) => ({
  ...proveUrl !== void 0 && { proveUrl },
  ...dialect !== void 0 && { dialects: dialect }
});
async function revisionVerb(options, words) {
  const { empty = false, sql = false, prove = true } = options;
  const given = { message: words.join(" "), empty, sql, prove, ...where(options), ...proof(options) };
  const report = await decided((choices) => (0, import__3.revision)({ ...given, ...choices }), choicesOf(options));
  return { json: report, text: (style) => sql ? sqlText(report) : revisionText(report, style), exitCode: 0 };
}
async function decided(write, flags) {
  for (let choices = flags; ; ) {
    try {
      return await write(choices);
    } catch (thrown) {
      const questions = questionsOf(thrown);
      if (questions === void 0 || !canAsk()) throw thrown;
      const answers = await askAll(questions, styleOf(process.stderr));
      if (answers === void 0) throw thrown;
      choices = merged(choices, answers);
    }
  }
}
function questionsOf(thrown) {
  return thrown instanceof import__3.PlinthError && thrown.code === "DECISION_REQUIRED" ? thrown.questions : void 0;
}
async function upgradeVerb(options, [to]) {
  const report = await watched(options, to, import__3.upgrade);
  return { json: report, text: (style) => printed(report) ?? upgradeText(report, style), exitCode: 0 };
}
async function downgradeVerb(options, [to]) {
  const report = await watched(options, to, import__3.downgrade);
  return { json: report, text: (style) => printed(report) ?? downgradeText(report, style), exitCode: 0 };
}
var printed = ({ sql }) => sql === void 0 ? void 0 : sql.trim() || "-- Nothing to do.";
async function watched(options, to, run) {
  const progress = progressOn(process.stderr, options);
  try {
    return await run({
      ...where(options),
      ...to !== void 0 && { to },
      ...options.sql && { sql: true },
      ...progress.hear && { onProgress: progress.hear }
    });
  } finally {
    progress.end();
  }
}
async function historyVerb(options) {
  const report = await (0, import__3.history)(where(options));
  return { json: report, text: (style) => historyText(report, style), exitCode: 0 };
}
async function statusVerb(options) {
  const report = await (0, import__3.status)(where(options));
  const differs = report.pending.length > 0 || report.problems.length > 0;
  return { json: report, text: (style) => statusText(report, style), exitCode: differs ? 1 : 0 };
}
async function checkVerb(options) {
  const report = await (0, import__3.check)({ ...where(options), ...proof(options), ...options.prove && { prove: true } });
  return { json: report, text: (style) => checkText(report, style), exitCode: report.upToDate ? 0 : 1 };
}
async function stampVerb(options, [to = ""]) {
  const report = await (0, import__3.stamp)({ ...where(options), to });
  return { json: report, text: (style) => stampText(report, style), exitCode: 0 };
}

// lib/cli/index.ts
function program() {
  const plinth = new import_commander.Command("plinth").description("The database layer for Node services: models, and a database that agrees with them.").version(import__4.version, "-v, --version", "print the version").helpOption("-h, --help", "print this help").helpCommand(false).exitOverride().showHelpAfterError("See plinth --help.").configureOutput({ outputError: (text, write) => write(`plinth: ${usage(text)}`) }).addHelpText("after", environment);
  verb(plinth, "init", "create what is missing and seed it; safe to run at every start", init);
  verb(plinth, "reset", "drop every table, whoever made it, then init", reset).option(
    "--force",
    "also in production, and on another machine"
  );
  verb(plinth, "seed", "run the seeds that have not run yet", seed);
  migrations(plinth);
  verb(plinth, "health", "say whether the database answers", health);
  verb(plinth, "schema", "print the models as JSON", schema, false);
  return plinth;
}
function migrations(plinth) {
  const revision2 = verb(plinth, "revision", "write the revision that leads to the models", revisionVerb);
  revision2.argument("<message...>", "what changes, in a few words").option("--empty", "one whose SQL is written by hand").option("--rename <old:new>", "users.phone:users.mobile, or people:users", several).option("--drop <name>", "users.phone is dropped, not renamed", several).option("--backfill <column=sql>", "what rows get: users.country='XX'", several).option("--map <column:old=new>", "what a word of an enum becomes: tasks.status:old=new", several).option("--sql", "print the SQL, write nothing").option("--no-prove", "write it unproven");
  proof2(revision2);
  verb(plinth, "upgrade", "apply revisions", upgradeVerb).argument("[target]", "head, +1, a version or the beginning of one", "head").option("--sql", "print the SQL, run nothing");
  verb(plinth, "downgrade", "revert the revisions applied last", downgradeVerb).argument("[target]", "-1, a version or the beginning of one, base", "-1").option("--sql", "print the SQL, run nothing");
  verb(plinth, "history", "list the revisions, and what was done to the database", historyVerb);
  verb(plinth, "status", "say whether an upgrade is pending", statusVerb);
  proof2(verb(plinth, "check", "say whether a revision is missing", checkVerb)).option(
    "--prove",
    "prove every revision that is there"
  );
  verb(plinth, "stamp", "note revisions as applied, without running them", stampVerb).argument(
    "<target>",
    "head, base, a version or the beginning of one"
  );
}
function proof2(command) {
  return command.option("--prove-url <url>", "a PostgreSQL server to prove on, before DATABASE_URL").option("--dialect <name>", "for this database only: sqlite or postgres", several);
}
var environment = `
The models are found by the "plinth" key of package.json, or plinth.config.{ts,js,mjs,cjs,json}.
The database: --url, else DATABASE_URL, else .env, else the configuration, else sqlite:///./app.db.
init, seed, reset and migrations go by MIGRATION_DATABASE_URL where there is one and --url is not given.
Exit codes: 0 done; 1 a difference, or refused by a guard; 2 failed or misused.`;
function verb(plinth, name, description, run, database = true) {
  const command = plinth.command(name).description(description).helpOption("-h, --help", "print this help");
  if (database) command.option("--url <url>", "the database, before DATABASE_URL and .env");
  command.option("--json", "print one JSON document").option("--quiet", "print nothing but errors");
  return command.allowExcessArguments(false).action(async (...given) => {
    const options = given.at(-2);
    print(await run(options, given.slice(0, -2).flat()), options);
  });
}
function print(outcome, options) {
  process.exitCode = outcome.exitCode;
  if (options.json) process.stdout.write(`${JSON.stringify(outcome.json, null, 2)}
`);
  else if (!options.quiet) process.stdout.write(`${outcome.text(styleOf(process.stdout))}
`);
}
function fail(thrown, json) {
  const failure = failureOf(thrown);
  process.exitCode = exitCodeOf(failure);
  if (json) process.stdout.write(`${JSON.stringify({ error: failure }, null, 2)}
`);
  process.stderr.write(`${failureText(failure, styleOf(process.stderr))}
`);
  if (process.env.DEBUG?.split(/[\s,]+/).includes("plinth")) process.stderr.write(`
${stackText(thrown)}
`);
}
async function main(argv) {
  const json = argv.includes("--json");
  try {
    await program().parseAsync(argv, { from: "user" });
  } catch (thrown) {
    if (!(thrown instanceof import_commander.CommanderError)) return fail(thrown, json);
    if (thrown.exitCode === 0) return;
    process.exitCode = 2;
    if (json)
      process.stdout.write(`${JSON.stringify({ error: { code: "USAGE", message: usage(thrown.message) } }, null, 2)}
`);
  }
}
var usage = (text) => text.replace(/^error: /, "");
process.stdout.on("error", (error) => {
  if (error.code !== "EPIPE") throw error;
});
main(process.argv.slice(2));
