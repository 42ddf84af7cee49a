import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { parseRows, stringifyRows } from "../files/csv-rows.js";
import type { CsvValue } from "../model/csv-dialect.js";
import { withoutClockAndChance } from "./determinism.js";
import { assertNamesFree, type Danfo, makeFrame, rowsOfFrame } from "./frames.js";
import { loadStep, type StepModule } from "./load-step.js";
import { thrownText } from "./step-fault.js";
import type { StepLayout, StepView } from "./step-layout.js";
import { takeColumns } from "./step-result.js";
import { danfoSymbol } from "./step-sources.js";
import { begun } from "./step-thread.js";

/** What a thread of a frame step is started with. */
export interface FrameThreadData {
  readonly layout: StepLayout;
  readonly view: StepView;
  readonly module: StepModule;
  /** Where danfojs-node lies. */
  readonly danfo: string;
}

/** Rows of a part; or that these were all, and the step may run. */
export type FrameRequest =
  | { readonly kind: "rows"; readonly part: number; readonly csv: Uint8Array }
  | { readonly kind: "run" };

/** That it goes on; the rows of every part; or what went wrong, and the row as CSV if it was at one (counted over all). */
export type FrameAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "parts"; readonly parts: readonly (readonly Uint8Array[])[] }
  | { readonly kind: "fault"; readonly text: string; readonly row: number | undefined; readonly csv: string };

const { layout, view, module, danfo } = workerData as FrameThreadData;
const library: Danfo = createRequire(danfo)(danfo);
const rows: CsvValue[][] = [];
/** Of each batch, its part and how many rows it has. */
const batches: { readonly part: number; readonly rowCount: number }[] = [];
/** The row that is being looked at. */
let current: number | undefined;

Object.assign(globalThis, { [Symbol.for(danfoSymbol)]: library });
withoutClockAndChance();
process.setSourceMapsEnabled(true);
parentPort?.postMessage(begun);
parentPort?.postMessage(await start());

async function start(): Promise<FrameAnswer> {
  try {
    assertNamesFree(library, view);
    const step = await loadStep(module);
    parentPort?.on("message", (request: FrameRequest) => parentPort?.postMessage(answer(step, request)));
    return { kind: "ready" };
  } catch (error) {
    return faultOf(error);
  }
}

function answer(step: (frame: unknown) => unknown, request: FrameRequest): FrameAnswer {
  if (request.kind === "run") return run(step);
  const found = parseRows(Buffer.from(request.csv).toString("utf8"));
  for (const row of found) rows.push([...row, ...Array<null>(layout.columns.length - row.length).fill(null)]);
  batches.push({ part: request.part, rowCount: found.length });
  return { kind: "ready" };
}

function run(step: (frame: unknown) => unknown): FrameAnswer {
  const seen = rows.flatMap((values, row) => (values[layout.outStep] === null ? [row] : []));
  try {
    const result = step(makeFrame(library, view, { rows, seen }));
    const kept = new Set<number>();
    for (const { row, columns } of rowsOfFrame(result, new Set(seen))) {
      current = row;
      keep(row, columns, kept);
    }
    for (const row of seen) if (!kept.has(row)) (rows[row] ?? [])[layout.outStep] = String(view.index);
    return { kind: "parts", parts: byPart() };
  } catch (error) {
    return faultOf(error);
  }
}

function keep(row: number, columns: Readonly<Record<string, unknown>>, kept: Set<number>): void {
  const values = rows[row] ?? [];
  const before = Object.fromEntries(view.sees.map(([name, at]) => [name, values[at] ?? null]));
  takeColumns(columns, { view, values, row: before, code: module.code });
  kept.add(row);
}

function byPart(): readonly (readonly Uint8Array[])[] {
  const parts: Uint8Array[][] = [];
  let start = 0;
  for (const { part, rowCount } of batches) {
    const text = stringifyRows(rows.slice(start, start + rowCount));
    parts[part] = [...(parts[part] ?? []), Buffer.from(text)];
    start += rowCount;
  }
  return parts;
}

function faultOf(error: unknown): FrameAnswer {
  const csv = current === undefined ? "" : stringifyRows([rows[current] ?? []]);
  return { kind: "fault", text: thrownText(error, module.code), row: current, csv };
}
