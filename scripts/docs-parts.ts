import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { differenceColumns } from "../lib/databases/checks-port.js";
import { quarantineColumns } from "../lib/databases/rejects-port.js";
import { changeColumns, ledgerColumns, rejectColumns } from "../lib/engine/output-sql.js";
import { allOrigins } from "../lib/mapping/origins/all-origins.js";
import { allRules } from "../lib/mapping/rules/all-rules.js";
import { exitCodeMeanings } from "../lib/model/errors.js";
import { buildManifest, type Statement } from "../lib/model/manifest.js";
import { sha256Of } from "../lib/model/names.js";
import { resourceOf } from "../lib/model/resource.js";
import type { Block, Name } from "./docs-blocks.js";
import { columnKeys, expectationKeys, migrationKeys, reportKeys, tableKeys } from "./docs-keys.js";

/** The documents that hold blocks. */
export const documents = ["README.md", "ARCHITECTURE.md", "FORMATS.md", "CONTRIBUTING.md"] as const;

/** Every block by its name, from the code below `root`; the programs must have been compiled. */
export async function codeBlocks(root: string): Promise<ReadonlyMap<string, Block>> {
  const sources = await readSources(root);
  return new Map<string, Block>([
    ["exit-codes", text(exitCodes())],
    ["help", text(await help(root))],
    ["imports", text(imports(sources))],
    [
      "tree",
      { kind: "tree", names: sources.map(({ path, content }) => ({ name: path, about: firstSentence(content) })) },
    ],
    ["migration-keys", table(migrationKeys())],
    ["table-keys", table(tableKeys())],
    ["column-keys", table(columnKeys())],
    ["expectation-keys", table(expectationKeys())],
    ["report-keys", table(reportKeys())],
    ["origins", table(allOrigins.map(({ kind }) => kind))],
    ["rules", table(allRules.map(({ kind }) => kind))],
    ["ledger", table(ledgerColumns)],
    ["rejects", table(rejectColumns)],
    ["changes", table(changeColumns)],
    ["differences", table(differenceColumns)],
    ["commits", table(commitColumns(sources))],
    ["quarantine", table(quarantineColumns.map(({ name }) => name))],
    ["resource-fields", table(Object.keys(sampleResource))],
    ["statement-fields", table(Object.keys(buildManifest([sampleResource], sampleStatement)._waybill).sort())],
    ["events", table(events(sources))],
  ]);
}

const text = (content: string): Block => ({ kind: "text", text: content });
const table = (names: readonly string[]): Block => ({
  kind: "table",
  names: names.map((name): Name => ({ name, about: "" })),
});

interface SourceFile {
  readonly path: string;
  readonly content: string;
}

/** The files of stages, lib and scripts, by path; files before the folders below them. */
async function readSources(root: string): Promise<readonly SourceFile[]> {
  const paths = await Promise.all(
    ["stages", "lib", "scripts"].map(async (top) => {
      const entries = await readdir(`${root}${top}`, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile() && !/^\.|\.pyc$/.test(entry.name));
      return files.map(({ parentPath, name }) => `${parentPath}/${name}`.slice(root.length)).sort(byFolder);
    }),
  );
  return Promise.all(paths.flat().map(async (path) => ({ path, content: await readFile(`${root}${path}`, "utf8") })));
}

function byFolder(one: string, other: string): number {
  const [a, b] = [one, other].map((path) => path.replace(/[^/]*$/, ""));
  if (a === b) return one < other ? -1 : 1;
  return (a ?? "") < (b ?? "") ? -1 : 1;
}

/** What a file says of itself first: its first docstring, or the comment a script opens with. */
function firstSentence(content: string): string {
  const comment = /\/\*\*[\s*]*([\s\S]*?)\s*\*\//.exec(content)?.[1] ?? /^#!.*\n((?:# .*\n)+)/.exec(content)?.[1] ?? "";
  const words = comment.replace(/\n[ \t]*\*?[ \t]?|\n?# /g, " ").trim();
  return /^.*?[.:](?=\s|$)/.exec(words)?.[0].slice(0, -1) ?? words;
}

function exitCodes(): string {
  return [
    "| code | means |",
    "|---|---|",
    ...exitCodeMeanings.map(([code, meaning]) => `| ${code} | ${meaning} |`),
  ].join("\n");
}

/** What each program says of itself; options that all stages share come once, and the exit codes stand elsewhere. */
async function help(root: string): Promise<string> {
  const say = async (...args: readonly string[]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [`${root}dist/stages/waybill.js`, ...args]);
    return stdout.replace(/\n[^\n]*Exit codes:[\s\S]*/, "").trimEnd();
  };
  const front = await say("--help");
  const names = [...front.matchAll(/^ {2}([a-z]+) /gm)].map(([, name = ""]) => name);
  const texts: string[] = [];
  const shared = new Set((await say("extract", "--help")).split(/\n(?= {2}-| {6}-)/).slice(1));
  for (const name of names) {
    const [head = "", ...options] = (await say(name, "--help")).split(/\n(?= {2}-| {6}-)/);
    const own = name === "extract" ? options : options.filter((option) => !shared.has(option));
    texts.push(own.length === 0 ? head.replace(/\s*Options:\s*$/, "") : [head, ...own].join("\n"));
  }
  return ["```", [front, ...texts].join("\n\n"), "```"].join("\n");
}

/** Which room of the project imports which others. */
function imports(sources: readonly SourceFile[]): string {
  const rooms = [
    "stages",
    "story",
    "steps",
    "program",
    "engine",
    "databases",
    "report",
    "chain",
    "files",
    "mapping",
    "model",
  ];
  const roomOf = (path: string): string | undefined =>
    /^(?:lib\/([a-z]+)|(stages))\//.exec(path)?.slice(1).find(Boolean);
  const lines = rooms.map((room) => {
    const own = sources.filter(({ path }) => roomOf(path) === room);
    const found = new Set(
      own.flatMap(({ content }) =>
        [...content.matchAll(/from "((?:\.\.\/)+)(?:lib\/)?([a-z]+)\//g)].map(([, , to]) => to),
      ),
    );
    const others = rooms.filter((other) => other !== room && found.has(other));
    return `${room.padEnd(9)} ${others.length === 0 ? "imports nothing of the project" : `──▶ ${others.join(", ")}`}`;
  });
  return ["```", ...lines, "```"].join("\n");
}

function commitColumns(sources: readonly SourceFile[]): readonly string[] {
  const content = sources.find(({ path }) => path === "stages/load/load-manifest.ts")?.content ?? "";
  return [...content.matchAll(/fieldOf\(\{ name: "(\w+)"/g)].map(([, name = ""]) => name);
}

function events(sources: readonly SourceFile[]): readonly string[] {
  const all = sources.flatMap(({ content }) => [...content.matchAll(/\.(?:say|warn|record)\(\s*"([a-z-]+)"/g)]);
  return [...new Set(all.map(([, name = ""]) => name))].sort();
}

const none = sha256Of("0".repeat(64));

const sampleResource = resourceOf(
  { bytes: 0, hash: none, contentHash: none, rowCount: 0, longestRecordBytes: 0 },
  { path: "part-00000.csv.gz", role: "part", fields: [], primaryKey: [], keyRange: { first: [], last: [] } },
);

/** Complete, or it would not compile: a new field of a manifest shows here, and then in FORMATS. */
const sampleStatement: Required<Statement> = {
  stage: "extract",
  subject: "",
  migration: "",
  fingerprint: none,
  inputs: [],
  snapshots: [],
  counts: {},
  checksum: null,
  verdict: { code: 0, reasons: [] },
  tool: {},
  details: {},
};
