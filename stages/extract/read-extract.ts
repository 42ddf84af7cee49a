import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { CopyOut, PartRange, Selection, Source, SourceTable } from "../../lib/databases/port.js";
import { writeManifest } from "../../lib/files/manifest-file.js";
import { PartWriter, type WrittenFile } from "../../lib/files/part-writer.js";
import { emptyStageFolder, inStageFolder } from "../../lib/files/stage-folder.js";
import type { Extract } from "../../lib/mapping/migration.js";
import { counted } from "../../lib/mapping/words.js";
import { StageError } from "../../lib/model/errors.js";
import { partName } from "../../lib/model/resource.js";
import type { Run } from "../../lib/program/open-run.js";
import { columnNames, extractManifest } from "./extract-manifest.js";

interface Reading {
  readonly source: Source;
  readonly extract: Extract;
  readonly selection: Selection;
}

/** Reads one extract into its folder: parts in parallel, counted thrice (file, COPY, count(*)), the manifest last. */
export async function readExtract(run: Run, reading: Reading): Promise<void> {
  const folder = run.work.stageFolder("extract", reading.extract.name);
  await inStageFolder(folder, run.context.pid, async () => {
    const startedMs = performance.now();
    await emptyStageFolder(folder);
    const { extract, source, selection } = reading;
    const table = await source.describe(extract);
    const expected = await source.count(extract, table, selection);
    const mended = new Map<string, number>();
    const parts = await readParts(run, { ...reading, folder, table, expected, mended });
    const leftOut = await source.countLeftOut(extract);
    await writeManifest(
      folder,
      extractManifest(run, { ...reading, table, parts, leftOut, mended: Object.fromEntries(mended) }),
    );
    tell(run, extract, { rowCount: expected, parts, leftOut, mended, seconds: (performance.now() - startedMs) / 1000 });
  });
}

/** What became of values that are no text, for people. */
const fates = {
  refuse: "refused",
  reject: "transform rejects these rows",
  strip: "what is none was left out",
  replace: "U+FFFD stands for what is none",
  bytes: "they stand as bytes in hex",
} as const;

interface Done {
  readonly rowCount: number;
  readonly parts: readonly WrittenFile[];
  readonly leftOut: number;
  readonly mended: ReadonlyMap<string, number>;
  readonly seconds: number;
}

function tell(run: Run, { name: extract, invalidText }: Extract, { rowCount, parts, leftOut, mended, seconds }: Done) {
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const text = [
    `extract ${extract}: ${counted(rowCount, "row")} in ${counted(parts.length, "part")}`,
    `${(bytes / 1e6).toFixed(1)} MB`,
    `${seconds.toFixed(1)} s`,
    ...(leftOut > 0 ? [`${counted(leftOut, "row")} left out by its \`where\``] : []),
    ...[...mended].map(([column, count]) => `${counted(count, "value")} of ${column} no text: ${fates[invalidText]}`),
  ];
  run.reporter.say("extracted", text.join(", "), {
    extract,
    rows: rowCount,
    parts: parts.length,
    bytes,
    leftOut,
    seconds,
  });
}

interface Parts extends Reading {
  readonly folder: string;
  readonly table: SourceTable;
  readonly expected: number;
  /** Filled while parts are read. */
  readonly mended: Map<string, number>;
}

async function readParts(run: Run, parts: Parts): Promise<readonly WrittenFile[]> {
  const { extract, table, source, expected } = parts;
  const progress = run.reporter.progress(`extract ${extract.name}`, expected);
  const onRows = (rowCount: number) => progress.advance(rowCount);
  const reads: Promise<WrittenFile>[] = [];
  for await (const range of source.ranges(extract, table)) {
    const read = readPart(parts, { index: reads.length, range, onRows });
    // Awaited below, with all others: until then a failure must not count as unhandled.
    read.catch(() => {});
    reads.push(read);
  }
  const settled = await Promise.allSettled(reads);
  progress.finish();
  const files = settled.map((read) => {
    if (read.status === "rejected") throw read.reason;
    return read.value;
  });
  const found = files.reduce((sum, file) => sum + file.rowCount, 0);
  if (found === expected) return files;
  throw new StageError(
    "integrity",
    `${extract.name}: the source counts ${expected} rows in this snapshot, its parts hold ${found}`,
    run.command("extract", extract.name, "--force"),
  );
}

interface Part {
  readonly index: number;
  readonly range: PartRange;
  readonly onRows: (rowCount: number) => void;
}

async function readPart(parts: Parts, { index, range, onRows }: Part): Promise<WrittenFile> {
  const { extract, table, source, selection, folder } = parts;
  const path = join(folder, partName("part", index));
  let file: WrittenFile | undefined;
  await source.copy({ extract, table, range, selection }, async (copy) => {
    const writer = await PartWriter.create(path, {
      columns: columnNames(extract, table),
      sumLastColumn: extract.rowChecksum ? "always" : undefined,
      onRows,
    });
    file = await publishPart(writer, copy, path);
    for (const [column, count] of Object.entries(copy.mended?.() ?? {}))
      parts.mended.set(column, (parts.mended.get(column) ?? 0) + count);
  });
  if (file === undefined) throw new Error("the source handed out no rows");
  return file;
}

async function publishPart(writer: PartWriter, copy: CopyOut, path: string): Promise<WrittenFile> {
  try {
    await pipeline(copy.rows, writer);
    const copied = await copy.serverRowCount();
    if (writer.rowCount !== copied) {
      throw new StageError(
        "integrity",
        `${path}: the server copied ${copied} rows, ${writer.rowCount} arrived`,
        "run the same command again",
      );
    }
    return await writer.publish();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}
