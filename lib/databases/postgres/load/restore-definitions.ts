import { StageError } from "../../../model/errors.js";
import type { Definition } from "../../target-port.js";
import type { Connection } from "../connection.js";
import { trusted } from "../identifiers.js";
import { buildMemory, forget, isThere, readDefinitions, withoutSteps } from "./definitions.js";
import type { SavedDefinition } from "./definitions-catalog.js";
import { hasLedger } from "./ledger.js";

/** How much is restored, and by whom. */
export interface RestoreOptions {
  /** Only this table's (`schema.table`), and no foreign keys. */
  readonly table?: string;
  /** Spreads long work over sessions; without it all is done one after another, over the one there is. */
  readonly each?: (
    items: readonly Group[],
    work: (connection: Connection, item: Group) => Promise<void>,
  ) => Promise<void>;
}

/** Definitions that are restored over one session, one after another. */
type Group = readonly SavedDefinition[];

/** Restores what is saved: all of it that can be, then throws if something could not. Indexes are built side by side. */
export async function restoreDefinitions(
  connection: Connection,
  migration: string,
  { table, each }: RestoreOptions = {},
): Promise<readonly Definition[]> {
  if (!(await hasLedger(connection))) return [];
  const restored: Definition[] = [];
  const failures: StageError[] = [];
  const restoring = (work: typeof create) => (over: Connection, group: Group) =>
    restoreGroup(over, { migration, group, work, restored, failures });
  const share =
    each ??
    (async (items, work) =>
      items.reduce((before, item) => before.then(() => work(connection, item)), Promise.resolve()));
  const saved = (await readDefinitions(connection, migration)).filter(
    (one) => table === undefined || (one.table === table && one.kind !== "foreign key"),
  );
  const indexes = saved.filter(({ kind }) => kind === "index");
  await share(
    indexes.map((one) => [one]),
    restoring(create),
  );
  // What locks the whole table is not done beside anything else.
  await restoring(create)(
    connection,
    saved.filter(({ kind }) => kind !== "index"),
  );
  // Two keys of one table would wait for one another.
  const unchecked = saved.filter(({ validate }) => validate !== null);
  const tables = [...new Set(unchecked.map((one) => one.table))];
  await share(
    tables.map((name) => unchecked.filter((one) => one.table === name)),
    restoring(check),
  );
  if (failures[0] !== undefined) throw summary(failures[0], failures);
  return restored;
}

interface Restoring {
  readonly migration: string;
  readonly group: Group;
  readonly work: typeof create;
  /** Both grow. */
  readonly restored: Definition[];
  readonly failures: StageError[];
}

async function restoreGroup(connection: Connection, { migration, group, work, restored, failures }: Restoring) {
  for (const definition of group) {
    if (failures.some(({ kind }) => kind === "temporary")) return;
    try {
      if (await work(connection, migration, definition)) restored.push(withoutSteps(definition));
    } catch (error) {
      if (!(error instanceof StageError)) throw error;
      failures.push(failed(definition, error));
    }
  }
}

/** Creates what a definition tells of, where it is not there; whether that is all there is to do. */
async function create(connection: Connection, migration: string, definition: SavedDefinition): Promise<boolean> {
  await connection.transaction(async () => {
    await connection.execute(buildMemory);
    if (!(await isThere(connection, definition)))
      for (const step of definition.steps) await connection.execute(trusted(step));
    if (definition.validate === null) await forget(connection, migration, definition);
  });
  return definition.validate === null;
}

/** Checks a key against the rows. Should they contradict it, it stays NOT VALID with its line, and the next run checks again. */
async function check(connection: Connection, migration: string, definition: SavedDefinition): Promise<boolean> {
  const { validate } = definition;
  // It could not be created, and that was said.
  if (validate === null || !(await isThere(connection, definition))) return false;
  await connection.transaction(async () => {
    await connection.execute(trusted(validate));
    await forget(connection, migration, definition);
  });
  return true;
}

function failed({ table, kind, name }: Definition, error: StageError): StageError {
  const hint = "its definition is kept: remove what contradicts it, then run load again";
  return new StageError(error.kind, `${table}: the ${kind} ${name} is not restored: ${error.message}`, hint, error);
}

function summary(first: StageError, all: readonly StageError[]): StageError {
  if (all.length === 1) return first;
  return new StageError(first.kind, all.map((failure) => failure.message).join("\n"), first.hint, first);
}
