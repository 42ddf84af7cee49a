import { parentPort, workerData } from "node:worker_threads";
import { parseRows, stringifyRows } from "../files/csv-rows.js";
import type { CsvValue } from "../model/csv-dialect.js";
import { rejectionReason } from "./authoring.js";
import { withoutClockAndChance } from "./determinism.js";
import { loadStep, type StepModule } from "./load-step.js";
import { type Fault, StepFault, thrownText } from "./step-fault.js";
import type { StepLayout, StepView } from "./step-layout.js";
import { takeColumns, textOf, wordFor } from "./step-result.js";
import { begun } from "./step-thread.js";

// A thread of its own: a step that never returns is ended from outside, one that ends its process ends this thread.

/** What a thread of row steps is started with. */
export interface RowThreadData {
  readonly layout: StepLayout;
  /** The steps this thread runs, in order. */
  readonly steps: readonly { readonly view: StepView; readonly module: StepModule }[];
  /** Two numbers: the row and the step that are being worked on, for whoever has to end this thread. */
  readonly progress: SharedArrayBuffer;
}

/** What it answers: first that it is ready, then the rows of each batch; or what went wrong. */
export type RowAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "rows"; readonly csv: Uint8Array }
  | ({ readonly kind: "fault" } & Fault);

interface RunningStep {
  readonly view: StepView;
  readonly code: string;
  readonly run: (row: unknown) => unknown;
}

const { layout, steps, progress } = workerData as RowThreadData;
const place = new Int32Array(progress);

// A row has columns and nothing else: one may even be called __proto__. With this in between, V8 makes it four times as
// fast as Object.fromEntries does.
const noMembers: object = Object.freeze(Object.create(null));

withoutClockAndChance();
process.setSourceMapsEnabled(true);
parentPort?.postMessage(begun);
const running = await start();
if (running !== undefined) {
  parentPort?.on("message", (csv: Uint8Array) => parentPort?.postMessage(mapBatch(running, csv)));
  parentPort?.postMessage({ kind: "ready" } satisfies RowAnswer);
}

async function start(): Promise<readonly RunningStep[] | undefined> {
  const found: RunningStep[] = [];
  for (const { view, module } of steps) {
    place[1] = view.index;
    try {
      found.push({ view, code: module.code, run: await loadStep(module) });
    } catch (error) {
      parentPort?.postMessage(faultOf(error, { step: view.index, row: undefined, code: module.code }));
      return undefined;
    }
  }
  return found;
}

function mapBatch(functions: readonly RunningStep[], csv: Uint8Array): RowAnswer {
  const rows = parseRows(Buffer.from(csv.buffer, csv.byteOffset, csv.byteLength).toString("utf8"));
  const mapped: (readonly CsvValue[])[] = [];
  for (const [index, given] of rows.entries()) {
    const values: CsvValue[] = [...given];
    while (values.length < layout.columns.length) values.push(null);
    for (const step of functions) {
      if (values[layout.outStep] !== null) break;
      place[0] = index;
      place[1] = step.view.index;
      try {
        mapRow(step, values);
      } catch (error) {
        return faultOf(error, { step: step.view.index, row: index, code: step.code });
      }
    }
    mapped.push(values);
  }
  return { kind: "rows", csv: Buffer.from(stringifyRows(mapped)) };
}

function mapRow({ view, code, run }: RunningStep, values: CsvValue[]): void {
  const row: Record<string, string | null> = Object.create(noMembers);
  for (const [name, at] of view.sees) row[name] = values[at] ?? null;
  const result = run(Object.freeze(row));
  if (result === null || typeof result !== "object" || Array.isArray(result) || result instanceof Promise)
    throw new StepFault(`gave ${wordFor(result)} instead of a row`);
  const reason = rejectionReason(result);
  if (reason === undefined) {
    takeColumns(result as Readonly<Record<string, unknown>>, { view, values, row, code });
    return;
  }
  if (typeof reason !== "string" || reason.trim() === "") throw new StepFault("rejected a row without a reason");
  values[layout.outStep] = String(view.index);
  values[layout.outReason] = textOf(reason, "reason");
}

function faultOf(error: unknown, { step, row, code }: Omit<Fault, "text"> & { readonly code: string }): RowAnswer {
  return { kind: "fault", step, row, text: thrownText(error, code) };
}
