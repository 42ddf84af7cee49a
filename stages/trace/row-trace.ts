import type { EngineConnection } from "../../lib/engine/duckdb.js";
import { sourceColumnsOf } from "../../lib/engine/source-columns.js";
import { checksumOfRow } from "../../lib/model/checksum.js";
import type { CsvValue } from "../../lib/model/csv-dialect.js";
import { StageError } from "../../lib/model/errors.js";
import type { Disposition, OtherRow, StoryColumn, StoryMade } from "../../lib/story/row-story.js";
import { type FilePosition, type RowPlace, readPositioned } from "./file-position.js";
import type { LoadStory } from "./loaded.js";
import { loggedReject } from "./logged-rules.js";
import type { Mapper } from "./map-again.js";
import { tellRules } from "./rules-story.js";
import type { FoundRow, MatchedKey } from "./search.js";
import type { TargetStory } from "./target-row.js";
import { extractRemedy, remedyOf, type Tracing } from "./transforms.js";

type Row = Readonly<Record<string, CsvValue>>;

/** The row that a duplicate lost to. */
export interface Winner extends OtherRow {
  readonly targetKey: CsvValue;
}

/** What happened to one source row in one transform: that of the run, or of a replay. */
export interface RowTrace {
  readonly table: string;
  readonly extract: string;
  readonly key: CsvValue;
  readonly occurrence: CsvValue;
  readonly matched: readonly MatchedKey[];
  readonly replay: string | null;
  /** Null where a query made the row, or where its extract holds other rows by now. */
  readonly read: FilePosition | null;
  readonly source: Row;
  /** Whether what rules did was found by running them again, or out of the change log, and why that. */
  readonly rulesFrom: "rules" | "change log";
  readonly rulesWhy: string | null;
  readonly made: readonly StoryMade[];
  readonly columns: readonly StoryColumn[];
  /** Columns in which the rules, run again, make another value than was written. */
  readonly disagrees: readonly string[];
  /** Null before any transform. */
  readonly disposition: Disposition | null;
  readonly rule: CsvValue;
  readonly reason: CsvValue;
  readonly because: CsvValue;
  readonly winner: Winner | null;
  readonly losers: readonly OtherRow[];
  readonly targetKey: CsvValue;
  readonly ledger: FilePosition | null;
  readonly written: FilePosition | null;
  readonly row: Row | null;
  readonly load: LoadStory;
  readonly target: TargetStory;
}

/** What a row's story is told from. */
export interface Witnesses {
  readonly tracing: Tracing;
  readonly connection: EngineConnection;
  /** Runs the rules again, or says why they cannot be run. */
  readonly rules: Mapper | { readonly why: string };
  /** The extracts that are not what the transform read. */
  readonly changed: readonly string[];
  readonly loadOf: (found: FoundRow) => Promise<LoadStory>;
  readonly askTarget: (row: Row) => Promise<TargetStory>;
}

/** Tells what happened to a row, from the files that it stands in and from the target. */
export async function traceRow(witnesses: Witnesses, found: FoundRow): Promise<RowTrace> {
  const { tracing, changed, connection } = witnesses;
  const { of, extract, key, occurrence, matched, line } = found;
  const read = changed.includes(extract) ? undefined : await readSource(tracing, found);
  const ledger = found.ledger && (await readPositioned(tracing, found.ledger, remedyOf(tracing, of)));
  const written = found.written && (await readWritten(tracing, found, found.written));
  const reject = line?.disposition === "rejected" ? await loggedReject(connection, found) : undefined;
  const rule = line?.rule ?? null;
  const fate = { disposition: dispositionOf(found), rule, reason: reject?.reason ?? null };
  const source = read?.source ?? reject?.row ?? {};
  const load = await witnesses.loadOf(found);
  return {
    table: tracing.table.name,
    extract,
    key,
    occurrence,
    matched,
    replay: of.replay ?? null,
    read: read?.position ?? null,
    source,
    ...(await tellRules(witnesses, found, { ...fate, row: written?.row ?? null })),
    ...fate,
    because: becauseOf(found, rule),
    winner: winnerOf(found),
    losers: found.losers,
    targetKey: line?.target_key ?? targetKeyOf(found, written?.row),
    ledger: ledger?.position ?? null,
    written: written?.position ?? null,
    row: written?.row ?? null,
    load,
    target:
      load.kind === "loaded" && written !== undefined
        ? await witnesses.askTarget(written.row)
        : { kind: "not asked", why: "the row was not loaded" },
  };
}

function dispositionOf({ line }: FoundRow): Disposition | null {
  return (line?.disposition ?? null) as Disposition | null;
}

async function readSource(tracing: Tracing, { of, read }: FoundRow) {
  if (read === undefined) return undefined;
  const { extract, part } = read.part;
  const place = { folder: extract.folder, file: part, row: read.row };
  const { position, values } = await readPositioned(tracing, place, extractRemedy(tracing, of, extract));
  // What Waybill added stands behind the source's own columns.
  const names = sourceColumnsOf(extract.manifest).map(({ name }) => name);
  return { position, source: Object.fromEntries(names.map((name, index) => [name, values[index] ?? null])) };
}

async function readWritten(tracing: Tracing, { of, line }: FoundRow, place: RowPlace) {
  const command = remedyOf(tracing, of);
  const { position, values } = await readPositioned(tracing, place, command);
  const promised = line?.target_checksum ?? null;
  // The ledger's own checksum proves that this is the row it speaks of.
  if (promised !== null && checksumOfRow(values) !== promised)
    throw new StageError(
      "integrity",
      `${position.file}: row ${position.row} is not the row whose checksum the ledger holds, ${promised}`,
      `run that stage again: ${command}`,
    );
  const names = place.file.schema.fields.map(({ name }) => name);
  return { position, row: Object.fromEntries(names.map((name, index) => [name, values[index] ?? null])) };
}

// As the transform's manifest states it: the specification may say something else by now.
function becauseOf({ of: { manifest } }: FoundRow, rule: CsvValue): CsvValue {
  const rules = (manifest?._waybill.details.rules ?? []) as readonly {
    readonly rule: string;
    readonly because?: unknown;
  }[];
  const because = rules.find((one) => one.rule === rule)?.because;
  return typeof because === "string" ? because : null;
}

function winnerOf({ line }: FoundRow): Winner | null {
  if (line?.winner_key == null) return null;
  const { winner_extract: extract = null, winner_key: key, winner_occurrence: occurrence = null } = line;
  return { extract, key, occurrence, targetKey: line.winner_target_key ?? null };
}

function targetKeyOf({ of: { manifest } }: FoundRow, row: Row | undefined): CsvValue {
  const columns = (manifest?._waybill.details.targetKey ?? []) as readonly string[];
  const values = columns.map((name) => row?.[name] ?? null);
  return values.length < 2 ? (values[0] ?? null) : JSON.stringify(values);
}
