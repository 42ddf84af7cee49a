// What holds of a load that puts rows aside:
// 1. First all rows are tried the quick way. Only when the database refuses one are they looked for one by one.
// 2. The file of the rows put aside is safe on the disk before the others commit, and the generation counts them.
// 3. What is left is loaded as if the parts had never held more: same way, same order, same guarantees.
import { Readable } from "node:stream";
import { decodeRow, encodeRow } from "../model/csv-dialect.js";
import { StageError } from "../model/errors.js";
import { withoutRows } from "./fewer-rows.js";
import type { KeptRows } from "./kept-port.js";
import { type LostKeys, rowsOfLostParents } from "./lost-rows.js";
import type { QuarantineDatabase } from "./quarantine-port.js";
import { type RefusedRow, refusedRows, type Trial } from "./refused-rows.js";
import { quarantineColumns } from "./rejects-port.js";
import type { LoadOutcome, LoadRequest } from "./target-port.js";

/** A way of loading a table: the load itself, and how rows are tried one by one. */
export interface WayToLoad {
  load(request: LoadRequest): Promise<LoadOutcome>;
  trial(request: LoadRequest): Promise<Trial>;
}

/**
 * Loads a table, and puts aside what the database refuses where the request says so: those rows, and the rows that
 * refer to them. Throws "difference" where rows refer to a parent that is put aside and may not be put aside themselves.
 */
export async function loadWithQuarantine(
  database: QuarantineDatabase,
  asked: LoadRequest,
  way: WayToLoad,
): Promise<LoadOutcome> {
  const request = {
    ...asked,
    rejects: { ...asked.rejects, later: await withSchemas(database, asked.rejects.later) },
  };
  const { rejects, table } = request;
  const lost = await database.lostKeys(rejects.parents.filter(({ parent }) => parent !== table));
  if (rejects.on === "fail") {
    if (lost.length > 0) await assertNoneLost(request, lost);
    return await way.load(request);
  }
  if (lost.length === 0) {
    const quick = await unlessRefused(database, () => way.load(request));
    if (quick.kind === "loaded") return quick.outcome;
    rejects.tell(`the database refuses rows (${quick.why} is the first): looking for each of them`);
  }
  const aside = await putAside(database, request, { way, lost });
  if (aside.tally.size === 0) return await way.load(request);
  const parts = withoutRows(request.parts, aside.found);
  const outcome = await way.load({ ...request, parts, rejects: { ...rejects, aside: aside.kept } });
  return { ...outcome, warnings: [...outcome.warnings, summary(request, aside)] };
}

// Loads read definitions, for which they change the search path of their transaction: there no bare name is found.
async function withSchemas(database: QuarantineDatabase, tables: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const table of tables) found.push(await database.qualifiedName(table));
  return found;
}

type Quick =
  | { readonly kind: "loaded"; readonly outcome: LoadOutcome }
  | { readonly kind: "refused"; readonly why: string };

async function unlessRefused(database: QuarantineDatabase, load: () => Promise<LoadOutcome>): Promise<Quick> {
  try {
    return { kind: "loaded", outcome: await load() };
  } catch (error) {
    const refusal = database.refusalOf(error);
    if (refusal === undefined) throw error;
    return { kind: "refused", why: nameOf(refusal) };
  }
}

async function assertNoneLost({ table, parts, columns }: LoadRequest, lost: readonly LostKeys[]): Promise<void> {
  let count = 0;
  for await (const _ of rowsOfLostParents(parts, columns, lost)) count += 1;
  if (count === 0) return;
  const parents = [...new Set(lost.map(({ parent }) => parent))].join(", ");
  throw new StageError(
    "difference",
    `${table}: ${count} of its rows refer to rows of ${parents} that are quarantined; nothing of it was loaded`,
    `mend those of ${parents}, or let what refers to them be put aside too: load: { on_reject: quarantine } in the file of ${table}`,
  );
}

interface PutAside {
  readonly kept: KeptRows;
  readonly found: ReadonlyMap<string, ReadonlySet<number>>;
  /** How many rows each constraint, or code, refused. */
  readonly tally: ReadonlyMap<string, number>;
}

interface PuttingAside {
  readonly way: WayToLoad;
  readonly lost: readonly LostKeys[];
}

async function putAside(
  database: QuarantineDatabase,
  request: LoadRequest,
  { way, lost }: PuttingAside,
): Promise<PutAside> {
  const { columns, parts, rejects, table } = request;
  const found = new Map<string, Set<number>>();
  const tally = new Map<string, number>();
  const own = rejects.parents.filter(({ parent }) => parent === table);
  const search = { parts, columns, trial: await way.trial(request), lost, own, found };
  let count = 0;
  const lines = async function* (): AsyncGenerator<string> {
    for await (const row of refusedRows(database, search)) {
      count += 1;
      const name = nameOf(row.refusal);
      tally.set(name, (tally.get(name) ?? 0) + 1);
      yield lineOf(request, row);
      // Whoever accepts so few need not wait until all are found.
      if (count > rejects.atMost) return;
    }
  };
  const names = [...quarantineColumns, ...columns.map((name) => ({ name, type: "string" }))];
  const kept = await request.keep("rejects", names, Readable.from(lines(), { objectMode: false }));
  if (count > rejects.atMost) throw tooMany(request, count);
  return { kept, found, tally };
}

function lineOf({ columns, key }: LoadRequest, { part, row, record, refusal }: RefusedRow): string {
  const values = decodeRow(record);
  const named = key.map((name) => values[columns.indexOf(name)] ?? null);
  // As the ledger writes it: the value, or a JSON list where several columns make the key.
  const ofRow = named.length <= 1 ? (named[0] ?? null) : JSON.stringify(named);
  return encodeRow([part, String(row), ofRow, refusal.code, refusal.constraint, refusal.message, ...values]);
}

function nameOf({ code, constraint }: Pick<RefusedRow["refusal"], "code" | "constraint">): string {
  if (code === null) return "a parent that is quarantined";
  return constraint === null ? code : `${constraint} (${code})`;
}

function summary({ table }: LoadRequest, { kept, tally }: PutAside): string {
  const by = [...tally].sort(([, a], [, b]) => b - a).map(([name, count]) => `${count} by ${name}`);
  return `${table}: ${kept.rowCount} ${kept.rowCount === 1 ? "row was" : "rows were"} quarantined: ${by.join(", ")}`;
}

function tooMany({ table, rejects: { atMost } }: LoadRequest, count: number): StageError {
  return new StageError(
    "difference",
    `${table}: the database refuses ${count} rows at least, and no more than ${atMost} may be put aside (acceptance: rejected); nothing of it was loaded`,
    `look at them: load/${table}/refused.csv.gz`,
  );
}
