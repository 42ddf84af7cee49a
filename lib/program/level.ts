import { oneOf } from "./option-values.js";
import { type OptionDescription, type RawOptions, text } from "./options.js";

/**
 * "rows": all rows are compared, by value in the target where their bytes differ. "buckets": the target computes checksums of its rows, and
 * only those that differ are looked at. "auto": buckets where there are many rows, or none can be brought in.
 */
export type Level = "rows" | "buckets" | "auto";

const levels = ["rows", "buckets", "auto"] as const satisfies readonly Level[];

/** `--level` as help shows it: how validate compares rows. */
export const levelOption: OptionDescription = {
  name: "level",
  value: "LEVEL",
  describe: "compare by rows, by checksums of buckets, or auto: buckets beyond 5,000,000 rows (auto)",
};

/** The level that somebody typed; "auto" when none was given. Throws "usage" (64). */
export function levelOf(raw: RawOptions): Level {
  return oneOf(levelOption.name, levels, text(raw[levelOption.name])) ?? "auto";
}
