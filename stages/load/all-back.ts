import { type Aspect, assertSame, missingFrom } from "../../lib/databases/table-aspects.js";
import type { Target } from "../../lib/databases/target-port.js";
import type { Table } from "../../lib/mapping/migration.js";
import type { ByTable, Intent } from "./preflight.js";

/** What the catalog says of each table that is to be loaded, while nothing of it stands aside yet. */
export async function aspectsBefore(target: Target, intents: ByTable<Intent>): Promise<ByTable<readonly Aspect[]>> {
  const before = new Map<Table["name"], readonly Aspect[]>();
  for (const [name, { kind }] of intents) if (kind === "load") before.set(name, await aspectsOf(target, name));
  return before;
}

/**
 * Throws "integrity" naming each index, key, trigger or grant that is not there again, or not as it was. What others
 * have added meanwhile, or a run before this one had taken away, is no loss.
 */
export async function assertAllBack(target: Target, before: ByTable<readonly Aspect[]>): Promise<void> {
  const missing = new Map<string, readonly string[]>();
  for (const [name, aspects] of before) missing.set(name, missingFrom(aspects, await aspectsOf(target, name)));
  assertSame(missing);
}

const aspectsOf = async (target: Target, table: string) => (await target.aspects?.(table)) ?? [];
