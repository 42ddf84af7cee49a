import { StageError } from "../../lib/model/errors.js";
import { assertSameMigration } from "../../lib/program/confirm.js";
import {
  type OptionDescription,
  type ProgramDescription,
  parseArguments,
  type StageOptions,
  stageOptions,
  stageOptionsOf,
  text,
} from "../../lib/program/options.js";

export interface RollbackOptions extends StageOptions {
  /** Must be the migration's id: rows go. */
  readonly confirm: string | undefined;
  /** Rows that others changed since are saved, and go too. */
  readonly saveChanges: boolean;
}

const shared = ["migration", "work", "target", "key", "sample", "dry-run"];

const own: readonly OptionDescription[] = [
  { name: "confirm", value: "ID", describe: "the migration's id: nothing is taken back without it" },
  {
    name: "save-changes",
    describe:
      "save the rows that others changed or added since into rollback/<table>/changes.csv.gz, then take them too",
  },
];

/** The program as `--help` shows it. */
export const rollbackDescription: ProgramDescription = {
  name: "rollback",
  summary:
    "Takes the latest load of each table back: the rows that were there before are there again, proved by their number " +
    "and checksum, all tables in one transaction. One step back, never two: a load that was taken back already stays so. " +
    "Exits with 1, and changes nothing, where others have changed rows since (see --save-changes), where a later load lies " +
    "on top, or where rows of other tables refer to rows that would go. Writes rollback/<table>/manifest.json and removes " +
    "load's manifest; waybill load loads again.",
  arguments: "[tables…]",
  options: [...stageOptions.filter(({ name }) => shared.includes(name)), ...own],
};

/** The options somebody typed, or the help they asked for. Throws "usage" (64). */
export async function parseRollbackOptions(
  argv: readonly string[],
): Promise<RollbackOptions | { readonly print: string }> {
  const raw = await parseArguments(rollbackDescription, argv);
  if ("print" in raw) return { print: String(raw.print) };
  return { ...stageOptionsOf(raw), confirm: text(raw.confirm), saveChanges: raw["save-changes"] === true };
}

/** Refuses to go on without the migration's id, or with another's; a dry run needs none. */
export function assertConfirmed({ confirm, dryRun }: RollbackOptions, migration: string): void {
  const cure = `look at what it would do first (--dry-run), then add --confirm ${migration}`;
  if (confirm !== undefined) {
    assertSameMigration(confirm, migration, cure);
    return;
  }
  if (dryRun) return;
  const said = `rollback takes rows out of the target: it wants to be told the migration's id, ${migration}`;
  throw new StageError("usage", said, cure);
}
