import { StageError } from "../../lib/model/errors.js";
import { type ProgramDescription, parseArguments, placeOptions, text, voiceOf } from "../../lib/program/options.js";
import type { Voice } from "../../lib/program/run-program.js";
import { withoutPassword } from "../../lib/program/url-options.js";

export interface TraceOptions extends Voice {
  readonly table: string;
  /** As it was typed: the key of a row in its source, or in the target. */
  readonly key: string;
  readonly migration: string | undefined;
  readonly work: string | undefined;
  readonly target: string | undefined;
  readonly asksTarget: boolean;
}

/** The program as `--help` shows it. */
export const traceDescription: ProgramDescription = {
  name: "trace",
  summary:
    "What happened to a row, on stdout: how it was read, what each rule made of it, where it went and why, as what it was " +
    "written and loaded, and what the target holds now; with file, row and line each time, and the hashes of the manifests " +
    "on the way. The key is that of the source or of the target; corrected rejects are traced through their replays. It " +
    "shows data, personal data too, to whoever may read the work directory. Exits 66 when the row is in none of the files, 1 when " +
    "the target holds another row than was loaded, or none. With --json one document.",
  arguments: "<table>",
  options: [
    ...placeOptions,
    { name: "key", value: "ID", describe: "the row's key in the source or in the target (composite: 'a=1,b=2')" },
    {
      name: "target",
      value: "URL",
      describe: "the target database, without a password (default: WAYBILL_TARGET_URL, then migration.yaml)",
    },
    { name: "no-target", describe: "do not ask the target what it holds now" },
  ],
};

/** The options somebody typed, or the help they asked for. Throws "usage" (64). */
export async function parseTraceOptions(argv: readonly string[]): Promise<TraceOptions | { readonly print: string }> {
  const raw = await parseArguments(traceDescription, argv);
  if ("print" in raw) return { print: String(raw.print) };
  const [table, ...others] = raw.names;
  if (table === undefined || others.length > 0)
    throw new StageError("usage", `${raw.names.length} tables were named, not one`, "waybill trace <table> --key ID");
  const key = text(raw.key);
  if (key === undefined)
    throw new StageError("usage", "--key does not say which row", `waybill trace ${table} --key ID`);
  return {
    ...voiceOf(raw),
    table,
    key,
    migration: text(raw.migration),
    work: text(raw.work),
    target: withoutPassword(text(raw.target), ["--target", "WAYBILL_TARGET_URL"]),
    asksTarget: raw["no-target"] !== true,
  };
}
