#!/usr/bin/env node
// Built from lib/cli/index.ts by `npm run build:js`. Do not edit.
"use strict";

// lib/cli/index.ts
var import_commander = require("commander");
var import__2 = require("./index.js");

// lib/cli/commands.ts
var import__ = require("./index.js");

// lib/cli/style.ts
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
  const lines = [];
  for (const [i, word] of words.entries()) {
    const piece = i < words.length - 1 ? `${word},` : word;
    const last = lines.at(-1);
    if (last !== void 0 && last.length + 1 + piece.length <= width) lines[lines.length - 1] = `${last} ${piece}`;
    else lines.push(piece);
  }
  return lines;
}

// lib/cli/report.ts
var LABEL = 10;
var WIDTH = 100;
function line(label, head, names = []) {
  const start = `  ${label.padEnd(LABEL)}${head}${names.length ? ": " : ""}`;
  const rest = " ".repeat(LABEL + 4);
  const [first = "", ...more] = wrap(names, WIDTH - rest.length);
  return start.length + first.length <= WIDTH ? [start + first, ...more.map((text) => rest + text)].join("\n") : [start.trimEnd(), rest + first, ...more.map((text) => rest + text)].join("\n");
}
var title = (style, verb2, url) => `${style.bold(`plinth ${verb2}`)}  ${style.dim(url)}`;
function initText(report, style) {
  return [title(style, "init", report.url), ...initLines(report, style), `  ${done(report, style)}`].join("\n");
}
function initLines({ created, existing, pending, seeded, alreadySeeded }, style) {
  const lines = [];
  if (created.tables.length) lines.push(line("created", count(created.tables.length, "table"), created.tables));
  const names = created.tables.length ? [] : created.indexes;
  if (created.indexes.length) lines.push(line("created", count(created.indexes.length, "index"), names));
  if (existing.tables.length) lines.push(line("left", `${count(existing.tables.length, "table")} as they were`));
  if (seeded.length) lines.push(line("seeded", seeded.join(", ")));
  if (alreadySeeded.length)
    lines.push(line("left", `${count(alreadySeeded.length, "seed")} that had run before`, alreadySeeded));
  for (const difference of pending) lines.push(style.yellow(line("pending", difference)));
  return lines;
}
function done({ created, seeded, pending, durationMs }, style) {
  const nothing = !created.tables.length && !created.indexes.length && !seeded.length;
  const left = pending.length ? `; ${count(pending.length, "difference")} left as ${pending.length === 1 ? "it is" : "they are"}` : "";
  return style.green(nothing ? "Nothing to do" : "Done") + style.dim(`${left}, ${duration(durationMs)}`);
}
function resetText({ url, dropped, init: init2, durationMs }, style) {
  const rows = dropped.tables.reduce((sum, table) => sum + (table.rows ?? 0), 0);
  const lines = [title(style, "reset", url)];
  if (dropped.tables.length) {
    const names = dropped.tables.map(({ name, rows: rows2 }) => rows2 ? `${name} (${rows2.toLocaleString("en-US")})` : name);
    lines.push(line("dropped", `${count(dropped.tables.length, "table")} with ${count(rows, "row")}`, names));
  }
  if (dropped.views.length) lines.push(line("dropped", count(dropped.views.length, "view"), dropped.views));
  if (dropped.triggers.length) lines.push(line("dropped", count(dropped.triggers.length, "trigger"), dropped.triggers));
  if (dropped.others?.length) lines.push(line("dropped", `${dropped.others.length} more`, dropped.others));
  lines.push(...initLines(init2, style), `  ${done({ ...init2, durationMs }, style)}`);
  return lines.join("\n");
}
function seedText(report, style) {
  const { url, seeded, alreadySeeded, created, durationMs } = report;
  const lines = [title(style, "seed", url)];
  if (created.tables.length) lines.push(line("created", count(created.tables.length, "table"), created.tables));
  if (seeded.length) lines.push(line("seeded", seeded.join(", ")));
  if (alreadySeeded.length)
    lines.push(line("left", `${count(alreadySeeded.length, "seed")} that had run before`, alreadySeeded));
  lines.push(`  ${style.green(seeded.length ? "Done" : "Nothing to do")}${style.dim(`, ${duration(durationMs)}`)}`);
  return lines.join("\n");
}
function healthText(health2, style) {
  const { status, version: version2, dialect, serverVersion, latencyMs, url, error } = health2;
  const lines = [
    title(style, "health", url),
    line("status", status === "ok" ? style.green("ok") : style.red("down")),
    line("database", serverVersion ? `${dialect} ${serverVersion}` : dialect),
    line("plinth", version2)
  ];
  lines.push(
    status === "ok" ? line("answered", `in ${duration(latencyMs)}`) : line("because", error ?? "it did not answer")
  );
  return lines.join("\n");
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
var import_node_path = require("node:path");
var import_node_url = require("node:url");
var FIELDS = ["table", "columns", "constraint", "expected", "found", "hint", "problems"];
function exitCodeOf(failure) {
  return failure.code === "RESET_REFUSED" ? 1 : 2;
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
  const lines = [`${style.red("plinth:")} ${message}`];
  for (const problem of problems ?? []) {
    const where2 = [problem.model, problem.column].filter(Boolean).join(".");
    const text = where2 ? `${style.bold(where2)}: ${problem.message}` : problem.message;
    if (!message.includes(problem.message)) lines.push(`  ${text}`);
  }
  const add = (label, text) => {
    if (text) lines.push(`  ${style.dim(label.padEnd(12))}${text.replaceAll("\n", `
${" ".repeat(14)}`)}`);
  };
  if (table) add("where", columns?.length ? columns.map((column) => `${table}.${column}`).join(", ") : table);
  add("constraint", constraint);
  add("expected", expected);
  add("found", found);
  add("hint", hint);
  add("code", code);
  return lines.join("\n");
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
function shownPath(path) {
  const near = (0, import_node_path.relative)(process.cwd(), path);
  return near.startsWith("..") ? path : near;
}

// lib/cli/index.ts
function program() {
  const plinth = new import_commander.Command("plinth").description("The database layer for Node services: models, and a database that agrees with them.").version(import__2.version, "-v, --version", "print the version").helpOption("-h, --help", "print this help").helpCommand(false).exitOverride().showHelpAfterError("See plinth --help.").configureOutput({ outputError: (text, write) => write(`plinth: ${usage(text)}`) }).addHelpText("after", environment);
  verb(plinth, "init", "create what is missing and seed it; safe to run at every start", init);
  verb(plinth, "reset", "drop every table, whoever made it, then init", reset).option(
    "--force",
    "also in production, and on another machine"
  );
  verb(plinth, "seed", "run the seeds that have not run yet", seed);
  verb(plinth, "health", "say whether the database answers", health);
  verb(plinth, "schema", "print the models as JSON", schema, false);
  return plinth;
}
var environment = `
The models are found by the "plinth" key of package.json, or plinth.config.{ts,js,mjs,cjs,json}.
The database: --url, else DATABASE_URL, else .env, else the configuration, else sqlite:///./app.db.
init, seed and reset go by MIGRATION_DATABASE_URL where there is one and --url is not given.
Exit codes: 0 done; 1 a difference, or refused by a guard; 2 failed or misused.`;
function verb(plinth, name, description, run, database = true) {
  const command = plinth.command(name).description(description).helpOption("-h, --help", "print this help");
  if (database) command.option("--url <url>", "the database, before DATABASE_URL and .env");
  command.option("--json", "print one JSON document").option("--quiet", "print nothing but errors");
  return command.allowExcessArguments(false).action(async (options) => print(await run(options), options));
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
