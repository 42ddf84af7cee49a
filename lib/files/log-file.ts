import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson, type Json } from "../model/hash.js";
import { diskError } from "./disk-error.js";
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
