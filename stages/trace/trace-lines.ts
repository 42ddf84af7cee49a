import { spoken, withCommas } from "../../lib/mapping/words.js";
import { fateLines, loserLines, madeLines, ruleLines, valueLines } from "../../lib/story/story-lines.js";
import type { FilePosition } from "./file-position.js";
import type { LoadStory } from "./loaded.js";
import type { RowTrace } from "./row-trace.js";
import type { Tracing } from "./transforms.js";

type Values = Readonly<Record<string, string | null>>;

/** A manifest that a row passed, or should have. */
export interface ManifestOnTheWay {
  readonly path: string;
  /** Null where it is not there, or damaged. */
  readonly outputHash: string | null;
  readonly digest: string | null;
  readonly state: string;
  readonly reason: string;
}

/** What is told of a key: its rows, and what they have in common. */
export interface Story {
  readonly rows: readonly RowTrace[];
  readonly manifests: readonly ManifestOnTheWay[];
  /** Other tables that are made from the same extracts. */
  readonly others: readonly string[];
}

/** The story as one JSON document; FORMATS.md describes it. */
export function traceJson({ migration, table }: Tracing, key: string, story: Story): string {
  const format = { name: "waybill-trace", version: 1 };
  return JSON.stringify({ format, migration: migration.id, table: table.name, askedFor: key, ...story });
}

/** The story as somebody reads it. */
export function traceLines({ command }: Tracing, { rows, manifests, others }: Story): readonly string[] {
  const several = rows.length > 1 ? [`${rows.length} stories:`, ""] : [];
  return [
    ...several,
    ...rows.flatMap((row) => [...rowLines(row, command), ""]),
    "On the way:",
    ...manifests.map(manifestLine),
    ...(others.length === 0 ? [] : [`Other tables are made from the same rows: ${others.join(", ")}.`]),
  ];
}

function rowLines(row: RowTrace, command: Tracing["command"]): readonly string[] {
  const { table, extract, key, occurrence, matched, replay } = row;
  const by = matched.length === 0 ? "" : ` (found by its ${matched.join(" and its ")})`;
  const again = replay === null ? "" : `, as it was corrected for replay ${replay}`;
  // Of a row that a query made, or whose extract is gone, nobody may know what it was called.
  const name =
    occurrence === null
      ? `a row of ${extract}`
      : `the row of ${extract} with the key ${spoken(key)}, occurrence ${occurrence}`;
  return [
    `${table}: ${name}${again}${by}`,
    ...readLines(row),
    ...madeLines(row.made),
    ...rulesLines(row),
    ...dispositionLines(row, command),
    ...loserLines(row),
    ...ledgerLines(row),
    ...writtenLines(row),
    ...loadLines(row.load),
    ...(row.load.kind === "loaded" ? targetLines(row) : []),
  ];
}

function readLines({ read, source, rulesWhy, disposition }: RowTrace): readonly string[] {
  const values = valueLines(source);
  if (read !== null) return [`It was read as ${at(read)}:`, ...values];
  const why = rulesWhy ?? "it is in no file that is still here";
  if (values.length === 0) return [`What was read is not told: ${why}.`];
  return [`It was read as (from ${disposition === "rejected" ? "the rejects" : "the files"}; ${why}):`, ...values];
}

function at({ file, row, line }: FilePosition): string {
  return `${file}, row ${withCommas(row)}, line ${withCommas(line)}`;
}

function rulesLines({ rulesFrom, rulesWhy, columns, disagrees, disposition }: RowTrace): readonly string[] {
  if (disposition === null) return [];
  const notes = [
    ...(rulesFrom === "change log" ? [`(From the change log, which may be cut off: ${rulesWhy}.)`] : []),
    ...disagrees.map((name) => `(Run again, the rules of ${name} make another value than was written.)`),
  ];
  return [...ruleLines(columns), ...notes];
}

function dispositionLines(row: RowTrace, command: Tracing["command"]): readonly string[] {
  const { disposition, winner, table } = row;
  if (disposition === null) return ["It was not transformed yet."];
  // What it was written as comes below.
  if (disposition === "written") return [];
  if (winner === null) return fateLines({ ...row, disposition });
  const trace = command("trace", table, `--key ${quoted(winner.key ?? "")}`);
  return [
    ...fateLines({ ...row, disposition }),
    `  in the target it is ${spoken(winner.targetKey)}; its story: ${trace}`,
  ];
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w.:-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function ledgerLines({ ledger, targetKey }: RowTrace): readonly string[] {
  const key = targetKey === null ? "" : `, with the target key ${spoken(targetKey)}`;
  return ledger === null ? [] : [`Its line of the ledger is ${at(ledger)}${key}.`];
}

function writtenLines({ written, row }: RowTrace): readonly string[] {
  return written === null ? [] : [`It was written as ${at(written)}:`, ...valueLines(row ?? {})];
}

function loadLines(load: LoadStory): readonly string[] {
  switch (load.kind) {
    case "not written":
      return [];
    case "not loaded":
      return [`It was not loaded: ${load.why}.`];
    case "quarantined":
      return [
        `The target refused it (${load.constraint ?? load.code ?? "its parent"}): ${load.message}. It was put aside in ${at(load.file)}.`,
      ];
    case "loaded":
      return [
        `It was loaded with the ${withCommas(load.rowCount)} rows of ${load.part}, generation ${load.generation}.`,
      ];
    default:
      return load satisfies never;
  }
}

function targetLines({ target, row }: RowTrace): readonly string[] {
  switch (target.kind) {
    case "not asked":
      return [`What the target holds now is not known: ${target.why}.`];
    case "missing":
      return ["The target does not hold it now."];
    case "equal":
      return ["The target holds it now, equal in every column.", ...printedOtherwise(target.row ?? {}, row ?? {})];
    case "changed":
      return [
        "The target holds another row now:",
        ...target.columns.map(({ column, loaded, now }) => `  ${column}: ${spoken(now)}, and not ${spoken(loaded)}`),
        ...(target.unit === null ? [] : [`That is the row which the unit ${target.unit} upserted by itself.`]),
      ];
    default:
      return target satisfies never;
  }
}

/** Values that are equal to the target's types, which print them in another way: `1.50` for `1.5`. */
function printedOtherwise(now: Values, loaded: Values): readonly string[] {
  return valueLines(
    Object.fromEntries(Object.entries(now).filter(([name, value]) => value !== (loaded[name] ?? null))),
  );
}

function manifestLine({ path, outputHash, state, reason }: ManifestOnTheWay): string {
  const why = reason === "" ? "" : ` (${reason})`;
  return `  ${path}: ${state}${why}${outputHash === null ? "" : `, ${outputHash}`}`;
}
