import { hashOf, type Json, sha256 } from "../model/hash.js";
import type { Input } from "../model/manifest.js";
import type { Sha256 } from "../model/names.js";
import { stepsFolder } from "./check-steps.js";
import { ringOf } from "./choose-tables.js";
import type { Extract, Migration, Table } from "./migration.js";
import { originFor, tableOf } from "./per-extract.js";
import type { PlainOrigin } from "./settled-origin.js";

// What decides a stage's output, and nothing else: a changed rule makes transform stale, not extract. Here, not in the
// stages, because `status` asks too whether what stands is still what the specification wants.

/** Everything in the specification that decides what this extract's files hold. */
export function extractFingerprint(migration: Migration, extract: Extract, selection: Json): Sha256 {
  const { watermark: _, invalidText, ...deciding } = extract;
  return hashOf({
    program: "extract/1",
    migration: migration.id,
    pii: piiColumns(migration, extract),
    selection,
    extract: {
      ...deciding,
      from: { ...deciding.from },
      // Left out where it is refused, as it always was: extracts of before stay up to date.
      ...(invalidText === "refuse" ? {} : { invalidText }),
    } as unknown as Json,
  });
}

/**
 * Columns of an extract that feed a column marked `pii`: their values never stand in a manifest. A query may make one of
 * any column; these are `*` then.
 */
export function piiColumns(migration: Migration, extract: Extract): readonly string[] {
  const tables = migration.tables.flatMap((table) =>
    table.query === undefined && table.extracts.includes(extract.name) ? [tableOf(table, extract.name)] : [],
  );
  if (migration.tables.some((table) => table.query?.reads.includes(extract.name) && hasPii(table))) return ["*"];
  const columns = tables.flatMap((table) => (table.columns === "all" ? [] : table.columns)).filter(({ pii }) => pii);
  return columns.flatMap(({ origin }) => sourcesOf(originFor(origin, extract.name)));
}

/** Whether a column is among those that `piiColumns` names. */
export function isPii(pii: readonly string[], column: string): boolean {
  return pii.includes(column) || pii.includes("*");
}

const hasPii = ({ columns }: Table): boolean => columns !== "all" && columns.some(({ pii }) => pii);

/** The source columns an origin names; SQL names them where only DuckDB can tell. */
function sourcesOf(origin: PlainOrigin): readonly string[] {
  switch (origin.kind) {
    case "from":
      return [origin.column];
    case "uuid5":
    case "concat":
    case "source_key":
      return origin.columns;
    case "json":
      return origin.members.flatMap(({ value }) => (value.kind === "from" ? [value.column] : []));
    case "const":
    case "extract_name":
    case "flagged":
    case "sql":
      return [];
    default:
      return origin satisfies never;
  }
}

/** Everything that decides what a table's transform holds: its rules, the lookups they name, the inputs, the limits. */
export function transformFingerprint(migration: Migration, table: Table, inputs: readonly Input[]): Sha256 {
  const own = decidingRules(table);
  const others = ringOf(migration, table)
    .filter(({ name }) => name !== table.name)
    .map(({ ledger: _ledger, changesLimit: _limit, ...settling }) => decidingRules(settling));
  const settled = JSON.stringify([own, others]);
  // A file the rules name, wherever they name it: a lookup that changes makes its tables stale and no others. A step may
  // import any file below steps/, so all of these decide.
  const hasSteps = ringOf(migration, table).some(({ steps }) => steps.length > 0);
  const files = migration.files.filter(
    ({ path }) => settled.includes(JSON.stringify(path)) || (hasSteps && path.startsWith(stepsFolder)),
  );
  return hashOf({
    program: "transform/3",
    migration: migration.id,
    table: own,
    ring: others,
    files: Object.fromEntries(files.map(({ path, content }) => [path, sha256(content)])),
    acceptance: migration.acceptance.rejectedMaxPercent ?? null,
    inputs: inputs.map(({ path, outputHash }) => ({ path, outputHash })),
  });
}

/** What says how a table is written, and not what its rows become, does not concern the others of its ring. */
type Rules = Omit<Table, "ledger" | "changesLimit">;

// How the rows come into the target is load's own affair: its manifest knows.
function decidingRules({ file: _file, lines: _lines, load: _load, expect, ...rules }: Rules): Json {
  const unique = expect.tests.filter(({ kind }) => kind === "unique");
  // How long a step may take decides nothing of what it makes.
  const steps = rules.steps.map(({ maxSeconds: _, ...step }) => step);
  return JSON.parse(JSON.stringify({ ...rules, steps, unique })) as Json;
}
