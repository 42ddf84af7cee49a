import { fileURLToPath } from "node:url";
import type { PartToMap } from "../engine/map-part.js";
import { openPart } from "../files/part-reader.js";
import type { StageError } from "../model/errors.js";
import { recordBatches } from "../model/record-batches.js";
import type { FrameAnswer, FrameRequest, FrameThreadData } from "./frame-thread.js";
import type { Pass } from "./prepare-parts.js";
import { writePrepared } from "./prepared-part.js";
import { failure } from "./step-error.js";
import { type StepThread, startThread, ThreadEnd } from "./step-thread.js";

const entry = new URL("../../lib/steps/frame-thread.js", import.meta.url);
/** danfojs-node with all it needs in one file: `scripts/bundle-danfo.ts` makes it when Waybill is built. */
const danfo = fileURLToPath(new URL("../../vendor/danfo.cjs", import.meta.url));

/** A frame and what a step makes of it: some kilobytes a row, for the 100,000 rows that are allowed by default. */
const heapMegabytes = 768;

/** Runs one frame step over the rows of all parts at once. */
export async function runFrameStep(pass: Pass): Promise<readonly PartToMap[]> {
  const [step = 0] = pass.steps;
  const { run, layout, modules } = pass;
  const [view, module] = [layout.views[step], modules[step]];
  if (view === undefined || module === undefined) throw new RangeError(`no step ${step}`);
  const data: FrameThreadData = { layout, view, module, danfo };
  const maxSeconds = run.table.steps[step]?.maxSeconds ?? 0;
  try {
    const { thread, first } = await startThread<FrameAnswer>(entry, { data, maxSeconds, heapMegabytes });
    try {
      if (first.kind === "fault") throw faultAt(pass, step, first);
      const parts = await runFrame(pass, step, thread);
      const prepared: PartToMap[] = [];
      for (const part of pass.parts) prepared.push(await writePrepared(pass, part, chunksOf(parts[part.index] ?? [])));
      return prepared;
    } finally {
      await thread.close();
    }
  } catch (error) {
    throw error instanceof ThreadEnd ? failure(run.table, { step, text: error.message }) : error;
  }
}

async function runFrame(pass: Pass, step: number, thread: StepThread): Promise<readonly (readonly Uint8Array[])[]> {
  for (const { folder, part, index } of pass.parts) {
    const rows = await openPart(folder, part, pass.run.command);
    for await (const { csv, rowCount } of recordBatches(rows)) {
      await thread.ask<FrameAnswer>({ kind: "rows", part: index, csv } satisfies FrameRequest);
      pass.run.onRows(rowCount);
    }
  }
  const answer = await thread.ask<FrameAnswer>({ kind: "run" } satisfies FrameRequest);
  if (answer.kind === "fault") throw faultAt(pass, step, answer);
  return answer.kind === "parts" ? answer.parts : [];
}

function faultAt(
  { run, key, layout, parts }: Pass,
  step: number,
  { text, row, csv }: FrameAnswer & { readonly kind: "fault" },
): StageError {
  let before = 0;
  for (const { part } of parts) {
    const number = (row ?? Number.POSITIVE_INFINITY) + 1 - before;
    before += part._rowCount;
    if (number > part._rowCount) continue;
    const place = { part: part.path, number, csv: Buffer.from(csv), row: 0, columns: layout.columns, key };
    return failure(run.table, { step, text, place });
  }
  return failure(run.table, { step, text });
}

async function* chunksOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
