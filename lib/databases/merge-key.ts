import { StageError } from "../model/errors.js";
import { veiled } from "../model/hash.js";

/** The columns that name a table's rows, and how messages speak of it. */
export interface MergeKey {
  /** The table as the specification writes it. */
  readonly table: string;
  readonly key: readonly string[];
  /** The columns that arrive. */
  readonly columns: readonly string[];
  /** Values of the key are personal data: messages show their hash. */
  readonly hidesKey: boolean;
}

/** What a target says of the table that rows are merged into. */
export interface KeyOfTarget {
  /** `schema.table`. */
  readonly qualifiedName: string;
  /** Whether no two of its rows can have the same key. */
  isKeptUnique(): Promise<boolean>;
  /** What such an index is called here, and the statement that makes one. */
  readonly words: { readonly kinds: string; readonly create: string };
}

/** Throws "specification" unless the key arrives and the target keeps it unique. */
export async function assertKeyOf(target: KeyOfTarget, { table, key, columns }: MergeKey): Promise<void> {
  const { qualifiedName, words } = target;
  const names = key.join(", ");
  const give = `give the table's specification the key that ${qualifiedName} keeps unique: key: […]`;
  if (key.length === 0)
    throw new StageError("specification", `${qualifiedName} has no primary key to tell its rows apart by`, give);
  const absent = key.filter((name) => !columns.includes(name));
  if (absent.length > 0) {
    const message = `${table}: its rows are told apart by ${names}, and the mapping gives no ${absent.join(", ")}`;
    throw new StageError("specification", message, `map ${absent.join(", ")}, or ${give}`);
  }
  if (await target.isKeptUnique()) return;
  throw new StageError(
    "specification",
    `${qualifiedName} keeps no two rows of one ${names} apart: it needs ${words.kinds}`,
    `${words.create}, or ${give}`,
  );
}

/** Some keys: how many there are, and the first of them as the server writes it. */
export interface FoundKeys {
  readonly count: number;
  readonly first: readonly (string | null)[];
}

/** Rows that arrive have nothing to be told apart by. */
export function keylessRows({ table, key }: MergeKey, count: number): StageError {
  return new StageError(
    "integrity",
    `${table}: ${count} rows have no value in their key ${key.join(", ")}; nothing was written`,
    "make it required in the mapping, so that such rows are rejected",
  );
}

/** Several rows that arrive share a key. */
export function repeatedKeys(merge: MergeKey, found: FoundKeys): StageError {
  const { table, key } = merge;
  return new StageError(
    "integrity",
    `${table}: ${found.count} keys stand in more than one row, the first of them ${shown(merge, found)}; nothing was written`,
    `dedupe the rows by ${key.join(", ")} in the mapping, or correct the key`,
  );
}

/** Rows that arrive are in the target already, where only new ones may be. */
export function keysThere(merge: MergeKey, qualifiedName: string, found: FoundKeys): StageError {
  return new StageError(
    "integrity",
    `${merge.table}: ${found.count} of its keys are in ${qualifiedName} already, the first of them ${shown(merge, found)}; nothing was written`,
    "mode: insert takes new rows only; to overwrite those of the same key: load: { mode: upsert }",
  );
}

function shown({ hidesKey }: MergeKey, { first }: FoundKeys): string {
  const text = first.length === 1 ? (first[0] ?? "") : JSON.stringify(first);
  return hidesKey ? veiled(text) : text;
}
