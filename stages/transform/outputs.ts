import { join } from "node:path";
import type { EngineConnection } from "../../lib/engine/duckdb.js";
import {
  changeColumns,
  ledgerColumns,
  loggedRules,
  rejectColumns,
  selectChanges,
  selectChecksum,
  selectDispositions,
  selectLedger,
  selectRejects,
  selectRuleCounts,
  selectWritten,
} from "../../lib/engine/output-sql.js";
import type { MappingPlan, TablePlans } from "../../lib/engine/plan-mapping.js";
import { copyTo } from "../../lib/engine/read-csv.js";
import { PartWriter, type PartWriterOptions, type WrittenFile } from "../../lib/files/part-writer.js";
import { appendPlainFile, finishPart } from "../../lib/files/plain-file.js";
import { addChecksums, type Checksum, checksumOfBytes, emptyChecksum } from "../../lib/model/checksum.js";
import type { TransformCounts } from "../../lib/model/counts.js";
import type { ExtractName, Sql } from "../../lib/model/names.js";
import { partName } from "../../lib/model/resource.js";
import { workBehind } from "./work-behind.js";

/** How many rows one rule touched, and how many ended with it. */
export interface RuleCount {
  touched: number;
  flagged: number;
  filtered: number;
  rejected: number;
  deduplicated: number;
}

/** Where the rows of one part of an extract went. */
export interface PartCounts extends Omit<TransformCounts, "read"> {
  readonly extract: ExtractName;
}

/** What was written of one table, in the order of its parts. */
export interface TransformResult {
  readonly parts: readonly WrittenFile[];
  readonly ledgers: readonly WrittenFile[];
  readonly rejects: WrittenFile;
  readonly changes: WrittenFile;
  /** Of each part. */
  readonly counts: readonly PartCounts[];
  readonly rules: ReadonlyMap<string, RuleCount>;
  readonly checksum: Checksum;
}

/** The files of one table's transform while they are being written. */
export interface Outputs {
  /** Writes what the connection's table `mapped` holds of part `index`. */
  write(connection: EngineConnection, plan: MappingPlan, index: number): Promise<void>;
  /** Wakes whoever waits for its turn: this transform has failed. */
  abandon(error: unknown): void;
  finish(): Promise<TransformResult>;
  /** Gives up: the drafts of what all parts share go. */
  discard(): Promise<void>;
}

/** Opens the outputs in `folder`; the engine writes plain files into its spill folder, from where they are compressed. */
export async function openOutputs(folder: string, [shared]: TablePlans): Promise<Outputs> {
  const targetColumns = shared.compiled.columns.map(({ name }) => name);
  const rejects = await PartWriter.create(join(folder, "rejects.csv.gz"), {
    columns: [...rejectColumns, ...shared.allSourceColumns.map(({ name }) => name)],
  });
  const changes = await PartWriter.create(join(folder, "changes.csv.gz"), { columns: changeColumns });
  const { parts, ledgers, checksums, counts, rules } = nothingWritten();
  const turns = inTurns();
  // The engine maps the next part while the files of this one are compressed: one part at the most waits on the disk.
  const behind = workBehind<EngineConnection>();
  // A full ledger holds the checksum of every written row: summing them while they pass spares computing them twice.
  const sumLastColumn = shared.table.ledger === "full" ? "where present" : undefined;
  let changesLeft = shared.table.changesLimit;

  const writeShared = async (connection: EngineConnection, plan: MappingPlan, plain: string): Promise<void> => {
    await append(connection, { plain, select: selectRejects(plan), writer: rejects });
    const select = selectChanges(plan, changesLeft);
    if (select !== undefined) changesLeft -= await append(connection, { plain, select, writer: changes });
  };

  return {
    async write(connection, plan, index) {
      const plain = (name: string) => join(folder, ".spill", `${name}-${index}.csv`);
      await behind.caughtUp(connection);
      await connection.run(copyTo(plain("part"), selectWritten(plan)));
      behind.begin(connection, async () => {
        const path = join(folder, partName("part", index));
        parts[index] = await compressed(plain("part"), path, { columns: targetColumns });
      });
      await connection.run(copyTo(plain("ledger"), selectLedger(plan)));
      behind.begin(connection, async () => {
        const path = join(folder, partName("ledger", index));
        ledgers[index] = await compressed(plain("ledger"), path, { columns: ledgerColumns, sumLastColumn });
      });
      checksums[index] = sumLastColumn === undefined ? await checksumOf(connection, plan) : undefined;
      counts[index] = await countRules(connection, plan, rules);
      // Rejects and changes of all parts share a file, and stand in it in source order.
      await turns.take(index, () => writeShared(connection, plan, plain("shared")));
    },
    abandon: turns.abandon,
    discard: async () => {
      await behind.ended();
      await rejects.discard();
      await changes.discard();
    },
    finish: async () => {
      await behind.done();
      return {
        parts,
        ledgers,
        rejects: await finishPart(rejects),
        changes: await finishPart(changes),
        counts: counts.map((own, index) => ({ ...own, written: parts[index]?.rowCount ?? 0 })),
        rules,
        checksum: checksumOfAll(ledgers, checksums),
      };
    },
  };
}

