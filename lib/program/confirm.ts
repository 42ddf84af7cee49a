import { StageError } from "../model/errors.js";

/** Refuses (64) a `--confirm` that names something else than this migration; `cure` says when to give it. */
export function assertSameMigration(confirm: string, migration: string, cure: string): void {
  if (confirm === migration) return;
  throw new StageError("usage", `--confirm says ${confirm}, but this migration is ${migration}`, cure);
}
