import { appendFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson, type Json } from "../model/hash.js";
import { diskError, errorCode } from "./disk-error.js";
import { fileMode } from "./whole-file.js";

/** One event of the migration log; `time` and `host` stand nowhere else. */
export type LogEvent = Readonly<Record<string, Json>>;

/** Appends one event to the run's log.jsonl: a single write of a whole line, so that stages running at once never mix. */
export function appendLog(runFolder: string, event: LogEvent): void {
  const path = join(runFolder, "log.jsonl");
  try {
    appendFileSync(path, `${canonicalJson(event)}\n`, { mode: fileMode });
  } catch (error) {
    throw diskError(error, path);
  }
}

/** The events of a run's log.jsonl in the order they were written, undefined for a line that is none; none without a log. */
export async function* readLog(runFolder: string): AsyncGenerator<LogEvent | undefined> {
  const path = join(runFolder, "log.jsonl");
  const handle = await open(path).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return undefined;
    throw diskError(error, path);
  });
  if (handle === undefined) return;
  for await (const line of handle.readLines()) if (line !== "") yield eventOf(line);
}

function eventOf(line: string): LogEvent | undefined {
  try {
    const event: unknown = JSON.parse(line);
    return typeof event === "object" && event !== null && !Array.isArray(event) ? (event as LogEvent) : undefined;
  } catch {
    return undefined;
  }
}