function nothingWritten() {
  const [parts, ledgers, checksums]: [WrittenFile[], WrittenFile[], (Checksum | undefined)[]] = [[], [], []];
  const counts: Omit<PartCounts, "written">[] = [];
  return { parts, ledgers, checksums, counts, rules: new Map<string, RuleCount>() };
}

// Of each part either its ledger has summed the checksums up, or the engine.
function checksumOfAll(ledgers: readonly WrittenFile[], checksums: readonly (Checksum | undefined)[]): Checksum {
  const own = ledgers.map(({ checksum }, index) => checksum ?? checksums[index] ?? emptyChecksum);
  return own.reduce(addChecksums, emptyChecksum);
}

/** Publishes the rows of a plain file, which goes. */
async function compressed(plain: string, path: string, options: PartWriterOptions): Promise<WrittenFile> {
  const writer = await PartWriter.create(path, options);
  try {
    await appendPlainFile(plain, writer);
    return await finishPart(writer);
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

interface Writing {
  readonly plain: string;
  readonly select: Sql;
  readonly writer: PartWriter;
}

/** Appends what a query gives to a file being written; the number of its rows. */
async function append(connection: EngineConnection, { plain, select, writer }: Writing): Promise<number> {
  const [[count] = []] = await connection.rows(copyTo(plain, select));
  await appendPlainFile(plain, writer);
  return Number(count);
}

async function checksumOf(connection: EngineConnection, plan: MappingPlan): Promise<Checksum> {
  const pieces = await connection.rows(selectChecksum(plan));
  return pieces
    .map(([count, ...sums]) =>
      checksumOfBytes(
        Number(count),
        sums.map((sum) => BigInt(sum ?? 0)),
      ),
    )
    .reduce(addChecksums, emptyChecksum);
}

async function countRules(
  connection: EngineConnection,
  plan: MappingPlan,
  rules: Map<string, RuleCount>,
): Promise<Omit<PartCounts, "written">> {
  const keptOut = { filtered: 0, rejected: 0, deduplicated: 0 };
  for (const [disposition, rule, count] of await connection.rows(selectDispositions())) {
    if (disposition !== "filtered" && disposition !== "rejected" && disposition !== "deduplicated") continue;
    keptOut[disposition] += Number(count);
    countOf(rules, rule ?? "")[disposition] += Number(count);
  }
  await countTouched(connection, plan, rules);
  return { extract: plan.extract, ...keptOut };
}

async function countTouched(
  connection: EngineConnection,
  plan: MappingPlan,
  rules: Map<string, RuleCount>,
): Promise<void> {
  const select = selectRuleCounts(plan);
  if (select === undefined) return;
  const [counts = []] = await connection.rows(select);
  loggedRules(plan).forEach((rule, index) => {
    countOf(rules, rule).touched += Number(counts[2 * index]);
    countOf(rules, rule).flagged += Number(counts[2 * index + 1]);
  });
}

function countOf(rules: Map<string, RuleCount>, rule: string): RuleCount {
  const count = rules.get(rule) ?? { touched: 0, flagged: 0, filtered: 0, rejected: 0, deduplicated: 0 };
  rules.set(rule, count);
  return count;
}

/** Lets work happen in the order of its index, whichever worker comes first. */
function inTurns() {
  const waiting = new Map<number, { go: () => void; stop: (error: unknown) => void }>();
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  return {
    async take(index: number, work: () => Promise<void>): Promise<void> {
      if (failure !== undefined) throw failure.error;
      if (index !== next) await new Promise<void>((go, stop) => waiting.set(index, { go, stop }));
      await work();
      next += 1;
      waiting.get(next)?.go();
    },
    abandon(error: unknown): void {
      failure ??= { error };
      for (const { stop } of waiting.values()) stop(error);
    },
  };
}
