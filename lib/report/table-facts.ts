import { join } from "node:path";
import type { Link } from "../chain/read-chain.js";
import { readBody } from "../files/csv-rows.js";
import { verifyFile } from "../files/manifest-file.js";
import type { Table } from "../mapping/migration.js";
import { readExtracts } from "../mapping/query.js";
import type { CsvValue } from "../model/csv-dialect.js";
import { StageError } from "../model/errors.js";
import { type FileRole, filesOf, type Manifest, type Stage } from "../model/manifest.js";
import { groupRejects, type RejectGroup } from "../model/reject-groups.js";
import type { Difference, Excerpt, RuleFacts, TableFacts } from "./facts.js";
import { countLines, flowOf, type Stated, tableCounts } from "./flow.js";
import { type Privacy, privacyOf, shownKey, shownValue } from "./privacy.js";
import type { ValidatedTable, Validation } from "./validation.js";

/** What a page for people can hold; the files hold the rest. */
const linesShown = 50;

/** Everything the page says of one table, from its links of the chain. */
export async function tableFacts(
  table: Table,
  chain: readonly Link[],
  validation: Validation | undefined,
): Promise<TableFacts> {
  const own = chain.filter(({ step }) => step.replay === undefined);
  const find = (stage: Stage, subject: string): Link | undefined =>
    own.find(({ step }) => step.stage === stage && step.subject === subject);
  const extracts = readExtracts(table).map((name) => manifestOf(find("extract", name)));
  const [transform, load] = [find("transform", table.name), find("load", table.name)];
  const validated = validation?.tables.find((one) => one.table === table.name);
  const stated: Stated = {
    extracts: extracts.filter((one) => one !== undefined),
    transform: manifestOf(transform),
    load: manifestOf(load),
    validated,
  };
  return {
    table: table.name,
    verdict: validated?.verdict,
    flow: flowOf(tableCounts(stated)),
    counts: countLines(table.name, stated),
    rules: stated.transform === undefined ? undefined : rulesOf(stated.transform),
    checks: validated?.checks ?? [],
    differences:
      validated === undefined || !mayDiffer(validated)
        ? undefined
        : await differencesOf(find("validate", table.name), validated, privacyOf(table, extracts)),
    rejects: transform === undefined ? undefined : await rejectsOf(transform),
    quarantined: load === undefined ? undefined : await quarantinedOf(load),
    replayCount: new Set(chain.flatMap(({ step }) => (step.replay?.table === table.name ? [step.replay.name] : [])))
      .size,
  };
}

function manifestOf(link: Link | undefined): Manifest | undefined {
  return link?.finding.kind === "standing" ? link.finding.manifest : undefined;
}

function rulesOf({ _waybill }: Manifest): readonly RuleFacts[] {
  const stated = (_waybill.details.rules ?? []) as readonly Readonly<Record<string, string | number>>[];
  return stated.map((one) => ({
    rule: String(one.rule),
    because: one.because === undefined ? undefined : String(one.because),
    touched: Number(one.touched ?? 0),
    flagged: Number(one.flagged ?? 0),
    filtered: Number(one.filtered ?? 0),
    rejected: Number(one.rejected ?? 0),
    deduplicated: Number(one.deduplicated ?? 0),
  }));
}

// Orphans and reports have lines too, where all rows are equal.
function mayDiffer({ checks }: ValidatedTable): boolean {
  return checks.some(({ verdict }) => verdict === "failed" || verdict === "warned");
}

async function differencesOf(
  link: Link | undefined,
  { comparisons }: ValidatedTable,
  privacy: Privacy,
): Promise<Excerpt<Difference> | undefined> {
  const found = await excerpt(link, "differences", async (rows) => {
    const lines: Difference[] = [];
    for await (const [change, key = null, column = null, expected = null, actual = null] of rows) {
      const of = change?.startsWith("sample: ") ? "sample" : "parts";
      const pairedBy = comparisons.find((one) => one.of === of)?.pairedBy ?? [];
      lines.push({
        change: change ?? "",
        key: shownKey(privacy, pairedBy, key),
        column,
        // What an orphan lacks is named, and is nobody's value.
        expected: change === "orphan" ? { kind: "value", text: expected } : shownValue(privacy, column, expected),
        actual: shownValue(privacy, column, actual),
      });
      if (lines.length === linesShown) break;
    }
    return lines;
  });
  return found.kind === "read" && found.total === 0 ? undefined : found;
}

async function rejectsOf(transform: Link): Promise<Excerpt<RejectGroup> | undefined> {
  const manifest = manifestOf(transform);
  if (manifest === undefined) return undefined;
  const rules = (manifest._waybill.details.rules ?? []) as readonly Readonly<Record<string, unknown>>[];
  const columns = filesOf(manifest, "rejects")[0]?.schema.fields.map(({ name }) => name) ?? [];
  return await excerpt(transform, "rejects", (rows) => groupRejects(rows, columns, rules));
}

async function quarantinedOf(load: Link): Promise<Excerpt<RejectGroup> | undefined> {
  const manifest = manifestOf(load);
  const [file] = manifest === undefined ? [] : filesOf(manifest, "rejects");
  if (file === undefined) return undefined;
  const columns = file.schema.fields.map(({ name }) => name);
  return await excerpt(load, "rejects", (rows) => groupRejects(refusals(rows, columns), ["_rule", "_reason"], []));
}

// The server's message stays where it is: it quotes values.
async function* refusals(
  rows: AsyncIterable<readonly CsvValue[]>,
  columns: readonly string[],
): AsyncGenerator<readonly CsvValue[]> {
  const [code, constraint] = [columns.indexOf("_code"), columns.indexOf("_constraint")];
  for await (const row of rows) {
    const reason = row[code] == null ? "the row it refers to was put aside" : `refused with SQLSTATE ${row[code]}`;
    yield [row[constraint] ?? "", reason];
  }
}

/** Reads lines of the file of a role, after it was proved; a damaged one is a fact like any other. */
async function excerpt<Line>(
  link: Link | undefined,
  role: FileRole,
  read: (rows: AsyncIterable<readonly CsvValue[]>) => Promise<readonly Line[]>,
): Promise<Excerpt<Line>> {
  const manifest = manifestOf(link);
  const [file] = manifest === undefined ? [] : filesOf(manifest, role);
  if (link === undefined || file === undefined)
    return { kind: "unreadable", why: "its manifest is not there any more" };
  const path = `${link.path.replace(/manifest\.json$/, "")}${file.path}`;
  try {
    await verifyFile(link.folder, file, "");
    const lines = file._rowCount === 0 ? [] : await read(readBody(join(link.folder, file.path)));
    return { kind: "read", lines, total: file._rowCount, path };
  } catch (error) {
    if (error instanceof StageError && error.kind === "integrity")
      return { kind: "unreadable", why: `${path} is not, byte for byte, what its manifest promises` };
    throw error;
  }
}
