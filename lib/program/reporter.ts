import { hostname } from "node:os";
import { appendLog } from "../files/log-file.js";
import type { Json } from "../model/hash.js";
import { type Progress, startProgress } from "./progress.js";

export type EventFields = Readonly<Record<string, Json>>;

/** How a program speaks: lines for people and events for machines on stderr, data alone on stdout. */
export interface Reporter {
  /** Something happened: a line for people, and an event for `--json` and log.jsonl. */
  say(event: string, text: string, fields?: EventFields): void;
  /** Like `say`, for what somebody should look at; shown even with `--quiet`. */
  warn(event: string, text: string, fields?: EventFields): void;
  /** Something for log.jsonl alone: people and `--json` learn of it in another way. */
  record(event: string, fields: EventFields): void;
  /**
   * Data somebody asked for: the only thing that reaches stdout; on a terminal without control characters. False when
   * nobody reads it any more (`| head`).
   */
  output(line: string): boolean;
  progress(label: string, totalRows?: number): Progress;
  /** From now on events are kept in this run's log.jsonl, each with the name of its `unit`; those said before are added. */
  keepLogIn(runFolder: string, unit?: string): void;
}

export interface ReporterOptions {
  readonly program: string;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
}

/** A reporter on this process's stdout and stderr. */
export function createReporter(options: ReporterOptions): Reporter {
  const unlogged: EventFields[] = [];
  let kept: { readonly runFolder: string; readonly own: EventFields } | undefined;
  const log = (event: EventFields): void => {
    if (kept === undefined) unlogged.push(event);
    else appendLog(kept.runFolder, { ...event, ...kept.own });
  };
  const stamped = (level: string, event: string, fields: EventFields): EventFields => {
    return { time: new Date().toISOString(), host: hostname(), level, program: options.program, event, ...fields };
  };
  const tell = (level: string, event: string, line: { text: string; fields: EventFields }): void => {
    const whole = stamped(level, event, line.fields);
    log(whole);
    if (options.json) process.stderr.write(`${JSON.stringify({ ...whole, text: line.text })}\n`);
    else if (!options.quiet || level === "warn") process.stderr.write(`${printable(line.text)}\n`);
  };
  return {
    say: (event, text, fields = {}) => tell("info", event, { text, fields }),
    warn: (event, text, fields = {}) => tell("warn", event, { text: `warning: ${text}`, fields: { ...fields, text } }),
    record: (event, fields) => log(stamped("error", event, fields)),
    output: (line) => {
      process.stdout.write(`${process.stdout.isTTY ? printable(line) : line}\n`);
      return process.stdout.writable;
    },
    progress: (label, totalRows) =>
      startProgress({
        label,
        totalRows,
        show: !options.json && !options.quiet,
        write: (text) => void process.stderr.write(text),
      }),
    keepLogIn: (runFolder, unit) => {
      kept = { runFolder, own: unit === undefined ? {} : { unit } };
      for (const event of unlogged.splice(0)) log(event);
    },
  };
}

/** Text that cannot move the cursor or colour the terminal: names and messages may come from somebody's database. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes.
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, "?");
}
