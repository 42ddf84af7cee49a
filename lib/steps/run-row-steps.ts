import type { PartToMap } from "../engine/map-part.js";
import { openPart } from "../files/part-reader.js";
import type { StageError } from "../model/errors.js";
import { type RecordBatch, recordBatches } from "../model/record-batches.js";
import type { Pass } from "./prepare-parts.js";
import { writePrepared } from "./prepared-part.js";
import type { RowAnswer, RowThreadData } from "./row-thread.js";
import { failure } from "./step-error.js";
import { type StepThread, startThread, ThreadEnd } from "./step-thread.js";

const entry = new URL("../../lib/steps/row-thread.js", import.meta.url);

/** Memory a thread may hold: of rows it sees one batch, the rest is what the step itself keeps. */
const heapMegabytes = 256;
/** More threads than this are not fed fast enough by the one that reads and writes. */
const mostThreads = 8;

/** Runs row steps over all parts. Threads take batches in turn, so the rows come out in the order they went in. */
export async function runRowSteps(pass: Pass): Promise<readonly PartToMap[]> {
  const workers = await startWorkers(pass);
  try {
    const prepared: PartToMap[] = [];
    for (const part of pass.parts) prepared.push(await writePrepared(pass, part, mapped(pass, part, workers)));
    return prepared;
  } finally {
    await Promise.all(workers.map(({ thread }) => thread.close()));
  }
}

interface RowWorker {
  readonly thread: StepThread;
  /** The row and the step the thread is at. */
  readonly place: Int32Array;
}

async function startWorkers(pass: Pass): Promise<readonly RowWorker[]> {
  const rows = pass.parts.reduce((sum, { part }) => sum + part._rowCount, 0);
  // A small table is done before a second thread has started.
  const count = rows < 10_000 ? 1 : Math.min(pass.run.jobs, mostThreads);
  const started = await Promise.allSettled(Array.from({ length: count }, () => startWorker(pass)));
  const workers = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const failed = started.find((one) => one.status === "rejected");
  if (failed === undefined) return workers;
  await Promise.all(workers.map(({ thread }) => thread.close()));
  throw failed.reason;
}

async function startWorker(pass: Pass): Promise<RowWorker> {
  const { layout, modules, steps, run } = pass;
  const progress = new SharedArrayBuffer(8);
  const place = new Int32Array(progress);
  const data: RowThreadData = {
    layout,
    steps: steps.flatMap((index) => {
      const [view, module] = [layout.views[index], modules[index]];
      return view === undefined || module === undefined ? [] : [{ view, module }];
    }),
    progress,
  };
  const maxSeconds = steps.reduce((sum, index) => sum + (run.table.steps[index]?.maxSeconds ?? 0), 0);
  try {
    const { thread, first } = await startThread<RowAnswer>(entry, { data, maxSeconds, heapMegabytes });
    if (first.kind !== "fault") return { thread, place };
    await thread.close();
    throw failure(run.table, first);
  } catch (error) {
    throw error instanceof ThreadEnd ? failure(run.table, { step: place[1] ?? 0, text: error.message }) : error;
  }
}

// As many batches are under way as there are threads; the next is read when the oldest is written.
async function* mapped(pass: Pass, part: PartToMap, workers: readonly RowWorker[]): AsyncGenerator<Uint8Array> {
  const rows = await openPart(part.folder, part.part, pass.run.command);
  const underWay: Promise<Uint8Array>[] = [];
  let turn = 0;
  for await (const batch of recordBatches(rows)) {
    const oldest = underWay.length === workers.length ? underWay.shift() : undefined;
    if (oldest !== undefined) yield await oldest;
    const worker = workers[turn % workers.length];
    turn += 1;
    if (worker === undefined) throw new RangeError("no thread");
    const answer = mapBatch(pass, { part, batch, worker });
    // Awaited in its turn: until then a failure must not count as unhandled.
    answer.catch(() => {});
    underWay.push(answer);
  }
  for (const answer of underWay) yield await answer;
}

interface BatchToMap {
  readonly part: PartToMap;
  readonly batch: RecordBatch;
  readonly worker: RowWorker;
}

async function mapBatch(pass: Pass, { part, batch, worker }: BatchToMap): Promise<Uint8Array> {
  const at = { part: part.part, batch };
  try {
    const answer = await worker.thread.ask<RowAnswer>(batch.csv);
    if (answer.kind === "fault") throw failed(pass, at, answer);
    pass.run.onRows(batch.rowCount);
    return answer.kind === "rows" ? answer.csv : new Uint8Array();
  } catch (error) {
    if (!(error instanceof ThreadEnd)) throw error;
    const [row, step = 0] = worker.place;
    throw failed(pass, at, { row, step, text: error.message });
  }
}

function failed(
  { run, key }: Pass,
  { part, batch }: Pick<PartToMap, "part"> & { readonly batch: RecordBatch },
  { row, step, text }: { readonly row: number | undefined; readonly step: number; readonly text: string },
): StageError {
  if (row === undefined) return failure(run.table, { step, text });
  const columns = part.schema.fields.map(({ name }) => name);
  const place = { part: part.path, number: batch.firstRow + row + 1, csv: batch.csv, row, columns, key };
  return failure(run.table, { step, text, place });
}
