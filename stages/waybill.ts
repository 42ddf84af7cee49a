#!/usr/bin/env node
import { exitCodeMeanings } from "../lib/model/errors.js";
import { nearest } from "../lib/model/nearest.js";
import { version } from "../lib/program/tool.js";

/** The programs behind the front door, in the order a migration uses them, each loaded only when it is asked for. */
const programs: Readonly<Record<string, readonly [summary: string, load: () => Promise<unknown>]>> = {
  check: ["say what is wrong with the specification, without any database", () => import("./check/main.js")],
  extract: ["read each source in one snapshot into gzipped CSV parts", () => import("./extract/main.js")],
  transform: [
    "apply the mapping to the parts; every row is written, rejected, filtered or deduplicated",
    () => import("./transform/main.js"),
  ],
  load: ["put the transformed rows into the target, exactly once", () => import("./load/main.js")],
  validate: ["prove that source, files and target agree, row by row", () => import("./validate/main.js")],
  report: ["what was found, as one page to read, print and sign", () => import("./report/main.js")],
  rollback: [
    "take the latest load of tables back: the rows before are there again",
    () => import("./rollback/main.js"),
  ],
  run: ["all four stages, one after another", () => import("./run/main.js")],
  status: ["what stands in a work directory, what is stale and why", () => import("./status/main.js")],
  explain: ["what the mapping of a table does, in words and as the SQL that runs", () => import("./explain/main.js")],
  trace: [
    "what happened to one row: read, mapped, written, loaded, and what the target holds now",
    () => import("./trace/main.js"),
  ],
  schema: ["what the target's columns hold, as the YAML that values are checked by", () => import("./schema/main.js")],
  rejects: ["which rows were rejected and why; a file of them, to be corrected", () => import("./rejects/main.js")],
  inspect: ["rows of an intermediate file on stdout: table, CSV or JSON", () => import("./inspect/main.js")],
};

const [name, ...rest] = process.argv.slice(2);
const program = name !== undefined && Object.hasOwn(programs, name) ? programs[name] : undefined;
if (program !== undefined) {
  process.argv = [...process.argv.slice(0, 2), ...rest];
  // Node would exit with 1 for a module it cannot load, and 1 says that the data differs.
  await program[1]().catch(brokenInstallation);
} else if (name === "--version") process.stdout.write(`${version()}\n`);
else if (name === undefined || name === "--help" || name === "-h" || name === "help") process.stdout.write(helpText());
else {
  const similar = nearest(name, Object.keys(programs));
  process.stderr.write(
    `waybill has no program ${name}${similar === undefined ? "" : `; did you mean ${similar}?`}\n  → see: waybill --help\n`,
  );
  process.exitCode = 64;
}

function brokenInstallation(error: unknown): void {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`this installation of Waybill is broken: ${reason}\n  → install and build it again\n`);
  process.exitCode = 70;
}

function helpText(): string {
  const lines = Object.entries(programs).map(([each, [summary]]) => `  ${each.padEnd(10)} ${summary}`);
  const codes = exitCodeMeanings.map(([code, meaning]) => `  ${String(code).padEnd(10)} ${meaning}`);
  return [
    "waybill <program> [names…] [options]",
    "",
    "Moves data from one database to another in stages, and leaves proof that every row arrived.",
    "",
    ...lines,
    "",
    "waybill <program> --help shows a program's options. Exit codes:",
    ...codes,
    "",
  ].join("\n");
}
