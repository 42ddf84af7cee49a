import type { StageOptions } from "../../lib/program/options.js";
import {
  type ProgramDescription,
  parseArguments,
  placeOptions,
  stageOptions,
  stageOptionsOf,
} from "../../lib/program/options.js";

export type SchemaOptions = Pick<
  StageOptions,
  "names" | "migration" | "sources" | "target" | "json" | "quiet" | "color"
>;

/** The program as `--help` shows it. */
export const schemaDescription: ProgramDescription = {
  name: "schema",
  summary:
    "What the target's tables hold, as YAML on stdout: put it into the migration's folder as schema/target.yaml, and " +
    "transform checks every value by it before the database sees one. It reads the target's catalog, and changes nothing.",
  arguments: "[tables…]",
  options: [...placeOptions, ...stageOptions.filter(({ name }) => name === "target")],
};

/** The options somebody typed, or the help they asked for. Throws "usage" (64). */
export async function parseSchemaOptions(argv: readonly string[]): Promise<SchemaOptions | { readonly print: string }> {
  const raw = await parseArguments(schemaDescription, argv);
  return "print" in raw ? { print: String(raw.print) } : stageOptionsOf(raw);
}
