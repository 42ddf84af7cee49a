import { StageError } from "../model/errors.js";

/** One thing that a catalog says of a table: an index, a grant, a column's default. */
export interface Aspect {
  readonly kind: string;
  readonly name: string;
  readonly text: string;
}

/** What is not after as it was before, in words: "index people_name is gone", "grant reader was not there before". */
export function lostBetween(before: readonly Aspect[], after: readonly Aspect[]): readonly string[] {
  const added = after.filter((one) => !isAmong(before, one));
  return [...missingFrom(before, after), ...added.map((one) => `${nameOf(one)} was not there before`)];
}

/** What was there before and is not, or is not as it was. */
export function missingFrom(before: readonly Aspect[], after: readonly Aspect[]): readonly string[] {
  const missing = before.filter((one) => !after.some((other) => isSame(one, other) && other.text === one.text));
  // Whoever hears that a key is gone need not hear that it is not checked either.
  const told = missing.filter(
    (one) => !missing.some(({ kind, name }) => one.name === name && one.kind === `validation of ${kind}`),
  );
  return told.map((one) => `${nameOf(one)} ${isAmong(after, one) ? "is not what it was" : "is gone"}`);
}

/** Throws "integrity" naming what is not as it was before: of each table the words of one of the two above. */
export function assertSame(differences: ReadonlyMap<string, readonly string[]>): void {
  const changed = [...differences].filter(([, words]) => words.length > 0);
  if (changed.length === 0) return;
  throw new StageError(
    "integrity",
    changed.map(([table, words]) => `${table} is not what it was before it was loaded: ${words.join(", ")}`).join("\n"),
    "put it right by hand if no one changed it on purpose meanwhile, then run the same command again",
  );
}

const isSame = (one: Aspect, other: Aspect): boolean => one.kind === other.kind && one.name === other.name;
const isAmong = (all: readonly Aspect[], one: Aspect): boolean => all.some((other) => isSame(one, other));
const nameOf = ({ kind, name }: Aspect): string => (name === "" ? kind : `${kind} ${name}`);
