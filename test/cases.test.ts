import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseRows } from "../lib/files/csv-rows.js";
import { readSpecification } from "../lib/files/specification.js";
import type { Extract, Migration } from "../lib/mapping/migration.js";
import { parseMigration } from "../lib/mapping/parse-migration.js";
import { encodeRow } from "../lib/model/csv-dialect.js";
import { canonicalJson, type Json } from "../lib/model/hash.js";
import type { Manifest } from "../lib/model/manifest.js";
import { checksumOfRows, type Extracted, md5OfRow, writeExtract } from "./stages/transform/extracted.js";
import { contentOf, readMapped } from "./stages/transform/mapped.js";
import { runProgram } from "./support/program.js";
import { temporaryFolder } from "./support/work.js";

// A case is a folder: a migration, input/<extract>.csv in Waybill's dialect (rows in source order), and for each table
// expected/<table>/. What the source says of an extract beside its rows stands in input/<extract>.yaml.
// WAYBILL_UPDATE_CASES=1 writes what came out; read it before you commit it.

const cases = fileURLToPath(new URL("cases", import.meta.url));
/** What rules may ask of the environment: a made-up key. */
const env = { WAYBILL_CASE_KEY: "a key that everybody may know" };

const isUpdate = process.env.WAYBILL_UPDATE_CASES !== undefined;

describe.each((await readdir(cases)).sort())("case %s", (name) => {
  it("maps its input to what is expected, row by row and file by file", async () => {
    const folder = join(cases, name);
    const migration = parseMigration(await readSpecification(folder));
    const work = await temporaryFolder();
    for (const extract of migration.extracts) {
      await writeExtract(work, extract.name, await readInput(folder, migration, extract));
    }

    const { exitCode, stderr } = await runProgram("transform", ["-m", folder, "-w", work, "--keep-going"], { env });

    expect([0, 1], stderr).toContain(exitCode);
    for (const table of migration.tables) {
      await assertProven(work, table.name, table.ledger === "full");
      const found = await foundFiles(work, table.name);
      if (isUpdate) await update(join(folder, "expected", table.name), found);
      expect(found).toEqual(await expectedFiles(join(folder, "expected", table.name)));
    }
  });
});

interface InputNotes {
  /** The types of columns that are not text: `integer`, or `number: numeric(20,0)`. */
  readonly types?: Readonly<Record<string, string>>;
  readonly primary_key?: boolean;
}

async function readInput(folder: string, { id }: Migration, extract: Extract): Promise<Extracted> {
  const [header = [], ...rows] = parseRows(await readFile(join(folder, "input", `${extract.name}.csv`), "utf8"));
  const path = join(folder, "input", `${extract.name}.yaml`);
  const notes: InputNotes = existsSync(path) ? (parse(await readFile(path, "utf8")) ?? {}) : {};
  const columns = header.map((name) => {
    const [type = "string", databaseType = type] = (notes.types?.[String(name)] ?? "string: text").split(": ");
    return { name: String(name), type, databaseType };
  });
  return {
    columns,
    rows,
    ...(extract.key === undefined ? {} : { key: extract.key }),
    keyIsUnique: notes.primary_key === true,
    partRows: extract.partRows,
    partsBy: extract.partBy === undefined ? "key" : "date",
    rowChecksum: extract.rowChecksum,
    migration: id,
  };
}

/** The numbers add up, and every checksum is the one that the documented text of its row has. */
async function assertProven(work: string, table: string, isFullLedger: boolean): Promise<void> {
  const { manifest, output, ledger } = await readMapped(work, table);
  const { read = 0, filtered = 0, rejected = 0, deduplicated = 0, written = 0 } = manifest._waybill.counts;
  expect(filtered + rejected + deduplicated + written).toBe(read);
  expect(output).toHaveLength(written);
  expect(manifest._waybill.checksum).toEqual(checksumOfRows(output));
  if (!isFullLedger) return;
  expect(ledger).toHaveLength(read);
  const checksums = ledger.flatMap(({ target_checksum }) => target_checksum ?? []);
  expect(checksums).toEqual(output.map(md5OfRow));
}

const fileNames = ["output.csv", "rejects.csv", "ledger.csv", "changes.csv", "counts.json"] as const;

async function foundFiles(work: string, table: string): Promise<Readonly<Record<string, string>>> {
  const { manifest } = await readMapped(work, table);
  return {
    "output.csv": await contentOf(work, table, "part-"),
    "rejects.csv": await contentOf(work, table, "rejects"),
    "ledger.csv": withoutChecksums(await contentOf(work, table, "ledger-")),
    "changes.csv": await contentOf(work, table, "changes"),
    "counts.json": `${canonicalJson(countsOf(manifest), 2)}\n`,
  };
}

// MD5s say nothing to a reader; `assertProven` checks them.
function withoutChecksums(text: string): string {
  const rows = parseRows(text);
  const kept = (rows[0] ?? []).map((name) => !String(name).endsWith("_checksum"));
  return rows.map((row) => encodeRow(row.filter((_, at) => kept[at]))).join("");
}

/** Counts, verdict, and of each rule the counts that are not 0. */
function countsOf({ _waybill: { counts, verdict, details } }: Manifest): Json {
  const rules = details.rules as readonly Readonly<Record<string, Json>>[];
  const perRule = rules.map(({ rule, because: _, ...numbers }) => [
    String(rule),
    Object.fromEntries(Object.entries(numbers).filter(([, count]) => count !== 0)),
  ]);
  return { counts, verdict: verdict.code, rules: Object.fromEntries(perRule) };
}

async function expectedFiles(folder: string): Promise<Readonly<Record<string, string>>> {
  const read = fileNames.map(async (name) => [name, await readFile(join(folder, name), "utf8").catch(() => "missing")]);
  return Object.fromEntries(await Promise.all(read));
}

async function update(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}
