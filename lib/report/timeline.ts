import type { LogEvent } from "../files/log-file.js";
import type { Stage } from "../model/manifest.js";
import type { Failure, Span, TimelineFacts } from "./facts.js";

/** The events with which a stage says that it is done with an extract or table, and where they say how many rows it had. */
const endings: Readonly<Record<string, { readonly stage: Stage; readonly rows: string }>> = {
  extracted: { stage: "extract", rows: "rows" },
  transformed: { stage: "transform", rows: "read" },
  loaded: { stage: "load", rows: "rows" },
  validated: { stage: "validate", rows: "rows" },
};

/** More errors than these tell nobody anything new. */
const failuresShown = 20;

/** What log.jsonl says of a run: of each stage and name the latest time it was done, and the programs that failed. */
export async function readTimeline(events: AsyncIterable<LogEvent | undefined>): Promise<TimelineFacts> {
  const spans = new Map<string, Span>();
  const failures: Failure[] = [];
  let [failureCount, unreadableLines] = [0, 0];
  for await (const event of events) {
    if (event === undefined) unreadableLines += 1;
    // Units come and go beside the run: they never touch its files.
    else if (event.unit === undefined) {
      const span = spanOf(event);
      if (span !== undefined) spans.set(`${span.stage} ${span.subject}`, span);
      const failure = failureOf(event);
      if (failure === undefined) continue;
      failureCount += 1;
      failures.push(failure);
      if (failures.length > failuresShown) failures.shift();
    }
  }
  const ordered = [...spans.values()].sort((one, other) => one.startMs - other.startMs || one.endMs - other.endMs);
  return { spans: ordered, failures, failureCount, unreadableLines };
}

function spanOf(event: LogEvent): Span | undefined {
  const { stage, rows } = endings[String(event.event)] ?? {};
  const subject = event.table ?? event.extract;
  const endMs = Date.parse(String(event.time));
  if (stage === undefined || rows === undefined || typeof subject !== "string" || Number.isNaN(endMs)) return undefined;
  if (typeof event.seconds !== "number") return undefined;
  return { stage, subject, startMs: endMs - 1000 * event.seconds, endMs, rowCount: Number(event[rows] ?? 0) };
}

// 1 is a verdict, which the page tells by itself.
function failureOf({ event, time, program, code, message }: LogEvent): Failure | undefined {
  if (event !== "failed" || typeof code !== "number" || code === 1) return undefined;
  return { time: String(time), program: String(program), code, message: typeof message === "string" ? message : "" };
}
