import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { textTable } from "./text-table.js";

type Counts = Readonly<Record<string, number>>;

/** What became of the rows of each table, from the manifests of a finished run, as a table for people. */
export async function reconciliation(work: string): Promise<string> {
  const tables = await readdir(join(work, "transform")).catch(() => []);
  const lines = await Promise.all(tables.sort().map((table) => lineOf(work, table)));
  const header = [
    "",
    "read",
    "filtered",
    "rejected",
    "deduplicated",
    "written",
    "in the target",
    "variance",
    "verdict",
  ];
  return textTable([header, ...lines]);
}

async function lineOf(work: string, table: string): Promise<readonly string[]> {
  const [transform, load, validate] = await Promise.all(
    ["transform", "load", "validate"].map((stage) => readManifest(join(work, stage, table))),
  );
  const { read, filtered, rejected, deduplicated, written } = transform?.counts ?? {};
  const target = load?.counts.target;
  const numbers = [read, filtered, rejected, deduplicated, written, target, sum(written, -(target ?? Number.NaN))];
  return [table, ...numbers.map(shown), verdictOf(validate)];
}

interface Statement {
  readonly counts: Counts;
  readonly verdict: { readonly code: number };
}

async function readManifest(folder: string): Promise<Statement | undefined> {
  const text = await readFile(join(folder, "manifest.json"), "utf8").catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text)._waybill;
}

function verdictOf(validate: Statement | undefined): string {
  if (validate === undefined) return "not validated";
  return validate.verdict.code === 0 ? "every row found" : "differs";
}

function sum(...numbers: readonly (number | undefined)[]): number {
  return numbers.reduce<number>((total, number) => total + (number ?? Number.NaN), 0);
}

function shown(number: number | undefined): string {
  return number === undefined || Number.isNaN(number) ? "-" : number.toLocaleString("en");
}
